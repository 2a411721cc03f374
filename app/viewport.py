"""Shows a picture of the head, beside or over what it is compared with."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gizmo import paint_gizmo
from app.messages import Picture, Pixels
from app.orbit_hand import OrbitHand
from app.pose import Pose
from app.progress_card import ProgressCard
from app.theme import color
from app.translation import translate
from goae_core.showing import Backdrop

Comparison = Literal["off", "wipe", "side"]

_CHECKER = 12
_KNOB = 15


def to_image(pixels: Pixels, alpha: np.ndarray | None = None) -> QImage:
    """A picture of its own memory: the arrays may go away.

    Args:
        pixels: (H, W, 3); with alpha: over black.
        alpha: (H, W), 255 where opaque.
    """
    height, width, _ = pixels.shape
    if alpha is None:
        pixels = np.ascontiguousarray(pixels)
        return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    # Rounding may leave a colour a step brighter than its alpha, which Qt would show as anything.
    whole = np.ascontiguousarray(np.dstack([np.minimum(pixels, alpha[..., None]), alpha]))
    return QImage(whole.data, width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied).copy()


class Viewport(QWidget):
    """The head, as rendered; see `OrbitHand` for what the hand can do.

    Signals:
        pose_asked(Pose): The hand moved the camera.
        reset_asked(): Back to the photo's view.
        flicker_changed(bool): The key that shows the other side is held, or no longer.
    """

    pose_asked = Signal(object)
    reset_asked = Signal()
    flicker_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self.setAccessibleName(translate("Viewport", "Head"))
        self.setToolTip(
            translate(
                "Viewport",
                "Drag to orbit, middle button to pan, wheel to zoom, double click for the photo's view; "
                "hold B to see what it is compared with",
            )
        )
        self.setMinimumSize(260, 110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        hand = OrbitHand(self, lambda: self._pose, lambda: self.picture_rect().width())
        hand.pose_asked.connect(self.pose_asked)
        hand.reset_asked.connect(self.reset_asked)
        self._image: QImage | None = None
        self._picture: Picture | None = None
        self._photo: QImage | None = None
        self._reference: QImage | None = None
        self._reference_name = translate("Viewport", "Photo")
        self._against_photo = True
        self._comparison: Comparison = "off"
        self._flicker = False
        self._backdrop = Backdrop()
        self._pose = Pose()
        self.wipe = WipeHandle(self)
        self.wipe.moved.connect(self.update)
        self.progress_card = ProgressCard(self)

    @property
    def picture(self) -> Picture | None:
        """What is shown."""
        return self._picture

    @property
    def comparison(self) -> Comparison:
        """How two sides are shown."""
        return self._comparison

    @property
    def flickers(self) -> bool:
        """Whether the other side alone is shown."""
        return self._flicker

    @property
    def backdrop(self) -> Backdrop:
        """What lies behind the head."""
        return self._backdrop

    def show_picture(self, picture: Picture) -> None:
        """Show a picture."""
        self._picture = picture
        self._image = to_image(picture.color, picture.alpha)
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._picture = self._image = self._reference = self._photo = None
        self.update()

    def set_photo(self, pixels: Pixels | None) -> None:
        """The crop: what lies behind the head, or stands beside it."""
        self._photo = to_image(pixels) if pixels is not None else None
        self.update()

    def compare_with_photo(self) -> None:
        """The photo is what the head is compared with."""
        self._reference, self._reference_name, self._against_photo = (
            None,
            translate("Viewport", "Photo"),
            True,
        )
        self.update()

    def compare_with(self, picture: Picture | None, name: str) -> None:
        """Another state is what the head is compared with; None: its picture is still to come."""
        self._reference = to_image(picture.color, picture.alpha) if picture else None
        self._reference_name, self._against_photo = name, False
        self.update()

    def set_comparison(self, comparison: Comparison) -> None:
        """Show one side, a wipe, or both beside each other."""
        self._comparison = comparison
        self._place_wipe()
        self.update()

    def set_flicker(self, held: bool) -> None:
        """Show the other side alone while a key is held."""
        if held != self._flicker:
            self._flicker = held
            self.flicker_changed.emit(held)
            self.update()

    def set_backdrop(self, backdrop: Backdrop) -> None:
        """Put something else behind the head."""
        self._backdrop = backdrop
        self.update()

    def set_pose(self, pose: Pose) -> None:
        """Follow the session's camera."""
        self._pose = pose
        self.update()

    def picture_rect(self) -> QRectF:
        """Where the picture lies: the largest square in the middle, or in the middle of the right half."""
        area = QRectF(self.rect())
        if self._comparison == "side":
            area.setLeft(area.center().x())
        side = min(area.width(), area.height())
        return QRectF(area.center().x() - side / 2, area.center().y() - side / 2, side, side)

    def sizeHint(self) -> QSize:
        """A comfortable start."""
        return QSize(640, 640)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Backdrop, head, what it is compared with, axis gizmo."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("viewport"))
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        if self._image is not None:
            self._paint_sides(painter)
            paint_gizmo(painter, QPointF(46, self.height() - 46), self._pose)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep card and wipe in their places."""
        self.progress_card.place()
        self._place_wipe()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """B shows the other side."""
        if event.key() == Qt.Key.Key_B and not event.modifiers():
            if not event.isAutoRepeat():
                self.set_flicker(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Back to the head."""
        if event.key() == Qt.Key.Key_B:
            if not event.isAutoRepeat():
                self.set_flicker(False)
        else:
            super().keyReleaseEvent(event)

    def _paint_sides(self, painter: QPainter) -> None:
        rect = self.picture_rect()
        if self._flicker:
            self._paint_other(painter, rect)
            self._label(painter, rect, self._reference_name, left=True)
        elif self._comparison == "side":
            other = QRectF(rect)
            other.moveLeft(rect.left() - self.width() / 2)
            self._paint_other(painter, other)
            self._paint_head(painter, rect, self._image)
            self._label(painter, other, self._reference_name, left=True)
            self._label(painter, rect, translate("Viewport", "Now"), left=True)
        else:
            self._paint_head(painter, rect, self._image)
            if self._comparison == "wipe":
                edge = self.wipe.x_of_edge()
                painter.save()
                painter.setClipRect(QRectF(0, 0, edge, self.height()))
                painter.fillRect(self.rect(), color("viewport"))
                self._paint_other(painter, rect)
                painter.restore()
                self._label(painter, rect, self._reference_name, left=True)
                self._label(painter, rect, translate("Viewport", "Now"), left=False)

    def _paint_other(self, painter: QPainter, rect: QRectF) -> None:
        if self._against_photo and self._photo is not None:
            painter.drawImage(rect, self._photo)
        elif self._reference is not None:
            self._paint_head(painter, rect, self._reference)

    def _paint_head(self, painter: QPainter, rect: QRectF, image: QImage | None) -> None:
        match self._backdrop.kind:
            case "color":
                painter.fillRect(rect, QColor(*self._backdrop.color))
            case "photo" if self._photo is not None:
                painter.drawImage(rect, self._photo)
            case "transparent":
                _paint_checkers(painter, rect)
        if image is not None:
            painter.drawImage(rect, image)

    @staticmethod
    def _label(painter: QPainter, rect: QRectF, text: str, *, left: bool) -> None:
        font = QFont(painter.font())
        font.setPointSizeF(9)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(text) + 16
        x = rect.left() + 10 if left else rect.right() - 10 - width
        box = QRectF(x, rect.top() + 10, width, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        shade = color("window")
        shade.setAlphaF(0.8)
        painter.setBrush(shade)
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _place_wipe(self) -> None:
        self.wipe.setVisible(self._comparison == "wipe")
        self.wipe.place()


class WipeHandle(QWidget):
    """The line between both sides of a wipe; the hand or the arrows move it.

    Signals:
        moved(): The line is elsewhere.
    """

    moved = Signal()

    def __init__(self, parent: QWidget) -> None:
        """Start in the middle, hidden."""
        super().__init__(parent)
        self.share = 0.5
        """From left to right of the parent, 0 to 1."""
        self.setAccessibleName(translate("WipeHandle", "Wipe"))
        self.setToolTip(translate("WipeHandle", "Drag to compare; arrows move it too"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.hide()

    def x_of_edge(self) -> float:
        """Where the line is, in the parent's pixels."""
        return self.share * self._room()

    def set_share(self, share: float) -> None:
        """Move the line."""
        self.share = min(max(share, 0.0), 1.0)
        self.place()
        self.moved.emit()

    def place(self) -> None:
        """Stand where the line is."""
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(round(self.x_of_edge()) - _KNOB, 0, 2 * _KNOB, parent.height())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.set_share(self.mapToParent(event.position()).x() / max(self._room(), 1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows."""
        step = {Qt.Key.Key_Left: -0.02, Qt.Key.Key_Right: 0.02}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.set_share(self.share + step)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line and a knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(self.width() / 2, self.height() / 2)
        painter.setPen(QPen(QColor(255, 255, 255, 220), 1.5))
        painter.drawLine(QPointF(middle.x(), 0), QPointF(middle.x(), self.height()))
        painter.setPen(QPen(color("accent") if self.hasFocus() else QColor(255, 255, 255, 220), 1.5))
        painter.setBrush(color("window"))
        painter.drawEllipse(middle, 11, 11)
        painter.setPen(QPen(color("text"), 1.6))
        for side in (-1, 1):
            tip = middle + QPointF(side * 6.5, 0)
            painter.drawLine(tip, tip + QPointF(-side * 3, -3))
            painter.drawLine(tip, tip + QPointF(-side * 3, 3))
        painter.end()

    def _room(self) -> int:
        parent = self.parentWidget()
        return parent.width() if parent is not None else 1


def _paint_checkers(painter: QPainter, rect: QRectF) -> None:
    """The usual sign for nothing."""
    painter.fillRect(rect, QColor(88, 90, 95))
    painter.save()
    painter.setClipRect(rect)
    rows, columns = int(rect.height() // _CHECKER) + 1, int(rect.width() // _CHECKER) + 1
    for row in range(rows):
        for column in range(row % 2, columns, 2):
            corner = rect.topLeft() + QPointF(column, row) * _CHECKER
            painter.fillRect(QRectF(corner.x(), corner.y(), _CHECKER, _CHECKER), QColor(120, 122, 128))
    painter.restore()
