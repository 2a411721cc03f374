"""Light from all around: environments, what of them reaches each vertex, and their short description.

An environment is a radiance for each of a fixed set of directions. One depth map per direction tells which
vertices that direction reaches, so that any environment then costs one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from goae_core.training.synthetic.color import LUMINANCE
from goae_core.training.synthetic.head_pack import ByteArray, HeadPack
from goae_core.training.synthetic.rasterizer import depth_map
from goae_core.training.synthetic.scene import Material, Scene
from goae_core.training.synthetic.subdivision import FloatArray, IntArray
from goae_core.training.synthetic.sunlight import GOBOS, Sun

DIRECTION_COUNT = 96
_MAP_SIZE = 144
_MAP_EXTENT = 0.80
"""Half the side of a depth map in world units: the head with its hair."""
_SUN_SHARE, _TWO_COLOR_SHARE = 0.25, 0.10
_SHADOW_BIAS = 0.012
_HAIR_WRAP = 0.25
"""Light that hair passes on whatever its direction, as a share of full light."""
_SCATTER_STEPS = (0, 1, 4)
"""Steps of neighbourhood averaging for blue, green and red: how far each colour travels in skin."""


def _fibonacci_sphere(count: int) -> FloatArray:
    """Return nearly even directions (count, 3)."""
    index = np.arange(count) + 0.5
    y = 1 - 2 * index / count
    radius = np.sqrt(1 - y * y)
    angle = index * np.pi * (1 + 5**0.5)
    return np.stack([radius * np.cos(angle), y, radius * np.sin(angle)], axis=1).astype(np.float32)


DIRECTIONS = _fibonacci_sphere(DIRECTION_COUNT)
"""(96, 3) unit vectors towards the light."""


def _frames(directions: FloatArray) -> FloatArray:
    """Return for each direction two axes across it and itself (D, 3, 3)."""
    steep = np.abs(directions[:, 1:2]) > 0.9
    up = np.where(steep, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    across = np.cross(up, directions)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return np.stack([across, np.cross(directions, across), directions], axis=1).astype(np.float32)


_DIRECTION_FRAMES = _frames(DIRECTIONS)


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """An exposed environment: white surfaces facing its bright side come out at about a chosen radiance.

    Attributes:
        radiance: (96, 3) linear, from each of DIRECTIONS.
        key_directions: (K, 3) of the lamps whose highlights are drawn.
        key_colors: (K, 3) their strength.
        sun: A lamp with hard shadows; `radiance` leaves it out.
    """

    radiance: FloatArray
    key_directions: FloatArray
    key_colors: FloatArray
    sun: Sun | None = None

    @property
    def environment(self) -> FloatArray:
        """(96, 3) radiance with the sun, as one soft lobe."""
        if self.sun is None:
            return self.radiance
        return np.asarray(self.radiance + _sun_lobe(self.sun.direction, self.sun.color), dtype=np.float32)

    @property
    def harmonics(self) -> NDArray[np.float32]:
        """(27,) coefficients of the real spherical harmonics up to order 2: nine per colour, red first."""
        area = 4 * np.pi / DIRECTION_COUNT
        return (area * (_HARMONICS.T @ self.environment)).T.ravel().astype(np.float32)

    @property
    def labels(self) -> NDArray[np.float32]:
        """(5,) light_x, light_y, light_contrast, light_warmth, light_hardness.

        The first two are the rightward and upward parts (as a frontal picture shows them) of the unit vector
        towards most of the light; contrast is 0 for light from all around and 1 for a single lamp; warmth is
        the natural logarithm of red over blue; hardness is the share of the light that has hard shadows.
        """
        environment = self.environment
        luminance = environment @ LUMINANCE
        mean = luminance @ DIRECTIONS / luminance.sum()
        contrast = float(np.linalg.norm(mean))
        toward = mean / max(contrast, 1e-6)
        red, _, blue = environment.mean(axis=0)
        hardness = 1 - float((self.radiance @ LUMINANCE).sum() / luminance.sum())
        return np.array([toward[0], toward[1], contrast, np.log(red / blue), hardness], dtype=np.float32)


LIGHT_LABEL_NAMES = ("light_x", "light_y", "light_contrast", "light_warmth", "light_hardness")


def _sun_lobe(direction: NDArray[np.float64], color: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the radiance (96, 3) that lights a surface facing it as a sun of this colour does."""
    lobe = np.exp(40.0 * (DIRECTIONS @ direction - 1))
    return np.asarray((lobe / lobe.mean())[:, None] * color / 4)


def _harmonics(directions: FloatArray) -> NDArray[np.float64]:
    """Return the nine real spherical harmonics (D, 9) up to order 2, z being the polar axis."""
    x, y, z = directions.astype(np.float64).T
    return np.stack(
        [
            np.full_like(x, 0.5 * np.sqrt(1 / np.pi)),
            np.sqrt(3 / (4 * np.pi)) * y,
            np.sqrt(3 / (4 * np.pi)) * z,
            np.sqrt(3 / (4 * np.pi)) * x,
            0.5 * np.sqrt(15 / np.pi) * x * y,
            0.5 * np.sqrt(15 / np.pi) * y * z,
            0.25 * np.sqrt(5 / np.pi) * (3 * z * z - 1),
            0.5 * np.sqrt(15 / np.pi) * x * z,
            0.25 * np.sqrt(15 / np.pi) * (x * x - y * y),
        ],
        axis=1,
    )


_HARMONICS = _harmonics(DIRECTIONS)


def sample_light(rng: np.random.Generator) -> Light:
    """Draw an environment: a sky, a key lamp from the front, often a fill, sometimes a rim light or a sun."""
    ambient = np.exp(rng.normal(-1.15, 0.25)) * np.exp(rng.normal(0, 0.06, 3))
    sky = np.exp(rng.normal(0, 0.10, 3))
    lamps = [
        (
            rng.normal(0, 0.75),
            rng.uniform(0.05, 0.9),
            rng.uniform(2.5, 14),
            1.6 * np.exp(rng.normal(-1.15, 0.3)) * np.exp(rng.normal(0, [0.07, 0.02, 0.10])),
        )
    ]
    fill = (
        rng.uniform(-2.2, 2.2),
        rng.uniform(-0.2, 0.7),
        rng.uniform(2, 6),
        np.exp(rng.normal(-2.0, 0.5)) * np.exp(rng.normal(0, 0.1, 3)),
    )
    rim = (
        rng.choice([-1, 1]) * rng.uniform(2, 2.9),
        rng.uniform(0, 0.6),
        10.0,
        np.exp(rng.normal(-1.2, 0.5)) * np.exp(rng.normal(0, 0.1, 3)),
    )
    if rng.random() < 0.7:
        lamps.append(fill)
    if rng.random() < 0.4:
        lamps.append(rim)
    target = float(np.clip(np.exp(rng.normal(np.log(1.25), 0.22)), 0.65, 1.8))
    if rng.random() < _TWO_COLOR_SHARE:
        # stage light: two lamps of different hues
        hue = rng.normal(0, 0.45, 3)
        lamps[0] = (*lamps[0][:3], lamps[0][3] * np.exp(hue))
        opposite = -np.sign(lamps[0][0]) * rng.uniform(0.7, 2.0)
        lamps.append(
            (opposite, rng.uniform(0, 0.5), 5.0, lamps[0][3] * np.exp(-1.5 * hue) * rng.uniform(0.4, 1.0))
        )
    has_sun = rng.random() < _SUN_SHARE
    yaw, pitch = rng.normal(0, 0.9), rng.uniform(0.1, 1.0)
    sun = Sun(
        direction=np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)]),
        color=np.exp(rng.normal(0.0, 0.4)) * np.exp(rng.normal([0.06, 0.0, -0.10], 0.06)),
        gobo=GOBOS[1 + int(rng.integers(3))] if rng.random() < 0.25 else "",
        scale=float(np.exp(rng.uniform(np.log(0.15), np.log(0.5)))),
        shift=rng.uniform(-1, 1, 2),
    )
    return compose_light(ambient, sky, lamps, target, sun if has_sun else None)


def compose_light(
    ambient: NDArray[np.float64],
    sky: NDArray[np.float64],
    lamps: list[tuple[float, float, float, NDArray[np.float64]]],
    target: float,
    sun: Sun | None = None,
) -> Light:
    """Build an environment and expose it.

    Args:
        ambient: (3,) radiance from everywhere.
        sky: (3,) factors on the brightening towards the top.
        lamps: Each (yaw, pitch, concentration, strength (3,)); angles in radians as for cameras,
            concentration is that of a von Mises-Fisher lobe.
        target: Radiance that a white surface shows where the light on the face is bright.
        sun: A lamp with hard shadows.
    """
    radiance = ambient * (1 + 0.55 * DIRECTIONS[:, 1:2] * sky)
    key_directions, key_colors = [], []
    for yaw, pitch, concentration, strength in lamps:
        toward = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
        lobe = np.exp(concentration * (DIRECTIONS @ toward - 1))
        radiance = radiance + (lobe / lobe.mean())[:, None] * strength
        key_directions.append(toward)
        key_colors.append(strength)
    radiance = np.maximum(radiance, 0.01)

    cosine = np.maximum(DIRECTIONS @ DIRECTIONS.T, 0)  # irradiance for normals that are DIRECTIONS themselves
    facing = (DIRECTIONS[:, 2] > 0.25) & (DIRECTIONS[:, 1] > -0.4) & (DIRECTIONS[:, 1] < 0.6)
    lit = radiance if sun is None else radiance + _sun_lobe(sun.direction, sun.color)
    shown = (4 / DIRECTION_COUNT) * (cosine[facing] @ lit).mean(axis=1)
    gain = target / max(0.88 * float(np.percentile(shown, 88)), 0.02)
    if sun is not None:
        key_directions.append(sun.direction)
        key_colors.append(0.5 * sun.color)
    return Light(
        radiance=(radiance * gain).astype(np.float32),
        key_directions=np.asarray(key_directions, dtype=np.float32),
        key_colors=(np.asarray(key_colors) * gain).astype(np.float32),
        sun=None if sun is None else replace(sun, color=sun.color * gain),
    )


def visibility(scene: Scene) -> NDArray[np.uint8]:
    """Return how much of each direction reaches each vertex of the shadow mesh, (V', 96), 0 to 255."""
    mesh = scene.shadow_mesh
    reached: NDArray[np.uint8] = _visibility(
        mesh.positions,
        scene.shadow_normals,
        _DIRECTION_FRAMES,
        mesh.triangles,
        mesh.corner_uv,
        mesh.coverage_id,
        mesh.coverage,
        mesh.coverage_shape,
        _MAP_SIZE,
        _MAP_EXTENT,
        _SHADOW_BIAS,
    )
    return reached


def irradiance(scene: Scene, pack: HeadPack, reached: NDArray[np.uint8], lights: list[Light]) -> FloatArray:
    """Return the light on each drawn vertex.

    Args:
        scene: What is lit.
        pack: Its subdivision carries light from the coarse to the refined skin.
        reached: From `visibility`.
        lights: L environments.

    Returns:
        (V, L, 3); times albedo it is the radiance that leaves a matt surface.
    """
    coarse = scene.coarse_count
    facing = np.maximum(scene.shadow_normals @ DIRECTIONS.T, 0)
    is_hair = np.flatnonzero(scene.shadow_material == Material.HAIR)
    facing[is_hair] = (1 - 1.8 * _HAIR_WRAP) * facing[is_hair] + _HAIR_WRAP
    facing *= reached
    radiance = np.concatenate([light.radiance for light in lights], axis=1)  # (96, 3L)
    light_at = (facing @ radiance) * np.float32(4 / DIRECTION_COUNT / 255)
    skin = _scatter(light_at[:coarse], pack)
    full = np.concatenate([pack.subdivision.matrix @ skin, light_at[scene.light_from]])

    full = full.reshape(len(full), len(lights), 3).astype(np.float32)
    level = np.array([light.radiance.mean() for light in lights], dtype=np.float32)[None, :, None] * 2
    teeth = scene.vertex_material == Material.TEETH
    full[teeth] = np.maximum(1.1 * full[teeth], 0.25 * level)
    eyes = scene.vertex_material == Material.EYE
    full[eyes] *= 0.5 + 0.5 * np.clip(full[eyes] / level, 0, 1)  # lids darken the eyeball
    return np.ascontiguousarray(full)


def _scatter(light_at: FloatArray, pack: HeadPack) -> FloatArray:
    """Spread light (V, 3L) over the skin, red further than green: subsurface scattering, roughly."""
    spread = light_at.copy()
    current = light_at
    for step in range(max(_SCATTER_STEPS) + 1):
        for color, steps in enumerate(reversed(_SCATTER_STEPS)):
            if step == steps:
                own = 0.25 if steps else 1.0
                spread[:, color::3] = own * light_at[:, color::3] + (1 - own) * current[:, color::3]
        current = 0.4 * current + 0.6 * (pack.skin_smoothing @ current)
    return spread


@njit(fastmath=True, cache=True, nogil=True)
def _visibility(
    positions: FloatArray,
    normals: FloatArray,
    frames: FloatArray,
    triangles: IntArray,
    corner_uv: FloatArray,
    coverage_id: IntArray,
    coverage: ByteArray,
    coverage_shape: NDArray[np.int64],
    size: int,
    extent: float,
    bias: float,
) -> NDArray[np.uint8]:
    """Return the share (V, D), 0 to 255, of the 3 x 3 texels around a vertex that do not hide it."""
    count = positions.shape[0]
    reached = np.zeros((count, frames.shape[0]), np.uint8)
    x = np.empty(count, np.float32)
    y = np.empty(count, np.float32)
    z = np.empty(count, np.float32)
    nearest = np.empty((size, size), np.float32)
    for d in range(frames.shape[0]):
        for i in range(count):
            px, py, pz = positions[i]
            across = px * frames[d, 0, 0] + py * frames[d, 0, 1] + pz * frames[d, 0, 2]
            down = px * frames[d, 1, 0] + py * frames[d, 1, 1] + pz * frames[d, 1, 2]
            x[i] = (across / extent + 1) * 0.5 * size
            y[i] = (down / extent + 1) * 0.5 * size
            z[i] = px * frames[d, 2, 0] + py * frames[d, 2, 1] + pz * frames[d, 2, 2]
        depth_map(x, y, z, triangles, corner_uv, coverage_id, coverage, coverage_shape, d * 977, nearest)
        for i in range(count):
            nx, ny, nz = normals[i]
            if nx == 0 and ny == 0 and nz == 0:
                continue
            facing = nx * frames[d, 2, 0] + ny * frames[d, 2, 1] + nz * frames[d, 2, 2]
            if facing <= -0.35:
                continue
            limit = z[i] + bias * (1.0 + 2.0 * (1.0 - max(facing, 0.0)))
            column, row = int(x[i]), int(y[i])
            if column < 1 or row < 1 or column >= size - 1 or row >= size - 1:
                reached[i, d] = 255
                continue
            free = 0
            for dy in range(-1, 2):
                for dx in range(-1, 2):
                    if nearest[row + dy, column + dx] <= limit:
                        free += 1
            reached[i, d] = free * 255 // 9
    return reached
