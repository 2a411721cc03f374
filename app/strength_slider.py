"""The slider of an attribute."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.messages import Attribute
from app.theme import color


class StrengthSlider(QWidget):
    """A slider that is filled from where it rests, with a mark there and at the trained range.

    Signals:
        drag_began(): The handle is held.
        strength_asked(float): The hand wants this strength.
        drag_ended(): The handle was let go.
    """

    drag_began = Signal()
    strength_asked = Signal(float)
    drag_ended = Signal()

    _RADIUS = 6.5

    def __init__(self, attribute: Attribute, parent: QWidget | None = None) -> None:
        """Start at rest.

        Args:
            attribute: Says where the slider ends, rests, and leaves the trained range.
            parent: Owner.
        """
        super().__init__(parent)
        self._attribute = attribute
        self._low, self._high = attribute.span
        self._rest = attribute.rest
        self._strength = attribute.rest
        self._held = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def strength(self) -> float:
        """What is shown."""
        return self._strength

    def set_strength(self, strength: float) -> None:
        """Show a strength; asks for nothing."""
        if strength != self._strength or not self.accessibleDescription():
            self._strength = strength
            self.setAccessibleDescription(f"{strength:+.2f}")
            self.update()

    def position(self, strength: float) -> QPointF:
        """Where in the widget a strength lies."""
        span = self.width() - 2 * self._RADIUS - 2
        share = (min(max(strength, self._low), self._high) - self._low) / (self._high - self._low)
        return QPointF(self._RADIUS + 1 + share * span, self.height() / 2)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(130, 28)

    def minimumSizeHint(self) -> QSize:
        """Still usable."""
        return QSize(64, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Groove, trained range, fill, marks, handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        limit = self._attribute.limit
        start, end = self.position(self._low).x(), self.position(self._high).x()
        zero, here = self.position(self._rest).x(), self.position(self._strength).x()
        low, high = self.position(-limit).x(), self.position(limit).x()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("well"))
        painter.drawRoundedRect(QRectF(start, middle - 2, end - start, 4), 2, 2)
        painter.setBrush(color("hover"))
        painter.drawRoundedRect(QRectF(low, middle - 2, high - low, 4), 2, 2)
        enabled, beyond = self.isEnabled(), self._attribute.beyond(self._strength)
        if enabled and self._strength != self._rest:
            painter.setBrush(color("accent"))
            inside = min(max(here, low), high)
            left, right = sorted((zero, inside))
            painter.drawRect(QRectF(left, middle - 2, right - left, 4))
            if beyond:
                painter.setBrush(color("warning"))
                left, right = sorted((inside, here))
                painter.drawRect(QRectF(left, middle - 2, right - left, 4))
        painter.setPen(QPen(color("faint"), 1))
        painter.drawLine(QPointF(zero, middle - 6), QPointF(zero, middle + 6))
        painter.setPen(QPen(color("hover"), 1))
        for edge in (low, high):
            painter.drawLine(QPointF(edge, middle - 4), QPointF(edge, middle + 4))
        handle = color("warning") if beyond else color("accent" if self._strength != self._rest else "text")
        if not enabled:
            handle = color("faint")
        painter.setPen(QPen(color("panel"), 2))
        painter.setBrush(handle)
        painter.drawEllipse(QPointF(here, middle), self._RADIUS, self._RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color("accent_bright"), 1.2))
            painter.drawEllipse(QPointF(here, middle), self._RADIUS + 1.5, self._RADIUS + 1.5)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the handle; a click beside it brings it there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = True
            self.drag_began.emit()
            if abs(event.position().x() - self.position(self._strength).x()) > self._RADIUS + 1:
                self._ask_at(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if self._held:
            self._ask_at(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._held:
            self._held = False
            self.drag_ended.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to rest."""
        self._held = False
        self.strength_asked.emit(self._rest)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the list, unless the slider has the focus."""
        if self.hasFocus():
            self._step(event.angleDelta().y() / 120)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows step, Home resets."""
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Down:
                self._step(-1)
            case Qt.Key.Key_Right | Qt.Key.Key_Up:
                self._step(1)
            case Qt.Key.Key_Home | Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.strength_asked.emit(self._rest)
            case _:
                super().keyPressEvent(event)

    def _step(self, steps: float) -> None:
        self._ask(self._strength + steps * self._attribute.limit / 20)

    def _ask_at(self, x: float) -> None:
        start, end = self.position(self._low).x(), self.position(self._high).x()
        strength = (x - start) / max(end - start, 1.0) * (self._high - self._low) + self._low
        if abs(x - self.position(self._rest).x()) < 3:
            strength = self._rest  # rest is easy to hit
        self._ask(strength)

    def _ask(self, strength: float) -> None:
        self.strength_asked.emit(min(max(strength, self._low), self._high))
