"""What the export dialog shows of the file before it is written."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.messages import Color, Picture, Shot
from app.theme import color
from app.viewport import to_image

Look = Callable[[Shot, Literal["draft", "full"], Callable[[Picture], None]], None]
"""Makes a picture of the head; the answer comes later, or never if a newer wish replaced this one."""

_SAMPLES = 24
_TICK_MS = 40
_CHECKER = 9
_ROUND = 8.0


class PreviewCanvas(QWidget):
    """A square picture over what will lie behind it."""

    def __init__(self, side: int, parent: QWidget | None = None) -> None:
        """Start empty.

        Args:
            side: Of the square, pixels of the screen.
            parent: Owner.
        """
        super().__init__(parent)
        self.setFixedSize(QSize(side, side))
        self._image: QImage | None = None
        self._behind: Color | None = None
        self._caption = ""

    @property
    def caption(self) -> str:
        """What it says over the picture."""
        return self._caption

    @property
    def image(self) -> QImage | None:
        """What is shown."""
        return self._image

    def show_image(self, image: QImage | None) -> None:
        """Show a picture, with alpha or without."""
        self._image = image
        self.update()

    def set_behind(self, behind: Color | None) -> None:
        """Put a colour behind it; None: the checkers that stand for nothing."""
        self._behind = behind
        self.update()

    def set_caption(self, text: str) -> None:
        """Say something over the picture's foot; empty: nothing."""
        if text != self._caption:
            self._caption = text
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Backdrop, picture, frame."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        path = QPainterPath()
        path.addRoundedRect(area, _ROUND, _ROUND)
        painter.setClipPath(path)
        if self._behind is None:
            painter.fillRect(area, QColor(88, 90, 95))
            for row in range(self.height() // _CHECKER + 1):
                for column in range(row % 2, self.width() // _CHECKER + 1, 2):
                    square = QRectF(column * _CHECKER, row * _CHECKER, _CHECKER, _CHECKER)
                    painter.fillRect(square, QColor(120, 122, 128))
        else:
            painter.fillRect(area, QColor(*self._behind))
        if self._image is not None:
            painter.drawImage(area, self._image)
        if self._caption:
            self._paint_caption(painter, area)
        painter.setClipping(False)
        painter.setPen(QPen(color("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        painter.end()

    def _paint_caption(self, painter: QPainter, area: QRectF) -> None:
        font = QFont(painter.font())
        font.setPointSizeF(9)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(self._caption) + 18
        box = QRectF(area.center().x() - width / 2, area.bottom() - 34, width, 24)
        shade = color("window")
        shade.setAlphaF(0.8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._caption)


class FilmPreview(QObject):
    """Plays a film before it is made, from some of its frames.

    They are asked for one after the other and kept, so that the second time round runs smoothly: drafts
    first, then, one by one, as they will be.

    Signals:
        shown(QImage): The picture of the moment.
        loaded(int, int): So many of so many frames are there.
    """

    shown = Signal(object)
    loaded = Signal(int, int)

    def __init__(self, look: Look, parent: QObject | None = None) -> None:
        """Stand still.

        Args:
            look: Makes drafts.
            parent: Owner.
        """
        super().__init__(parent)
        self._look = look
        self._shots: tuple[Shot, ...] = ()
        self._images: list[QImage] = []
        self._fine = 0
        self._seconds = 1.0
        self._began = 0.0
        self._generation = 0
        self._paused = False
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def ready(self) -> int:
        """How many frames are there, as drafts at least."""
        return len(self._images)

    @property
    def fine(self) -> int:
        """How many frames are there as they will be."""
        return self._fine

    def show_film(self, shots: tuple[Shot, ...], seconds: float) -> None:
        """Play these frames.

        Args:
            shots: All frames of the film; a part of them is rendered.
            seconds: How long the film is.
        """
        picked = sampled(shots)
        self._seconds = max(seconds, 0.04)
        if picked != self._shots:
            self._shots, self._images, self._fine = picked, [], 0
            self._generation += 1
            self._began = time.monotonic()
            self._ask()
        self._timer.start()

    def pause(self, paused: bool) -> None:
        """Ask for no more frames, while the film itself is being made; or go on."""
        self._paused = paused
        if not paused:
            self._ask()

    def stop(self) -> None:
        """Show nothing more."""
        self._timer.stop()
        self._shots, self._images, self._fine = (), [], 0
        self._generation += 1

    def _ask(self) -> None:
        if self._paused or self._fine >= len(self._shots):
            return
        generation = self._generation

        def drafted(picture: Picture) -> None:
            if generation == self._generation:
                self._images.append(to_image(picture.color, picture.alpha))
                self.loaded.emit(len(self._images), len(self._shots))
                if len(self._images) == 1:
                    self.shown.emit(self._images[0])
                self._ask()

        def refined(picture: Picture) -> None:
            if generation == self._generation:
                self._images[self._fine] = to_image(picture.color, picture.alpha)
                self._fine += 1
                self._ask()

        if len(self._images) < len(self._shots):
            self._look(self._shots[len(self._images)], "draft", drafted)
        else:
            self._look(self._shots[self._fine], "full", refined)

    def _tick(self) -> None:
        if self._images:
            share = (time.monotonic() - self._began) % self._seconds / self._seconds
            number = int(share * len(self._shots))
            self.shown.emit(self._images[min(number, len(self._images) - 1)])


def sampled(shots: tuple[Shot, ...]) -> tuple[Shot, ...]:
    """At most 24 of the frames, evenly spread, the first one among them."""
    if len(shots) <= _SAMPLES:
        return shots
    return tuple(shots[k * len(shots) // _SAMPLES] for k in range(_SAMPLES))
