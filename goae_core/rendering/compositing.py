"""Density and colour along rays -> weights -> colour, depth, opacity.

    density_mid = softplus((g_k + g_k+1) / 2 - 1)            an interval between two samples
    alpha_k     = 1 - exp(-density_mid * (t_k+1 - t_k))
    weight_k    = alpha_k * prod_{j<k} (1 - alpha_j)
    colour      = sum_k weight_k * (c_k + c_k+1) / 2

There is no last interval to infinity: what no interval absorbs is background.

Source: Max 1995; Mildenhall et al. 2020 (NeRF), equation 3; midpoints as in Chan et al. 2022 (EG3D),
    supplement.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def interval_weights(density: Tensor, depths: Tensor) -> Tensor:
    """How much each interval between two samples contributes to its ray.

    Args:
        density: Raw densities g at K samples, before softplus, (..., K).
        depths: Their depths, ascending, (..., K), world units.

    Returns:
        Weights (..., K - 1) in [0, 1]; their sum is the ray's opacity.
    """
    middle = 0.5 * (density[..., :-1] + density[..., 1:])
    thickness = F.softplus(middle - 1.0) * (depths[..., 1:] - depths[..., :-1])
    # prod (1 - alpha_j) as the exponential of a sum: the same product, with a gradient that never divides.
    passed = torch.exp(-F.pad(torch.cumsum(thickness, dim=-1)[..., :-1], (1, 0)))
    return -torch.expm1(-thickness) * passed


def released_weights(density: Tensor, depths: Tensor) -> Tensor:
    """Interval weights with the rounding of the release; arguments and result as of `interval_weights`.

    1 - exp(-x) loses the digits of small x: rays that met almost nothing all get the same few weights, and so
    the same depths. The released occlusion mask reads those depths too, which is why its numbers need this
    form. The exponential is rounded correctly; devices without double precision come within one unit of that.
    """
    middle = 0.5 * (density[..., :-1] + density[..., 1:])
    thickness = F.softplus(middle - 1.0) * (depths[..., 1:] - depths[..., :-1])
    precise = thickness if thickness.device.type == "mps" else thickness.double()
    alpha = 1.0 - torch.exp(-precise).to(thickness.dtype)
    passed = torch.cumprod(1.0 - alpha + 1e-10, dim=-1)
    return alpha * F.pad(passed[..., :-1], (1, 0), value=1.0)


def sample_weights(weights: Tensor) -> Tensor:
    """Weights of the samples themselves: each interval's weight goes half to either end.

    sum_k weights_k * (c_k + c_k+1) / 2 = sum_k sample_weights_k * c_k

    Args:
        weights: Weights of K - 1 intervals, (..., K - 1).

    Returns:
        Weights of K samples, (..., K).
    """
    return 0.5 * (F.pad(weights, (0, 1)) + F.pad(weights, (1, 0)))


def expected_depth(weights: Tensor, depths: Tensor, limits: tuple[float, float]) -> Tensor:
    """Mean depth of what a ray met.

    Rays that met nothing get the upper limit. The gradient grows with the inverse of the opacity; weigh a
    loss on depth by opacity.

    Args:
        weights: Weights of K - 1 intervals, (..., K - 1).
        depths: Depths of K samples, ascending, (..., K).
        limits: Lowest and highest depth that may come out.

    Returns:
        Depth along the unit ray (..., 1), world units.
    """
    middle = 0.5 * (depths[..., :-1] + depths[..., 1:])
    total = weights.sum(dim=-1, keepdim=True)
    empty = total == 0
    mean = (weights * middle).sum(dim=-1, keepdim=True) / torch.where(empty, torch.ones_like(total), total)
    return torch.where(empty, torch.full_like(mean, limits[1]), mean).clamp(*limits)
