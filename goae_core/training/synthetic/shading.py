"""Samples to pixels: colour under several lights at once, coverage, depth and parts.

A pixel's samples are gathered by material; light and texture are taken at every sample, highlights once per
material. What a pixel shows of the head is then, in display space,

    foreground = sum over materials of share * display(color),    matte = sum of shares,

so that  picture = foreground + (1 - matte) * background  holds between sRGB values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from goae_core.training.synthetic.color import to_srgb
from goae_core.training.synthetic.lighting import Light
from goae_core.training.synthetic.rasterizer import Samples, scramble
from goae_core.training.synthetic.scene import Scene
from goae_core.training.synthetic.subdivision import FloatArray, IntArray
from goae_core.training.synthetic.sunlight import SunMaps
from goae_core.training.synthetic.viewpoint import Viewpoint

MATERIALS = 7
_RELIEF_HEIGHT = 6e-4
"""World units that full lightness in the skin's relief rises."""
_CURVE_TOP = 8.0
_CURVE_STEPS = 4096


def _display_curve() -> FloatArray:
    """Return display values (0..255) for radiance (k / last)^2 * top: a filmic shoulder, then sRGB."""
    radiance = np.linspace(0, 1, _CURVE_STEPS) ** 2 * _CURVE_TOP
    shown = 1.25 * radiance * (1 + 0.25 * radiance) / (1 + 0.9 * radiance)
    return (255 * to_srgb(np.clip(shown, 0, 1))).astype(np.float32)


_DISPLAY = _display_curve()


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One view under L lights, R pixels a side.

    Attributes:
        foreground: (L, R, R, 3) sRGB, premultiplied by the matte.
        matte: (R, R) coverage in 0..255.
        depth: (R, R) distance along the unit ray in world units, 0 where the matte is below one half.
        parts: (R, R) Material, -1 where the matte is below one half.
    """

    foreground: NDArray[np.uint8]
    matte: NDArray[np.uint8]
    depth: NDArray[np.float32]
    parts: NDArray[np.int8]


def shade(
    scene: Scene,
    viewpoint: Viewpoint,
    samples: Samples,
    light_at: FloatArray,
    lights: list[Light],
    suns: SunMaps,
) -> Picture:
    """Shade the samples of one view.

    Args:
        scene: What the samples show.
        viewpoint: From where.
        samples: From `rasterize`.
        light_at: (V, L, 3) from `irradiance`.
        lights: The L environments; their lamps give the highlights.
        suns: From `sun_maps` of the same lights.
    """
    resolution = samples.triangle.shape[0] // samples.per_pixel
    lamps = max(len(light.key_directions) for light in lights)
    key_directions = np.zeros((len(lights), lamps, 3), np.float32)
    key_colors = np.zeros((len(lights), lamps, 3), np.float32)
    for k, light in enumerate(lights):
        key_directions[k, : len(light.key_directions)] = light.key_directions
        key_colors[k, : len(light.key_colors)] = light.key_colors
    foreground = np.zeros((len(lights), resolution, resolution, 3), np.uint8)
    matte = np.zeros((resolution, resolution), np.uint8)
    depth = np.zeros((resolution, resolution), np.float32)
    parts = np.full((resolution, resolution), -1, np.int8)
    mesh = scene.mesh
    _shade(
        samples.triangle,
        samples.share_b,
        samples.share_c,
        samples.inverse_depth,
        samples.per_pixel,
        mesh.positions,
        mesh.triangles,
        mesh.corner_uv,
        scene.material,
        scene.normals,
        scene.strands,
        light_at,
        scene.fuzz,
        scene.fuzz_color,
        scene.albedo,
        scene.albedo_shape,
        scene.albedo_id,
        scene.relief,
        scene.gloss,
        scene.eye_gloss,
        viewpoint.cam_to_world[:3, 3].astype(np.float32),
        viewpoint.focal,
        key_directions,
        key_colors,
        np.array([light.radiance.mean() for light in lights], np.float32),
        suns.frames,
        suns.colors,
        suns.nearest,
        suns.gobo,
        suns.extent,
        _DISPLAY,
        foreground,
        matte,
        depth,
        parts,
    )
    return Picture(foreground, matte, depth, parts)


@njit(fastmath=True, cache=True, nogil=True, inline="always")
def _power(base: float, exponent: int) -> float:
    """Return base to a whole exponent."""
    result = 1.0
    while exponent > 0:
        if exponent & 1:
            result *= base
        base *= base
        exponent >>= 1
    return result


@njit(fastmath=True, cache=True, nogil=True, inline="always")
def _display(curve: FloatArray, radiance: float) -> float:
    """Look a radiance up in the display curve."""
    place = np.sqrt(min(max(radiance / _CURVE_TOP, 0.0), 1.0)) * (_CURVE_STEPS - 1)
    index = min(int(place), _CURVE_STEPS - 2)
    shown: float = curve[index] + (place - index) * (curve[index + 1] - curve[index])
    return shown


@njit(fastmath=True, cache=True, nogil=True)
def _bend(
    normal: NDArray[np.float64],
    t: int,
    triangles: IntArray,
    positions: FloatArray,
    uv: FloatArray,
    u: float,
    v: float,
    relief: FloatArray,
    bent: NDArray[np.float64],
) -> None:
    """Tilt a normal by the slope of the skin's relief; writes to `bent`."""
    bent[0], bent[1], bent[2] = normal[0], normal[1], normal[2]
    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    u1, v1 = uv[t, 1, 0] - uv[t, 0, 0], uv[t, 1, 1] - uv[t, 0, 1]
    u2, v2 = uv[t, 2, 0] - uv[t, 0, 0], uv[t, 2, 1] - uv[t, 0, 1]
    area = u1 * v2 - u2 * v1
    if abs(area) < 1e-10:
        return
    rows, columns = relief.shape
    column = min(max(int(u * columns), 1), columns - 2)
    row = min(max(int((1 - v) * rows), 1), rows - 2)
    slope_u = (relief[row, column + 1] - relief[row, column - 1]) * columns * 0.5
    slope_v = (relief[row - 1, column] - relief[row + 1, column]) * rows * 0.5
    length_u, length_v = 1e-8, 1e-8
    for k in range(3):
        side1, side2 = positions[b, k] - positions[a, k], positions[c, k] - positions[a, k]
        along_u, along_v = (v2 * side1 - v1 * side2) / area, (u1 * side2 - u2 * side1) / area
        length_u += along_u * along_u
        length_v += along_v * along_v
    for k in range(3):
        side1, side2 = positions[b, k] - positions[a, k], positions[c, k] - positions[a, k]
        along_u, along_v = (v2 * side1 - v1 * side2) / area, (u1 * side2 - u2 * side1) / area
        bent[k] -= _RELIEF_HEIGHT * (slope_u / length_u * along_u + slope_v / length_v * along_v)
    scale = 1.0 / max(1e-6, np.sqrt(bent[0] ** 2 + bent[1] ** 2 + bent[2] ** 2))
    for k in range(3):
        bent[k] *= scale


@njit(fastmath=True, cache=True, nogil=True)
def _sunlight(
    positions: FloatArray,
    triangles: IntArray,
    t: int,
    share_a: float,
    share_b: float,
    share_c: float,
    normal: NDArray[np.float64],
    material: int,
    frame: FloatArray,
    nearest: FloatArray,
    gobo: FloatArray,
    extent: float,
) -> float:
    """Return how much of a sun a point on a triangle sends back, if it is white."""
    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    facing, across, up, height = 0.0, 0.0, 0.0, 0.0
    for k in range(3):
        place = share_a * positions[a, k] + share_b * positions[b, k] + share_c * positions[c, k]
        facing += normal[k] * frame[2, k]
        across += place * frame[0, k]
        up += place * frame[1, k]
        height += place * frame[2, k]
    if material == 2:  # hair passes some of the light on
        facing = 0.35 + 0.5 * facing
    elif material == 0:  # and skin lets the edge of the shadow glow
        facing = (facing + 0.08) / 1.08
    if facing <= 0:
        return 0.0
    size = nearest.shape[0]
    column, row = int((across / extent + 1) * 0.5 * size), int((up / extent + 1) * 0.5 * size)
    if column < 1 or row < 1 or column >= size - 1 or row >= size - 1:
        return facing
    limit = height + 0.008 + 0.012 * (1 - min(facing, 1.0)) + (0.012 if material == 2 else 0.0)
    free = 0
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            if nearest[row + dy, column + dx] <= limit:
                free += 1
    passed: float = facing * gobo[row, column] * free / 9.0
    return passed


@njit(fastmath=True, cache=True, nogil=True)
def _shade(
    triangle_at: IntArray,
    share_b_at: FloatArray,
    share_c_at: FloatArray,
    inverse_at: FloatArray,
    per_pixel: int,
    positions: FloatArray,
    triangles: IntArray,
    uv: FloatArray,
    material: NDArray[np.int8],
    normals: FloatArray,
    strands: FloatArray,
    light_at: FloatArray,
    fuzz: FloatArray,
    fuzz_color: FloatArray,
    albedo: FloatArray,
    albedo_shape: NDArray[np.int64],
    albedo_id: IntArray,
    relief: FloatArray,
    gloss: float,
    eye_gloss: float,
    camera: FloatArray,
    focal: float,
    key_directions: FloatArray,
    key_colors: FloatArray,
    ambient: FloatArray,
    sun_frames: FloatArray,
    sun_colors: FloatArray,
    sun_nearest: FloatArray,
    sun_gobo: FloatArray,
    sun_extent: float,
    curve: FloatArray,
    foreground: NDArray[np.uint8],
    matte: NDArray[np.uint8],
    depth: FloatArray,
    parts: NDArray[np.int8],
) -> None:
    """Shade every pixel; the last four arguments are written. Names as in `Samples`, `Mesh` and `Scene`."""
    resolution = matte.shape[0]
    lights, lamps = key_directions.shape[0], key_directions.shape[1]
    strata = per_pixel * per_pixel
    count = np.zeros(MATERIALS, np.int32)
    lit = np.zeros((MATERIALS, lights, 3))
    texel_sum = np.zeros((MATERIALS, 3))
    level = np.zeros((MATERIALS, lights))
    normal_sum = np.zeros((MATERIALS, 3))
    depth_sum = np.zeros(MATERIALS)
    last_y = np.zeros(MATERIALS, np.int32)
    last_x = np.zeros(MATERIALS, np.int32)
    texel = np.zeros(3)
    bent = np.zeros(3)
    normal = np.zeros(3)
    view = np.zeros(3)
    half = np.zeros(3)
    sums = np.zeros((lights, 3))
    for pixel_y in range(resolution):
        for pixel_x in range(resolution):
            # 1. gather the samples by material
            covered = 0
            for s in range(strata):
                y, x = pixel_y * per_pixel + s // per_pixel, pixel_x * per_pixel + s % per_pixel
                t = triangle_at[y, x]
                if t < 0:
                    continue
                m = material[t]
                if count[m] == 0:
                    depth_sum[m] = 0.0
                    for k in range(3):
                        normal_sum[m, k] = 0.0
                        texel_sum[m, k] = 0.0
                    for j in range(lights):
                        level[m, j] = 0.0
                        for k in range(3):
                            lit[m, j, k] = 0.0
                covered += 1
                count[m] += 1
                last_y[m], last_x[m] = y, x
                share_b, share_c = share_b_at[y, x], share_c_at[y, x]
                share_a = 1 - share_b - share_c
                a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                depth_sum[m] += 1.0 / inverse_at[y, x]
                u = share_a * uv[t, 0, 0] + share_b * uv[t, 1, 0] + share_c * uv[t, 2, 0]
                v = share_a * uv[t, 0, 1] + share_b * uv[t, 1, 1] + share_c * uv[t, 2, 1]
                picture = albedo_id[t]
                rows, columns = albedo_shape[picture, 1], albedo_shape[picture, 2]
                fx = min(max(u * columns - 0.5, 0.0), columns - 1.001)
                fy = min(max((1 - v) * rows - 0.5, 0.0), rows - 1.001)
                ix, iy = int(fx), int(fy)
                fx -= ix
                fy -= iy
                above = albedo_shape[picture, 0] + (iy * columns + ix) * 3
                below = above + columns * 3
                for k in range(3):
                    texel[k] = (albedo[above + k] * (1 - fx) + albedo[above + 3 + k] * fx) * (1 - fy) + (
                        albedo[below + k] * (1 - fx) + albedo[below + 3 + k] * fx
                    ) * fy
                if m == 0:
                    roots = share_a * fuzz[a] + share_b * fuzz[b] + share_c * fuzz[c]
                    if roots > 0.01:
                        grain = scramble(int(u * 2600) * 4099 + int(v * 2600)) & 255
                        roots = min(roots * (1.0 if grain < 140 else 0.62), 0.92)
                        for k in range(3):
                            texel[k] += roots * (fuzz_color[k] - texel[k])
                for k in range(3):
                    texel_sum[m, k] += texel[k]
                for j in range(lights):
                    for k in range(3):
                        light = (
                            share_a * light_at[a, j, k]
                            + share_b * light_at[b, j, k]
                            + share_c * light_at[c, j, k]
                        )
                        lit[m, j, k] += light * texel[k]
                        level[m, j] += light
                for k in range(3):
                    normal_sum[m, k] += (
                        share_a * normals[a, k] + share_b * normals[b, k] + share_c * normals[c, k]
                    )
            if covered == 0:
                continue

            # 2. shade each material once
            sums[:] = 0.0
            chief = 0
            for m in range(MATERIALS):
                if count[m] == 0:
                    continue
                if count[m] > count[chief]:
                    chief = m
                y, x = last_y[m], last_x[m]
                t = triangle_at[y, x]
                a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                share_b, share_c = share_b_at[y, x], share_c_at[y, x]
                share_a = 1 - share_b - share_c
                length, view_length, facing = 1e-12, 1e-12, 0.0
                for k in range(3):
                    normal[k] = normal_sum[m, k]
                    view[k] = camera[k] - (
                        share_a * positions[a, k] + share_b * positions[b, k] + share_c * positions[c, k]
                    )
                    length += normal[k] * normal[k]
                    view_length += view[k] * view[k]
                for k in range(3):
                    normal[k] /= np.sqrt(length)
                    view[k] /= np.sqrt(view_length)
                    facing += normal[k] * view[k]
                if m > 2 and facing < 0:  # thin things look the same from both sides
                    facing = -facing
                    for k in range(3):
                        normal[k] = -normal[k]
                facing = max(facing, 0.0)
                fresnel = _power(1 - facing, 5)
                u = share_a * uv[t, 0, 0] + share_b * uv[t, 1, 0] + share_c * uv[t, 2, 0]
                if m == 0:
                    v = share_a * uv[t, 0, 1] + share_b * uv[t, 1, 1] + share_c * uv[t, 2, 1]
                    _bend(normal, t, triangles, positions, uv, u, v, relief, bent)
                else:
                    bent[0], bent[1], bent[2] = normal[0], normal[1], normal[2]
                strand_jitter = 0.0
                if m == 2:
                    strand_jitter = ((scramble(int(u * 700) * 31 + 7) & 255) / 255.0 - 0.5) * 0.25
                for j in range(lights):
                    red, green, blue = (
                        lit[m, j, 0] / count[m],
                        lit[m, j, 1] / count[m],
                        lit[m, j, 2] / count[m],
                    )
                    mean_light = level[m, j] / (3 * count[m])
                    # lamps shine only where light arrives
                    reach = min(1.0, mean_light / max(1e-4, 1.3 * ambient[j]))
                    if m == 0:
                        smooth_cos, bent_cos = 0.0, 0.0
                        for k in range(3):
                            smooth_cos += key_directions[j, 0, k] * normal[k]
                            bent_cos += key_directions[j, 0, k] * bent[k]
                        tilt = (0.9 + max(bent_cos, -0.3)) / (0.9 + max(smooth_cos, -0.3))
                        tilt = min(1.3, max(0.7, tilt))
                        red, green, blue = red * tilt, green * tilt, blue * tilt
                    if sun_colors[j, 1] > 0:
                        sunny = _sunlight(
                            positions, triangles, t, share_a, share_b, share_c, bent, m,
                            sun_frames[j], sun_nearest[j], sun_gobo[j], sun_extent,
                        )  # fmt: skip
                        sunny /= count[m]
                        red += texel_sum[m, 0] * sunny * sun_colors[j, 0]
                        green += texel_sum[m, 1] * sunny * sun_colors[j, 1]
                        blue += texel_sum[m, 2] * sunny * sun_colors[j, 2]
                    body = red + green + blue
                    for lamp in range(lamps):
                        length = 1e-12
                        for k in range(3):
                            half[k] = view[k] + key_directions[j, lamp, k]
                            length += half[k] * half[k]
                        length = np.sqrt(length)
                        cosine, lamp_cosine = 0.0, 0.0
                        for k in range(3):
                            half[k] /= length
                            cosine += bent[k] * half[k]
                            lamp_cosine += normal[k] * key_directions[j, lamp, k]
                        cosine = max(cosine, 0.0)
                        shine = 0.0
                        if m == 0:
                            shine = gloss * (0.028 + 0.32 * fresnel) * reach
                            shine *= 1.1 * _power(cosine, 14) + 1.6 * _power(cosine, 44)
                        elif m == 1:
                            shine = 1.1 * _power(cosine, 180) + 0.010 * _power(cosine, 24)
                            shine *= eye_gloss * min(1.0, 0.25 + reach)
                        elif m == 2:
                            along, length = strand_jitter, 1e-12
                            dot = 0.0
                            for k in range(3):
                                strand = (
                                    share_a * strands[a, k]
                                    + share_b * strands[b, k]
                                    + share_c * strands[c, k]
                                )
                                dot += strand * half[k]
                                length += strand * strand
                            along += dot / np.sqrt(length)
                            across = np.sqrt(max(0.0, 1 - along * along))
                            shine = 0.026 * _power(across, 60) + 0.13 * (body + 0.03) * _power(across, 14)
                            shine *= reach * (0.3 + 0.7 * max(0.0, lamp_cosine))
                        elif m == 4:
                            shine = 0.05 * _power(cosine, 50) * reach
                        elif m == 6:
                            shine = 0.3 * _power(cosine, 70)
                        red += shine * key_colors[j, lamp, 0]
                        green += shine * key_colors[j, lamp, 1]
                        blue += shine * key_colors[j, lamp, 2]
                    share = count[m] / strata
                    sums[j, 0] += share * _display(curve, red)
                    sums[j, 1] += share * _display(curve, green)
                    sums[j, 2] += share * _display(curve, blue)

            # 3. write the pixel
            for j in range(lights):
                for k in range(3):
                    foreground[j, pixel_y, pixel_x, k] = np.uint8(min(sums[j, k] + 0.5, 255.0))
            matte[pixel_y, pixel_x] = np.uint8(255.0 * covered / strata + 0.5)
            if 2 * covered >= strata:
                ray_x = ((pixel_x + 0.5) / resolution - 0.5) / focal
                ray_y = ((pixel_y + 0.5) / resolution - 0.5) / focal
                stretch = np.sqrt(1 + ray_x * ray_x + ray_y * ray_y)
                depth[pixel_y, pixel_x] = stretch * depth_sum[chief] / count[chief]
                parts[pixel_y, pixel_x] = chief
            for m in range(MATERIALS):
                count[m] = 0
