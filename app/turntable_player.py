"""Sways the camera of the session, as the exported turntable does."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QObject, QTimer

from app.pose import Pose
from app.session import Session

_TICK_MS = 33


class TurntablePlayer(QObject):
    """Moves the pose by the clock, so that a slow machine shows fewer pictures, not a slower head."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        """Stand still.

        Args:
            session: Whose camera sways.
            parent: Owner.
        """
        super().__init__(parent)
        self._session = session
        self._began = 0.0
        self._base = Pose()
        self._reach = (0.0, 0.0)
        self._seconds = 1.0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        """Whether the camera sways."""
        return self._timer.isActive()

    def play(self, yaw: float, pitch: float, seconds: float) -> None:
        """Begin.

        Args:
            yaw: Radians to each side.
            pitch: Radians up and down.
            seconds: Of one loop.
        """
        self._base, self._reach, self._seconds = self._session.pose, (yaw, pitch), max(seconds, 0.1)
        self._began = time.monotonic()
        self._timer.start()

    def stop(self) -> None:
        """Stand still where the camera is."""
        self._timer.stop()

    def _tick(self) -> None:
        turn = 2 * math.pi * (time.monotonic() - self._began) / self._seconds
        self._session.set_pose(sway(self._base, turn, *self._reach))


def sway(base: Pose, turn: float, yaw: float, pitch: float) -> Pose:
    """The pose at a moment of the turntable; `turn` goes from 0 to 2 pi in a loop, angles in radians.

    The same ellipse as `goae_core.trajectory.sway`.
    """
    return Pose(
        yaw * math.sin(turn), pitch * math.cos(turn), 0.0, zoom=base.zoom, right=base.right, up=base.up
    )
