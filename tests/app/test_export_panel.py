from __future__ import annotations

import math
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QSpinBox
from pytestqt.qtbot import QtBot

from app.export_panel import ExportDialog
from app.messages import MeshExport, PictureExport, TurntableExport
from app.settings import read_settings, settings_store


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> ExportDialog:
    made = ExportDialog("head", tmp_path, read_settings(settings_store(tmp_path / "s.ini")), None)
    qtbot.addWidget(made)
    made.show()
    return made


def choose(dialog: ExportDialog, field: str, value: int | str) -> None:
    for box in dialog.page.findChildren(QSpinBox):
        if box.accessibleName() == field and isinstance(value, int):
            box.setValue(value)
            return
    for combo in dialog.page.findChildren(QComboBox):
        if combo.accessibleName() == field:
            combo.setCurrentIndex(combo.findData(value))
            return
    raise AssertionError(f"no field {field}")


def test_a_picture_is_offered_first(dialog: ExportDialog, tmp_path: Path) -> None:
    assert dialog.request() == PictureExport(tmp_path / "head.png", 512, transparent=False)


def test_a_turntable_takes_degrees_and_gives_radians(dialog: ExportDialog, tmp_path: Path) -> None:
    dialog.show_kind(1)
    choose(dialog, "Frames", 12)
    choose(dialog, "Yaw to each side", 45)
    choose(dialog, "Pitch up and down", 0)
    request = dialog.request()
    assert isinstance(request, TurntableExport)
    assert request.path == tmp_path / "head_turntable.gif"
    assert (request.frames, request.fps, request.size) == (12, 24, 256)
    assert request.yaw == pytest.approx(math.pi / 4)
    assert request.pitch == 0.0


def test_the_format_changes_the_file_name_and_the_file_name_the_format(
    dialog: ExportDialog, tmp_path: Path
) -> None:
    dialog.show_kind(2)
    choose(dialog, "Format", ".glb")
    assert dialog.request() == MeshExport(tmp_path / "head_mesh.glb", 256)
    dialog.path.setText(str(tmp_path / "other.ply"))
    assert dialog.page.chosen_suffix() == ".ply"
    assert dialog.request() == MeshExport(tmp_path / "other.ply", 256)


def test_a_name_that_fits_no_format_or_folder_cannot_be_exported(
    dialog: ExportDialog, tmp_path: Path
) -> None:
    dialog.path.setText(str(tmp_path / "head.doc"))
    assert dialog.request() is None
    assert not dialog.go.isEnabled()
    dialog.path.setText(str(tmp_path / "nowhere" / "head.png"))
    assert not dialog.go.isEnabled()
    dialog.path.setText(str(tmp_path / "head.png"))
    assert dialog.go.isEnabled()


def test_export_asks_once_and_keeps_the_choices(dialog: ExportDialog, qtbot: QtBot, tmp_path: Path) -> None:
    dialog.show_kind(1)
    choose(dialog, "Frames", 12)
    with qtbot.waitSignal(dialog.export_asked) as asked:
        dialog.go.click()
    assert asked.args is not None
    assert isinstance(asked.args[0], TurntableExport)
    assert dialog.settings.turntable_frames == 12
    assert dialog.settings.export_folder == str(tmp_path)
