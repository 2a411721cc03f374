"""Densities on a lattice, asked for only where the surface runs.

    every 4th or 8th point -> cells whose corners differ -> all their points
                           -> neighbours into which the surface leads -> ... until it leads into none

The points in between are never asked for: there only the side of the level counts, and the side is that of
the cell's own corner. Whatever touches a surface found this way is the same as if every point had been asked
for; a separate body smaller than the first cells is missed.

Source: ours; following a surface from cell to cell is that of Wyvill et al. 1986 (data structure for soft
objects).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ask = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""Lattice indices (M, 3), at most `POINTS_PER_CHUNK`, some of them beyond the last point -> values (M,)."""

POINTS_PER_CHUNK = 1 << 17

_ENDS = (-1, 0, 1)
_DIRECTIONS = [(x, y, z) for x in _ENDS for y in _ENDS for z in _ENDS if (x, y, z) != (0, 0, 0)]
_OPPOSITE = [_DIRECTIONS.index((-x, -y, -z)) for x, y, z in _DIRECTIONS]
_ALL = (1 << len(_DIRECTIONS)) - 1


class Volume(Protocol):
    """Values at N points a side, handed out in slabs."""

    @property
    def resolution(self) -> int:
        """Points per side, N."""

    @property
    def highest(self) -> float:
        """The largest value."""

    def slab(self, start: int, stop: int) -> NDArray[np.float32]:
        """Values (stop - start, N, N) of the points with x indices from `start` to `stop` - 1."""


@dataclass(frozen=True, slots=True, eq=False)
class FullVolume:
    """A value at every point."""

    values: NDArray[np.float32]
    """(N, N, N)."""

    @property
    def resolution(self) -> int:
        """Points per side, N."""
        return len(self.values)

    @property
    def highest(self) -> float:
        """The largest value."""
        return float(self.values.max())

    def slab(self, start: int, stop: int) -> NDArray[np.float32]:
        """Values (stop - start, N, N)."""
        return self.values[start:stop]


@dataclass(frozen=True, slots=True, eq=False)
class TracedVolume:
    """Values along a surface, and elsewhere values on the same side of it.

    Memory grows with the surface, not with the volume: about 10 MB for a head at 512 points a side.
    """

    resolution: int
    """Points per side, N."""
    cell: int
    """Points per side of a cell, c; cell i holds the points c * i to c * i + c - 1."""
    corners: NDArray[np.float32]
    """(C, C, C) values at the cells' first points."""
    rows: NDArray[np.int32]
    """(C, C, C) rows in `values`; -1: the cell's first point serves for all of it."""
    values: NDArray[np.float32]
    """(K, c, c, c) values of the cells that the surface touches."""

    @property
    def highest(self) -> float:
        """The largest value."""
        return float(max(self.corners.max(), self.values.max(initial=-np.inf)))

    def slab(self, start: int, stop: int) -> NDArray[np.float32]:
        """Values (stop - start, N, N)."""
        c, count = self.cell, self.corners.shape[0]
        layers = []
        for layer in range(start // c, (stop - 1) // c + 1):
            block = np.empty((c, count, c, count, c), dtype=np.float32)
            block[:] = self.corners[layer][None, :, None, :, None]
            j, k = np.nonzero(self.rows[layer] >= 0)
            block[:, j, :, k, :] = self.values[self.rows[layer, j, k]]
            low, high = max(start - layer * c, 0), min(stop - layer * c, c)
            layers.append(
                block.reshape(c, count * c, count * c)[low:high, : self.resolution, : self.resolution]
            )
        return np.concatenate(layers)


def sample_everywhere(ask: Ask, resolution: int, report: Callable[[float], None]) -> FullVolume:
    """Ask for every point.

    Args:
        ask: The field.
        resolution: Points per side, N.
        report: Receives the share done.

    Returns:
        All N**3 values.
    """
    return FullVolume(_every(ask, resolution, 1, report))


def trace_surface(ask: Ask, resolution: int, level: float, report: Callable[[float], None]) -> TracedVolume:
    """Ask for points along the surface where the field crosses a level.

    Args:
        ask: The field.
        resolution: Points per side, N.
        level: Of the surface.
        report: Receives the share done, as far as it can be known.

    Returns:
        Values with the same surface as all N**3 would have, see the module.
    """
    steps = (2, 4) if resolution >= 384 else (4,) if resolution >= 32 else (2,)
    stride = int(np.prod(steps))
    known = _every(ask, -(-(resolution - 1) // stride) + 1, stride, lambda share: report(0.3 * share))
    done = 0.3
    for step in steps:
        stride //= step
        until = 1.0 if stride == 1 else 0.4
        count = resolution if stride == 1 else -(-(resolution - 1) // stride) + 1
        volume = _refined(ask, known, step, stride, count, level, _between(report, done, until))
        if stride > 1:
            known, done = volume.slab(0, count), until
    return volume


def _between(report: Callable[[float], None], low: float, high: float) -> Callable[[float], None]:
    return lambda share: report(low + (high - low) * share)


def _every(ask: Ask, count: int, stride: int, report: Callable[[float], None]) -> NDArray[np.float32]:
    """Values at every `stride`-th point, (count, count, count)."""
    values = np.empty(count**3, dtype=np.float32)
    for start in range(0, count**3, POINTS_PER_CHUNK):
        flat = np.arange(start, min(count**3, start + POINTS_PER_CHUNK))
        places = np.stack(np.unravel_index(flat, (count,) * 3), axis=-1)
        values[flat] = ask(places * stride)
        report((int(flat[-1]) + 1) / count**3)
    return values.reshape(count, count, count)


def _refined(
    ask: Ask,
    corners: NDArray[np.float32],
    cell: int,
    stride: int,
    resolution: int,
    level: float,
    report: Callable[[float], None],
) -> TracedVolume:
    """Fill the cells along the surface.

    For each cell and each of its 26 neighbours is kept, in a bit each, whether the points next to the
    neighbour lie above the level, below it or on both sides. Where two neighbours disagree across their
    border the surface runs between them, and both have to be known.
    """
    count = corners.shape[0]
    above = np.where(corners > level, _ALL, 0).astype(np.int32)
    below = above ^ _ALL
    rows = np.full(corners.shape, -1, dtype=np.int32)
    inside = np.stack(np.meshgrid(*[np.arange(cell)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    per_chunk = max(1, POINTS_PER_CHUNK // cell**3)
    found: list[NDArray[np.float32]] = []
    wanted = np.argwhere(_mixed(corners > level))
    rounds = 0
    while len(wanted):
        for start in range(0, len(wanted), per_chunk):
            cells = wanted[start : start + per_chunk]
            points = (cells[:, None] * cell + inside).reshape(-1, 3)
            found.append(ask(points * stride).reshape(-1, cell, cell, cell))
            # later rounds only mend what the first one missed
            share = (start + len(cells)) / len(wanted)
            report(0.9 * share if rounds == 0 else 0.9 + 0.1 * (1.0 - 0.5 ** (rounds - 1 + share)))
        i, j, k = wanted.T
        first = rows.max() + 1
        rows[i, j, k] = np.arange(first, first + len(wanted))
        solid = np.concatenate(found)[first:] > level if rounds == 0 else _last(found, len(wanted)) > level
        above[i, j, k], below[i, j, k] = _border_bits(solid), _border_bits(~solid)
        wanted = _led_into(wanted, above, below, rows, count)
        rounds += 1
    report(1.0)
    values = np.concatenate(found) if found else np.zeros((0, cell, cell, cell), dtype=np.float32)
    return TracedVolume(resolution, cell, corners, rows, values)


def _last(parts: list[NDArray[np.float32]], count: int) -> NDArray[np.float32]:
    """The last `count` rows of arrays that follow one another."""
    taken: list[NDArray[np.float32]] = []
    for part in reversed(parts):
        taken.insert(0, part)
        count -= len(part)
        if count <= 0:
            break
    return np.concatenate(taken)


def _mixed(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells whose corners do not agree, and pairs of cells that only touch along an edge and do not."""
    count = solid.shape[0]
    padded = np.pad(solid, ((0, 1),) * 3, mode="edge")
    corners = [padded[x : x + count, y : y + count, z : z + count] for x, y, z in product((0, 1), repeat=3)]
    mixed: NDArray[np.bool_] = np.logical_or.reduce(corners) & ~np.logical_and.reduce(corners)
    beside = np.zeros_like(mixed)
    for direction in _DIRECTIONS:
        if max(direction) == 1 and min(direction) == -1:
            here, there = _overlap(direction, count)
            beside[here] |= solid[here] != solid[there]
    return mixed | beside


def _overlap(direction: tuple[int, int, int], count: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Where cells have a neighbour in a direction, and those neighbours."""
    here = tuple(slice(max(0, -d), count - max(0, d)) for d in direction)
    there = tuple(slice(max(0, d), count - max(0, -d)) for d in direction)
    return here, there


def _border_bits(blocks: NDArray[np.bool_]) -> NDArray[np.int32]:
    """A bit per direction: whether any of the points next to that neighbour is set, (K, c, c, c) -> (K,)."""
    ends = {-1: slice(0, 1), 0: slice(None), 1: slice(-1, None)}
    bits = np.zeros(len(blocks), dtype=np.int32)
    for bit, (x, y, z) in enumerate(_DIRECTIONS):
        touched = blocks[:, ends[x], ends[y], ends[z]].reshape(len(blocks), -1).any(axis=1)
        bits |= touched.astype(np.int32) << bit
    return bits


def _led_into(
    cells: NDArray[np.int64],
    above: NDArray[np.int32],
    below: NDArray[np.int32],
    rows: NDArray[np.int32],
    count: int,
) -> NDArray[np.int64]:
    """Unknown neighbours of cells that disagree with them across the border, (M, 3)."""
    i, j, k = cells.T
    here_above, here_below = above[i, j, k], below[i, j, k]
    found = []
    for bit, direction in enumerate(_DIRECTIONS):
        beyond = cells + np.array(direction)
        valid = ((beyond >= 0) & (beyond < count)).all(axis=1)
        x, y, z = beyond[valid].T
        back = _OPPOSITE[bit]
        up, down = here_above[valid] >> bit & 1, here_below[valid] >> bit & 1
        differ = (up & below[x, y, z] >> back | down & above[x, y, z] >> back) & 1
        found.append(beyond[valid][(differ == 1) & (rows[x, y, z] < 0)])
    flat = np.unique(np.ravel_multi_index(tuple(np.concatenate(found).T), (count,) * 3))
    return np.stack(np.unravel_index(flat, (count,) * 3), axis=-1)
