from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.messages import Document, Edits
from app.pose import Pose
from app.session import Session
from tests.app.fake_engine import MODEL, PHOTO_POSE, flat


def document(edits: Edits = (), project: Path | None = None) -> Document:
    return Document(object(), MODEL, "portrait", flat(1), flat(2), PHOTO_POSE, edits=edits, project=project)


def edits(session: Session) -> Edits:
    """What the sliders say now."""
    return session.edits


@pytest.fixture
def session(qapp: QApplication) -> Session:
    made = Session()
    made.open(document())
    return made


def test_a_drag_acts_live_and_is_one_step_of_the_history(session: Session) -> None:
    session.begin_drag()
    for strength in (0.5, 1.0, 1.5):
        session.set_edit("smile", strength)
        assert edits(session) == (("smile", strength),)
    session.end_drag("smile")
    assert session.undo_stack.count() == 1
    session.undo()
    assert edits(session) == ()
    session.redo()
    assert edits(session) == (("smile", 1.5),)


def test_a_drag_that_ends_where_it_began_is_no_step(session: Session) -> None:
    session.begin_drag()
    session.set_edit("smile", 1.0)
    session.set_edit("smile", 0.0)
    session.end_drag("smile")
    assert session.undo_stack.count() == 0


def test_undo_in_the_middle_of_a_drag_takes_the_drag_back(session: Session) -> None:
    session.set_edit("age", 1.0)
    session.begin_drag()
    session.set_edit("smile", 1.0)
    session.undo()
    assert edits(session) == (("age", 1.0),)


def test_edits_stand_in_the_models_order_and_zero_is_no_edit(session: Session) -> None:
    session.set_edit("age", 1.0)
    session.set_edit("smile", -0.5)
    session.set_edit("mouth_open", 0.0)
    assert edits(session) == (("smile", -0.5), ("age", 1.0))


def test_reset_all_is_one_step_that_undo_takes_back(session: Session) -> None:
    session.set_edit("age", 1.0)
    session.set_edit("smile", -0.5)
    session.reset_edits()
    assert edits(session) == ()
    session.undo()
    assert edits(session) == (("smile", -0.5), ("age", 1.0))


def test_opening_another_document_takes_its_edits_and_camera_and_forgets_the_history(
    session: Session,
) -> None:
    session.set_edit("age", 1.0)
    session.open(document((("smile", 0.7),), Path("other.goae")))
    assert edits(session) == (("smile", 0.7),)
    assert session.pose == PHOTO_POSE
    assert not session.undo_stack.canUndo()
    assert not session.dirty


def test_a_document_is_dirty_from_the_first_edit_until_it_is_saved_and_clean_again_after_undo(
    session: Session, qtbot: QtBot
) -> None:
    assert not session.dirty
    with qtbot.waitSignal(session.dirty_changed, check_params_cb=lambda dirty: dirty):
        session.set_edit("age", 1.0)
    assert session.dirty
    session.saved(Path("portrait.goae"), session.undo_stack.index())
    assert not session.dirty
    session.set_edit("age", 2.0)
    assert session.dirty
    session.undo()
    assert not session.dirty


def test_an_edit_made_while_saving_is_still_unsaved(session: Session) -> None:
    session.set_edit("age", 1.0)
    step = session.undo_stack.index()
    session.set_edit("age", 2.0)
    session.saved(Path("portrait.goae"), step)
    assert session.dirty


def test_the_camera_is_held_in_its_limits_and_moves_no_history(session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.pose_changed):
        session.set_pose(Pose(yaw=10.0))
    assert session.pose == Pose(yaw=10.0).clamped(MODEL.rig)
    with qtbot.assertNotEmitted(session.pose_changed):
        session.set_pose(Pose(yaw=11.0))
    session.reset_pose()
    assert session.pose == PHOTO_POSE
    session.face_front()
    assert (session.pose.yaw, session.pose.pitch) == (0.0, 0.0)
    assert session.undo_stack.count() == 0


def test_another_head_is_a_step_of_the_history_and_the_photos_view_follows_it(
    session: Session, qtbot: QtBot
) -> None:
    before = session.document
    after = replace(document(), pose=Pose(0.4, 0.0))
    session.set_edit("age", 1.0)
    with qtbot.waitSignal(session.head_changed):
        session.replace_head(after, "adjust photo")
    assert session.document is after
    assert session.pose == Pose(0.4, 0.0)
    assert edits(session) == (("age", 1.0),)
    session.undo()
    assert session.document is before
    assert session.pose == PHOTO_POSE
    assert session.state_at(0).document is before
    assert session.state_at(0).strengths == {}
    assert session.edits_of(session.state_at(1)) == (("age", 1.0),)
    assert session.state_at(2).document is after


def test_a_locked_attribute_is_left_alone_by_all_but_its_own_slider(session: Session) -> None:
    session.set_edit("age", 1.0)
    session.set_locked("age", True)
    session.set_look({"smile": 9.0, "age": -1.0, "horns": 1.0}, "random")
    assert edits(session) == (("smile", 3.0), ("age", 1.0))  # held at the slider's end
    session.reset_edits()
    assert edits(session) == (("age", 1.0),)
    session.set_edit("age", 0.5)
    session.set_locked("age", False)
    session.reset_edits()
    assert edits(session) == ()


def test_a_restored_document_is_unsaved_from_the_start(session: Session) -> None:
    session.restored(Path("old.goae"))
    assert session.dirty
    assert session.project == Path("old.goae")
