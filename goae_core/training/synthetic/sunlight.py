"""Hard light: one direction, shadows with edges, sometimes through a window, blinds or leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goae_core.training.synthetic.rasterizer import depth_map
from goae_core.training.synthetic.scene import Scene
from goae_core.training.synthetic.subdivision import FloatArray

GOBOS = ("", "window", "blinds", "leaves")
"""What the light comes through."""
_MAP_SIZE = 320
_MAP_EXTENT = 0.70
"""Half the side of a shadow map in world units."""


@dataclass(frozen=True, slots=True, eq=False)
class Sun:
    """A hard lamp.

    Attributes:
        direction: (3,) unit, towards it.
        color: (3,) what a white surface that faces it sends back.
        gobo: One of GOBOS.
        scale: World length of one opening.
        shift: (2,) world, of the openings across the light.
    """

    direction: NDArray[np.float64]
    color: NDArray[np.float64]
    gobo: str
    scale: float
    shift: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SunMaps:
    """What the suns of L lights reach; a light without one has a black sun.

    Attributes:
        frames: (L, 3, 3) rows: two axes across the light and the direction to it.
        colors: (L, 3).
        nearest: (L, S, S) height of what is lit first.
        gobo: (L, S, S) share that passes, 0 to 1.
        extent: Half the side of a map in world units.
    """

    frames: FloatArray
    colors: FloatArray
    nearest: FloatArray
    gobo: FloatArray
    extent: float


def sun_maps(scene: Scene, suns: list[Sun | None]) -> SunMaps:
    """Draw the shadow map of every sun; without any, maps are one texel small."""
    size = _MAP_SIZE if any(sun is not None for sun in suns) else 1
    frames = np.zeros((len(suns), 3, 3), np.float32)
    colors = np.zeros((len(suns), 3), np.float32)
    nearest = np.full((len(suns), size, size), -1e9, np.float32)
    gobo = np.ones((len(suns), size, size), np.float32)
    mesh = scene.shadow_mesh
    for k, sun in enumerate(suns):
        if sun is None:
            continue
        frames[k] = _frame(sun.direction)
        colors[k] = sun.color
        local = mesh.positions @ frames[k].T
        place = (local[:, :2] / _MAP_EXTENT + 1) * (0.5 * size)
        depth_map(
            np.ascontiguousarray(place[:, 0]),
            np.ascontiguousarray(place[:, 1]),
            np.ascontiguousarray(local[:, 2]),
            mesh.triangles,
            mesh.corner_uv,
            mesh.coverage_id,
            mesh.coverage,
            mesh.coverage_shape,
            331,
            nearest[k],
        )
        gobo[k] = _gobo(sun, size)
    return SunMaps(frames, colors, nearest, gobo, _MAP_EXTENT)


def _frame(direction: NDArray[np.float64]) -> FloatArray:
    across = np.cross([0.0, 1.0, 0.0], direction)
    across /= max(float(np.linalg.norm(across)), 1e-6)
    return np.stack([across, np.cross(direction, across), direction]).astype(np.float32)


def _gobo(sun: Sun, size: int) -> FloatArray:
    """Return the openings that the light comes through (S, S), with soft edges."""
    axis = ((np.arange(size) + 0.5) / size * 2 - 1) * _MAP_EXTENT
    across, up = np.meshgrid(axis, axis)
    across, up = (across + sun.shift[0]) / sun.scale, (up + sun.shift[1]) / sun.scale
    soft = 0.10

    def opening(x: NDArray[np.float64], closed: float) -> NDArray[np.float64]:
        inside = 0.5 - closed / 2 - np.abs(x % 1.0 - 0.5)
        return np.clip(inside / soft + 0.5, 0, 1)

    if sun.gobo == "window":
        return np.asarray(opening(across, 0.16) * opening(0.7 * up, 0.12), dtype=np.float32)
    if sun.gobo == "blinds":
        return np.asarray(opening(4.0 * up + 0.3 * across, 0.45), dtype=np.float32)
    if sun.gobo == "leaves":
        waves = np.sin(7 * across + 2 * np.sin(3 * up)) + np.sin(8 * up + 2 * np.sin(4 * across + 1))
        return np.asarray(np.clip(0.6 + 1.2 * waves, 0, 1), dtype=np.float32)
    return np.ones((size, size), dtype=np.float32)
