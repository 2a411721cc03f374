"""Colours, style sheet and icons: the one place where the window's look is decided."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QStyleFactory

from app.messages import Color
from goae_core.errors import GoaeError

_DARK = {
    "window": "#1e2024",
    "panel": "#22252a",
    "raised": "#2b2f36",
    "hover": "#383d46",
    "well": "#191b1f",
    "viewport": "#1a1c20",
    "line": "#33373f",
    "text": "#e2e5ea",
    "muted": "#a0a7b3",
    "faint": "#6b727e",
    "accent": "#6fb1e4",
    "accent_bright": "#8cc4f0",
    "accent_dim": "#2f4a62",
    "on_accent": "#10151b",
    "warning": "#e5ac5b",
    "danger": "#e2807a",
}
_LIGHT = {
    "window": "#eceef1",
    "panel": "#f6f7f9",
    "raised": "#ffffff",
    "hover": "#d5dae1",
    "well": "#ffffff",
    "viewport": "#dfe2e7",
    "line": "#c6cbd3",
    "text": "#1d2126",
    "muted": "#4c5561",
    "faint": "#7d8590",
    "accent": "#1f6fae",
    "accent_bright": "#2576b6",
    "accent_dim": "#bcd8ee",
    "on_accent": "#ffffff",
    "warning": "#8f5600",
    "danger": "#b3362d",
}
THEMES = {"dark": _DARK, "light": _LIGHT}
ThemeName = Literal["dark", "light", "system"]
COLORS = dict(_DARK)
"""Those of the theme in use; `apply_theme` changes them."""
VIEWPORT: Color = (0x1A, 0x1C, 0x20)
"""Behind the head; the same as the style sheet's `viewport`."""


def color(name: str) -> QColor:
    """A colour of the theme."""
    return QColor(COLORS[name])


def resource(path: str) -> Path:
    """A file of the `resources` package, by its path inside it.

    Raises:
        GoaeError: If the installation lacks it.
    """
    found = Path(str(files("resources").joinpath(path)))
    if not found.exists():
        raise GoaeError(f"the installation lacks resources/{path}; install GOAE Studio again")
    return found


@cache
def icon(name: str, tint: str = "text") -> QIcon:
    """An icon of ours in a colour of the theme in use, greyed out when disabled."""
    return QIcon(_TintedIcon(name, tint))


class _TintedIcon(QIconEngine):
    """Draws an SVG in the theme's colour of the moment, so that icons follow a change of theme."""

    def __init__(self, name: str, tint: str) -> None:
        super().__init__()
        self._name = name
        self._tint = tint

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        shade = COLORS["faint" if mode == QIcon.Mode.Disabled else self._tint]
        _renderer(self._name, shade).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _TintedIcon(self._name, self._tint)


@cache
def _renderer(name: str, shade: str) -> QSvgRenderer:
    svg = resource(f"icons/{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(svg.replace("currentColor", shade).encode()))


def style_sheet() -> str:
    """The style sheet with colours and icon paths filled in."""
    values = {**COLORS, "icons": resource("icons").as_posix()}
    text = resource("theme.qss").read_text(encoding="utf-8")
    return re.sub(r"@(\w+)@", lambda match: values[match[1]], text)


def theme_name(text: str) -> ThemeName:
    """The theme of that name; the dark one if there is none."""
    names: dict[str, ThemeName] = {"light": "light", "system": "system"}
    return names.get(text, "dark")


def apply_theme(application: QApplication, name: ThemeName = "dark") -> None:
    """Dress the whole application; may be called again with another theme."""
    if name == "system":
        light = application.styleHints().colorScheme() == Qt.ColorScheme.Light
    else:
        light = name == "light"
    COLORS.update(_LIGHT if light else _DARK)
    application.setStyle(QStyleFactory.create("Fusion"))
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "window",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Base: "well",
        QPalette.ColorRole.AlternateBase: "panel",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.Button: "raised",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.ToolTipBase: "raised",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.PlaceholderText: "muted",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "on_accent",
        QPalette.ColorRole.Link: "accent",
    }
    for role, shade in roles.items():
        palette.setColor(role, color(shade))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, color("faint"))
    application.setPalette(palette)
    application.setStyleSheet(style_sheet())
    for widget in application.allWidgets():
        widget.update()
    application.setWindowIcon(QIcon(str(resource("icons/app.svg"))))
