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


def structural_similarity(picture: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean SSIM of pictures in [-1, 1] with the 11 x 11 Gaussian window of width 1.5.

    Args:
        picture: (B, C, H, W).
        target: Same shape.
        weight: (B, 1, H, W) to average by; None: everywhere alike.

    Returns:
        A scalar, 1 for equal pictures.

    Source: Wang et al. 2004, section III-B.
    """
    channels = picture.shape[1]
    offsets = torch.arange(11, dtype=picture.dtype, device=picture.device) - 5.0
    line = torch.exp(-offsets.square() / (2 * 1.5**2))
    line = line / line.sum()
    rows = line.view(1, 1, 11, 1).expand(channels, 1, 11, 1)
    columns = line.view(1, 1, 1, 11).expand(channels, 1, 1, 11)

    def blurred(image: Tensor) -> Tensor:
        padded = F.pad(image, (5, 5, 5, 5), mode="reflect")
        return F.conv2d(F.conv2d(padded, rows, groups=channels), columns, groups=channels)

    x, y = (picture + 1) / 2, (target + 1) / 2
    mean_x, mean_y = blurred(x), blurred(y)
    variance_x = blurred(x * x) - mean_x.square()
    variance_y = blurred(y * y) - mean_y.square()
    covariance = blurred(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + 1e-4) / (mean_x.square() + mean_y.square() + 1e-4)
    structure = (2 * covariance + 9e-4) / (variance_x + variance_y + 9e-4)
    similarity = luminance * structure
    if weight is None:
        return similarity.mean()
    weight = weight.expand_as(similarity)
    return (similarity * weight).sum() / weight.sum().clamp_min(1e-6)


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
