"""Paths of the camera for films. Every turntable is a loop: the last view leads to the first."""

from __future__ import annotations

import math

from goae_core.animation import Motion, View, motion_angles
from goae_core.camera import Camera, orbit, orbit_angles
from goae_core.errors import CameraError
from goae_core.presets import CameraConfig


def turntable(motion: Motion, frames: int, yaw: float, pitch: float, rig: CameraConfig) -> list[Camera]:
    """Once along a path about the head, see `goae_core.animation.motion_angles`.

    Args:
        motion: The path.
        frames: Number of views, F.
        yaw: Largest angle to either side, radians; a circle does not heed it.
        pitch: Largest angle up and down, radians; a circle's above the horizon.
        rig: Orbit and focal length.

    Returns:
        F single cameras at turns 2 pi k / F: the view after the last one would be the first.

    Raises:
        CameraError: If there is no view to make.
    """
    if frames < 1:
        raise CameraError(f"a camera path needs at least 1 view, got {frames}")
    turns = [2.0 * math.pi * k / frames for k in range(frames)]
    return [orbit(*motion_angles(motion, turn, yaw, pitch), rig=rig) for turn in turns]


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
    return turntable("sway", frames, yaw, pitch, rig)


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
    return turntable("circle", frames, math.pi, pitch, rig)


def camera_of(view: View, rig: CameraConfig) -> Camera:
    """The camera that sees a head so, B = 1: on the rig's orbit, with the view's zoom and shift.

    Raises:
        CameraError: If it would look straight up or down.
    """
    return framed(orbit(view.yaw, view.pitch, view.roll, rig=rig), view)


def framed(camera: Camera, view: View) -> Camera:
    """A camera with a view's zoom and shift instead of none; where it stands is not changed."""
    if (view.zoom, view.right, view.up) == (1.0, 0.0, 0.0):
        return camera
    intrinsics = camera.intrinsics.clone()
    intrinsics[:, 0, 0] *= view.zoom
    intrinsics[:, 1, 1] *= view.zoom
    intrinsics[:, 0, 2] += view.right
    intrinsics[:, 1, 2] -= view.up
    return Camera(camera.cam_to_world, intrinsics)


def view_of(camera: Camera, rig: CameraConfig) -> View:
    """What `camera_of` makes of a camera, undone; B = 1.

    Raises:
        CameraError: If there is not exactly one camera, or it has no upright side.
    """
    angles = orbit_angles(camera)
    intrinsics = camera.intrinsics[0]
    return View(
        angles.yaw,
        angles.pitch,
        angles.roll,
        zoom=float(intrinsics[0, 0]) / rig.focal,
        right=float(intrinsics[0, 2]) - 0.5,
        up=0.5 - float(intrinsics[1, 2]),
    )
