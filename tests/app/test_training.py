"""Training from the window: a process that is told what to do, listened to, stopped, and allowed to die."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.training_dialog import TrainingDialog
from app.training_run import (
    TrainingEnd,
    TrainingNews,
    TrainingPlan,
    TrainingRun,
    last_sentence,
    newest_sheet,
    read_log,
    read_news,
)
from tests.app.conftest import PATIENCE_MS

LINE = '{"stage": "encoder", "step": 40, "fraction": 0.25, "figures": {"loss": 0.5}, "message": "m"}'
_SAY = f"print('{LINE}', flush=True)\n"
_WAIT = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(1))\nsignal.pause()\n"

Program = Callable[[str], None]


def plan(folder: Path, **changes: object) -> TrainingPlan:
    values: dict[str, object] = {"stage": "encoder", "data": folder / "data", "out": folder / "run"}
    return TrainingPlan(**{**values, **changes})  # type: ignore[arg-type]


def test_a_plan_says_what_the_command_line_is_asked_for(tmp_path: Path) -> None:
    made = plan(tmp_path, pack=Path("heads"), minutes=1.5, resume=True, device="cpu", preset="tiny")
    assert made.arguments() == [
        *("train", "encoder", "--json", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "run")),
        *("--preset", "tiny", "--device", "cpu", "--persons", "2000"),
        *("--pack", "heads", "--minutes", "1.5", "--resume"),
    ]
    assert not made.resumable
    made.folder.mkdir(parents=True)
    (made.folder / "checkpoint.pt").write_bytes(b"")
    assert made.resumable


def test_lines_of_json_are_news_and_other_lines_are_none() -> None:
    assert read_news(LINE) == TrainingNews(40, 0.25, {"loss": 0.5}, "m")
    for line in ("", "Killed", "[]", '{"step": 1}', '{"step": "x", "fraction": 1, "figures": {}}'):
        assert read_news(line) is None


def test_the_log_of_a_run_that_was_killed_is_read_up_to_its_broken_line(tmp_path: Path) -> None:
    lines = ['{"step": 20, "elapsed_s": 3.5, "loss": 0.5}', '{"step": 40, "elapsed_s": 7.0, "lo']
    (tmp_path / "log.jsonl").write_text("\n".join(lines))
    assert [(news.step, dict(news.figures)) for news in read_log(tmp_path)] == [(20, {"loss": 0.5})]
    assert read_log(tmp_path / "nowhere") == []


def test_the_newest_sheet_is_the_one_written_last(tmp_path: Path) -> None:
    assert newest_sheet(tmp_path) is None
    for seconds, name in ((10, "sheet_000040.png"), (30, "sheet_000020.png"), (20, "sheet_000030.png")):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (seconds, seconds))
    assert newest_sheet(tmp_path) == tmp_path / "sheet_000020.png"


def test_the_last_words_of_the_command_become_a_sentence() -> None:
    said = "step 3\ngoae: the checkpoint does not fit this stage; leave out --resume\nbye\n"
    assert last_sentence(said) == "The checkpoint does not fit this stage; leave out --resume."
    assert last_sentence("Killed") == "Killed."
    assert last_sentence("\n") == "Training ended without saying why."


@pytest.fixture
def run(qtbot: QtBot) -> Iterator[tuple[TrainingRun, Program]]:
    """A run whose process does what the test writes."""
    script = ["pass"]
    made = TrainingRun(program=lambda: [sys.executable, "-c", script[0]])

    def program(text: str) -> None:
        script[0] = text

    yield made, program
    made.close()


def ended(
    run: TrainingRun, started: TrainingPlan, qtbot: QtBot, patience_ms: int = PATIENCE_MS
) -> TrainingEnd:
    with qtbot.waitSignal(run.ended, timeout=patience_ms) as answer:
        run.start(started)
    assert answer.args is not None
    assert not run.running
    end: TrainingEnd = answer.args[0]
    return end


def test_news_come_while_it_runs_and_it_is_done(
    run: tuple[TrainingRun, Program], qtbot: QtBot, tmp_path: Path
) -> None:
    made, program = run
    program(_SAY + "print('no json')\n" + _SAY)
    heard: list[TrainingNews] = []
    made.news.connect(heard.append)
    assert ended(made, plan(tmp_path), qtbot).kind == "done"
    assert [news.step for news in heard] == [40, 40]


def test_a_failure_is_told_in_the_commands_own_sentence(
    run: tuple[TrainingRun, Program], qtbot: QtBot, tmp_path: Path
) -> None:
    made, program = run
    program("import sys; sys.exit('goae: the folder holds no persons; render some first')")
    end = ended(made, plan(tmp_path), qtbot)
    assert end == TrainingEnd("failed", "The folder holds no persons; render some first.")


def test_a_crash_is_one_sentence(run: tuple[TrainingRun, Program], qtbot: QtBot, tmp_path: Path) -> None:
    made, program = run
    program("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    end = ended(made, plan(tmp_path), qtbot)
    assert end.kind == "failed"
    assert f"died (signal {int(signal.SIGKILL)}); the window is unharmed" in end.sentence


def test_a_program_that_is_not_there_is_one_sentence(qtbot: QtBot, tmp_path: Path) -> None:
    made = TrainingRun(program=lambda: [str(tmp_path / "nothing")])
    end = ended(made, plan(tmp_path), qtbot)
    assert end.kind == "failed"
    assert end.sentence.endswith(".")


def test_stop_asks_and_a_second_stop_kills(
    run: tuple[TrainingRun, Program], qtbot: QtBot, tmp_path: Path
) -> None:
    made, program = run
    program(_SAY + _WAIT)
    with qtbot.waitSignal(made.news):
        made.start(plan(tmp_path))
    with qtbot.waitSignal(made.ended) as answer:
        made.stop()
    assert answer.args is not None
    assert answer.args[0].kind == "stopped"
    program("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + _SAY + "signal.pause()\n")
    with qtbot.waitSignal(made.news):
        made.start(plan(tmp_path))
    made.stop()
    with qtbot.waitSignal(made.ended) as answer:
        made.stop()
    assert answer.args is not None
    assert answer.args[0].kind == "stopped"


def test_the_real_command_says_what_it_lacks(qtbot: QtBot, tmp_path: Path) -> None:
    made = TrainingRun()
    end = ended(made, plan(tmp_path, stage="data"), qtbot, 5 * PATIENCE_MS)  # it imports torch
    assert end.kind == "failed"
    assert end.sentence.startswith("Rendering needs a head pack")


@pytest.fixture
def dialog(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainingDialog:
    """The window's dialog; its process says a line, draws a sheet and waits to be stopped."""
    sheet = QImage(32, 16, QImage.Format.Format_RGB32)
    sheet.fill(QColor(10, 200, 30))
    folder = tmp_path / "run" / "encoder"
    folder.mkdir(parents=True)
    assert sheet.save(str(folder / "sheet_000040.png"))
    monkeypatch.setattr(window.training, "_program", lambda: [sys.executable, "-c", _SAY + _WAIT])
    window.commands.training.trigger()
    made = window.training_dialog
    assert made is not None
    made.stage.setCurrentIndex(3)
    return made


def test_training_is_started_watched_and_stopped_by_clicks(
    dialog: TrainingDialog, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    assert "Choose a data folder" in dialog.sentence.text()
    dialog.data.field.setText(str(tmp_path / "data"))
    dialog.out.field.setText(str(tmp_path / "run"))
    assert not dialog.resume.isEnabled()
    with qtbot.waitSignal(window.training.news):
        QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    assert dialog.plan.stage == "encoder"
    assert not dialog.start_button.isEnabled()
    assert dialog.curves.names == ["loss"]
    assert dialog.curves.points("loss") == ([40.0], [0.5])
    assert "step 40, 25%" in dialog.sentence.text()
    assert window.status.training_button.text() == dialog.sentence.text()
    dialog.close()
    QTest.mouseClick(window.status.training_button, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    (tmp_path / "run" / "encoder" / "checkpoint.pt").write_bytes(b"")
    with qtbot.waitSignal(window.training.ended):
        QTest.mouseClick(dialog.stop_button, Qt.MouseButton.LeftButton)
    assert dialog.sentence.text() == window.status.text == "Stopped; resume goes on from here."
    assert not window.status.training_button.isVisible()
    assert dialog.resume.isChecked()
    assert dialog.plan.resume
    qtbot.waitUntil(lambda: dialog.sheet.image is not None)
    assert dialog.sheet.accessibleDescription() == "sheet_000040.png"
    assert dialog.sheet.pixmap().toImage().pixelColor(5, 5) == QColor(10, 200, 30)


def test_a_resumed_run_shows_the_curves_of_before(
    dialog: TrainingDialog, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "run" / "encoder"
    (folder / "checkpoint.pt").write_bytes(b"")
    lines = [json.dumps({"step": step, "elapsed_s": 1.0, "loss": 1.0 / step}) for step in (10, 20)]
    (folder / "log.jsonl").write_text("\n".join(lines) + "\n")
    dialog.data.field.setText(str(tmp_path / "data"))
    dialog.out.field.setText(str(tmp_path / "run"))
    QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(dialog.curves.names) and len(dialog.curves.points("loss")[0]) >= 2)
    assert dialog.curves.points("loss")[1][:2] == [0.1, 0.05]


def test_closing_the_window_ends_the_training(
    dialog: TrainingDialog, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog.data.field.setText(str(tmp_path / "data"))
    dialog.out.field.setText(str(tmp_path / "run"))
    with qtbot.waitSignal(window.training.news):
        dialog.start()
    window.close()
    assert not window.training.running
