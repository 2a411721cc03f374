"""Tri-planes: three feature images that span a cube, and features at points in it.

Source: Chan et al. 2022 (EG3D), section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from scipy import sparse
from torch import Tensor
from torch.autograd.function import once_differentiable

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

    Row 0 of a plane lies at the lower end of its height axis, column 0 at the lower end of its width axis;
    texel i has its centre at (-1/2 + (i + 1/2) / S) * box_side.
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

    def interleaved(self) -> TriPlane:
        """The same planes, a texel's channels side by side in memory: `mean_at` then copies nothing."""
        image = self.features.flatten(1, 2).contiguous(memory_format=torch.channels_last)
        return TriPlane(image.reshape(self.features.shape), self.box_side, self.axes)

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

    def mean_at(self, points: Tensor) -> Tensor:
        """Interpolate at points and average over the planes: `sample(points).mean(dim=1)`, faster.

        On a CPU, and where the points need no gradient, the twelve texels that a point touches are one row
        of a sparse matrix; the gradient is the product with its transpose.

        Args:
            points: World positions (B, N, 3).

        Returns:
            Features (B, N, C).
        """
        if self.features.device.type != "cpu" or points.requires_grad:
            return self.sample(points).mean(dim=1)
        batch, _, channels, _, _ = self.features.shape
        with torch.autocast("cpu", enabled=False):
            texels, weights = self._texels(points)
            table = self.features.permute(0, 3, 4, 1, 2).reshape(-1, channels).float()
            mixed: Tensor = _WeightedRows.apply(  # type: ignore[no-untyped-call]  # torch's own
                table, texels, weights
            )
        return mixed.reshape(batch, -1, channels)

    @torch.no_grad()
    def _texels(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Rows of the texel table each point mixes, and how much of each, (B * N, 12) int32 and float."""
        batch, planes, _, side, _ = self.features.shape
        axes = points.movedim(2, 0).contiguous()  # (3, B, N)
        position = axes * (side / self.box_side) + (side - 1) / 2  # in texels
        floor = position.floor()
        fraction = position - floor
        low = floor.clamp(-2, side).to(torch.int32)  # what lies further out has no texels either
        index = torch.stack([low, low + 1])  # (2, 3, B, N)
        inside = index.clamp(0, side - 1)
        weight = torch.stack([1.0 - fraction, fraction]).mul_(index == inside)
        # Row of texel (v, u) of plane p of sample b: ((b * S + v) * S + u) * 3 + p.
        along_u, along_v = inside * planes, inside * (side * planes)
        start = torch.arange(batch, dtype=torch.int32)[:, None] * (side * side * planes)
        texels = index.new_empty(planes, 2, 2, *points.shape[:2])
        weights = weight.new_empty(texels.shape)
        for plane, (u, v) in enumerate(PLANE_COORDINATES[self.axes]):
            torch.add(along_v[:, None, v], along_u[None, :, u] + (start + plane), out=texels[plane])
            torch.mul(weight[:, None, v], weight[None, :, u] * (1.0 / planes), out=weights[plane])
        return texels.reshape(12, -1).t().contiguous(), weights.reshape(12, -1).t().contiguous()


class _Context(Protocol):
    """What torch hands from forward to backward."""

    saved_tensors: tuple[Tensor, ...]
    table_rows: int

    def save_for_backward(self, *tensors: Tensor) -> None:
        """Keep tensors for `backward`."""


class _WeightedRows(torch.autograd.Function):
    """Sums of weighted rows of a table, (R, C) -> (N, C); differentiable in the table."""

    @staticmethod
    def forward(ctx: _Context, table: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
        ctx.save_for_backward(rows, weights)
        ctx.table_rows = table.shape[0]
        return F.embedding_bag(rows, table, per_sample_weights=weights, mode="sum")

    @staticmethod
    @once_differentiable
    def backward(ctx: _Context, gradient: Tensor) -> tuple[Tensor, None, None]:
        rows, weights = ctx.saved_tensors
        count, taps = rows.shape
        matrix = sparse.csr_matrix(
            (weights.flatten().numpy(), rows.flatten().numpy(), np.arange(0, count * taps + 1, taps)),
            shape=(count, ctx.table_rows),
        )
        return torch.from_numpy(matrix.T @ gradient.numpy()), None, None
