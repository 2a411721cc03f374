from __future__ import annotations

import math

from pytestqt.qtbot import QtBot

from app.drag_recorder import DragRecord, record_drags
from app.main_window import MainWindow


def test_a_record_says_what_the_note_needs() -> None:
    record = DragRecord(60.0, 200, 150, 0.006, 0.0425, 0.08, 0.002, 0.0305)
    assert record.share == 0.75
    assert str(record) == (
        "200 drags in 60 s: pauses of the window's thread median 6 ms, worst 42 ms; 75 % of the drags "
        "answered by a newer frame, 80 ms after the hand (median); 2.0 ms of the window thread's own work a "
        "movement, 30 ms at most in one go"
    )
    assert DragRecord(1.0, 0, 0, 0.0, 0.0, math.nan, 0.0, 0.0).share == 0.0


def test_camera_and_slider_are_dragged_and_their_frames_are_counted(opened: MainWindow, qtbot: QtBot) -> None:
    session = opened.session
    yaws, smiles = [], []
    session.pose_changed.connect(lambda: yaws.append(session.pose.yaw))
    session.edits_changed.connect(lambda: smiles.append(session.strength("smile")))
    record = record_drags(opened, 0.1)
    assert max(yaws) - min(yaws) > 0.1
    assert min(smiles) < -0.1
    assert max(smiles) > 0.1
    assert record.drags > 20  # twenty movements each, less those that ended where they began
    assert 0 < record.answered <= record.drags
    assert 0.0 < record.median_pause <= record.worst_pause
    assert record.work > 0.0
    assert record.longest_work > 0.0
    assert record.median_delay > 0.0


def test_a_window_that_is_held_up_has_a_long_pause(opened: MainWindow, qtbot: QtBot) -> None:
    def hold(picture: object) -> None:
        sum(range(300_000))  # work, not sleep: what a slow slot does

    free = record_drags(opened, 0.1)
    opened.studio.picture_rendered.connect(hold)
    held = record_drags(opened, 0.1)
    assert held.work > free.work
