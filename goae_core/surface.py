"""From densities to a closed, coloured surface.

    lattice (N, N, N) -> density -> largest body -> marching cubes -> colours at the vertices -> Mesh

The lattice is the clean one: N points a side from -box_side/2 to box_side/2, axes (x, y, z). (The
release shears its lattice by almost a voxel, mirrors x and leaves vertices in voxels.)

Sources: Chan et al. 2022 (EG3D), shape extraction; marching cubes by PyMCubes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from goae_core.errors import ExportError, StoppedError
from goae_core.mesh import Mesh, vertex_normals
from goae_core.presets import RenderConfig

RESOLUTION_RANGE = (8, 768)
"""Points per side that `extract_surface` takes: fewer leave nothing, more want gigabytes (2 at 768)."""

_REACH = (0.72, 0.8, 0.8)
"""Semi-axes of the ellipsoid that holds a head, in half sides of the box: x, y, z. Frames end at 0.64 around
the axis; a little more is left for the curve of crown, back and chest."""

_POINTS_PER_CHUNK = 1 << 17
_VOXELS_PER_SLAB = 1 << 23  # marching cubes holds the interpreter: a quarter of a second each
_COARSE_STEP = 4


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
def extract_surface(
    density: Callable[[Tensor], Tensor],
    color: Callable[[Tensor], Tensor],
    *,
    box_side: float = 1.0,
    resolution: int = 256,
    level: float = 10.0,
    margin: float = 0.0,
    rounded: bool = True,
    coarse_to_fine: bool = True,
    device: torch.device | str = "cpu",
    should_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Mesh:
    """Find the surface where `density` crosses `level`, and colour it.

    The surface is closed: what the box or the margin cuts gets a flat lid there. Only the largest connected
    body is kept, so floating specks, a separate background and hollows disappear.

    Args:
        density: (M, 3) float32 points, world units -> (M,) or (M, 1) raw density; higher is denser. Called
            with at most 131,072 points at a time.
        color: (M, 3) points -> (M, 3 or more) colours, the first three of them in [0, 1].
        box_side: Side of the cube about the origin, world units.
        resolution: Lattice points per side, N.
        level: Raw density of the surface, see `default_level`.
        margin: Share of the box kept empty on every side, see `default_margin`.
        rounded: Keep only an ellipsoid in the box, with a smooth skin where it cuts. The frames end
            at 0.64 of the box's half side around the axis; what a model put farther out is chance.
        coarse_to_fine: Ask for every fourth point first, and for all of them only along the surface so found.
            A separate body that no coarse point hits is then missed; False asks for every point.
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
    shaped = _rounded(density, level, box_side / 2) if rounded else density
    sample = _Lattice(shaped, box_side, resolution, torch.device(device), stop)

    def report_sampling(share: float) -> None:
        report(0.8 * share)

    if coarse_to_fine and resolution >= 8 * _COARSE_STEP:
        volume = _sample_near_surface(sample, level, report_sampling)
    else:
        volume = _sample_everywhere(sample, report_sampling)
    border = int(margin * resolution)
    if border:
        volume = volume[border:-border, border:-border, border:-border]
    if not (volume > level).any():
        raise ExportError(
            f"no surface: nothing in the box is as dense as {level:.3g}; the model may be untrained, or the "
            "portrait empty"
        )
    vertices, faces = _largest_body(*_march(volume, level, stop))
    spacing = box_side / (resolution - 1)
    world = ((vertices + border) * spacing - box_side / 2).astype(np.float32)
    report(0.9)
    colors = _colors_at(color, world, torch.device(device), stop)
    report(1.0)
    return Mesh(vertices=world, faces=faces, colors=colors, normals=vertex_normals(world, faces))


def _rounded(density: Callable[[Tensor], Tensor], level: float, half: float) -> Callable[[Tensor], Tensor]:
    """The density within an ellipsoid, falling below the level at its skin."""
    axes = torch.tensor(_REACH) * half

    def within(points: Tensor) -> Tensor:
        inward = 1.0 - torch.linalg.vector_norm(points / axes.to(points.device), dim=-1)
        # steep enough to leave the head's own slopes alone, linear so that the skin is smooth
        return torch.minimum(density(points).reshape(-1), level + 500.0 * inward)

    return within


class _Lattice:
    """Densities at lattice points, a chunk at a time."""

    def __init__(
        self,
        density: Callable[[Tensor], Tensor],
        box_side: float,
        resolution: int,
        device: torch.device,
        stop: Callable[[], bool],
    ) -> None:
        self.resolution = resolution
        self._density = density
        self._spacing = box_side / (resolution - 1)
        self._half = box_side / 2
        self._device = device
        self._stop = stop

    def at(self, flat: Tensor) -> Tensor:
        """Densities (M,) of the points with flat indices (M,): index = (ix * N + iy) * N + iz."""
        if self._stop():
            raise StoppedError("the mesh was stopped before it was finished")
        n = self.resolution
        cells = torch.stack([flat // (n * n), flat // n % n, flat % n], dim=-1)  # (M, 3)
        points = cells.to(self._device, torch.float32) * self._spacing - self._half
        return self._density(points).reshape(-1).float().cpu()

    def chunks(self, flat: Tensor, report: Callable[[float], None]) -> Tensor:
        """Densities (M,) of any number of points."""
        parts = []
        for start in range(0, len(flat), _POINTS_PER_CHUNK):
            parts.append(self.at(flat[start : start + _POINTS_PER_CHUNK]))
            report(min(1.0, (start + _POINTS_PER_CHUNK) / len(flat)))
        return torch.cat(parts) if parts else torch.zeros(0)


def _sample_everywhere(sample: _Lattice, report: Callable[[float], None]) -> NDArray[np.float32]:
    n = sample.resolution
    volume = np.empty(n**3, dtype=np.float32)
    for start in range(0, n**3, _POINTS_PER_CHUNK):
        end = min(n**3, start + _POINTS_PER_CHUNK)
        volume[start:end] = sample.at(torch.arange(start, end)).numpy()
        report(end / n**3)
    return volume.reshape(n, n, n)


def _sample_near_surface(
    sample: _Lattice, level: float, report: Callable[[float], None]
) -> NDArray[np.float32]:
    """Every fourth point first; then cell by cell along the surface until it leads into no new cell."""
    n = sample.resolution
    starts = np.arange(0, n - 1, _COARSE_STEP)  # cell i holds the points starts[i] to starts[i + 1] - 1
    ticks = np.append(starts, n - 1)
    x, y, z = np.meshgrid(ticks, ticks, ticks, indexing="ij")
    flat = torch.from_numpy(((x * n + y) * n + z).reshape(-1).astype(np.int64))
    coarse = sample.chunks(flat, lambda share: report(0.2 * share)).numpy().reshape((len(ticks),) * 3)

    # Away from the surface only the side of the level counts: the value at the cell's own corner serves.
    sizes = np.diff(np.append(starts, n))
    volume = _spread(coarse[:-1, :-1, :-1], sizes)
    dense = coarse > level
    some_dense, some_empty = _any_corner(dense), _any_corner(~dense)
    done = np.zeros_like(some_dense)
    while True:
        wanted = _grown(some_dense) & _grown(some_empty) & ~done
        if not wanted.any():
            return volume
        fine = np.flatnonzero(_spread(wanted, sizes))
        # later rounds only mend what the first one missed
        report_part = partial(_report_part, report, 0.2 if not done.any() else 0.9)
        volume.reshape(-1)[fine] = sample.chunks(torch.from_numpy(fine), report_part).numpy()
        done |= wanted
        some_dense |= _reduced(np.maximum, volume, starts) > level
        some_empty |= _reduced(np.minimum, volume, starts) <= level


def _report_part(report: Callable[[float], None], done: float, share: float) -> None:
    report(done + (0.9 - done) * share)


def _spread(cells: NDArray[Any], sizes: NDArray[np.int64]) -> NDArray[Any]:
    """A value per cell (T, T, T) -> a value per lattice point (N, N, N)."""
    for axis in range(3):
        cells = np.repeat(cells, sizes, axis=axis)
    return cells


def _reduced(how: np.ufunc, volume: NDArray[np.float32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
    """The largest or smallest value per cell (T, T, T)."""
    for axis in range(3):
        volume = how.reduceat(volume, starts, axis=axis)
    return volume


def _any_corner(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether any of a cell's eight corners is set: (T+1, T+1, T+1) -> (T, T, T)."""
    for axis in range(3):
        low = flags.take(range(flags.shape[axis] - 1), axis)
        flags = low | flags.take(range(1, flags.shape[axis]), axis)
    return flags


def _grown(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The cells and all 26 neighbours of each."""
    for axis in range(3):
        moved = np.swapaxes(cells.copy(), 0, axis)
        source = np.swapaxes(cells, 0, axis)
        moved[1:] |= source[:-1]
        moved[:-1] |= source[1:]
        cells = np.swapaxes(moved, 0, axis)
    return cells


def _march(
    volume: NDArray[np.float32], level: float, stop: Callable[[], bool]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Marching cubes slab by slab, sewn together: vertices in indices of `volume`, and triangles."""
    import mcubes

    # A far lower value around everything closes the surface a thousandth of a voxel outside the border.
    low = level - 1e3 * max(1.0, float(volume.max()) - level)
    padded = np.pad(volume, 1, constant_values=low)
    thickness = max(1, _VOXELS_PER_SLAB // padded[0].size)
    vertices, faces, base = [], [], 0
    for start in range(0, len(padded) - 1, thickness):
        if stop():
            raise StoppedError("the mesh was stopped before it was finished")
        slab = padded[start : start + thickness + 1]
        if not (slab > level).any():
            continue
        points, triangles = mcubes.marching_cubes(slab, level)
        vertices.append(points + np.array([start, 0.0, 0.0]))
        faces.append(triangles.astype(np.int64) + base)
        base += len(points)
    points, triangles = np.concatenate(vertices), np.concatenate(faces)

    # The lid lies a hair outside of what was sampled; flat on the border, its rim shrinks to points.
    last = np.array(volume.shape) - 1.0
    points = np.clip(points - 1.0, 0.0, last)
    on_seam = np.isin(points[:, 0], np.arange(thickness, len(padded) - 1, thickness) - 1.0)
    on_border = ((points == 0.0) | (points == last)).any(axis=1)
    return points, _sewn(points, triangles, np.flatnonzero(on_seam | on_border))


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
    for points in torch.split(torch.from_numpy(vertices), _POINTS_PER_CHUNK):
        if stop():
            raise StoppedError("the mesh was stopped before it was finished")
        parts.append(color(points.to(device)).reshape(len(points), -1)[:, :3].float().cpu())
    return (torch.cat(parts).clamp(0.0, 1.0) * 255.0).round().to(torch.uint8).numpy()
