"""What pictures are compared by."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def charbonnier(difference: Tensor, weight: Tensor | None = None, width: float = 0.01) -> Tensor:
    """Mean of sqrt(d^2 + width^2) - width: L1 with a smooth bottom.

    Args:
        difference: Any shape.
        weight: Broadcastable to `difference`; the mean is over the weights.
        width: Where the bottom begins, in the units of `difference`.
    """
    values = (difference.square() + width**2).sqrt() - width
    if weight is None:
        return values.mean()
    weight = weight.expand_as(values)
    return (values * weight).sum() / weight.sum().clamp_min(1e-6)


def gradient_difference(picture: Tensor, target: Tensor, weight: Tensor, scales: int = 3) -> Tensor:
    """L1 between the finite differences of two pictures over several scales: edges in their places.

    Args:
        picture: (B, C, H, W).
        target: Same shape.
        weight: (B, 1, H, W).
        scales: How often both are halved.
    """
    total = picture.new_zeros(())
    for scale in range(scales):
        if scale:
            picture, target, weight = (F.avg_pool2d(t, 2) for t in (picture, target, weight))
        residual = picture - target
        total = total + charbonnier(residual[..., 1:] - residual[..., :-1], weight[..., 1:])
        total = total + charbonnier(residual[..., 1:, :] - residual[..., :-1, :], weight[..., 1:, :])
    return total / (2 * scales)


def occupancy_loss(density: Tensor, occupied: Tensor, step: float) -> Tensor:
    """Cross-entropy between the opacity of one step of length `step` and known occupancy.

    Args:
        density: Raw density as the decoder gives it, any shape.
        occupied: 0 or 1, same shape.
        step: World units.
    """
    # alpha = 1 - exp(-softplus(density - 1) * step), the renderer's own opacity
    thickness = F.softplus(density.float() - 1.0) * step
    log_transparent = -thickness
    log_opaque = torch.log(-torch.expm1(-thickness.clamp_min(1e-6)))
    return -(occupied * log_opaque + (1.0 - occupied) * log_transparent).mean()
