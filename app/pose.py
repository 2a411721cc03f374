"""From where the head is looked at, and how the hand changes it. No Qt, no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from goae_core.animation import View
from goae_core.presets import CameraConfig

_YAW_MARGIN = math.radians(30)
_PITCH_MARGIN = math.radians(20)
_ZOOM_RANGE = (0.5, 4.0)
_SHIFT_LIMIT = 0.6
_TURN_PER_SIDE = 2.5  # radians; a point on the front of a head then stays under the pointer


@dataclass(frozen=True, slots=True)
class Pose:
    """The camera as a person steers it.

    Attributes:
        yaw: Radians, of the camera's position about the origin; positive towards +x.
        pitch: Radians; positive above.
        roll: Radians about the view axis.
        zoom: Factor on the focal length, 1 for the model's own.
        right: Shift of the picture to the right, in picture sides.
        up: Shift of the picture upwards, in picture sides.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    zoom: float = 1.0
    right: float = 0.0
    up: float = 0.0

    @classmethod
    def of(cls, view: View) -> Pose:
        """The camera of a view."""
        return cls(view.yaw, view.pitch, view.roll, view.zoom, view.right, view.up)

    @property
    def view(self) -> View:
        """The same for the core."""
        return View(self.yaw, self.pitch, self.roll, self.zoom, self.right, self.up)

    def dragged(self, right: float, down: float, side: float) -> Pose:
        """The pose after the hand moved; the head follows the hand, so the camera moves the other way.

        Args:
            right: Movement to the right, pixels.
            down: Movement down, pixels.
            side: Side of the shown picture, pixels.
        """
        turn = _TURN_PER_SIDE / (max(side, 1.0) * self.zoom)
        return replace(self, yaw=self.yaw - right * turn, pitch=self.pitch + down * turn)

    def panned(self, right: float, down: float, side: float) -> Pose:
        """The pose after the hand shifted the picture; arguments as in `dragged`."""
        side = max(side, 1.0)
        return replace(self, right=self.right + right / side, up=self.up - down / side)

    def zoomed(self, factor: float) -> Pose:
        """The pose closer by `factor`, about the middle of the picture."""
        low, high = _ZOOM_RANGE
        zoom = min(max(self.zoom * factor, low), high)
        step = zoom / self.zoom
        return replace(self, zoom=zoom, right=self.right * step, up=self.up * step)

    def centered(self) -> Pose:
        """The same direction, the whole head in the middle."""
        return replace(self, zoom=1.0, right=0.0, up=0.0)

    def clamped(self, rig: CameraConfig) -> Pose:
        """The pose held inside what the window allows: somewhat more than training covered."""
        yaw, pitch = reach(rig)
        shift = _SHIFT_LIMIT * self.zoom
        return replace(
            self,
            yaw=min(max(self.yaw, -yaw), yaw),
            pitch=min(max(self.pitch, -pitch), pitch),
            right=min(max(self.right, -shift), shift),
            up=min(max(self.up, -shift), shift),
        )

    def beyond(self, rig: CameraConfig) -> bool:
        """Whether the pose lies outside what training covered."""
        slack = 1e-6
        return abs(self.yaw) > rig.yaw_limit + slack or abs(self.pitch) > rig.pitch_limit + slack


def reach(rig: CameraConfig) -> tuple[float, float]:
    """The largest yaw and pitch the window allows, radians to each side."""
    return min(rig.yaw_limit + _YAW_MARGIN, math.pi), min(rig.pitch_limit + _PITCH_MARGIN, math.pi / 2 - 0.02)
