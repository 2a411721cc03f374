"""Colours for a texture: from many views of the head, and from the photo where it saw.

    texel -> place and normal -> each view that sees it, the squarer the more -> mean
          -> the photo's own colours where it shows the place -> what is unknown keeps its vertex colours

A view counts at a texel by

    visible * cosine^6 * inside the head's outline

where visible compares the texel's distance with the nearest one that falls on the same pixel. The high power
lets the squarest view decide, since a mean of pictures that fit to a pixel and a half is blurred.

Source: ours; weights by angle as in Debevec et al. 1996 (view-dependent texture mapping).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from goae_core.camera import Camera
from goae_core.detail import project
from goae_core.errors import StoppedError
from goae_core.mesh import Mesh
from goae_core.meshing.atlas import covered_faces, dilated, texels

Paint = Callable[[Tensor, Tensor], Tensor]
"""Places (M, 3) in world units and colours (M, 3) in [0, 1] -> colours (M, 3)."""

_COSINE_POWER = 6.0
_COSINES = (0.1, 0.35)  # not at all, fully
_FINER_COSINES = (0.2, 0.5)  # what is finer than a picture shows how it was stretched
_OUTLINE = (0.8, 0.98)  # opacity
_BEHIND = (0.01, 0.025)  # units behind the nearest surface on the pixel
_SHADED = (0.04, 0.08)  # units behind the nearest surface on the pixels around: its colours reach over
_DEPTH_SIDE = 160
_DEPTH_POINTS = 1_500_000
_REST = 1e-4  # weight of the colours that were there before


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture of the head."""

    camera: Camera
    """B = 1."""
    color: Tensor
    """(1, 3, R, R) in [0, 1], not dimmed by alpha."""
    alpha: Tensor
    """(1, 1, R, R) in [0, 1]."""
    finer: Tensor | None = None
    """(1, 3, r, r) what a photo from there shows beyond the resolution of all pictures, in [-1, 1]."""


def baked(
    mesh: Mesh,
    views: Sequence[View],
    side: int,
    *,
    unknown: NDArray[np.float32],
    paint: Paint | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> NDArray[np.uint8]:
    """Make a mesh's texture.

    Args:
        mesh: In world units, with `uv` and normals; its vertex colours serve where no view sees it.
        views: Of that head.
        side: Texels, S.
        unknown: (V,) share of the vertex colours, 0 to 1.
        paint: Lays the photo over what the views show.
        should_stop: Asked between steps.
        on_progress: Receives the share done.

    Returns:
        (S, S, 3) sRGB, row 0 on top, without holes.

    Raises:
        StoppedError: If `should_stop` said so.
    """
    assert mesh.normals is not None
    report = on_progress or (lambda share: None)

    def check() -> None:
        if should_stop is not None and should_stop():
            raise StoppedError("baking the texture was stopped")

    check()
    ids = covered_faces(mesh, side)
    count = int((ids >= 0).sum())
    depths = _depth_maps(mesh, ids, views)
    texture = np.zeros((side * side, 3), dtype=np.uint8)
    done = 0
    for part in texels(mesh, ids):
        check()
        places = torch.from_numpy(part.interpolated(mesh, mesh.vertices))
        normals = F.normalize(torch.from_numpy(part.interpolated(mesh, mesh.normals)), dim=-1)
        before = torch.from_numpy(part.interpolated(mesh, mesh.colors)) / 255.0
        share = torch.from_numpy(part.interpolated(mesh, unknown))[:, None]
        total = torch.full((len(places), 1), _REST)
        color = _REST * before
        for view, depth in zip(views, depths, strict=True):
            seen, weight = _seen(view, depth, places, normals)
            total += weight
            color += weight * seen
        color /= total
        if paint is not None:
            color = paint(places, color)
        for view, depth in zip(views, depths, strict=True):
            if view.finer is not None:
                color = color + _finer(view, view.finer, depth, places, normals)
        color = color + share * (before - color)
        texture[part.flat] = (color.clamp(0.0, 1.0) * 255.0).round().to(torch.uint8).numpy()
        done += len(part.flat)
        report(0.95 * done / count)
    check()
    finished = dilated(texture.reshape(side, side, 3), ids >= 0)
    report(1.0)
    return finished


def _seen(view: View, depth: Tensor, places: Tensor, normals: Tensor) -> tuple[Tensor, Tensor]:
    """Colours (M, 3) that a view shows at places, and how much they count (M, 1)."""
    grid, visible, cosine = _sight(view, depth, places, normals)
    read = _read(torch.cat([view.color, view.alpha], dim=1), grid)
    facing = _smooth_step(cosine, _COSINES) * cosine**_COSINE_POWER
    return read[:, :3], visible * facing * _smooth_step(read[:, 3:], _OUTLINE)


def _finer(view: View, finer: Tensor, depth: Tensor, places: Tensor, normals: Tensor) -> Tensor:
    """What a photo adds at places, (M, 3)."""
    grid, visible, cosine = _sight(view, depth, places, normals)
    within = _smooth_step(_read(view.alpha, grid), _OUTLINE)
    return visible * within * _smooth_step(cosine, _FINER_COSINES) * _read(finer, grid)


def _sight(view: View, depth: Tensor, places: Tensor, normals: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where places lie in a view, (1, M, 1, 2); whether it sees them, and how squarely, (M, 1)."""
    position = view.camera.cam_to_world[0, :3, 3]
    spots, distance, _ = project(view.camera, places[None], torch.zeros_like(places[None]))
    grid = (2.0 * spots - 1.0)[:, :, None]
    nearest = F.grid_sample(depth, grid, mode="nearest", padding_mode="border", align_corners=False)
    gap = distance[0, :, None] - nearest[0, :, :, 0].mT  # (M, 2)
    inside = ((spots[0] > 0.0) & (spots[0] < 1.0)).all(dim=-1, keepdim=True)
    visible = (1.0 - _smooth_step(gap[:, :1], _BEHIND)) * (1.0 - _smooth_step(gap[:, 1:], _SHADED)) * inside
    cosine = (normals * F.normalize(position - places, dim=-1)).sum(dim=-1, keepdim=True).clamp(min=0.0)
    return grid, visible, cosine


def _read(picture: Tensor, grid: Tensor) -> Tensor:
    """A picture's values (M, C) at the places of a grid."""
    return F.grid_sample(picture, grid, padding_mode="border", align_corners=False)[0, :, :, 0].mT


def _depth_maps(mesh: Mesh, ids: NDArray[np.int32], views: Sequence[View]) -> list[Tensor]:
    """For each view the distance of the nearest surface on a pixel, and on it and the two around it.

    Returns:
        (1, 2, r, r) each, infinite where there is none.
    """
    step = max(1, int(np.sqrt(np.count_nonzero(ids >= 0) / _DEPTH_POINTS)))
    thinned = np.full_like(ids, -1)
    thinned[::step, ::step] = ids[::step, ::step]
    parts = [part.interpolated(mesh, mesh.vertices) for part in texels(mesh, thinned)]
    points = torch.from_numpy(np.concatenate([*parts, mesh.vertices]))
    maps = []
    for view in views:
        spots, distance, _ = project(view.camera, points[None], torch.zeros_like(points[None]))
        pixel = (spots[0] * _DEPTH_SIDE).floor().long()
        inside = ((pixel >= 0) & (pixel < _DEPTH_SIDE)).all(dim=-1)
        flat = pixel[inside, 1] * _DEPTH_SIDE + pixel[inside, 0]
        nearest = torch.full((_DEPTH_SIDE**2,), torch.inf)
        nearest = nearest.scatter_reduce(0, flat, distance[0, inside], reduce="amin")
        exact = nearest.reshape(1, 1, _DEPTH_SIDE, _DEPTH_SIDE)
        around = -F.max_pool2d(-exact, 5, stride=1, padding=2)
        maps.append(torch.cat([exact, around], dim=1))
    return maps


def _smooth_step(x: Tensor, limits: tuple[float, float]) -> Tensor:
    """0 below the limits, 1 above, a cubic between them."""
    t = ((x - limits[0]) / (limits[1] - limits[0])).clamp(0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
