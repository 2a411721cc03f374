"""Cameras: where they are, which way they look, and the numbers other programs know them by.

World axes: x to the right of the frontal picture, y up, z out of the face towards the frontal camera.
Camera axes (OpenCV): x right, y down, z forward. Intrinsics are in image sides, so they fit every resolution.

Source: Chan et al. 2022 (EG3D), supplement; the 25-number label is that of the authors' release.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from goae_core.errors import CameraError
from goae_core.presets import CameraConfig

LABEL_SIZE = 25


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """B cameras."""

    cam_to_world: Tensor
    """(B, 4, 4): columns right, down, forward, position; world units."""
    intrinsics: Tensor
    """(B, 3, 3): focal lengths, skew and principal point in image sides."""

    @property
    def batch(self) -> int:
        """Number of cameras, B."""
        return self.cam_to_world.shape[0]

    @classmethod
    def from_label(cls, label: Tensor) -> Camera:
        """Read cameras from EG3D labels.

        Args:
            label: (B, 25): 16 numbers of cam_to_world row by row, then 9 of the intrinsics.

        Returns:
            B cameras.

        Raises:
            CameraError: If the numbers are not B x 25, not finite, or hold no rotation or focal length.
        """
        if label.dim() != 2 or label.shape[1] != LABEL_SIZE:
            raise CameraError(
                f"a camera label must have shape (B, {LABEL_SIZE}), got {tuple(label.shape)}; "
                "give 16 numbers of the pose and 9 of the intrinsics per picture"
            )
        if not bool(torch.isfinite(label).all()):
            raise CameraError("the camera label holds numbers that are not finite; correct the label")
        pose, intrinsics = label[:, :16].reshape(-1, 4, 4), label[:, 16:].reshape(-1, 3, 3)
        rotation = pose[:, :3, :3]
        identity = torch.eye(3, dtype=label.dtype, device=label.device)
        deviation = float((rotation @ rotation.mT - identity).detach().abs().max())
        if deviation > 1e-2:
            raise CameraError(
                "the camera label's first 16 numbers hold no rotation: its rows deviate from an orthonormal "
                f"set by {deviation:.3g}; give a row-major camera-to-world matrix"
            )
        if not bool((intrinsics[:, [0, 1], [0, 1]] > 0).all()):
            raise CameraError(
                "the camera label's focal length is not positive; give row-major intrinsics in image sides "
                "as the last 9 numbers"
            )
        return cls(pose, intrinsics)

    def label(self) -> Tensor:
        """The 25 numbers of EG3D, (B, 25)."""
        return torch.cat([self.cam_to_world.flatten(1), self.intrinsics.flatten(1)], dim=1)

    def to(self, device: torch.device | str) -> Camera:
        """The same cameras on a device."""
        return Camera(self.cam_to_world.to(device), self.intrinsics.to(device))

    def mirrored(self) -> Camera:
        """The cameras of the horizontally flipped pictures of a world flipped in x."""
        pose_sign = self.cam_to_world.new_ones(4, 4)
        pose_sign[0, 1:] = -1.0
        pose_sign[1, 0] = pose_sign[2, 0] = -1.0
        intrinsics = self.intrinsics.clone()
        intrinsics[:, 0, 1] *= -1.0
        intrinsics[:, 0, 2] = 1.0 - intrinsics[:, 0, 2]
        return Camera(self.cam_to_world * pose_sign, intrinsics)


@dataclass(frozen=True, slots=True)
class OrbitAngles:
    """Where a camera stands on its orbit about the origin."""

    yaw: float
    """Radians; positive towards +x."""
    pitch: float
    """Radians; positive upwards."""
    roll: float
    """Radians; positive turns the picture's content clockwise."""
    radius: float
    """Distance to the origin, world units."""


def orbit(
    yaw: float,
    pitch: float,
    roll: float = 0.0,
    *,
    rig: CameraConfig = CameraConfig(),  # noqa: B008  a frozen value
    radius: float | None = None,
) -> Camera:
    """Place one camera on a sphere about the origin, looking at the rig's pivot.

    position = radius * (sin yaw cos pitch, sin pitch, cos yaw cos pitch)

    The camera is upright at roll 0: its x axis is horizontal. Positive roll turns the camera anticlockwise
    about its view axis (seen from behind it), so the picture's content turns clockwise by that angle.

    Args:
        yaw: Radians; 0 faces the head, positive moves the camera to +x.
        pitch: Radians; positive moves the camera up.
        roll: Radians.
        rig: Pivot, focal length and default radius.
        radius: Distance to the origin, world units; None takes the rig's.

    Returns:
        One camera (B = 1), float32.

    Raises:
        CameraError: If the camera would stand on the pivot or look straight up or down, where no side is up.
    """
    distance = rig.radius if radius is None else radius
    position = (
        distance * math.sin(yaw) * math.cos(pitch),
        distance * math.sin(pitch),
        distance * math.cos(yaw) * math.cos(pitch),
    )
    right, down, forward = _upright_axes(position, rig.pivot)
    cos, sin = math.cos(roll), math.sin(roll)
    columns = torch.stack([cos * right - sin * down, sin * right + cos * down, forward], dim=1)
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3, :3] = columns
    pose[:3, 3] = torch.tensor(position, dtype=torch.float64)
    intrinsics = torch.tensor([[rig.focal, 0.0, 0.5], [0.0, rig.focal, 0.5], [0.0, 0.0, 1.0]])
    return Camera(pose.float()[None], intrinsics[None])


def orbit_angles(camera: Camera) -> OrbitAngles:
    """Read the orbit of one camera, the inverse of `orbit`.

    Args:
        camera: One camera (B = 1) that does not look straight up or down.

    Returns:
        Angles with yaw and roll in (-pi, pi], pitch in [-pi/2, pi/2].

    Raises:
        CameraError: If there is not exactly one camera, or it has no upright side.
    """
    if camera.batch != 1:
        raise CameraError(f"orbit angles are read from one camera, got {camera.batch}; pass them one by one")
    pose = camera.cam_to_world[0].detach().double().cpu()
    x, y, z = (float(v) for v in pose[:3, 3])
    radius = math.hypot(x, y, z)
    if radius == 0.0:
        raise CameraError("a camera at the origin is on no orbit; move it away from the head's centre")
    target = (pose[:3, 3] + pose[:3, 2]).tolist()
    right, down, _ = _upright_axes((x, y, z), target)
    roll = math.atan2(-float(pose[:3, 0] @ down), float(pose[:3, 0] @ right))
    return OrbitAngles(math.atan2(x, z), math.asin(max(-1.0, min(1.0, y / radius))), roll, radius)


def eg3d_look_at(h: float, v: float, pivot: Sequence[float], radius: float) -> Tensor:
    """The pose sampler of EG3D, for comparison with published numbers.

    `v` enters through an arccosine: v = pi/2 + a is not an elevation of a. Use `orbit` for everything else.

    Args:
        h: Radians; pi/2 is frontal.
        v: Radians in (0, pi); pi/2 is level.
        pivot: What the camera looks at, world units.
        radius: Distance to the origin, world units.

    Returns:
        cam_to_world (1, 4, 4), float32.
    """
    v = min(max(v, 1e-5), math.pi - 1e-5)
    phi = math.acos(1.0 - 2.0 * v / math.pi)
    position = (
        radius * math.sin(phi) * math.cos(math.pi - h),
        radius * math.cos(phi),
        radius * math.sin(phi) * math.sin(math.pi - h),
    )
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3, :3] = torch.stack(_upright_axes(position, pivot), dim=1)
    pose[:3, 3] = torch.tensor(position, dtype=torch.float64)
    return pose.float()[None]


def fov_to_intrinsics(fov_degrees: float) -> Tensor:
    """Intrinsics of a field of view as EG3D's demonstrations compute them, (3, 3).

    Truncated constants (3.14159, 1.414) as there, for comparison with published numbers.
    """
    focal = 1.0 / (math.tan(fov_degrees * 3.14159 / 360.0) * 1.414)
    return torch.tensor([[focal, 0.0, 0.5], [0.0, focal, 0.5], [0.0, 0.0, 1.0]])


def _upright_axes(position: Sequence[float], target: Sequence[float]) -> tuple[Tensor, Tensor, Tensor]:
    """Right, down and forward (each (3,), float64) of a camera whose right side is horizontal."""
    forward = torch.tensor(target, dtype=torch.float64) - torch.tensor(position, dtype=torch.float64)
    distance = float(forward.norm())
    if distance == 0.0:
        raise CameraError("the camera stands on the point it looks at; choose another radius or pivot")
    forward = forward / distance
    side = torch.linalg.cross(forward, torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64))
    if float(side.norm()) < 1e-9:
        raise CameraError(
            "the camera looks straight up or down, where no side is up; change the pitch a little"
        )
    right = side / side.norm()
    return right, torch.linalg.cross(forward, right), forward
