"""Tri-planes: three feature images that span a cube, and features at points in it.

Source: Chan et al. 2022 (EG3D), section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.presets import PlaneAxes

PLANE_COORDINATES: dict[PlaneAxes, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    # (width axis, height axis) of each plane; 0, 1, 2 = x, y, z.
    "eg3d": ((0, 1), (0, 2), (2, 0)),
    "orthogonal": ((0, 1), (0, 2), (2, 1)),
}
"""Which two coordinates of a point each plane sees."""


@dataclass(frozen=True, slots=True, eq=False)
class TriPlane:
    """Three axis-aligned feature planes around the origin.

    Row 0 of a plane lies at the lower end of its height axis, column 0 at the lower end of its width axis; texel i
    has its centre at (-1/2 + (i + 1/2) / S) * box_side.
    """

    features: Tensor
    """(B, 3, C, S, S)."""
    box_side: float
    """Side of the cube the planes span, world units; 1.0 means coordinates -0.5 to 0.5."""
    axes: PlaneAxes
    """Which coordinates each plane sees."""

    @property
    def batch(self) -> int:
        """Number of tri-planes, B."""
        return self.features.shape[0]

    def to(self, device: torch.device | str) -> TriPlane:
        """The same planes on a device."""
        return TriPlane(self.features.to(device), self.box_side, self.axes)

    def project(self, points: Tensor) -> Tensor:
        """Where points fall on each plane.

        Args:
            points: World positions (B, N, 3).

        Returns:
            (B, 3, N, 2): width then height coordinate per plane, -1 to 1 across the plane.
        """
        scaled = points * (2.0 / self.box_side)
        return torch.stack([scaled[..., pair] for pair in map(list, PLANE_COORDINATES[self.axes])], dim=1)

    def sample(self, points: Tensor) -> Tensor:
        """Interpolate every plane at points.

        Bilinear, zeros beyond the planes; differentiable in features and points.

        Args:
            points: World positions (B, N, 3).

        Returns:
            Features (B, 3, N, C), one set a plane.
        """
        batch, planes, channels, side, _ = self.features.shape
        grid = self.project(points).reshape(batch * planes, 1, -1, 2)
        flat = self.features.reshape(batch * planes, channels, side, side)
        sampled = F.grid_sample(
            flat, grid.to(flat.dtype), mode="bilinear", padding_mode="zeros", align_corners=False
        )
        return sampled.reshape(batch, planes, channels, -1).transpose(2, 3)
