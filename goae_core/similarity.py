"""How alike two pictures look: the measure and the loss are one function."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_REACH = 5
_SIGMA = 1.5


def structural_similarity(picture: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean SSIM with the 11 x 11 Gaussian window of width 1.5; differentiable.

        luminance = (2 mx my + C1) / (mx^2 + my^2 + C1)      structure = (2 cov + C2) / (vx + vy + C2)

    The definition is for intensities, which are not negative: pictures are compared in [0, 1], where
    C1 = 0.01^2 and C2 = 0.03^2.

    Args:
        picture: (B, C, H, W) in [-1, 1], H and W above 5.
        target: Same shape.
        weight: (B, 1, H, W) to average by; None: everywhere alike.

    Returns:
        A scalar, 1 for equal pictures.

    Source: Wang et al. 2004, section III-B.
    """
    channels = picture.shape[1]
    offsets = torch.arange(-_REACH, _REACH + 1, dtype=picture.dtype, device=picture.device)
    line = torch.exp(-offsets.square() / (2 * _SIGMA**2))
    line = line / line.sum()
    rows = line.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
    columns = line.view(1, 1, 1, -1).expand(channels, 1, 1, -1)

    def blurred(image: Tensor) -> Tensor:
        padded = F.pad(image, (_REACH,) * 4, mode="reflect")
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
