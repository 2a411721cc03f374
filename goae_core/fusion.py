"""Which plane texels the photo saw, and the mix of w-only and refined planes by that.

Source: Yuan et al. 2023 (GOAE), section 3.3, arXiv 2303.12326; mixing all planes is ours.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.presets import FusionConfig
from goae_core.triplane import TriPlane

_BLUR_TAPS = 9
_SOLID = 0.5  # opacity from which a ray counts as having met the head


def visibility(points: Tensor, opacity: Tensor, planes: TriPlane, config: FusionConfig) -> Tensor:
    """Find the texels near which the photo saw a surface.

    Texels that surface points fall on are marked with 1, then

        M = blur(marks);   M = 1 where M > threshold, else 0;   visibility = blur(M)

    with a Gaussian of 9 x 9 texels that reflects at the edges: the threshold closes holes between rays and
    drops lone marks, the second blur makes the seam soft.

    Args:
        points: Surface in the input view, (B, 3, r, r), world units.
        opacity: (B, 1, r, r) in [0, 1].
        planes: Give size, extent and axes; their features are not read.
        config: `planes` "xy" is the release: the texel under each point of the frontal plane, background and
            points beyond the plane included (clamped to its edge). "all" marks on every plane the four texels
            that a point on the surface reads and their neighbours, for rays of opacity above one half: seen
            from the side a surface is a line, and a line alone would not pass the threshold.

    Returns:
        In [0, 1], without gradient: (B, 1, S, S) for "xy", (B, 3, S, S) for "all".
    """
    b, size = points.shape[0], planes.features.shape[-1]
    places = planes.project(points.detach().flatten(2).mT)  # (B, 3, N, 2) in [-1, 1]
    if config.planes == "xy":
        # Truncation after the clamp, as released.
        texel = (0.5 * (places[:, :1] + 1.0) * size).clamp(0, size - 1).long()
        inside = torch.ones_like(texel[..., 0], dtype=torch.bool)
        marks = _mark(texel, inside, size)
    else:
        solid = (opacity.detach().reshape(b, 1, -1) > _SOLID).expand(places.shape[:3])
        corner = (0.5 * (places + 1.0) * size - 0.5).floor().long()
        marks = torch.zeros(*places.shape[:2], size, size, device=points.device)
        for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
            texel = corner + torch.tensor([right, down], device=points.device)
            inside = solid & ((texel >= 0) & (texel < size)).all(dim=-1)
            marks = torch.maximum(marks, _mark(texel.clamp(0, size - 1), inside, size))
        marks = F.max_pool2d(marks, 3, stride=1, padding=1)
    blurred = blur(marks, config.blur_sigma)
    return blur((blurred > config.threshold).to(blurred.dtype), config.blur_sigma)


def fuse(w_planes: TriPlane, refined_planes: TriPlane, seen: Tensor) -> TriPlane:
    """Take refined planes where the photo saw the head, w-only planes elsewhere.

        fused = seen * refined + (1 - seen) * w_only

    Differentiable in both tri-planes.

    Args:
        w_planes: Planes of w+ alone.
        refined_planes: Planes after AFA.
        seen: From `visibility`. One channel mixes the frontal plane and takes the others refined; three mix
            all.

    Returns:
        Planes of the same shape.
    """
    refined, plain = refined_planes.features, w_planes.features
    weight = seen[:, :, None]
    if seen.shape[1] == 1:
        frontal = weight * refined[:, :1] + (1.0 - weight) * plain[:, :1]
        mixed = torch.cat([frontal, refined[:, 1:]], dim=1)
    else:
        mixed = weight * refined + (1.0 - weight) * plain
    return TriPlane(mixed, refined_planes.box_side, refined_planes.axes)


def blur(image: Tensor, sigma: float) -> Tensor:
    """Blur with a Gaussian of 9 x 9 taps, exp(-x**2 / (2 sigma**2)) normalised, reflecting at the edges.

    Args:
        image: (B, C, H, W), sides above 4.
        sigma: In texels.

    Returns:
        The same shape.
    """
    channels, reach = image.shape[1], _BLUR_TAPS // 2
    offset = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
    taps = torch.exp(-(offset**2) / (2.0 * sigma**2))
    taps = taps / taps.sum()
    kernel = torch.outer(taps, taps).expand(channels, 1, -1, -1)
    padded = F.pad(image, (reach, reach, reach, reach), mode="reflect")
    return F.conv2d(padded, kernel, groups=channels)


def _mark(texel: Tensor, inside: Tensor, size: int) -> Tensor:
    """One where at least one point falls, (B, P, S, S).

    Args:
        texel: (B, P, N, 2) int64, column then row, each in [0, S).
        inside: (B, P, N) bool; other points leave no mark.
        size: S.
    """
    flat = texel[..., 1] * size + texel[..., 0]
    marks = torch.zeros(*texel.shape[:2], size * size, device=texel.device)
    marks = marks.scatter_reduce(2, flat, inside.float(), reduce="amax")
    return marks.reshape(*texel.shape[:2], size, size)
