from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from goae_core.lattice import Ask, FullVolume, sample_everywhere, trace_surface


def ask_of(volume: NDArray[np.float32], asked: list[int]) -> Ask:
    """A field that knows whole points only; beyond the last it is as empty as can be."""

    def ask(places: NDArray[np.int64]) -> NDArray[np.float32]:
        asked.append(len(places))
        inside = (places < len(volume)).all(axis=1)
        values = np.full(len(places), -9.0, dtype=np.float32)
        values[inside] = volume[tuple(places[inside].T)]
        return values

    return ask


def crossings(volume: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Both values of every edge that crosses zero, along each axis: all that a surface depends on."""
    found = []
    for axis in range(3):
        low, high = (
            np.take(volume, range(len(volume) - 1), axis),
            np.take(volume, range(1, len(volume)), axis),
        )
        crossed = (low > 0) != (high > 0)
        found += [np.where(crossed, low, 0), np.where(crossed, high, 0)]
    return found


def blob(side: int) -> NDArray[np.float32]:
    """A bent and dented body with a thin handle, in one piece."""
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, side)] * 3, indexing="ij")
    body = 0.5 - np.sqrt(x**2 + y**2 * 1.5 + z**2) + 0.06 * np.sin(9 * x) * np.cos(8 * y) * np.sin(7 * z)
    handle = 0.05 - np.sqrt((np.sqrt((x - 0.45) ** 2 + z**2) - 0.3) ** 2 + y**2)
    values: NDArray[np.float32] = np.maximum(body, handle).astype(np.float32)
    return values


@pytest.mark.parametrize("side", [32, 63, 64, 97])
def test_traced_surface_is_that_of_every_point(side: int) -> None:
    volume = blob(side)
    asked: list[int] = []
    traced = trace_surface(ask_of(volume, asked), side, 0.0, lambda share: None)

    for found, right in zip(crossings(traced.slab(0, side)), crossings(volume), strict=True):
        assert np.array_equal(found, right)
    assert np.array_equal(traced.slab(0, side) > 0, volume > 0)


def test_two_steps_serve_a_fine_lattice_and_ask_for_a_fortieth_of_it() -> None:
    side = 384

    def ball(places: NDArray[np.int64]) -> NDArray[np.float32]:
        asked.append(len(places))
        distance: NDArray[np.float32] = (90.0 - np.linalg.norm(places - 190.3, axis=1)).astype(np.float32)
        return distance

    asked: list[int] = []
    traced = trace_surface(ball, side, 0.0, lambda share: None)

    grid = np.stack(np.meshgrid([100, 101], np.arange(side), np.arange(side), indexing="ij"), axis=-1)
    right = (90.0 - np.linalg.norm(grid - 190.3, axis=-1)).astype(np.float32)
    found = traced.slab(100, 102)
    assert np.array_equal(found > 0, right > 0)
    near = np.abs(right) < 1.0
    assert found[near] == pytest.approx(right[near], abs=1e-4)
    assert sum(asked) < 0.025 * side**3
    assert max(asked) <= 1 << 17


def test_slabs_may_begin_and_end_within_cells() -> None:
    volume = blob(33)
    traced = trace_surface(ask_of(volume, []), 33, 0.0, lambda share: None)
    assert np.array_equal(traced.slab(5, 30), traced.slab(0, 33)[5:30])
    assert traced.slab(32, 33).shape == (1, 33, 33)


def test_nothing_to_trace_is_no_error() -> None:
    traced = trace_surface(lambda places: np.full(len(places), -1.0, np.float32), 40, 0.0, lambda share: None)
    assert traced.highest == -1.0
    assert (traced.slab(0, 40) == -1.0).all()


def test_every_point_in_its_place() -> None:
    shares: list[float] = []
    full = sample_everywhere(
        lambda places: (places @ np.array([100, 10, 1])).astype(np.float32), 6, shares.append
    )
    assert isinstance(full, FullVolume)
    assert full.values[1, 2, 3] == 123.0
    assert full.highest == 555.0
    assert shares[-1] == 1.0
