"""What the window remembers between two runs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

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
    export_kind: str = "picture"
    """picture, turntable, animation or mesh."""
    picture_format: str = ".png"
    picture_size: int = 512
    picture_background: str = "shown"
    """shown, transparent or a colour as #rrggbb; so are the others."""
    turntable_format: str = ".gif"
    turntable_motion: str = "sway"
    turntable_background: str = "shown"
    turntable_size: int = 256
    turntable_frames: int = 48
    turntable_fps: int = 24
    turntable_yaw: int = 30
    """Degrees."""
    turntable_pitch: int = 8
    """Degrees."""
    animation_format: str = ".mp4"
    animation_size: int = 256
    animation_background: str = "shown"
    mesh_format: str = ".obj"
    mesh_resolution: int = 256
    mesh_texture: int = 0
    """Texels a side; 0: none."""
    mesh_triangles: int = 0
    """At most so many; 0: all."""
    mesh_smoothing: int = 0
    mesh_watertight: bool = False
    timeline: bool = False
    """Whether the keyframes are shown."""
    training_data: str = ""
    training_out: str = ""
    training_pack: str = ""
    theme: str = "dark"
    """dark, light or system."""
    language: str = "system"
    """A code of `translation_files.LANGUAGES`, or system."""
    preview: str = "normal"
    """coarse, normal or fine."""
    recent: str = ""
    """Projects that were open lately, the newest first, one a line."""


def read_settings(store: QSettings) -> Settings:
    """Read what is there; anything missing or of the wrong kind takes its default."""
    values: dict[str, Any] = {"geometry": QByteArray(), "panels": QByteArray()}
    for item in fields(Settings):
        if store.contains(item.name):
            value = _of_kind(store.value(item.name), str(item.type))
            if value is not None:
                values[item.name] = value
    return Settings(**values)


def _of_kind(value: object, kind: str) -> QByteArray | str | int | bool | None:
    """The value as what the field holds; None if it is no such thing. Files hold words only."""
    if kind == "QByteArray":
        return value if isinstance(value, QByteArray) else None
    words = str(value)
    if kind == "bool":
        return {"true": True, "false": False}.get(words.lower())
    if kind == "int":
        return int(words) if words.isdecimal() else None
    return words


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
