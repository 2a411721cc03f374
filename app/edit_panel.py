"""A slider for every direction of the model."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.messages import Attribute
from app.photo_panel import heading
from app.session import Session
from app.theme import color

_BEYOND = 1.5
"""A slider reaches this many times the trained range; what lies beyond the range is marked."""


class EditPanel(QFrame):
    """Right column: the attributes, in their groups, acting live on the session."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Follow the session's model and edits."""
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAccessibleName("Attributes")
        self._session = session
        self.rows: dict[str, AttributeRow] = {}
        self.reset_all = QPushButton("Reset all")
        self.reset_all.setProperty("quiet", True)
        self.reset_all.setToolTip("Set every attribute back to zero")
        self.reset_all.clicked.connect(session.reset_edits)
        top = QHBoxLayout()
        top.setContentsMargins(16, 10, 10, 0)
        top.addWidget(heading("Attributes"))
        top.addStretch(1)
        top.addWidget(self.reset_all)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        outer.addLayout(top)
        outer.addWidget(self._scroll, 1)
        self.setMinimumWidth(270)
        session.model_changed.connect(self._rebuild)
        session.document_changed.connect(self._show_strengths)
        session.edits_changed.connect(self._show_strengths)
        self._rebuild()

    def _rebuild(self) -> None:
        self.rows = {}
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(16, 4, 12, 16)
        layout.setSpacing(0)
        groups: dict[str, list[Attribute]] = {}
        for attribute in self._session.attributes:
            groups.setdefault(attribute.group, []).append(attribute)
        if not groups:
            hint = QLabel(
                "This model has no attributes."
                if self._session.model
                else "The attributes appear when the model is loaded."
            )
            hint.setProperty("role", "caption")
            hint.setWordWrap(True)
            layout.addWidget(hint)
        for name, attributes in groups.items():
            label = QLabel(name.replace("_", " ").upper())
            label.setProperty("role", "group")
            layout.addSpacing(12)
            layout.addWidget(label)
            layout.addSpacing(4)
            for attribute in attributes:
                row = AttributeRow(attribute, self._session)
                self.rows[attribute.name] = row
                layout.addWidget(row)
        layout.addStretch(1)
        self._scroll.setWidget(content)
        self._show_strengths()

    def _show_strengths(self) -> None:
        there = self._session.document is not None
        for name, row in self.rows.items():
            row.setEnabled(there)
            row.show_strength(self._session.strength(name))
        self.reset_all.setEnabled(there and bool(self._session.edits))


class AttributeRow(QWidget):
    """Name, slider and number of one attribute."""

    def __init__(self, attribute: Attribute, session: Session, parent: QWidget | None = None) -> None:
        """Start at zero."""
        super().__init__(parent)
        self._attribute = attribute
        self._session = session
        reach = attribute.limit * _BEYOND
        unit = "standard deviations" if attribute.unit == "deviations" else "multiples of the direction"
        tip = (
            f"{attribute.label}, in {unit}; the model was trained from "
            f"{-attribute.limit:g} to {attribute.limit:g}. Double click for zero."
        )
        label = QLabel(attribute.label)
        label.setToolTip(tip)
        self.slider = StrengthSlider(attribute.limit, reach)
        self.slider.setAccessibleName(attribute.label)
        self.slider.setToolTip(tip)
        self.number = QDoubleSpinBox()
        self.number.setAccessibleName(f"{attribute.label}, number")
        self.number.setToolTip(tip)
        self.number.setRange(-reach, reach)
        self.number.setDecimals(2)
        self.number.setSingleStep(0.1)
        self.number.setKeyboardTracking(False)
        self.number.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.number.setFixedWidth(62)
        self.number.setProperty("number", True)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 1, 0, 1)
        layout.setHorizontalSpacing(10)
        layout.setColumnMinimumWidth(0, 98)
        layout.setColumnStretch(1, 1)
        layout.addWidget(label, 0, 0)
        layout.addWidget(self.slider, 0, 1)
        layout.addWidget(self.number, 0, 2)
        label.setBuddy(self.slider)
        self.slider.drag_began.connect(session.begin_drag)
        self.slider.drag_ended.connect(lambda: session.end_drag(attribute.label.lower()))
        self.slider.strength_asked.connect(self._ask)
        self.number.valueChanged.connect(self._ask)

    def show_strength(self, strength: float) -> None:
        """Follow the session, without answering back."""
        self.slider.set_strength(strength)
        blocked = self.number.blockSignals(True)
        self.number.setValue(strength)
        self.number.blockSignals(blocked)
        beyond = abs(strength) > self._attribute.limit + 1e-9
        if self.number.property("beyond") != beyond:
            self.number.setProperty("beyond", beyond)
            self.number.style().unpolish(self.number)
            self.number.style().polish(self.number)

    def _ask(self, strength: float) -> None:
        self._session.set_edit(self._attribute.name, round(strength, 2) + 0.0)


class StrengthSlider(QWidget):
    """A slider with zero in its middle, filled from there, and marks at the trained range.

    Signals:
        drag_began(): The handle is held.
        strength_asked(float): The hand wants this strength.
        drag_ended(): The handle was let go.
    """

    drag_began = Signal()
    strength_asked = Signal(float)
    drag_ended = Signal()

    _RADIUS = 6.5

    def __init__(self, limit: float, reach: float, parent: QWidget | None = None) -> None:
        """Start at zero.

        Args:
            limit: Trained range to each side.
            reach: How far the slider goes to each side.
            parent: Owner.
        """
        super().__init__(parent)
        self._limit = limit
        self._reach = reach
        self._strength = 0.0
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
        self._strength = strength
        self.setAccessibleDescription(f"{strength:+.2f}")
        self.update()

    def position(self, strength: float) -> QPointF:
        """Where in the widget a strength lies."""
        span = self.width() - 2 * self._RADIUS - 2
        share = (min(max(strength, -self._reach), self._reach) + self._reach) / (2 * self._reach)
        return QPointF(self._RADIUS + 1 + share * span, self.height() / 2)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(130, 28)

    def minimumSizeHint(self) -> QSize:
        """Still usable."""
        return QSize(80, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Groove, trained range, fill, marks, handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        start, end = self.position(-self._reach).x(), self.position(self._reach).x()
        zero, here = self.position(0.0).x(), self.position(self._strength).x()
        low, high = self.position(-self._limit).x(), self.position(self._limit).x()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("well"))
        painter.drawRoundedRect(QRectF(start, middle - 2, end - start, 4), 2, 2)
        painter.setBrush(color("hover"))
        painter.drawRoundedRect(QRectF(low, middle - 2, high - low, 4), 2, 2)
        enabled, beyond = self.isEnabled(), abs(self._strength) > self._limit + 1e-9
        if enabled and self._strength != 0.0:
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
        handle = color("warning") if beyond else color("accent" if self._strength else "text")
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
        """Back to zero."""
        self._held = False
        self.strength_asked.emit(0.0)

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
                self.strength_asked.emit(0.0)
            case _:
                super().keyPressEvent(event)

    def _step(self, steps: float) -> None:
        self._ask(self._strength + steps * self._limit / 20)

    def _ask_at(self, x: float) -> None:
        start, end = self.position(-self._reach).x(), self.position(self._reach).x()
        strength = (x - start) / max(end - start, 1.0) * 2 * self._reach - self._reach
        if abs(x - self.position(0.0).x()) < 3:
            strength = 0.0  # zero is easy to hit
        self._ask(strength)

    def _ask(self, strength: float) -> None:
        self.strength_asked.emit(min(max(strength, -self._reach), self._reach))
