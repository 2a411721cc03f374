"""The timeline's ruler and its rows of keys, and what the hand does with them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.session import Session
from app.theme import color
from app.timeline import TimeScale, clock
from app.translation import translate
from goae_core.animation import Animation, Key, Mark, ViewKey

ROW = 30
RULER = 26
_GUTTER = 176
_MARGIN = 22
_KEY = 5.5
_REACH = 8.0
_CURVE_STEP = 3


def time_scale(widget: QWidget, session: Session) -> TimeScale:
    """Where moments lie in a widget as wide as the timeline."""
    return TimeScale(_GUTTER, max(widget.width() - _GUTTER - _MARGIN, 1), session.animation.seconds)


class TimelineRuler(QWidget):
    """Seconds and the playhead's handle; press or drag to scrub.

    Signals:
        scrubbed(float): The hand wants the playhead there, seconds.
    """

    scrubbed = Signal(float)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Follow the session's playhead."""
        super().__init__(parent)
        self._session = session
        self.setFixedHeight(RULER)
        self.setMouseTracking(True)
        self.setAccessibleName(translate("Timeline", "Time"))
        self.setToolTip(translate("Timeline", "Drag to scrub"))
        session.moment_changed.connect(self.update)
        session.animation_changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ticks, numbers, handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), color("panel"))
        scale = time_scale(self, self._session)
        painter.setFont(_small(painter.font()))
        for moment, numbered in scale.ticks():
            x = round(scale.x_of(moment)) + 0.5
            painter.setPen(QPen(color("faint" if numbered else "line"), 1))
            painter.drawLine(QPointF(x, RULER - (7 if numbered else 4)), QPointF(x, RULER))
            if numbered:
                painter.setPen(color("muted"))
                box = QRectF(x - 30, 3, 60, 14)
                painter.drawText(
                    box,
                    Qt.AlignmentFlag.AlignCenter,
                    translate("Timeline", "{moment:g}").format(moment=moment),
                )
        x = scale.x_of(self._session.moment)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("accent"))
        handle = QPolygonF(
            [
                QPointF(x - 5.5, 9),
                QPointF(x + 5.5, 9),
                QPointF(x + 5.5, 17),
                QPointF(x, 24),
                QPointF(x - 5.5, 17),
            ]
        )
        painter.drawPolygon(handle)
        painter.setPen(QPen(color("accent"), 1.4))
        painter.drawLine(QPointF(x, 22), QPointF(x, RULER))
        painter.setPen(QPen(color("line"), 1))
        painter.drawLine(0, RULER - 1, self.width(), RULER - 1)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the playhead there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._scrub(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the playhead."""
        over = event.position().x() >= _GUTTER - _REACH
        self.setCursor(Qt.CursorShape.SizeHorCursor if over else Qt.CursorShape.ArrowCursor)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._scrub(event)

    def _scrub(self, event: QMouseEvent) -> None:
        moment = time_scale(self, self._session).moment_at(event.position().x())
        self.scrubbed.emit(self._session.animation.snapped(moment))


class TimelineRows(QWidget):
    """A row for the camera and for every attribute that moves: its curve, its keys, a diamond that sets one.

    Click a key to select it, Shift or Ctrl to select several, drag in the empty to take all inside, drag a
    key to move what is selected. Double click in a row sets a key. Arrows step by a frame, with Ctrl to the
    next key, with Alt they move the selected keys; up and down choose a row, Insert sets or deletes its key,
    Delete deletes what is selected.

    Signals:
        selection_changed(): Other keys are selected.
        scrubbed(float): The hand wants the playhead there, seconds.
        key_toggled(object): Set or delete the key of this track at the playhead: an attribute's name, None
            for the camera.
        key_asked(object, float): Set a key of this track at that moment, on its curve.
    """

    selection_changed = Signal()
    scrubbed = Signal(float)
    key_toggled = Signal(object)
    key_asked = Signal(object, float)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Follow the session's animation."""
        super().__init__(parent)
        self._session = session
        self._selected: frozenset[Mark] = frozenset()
        self._row = 0
        self._held: tuple[float, Animation, frozenset[Mark]] | None = None
        self._moved = False
        self._band: tuple[QPointF, QPointF] | None = None
        self._hover: Mark | None = None
        self._curves: dict[str | None, QPainterPath] = {}
        self._curves_of: tuple[Animation, float] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setAccessibleName(translate("Timeline", "Keys"))
        session.moment_changed.connect(self._show_state)
        session.animation_changed.connect(self._follow)
        session.model_changed.connect(self.update)
        self._follow()

    @property
    def selected(self) -> frozenset[Mark]:
        """The selected keys."""
        return self._selected

    @property
    def tracks(self) -> tuple[str | None, ...]:
        """The rows from above: None is the camera."""
        return (None, *(track.name for track in self._session.animation.tracks))

    def select(self, marks: frozenset[Mark]) -> None:
        """Select these keys and no others."""
        if marks != self._selected:
            self._selected = marks
            self._show_state()
            self.selection_changed.emit()

    def place_of(self, mark: Mark) -> QPointF:
        """Where a key lies in the widget."""
        x = time_scale(self, self._session).x_of(mark[1])
        return QPointF(x, self.tracks.index(mark[0]) * ROW + ROW / 2)

    def diamond_of(self, track: str | None) -> QPointF:
        """Where the diamond of a row lies that sets or deletes its key at the playhead."""
        return QPointF(_GUTTER - 26, self.tracks.index(track) * ROW + ROW / 2)

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(600, max(len(self.tracks), 1) * ROW)

    def minimumSizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(420, max(len(self.tracks), 1) * ROW)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rows, curves, keys, playhead."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), color("panel"))
        scale = time_scale(self, self._session)
        well = QRectF(scale.left - 10, 0, scale.width + 20, self.height())
        painter.fillRect(well, color("well"))
        self._paint_grid(painter, scale)
        for number, track in enumerate(self.tracks):
            self._paint_row(painter, scale, number, track)
        x = scale.x_of(self._session.moment)
        painter.setPen(QPen(color("accent"), 1.4))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        for number, track in enumerate(self.tracks):
            for key in self._session.animation.keys_of(track):
                self._paint_key(painter, QPointF(scale.x_of(key.seconds), number * ROW + ROW / 2), track, key)
        if self._band is not None:
            shade = color("accent")
            painter.setPen(QPen(shade, 1))
            shade.setAlphaF(0.15)
            painter.setBrush(shade)
            painter.drawRect(QRectF(*self._band).normalized())
        painter.end()

    def _paint_grid(self, painter: QPainter, scale: TimeScale) -> None:
        shade = color("line")
        shade.setAlphaF(0.6)
        painter.setPen(QPen(shade, 1))
        for moment, numbered in scale.ticks():
            if numbered:
                x = round(scale.x_of(moment)) + 0.5
                painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    def _paint_row(self, painter: QPainter, scale: TimeScale, number: int, track: str | None) -> None:
        top = number * ROW
        painter.setPen(QPen(color("line"), 1))
        painter.drawLine(0, top + ROW - 1, self.width(), top + ROW - 1)
        if number == self._row and self.hasFocus():
            painter.fillRect(QRectF(0, top, 3, ROW - 1), color("accent"))
        painter.setPen(color("text"))
        name = painter.fontMetrics().elidedText(self._label(track), Qt.TextElideMode.ElideRight, _GUTTER - 58)
        painter.drawText(
            QRectF(16, top, _GUTTER - 50, ROW),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            name,
        )
        here = self._session.animation.key_at(track, self._session.moment)
        painter.setPen(QPen(color("accent_bright" if here else "muted"), 1.4))
        painter.setBrush(color("accent_bright") if here else Qt.BrushStyle.NoBrush)
        painter.drawPolygon(_diamond(self.diamond_of(track), 5.0))
        keys = self._session.animation.keys_of(track)
        if keys:
            self._paint_curve(painter, scale, top, track, keys)

    def _paint_curve(
        self, painter: QPainter, scale: TimeScale, top: int, track: str | None, keys: tuple[Key, ...]
    ) -> None:
        """How the strength goes, or the camera's yaw; the same height for all of them."""
        if self._curves_of != (self._session.animation, scale.width):
            self._curves, self._curves_of = {}, (self._session.animation, scale.width)
        if track not in self._curves:
            self._curves[track] = self._curve(scale, track)
        shade = color("accent")
        shade.setAlphaF(0.45)
        painter.setPen(QPen(shade, 1.3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._curves[track].translated(0, top))
        first, last = scale.x_of(keys[0].seconds), scale.x_of(keys[-1].seconds)
        shade.setAlphaF(0.16)
        painter.fillRect(QRectF(first, top + ROW / 2 - 5, max(last - first, 0.0), 10), shade)

    def _curve(self, scale: TimeScale, track: str | None) -> QPainterPath:
        """For a row at the top; kept until keys or width change, for the playhead repaints often."""
        animation = self._session.animation
        count = max(int(scale.width) // _CURVE_STEP, 2)
        moments = [k * animation.seconds / (count - 1) for k in range(count)]
        if track is None:
            values = [view.yaw for view in animation.views(moments)]
        else:
            values = animation.strengths(moments)[track]
        low, high = min(values), max(values)
        flat = high - low < 1e-9
        path = QPainterPath()
        for moment, value in zip(moments, values, strict=True):
            share = 0.5 if flat else (value - low) / (high - low)
            place = QPointF(scale.x_of(moment), 6 + (ROW - 12) * (1.0 - share))
            if path.elementCount():
                path.lineTo(place)
            else:
                path.moveTo(place)
        return path

    def _paint_key(self, painter: QPainter, place: QPointF, track: str | None, key: Key) -> None:
        mark = (track, key.seconds)
        selected = mark in self._selected
        size = _KEY + (1.5 if mark == self._hover or selected else 0.0)
        painter.setPen(QPen(color("well"), 2.2))
        painter.setBrush(color("accent_bright" if selected else "text"))
        if key.easing == "hold":
            painter.drawRect(QRectF(place.x() - size * 0.8, place.y() - size * 0.8, 1.6 * size, 1.6 * size))
        elif key.easing == "linear":
            painter.drawPolygon(_diamond(place, size))
        else:
            painter.drawPolygon(_diamond(place, size))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color("well"))
            painter.drawEllipse(place, 1.5, 1.5)

    def _label(self, track: str | None) -> str:
        if track is None:
            return translate("Timeline", "Camera")
        return next((a.label for a in self._session.attributes if a.name == track), track.replace("_", " "))

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select, take hold, or begin to draw a frame around keys."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place = event.position()
        more = bool(
            event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier)
        )
        row = int(place.y() // ROW)
        if 0 <= row < len(self.tracks):
            self._row = row
        mark = self._mark_at(place)
        if mark is not None:
            if more:
                self.select(self._selected ^ {mark})
            elif mark not in self._selected:
                self.select(frozenset({mark}))
            if mark in self._selected:
                self._held = (place.x(), self._session.animation, self._selected)
                self._session.begin_drag()
        elif place.x() < _GUTTER - 10:
            track = self._track_at(place)
            if place.x() >= _GUTTER - 42 and row < len(self.tracks):
                self.key_toggled.emit(track)
            elif row < len(self.tracks):
                self.select(self._marks_of(track))
        else:
            if not more:
                self.select(frozenset())
            self._band = (place, place)
        self._show_state()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move keys, or widen the frame."""
        place = event.position()
        if self._held is not None:
            start, before, marks = self._held
            scale = time_scale(self, self._session)
            by = before.shift(marks, (place.x() - start) / scale.width * before.seconds)
            if by != 0.0 or self._moved:
                self._moved = True
                self._selected = frozenset((track, moment + by) for track, moment in marks)
                self._session.set_animation(before.moved(marks, by), translate("Timeline", "move keys"))
        elif self._band is not None:
            self._band = (self._band[0], place)
            inside = QRectF(*self._band).normalized()
            self.select(frozenset(mark for mark, spot in self._places() if inside.contains(spot)))
            self.update()
        else:
            self._hover = self._mark_at(place)
            hand = self._hover is not None or _GUTTER - 42 <= place.x() < _GUTTER - 10
            self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._held is not None:
            self._held, self._moved = None, False
            self._session.end_drag(translate("Timeline", "move keys"))
        self._band = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A key in the empty part of a row; on a key: the playhead goes there."""
        place = event.position()
        mark = self._mark_at(place)
        if mark is not None:
            self.scrubbed.emit(mark[1])
        elif place.x() >= _GUTTER - 10 and int(place.y() // ROW) < len(self.tracks):
            animation = self._session.animation
            moment = animation.snapped(time_scale(self, self._session).moment_at(place.x()))
            self.key_asked.emit(self._track_at(place), moment)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._hover = None
        self.update()

    def event(self, event: QEvent) -> bool:
        """Say what is under the pointer."""
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class."""
        animation, moment = self._session.animation, self._session.moment
        modifiers = event.modifiers()
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        sideways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if sideways is not None and alt:
            self.nudge(sideways)
        elif sideways is not None and control:
            self.scrubbed.emit(next_key(animation, moment, sideways))
        elif sideways is not None:
            self.scrubbed.emit(animation.snapped(moment + sideways / animation.fps))
        elif control and event.key() == Qt.Key.Key_A:
            self.select(frozenset(animation.marks))
        else:
            self._plain_key(event)

    def nudge(self, frames: int) -> None:
        """Move the selected keys by frames."""
        animation, marks = self._session.animation, self._selected
        by = animation.shift(marks, frames / animation.fps)
        if by != 0.0:
            moved = animation.moved(marks, by)
            self._selected = frozenset((track, moment + by) for track, moment in marks)
            self._session.set_animation(moved, translate("Timeline", "move keys"))

    def delete_selected(self) -> None:
        """Delete the selected keys."""
        if self._selected:
            self._session.set_animation(
                self._session.animation.without(self._selected), translate("Timeline", "delete keys")
            )

    def _plain_key(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Home:
                self.scrubbed.emit(0.0)
            case Qt.Key.Key_End:
                self.scrubbed.emit(self._session.animation.seconds)
            case Qt.Key.Key_Up | Qt.Key.Key_Down:
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                self._row = min(max(self._row + step, 0), len(self.tracks) - 1)
                self._show_state()
            case Qt.Key.Key_Insert:
                self.key_toggled.emit(self.tracks[self._row])
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.delete_selected()
            case Qt.Key.Key_Escape if self._selected:
                self.select(frozenset())
            case _:
                super().keyPressEvent(event)

    def _follow(self) -> None:
        """Other keys: what is gone is no longer selected."""
        marks = frozenset(self._session.animation.marks)
        self._row = min(self._row, len(self.tracks) - 1)
        if not self._selected <= marks:
            near = {
                (track, round(moment, 6)): (track, moment) for track, moment in marks
            }  # moved keys keep their names but for rounding
            kept = {near.get((track, round(moment, 6))) for track, moment in self._selected}
            self._selected = frozenset(mark for mark in kept if mark is not None)
        self.setFixedHeight(max(len(self.tracks) * ROW, ROW))
        self.selection_changed.emit()
        self._show_state()

    def _show_state(self) -> None:
        track = self.tracks[self._row]
        key = self._session.animation.key_at(track, self._session.moment)
        words = [self._label(track), clock(self._session.moment)]
        if key is not None:
            words.append(translate("Timeline", "key: {easing}").format(easing=key.easing.replace("_", " ")))
        if self._selected:
            words.append(translate("Timeline", "{count} selected").format(count=len(self._selected)))
        self.setAccessibleDescription(", ".join(words))
        self.update()

    def _mark_at(self, place: QPointF) -> Mark | None:
        near = [
            (abs(spot.x() - place.x()), mark)
            for mark, spot in self._places()
            if abs(spot.x() - place.x()) <= _REACH and abs(spot.y() - place.y()) <= ROW / 2
        ]
        return min(near, key=lambda each: each[0])[1] if near else None

    def _places(self) -> Iterator[tuple[Mark, QPointF]]:
        for mark in self._session.animation.marks:
            yield mark, self.place_of(mark)

    def _track_at(self, place: QPointF) -> str | None:
        return self.tracks[min(max(int(place.y() // ROW), 0), len(self.tracks) - 1)]

    def _marks_of(self, track: str | None) -> frozenset[Mark]:
        return frozenset((track, key.seconds) for key in self._session.animation.keys_of(track))

    def _tip(self, place: QPointF) -> str:
        mark = self._mark_at(place)
        if mark is not None:
            key = self._session.animation.key_at(*mark)
            return f"{self._label(mark[0])}, {clock(mark[1])}: {_value_words(key)}"
        if place.x() < _GUTTER - 42:
            return translate("Timeline", "Click to select all keys of this row")
        if place.x() < _GUTTER - 10:
            return translate("Timeline", "Set or delete the key at the playhead (Insert)")
        return translate("Timeline", "Double click sets a key; drag a frame around keys to select them")


def next_key(animation: Animation, moment: float, direction: int) -> float:
    """The moment of the next key to the right (1) or left (-1); where there is none, the end."""
    moments = sorted({seconds for _, seconds in animation.marks})
    if direction > 0:
        return next((m for m in moments if m > moment + 1e-6), animation.seconds)
    return next((m for m in reversed(moments) if m < moment - 1e-6), 0.0)


def _value_words(key: Key | None) -> str:
    if key is None:
        return ""
    if isinstance(key, ViewKey):
        return translate("Timeline", "yaw {yaw:+.0f}°, pitch {pitch:+.0f}°, zoom {zoom:.0f} %").format(
            yaw=math.degrees(key.view.yaw), pitch=math.degrees(key.view.pitch), zoom=100 * key.view.zoom
        )
    return f"{key.strength:+.2f}"


def _diamond(middle: QPointF, size: float) -> QPolygonF:
    x, y = middle.x(), middle.y()
    return QPolygonF([QPointF(x, y - size), QPointF(x + size, y), QPointF(x, y + size), QPointF(x - size, y)])


def _small(font: QFont) -> QFont:
    made = QFont(font)
    made.setPointSizeF(8.0)
    return made
