"""Keyframes in the document: history, playhead, recovery."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.messages import Document
from app.pose import Pose
from app.recovery import STATE, Recovered, read_state, write_state
from app.session import Session
from goae_core.animation import Animation, View
from tests.app.fake_engine import MODEL, PHOTO_POSE, flat


@pytest.fixture
def session() -> Session:
    made = Session()
    made.open(Document(object(), MODEL, "portrait", flat(1), flat(2), PHOTO_POSE))
    return made


def moving() -> Animation:
    """Yaw 0 to 0.4 and smile 0 to 2 in four seconds, evenly."""
    made = Animation(seconds=4.0, fps=10, loops=False)
    made = made.with_view(0.0, View()).with_view(4.0, View(yaw=0.4))
    made = made.with_strength("smile", 0.0, 0.0).with_strength("smile", 4.0, 2.0)
    return made.eased(made.marks, "linear")


def test_keyframes_are_steps_of_the_history(session: Session) -> None:
    session.set_animation(moving(), "add key")
    assert session.undo_stack.text(0) == "add key"
    assert session.dirty
    session.undo()
    assert session.animation.empty
    assert not session.dirty
    session.redo()
    assert session.animation == moving()


def test_dragging_a_key_is_one_step(session: Session) -> None:
    session.set_animation(moving(), "add key")
    session.begin_drag()
    for by in (0.1, 0.2, 0.3):
        session.set_animation(moving().moved({(None, 0.0)}, by), "move key")
    session.end_drag("move key")
    assert session.undo_stack.count() == 2
    assert session.animation.camera[0].seconds == pytest.approx(0.3)
    session.undo()
    assert session.animation == moving()


def test_the_playhead_moves_what_has_keys_and_no_history(session: Session) -> None:
    session.set_edit("age", 1.0)
    session.set_animation(moving(), "add key")
    session.set_moment(1.0)
    assert session.pose.yaw == pytest.approx(0.1)
    assert dict(session.edits) == pytest.approx({"smile": 0.5, "age": 1.0})
    assert session.undo_stack.count() == 2
    session.set_moment(9.0)
    assert session.moment == 4.0
    assert dict(session.edits)["smile"] == pytest.approx(2.0)
    session.set_moment(0.0)
    assert session.edits == (("age", 1.0),)  # the smile rests


def test_without_camera_keys_the_hand_keeps_the_camera(session: Session) -> None:
    session.set_animation(moving().without({(None, 0.0), (None, 4.0)}), "delete keys")
    session.set_pose(Pose(0.3, 0.1))
    session.set_moment(2.0)
    assert session.pose == Pose(0.3, 0.1)
    assert session.shot_at(4.0).pose == Pose(0.3, 0.1)
    assert session.shot_at(4.0).edits == (("smile", 2.0),)
    assert session.edits == (("smile", 1.0),)


def test_a_shorter_animation_takes_the_playhead_along(session: Session) -> None:
    session.set_animation(moving(), "add key")
    session.set_moment(4.0)
    session.set_animation(moving().lasting(2.0), "length")
    assert session.moment == 2.0


def test_another_document_brings_its_own_keys(session: Session) -> None:
    other = Document(object(), MODEL, "other", flat(1), flat(2), PHOTO_POSE, animation=moving())
    session.set_moment(1.0)
    session.open(other)
    assert session.animation == moving()
    assert session.moment == 0.0
    assert session.pose == PHOTO_POSE  # as it was left; the playhead has not moved yet


def test_keyframes_survive_a_crash_and_a_state_from_before_there_were_any_is_read(tmp_path: Path) -> None:
    (tmp_path / "head-1.goae").write_bytes(b"a head")
    state = Recovered("portrait", "head-1.goae", (("smile", 1.0),), Pose(0.1), animation=moving())
    write_state(state, tmp_path)
    assert read_state(tmp_path) == state
    content = json.loads((tmp_path / STATE).read_text(encoding="utf-8"))
    del content["animation"]
    (tmp_path / STATE).write_text(json.dumps(content), encoding="utf-8")
    older = read_state(tmp_path)
    assert older is not None
    assert older.animation.empty
    content["animation"] = {"seconds": -1}
    (tmp_path / STATE).write_text(json.dumps(content), encoding="utf-8")
    assert read_state(tmp_path) is None
