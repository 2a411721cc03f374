"""What the hand does to the camera, for every widget that looks at the head."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from app.pose import Pose

_KEY_TURN = math.radians(5)
_NUMPAD_TURN = math.radians(15)
_NOTCH = 120

# Blender's numpad: yaw and pitch, and what they become with Ctrl.
_VIEWS = {
    Qt.Key.Key_1: ((0.0, 0.0), (math.pi, 0.0)),
    Qt.Key.Key_3: ((math.pi / 2, 0.0), (-math.pi / 2, 0.0)),
    Qt.Key.Key_7: ((0.0, math.pi / 2), (0.0, -math.pi / 2)),
}
_TURNS = {
    Qt.Key.Key_4: (-_NUMPAD_TURN, 0.0),
    Qt.Key.Key_6: (_NUMPAD_TURN, 0.0),
    Qt.Key.Key_8: (0.0, _NUMPAD_TURN),
    Qt.Key.Key_2: (0.0, -_NUMPAD_TURN),
}
_ARROWS = {
    Qt.Key.Key_Left: (-_KEY_TURN, 0.0),
    Qt.Key.Key_Right: (_KEY_TURN, 0.0),
    Qt.Key.Key_Up: (0.0, _KEY_TURN),
    Qt.Key.Key_Down: (0.0, -_KEY_TURN),
}


class OrbitHand(QObject):
    """Watches a widget and turns mouse, wheel, pinch and keys into poses.

    Left drag orbits (the head follows the hand), middle or Shift and left drag pans, wheel and pinch zoom, a
    double click resets. Arrows turn by five degrees, plus and minus zoom, Home resets. Blender's numpad works
    too: 1, 3 and 7 look from the front, the side and above (with Ctrl from the other side), 9 from opposite,
    4, 6, 8 and 2 turn by fifteen degrees, the point centres, 0 is the photo's view.

    Signals:
        pose_asked(Pose): The hand moved the camera.
        reset_asked(): Back to the photo's view.
    """

    pose_asked = Signal(object)
    reset_asked = Signal()

    def __init__(self, widget: QWidget, pose: Callable[[], Pose], side: Callable[[], float]) -> None:
        """Watch `widget`.

        Args:
            widget: What the hand touches.
            pose: The camera now.
            side: Side of the shown picture, pixels.
        """
        super().__init__(widget)
        self._widget = widget
        self._pose = pose
        self._side = side
        self._held: QPointF | None = None
        self._pans = False
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        widget.setCursor(Qt.CursorShape.OpenHandCursor)
        widget.grabGesture(Qt.GestureType.PinchGesture)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is meant for the camera."""
        if isinstance(event, QMouseEvent):
            return self._mouse(event)
        if isinstance(event, QWheelEvent):
            return self._zoom(1.12 ** (event.angleDelta().y() / _NOTCH))
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                return self._zoom(1.0 + event.value())
        elif isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                return self._zoom(pinch.scaleFactor())
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        return False

    def _mouse(self, event: QMouseEvent) -> bool:
        match event.type():
            case QEvent.Type.MouseButtonPress:
                return self._press(event)
            case QEvent.Type.MouseMove:
                return self._move(event)
            case QEvent.Type.MouseButtonRelease:
                self._held = None
                self._widget.setCursor(Qt.CursorShape.OpenHandCursor)
                return True
            case QEvent.Type.MouseButtonDblClick:
                if event.button() == Qt.MouseButton.LeftButton:
                    self.reset_asked.emit()
                return True
        return False

    def _press(self, event: QMouseEvent) -> bool:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return False
        self._pans = shift or event.button() == Qt.MouseButton.MiddleButton
        self._held = event.position()
        self._widget.setFocus(Qt.FocusReason.MouseFocusReason)
        self._widget.setCursor(
            Qt.CursorShape.SizeAllCursor if self._pans else Qt.CursorShape.ClosedHandCursor
        )
        return True

    def _move(self, event: QMouseEvent) -> bool:
        held = Qt.MouseButton.LeftButton | Qt.MouseButton.MiddleButton
        if self._held is None or not event.buttons() & held:
            return False
        step, self._held = event.position() - self._held, event.position()
        move = Pose.panned if self._pans else Pose.dragged
        self.pose_asked.emit(move(self._pose(), step.x(), step.y(), self._side()))
        return True

    def _zoom(self, factor: float) -> bool:
        self.pose_asked.emit(self._pose().zoomed(factor))
        return True

    def _key(self, event: QKeyEvent) -> bool:
        key, modifiers = Qt.Key(event.key()), event.modifiers()
        pose = self._pose()
        turn = _ARROWS.get(key)
        if modifiers & Qt.KeyboardModifier.KeypadModifier:
            opposite = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
            if key in _VIEWS:
                yaw, pitch = _VIEWS[key][opposite]
                self.pose_asked.emit(replace(pose, yaw=yaw, pitch=pitch, roll=0.0))
                return True
            turn = _TURNS.get(key, turn)
            if key == Qt.Key.Key_9:
                self.pose_asked.emit(replace(pose, yaw=-pose.yaw))
                return True
            if key in (Qt.Key.Key_Period, Qt.Key.Key_Comma):
                self.pose_asked.emit(pose.centered())
                return True
            if key == Qt.Key.Key_0:
                self.reset_asked.emit()
                return True
        elif modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return False  # somebody's shortcut
        if turn is not None:
            self.pose_asked.emit(replace(pose, yaw=pose.yaw + turn[0], pitch=pose.pitch + turn[1]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom(1.12)
        elif key == Qt.Key.Key_Minus:
            self._zoom(1 / 1.12)
        elif key == Qt.Key.Key_Home:
            self.reset_asked.emit()
        else:
            return False
        return True
