"""Pixel centres to world rays.

Source: Chan et al. 2022 (EG3D), section 4.3; the half-pixel shift is the one of the authors' release.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from goae_core.camera import Camera


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """M rays for each of B cameras."""

    origins: Tensor
    """(B, M, 3), world units."""
    directions: Tensor
    """(B, M, 3), unit length."""

    @property
    def count(self) -> int:
        """Rays per camera, M."""
        return self.directions.shape[1]

    def select(self, indices: Tensor) -> Rays:
        """The rays of these indices, (K,) or one set a camera (B, K): a part of the pixels."""
        if indices.dim() == 1:
            return Rays(self.origins[:, indices], self.directions[:, indices])
        where = indices[..., None].expand(-1, -1, 3)
        return Rays(self.origins.gather(1, where), self.directions.gather(1, where))


def sample_rays(camera: Camera, resolution: int) -> Rays:
    """Cast one ray through the centre of every pixel of a square image.

    Pixels run row by row from the top left: u grows right, v grows down.

    Args:
        camera: B cameras.
        resolution: Pixels per side, R.

    Returns:
        Rays of shape (B, R*R, 3).

    Raises:
        ValueError: If `resolution` is below 1.
    """
    if resolution < 1:
        raise ValueError(f"resolution must be at least 1 pixel, got {resolution}")
    device = camera.cam_to_world.device
    centres = (torch.arange(resolution, device=device, dtype=torch.float32) + 0.5) / resolution
    v, u = torch.meshgrid(centres, centres, indexing="ij")
    return rays_through(camera, torch.stack([u.flatten(), v.flatten()], dim=-1)[None])


def rays_through(camera: Camera, positions: Tensor) -> Rays:
    """Cast rays through chosen places of the picture.

    Args:
        camera: B cameras.
        positions: (B, N, 2), or (1, N, 2) for the same places in all pictures: u to the right and v down in
            image sides, (0, 0) the top left corner of the picture.

    Returns:
        Rays of shape (B, N, 3), in single precision whatever autocast says.
    """
    intrinsics, pose = camera.intrinsics.float(), camera.cam_to_world.float()
    fx, fy = intrinsics[:, 0, 0, None], intrinsics[:, 1, 1, None]
    cx, cy, skew = intrinsics[:, 0, 2, None], intrinsics[:, 1, 2, None], intrinsics[:, 0, 1, None]
    u, v = positions.float().unbind(dim=-1)
    x = (u - cx + cy * skew / fy - skew * v / fy) / fx
    y = (v - cy) / fy
    in_camera = torch.stack([x, y, torch.ones_like(x)], dim=-1)  # (B, N, 3)
    with torch.autocast(pose.device.type, enabled=False):
        in_world = in_camera @ pose[:, :3, :3].mT
    directions = in_world / in_world.norm(dim=-1, keepdim=True)
    return Rays(pose[:, None, :3, 3].expand_as(directions), directions)
