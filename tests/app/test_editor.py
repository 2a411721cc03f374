"""What makes the window an editor: comparing, passes, framing by hand, looks, commands by name."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.messages import Framing, PictureExport
from app.palette import Palette
from goae_core.showing import Backdrop
from tests.app.fake_engine import FRAMING, FakeEngine


def pixel(window: MainWindow, x: float, y: float) -> QColor:
    """The viewport's colour at a share of its width and height."""
    shown = window.viewport.grab().toImage()
    return shown.pixelColor(round(x * shown.width()), round(y * shown.height()))


def test_a_wipe_shows_the_photo_on_its_left_and_the_arrows_move_it(opened: MainWindow) -> None:
    opened.commands.wipe.trigger()
    wipe = opened.viewport.wipe
    assert wipe.isVisible()
    assert pixel(opened, 0.45, 0.8) == QColor(100, 100, 100)  # the crop
    assert pixel(opened, 0.55, 0.8) == QColor(120, 120, 120)  # the head
    for _ in range(5):
        QTest.keyClick(wipe, Qt.Key.Key_Right)
    assert wipe.share == pytest.approx(0.6)
    assert pixel(opened, 0.55, 0.8) == QColor(100, 100, 100)
    opened.commands.uncompared.trigger()
    assert not wipe.isVisible()


def test_holding_b_shows_the_other_side_alone(opened: MainWindow) -> None:
    QTest.keyPress(opened.viewport, Qt.Key.Key_B)
    assert pixel(opened, 0.5, 0.8) == QColor(100, 100, 100)
    QTest.keyRelease(opened.viewport, Qt.Key.Key_B)
    assert pixel(opened, 0.5, 0.8) == QColor(120, 120, 120)


def test_any_state_of_the_history_is_rendered_beside_the_head(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    opened.session.set_edit("smile", 1.0)
    opened.session.set_edit("age", 1.0)
    opened.view_bar.fill_references()
    opened.commands.beside.trigger()
    engine.frames.clear()
    with qtbot.waitSignal(opened.studio.reference_rendered) as answer:
        opened.view_bar.choose_reference(1)
    assert answer.args is not None
    assert answer.args[0].request.edits == (("smile", 1.0),)
    assert answer.args[0].request.pose == opened.session.pose
    assert opened.view_bar.reference_name() == "1: Smile"
    with qtbot.waitSignal(opened.studio.reference_rendered):
        opened.commands.front.trigger()  # both sides follow the camera


def test_a_pass_is_asked_of_the_engine(opened: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    opened.commands.passes[2].trigger()
    qtbot.waitUntil(lambda: engine.frames[-1].shown == "normal")
    assert opened.view_bar.pass_button.text() == "Normals"


def test_a_colour_lies_behind_the_head_and_in_what_is_exported(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    opened.view_bar.backdrop_chosen.emit(Backdrop("color", (10, 200, 30)))
    assert opened.viewport.backdrop.color == (10, 200, 30)
    opened.studio.export(PictureExport(tmp_path / "view.png", 64, transparent=False))
    qtbot.waitUntil(lambda: bool(engine.exported))
    assert engine.exported[-1].background == (10, 200, 30)


def test_the_turntable_plays_until_the_hand_takes_over(opened: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignals([opened.session.pose_changed] * 3):
        opened.commands.play.trigger()
    assert opened.player.playing
    QTest.keyClick(opened.viewport, Qt.Key.Key_Left)
    assert not opened.player.playing


def test_a_corner_of_the_frame_scales_it_and_the_head_follows_as_one_step(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    opened.commands.adjust.trigger()
    dialog = opened.adjust_dialog
    assert dialog is not None
    editor = dialog.editor
    corner = editor.corner_places()[2].toPoint()
    middle = editor.place(0.5, 0.5).toPoint()
    QTest.mousePress(editor, Qt.MouseButton.LeftButton, pos=corner)
    QTest.mouseMove(editor, middle + (corner - middle) / 2)
    with qtbot.waitSignal(opened.session.head_changed):
        QTest.mouseRelease(editor, Qt.MouseButton.LeftButton, pos=middle + (corner - middle) / 2)
    framing = engine.adjusted[-1].framing
    assert framing is not None
    assert framing.side == pytest.approx(FRAMING.side / 2, rel=0.05)
    assert opened.session.undo_stack.undoText() == "adjust photo"
    opened.session.undo()
    assert opened.session.document is not None
    assert opened.session.document.framing == FRAMING


def test_the_frame_can_be_moved_turned_and_posed_by_numbers(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    opened.show_adjust()
    dialog = opened.adjust_dialog
    assert dialog is not None
    with qtbot.waitSignal(opened.session.head_changed):
        dialog.yaw.setValue(30.0)
    with qtbot.waitSignal(opened.session.head_changed):
        QTest.keyClick(dialog.editor, Qt.Key.Key_Right)
    framing = engine.adjusted[-1].framing
    assert framing is not None
    assert math.degrees(framing.yaw) == pytest.approx(30.0)
    assert framing.center[0] == pytest.approx(0.5 + FRAMING.side / 40)
    with qtbot.waitSignal(opened.session.head_changed):
        QTest.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    assert engine.adjusted[-1].framing == FRAMING


def test_a_dragged_landmark_finds_frame_and_pose_anew(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    opened.show_adjust()
    assert opened.adjust_dialog is not None
    editor = opened.adjust_dialog.editor
    here = editor.place(0.4, 0.4).toPoint()
    QTest.mousePress(editor, Qt.MouseButton.LeftButton, pos=here)
    QTest.mouseMove(editor, here + QPoint(20, 0))
    with qtbot.waitSignal(opened.session.head_changed):
        QTest.mouseRelease(editor, Qt.MouseButton.LeftButton, pos=here + QPoint(20, 0))
    request = engine.adjusted[-1]
    assert request.framing is None
    assert request.points[0][0] > 0.41
    assert request.points[1:] == ((0.4, 0.4),) * 4


def test_a_frame_turns_about_its_middle() -> None:
    upright = Framing((0.5, 0.5), 0.4, 0.0, 0.0, 0.0)
    expected = [(0.3, 0.1), (0.7, 0.1), (0.7, 0.9), (0.3, 0.9)]
    assert list(upright.corners(2.0)) == [pytest.approx(corner) for corner in expected]
    quarter = Framing((0.5, 0.5), 0.4, math.pi / 2, 0.0, 0.0).corners(2.0)
    # turned clockwise by a quarter the top left corner comes to the top right
    assert quarter[0] == pytest.approx((0.7, 0.1))


def test_optimising_is_a_step_and_no_gain_is_said(opened: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.studio.optimised):
        opened.photo_panel.optimise_asked.emit(10)
    assert opened.status.text == "No gain: the head stays as it was"
    assert opened.session.undo_stack.count() == 0
    with qtbot.waitSignal(opened.studio.optimised):
        opened.photo_panel.optimise_asked.emit(30)
    assert opened.session.undo_stack.undoText() == "optimise"


def test_the_likeness_is_shown_at_rest(opened: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(opened.edit_panel.likeness.isVisible)
    assert opened.edit_panel.likeness.text == "Likeness 50 %"
    with qtbot.waitSignal(opened.session.document_changed):
        opened.open_path(Path("other.png"))
    assert not opened.edit_panel.likeness.isVisible()  # until it is known of the other photo


def test_a_look_is_copied_changed_and_pasted_as_one_step(opened: MainWindow) -> None:
    panel = opened.edit_panel
    opened.session.set_edit("smile", 1.0)
    QTest.mouseClick(panel.copy_button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(panel.random_button, Qt.MouseButton.LeftButton)
    assert opened.session.undo_stack.undoText() == "random look"
    QTest.mouseClick(panel.paste_button, Qt.MouseButton.LeftButton)
    assert opened.session.edits == (("smile", 1.0),)
    assert opened.session.undo_stack.count() == 3


def test_a_named_look_comes_back(opened: MainWindow) -> None:
    panel = opened.edit_panel
    opened.session.set_edit("smile", 1.0)
    panel.keep_look("friendly")
    opened.session.reset_edits()
    panel.fill_looks_menu()
    action = next(a for a in panel.looks_menu.actions() if a.text() == "friendly")
    action.trigger()
    assert opened.session.edits == (("smile", 1.0),)
    panel.forget_look("friendly")
    panel.fill_looks_menu()
    assert all(a.text() != "friendly" for a in panel.looks_menu.actions())


def test_the_lock_beside_a_slider_holds_it(opened: MainWindow) -> None:
    row = opened.edit_panel.rows["age"]
    opened.session.set_edit("age", 1.0)
    QTest.mouseClick(row.lock, Qt.MouseButton.LeftButton)
    QTest.mouseClick(opened.edit_panel.reset_all, Qt.MouseButton.LeftButton)
    assert opened.session.edits == (("age", 1.0),)


def test_a_command_is_found_by_part_of_its_name(opened: MainWindow) -> None:
    palette: Palette = opened.show_palette()
    QTest.keyClicks(palette.field, "front vi")
    assert palette.list.count() == 1
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert (opened.session.pose.yaw, opened.session.pose.pitch) == (0.0, 0.0)


def test_no_two_commands_share_a_key(window: MainWindow) -> None:
    keys = [a.shortcut().toString() for a in window.commands.all if not a.shortcut().isEmpty()]
    assert len(keys) == len(set(keys))
    assert len(keys) > 20


def test_a_theme_changes_the_colours_and_is_remembered(opened: MainWindow) -> None:
    dark = pixel(opened, 0.01, 0.5)
    opened.commands.light.trigger()
    assert pixel(opened, 0.01, 0.5).lightness() > dark.lightness() + 100
    opened.commands.dark.trigger()
    assert pixel(opened, 0.01, 0.5) == dark


def test_a_saved_project_is_offered_next_time(opened: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(opened.studio.saved):
        opened.studio.save(tmp_path / "mine.goae")
    opened.commands.welcome.trigger()
    qtbot.waitUntil(lambda: len(opened.welcome.recent_cards) == 1)
    card = opened.welcome.recent_cards[0]
    assert card.accessibleName() == "mine"
    with qtbot.waitSignal(opened.studio.opened):
        QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    assert opened.session.project == tmp_path / "mine.goae"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_stands_out(theme: str) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3), worked from the theme's colours."""
    from app.theme import THEMES

    colors = THEMES[theme]

    def luminance(name: str) -> float:
        parts = [int(colors[name][k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    pairs = [
        (text, ground) for text in ("text", "muted", "warning") for ground in ("window", "panel", "viewport")
    ]
    pairs += [("on_accent", "accent"), ("text", "raised"), ("text", "well"), ("text", "accent_dim")]
    for text, ground in pairs:
        light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
