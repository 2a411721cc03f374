"""What the window remembers between two runs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """One run's habits, read at the start and written at the end."""

    geometry: QByteArray
    """Of the main window."""
    panels: QByteArray
    """Widths of the three columns."""
    open_folder: str = ""
    export_folder: str = ""
    picture_size: int = 512
    transparent: bool = False
    turntable_size: int = 256
    turntable_frames: int = 48
    turntable_fps: int = 24
    turntable_yaw: int = 30
    """Degrees."""
    turntable_pitch: int = 8
    """Degrees."""
    mesh_resolution: int = 256


def read_settings(store: QSettings) -> Settings:
    """Read what is there; anything missing or of the wrong kind takes its default."""
    values: dict[str, object] = {"geometry": QByteArray(), "panels": QByteArray()}
    for item in fields(Settings):
        kind = {"QByteArray": QByteArray, "str": str, "int": int, "bool": bool}[str(item.type)]
        if not store.contains(item.name):
            continue
        try:
            value = store.value(item.name, type=kind)
        except (TypeError, ValueError):
            continue
        if isinstance(value, kind):
            values[item.name] = value
    return Settings(**values)  # type: ignore[arg-type]


def write_settings(settings: Settings, store: QSettings) -> None:
    """Write every habit."""
    for item in fields(Settings):
        store.setValue(item.name, getattr(settings, item.name))
    store.sync()


def settings_store(file: Path | None = None) -> QSettings:
    """Where they are kept: the system's usual place, or `file`."""
    if file is not None:
        return QSettings(str(file), QSettings.Format.IniFormat)
    return QSettings("goae-studio", "goae-studio")
