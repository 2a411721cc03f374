"""What stands in the window before a photo is open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.theme import color, icon

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
_CARD = 56


class Welcome(QWidget):
    """A place to drop a photo, two buttons, and a portrait to try.

    Signals:
        open_asked(): Choose a file.
        paste_asked(): Take the clipboard's picture.
        sample_asked(): Open the sample portrait.
    """

    open_asked = Signal()
    paste_asked = Signal()
    sample_asked = Signal()

    def __init__(self, sample: Path | None, parent: QWidget | None = None) -> None:
        """Lay out the page.

        Args:
            sample: The sample portrait; None: there is none to offer.
            parent: Owner.
        """
        super().__init__(parent)
        self.setAccessibleName("Welcome")
        self._zone = _DropZone()
        mark = QLabel()
        mark.setPixmap(icon("head", "accent").pixmap(QSize(64, 64)))
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = QLabel("Drop a portrait here")
        title.setProperty("role", "title")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text = QLabel("One photograph becomes a head you can turn, edit and export.")
        text.setProperty("role", "caption")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open_button = QPushButton(icon("open", "on_accent"), "Open photo or project…")
        self.open_button.setProperty("primary", True)
        self.open_button.setToolTip("Choose a picture or a .goae project (Ctrl+O)")
        self.open_button.clicked.connect(self.open_asked)
        paste = QPushButton(icon("paste"), "Paste")
        paste.setToolTip("Take the picture from the clipboard (Ctrl+V)")
        paste.clicked.connect(self.paste_asked)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        buttons.addWidget(self.open_button)
        buttons.addWidget(paste)
        buttons.addStretch(1)
        zone = QVBoxLayout(self._zone)
        zone.setContentsMargins(40, 30, 40, 34)
        zone.setSpacing(8)
        zone.addStretch(1)
        zone.addWidget(mark)
        zone.addSpacing(6)
        zone.addWidget(title)
        zone.addWidget(text)
        zone.addSpacing(18)
        zone.addLayout(buttons)
        zone.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(18)
        column.addStretch(1)
        column.addWidget(self._zone)
        self.sample_card: SampleCard | None = None
        if sample is not None:
            self.sample_card = SampleCard(sample)
            self.sample_card.chosen.connect(self.sample_asked)
            column.addWidget(self.sample_card, 0, Qt.AlignmentFlag.AlignHCenter)
        formats = QLabel("JPEG, PNG, WebP, BMP, TIFF or a .goae project. Nothing leaves this computer.")
        formats.setProperty("role", "caption")
        formats.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(formats)
        column.addStretch(1)
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(column)
        outer.addStretch(1)

    def set_hovered(self, hovered: bool) -> None:
        """A file hangs over the window."""
        self._zone.set_hovered(hovered)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The viewport's ground."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("viewport"))
        painter.end()


class _DropZone(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._hovered = False
        self.setMinimumSize(560, 330)

    def set_hovered(self, hovered: bool) -> None:
        self._hovered = hovered
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(color("accent" if self._hovered else "faint"), 1.6)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.setBrush(color("accent_dim") if self._hovered else color("window"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 16, 16)
        painter.end()


class SampleCard(QFrame):
    """The sample portrait, one click from open.

    Signals:
        chosen(): Clicked, or Enter was pressed.
    """

    chosen = Signal()

    def __init__(self, sample: Path) -> None:
        """Show the portrait small.

        Args:
            sample: A picture file.
        """
        super().__init__()
        self.setProperty("card", True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        picture = QLabel()
        scale = self.devicePixelRatioF()
        pixmap = QPixmap(str(sample)).scaled(
            QSize(_CARD, _CARD) * scale,
            Qt.AspectRatioMode.KeepAspectRatioByExpanding,
            Qt.TransformationMode.SmoothTransformation,
        )
        pixmap.setDevicePixelRatio(scale)
        picture.setPixmap(pixmap)
        picture.setFixedSize(_CARD, _CARD)
        title = QLabel("No photo at hand?")
        title.setProperty("role", "heading")
        caption = QLabel("A portrait this project rendered itself")
        caption.setProperty("role", "caption")
        button = QPushButton("Try the sample portrait")
        button.setAccessibleDescription("Opens the portrait that came with the program")
        button.clicked.connect(self.chosen)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(title)
        words.addWidget(caption)
        words.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 10, 16, 10)
        layout.setSpacing(14)
        layout.addWidget(picture)
        layout.addLayout(words)
        layout.addSpacing(20)
        layout.addWidget(button)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The whole card is a button."""
        if self.rect().contains(event.position().toPoint()):
            self.chosen.emit()
