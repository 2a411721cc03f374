"""The timeline with real clicks and keys, in the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pose import Pose
from app.timeline_panel import TimelinePanel
from app.timeline_rows import ROW, time_scale
from goae_core.animation import Animation, View

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(opened: MainWindow, qtbot: QtBot) -> TimelinePanel:
    QTest.keyClick(opened, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert opened.timeline.isVisible()
    opened.timeline.rows.setFocus()
    return opened.timeline


def moving(window: MainWindow) -> Animation:
    """Camera keys at 0 and 2 s, a smile from 1 s; ten frames a second, four seconds."""
    made = Animation(seconds=4.0, fps=10, loops=False)
    made = made.with_view(0.0, View()).with_view(2.0, View(yaw=0.2)).with_strength("smile", 1.0, 0.5)
    window.session.set_animation(made, "add key")
    return made


def ruler_at(panel: TimelinePanel, moment: float) -> QPoint:
    return QPoint(round(time_scale(panel.ruler, panel.rows._session).x_of(moment)), 12)


def drag(widget: QWidget, start: QPointF, end: QPointF) -> None:
    QTest.mousePress(widget, LEFT, pos=start.toPoint())
    for step in (1, 2, 3):
        QTest.mouseMove(widget, (start + (end - start) * step / 3).toPoint())
    QTest.mouseRelease(widget, LEFT, pos=end.toPoint())


def test_k_keeps_camera_and_what_moved_since_the_last_key(opened: MainWindow, panel: TimelinePanel) -> None:
    session = opened.session
    session.set_edit("age", 1.0)  # a look that was there before stays a look
    session.set_pose(Pose(0.3, 0.1))
    QTest.keyClick(opened, Qt.Key.Key_K)
    assert list(session.animation.marks) == [(None, 0.0)]
    QTest.mouseClick(panel.ruler, LEFT, pos=ruler_at(panel, 2.0))
    assert session.moment == pytest.approx(2.0, abs=0.05)
    session.set_pose(Pose(-0.2, 0.0))
    session.set_edit("smile", 1.5)
    QTest.mouseClick(panel.add_button, LEFT)
    moment = session.animation.camera[1].seconds
    assert list(session.animation.marks) == [(None, 0.0), (None, moment), ("smile", 0.0), ("smile", moment)]
    assert session.animation.strength_at("smile", 0.0) == 0.0
    assert session.animation.strength_at("smile", moment) == 1.5
    assert session.animation.strength_at("age", 0.0) is None
    assert session.dirty
    opened.commands.undo.trigger()
    assert session.animation.marks == ((None, 0.0),)


def test_scrubbing_shows_the_moment_and_moves_the_sliders(opened: MainWindow, panel: TimelinePanel) -> None:
    moving(opened)
    QTest.mousePress(panel.ruler, LEFT, pos=ruler_at(panel, 0.5))
    QTest.mouseMove(panel.ruler, ruler_at(panel, 2.0))
    QTest.mouseRelease(panel.ruler, LEFT, pos=ruler_at(panel, 2.0))
    assert opened.session.moment == pytest.approx(2.0, abs=0.05)
    assert opened.session.pose.yaw == pytest.approx(0.2, abs=1e-6)
    assert opened.edit_panel.rows["smile"].slider.strength == 0.5
    assert opened.session.undo_stack.count() == 1
    QTest.keyClick(panel.rows, Qt.Key.Key_Left)
    assert opened.session.moment == pytest.approx(1.9)
    QTest.keyClick(panel.rows, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert opened.session.moment == 1.0
    QTest.keyClick(panel.rows, Qt.Key.Key_End)
    assert opened.session.moment == 4.0
    QTest.mouseClick(panel.start_button, LEFT)
    assert opened.session.moment == 0.0


def test_a_key_is_dragged_in_one_step_and_deleted(opened: MainWindow, panel: TimelinePanel) -> None:
    made = moving(opened)
    rows, scale = panel.rows, time_scale(panel.rows, opened.session)
    start = rows.place_of((None, 2.0))
    drag(rows, start, QPointF(scale.x_of(3.0), start.y()))
    assert [moment for _, moment in opened.session.animation.marks] == pytest.approx([0.0, 3.0, 1.0])
    assert opened.session.undo_stack.count() == 2
    assert len(rows.selected) == 1
    QTest.keyClick(rows, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert opened.session.animation.camera[1].seconds == pytest.approx(3.1)
    QTest.keyClick(rows, Qt.Key.Key_Delete)
    assert opened.session.animation.marks == ((None, 0.0), ("smile", 1.0))
    assert not rows.selected
    for _ in range(3):
        opened.commands.undo.trigger()
    assert opened.session.animation == made


def test_a_frame_selects_keys_and_they_get_another_easing(opened: MainWindow, panel: TimelinePanel) -> None:
    moving(opened)
    rows, scale = panel.rows, time_scale(panel.rows, opened.session)
    assert not panel.easing.isEnabled()
    drag(rows, QPointF(scale.x_of(0.5), 3), QPointF(scale.x_of(2.5), 2 * ROW - 4))
    assert rows.selected == {(None, 2.0), ("smile", 1.0)}
    panel.easing.setFocus()
    QTest.keyClick(panel.easing, Qt.Key.Key_End)  # "hold" is the last
    assert [key.easing for key in opened.session.animation.camera] == ["smooth", "hold"]
    assert opened.session.animation.tracks[0].keys[0].easing == "hold"
    QTest.mouseClick(rows, LEFT, Qt.KeyboardModifier.ShiftModifier, rows.place_of((None, 2.0)).toPoint())
    assert rows.selected == {("smile", 1.0)}
    QTest.keyClick(rows, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.mouseClick(panel.delete_button, LEFT)
    assert opened.session.animation.empty


def test_diamonds_and_double_clicks_set_keys_where_they_are(opened: MainWindow, panel: TimelinePanel) -> None:
    moving(opened)
    rows, scale = panel.rows, time_scale(panel.rows, opened.session)
    QTest.mouseClick(rows, LEFT, pos=rows.diamond_of(None).toPoint())  # the key at second 0 goes
    assert [moment for _, moment in opened.session.animation.marks] == [2.0, 1.0]
    QTest.mouseClick(rows, LEFT, pos=rows.diamond_of("smile").toPoint())
    assert opened.session.animation.marks[1:] == (("smile", 0.0), ("smile", 1.0))
    place = QPointF(scale.x_of(3.0), ROW / 2).toPoint()
    QTest.mouseDClick(rows, LEFT, pos=place)
    assert opened.session.animation.marks[:2] == ((None, 2.0), (None, 3.0))
    assert rows.selected == {(None, 3.0)}
    QTest.keyClick(rows, Qt.Key.Key_Down)
    QTest.keyClick(rows, Qt.Key.Key_Insert)
    assert opened.session.animation.key_at("smile", 0.0) is None


def test_it_plays_loops_and_stops_at_the_end_and_by_the_hand(
    opened: MainWindow, panel: TimelinePanel, qtbot: QtBot
) -> None:
    moving(opened)
    with qtbot.waitSignal(opened.session.moment_changed):
        QTest.keyClick(opened, Qt.Key.Key_Space)
    assert panel.player.playing
    assert opened.view_bar.play_button.isChecked()
    QTest.mousePress(opened.viewport, LEFT, pos=QPoint(200, 200))
    QTest.mouseMove(opened.viewport, QPoint(210, 200))
    QTest.mouseRelease(opened.viewport, LEFT, pos=QPoint(210, 200))
    assert not panel.player.playing
    assert not opened.view_bar.play_button.isChecked()
    panel.scrub(0.0)
    QTest.mouseClick(panel.play_button, LEFT)
    panel.player.advance(5.0)
    assert opened.session.moment == 4.0
    assert not panel.player.playing
    QTest.mouseClick(panel.loop_button, LEFT)
    assert opened.session.animation.loops
    panel.scrub(0.0)
    QTest.mouseClick(panel.play_button, LEFT)
    panel.player.advance(5.0)
    assert opened.session.moment == pytest.approx(1.0)
    assert panel.player.playing
    panel.player.stop()


def test_length_and_speed_are_steps_and_a_motion_fills_an_empty_timeline(
    opened: MainWindow, panel: TimelinePanel
) -> None:
    assert panel._hint.isVisible()
    assert not panel.play_button.isEnabled()
    panel.motion_button.menu().actions()[0].trigger()
    assert len(opened.session.animation.camera) == 8
    assert not panel._hint.isVisible()
    panel.length.setFocus()
    panel.length.selectAll()
    QTest.keyClicks(panel.length, "8")
    QTest.keyClick(panel.length, Qt.Key.Key_Return)
    assert opened.session.animation.seconds == 8.0
    assert opened.session.animation.camera[-1].seconds == pytest.approx(7.0)
    panel.fps.setFocus()
    panel.fps.selectAll()
    QTest.keyClicks(panel.fps, "12")
    QTest.keyClick(panel.fps, Qt.Key.Key_Return)
    assert opened.session.animation.frame_count == 96
    assert opened.session.undo_stack.count() == 3


def test_an_attribute_gets_a_row_by_its_menu(opened: MainWindow, panel: TimelinePanel) -> None:
    opened.session.set_edit("age", 0.7)
    (age,) = [a for a in panel.attribute_button.menu().actions() if a.text() == "Age"]
    age.trigger()
    assert panel.rows.tracks == (None, "age")
    assert opened.session.animation.strength_at("age", 0.0) == 0.7
    assert "Age" not in [a.text() for a in panel.attribute_button.menu().actions()]


def test_a_narrow_window_shows_icons_in_place_of_words(opened: MainWindow, panel: TimelinePanel) -> None:
    opened.resize(1700, 800)
    assert (panel.add_button.text(), panel.motion_button.text()) == ("Add key", "Motion")
    opened.resize(panel._roomy - 50, 800)
    assert (panel.add_button.text(), panel.motion_button.text()) == ("Add key", "")
    assert panel.close_button.geometry().right() <= panel.width()
    opened.resize(opened.minimumWidth(), 700)
    assert opened.width() == opened.minimumWidth()
    assert panel.add_button.text() == ""
    assert panel.add_button.accessibleName() == "Add key"
    assert panel.close_button.geometry().right() <= panel.width()
    opened.resize(1700, 800)
    assert panel.add_button.text() == "Add key"


def test_every_control_has_a_name_and_a_tip(panel: TimelinePanel) -> None:
    for widget in (panel.play_button, panel.loop_button, panel.easing, panel.length, panel.fps, panel.rows):
        assert widget.accessibleName()
    for widget in (panel.play_button, panel.loop_button, panel.easing, panel.length, panel.fps):
        assert widget.toolTip()
