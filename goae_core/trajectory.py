"""Paths of the camera for turntables and films. Every path is a loop: the last view leads to the first."""

from __future__ import annotations

import math

from goae_core.camera import Camera, orbit
from goae_core.errors import CameraError
from goae_core.presets import CameraConfig


def sway(frames: int, yaw: float, pitch: float, rig: CameraConfig) -> list[Camera]:
    """Swing from side to side and up and down: an ellipse in yaw and pitch, once around.

    View k of F stands at yaw * sin(2 pi k / F) and pitch * cos(2 pi k / F): it starts above the face, and a
    quarter of the loop later it stands at the side, at `yaw`.

    Args:
        frames: Number of views, F.
        yaw: Largest angle to either side, radians.
        pitch: Largest angle up and down, radians.
        rig: Orbit and focal length.

    Returns:
        F single cameras, none of them twice.

    Raises:
        CameraError: If there is no view to make.

    Source: Chan et al. 2022 (EG3D), the film of the release, here with true angles and an exact loop.
    """
    turns = _turns(frames)
    return [orbit(yaw * math.sin(turn), pitch * math.cos(turn), rig=rig) for turn in turns]


def circle(frames: int, pitch: float, rig: CameraConfig) -> list[Camera]:
    """Walk all the way round the head, from the face to +x, the back, -x.

    Args:
        frames: Number of views.
        pitch: Angle above the horizon, radians, the same for all views.
        rig: Orbit and focal length.

    Returns:
        That many single cameras, evenly spaced, the first one in front.

    Raises:
        CameraError: If there is no view to make.
    """
    return [orbit(turn, pitch, rig=rig) for turn in _turns(frames)]


def _turns(frames: int) -> list[float]:
    if frames < 1:
        raise CameraError(f"a camera path needs at least 1 view, got {frames}")
    return [2.0 * math.pi * k / frames for k in range(frames)]
