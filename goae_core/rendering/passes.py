"""What else a view of a head tells: depth, normals, and what the photo saw.

All maps are enlarged from the rays' resolution so that at the silhouette only the head's own values count.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.rendering.renderer import Field, Rendering
from goae_core.triplane import TriPlane

_SOLID = 0.5  # opacity from which a ray counts as having met the head
_REACH_TEXELS = 1.5


def resampled(image: Tensor, size: int) -> Tensor:
    """Bring a picture (B, C, R, R) to another side, bicubic and antialiased; it may overshoot a little."""
    if image.shape[-1] == size:
        return image
    return F.interpolate(image, (size, size), mode="bicubic", align_corners=False, antialias=True)


def depth_map(rendering: Rendering, size: int) -> Tensor:
    """Depth along the unit ray, (B, 1, size, size) float32 in world units; infinite off the head."""
    depth, _ = _enlarged(rendering.depth, rendering, size)
    solid = F.interpolate(rendering.opacity, (size, size), mode="bilinear", align_corners=False) > _SOLID
    return torch.where(solid, depth, torch.inf).float()


def normal_map(field: Field, planes: TriPlane, rendering: Rendering, size: int) -> tuple[Tensor, Tensor]:
    """World normals of the surface, against the gradient of density.

    Four points in a tetrahedron around each surface point give the gradient, a texel and a half away, so that
    the planes' own grain does not show.

    Args:
        field: Density around the surface.
        planes: Their texels set the distance; not sampled here.
        rendering: Gives the surface.
        size: Side of the result.

    Returns:
        Unit normals (B, 3, size, size), and where they are, (B, 1, size, size) in [0, 1]: a little beyond the
        silhouette, for an alpha to be laid over it.
    """
    reach = _REACH_TEXELS * planes.box_side / planes.features.shape[-1]
    corners = rendering.depth.new_tensor([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]])
    points = rendering.surface().flatten(2).mT  # (B, N, 3)
    slope = torch.zeros_like(points)
    for corner in corners:
        density, _ = field(points + reach * corner)
        # Compressed: deep inside, raw density says nothing about the surface any more.
        slope = slope + F.softplus(density.float() - 1.0).log1p() * corner
    normals = F.normalize(-slope, dim=-1).mT.reshape(
        rendering.origins.shape[0], 3, *rendering.depth.shape[2:]
    )
    smooth = F.avg_pool2d(normals * (rendering.opacity > _SOLID), 3, stride=1, padding=1)
    enlarged, within = _enlarged(smooth, rendering, size)
    return F.normalize(enlarged, dim=1), within


def seen_map(seen: Tensor, planes: TriPlane, rendering: Rendering, size: int) -> tuple[Tensor, Tensor]:
    """How much of the surface the photo saw: the least over the planes that know.

    Args:
        seen: Visibility (B, 1 or 3, S, S), see `fusion.visibility`.
        planes: Their axes and extent; not sampled here.
        rendering: Gives the surface.
        size: Side of the result.

    Returns:
        In [0, 1], (B, 1, size, size), and where it is, like the normals'.
    """
    points = rendering.surface()
    places = planes.project(points.flatten(2).mT)[:, : seen.shape[1]]  # (B, P, N, 2)
    shares = F.grid_sample(
        seen.flatten(0, 1)[:, None].float(),
        places.flatten(0, 1)[:, None].float(),
        padding_mode="border",
        align_corners=False,
    )
    least = shares.reshape(*seen.shape[:2], -1).amin(dim=1).reshape(-1, 1, *points.shape[2:])
    known, within = _enlarged(least, rendering, size)
    return known.clamp(0.0, 1.0), within


def _enlarged(values: Tensor, rendering: Rendering, size: int) -> tuple[Tensor, Tensor]:
    """Values on the head at another side, and where there are any.

    They reach one ray beyond the silhouette, so that a soft edge laid over them finds something.
    """
    solid = (rendering.opacity > _SOLID).to(values.dtype)
    both = torch.cat([torch.where(solid > 0.0, values, 0.0), solid], dim=1)
    both = torch.where(solid > 0.0, both, F.avg_pool2d(both, 3, stride=1, padding=1))
    both = F.interpolate(both, (size, size), mode="bilinear", align_corners=False)
    weight = both[:, -1:]
    return both[:, :-1] / weight.clamp(min=1e-3), (4.0 * weight).clamp(max=1.0)
