"""The settings dialog by clicks and keys: what it applies and writes, and that nothing is overwritten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.settings import read_settings
from app.settings_dialog import Choices, SettingsDialog
from app.settings_file import SettingsFile, SharedSettings, read_shared
from app.theme import COLORS, THEMES
from tests.app.conftest import shown_quality
from tests.app.fake_engine import MODEL, FakeEngine
from tests.app.test_models_dialog import click


def choose(qtbot: QtBot, box: QComboBox, value: str) -> None:
    """Step to an entry with the arrow keys, as a hand does."""
    box.setFocus()
    while box.currentData() != value:
        before = box.currentIndex()
        key = Qt.Key.Key_Down if box.findData(value) > before else Qt.Key.Key_Up
        QTest.keyClick(box, key)
        assert box.currentIndex() != before


def type_in(qtbot: QtBot, dialog: SettingsDialog, text: str) -> None:
    dialog.output.field.selectAll()
    QTest.keyClicks(dialog.output.field, text)


def test_what_is_chosen_is_applied_written_and_read_by_the_next_run(
    opened: MainWindow, engine: FakeEngine, tmp_path: Path, qtbot: QtBot
) -> None:
    QTest.keyClick(opened, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    dialog = opened.settings_dialog
    assert dialog is not None
    choose(qtbot, dialog.device, "cpu")
    dialog.threads.setFocus()
    QTest.keyClick(dialog.threads, Qt.Key.Key_Up)
    choose(qtbot, dialog.theme, "light")
    choose(qtbot, dialog.language, "de")
    assert dialog.language_note.isVisible()
    type_in(qtbot, dialog, str(tmp_path / "results"))
    click(qtbot, dialog.ok)
    qtbot.waitUntil(lambda: opened.status.text == "Settings saved")

    wanted = SharedSettings(device="cpu", threads=1, output=str(tmp_path / "results"))
    assert read_shared(tmp_path / "settings.toml").shared == wanted
    assert engine.configured == [("cpu", 1)]
    assert THEMES["light"].items() <= COLORS.items()
    export = opened.show_export()
    assert export is not None
    export.close()
    opened.close()
    kept = read_settings(opened._store)
    assert (kept.theme, kept.language) == ("light", "de")
    opened.set_theme("dark")  # of the whole application, so of the tests that follow


def test_cancelling_changes_nothing(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened.show_settings()
    type_in(qtbot, dialog, "/elsewhere")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not (tmp_path / "settings.toml").exists()
    assert opened.show_settings().output.text == ""


def test_fine_previews_have_no_drafts_and_coarse_ones_nothing_else(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    dialog = opened.show_settings()
    choose(qtbot, dialog.quality, "fine")
    click(qtbot, dialog.ok)
    engine.frames.clear()
    opened.session.face_front()
    qtbot.waitUntil(lambda: bool(engine.frames))
    assert {frame.quality for frame in engine.frames} == {"full"}

    dialog = opened.show_settings()
    choose(qtbot, dialog.quality, "coarse")
    click(qtbot, dialog.ok)
    qtbot.waitUntil(lambda: shown_quality(opened) == "draft")
    assert not opened.studio._still.isActive()


def test_a_broken_file_is_said_at_the_start_and_only_replaced_on_request(
    make_window: object, engine: FakeEngine, tmp_path: Path, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("device = cpu\n")
    assert callable(make_window)
    window = make_window(engine)
    with qtbot.waitSignal(window.session.model_changed):
        window.start(None)
    assert window.error_dialog is not None
    assert window.error_dialog.text().startswith(f"The settings in '{path}' cannot be read (")
    window.error_dialog.close()

    dialog = window.show_settings()
    type_in(qtbot, dialog, "/out")
    with qtbot.waitSignal(window._files.settled):
        click(qtbot, dialog.ok)
    assert "is broken and is not overwritten" in window.error_dialog.text()
    assert path.read_text() == "device = cpu\n"
    window.error_dialog.close()

    dialog = window.show_settings()
    assert dialog.replace_broken.isVisible()
    click(qtbot, dialog.replace_broken)
    with qtbot.waitSignal(window._files.settled):
        click(qtbot, dialog.ok)
    assert read_shared(path).shared.output == "/out"
    assert (tmp_path / "settings.toml.broken").read_text() == "device = cpu\n"
    assert not window.show_settings().replace_broken.isVisible()


@pytest.mark.parametrize("name", ["device", "threads", "quality", "model", "theme", "language"])
def test_every_field_has_a_name_and_a_tool_tip(qtbot: QtBot, name: str) -> None:
    choices = Choices(SharedSettings(), "normal", "dark", "system")
    dialog = SettingsDialog(choices, SettingsFile(Path("settings.toml")))
    qtbot.addWidget(dialog)
    field = getattr(dialog, name)
    assert field.accessibleName()
    assert field.toolTip()
    assert dialog.choices == choices  # what is shown is what is set


def test_a_model_that_is_gone_stays_chosen_until_another_is(qtbot: QtBot) -> None:
    choices = Choices(SharedSettings(model="gone"), "normal", "dark", "system")
    dialog = SettingsDialog(choices, SettingsFile(Path("settings.toml")), ["studio256"])
    qtbot.addWidget(dialog)
    assert dialog.choices.shared.model == "gone"
    choose(qtbot, dialog.model, "studio256")
    assert dialog.choices == replace(choices, shared=SharedSettings(model="studio256"))


def test_the_device_shown_follows(opened: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.session.model_changed):
        opened.studio.configure("cuda", 0)
    assert opened.session.model == replace(MODEL, device="cuda")
