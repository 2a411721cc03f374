"""Colours, style sheet and icons: the one place where the window's look is decided."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QStyleFactory

from app.messages import Color
from goae_core.errors import GoaeError

COLORS = {
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
    """An icon of ours in a colour of the theme, greyed out when disabled."""
    drawn = QIcon()
    svg = resource(f"icons/{name}.svg").read_text(encoding="utf-8")
    for mode, shade in ((QIcon.Mode.Normal, COLORS[tint]), (QIcon.Mode.Disabled, COLORS["faint"])):
        renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", shade).encode()))
        for side in (16, 20, 24, 32, 48, 64, 128):
            pixmap = QPixmap(side, side)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, side, side))
            painter.end()
            drawn.addPixmap(pixmap, mode)
    return drawn


def style_sheet() -> str:
    """The style sheet with colours and icon paths filled in."""
    values = {**COLORS, "icons": resource("icons").as_posix()}
    text = resource("theme.qss").read_text(encoding="utf-8")
    return re.sub(r"@(\w+)@", lambda match: values[match[1]], text)


def apply_theme(application: QApplication) -> None:
    """Dress the whole application."""
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
    for role, name in roles.items():
        palette.setColor(role, color(name))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, color("faint"))
    application.setPalette(palette)
    application.setStyleSheet(style_sheet())
    application.setWindowIcon(QIcon(str(resource("icons/app.svg"))))
