"""Framing the photo by hand: for faces that the automatic crop gets wrong."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.fitting import FittedDialog, Roll
from app.messages import AdjustRequest, Document, Framing
from app.theme import color, icon
from app.translation import mark, translate
from app.viewport import to_image

_MARGIN = 26
_REACH = 11
_SMALLEST = 0.03
_POINT_NAMES = (
    mark("adjust_dialog", "Left eye, outer"),
    mark("adjust_dialog", "Left eye, inner"),
    mark("adjust_dialog", "Right eye, outer"),
    mark("adjust_dialog", "Right eye, inner"),
    mark("adjust_dialog", "Base of the nose"),
)
Points = tuple[tuple[float, float], ...]


class AdjustDialog(FittedDialog):
    """Beside the window, which stays usable and follows.

    Signals:
        adjust_asked(AdjustRequest): The hand let go: invert the photo so.
    """

    adjust_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self.setWindowTitle(translate("AdjustDialog", "Adjust the photo"))
        self._document: Document | None = None
        self._found: Document | None = None
        self.editor = FrameEditor()
        self.editor.framing_changed.connect(self._show_numbers)
        self.editor.settled.connect(self._ask)
        self.editor.points_settled.connect(self._ask_by_points)
        hint = QLabel(
            translate(
                "AdjustDialog",
                "Drag the frame to move it, a corner to scale it, the round handle to turn it. Drag the "
                "points onto the corners of the eyes and the base of the nose to find frame and pose anew.",
            )
        )
        hint.setProperty("role", "caption")
        hint.setWordWrap(True)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(9)
        self.yaw = self._angle(
            form,
            translate("AdjustDialog", "Yaw"),
            90,
            translate("AdjustDialog", "Positive: the camera stands at the head's left"),
        )
        self.pitch = self._angle(
            form,
            translate("AdjustDialog", "Pitch"),
            60,
            translate("AdjustDialog", "Positive: the camera stands above"),
        )
        self.roll = self._angle(
            form,
            translate("AdjustDialog", "Roll"),
            180,
            translate("AdjustDialog", "Turn of the frame; positive is clockwise"),
        )
        self.again = QPushButton(icon("reset", "muted"), translate("AdjustDialog", "As found"))
        self.again.setToolTip(
            translate("AdjustDialog", "Back to the frame and pose that were found automatically")
        )
        self.again.clicked.connect(self._reset)
        close = QPushButton(translate("AdjustDialog", "Close"))
        close.setToolTip(translate("AdjustDialog", "Keep what is there now (Esc)"))
        close.clicked.connect(self.close)
        side = QVBoxLayout()
        side.setSpacing(14)
        side.addWidget(hint)
        side.addLayout(form)
        side.addWidget(self.again)
        side.addStretch(1)
        side.addWidget(close)
        inner = QWidget()
        inner.setLayout(side)
        side.setContentsMargins(0, 0, 10, 0)
        right = Roll(inner)
        right.setFixedWidth(230)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 14, 18, 14)
        layout.setSpacing(14)
        layout.addWidget(self.editor, 1)
        layout.addWidget(right)
        self.resize(820, 560)

    def show_document(self, document: Document | None) -> None:
        """Follow the open document; without a photo there is nothing to frame."""
        if document is None or document.photo is None or document.framing is None:
            self.close()
            return
        if self._found is None or self._found.photo is None or self._found.photo.path != document.photo.path:
            self._found = document
        self._document = document
        self.editor.show_photo(to_image(document.photo.pixels), document.framing, document.photo.points)
        self._show_numbers(document.framing)

    def _angle(self, form: QFormLayout, name: str, limit: int, tip: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(-limit, limit)
        box.setDecimals(1)
        box.setSuffix("°")
        box.setKeyboardTracking(False)
        box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        box.lineEdit().setTextMargins(5, 0, 0, 0)
        box.setAccessibleName(name)
        box.setToolTip(tip)
        box.valueChanged.connect(self._on_number)
        form.addRow(name, box)
        return box

    def _show_numbers(self, framing: Framing) -> None:
        for box, angle in (
            (self.yaw, framing.yaw),
            (self.pitch, framing.pitch),
            (self.roll, framing.turn),
        ):
            blocked = box.blockSignals(True)
            box.setValue(math.degrees(angle))
            box.blockSignals(blocked)

    def _on_number(self) -> None:
        framing = self.editor.framing
        if framing is not None:
            yaw, pitch, turn = (math.radians(box.value()) for box in (self.yaw, self.pitch, self.roll))
            self.editor.set_framing(replace(framing, yaw=yaw, pitch=pitch, turn=turn))
            self._ask()

    def _ask(self) -> None:
        if self._document is not None and self.editor.framing is not None:
            self.adjust_asked.emit(AdjustRequest(self._document, self.editor.framing))

    def _ask_by_points(self, points: Points) -> None:
        if self._document is not None:
            self.adjust_asked.emit(AdjustRequest(self._document, None, points))

    def _reset(self) -> None:
        if self._found is not None and self._found.framing is not None:
            self.editor.set_framing(self._found.framing)
            self._show_numbers(self._found.framing)
            self._ask()


class FrameEditor(QWidget):
    """The photo with its frame and landmarks, all of which the hand can move.

    Keys, with the focus: arrows move, plus and minus scale, comma and full stop turn.

    Signals:
        framing_changed(Framing): While it moves.
        settled(): The hand let go of the frame.
        points_settled(tuple): The hand let go of a point; all of them, in picture widths and heights.
    """

    framing_changed = Signal(object)
    settled = Signal()
    points_settled = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self.setAccessibleName(translate("FrameEditor", "Photo with frame"))
        self.setToolTip(
            translate(
                "FrameEditor", "Drag the frame, its corners, its round handle or the points; the wheel scales"
            )
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 240)
        self._image: QImage | None = None
        self.framing: Framing | None = None
        self.points: Points = ()
        self._held: tuple[Literal["move", "scale", "turn", "point"], int] | None = None
        self._grip = QPointF()
        self._before: Framing | None = None

    def show_photo(self, image: QImage, framing: Framing, points: Points) -> None:
        """Show a photo; not while the hand holds something."""
        if self._held is None:
            self._image, self.framing, self.points = image, framing, points
            self.update()

    def set_framing(self, framing: Framing) -> None:
        """Show another frame."""
        if framing.side < _SMALLEST:
            framing = replace(framing, side=_SMALLEST)
        self.framing = framing
        self.framing_changed.emit(framing)
        self.update()

    def sizeHint(self) -> QSize:
        """Large."""
        return QSize(560, 520)

    def place(self, x: float, y: float) -> QPointF:
        """Where in the widget a place of the picture lies (widths, heights)."""
        area = self._area()
        return QPointF(area.x() + x * area.width(), area.y() + y * area.height())

    def corner_places(self) -> list[QPointF]:
        """The frame's corners in the widget, clockwise from its top left."""
        if self.framing is None or self._image is None:
            return []
        return [self.place(x, y) for x, y in self.framing.corners(self._aspect())]

    def turn_place(self) -> QPointF:
        """The round handle in the widget."""
        corners = self.corner_places()
        top, bottom = (corners[0] + corners[1]) / 2, (corners[2] + corners[3]) / 2
        up = top - bottom
        return top + up * (22 / max(math.hypot(up.x(), up.y()), 1.0))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take what is under the hand."""
        if event.button() == Qt.MouseButton.LeftButton and self.framing is not None:
            self._held = self._under(event.position())
            self._grip, self._before = event.position(), self.framing

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag it."""
        here = event.position()
        if self._held is None or self._before is None:
            self._show_cursor(here)
            return
        before, area = self._before, self._area()
        middle = self.place(*before.center)
        match self._held:
            case ("move", _):
                step = here - self._grip
                x, y = before.center
                self.set_framing(
                    replace(before, center=(x + step.x() / area.width(), y + step.y() / area.height()))
                )
            case ("scale", _):
                far = math.hypot(self._grip.x() - middle.x(), self._grip.y() - middle.y())
                now = math.hypot(here.x() - middle.x(), here.y() - middle.y())
                self.set_framing(replace(before, side=before.side * now / max(far, 1.0)))
            case ("turn", _):
                angle = math.atan2(here.x() - middle.x(), middle.y() - here.y())
                self.set_framing(replace(before, turn=angle))
            case ("point", number):
                spot = ((here.x() - area.x()) / area.width(), (here.y() - area.y()) / area.height())
                self.points = (*self.points[:number], spot, *self.points[number + 1 :])
                self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        held, self._held = self._held, None
        if held is None:
            return
        if held[0] == "point":
            self.points_settled.emit(self.points)
        elif self.framing != self._before:
            self.settled.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scale."""
        if self.framing is not None:
            factor = 1.03 ** (-event.angleDelta().y() / 120)
            self.set_framing(replace(self.framing, side=self.framing.side * factor))
            self.settled.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, scale, turn."""
        framing = self.framing
        if framing is None:
            return
        x, y = framing.center
        step = framing.side / 40
        down = step * self._aspect()
        match event.key():
            case Qt.Key.Key_Left:
                framing = replace(framing, center=(x - step, y))
            case Qt.Key.Key_Right:
                framing = replace(framing, center=(x + step, y))
            case Qt.Key.Key_Up:
                framing = replace(framing, center=(x, y - down))
            case Qt.Key.Key_Down:
                framing = replace(framing, center=(x, y + down))
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                framing = replace(framing, side=framing.side * 1.03)
            case Qt.Key.Key_Minus:
                framing = replace(framing, side=framing.side / 1.03)
            case Qt.Key.Key_Comma:
                framing = replace(framing, turn=framing.turn - math.radians(2))
            case Qt.Key.Key_Period:
                framing = replace(framing, turn=framing.turn + math.radians(2))
            case _:
                super().keyPressEvent(event)
                return
        self.set_framing(framing)
        self.settled.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Photo, dimmed outside the frame, handles, points."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), color("well"))
        if self._image is None or self.framing is None:
            painter.end()
            return
        area, corners = self._area(), self.corner_places()
        painter.drawImage(area, self._image)
        outline, frame = QPainterPath(), QPainterPath()
        outline.addRect(QRectF(self.rect()))
        frame.addPolygon(QPolygonF([*corners, corners[0]]))
        shade = color("window")
        shade.setAlphaF(0.6)
        painter.fillPath(outline.subtracted(frame), shade)
        accent = color("accent")
        painter.setPen(QPen(accent, 1.6))
        painter.drawPath(frame)
        painter.drawLine((corners[0] + corners[1]) / 2, self.turn_place())
        painter.setBrush(color("window"))
        painter.drawEllipse(self.turn_place(), 6, 6)
        painter.setBrush(accent)
        for corner in corners:
            painter.drawRect(QRectF(corner.x() - 4.5, corner.y() - 4.5, 9, 9))
        painter.setPen(QPen(color("window"), 1.5))
        painter.setBrush(color("warning"))
        for x, y in self.points:
            painter.drawEllipse(self.place(x, y), 4.5, 4.5)
        painter.end()

    def _aspect(self) -> float:
        image = self._image
        return image.width() / image.height() if image is not None else 1.0

    def _area(self) -> QRectF:
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        if self._image is None:
            return room
        size = self._image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        corner = room.center() - QPointF(size.width() / 2, size.height() / 2)
        return QRectF(corner.x(), corner.y(), size.width(), size.height())

    def _under(self, here: QPointF) -> tuple[Literal["move", "scale", "turn", "point"], int] | None:
        def near(place: QPointF) -> bool:
            return math.hypot(place.x() - here.x(), place.y() - here.y()) <= _REACH

        for number, (x, y) in enumerate(self.points):
            if near(self.place(x, y)):
                return "point", number
        corners = self.corner_places()
        if near(self.turn_place()):
            return "turn", 0
        for number, corner in enumerate(corners):
            if near(corner):
                return "scale", number
        inside = QPolygonF(corners).containsPoint(here, Qt.FillRule.OddEvenFill)
        return ("move", 0) if inside else None

    def _show_cursor(self, here: QPointF) -> None:
        if self.framing is None:
            return
        under = self._under(here)
        shapes = {
            "move": Qt.CursorShape.SizeAllCursor,
            "scale": Qt.CursorShape.SizeFDiagCursor,
            "turn": Qt.CursorShape.CrossCursor,
            "point": Qt.CursorShape.PointingHandCursor,
        }
        self.setCursor(shapes[under[0]] if under else Qt.CursorShape.ArrowCursor)
        named = under is not None and under[0] == "point" and under[1] < len(_POINT_NAMES)
        if under is not None and named:
            self.setToolTip(translate("adjust_dialog", _POINT_NAMES[under[1]]))
