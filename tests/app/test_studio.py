from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.messages import MeshExport, MeshPicture, OpenRequest, Picture, Progress
from app.pose import Pose
from app.session import Session
from app.studio import Studio
from goae_core.errors import PhotoError
from tests.app.conftest import HalfLike
from tests.app.fake_engine import FakeEngine

BACKGROUND = (26, 28, 32)


@pytest.fixture
def studio(qapp: QApplication, engine: FakeEngine) -> Iterator[Studio]:
    made = Studio(Session(), engine, BACKGROUND, likeness=HalfLike())
    yield made
    engine.gate.set()
    made.close()


@pytest.fixture
def open_studio(studio: Studio, engine: FakeEngine, qtbot: QtBot) -> Studio:
    """Return a studio whose photo is open, its full picture made, its engine at rest."""
    pictures: list[Picture] = []
    studio.picture_rendered.connect(pictures.append)
    studio.open(OpenRequest(Path("portrait.png")))
    qtbot.waitUntil(lambda: bool(pictures) and pictures[-1].request.quality == "full")
    studio.picture_rendered.disconnect(pictures.append)
    engine.frames.clear()
    return studio


def test_a_drag_is_answered_by_drafts_and_then_one_full_picture_of_the_last_pose(
    open_studio: Studio, engine: FakeEngine, qtbot: QtBot
) -> None:
    pictures: list[Picture] = []
    open_studio.picture_rendered.connect(pictures.append)
    for step in range(20):
        open_studio.session.set_pose(Pose(yaw=step / 100))
    qtbot.waitUntil(lambda: bool(pictures) and pictures[-1].request.quality == "full")
    assert pictures[-1].request.pose == Pose(yaw=0.19)
    assert [picture.request.quality for picture in pictures].count("full") == 1
    assert pictures[0].request.quality == "draft"


def test_while_the_device_is_busy_only_the_newest_request_waits(
    open_studio: Studio, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.gate.clear()
    engine.entered.clear()
    open_studio.session.set_pose(Pose(yaw=-0.5))
    qtbot.waitUntil(engine.entered.is_set)
    for step in range(30):
        open_studio.session.set_pose(Pose(yaw=step / 100))
    open_studio.session.set_edit("smile", 1.25)
    with qtbot.waitSignal(
        open_studio.picture_rendered, check_params_cb=lambda picture: picture.request.edits != ()
    ):
        engine.gate.set()
    drafts = [request.pose.yaw for request in engine.frames if request.quality == "draft"]
    assert drafts == [-0.5, 0.29]  # the one that ran, and the newest
    assert engine.frames[1].edits == (("smile", 1.25),)  # camera and sliders in one request


def test_a_full_picture_under_way_is_stopped_by_the_next_movement(
    open_studio: Studio, engine: FakeEngine, qtbot: QtBot
) -> None:
    open_studio.session.set_pose(Pose(yaw=0.3))
    qtbot.waitUntil(lambda: len(engine.frames) == 1)
    engine.gate.clear()
    qtbot.waitUntil(lambda: engine.frames[-1].quality == "full")
    with qtbot.waitSignal(open_studio.picture_rendered) as answer:
        open_studio.session.set_pose(Pose(yaw=0.4))
        qtbot.waitUntil(lambda: engine.stopped == 1)
        engine.gate.set()
    assert answer.args is not None
    assert answer.args[0].request.pose == Pose(yaw=0.4)


def test_a_file_that_cannot_be_opened_leaves_everything_as_it_was(open_studio: Studio, qtbot: QtBot) -> None:
    before = open_studio.session.document
    open_studio.session.set_edit("smile", 1.0)
    with qtbot.waitSignals([open_studio.failed, open_studio.open_ended]) as _:
        open_studio.open(OpenRequest(Path("bad.png")))
    assert open_studio.session.document is before
    assert open_studio.session.edits == (("smile", 1.0),)
    assert open_studio.session.undo_stack.canUndo()


def test_a_photo_without_a_face_asks_instead_of_failing(studio: Studio, qtbot: QtBot) -> None:
    with qtbot.waitSignal(studio.face_missing) as asked, qtbot.assertNotEmitted(studio.failed):
        studio.open(OpenRequest(Path("nobody.png")))
    assert asked.args is not None
    assert asked.args[0] == OpenRequest(Path("nobody.png"))
    with qtbot.waitSignal(studio.opened):
        studio.open(OpenRequest(Path("nobody.png"), center=True))


def test_cancel_stops_long_work_between_chunks_and_says_so(
    open_studio: Studio, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    engine.gate.clear()
    with qtbot.waitSignal(open_studio.progressed) as news:
        open_studio.export(MeshExport(tmp_path / "head.obj", 32))
    assert news.args == [Progress("Frame 1 of 2", 0.5)]
    assert open_studio.busy
    with qtbot.waitSignals([open_studio.cancelled, open_studio.busy_changed]):
        open_studio.cancel()
    assert not open_studio.busy
    assert list(tmp_path.iterdir()) == []


def test_exports_wait_for_each_other_and_are_never_superseded(
    open_studio: Studio, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    engine.gate.clear()
    paths = [tmp_path / f"{number}.obj" for number in range(3)]
    written: list[Path] = []
    open_studio.exported.connect(written.append)
    for path in paths:
        open_studio.export(MeshExport(path, 32))
    engine.gate.set()
    qtbot.waitUntil(lambda: written == paths)


def test_a_mesh_follows_the_edits_while_it_is_shown_and_is_not_built_twice(
    open_studio: Studio, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(open_studio.mesh_built) as first:
        open_studio.show_mesh(True)
    assert first.args is not None
    mesh: MeshPicture = first.args[0]
    assert mesh.request.edits == ()
    with qtbot.waitSignal(open_studio.mesh_built) as second:
        open_studio.session.set_edit("age", 1.0)
    assert second.args is not None
    assert second.args[0].request.edits == (("age", 1.0),)
    open_studio.show_mesh(False)
    open_studio.show_mesh(True)
    assert not open_studio.busy


def test_closing_while_busy_stops_the_job_and_ends_the_thread(
    open_studio: Studio, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    engine.gate.clear()
    engine.entered.clear()
    open_studio.export(MeshExport(tmp_path / "head.obj", 32))
    qtbot.waitUntil(engine.entered.is_set)
    open_studio.close()
    assert engine.stopped == 1
    assert list(tmp_path.iterdir()) == []


def test_errors_come_to_the_one_signal(studio: Studio, qtbot: QtBot) -> None:
    with qtbot.waitSignal(studio.failed) as failed:
        studio.open(OpenRequest(Path("bad.png")))
    assert failed.args is not None
    assert isinstance(failed.args[0], PhotoError)
