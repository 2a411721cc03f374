"""Where along its ray a scene is sampled: evenly at first, then where the first pass found something.

Depths are distances along the unit ray, world units. Jitter and u are arguments, so that the caller owns
randomness.

Source: Mildenhall et al. 2020 (NeRF), section 5.2; Barron et al. 2021 (mip-NeRF), section 3.1 (smoothed
    weights). The pairing of bins and distribution is that of EG3D's release, which the public weights were
    trained with.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.rendering.rays import Rays


def box_limits(rays: Rays, box_side: float) -> tuple[Tensor, Tensor]:
    """Near and far where rays cross a cube about the origin.

    A ray that misses the cube gets the least near of those that hit as its near, and the greatest *near* of
    them as its far: so does the release. If none hits, near and far are all zero and nothing is rendered.

    Args:
        rays: (B, M, 3).
        box_side: Side of the cube, world units.

    Returns:
        Near and far, (B, M, 1) each.
    """
    half = box_side / 2
    # An axis the ray runs parallel to must not decide: infinities of the right sign see to that.
    inverse = 1.0 / rays.directions
    first, second = (-half - rays.origins) * inverse, (half - rays.origins) * inverse
    near = torch.minimum(first, second).amax(dim=-1, keepdim=True)
    far = torch.maximum(first, second).amin(dim=-1, keepdim=True)
    near = near.clamp(min=0.0)  # nothing behind the camera
    hit = near <= far
    if not bool(hit.any()):
        return torch.zeros_like(near), torch.zeros_like(far)
    nears = near[hit]
    return torch.where(hit, near, nears.min()), torch.where(hit, far, nears.max())


def stratified_depths(near: Tensor, far: Tensor, jitter: Tensor) -> Tensor:
    """Evenly spaced depths, each moved by its jitter.

    t_k = near + k * step + jitter_k * step, step = (far - near) / (S - 1)

    The last sample may lie up to one step beyond `far`.

    Args:
        near: (B, M, 1) or broadcastable.
        far: Likewise.
        jitter: Fractions of a step in [0, 1), (B, M, S).

    Returns:
        Depths (B, M, S), ascending.
    """
    count = jitter.shape[-1]
    fraction = torch.arange(count, device=jitter.device, dtype=jitter.dtype) / (count - 1)
    step = (far - near) / (count - 1)
    return near + fraction * (far - near) + jitter * step


def disparity_depths(near: Tensor, far: Tensor, jitter: Tensor) -> Tensor:
    """Depths evenly spaced in their inverse, t = 1 / ((1 - s) / near + s / far); arguments as above."""
    count = jitter.shape[-1]
    s = (torch.arange(count, device=jitter.device, dtype=jitter.dtype) + jitter) / (count - 1)
    return 1.0 / ((1.0 - s) / near + s / far)


@torch.no_grad()
def importance_depths(depths: Tensor, weights: Tensor, u: Tensor) -> Tensor:
    """Draw depths where the weights are, by the inverse of their smoothed distribution. No gradient flows.

    The weights are widened (maximum of neighbours, then mean of neighbours, plus 0.01); bins are the
    midpoints of the depths. Bin k is paired with the distribution of interval k + 1, half a bin off the
    textbook, and the last bin is never drawn from: the public weights were trained so.

    Args:
        depths: S coarse depths a ray, ascending, (B, M, S) with S >= 4.
        weights: Weights of the S - 1 intervals between them, (B, M, S - 1).
        u: Numbers in [0, 1], n a ray, (B, M, n).

    Returns:
        Depths (B, M, n), ascending where `u` is.
    """
    infinite = F.pad(weights, (1, 1), value=-torch.inf)
    widest = torch.maximum(infinite[..., :-1], infinite[..., 1:])  # (B, M, S)
    smoothed = 0.5 * (widest[..., :-1] + widest[..., 1:]) + 0.01  # (B, M, S - 1)
    bins = 0.5 * (depths[..., :-1] + depths[..., 1:])  # (B, M, S - 1)
    mass = smoothed[..., 1:-1] + 1e-5  # (B, M, S - 3)
    cumulative = F.pad(torch.cumsum(mass / mass.sum(dim=-1, keepdim=True), dim=-1), (1, 0))  # (B, M, S - 2)
    index = torch.searchsorted(cumulative.contiguous(), u.contiguous(), right=True)
    below, above = (index - 1).clamp(min=0), index.clamp(max=cumulative.shape[-1] - 1)
    low, high = cumulative.gather(-1, below), cumulative.gather(-1, above)
    bin_low, bin_high = bins.gather(-1, below), bins.gather(-1, above)
    width = high - low
    width = torch.where(width < 1e-5, torch.ones_like(width), width)
    return bin_low + (u - low) / width * (bin_high - bin_low)
