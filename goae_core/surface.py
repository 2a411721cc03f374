"""From densities to a closed, coloured surface.

    lattice (N, N, N) -> density -> marching cubes -> largest body -> colours at the vertices -> Mesh

The lattice is the clean one: N points a side from -box_side/2 to box_side/2, axes (x, y, z). (The
release shears its lattice by almost a voxel, mirrors x and leaves vertices in voxels.)

Sources: Chan et al. 2022 (EG3D), shape extraction; marching cubes by PyMCubes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from goae_core.errors import ExportError, StoppedError
from goae_core.lattice import POINTS_PER_CHUNK, Volume, sample_everywhere, trace_surface
from goae_core.mesh import Mesh, vertex_normals
from goae_core.presets import RenderConfig
from goae_core.rendering.rays import Rays

RESOLUTION_RANGE = (8, 768)
"""Points per side that `extract_surface` takes: fewer leave nothing, more show nothing new."""

_REACH = (0.72, 0.8, 0.8)
"""Semi-axes of the ellipsoid that holds a head, in half sides of the box: x, y, z. Frames end at 0.64 around
the axis; a little more is left for the curve of crown, back and chest."""

_VOXELS_PER_SLAB = 1 << 22  # marching cubes holds the interpreter: a tenth of a second each
_SKIN_SLOPE = 500.0  # of the density across the ellipsoid, per semi-axis: leaves the head's own slopes alone
_LEAST_TRACED = 32  # points a side; below, every point is asked for
_LEVEL_SAMPLES = 128  # along a ray
_LEVEL_POWERS = tuple(power / 4 for power in range(-8, 9))  # of two, times the default's density
_BESIDE_OUTLINE = 0.1  # units


def default_level(config: RenderConfig) -> float:
    """The raw density at which a model's surface lies.

    Models with EG3D's axes keep the 10 of the release. For ours the surface is where one marching step of the
    renderer becomes half opaque: 1 - exp(-softplus(level - 1) * step) = 1/2.

    Args:
        config: The preset's `render`.

    Returns:
        Raw density, as the decoder gives it.
    """
    if config.plane_axes == "eg3d" or config.ray_start is None or config.ray_end is None:
        return 10.0
    step = (config.ray_end - config.ray_start) / (config.coarse_samples + config.fine_samples)
    density = math.log(2.0) / step
    return 1.0 + math.log(math.expm1(density))  # the inverse of softplus(level - 1)


def default_margin(config: RenderConfig) -> float:
    """The share of the box, on every side, where no surface may lie.

    The release cuts 30 of 256 voxels, because its box also holds the picture's background; ours holds a head.
    """
    return 30.0 / 256.0 if config.plane_axes == "eg3d" else 0.0


@torch.inference_mode()
def head_level(density: Callable[[Tensor], Tensor], rays: Rays, config: RenderConfig) -> float:
    """The raw density at which one head's surface lies.

    Rays are marched in fine steps to the depth at which they have lost half their light, which is where the
    renderer shows the head. Of a row of levels that is taken whose surface they meet nearest to there; a ray
    that meets only one of the two, beside an outline, counts as a distance of 0.1 units.

    Args:
        density: As of `extract_surface`.
        rays: (1, M, 3), from any cameras that see the head.
        config: The preset's `render`.

    Returns:
        Raw density; the density behind it is a quarter to four times that of the default level, which also
        serves where no ray meets anything.
    """
    usual = default_level(config)
    if config.ray_start is None or config.ray_end is None:
        return usual
    usual_density = math.log1p(math.exp(usual - 1.0))
    levels = [_raw(usual_density * 2.0**power) for power in _LEVEL_POWERS]
    step = (config.ray_end - config.ray_start) / _LEVEL_SAMPLES
    depths = config.ray_start + step * (torch.arange(_LEVEL_SAMPLES, device=rays.origins.device) + 0.5)
    per_chunk = max(1, POINTS_PER_CHUNK // _LEVEL_SAMPLES)
    costs = torch.zeros(len(levels), dtype=torch.float64)
    for at in range(0, rays.count, per_chunk):
        origins, directions = rays.origins[0, at : at + per_chunk], rays.directions[0, at : at + per_chunk]
        points = origins[:, None] + depths[:, None] * directions[:, None]  # (m, S, 3)
        raw = density(points.reshape(-1, 3)).reshape(len(origins), _LEVEL_SAMPLES)
        lost = torch.cumsum(F.softplus(raw - 1.0) * step, dim=1) > math.log(2.0)
        for number, level in enumerate(levels):
            costs[number] += _disagreement(lost, raw > level, step)
    # of equals the one nearest to the usual level
    order = sorted(range(len(levels)), key=lambda number: abs(_LEVEL_POWERS[number]))
    return levels[min(order, key=lambda number: float(costs[number]))]


def _disagreement(first: Tensor, second: Tensor, step: float) -> float:
    """How far apart along rays (m, S) flags are set first, summed over rays, in units."""
    met = first.any(dim=1), second.any(dim=1)
    apart = step * (first.to(torch.uint8).argmax(dim=1) - second.to(torch.uint8).argmax(dim=1)).abs()
    beside = torch.where(met[0] ^ met[1], _BESIDE_OUTLINE, 0.0)
    return float(torch.where(met[0] & met[1], apart.clamp(max=_BESIDE_OUTLINE), beside).double().sum())


def _raw(density: float) -> float:
    """The inverse of softplus(raw - 1)."""
    return 1.0 + density + math.log(-math.expm1(-density))


@torch.inference_mode()
def extract_surface(
    density: Callable[[Tensor], Tensor],
    color: Callable[[Tensor], Tensor],
    *,
    box_side: float = 1.0,
    resolution: int = 256,
    level: float = 10.0,
    margin: float = 0.0,
    rounded: bool = True,
    floor: float | None = None,
    coarse_to_fine: bool = True,
    device: torch.device | str = "cpu",
    should_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Mesh:
    """Find the surface where `density` crosses `level`, and colour it.

    The surface is closed: what the box or the margin cuts gets a flat lid there. Only the largest connected
    body is kept, so floating specks, a separate background and hollows disappear. Memory beyond that of the
    networks stays below 1 GiB at 512 points a side.

    Args:
        density: (M, 3) float32 points, world units -> (M,) or (M, 1) raw density; higher is denser. Called
            with at most 131,072 points at a time.
        color: (M, 3) points -> (M, 3 or more) colours, the first three of them in [0, 1].
        box_side: Side of the cube about the origin, world units.
        resolution: Lattice points per side, N.
        level: Raw density of the surface, see `default_level` and `head_level`.
        margin: Share of the box kept empty on every side, see `default_margin`.
        rounded: Keep only an ellipsoid in the box, with a smooth skin where it cuts. The frames end
            at 0.64 of the box's half side around the axis; what a model put farther out is chance.
        floor: World y below which nothing is kept: a flat base.
        coarse_to_fine: Ask for every fourth or eighth point first, and for all of them only along the surface
            so found, see `lattice`. A separate body that no coarse point hits is then missed; False asks for
            every point.
        device: Where points are made.
        should_stop: Asked between chunks.
        on_progress: Receives the share done, rising to 1.

    Returns:
        The mesh: vertices in world units inside the box, y up, face along +z; outward faces and normals.

    Raises:
        ExportError: If `resolution` is out of range, or nothing in the box is as dense as `level`.
        StoppedError: If `should_stop` said so.
    """
    least, most = RESOLUTION_RANGE
    if not least <= resolution <= most:
        raise ExportError(f"the mesh resolution must be {least} to {most} points a side, got {resolution}")
    report = on_progress or (lambda share: None)
    stop = should_stop or (lambda: False)
    spacing = box_side / (resolution - 1)
    if rounded:
        density = _rounded(density, level, box_side / 2, spacing)
    if floor is not None:
        density = _above(density, level, floor)

    def ask(cells: NDArray[np.int64]) -> NDArray[np.float32]:
        if stop():
            raise StoppedError("the mesh was stopped before it was finished")
        points = torch.from_numpy(cells).to(device, torch.float32) * spacing - box_side / 2
        values: NDArray[np.float32] = density(points).reshape(-1).float().cpu().numpy()
        return values

    def report_sampling(share: float) -> None:
        report(0.8 * share)

    volume: Volume
    if coarse_to_fine and resolution >= _LEAST_TRACED:
        volume = trace_surface(ask, resolution, level, report_sampling)
    else:
        volume = sample_everywhere(ask, resolution, report_sampling)
    border = int(margin * resolution)
    points, triangles = _march(volume, border, level, stop)
    if not len(triangles):
        raise ExportError(
            f"no surface: nothing in the box is as dense as {level:.3g}; the model may be untrained, or the "
            "portrait empty"
        )
    vertices, faces = _largest_body(points, triangles)
    world = (vertices * spacing - box_side / 2).astype(np.float32)
    report(0.9)
    colors = _colors_at(color, world, torch.device(device), stop)
    report(1.0)
    return Mesh(vertices=world, faces=faces, colors=colors, normals=vertex_normals(world, faces))


def _rounded(
    density: Callable[[Tensor], Tensor], level: float, half: float, spacing: float
) -> Callable[[Tensor], Tensor]:
    """The density within an ellipsoid, falling below the level at its skin."""
    axes = torch.tensor(_REACH) * half
    # beyond the next lattice point the field itself does not matter
    outermost = -math.sqrt(3.0) * spacing / float(axes.min())

    def within(points: Tensor) -> Tensor:
        inward = 1.0 - torch.linalg.vector_norm(points / axes.to(points.device), dim=-1)
        skin: Tensor = level + _SKIN_SLOPE * inward  # linear, so that it is smooth
        near = inward > outermost
        skin[near] = torch.minimum(density(points[near]).reshape(-1), skin[near])
        return skin

    return within


def _above(density: Callable[[Tensor], Tensor], level: float, floor: float) -> Callable[[Tensor], Tensor]:
    """The density above a plane, falling below the level at it."""

    def above(points: Tensor) -> Tensor:
        plane: Tensor = level + _SKIN_SLOPE * (points[:, 1] - floor)
        return torch.minimum(density(points).reshape(-1), plane)

    return above


def distance_to_cut(
    vertices: NDArray[np.float32], box_side: float = 1.0, floor: float | None = None
) -> NDArray[np.float32]:
    """How far inside points lie of what `extract_surface` keeps when it rounds off.

    Args:
        vertices: (V, 3), world units.
        box_side: Side of the cube.
        floor: As it was given there.

    Returns:
        (V,) world units, about; zero on the cut.
    """
    axes = np.array(_REACH, dtype=np.float32) * (box_side / 2)
    inward = (1.0 - np.linalg.norm(vertices / axes, axis=1)) * float(axes.min())
    if floor is not None:
        inward = np.minimum(inward, vertices[:, 1] - floor)
    distance: NDArray[np.float32] = inward.astype(np.float32)
    return distance


def _march(
    volume: Volume, border: int, level: float, stop: Callable[[], bool]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Marching cubes slab by slab, sewn together: vertices in lattice indices, and triangles.

    Args:
        volume: The field.
        border: Points on every side that count as empty.
        level: Of the surface.
        stop: Asked between slabs.
    """
    import mcubes

    # A far lower value around everything closes the surface a thousandth of a voxel outside the border.
    low = level - 1e3 * max(1.0, volume.highest - level)
    thickness = max(1, _VOXELS_PER_SLAB // (volume.resolution - 2 * border + 2) ** 2)
    vertices, faces, base = [np.zeros((0, 3))], [np.zeros((0, 3), dtype=np.int64)], 0
    for start, slab in _slabs(volume, border, thickness, low):
        if stop():
            raise StoppedError("the mesh was stopped before it was finished")
        if not (slab > level).any():
            continue
        points, triangles = mcubes.marching_cubes(slab, level)
        vertices.append(points + np.array([start, 0.0, 0.0]))
        faces.append(triangles.astype(np.int64) + base)
        base += len(points)
    points, triangles = np.concatenate(vertices), np.concatenate(faces)

    # The lid lies a hair outside of what was sampled; flat on the border, its rim shrinks to points.
    last = volume.resolution - 2 * border - 1.0
    points = np.clip(points - 1.0, 0.0, last)
    on_seam = np.isin(points[:, 0], np.arange(thickness, last + 2.0, thickness) - 1.0)
    on_border = ((points == 0.0) | (points == last)).any(axis=1)
    return points + border, _sewn(points, triangles, np.flatnonzero(on_seam | on_border))


def _slabs(
    volume: Volume, border: int, thickness: int, low: float
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Slabs of the volume without its border, with `low` around it; each begins with the end of the last."""
    side = volume.resolution - 2 * border
    for start in range(0, side + 1, thickness):
        stop = min(start + thickness + 1, side + 2)
        slab = np.full((stop - start, side + 2, side + 2), low, dtype=np.float32)
        first, last = max(start, 1), min(stop, side + 1)
        if first < last:
            inner = volume.slab(first - 1 + border, last - 1 + border)
            slab[first - start : last - start, 1:-1, 1:-1] = inner[
                :, border : border + side, border : border + side
            ]
        yield start, slab


def _sewn(
    points: NDArray[np.float64], triangles: NDArray[np.int64], candidates: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Let triangles share those of the candidates that lie in one place; drop what shrank to a line."""
    # two slabs may round the same crossing differently in its last bit
    rounded = np.round(points[candidates], 7)
    _, first, inverse = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    same_as = np.arange(len(points))
    same_as[candidates] = candidates[first[inverse.reshape(-1)]]
    sewn = same_as[triangles]
    a, b, c = sewn.T
    kept: NDArray[np.int64] = sewn[(a != b) & (b != c) & (c != a)]
    return kept


def _largest_body(
    points: NDArray[np.float64], triangles: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """The connected piece of surface around the largest volume; hollows are pieces with a negative one."""
    from scipy import sparse

    ends = triangles[:, :2].reshape(-1), triangles[:, 1:].reshape(-1)  # two edges link all three corners
    links = sparse.coo_array((np.ones(len(ends[0]), dtype=bool), ends), shape=(len(points),) * 2)
    _, piece = sparse.csgraph.connected_components(links, directed=False)
    a, b, c = (points[triangles[:, k]] for k in range(3))
    volumes = np.bincount(piece[triangles[:, 0]], np.einsum("ij,ij->i", a, np.cross(b, c)))
    kept = triangles[piece[triangles[:, 0]] == np.argmax(volumes)]
    used, kept = np.unique(kept, return_inverse=True)
    return points[used], kept.reshape(-1, 3).astype(np.int32)


def _colors_at(
    color: Callable[[Tensor], Tensor],
    vertices: NDArray[np.float32],
    device: torch.device,
    stop: Callable[[], bool],
) -> NDArray[np.uint8]:
    parts = []
    for points in torch.split(torch.from_numpy(vertices), POINTS_PER_CHUNK):
        if stop():
            raise StoppedError("the mesh was stopped before it was finished")
        parts.append(color(points.to(device)).reshape(len(points), -1)[:, :3].float().cpu())
    return (torch.cat(parts).clamp(0.0, 1.0) * 255.0).round().to(torch.uint8).numpy()
