from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray

from app.settings import read_settings, settings_store, write_settings


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    chosen = replace(
        read_settings(settings_store(file)),
        geometry=QByteArray(b"somewhere"),
        export_folder="/tmp/heads",
        timeline=True,
        turntable_frames=12,
    )
    write_settings(chosen, settings_store(file))
    again = read_settings(settings_store(file))
    assert again.geometry == QByteArray(b"somewhere")
    assert (again.export_folder, again.timeline, again.turntable_frames) == ("/tmp/heads", True, 12)
    assert again.mesh_resolution == 256


def test_a_damaged_value_takes_its_default(tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    file.write_text("[General]\nturntable_frames=many\npicture_size=128\n")
    settings = read_settings(settings_store(file))
    assert (settings.turntable_frames, settings.picture_size) == (48, 128)
