from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.dialogs import Unsaved, sentence
from app.main_window import MainWindow
from app.messages import MeshExport, OpenRequest
from app.settings import read_settings, settings_store
from goae_core.errors import GoaeError, PhotoError
from tests.app.conftest import Answers, shown_quality
from tests.app.fake_engine import PHOTO_POSE, FakeEngine


def dialog_text(window: MainWindow) -> str:
    assert window.error_dialog is not None
    return window.error_dialog.text()


def close_dialog(window: MainWindow) -> None:
    assert window.error_dialog is not None
    window.error_dialog.close()


def test_an_empty_window_offers_to_open_a_photo_and_nothing_else(window: MainWindow) -> None:
    assert window.welcome.isVisible()
    assert window.welcome.open_button.isVisible()
    assert not window.edit_panel.isVisible()
    assert not window.commands.export.isEnabled()
    assert not window.commands.save.isEnabled()
    assert window.windowTitle() == "GOAE Studio"


def test_an_opened_photo_shows_photo_crop_figures_head_and_sliders(opened: MainWindow) -> None:
    assert opened.viewport.isVisible()
    assert opened.edit_panel.isVisible()
    assert opened.photo_panel.isVisible()
    assert opened.session.pose == PHOTO_POSE
    assert [figure.text for figure in opened.photo_panel.figures] == ["20.2 dB", "0.75", "1.5 s"]
    assert opened.commands.export.isEnabled()
    assert opened.windowTitle() == "portrait[*] – GOAE Studio"


def test_a_drag_in_the_window_orbits_and_ends_with_a_full_picture(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    middle = opened.viewport.rect().center()
    QTest.mousePress(opened.viewport, Qt.MouseButton.LeftButton, pos=middle)
    for step in range(1, 6):
        QTest.mouseMove(opened.viewport, middle + QPoint(10 * step, 0))
    QTest.mouseRelease(opened.viewport, Qt.MouseButton.LeftButton, pos=middle + QPoint(50, 0))
    assert opened.session.pose.yaw < PHOTO_POSE.yaw  # the head follows the hand to the right
    assert opened.session.pose.pitch == PHOTO_POSE.pitch
    wanted = opened.session.pose

    def settled() -> bool:
        picture = opened.viewport.picture
        return picture is not None and picture.request.pose == wanted and shown_quality(opened) == "full"

    qtbot.waitUntil(settled)
    opened.commands.reset_pose.trigger()
    assert opened.session.pose == PHOTO_POSE


def test_a_slider_acts_and_undo_restores(opened: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    slider = opened.edit_panel.rows["smile"].slider
    assert not opened.commands.undo.isEnabled()
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.position(1.0).toPoint())
    strength = opened.session.strength("smile")
    assert strength == pytest.approx(1.0, abs=0.05)
    qtbot.waitUntil(lambda: engine.frames[-1].edits == (("smile", strength),))
    assert opened.isWindowModified()
    assert opened.commands.undo.text() == "Undo Smile"
    opened.commands.undo.trigger()
    assert opened.session.edits == ()
    qtbot.waitUntil(lambda: engine.frames[-1].edits == ())
    assert not opened.isWindowModified()


def test_a_bad_file_is_one_sentence_and_loses_nothing(
    opened: MainWindow, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    before = opened.session.document
    opened.session.set_edit("smile", 1.0)
    with qtbot.waitSignal(opened.studio.failed):
        opened.open_path(Path("bad.png"))
    assert dialog_text(opened) == "bad.png is no picture; give a JPEG."
    close_dialog(opened)
    assert opened.session.document is before
    assert opened.photo_panel.shown_name == "portrait.png"
    assert opened.viewport.isVisible()
    assert not opened.viewport.progress_card.isVisible()
    assert "no picture" in caplog.text


def test_a_bad_file_in_an_empty_window_leads_back_to_the_welcome(
    window: MainWindow, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    with qtbot.waitSignal(window.studio.failed):
        window.open_path(Path("bad.png"))
    close_dialog(window)
    assert window.welcome.isVisible()


def test_an_unexpected_error_shows_no_traceback_but_names_the_log(
    window: MainWindow, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    window.show_error(KeyError("x"))
    text = dialog_text(window)
    assert str(tmp_path / "studio.log") in text
    assert "KeyError" not in text
    assert "KeyError" in caplog.text
    close_dialog(window)


def test_only_one_error_dialog_stands_at_a_time(window: MainWindow, caplog: pytest.LogCaptureFixture) -> None:
    window.show_error(GoaeError("first thing"))
    first = window.error_dialog
    window.show_error(GoaeError("second thing"))
    assert first is not window.error_dialog
    assert dialog_text(window) == "Second thing."
    close_dialog(window)
    QApplication.sendPostedEvents()
    assert [box for box in window.findChildren(QMessageBox) if box.isVisible()] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no face was found; use another photo", "No face was found; use another photo."),
        ("a.png cannot be read", "a.png cannot be read."),
        ("Done.", "Done."),
    ],
)
def test_errors_are_shown_as_sentences(text: str, shown: str) -> None:
    assert sentence(PhotoError(text)) == shown


def test_without_a_face_the_middle_of_the_photo_is_one_click_away(
    window: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.studio.face_missing):
        window.open_path(Path("nobody.png"))
    assert window.error_dialog is not None
    button = next(b for b in window.error_dialog.buttons() if b.text() == "Use the middle")
    with qtbot.waitSignal(window.studio.opened):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert engine.opened[-1] == OpenRequest(Path("nobody.png"), center=True)
    assert window.photo_panel.notice == "The middle of the photo, taken as it is."


def test_a_photo_with_several_faces_shows_them_to_choose_from(
    window: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.studio.opened):
        window.open_path(Path("crowd.png"))
    faces = window.photo_panel.faces
    assert len(faces) == 3
    assert faces[0].isChecked()
    with qtbot.waitSignal(window.studio.opened):
        QTest.mouseClick(faces[1], Qt.MouseButton.LeftButton)
    assert engine.opened[-1] == OpenRequest(Path("crowd.png"), face=1)
    assert window.photo_panel.faces[1].isChecked()


def test_a_dropped_photo_opens(window: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "dropped.jpg"))])
    copy, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    plain = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(10, 10), copy, data, button, plain))
    event = QDropEvent(QPointF(10, 10), copy, data, button, plain)
    with qtbot.waitSignal(window.studio.opened):
        QApplication.sendEvent(window, event)
    assert engine.opened[-1].path == tmp_path / "dropped.jpg"


def test_a_pasted_picture_opens(window: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    image = QImage(32, 32, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.darkGreen)
    QGuiApplication.clipboard().setImage(image)
    with qtbot.waitSignal(window.studio.opened):
        window.commands.paste.trigger()
    pasted = QImage(str(engine.opened[-1].path))
    assert pasted.size() == image.size()


def test_an_empty_clipboard_is_said_in_the_status(window: MainWindow, engine: FakeEngine) -> None:
    QGuiApplication.clipboard().setText("words")
    window.commands.paste.trigger()
    assert window.status.text == "The clipboard holds no picture"
    assert engine.opened == []


def test_progress_and_cancel_stand_in_the_status_while_a_photo_opens(
    window: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.gate.clear()
    window.open_path(Path("portrait.png"))
    qtbot.waitUntil(lambda: window.status.text == "Encoding the portrait")
    assert window.viewport.progress_card.isVisible()
    assert window.photo_panel.shown_name == "portrait.png"
    with qtbot.waitSignal(window.studio.cancelled):
        QTest.mouseClick(window.status.cancel_button, Qt.MouseButton.LeftButton)
    assert engine.stopped == 1
    assert window.welcome.isVisible()
    assert not window.status.cancel_button.isVisible()
    assert window.status.text == "Stopped"


def test_an_export_says_what_it_wrote_and_where(opened: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = opened.show_export()
    assert dialog is not None
    dialog.show_kind("mesh")
    dialog.path.setText(str(tmp_path / "head.obj"))
    with qtbot.waitSignal(opened.studio.exported):
        QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert (tmp_path / "head.obj").read_bytes() == b"done"
    assert opened.status.text == "Wrote head.obj"
    assert opened.status.folder_button.isVisible()


def test_the_mesh_says_why_it_cannot_be_shown_where_opengl_is_missing(opened: MainWindow) -> None:
    if QGuiApplication.platformName() != "offscreen":
        pytest.skip("this display draws OpenGL; tests/app/test_mesh_view.py looks at it")
    opened.commands.mesh.trigger()
    assert "OpenGL" in opened.mesh_view.sentence
    assert opened.mesh_view.isVisible()
    assert not opened.studio.busy
    opened.commands.head.trigger()
    assert opened.viewport.isVisible()


def test_closing_with_unsaved_changes_asks_once(
    opened: MainWindow, answers: Answers, qtbot: QtBot, tmp_path: Path
) -> None:
    opened.session.set_edit("smile", 1.0)
    answers.answer = Unsaved.CANCEL
    assert not opened.close()
    assert opened.isVisible()
    assert answers.asked == ["portrait"]
    with qtbot.waitSignal(opened.studio.saved):
        opened.studio.save(tmp_path / "portrait.goae")
    assert opened.windowTitle() == "portrait.goae[*] – GOAE Studio"
    assert opened.close()
    assert answers.asked == ["portrait"]


def test_save_on_closing_saves_and_then_closes(
    opened: MainWindow, answers: Answers, qtbot: QtBot, tmp_path: Path
) -> None:
    project = tmp_path / "portrait.goae"
    with qtbot.waitSignal(opened.studio.saved):
        opened.studio.save(project)
    opened.session.set_edit("smile", 1.0)
    answers.answer = Unsaved.SAVE
    assert not opened.close()
    qtbot.waitUntil(lambda: not opened.isVisible())
    assert project.read_text() == "(('smile', 1.0),)"
    assert answers.asked == ["portrait"]


def test_opening_over_unsaved_changes_asks_and_cancel_keeps_them(
    opened: MainWindow, answers: Answers, engine: FakeEngine, qtbot: QtBot
) -> None:
    opened.session.set_edit("smile", 1.0)
    answers.answer = Unsaved.CANCEL
    opened.open_path(Path("other.png"))
    assert len(engine.opened) == 1
    answers.answer = Unsaved.DISCARD
    with qtbot.waitSignal(opened.studio.opened):
        opened.open_path(Path("other.png"))
    assert opened.session.edits == ()


def test_closing_while_a_job_runs_stops_it(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    engine.gate.clear()
    engine.entered.clear()
    opened.studio.export(MeshExport(tmp_path / "head.obj", 32))
    qtbot.waitUntil(engine.entered.is_set)
    assert opened.close()
    assert engine.stopped == 1
    assert not (tmp_path / "head.obj").exists()


def test_the_window_remembers_its_size_and_the_last_export(
    opened: MainWindow, make_window: Callable[[FakeEngine], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    opened.resize(900, 700)
    dialog = opened.show_export()
    assert dialog is not None
    dialog.path.setText(str(tmp_path / "view.png"))
    with qtbot.waitSignal(opened.studio.exported):
        dialog.go.click()
    opened.close()
    assert read_settings(settings_store(tmp_path / "settings.ini")).export_folder == str(tmp_path)
    # only the height: the offscreen screen is narrower than the window may be
    assert make_window(FakeEngine()).height() == 700


def test_every_control_has_a_name_and_a_tool_tip(opened: MainWindow) -> None:
    controls: list[QWidget] = [w for w in opened.findChildren(QAbstractButton) if w.isVisible()]
    controls += [row.slider for row in opened.edit_panel.rows.values()]
    controls += [row.number for row in opened.edit_panel.rows.values()]
    controls += [opened.viewport, opened.pose_bar]
    assert len(controls) > 15
    for control in controls:
        named = control.accessibleName() or (control.text() if isinstance(control, QAbstractButton) else "")
        assert named, control
        assert control.toolTip(), named
