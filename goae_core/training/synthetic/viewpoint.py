"""Where the pictures of a head are taken from.

The same rig as `goae_core.camera`, in numpy and double precision: this package renders without torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goae_core.presets import CameraConfig

RIG = CameraConfig()
_ROLL_DEVIATION = np.radians(4.0)
_PITCH_MEAN, _PITCH_DEVIATION = np.radians(3.0), np.radians(9.0)


@dataclass(frozen=True, slots=True, eq=False)
class Viewpoint:
    """A camera on the sphere about the origin, looking at the rig's pivot.

    Attributes:
        cam_to_world: (4, 4), OpenCV axes: x right, y down, z into the picture.
        focal: In image sides; the principal point is the middle of the picture.
    """

    cam_to_world: NDArray[np.float64]
    focal: float

    @property
    def label(self) -> NDArray[np.float32]:
        """EG3D's camera label (25,): cam_to_world row by row, then the intrinsics row by row."""
        intrinsics = np.array([[self.focal, 0, 0.5], [0, self.focal, 0.5], [0, 0, 1]])
        return np.concatenate([self.cam_to_world.ravel(), intrinsics.ravel()]).astype(np.float32)

    def project(self, points: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return picture positions (..., 2) in image sides (right, down) and depth along the axis (...)."""
        local = (points - self.cam_to_world[:3, 3]) @ self.cam_to_world[:3, :3]
        depth = local[..., 2]
        return self.focal * local[..., :2] / depth[..., None] + 0.5, depth


def look_from(yaw: float, pitch: float, roll: float = 0.0, *, rig: CameraConfig = RIG) -> Viewpoint:
    """Place a camera at spherical angles about the origin.

    Args:
        yaw: Radians to the picture's right of a frontal view (towards world +x).
        pitch: Radians above the horizon; not +-90 degrees.
        roll: Radians that the camera turns anticlockwise about its view axis, seen from behind it; the
            picture's content turns clockwise. As in `goae_core.camera.orbit`.
        rig: Radius, pivot and focal length.
    """
    direction = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    position = rig.radius * direction
    forward = np.array(rig.pivot) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    cam_to_world = np.eye(4)
    cam_to_world[:3, 0] = np.cos(roll) * right - np.sin(roll) * down
    cam_to_world[:3, 1] = np.cos(roll) * down + np.sin(roll) * right
    cam_to_world[:3, 2] = forward
    cam_to_world[:3, 3] = position
    return Viewpoint(cam_to_world, rig.focal)


def viewpoint_from_label(label: NDArray[np.floating]) -> Viewpoint:
    """Read EG3D's camera label (25,); only its first focal length is used."""
    return Viewpoint(np.asarray(label[:16], dtype=np.float64).reshape(4, 4), float(label[16]))


def sample_viewpoints(rng: np.random.Generator, count: int, *, rig: CameraConfig = RIG) -> list[Viewpoint]:
    """Draw cameras: the first is nearly frontal, the first five mostly so, the others go round to profile."""
    viewpoints = []
    for index in range(count):
        if index == 0:
            yaw = rng.uniform(-np.radians(15), np.radians(15))
        elif index < 5:
            yaw = rng.normal(0, np.radians(25))
        else:
            yaw = rng.uniform(-rig.yaw_limit, rig.yaw_limit)
        yaw = float(np.clip(yaw, -rig.yaw_limit, rig.yaw_limit))
        pitch = float(np.clip(rng.normal(_PITCH_MEAN, _PITCH_DEVIATION), -rig.pitch_limit, rig.pitch_limit))
        # the minus keeps the cameras of the data sets of version 1
        viewpoints.append(look_from(yaw, pitch, -float(rng.normal(0, _ROLL_DEVIATION)), rig=rig))
    return viewpoints
