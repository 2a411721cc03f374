"""Scattering points onto planes: the transpose of bilinear sampling.

Source: the gradient of Jaderberg et al. 2015 (spatial transformers), used forwards.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction, FunctionCtx


class _Splat(torch.autograd.Function):
    """Weighted scatter of rows with its transpose, a weighted gather, as gradient."""

    @staticmethod
    def forward(ctx: FunctionCtx, rows: Tensor, target: Tensor, weight: Tensor, count: int) -> Tensor:
        ctx.save_for_backward(target, weight)
        total = rows.new_zeros(count, rows.shape[1])
        for k in range(target.shape[1]):
            total.index_add_(0, target[:, k], rows * weight[:, k : k + 1])
        return total

    @staticmethod
    def backward(ctx: BackwardCFunction, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        target, weight = cast(tuple[Tensor, Tensor], ctx.saved_tensors)
        gathered = gradient[target[:, 0]] * weight[:, :1]
        for k in range(1, target.shape[1]):
            gathered += gradient[target[:, k]] * weight[:, k : k + 1]
        return gathered, None, None, None


def splat(values: Tensor, places: Tensor, sample: Tensor, batch: int, size: int) -> Tensor:
    """Spread values over the four texels around their place, with bilinear weights.

    The exact transpose of bilinear sampling (align_corners=False): what falls outside is lost.
    Differentiable in the values.

    Args:
        values: (M, V), one row a point.
        places: (M, 2), width axis first, -1 to 1 across the plane.
        sample: (M,) int64, which of the B planes a point belongs to.
        batch: Number of planes, B.
        size: Texels per side, S.

    Returns:
        Sums over points, (B, S, S, V).
    """
    texel = (places.to(values.dtype) + 1.0) * (0.5 * size) - 0.5
    corner = texel.floor()
    fraction = texel - corner
    corner = corner.long()
    targets, weights = [], []
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        u, v = corner[:, 0] + right, corner[:, 1] + down
        inside = (u >= 0) & (u < size) & (v >= 0) & (v < size)
        weight_u = fraction[:, 0] if right else 1.0 - fraction[:, 0]
        weight_v = fraction[:, 1] if down else 1.0 - fraction[:, 1]
        targets.append(torch.where(inside, (sample * size + v) * size + u, 0))
        weights.append(weight_u * weight_v * inside)
    target, weight = torch.stack(targets, dim=1), torch.stack(weights, dim=1)
    flat = cast(Tensor, _Splat.apply(values, target, weight, batch * size * size))  # type: ignore[no-untyped-call]
    return flat.reshape(batch, size, size, -1)
