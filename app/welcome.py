"""What stands in the window before a photo is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.messages import ModelInfo
from app.recent import Recent
from app.theme import color, icon
from app.translation import translate
from app.viewport import to_image

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
_CARD = 84
_SHOWN = 4


class Welcome(QWidget):
    """A place to drop a photo, two buttons, recent projects and portraits to try.

    Signals:
        open_asked(): Choose a file.
        paste_asked(): Take the clipboard's picture.
        path_asked(Path): Open a recent project or a sample portrait.
        models_asked(): Show the models.
    """

    open_asked = Signal()
    paste_asked = Signal()
    path_asked = Signal(object)
    models_asked = Signal()

    def __init__(self, samples: Sequence[Path] = (), parent: QWidget | None = None) -> None:
        """Lay out the page.

        Args:
            samples: Portraits to offer.
            parent: Owner.
        """
        super().__init__(parent)
        self.setAccessibleName(translate("Welcome", "Welcome"))
        self._zone = _DropZone()
        mark = QLabel()
        mark.setPixmap(icon("head", "accent").pixmap(QSize(64, 64)))
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = QLabel(translate("Welcome", "Drop a portrait here"))
        self.title.setProperty("role", "title")
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text = QLabel(translate("Welcome", "One photograph becomes a head you can turn, edit and export."))
        text.setProperty("role", "caption")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open_button = QPushButton(
            icon("open", "on_accent"), translate("Welcome", "Open photo or project…")
        )
        self.open_button.setProperty("primary", True)
        self.open_button.setToolTip(translate("Welcome", "Choose a picture or a .goae project (Ctrl+O)"))
        self.open_button.clicked.connect(self.open_asked)
        paste = QPushButton(icon("paste"), translate("Welcome", "Paste"))
        paste.setToolTip(translate("Welcome", "Take the picture from the clipboard (Ctrl+V)"))
        paste.clicked.connect(self.paste_asked)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        buttons.addWidget(self.open_button)
        buttons.addWidget(paste)
        buttons.addStretch(1)
        zone = QVBoxLayout(self._zone)
        zone.setContentsMargins(40, 24, 40, 28)
        zone.setSpacing(8)
        zone.addStretch(1)
        zone.addWidget(mark)
        zone.addSpacing(6)
        zone.addWidget(self.title)
        zone.addWidget(text)
        zone.addSpacing(16)
        zone.addLayout(buttons)
        zone.addStretch(1)
        self.recent_cards: list[PictureCard] = []
        self._recent = QWidget()
        recent = QVBoxLayout(self._recent)
        recent.setContentsMargins(0, 0, 0, 0)
        recent.setSpacing(8)
        recent.addWidget(_small_heading(translate("Welcome", "Recent projects")))
        self._recent_row = QHBoxLayout()
        self._recent_row.setSpacing(10)
        recent.addLayout(self._recent_row)
        self._recent.hide()
        self.sample_cards = [
            PictureCard(
                QImage(str(path)),
                translate("Welcome", "Portrait {number}").format(number=number),
                translate("Welcome", "Open sample portrait {number}, made by us").format(number=number),
            )
            for number, path in enumerate(samples, start=1)
        ]
        below = QHBoxLayout()
        below.setSpacing(28)
        below.addWidget(self._recent, 0, Qt.AlignmentFlag.AlignTop)
        if self.sample_cards:
            offered = QVBoxLayout()
            offered.setSpacing(8)
            offered.addWidget(_small_heading(translate("Welcome", "No photo at hand? Try one of ours")))
            row = QHBoxLayout()
            row.setSpacing(10)
            for card, path in zip(self.sample_cards, samples, strict=True):
                card.clicked.connect(lambda _checked=False, path=path: self.path_asked.emit(path))
                row.addWidget(card)
            row.addStretch(1)
            offered.addLayout(row)
            below.addLayout(offered)
        below.addStretch(1)
        self.model_button = QPushButton(icon("layers", "muted"), translate("Welcome", "Loading the model …"))
        self.model_button.setProperty("quiet", True)
        self.model_button.setToolTip(translate("Welcome", "The model in use; click to see all of them"))
        self.model_button.clicked.connect(self.models_asked)
        formats = QLabel(
            translate(
                "Welcome", "JPEG, PNG, WebP, BMP, TIFF or a .goae project. Nothing leaves this computer."
            )
        )
        formats.setProperty("role", "caption")
        foot = QHBoxLayout()
        foot.addWidget(formats)
        foot.addStretch(1)
        foot.addWidget(self.model_button)
        column = QVBoxLayout()
        column.setSpacing(18)
        column.addStretch(1)
        column.addWidget(self._zone)
        column.addLayout(below)
        column.addLayout(foot)
        column.addStretch(1)
        page = QWidget()
        middle = QHBoxLayout(page)
        middle.addStretch(1)
        middle.addLayout(column)
        middle.addStretch(1)
        scroll = QScrollArea()  # a small window can still be used, and no wider page behind holds it open
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the button that has the focus
        scroll.setWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def set_hovered(self, hovered: bool) -> None:
        """A file hangs over the window."""
        self._zone.set_hovered(hovered)

    def show_model(self, model: ModelInfo) -> None:
        """Say which model is in use, and what it wants to see."""
        self.title.setText(
            translate("Welcome", "Drop a picture of a cat here")
            if model.subject == "cat"
            else translate("Welcome", "Drop a portrait here")
        )
        self.model_button.setText(
            translate("Welcome", "Model: {name}, {image_size} px, on {device}").format(
                name=model.name, image_size=model.image_size, device=model.device
            )
        )

    def show_recent(self, recent: Sequence[Recent]) -> None:
        """Offer projects that were open lately."""
        for card in self.recent_cards:
            self._recent_row.removeWidget(card)
            card.deleteLater()
        self.recent_cards = []
        for entry in recent[:_SHOWN]:
            image = to_image(entry.thumbnail) if entry.thumbnail is not None else None
            card = PictureCard(
                image, entry.path.stem, translate("Welcome", "Open {path}").format(path=entry.path)
            )
            card.clicked.connect(lambda _checked=False, path=entry.path: self.path_asked.emit(path))
            self._recent_row.addWidget(card)
            self.recent_cards.append(card)
        self._recent.setVisible(bool(self.recent_cards))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The viewport's ground."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("viewport"))
        painter.end()


class _DropZone(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._hovered = False
        self.setMinimumSize(620, 300)

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


class PictureCard(QToolButton):
    """A picture with its name below, to be clicked."""

    def __init__(self, image: QImage | None, name: str, tip: str) -> None:
        """Show it.

        Args:
            image: Filled into a square; None: a sign for a photo.
            name: Below it.
            tip: What a click does.
        """
        super().__init__()
        self.setProperty("pictured", True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setIconSize(QSize(_CARD, _CARD))
        self.setIcon(QIcon(rounded(image, _CARD, self.devicePixelRatioF())) if image else icon("photo"))
        self.setText(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, _CARD + 16))
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setCursor(Qt.CursorShape.PointingHandCursor)


def rounded(image: QImage, side: int, scale: float = 1.0) -> QPixmap:
    """The middle square of a picture with round corners.

    Args:
        image: Any size.
        side: Of the result, device-independent pixels.
        scale: Device pixels in one of them.
    """
    pixels = round(side * scale)
    fitted = image.scaled(
        QSize(pixels, pixels),
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outline = QPainterPath()
    outline.addRoundedRect(QRectF(0, 0, pixels, pixels), 6 * scale, 6 * scale)
    painter.setClipPath(outline)
    painter.drawImage((pixels - fitted.width()) // 2, (pixels - fitted.height()) // 2, fitted)
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


def _small_heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "caption")
    return label
