"""Moves the camera of the session as the exported turntable does."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from app.pose import Pose
from app.session import Session
from goae_core.animation import Motion, motion_angles

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
        self._motion: Motion = "sway"
        self._reach = (0.0, 0.0)
        self._seconds = 1.0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        """Whether the camera sways."""
        return self._timer.isActive()

    def play(self, motion: Motion, yaw: float, pitch: float, seconds: float) -> None:
        """Begin.

        Args:
            motion: The path.
            yaw: Radians to each side.
            pitch: Radians up and down.
            seconds: Of one loop.
        """
        self._base, self._motion, self._reach = self._session.pose, motion, (yaw, pitch)
        self._seconds = max(seconds, 0.1)
        self._began = time.monotonic()
        self._timer.start()

    def stop(self) -> None:
        """Stand still where the camera is."""
        self._timer.stop()

    def _tick(self) -> None:
        turn = 2 * math.pi * (time.monotonic() - self._began) / self._seconds
        yaw, pitch = motion_angles(self._motion, turn, *self._reach)
        self._session.set_pose(replace(self._base, yaw=yaw, pitch=pitch, roll=0.0))
