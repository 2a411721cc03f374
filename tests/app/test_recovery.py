from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QLockFile, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app import recovery
from app.cli.random_model import random_checkpoint
from app.main_window import MainWindow
from app.pose import Pose
from app.recovery import Recovered, read_state, write_state
from goae_core.checkpoint import write_checkpoint
from goae_core.presets import preset
from goae_core.showing import Backdrop, Showing
from tests.app.fake_engine import FakeEngine

STATE = Recovered(
    name="portrait",
    head="head-1.goae",
    strengths=(("smile", 1.5),),
    pose=Pose(0.3, -0.1, zoom=2.0),
    project="/somewhere/portrait.goae",
    photo="/somewhere/portrait.jpg",
    showing=Showing("depth", Backdrop("color", (1, 2, 3)), ("age",)),
)


def kept(root: Path, name: str = "a") -> Path:
    """A recovery folder as a window that died leaves it."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / STATE.head).write_bytes(b"head")
    write_state(STATE, folder)
    return folder


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    assert read_state(kept(tmp_path)) == STATE


@pytest.mark.parametrize(
    "change",
    [
        {"head": "gone.goae"},
        {"strengths": [["smile", "much"]]},
        {"strengths": [["smile", float("nan")]]},
        {"pose": {"yaw": 0}},
        {"name": 3},
        {"showing": {"shown": "inside"}},
    ],
)
def test_a_damaged_state_is_none(tmp_path: Path, change: dict[str, object]) -> None:
    folder = kept(tmp_path)
    content = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps({**content, **change}))
    assert read_state(folder) is None


def test_a_state_of_an_older_version_says_nothing_of_pass_and_locks(tmp_path: Path) -> None:
    folder = kept(tmp_path)
    content = json.loads((folder / "state.json").read_text())
    del content["showing"]
    (folder / "state.json").write_text(json.dumps(content))
    assert read_state(folder) == replace(STATE, showing=Showing())


def test_a_head_is_never_looked_for_outside_its_folder(tmp_path: Path) -> None:
    folder = kept(tmp_path)
    (tmp_path / "other.goae").write_bytes(b"head")
    content = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps({**content, "head": "../other.goae"}))
    assert read_state(folder) is None


def test_every_change_is_kept_and_a_clean_end_leaves_nothing(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    autosave = opened.autosave
    assert autosave is not None
    qtbot.waitUntil(lambda: autosave.folder is not None and read_state(autosave.folder) is not None)
    folder = autosave.folder
    assert folder is not None
    with qtbot.waitSignal(autosave.written):
        opened.session.set_edit("smile", 1.0)
    state = read_state(folder)
    assert state is not None
    assert (state.name, state.strengths) == ("portrait", (("smile", 1.0),))
    with qtbot.waitSignal(autosave.written):
        opened.session.undo()
    state = read_state(folder)
    assert state is not None
    assert state.strengths == ()
    with qtbot.waitSignal(autosave.written):
        opened.session.set_locked("age", True)
    state = read_state(folder)
    assert state is not None
    assert state.showing.locked == ("age",)
    opened.close()
    assert not folder.exists()


def test_what_another_window_has_open_is_not_offered(window: MainWindow, tmp_path: Path) -> None:
    assert window.autosave is not None
    folder = kept(tmp_path / "data" / "recovery")
    lock = QLockFile(str(folder / "lock"))
    assert lock.tryLock(0)
    assert window.autosave.lost() == []
    lock.unlock()
    assert window.autosave.lost() == [(folder, STATE)]


def test_a_killed_process_lets_its_lock_go(window: MainWindow, tmp_path: Path) -> None:
    assert window.autosave is not None
    folder = kept(tmp_path / "data" / "recovery")
    code = (
        "import os, signal, sys\n"
        "from PySide6.QtCore import QLockFile\n"
        "lock = QLockFile(sys.argv[1])\n"
        "lock.setStaleLockTime(0)\n"
        "assert lock.tryLock(0)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(folder / "lock")], check=False)
    assert ended.returncode == -9
    assert (folder / "lock").exists()
    assert window.autosave.lost() == [(folder, STATE)]


def test_a_killed_window_comes_back_as_it_was(tmp_path: Path) -> None:
    """The whole program, as a process: kill -9, and another start."""
    data = tmp_path / "home" / "data"
    checkpoint = random_checkpoint(preset("tiny"))
    write_checkpoint(checkpoint, data / "models" / "random-tiny", half=False)
    Image.new("RGB", (64, 64), (180, 120, 90)).save(tmp_path / "plain.png")
    folders = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "home")}
    surroundings = {**os.environ, **folders, "GOAE_DATA_DIR": str(data), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "tests.app.window_process"]
    with subprocess.Popen(
        [*command, "work", str(tmp_path / "plain.png")], env=surroundings, stdout=subprocess.PIPE, text=True
    ) as window:
        assert window.stdout is not None
        try:
            assert window.stdout.readline() == "kept\n"
        finally:
            window.kill()
    assert window.returncode == -signal.SIGKILL
    after = subprocess.run(
        [*command, "restore"], env=surroundings, stdout=subprocess.PIPE, text=True, check=True, timeout=600
    )
    assert json.loads(after.stdout) == {
        "edits": [["smile", 1.5]],
        "yaw": 0.25,
        "shown": "depth",
        "locked": ["age"],
        "unsaved": True,
    }
    assert not list((data / "recovery").iterdir())  # a clean end leaves nothing


def test_after_a_crash_the_work_is_offered_and_comes_back_unsaved(
    make_window: Callable[[FakeEngine], MainWindow], engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    root = tmp_path / "data" / "recovery"
    folder = kept(root)
    window = make_window(engine)
    window.start(None)
    box = window.restore_dialog
    assert box is not None
    assert "portrait" in box.text()
    with qtbot.waitSignal(window.studio.opened):
        QTest.mouseClick(box.button(QMessageBox.StandardButton.Yes), Qt.MouseButton.LeftButton)
    session = window.session
    assert engine.opened[-1].path == folder / STATE.head
    assert engine.opened[-1].photo == Path(STATE.photo)
    assert session.document is not None
    assert session.document.name == "portrait"
    assert session.edits == (("smile", 1.5),)
    assert session.pose == STATE.pose
    assert session.showing == STATE.showing
    assert session.project == Path(STATE.project)
    assert session.dirty
    # the new window keeps it now; the old folder is gone once that is written
    qtbot.waitUntil(lambda: not folder.exists())
    assert len(recovery.folders(root)) == 1


def test_what_is_thrown_away_is_gone(
    make_window: Callable[[FakeEngine], MainWindow], engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "data" / "recovery")
    window = make_window(engine)
    window.start(None)
    box = window.restore_dialog
    assert box is not None
    QTest.mouseClick(box.button(QMessageBox.StandardButton.No), Qt.MouseButton.LeftButton)
    assert not folder.exists()
    assert window.session.document is None
