"""Triangles to samples on the processor: a z-buffer with stochastic coverage, and depth maps for shadows.

Hair and lashes are cards with soft coverage. A sample takes a card or not; the thresholds of the samples of
one pixel are stratified, so that their mean is the coverage (Enderton et al. 2010, "Stochastic
transparency").

The kernels are plain loops for numba. They run on one thread: persons are rendered in parallel instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from goae_core.training.synthetic.head_pack import ByteArray
from goae_core.training.synthetic.scene import Mesh, Scene
from goae_core.training.synthetic.subdivision import FloatArray, IntArray
from goae_core.training.synthetic.viewpoint import Viewpoint

OPAQUE = 250
"""Coverage from which on a texel hides everything."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """What each sample of a picture sees. S samples per side, `per_pixel` of them per side of a pixel.

    Attributes:
        triangle: (S, S) index, -1 for nothing.
        share_b: (S, S) perspective-correct barycentric coordinate of the triangle's second corner.
        share_c: (S, S) of its third corner.
        inverse_depth: (S, S) 1 / depth along the camera's axis, 0 for nothing.
        per_pixel: Samples per side of a pixel.
    """

    triangle: IntArray
    share_b: FloatArray
    share_c: FloatArray
    inverse_depth: FloatArray
    per_pixel: int


def empty_samples(resolution: int, per_pixel: int) -> Samples:
    """Allocate samples for a picture of `resolution` pixels a side; `rasterize` fills them, view by view."""
    size = (resolution * per_pixel,) * 2
    return Samples(
        np.empty(size, np.int32),
        np.empty(size, np.float32),
        np.empty(size, np.float32),
        np.empty(size, np.float32),
        per_pixel,
    )


def rasterize(scene: Scene, viewpoint: Viewpoint, samples: Samples) -> None:
    """Fill the samples with what the camera sees of a scene."""
    size = samples.triangle.shape[0]
    position, depth = viewpoint.project(scene.mesh.positions)
    screen = (position * size).astype(np.float32)
    inverse = np.where(depth > 1e-3, 1.0 / np.maximum(depth, 1e-3), -1.0).astype(np.float32)
    fill_samples(scene.mesh, screen, inverse, scene.two_sided, samples)


def fill_samples(
    mesh: Mesh, screen: FloatArray, inverse_depth: FloatArray, two_sided: NDArray[np.bool_], samples: Samples
) -> None:
    """Fill the samples from projected vertices.

    Args:
        mesh: Triangles and their coverage.
        screen: (V, 2) positions in samples, right and down.
        inverse_depth: (V,) 1 / depth; triangles with a value below zero are left out.
        two_sided: (T,) whether triangles that turn clockwise on screen are drawn, too.
        samples: Overwritten.
    """
    samples.triangle.fill(-1)
    samples.inverse_depth.fill(0.0)
    _fill(
        np.ascontiguousarray(screen[:, 0]),
        np.ascontiguousarray(screen[:, 1]),
        inverse_depth,
        mesh.triangles,
        mesh.corner_uv,
        mesh.coverage_id,
        mesh.coverage,
        mesh.coverage_shape,
        two_sided,
        samples.per_pixel,
        samples.triangle,
        samples.share_b,
        samples.share_c,
        samples.inverse_depth,
    )


@njit(fastmath=True, cache=True, nogil=True, inline="always")
def scramble(value: int) -> int:
    """Return a 32-bit integer that looks random (Thomas Wang's integer hash)."""
    value = (value ^ 61) ^ (value >> 16)
    value = (value + (value << 3)) & 0xFFFFFFFF
    value = value ^ (value >> 4)
    value = (value * 0x27D4EB2D) & 0xFFFFFFFF
    return value ^ (value >> 15)


@njit(fastmath=True, cache=True, nogil=True)
def _fill(
    sx: FloatArray,
    sy: FloatArray,
    inverse: FloatArray,
    triangles: IntArray,
    uv: FloatArray,
    coverage_id: IntArray,
    coverage: ByteArray,
    coverage_shape: NDArray[np.int64],
    two_sided: NDArray[np.bool_],
    per_pixel: int,
    out_triangle: IntArray,
    out_b: FloatArray,
    out_c: FloatArray,
    out_inverse: FloatArray,
) -> None:
    height, width = out_triangle.shape
    strata = per_pixel * per_pixel
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        za, zb, zc = inverse[a], inverse[b], inverse[c]
        if za <= 0 or zb <= 0 or zc <= 0:
            continue
        ax, ay, bx, by, cx, cy = sx[a], sy[a], sx[b], sy[b], sx[c], sy[c]
        top, bottom = min(ay, by, cy), max(ay, by, cy)
        if bottom < 0.5 or top > height - 0.5:
            continue
        left, right = min(ax, bx, cx), max(ax, bx, cx)
        if right < 0.5 or left > width - 0.5:
            continue
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        # rows run downwards: a triangle that is counter-clockwise in the world has a negative area here
        if area == 0 or (area > 0 and not two_sided[t]):
            continue
        scale = 1.0 / area
        b_dx, b_dy = (cy - ay) * scale, -(cx - ax) * scale
        c_dx, c_dy = -(by - ay) * scale, (bx - ax) * scale
        x0, x1 = max(0, int(np.ceil(left - 0.5))), min(width - 1, int(np.floor(right - 0.5)))
        y0, y1 = max(0, int(np.ceil(top - 0.5))), min(height - 1, int(np.floor(bottom - 0.5)))
        cover = coverage_id[t]
        salt = scramble(t * 7 + 1)
        a_dx = -b_dx - c_dx
        b_inverse = 1.0 / b_dx if b_dx != 0 else 0.0
        c_inverse = 1.0 / c_dx if c_dx != 0 else 0.0
        a_inverse = 1.0 / a_dx if a_dx != 0 else 0.0
        for y in range(y0, y1 + 1):
            py = y + 0.5 - ay
            # ribbons of hair lie aslant: only the row's part within the triangle is visited
            low, high = x0 + 0.5 - ax, x1 + 0.5 - ax
            b_here, c_here = py * b_dy, py * c_dy
            a_here = 1.0 - b_here - c_here
            if b_dx > 0:
                low = max(low, -b_here * b_inverse)
            elif b_dx < 0:
                high = min(high, -b_here * b_inverse)
            if c_dx > 0:
                low = max(low, -c_here * c_inverse)
            elif c_dx < 0:
                high = min(high, -c_here * c_inverse)
            if a_dx > 0:
                low = max(low, -a_here * a_inverse)
            elif a_dx < 0:
                high = min(high, -a_here * a_inverse)
            if high < low:
                continue
            first = max(x0, int(np.floor(low + ax - 0.5)))
            last = min(x1, int(np.ceil(high + ax - 0.5)))
            for x in range(first, last + 1):
                px = x + 0.5 - ax
                wb = px * b_dx + py * b_dy
                wc = px * c_dx + py * c_dy
                wa = 1.0 - wb - wc
                if wa < 0 or wb < 0 or wc < 0:
                    continue
                z = wa * za + wb * zb + wc * zc
                if z <= out_inverse[y, x]:
                    continue
                share_b, share_c = wb * zb / z, wc * zc / z
                if cover >= 0:
                    u = (
                        uv[t, 0, 0]
                        + share_b * (uv[t, 1, 0] - uv[t, 0, 0])
                        + share_c * (uv[t, 2, 0] - uv[t, 0, 0])
                    )
                    v = (
                        uv[t, 0, 1]
                        + share_b * (uv[t, 1, 1] - uv[t, 0, 1])
                        + share_c * (uv[t, 2, 1] - uv[t, 0, 1])
                    )
                    rows, columns = coverage_shape[cover, 1], coverage_shape[cover, 2]
                    column = min(columns - 1, max(0, int(u * columns)))
                    row = min(rows - 1, max(0, int((1 - v) * rows)))
                    alpha = coverage[coverage_shape[cover, 0] + row * columns + column]
                    if alpha < OPAQUE:
                        sample = (y % per_pixel) * per_pixel + x % per_pixel
                        pixel = (y // per_pixel) * 8191 + x // per_pixel
                        stratum = (sample * 7 + salt + scramble(pixel)) % strata
                        if alpha * strata < (stratum + 0.5) * 255.0:
                            continue
                out_inverse[y, x] = z
                out_triangle[y, x] = t
                out_b[y, x] = share_b
                out_c[y, x] = share_c


@njit(fastmath=True, cache=True, nogil=True)
def depth_map(
    px: FloatArray,
    py: FloatArray,
    pz: FloatArray,
    triangles: IntArray,
    uv: FloatArray,
    coverage_id: IntArray,
    coverage: ByteArray,
    coverage_shape: NDArray[np.int64],
    seed: int,
    nearest: FloatArray,
) -> None:
    """Fill an orthographic depth map.

    Args:
        px: (V,) positions across the map, in texels.
        py: (V,) positions down the map, in texels.
        pz: (V,) height towards the light; the larger one hides the other.
        triangles: (T, 3); both sides cast shadows.
        uv: (T, 3, 2).
        coverage_id: (T,) as in `Mesh`.
        coverage: As in `Mesh`; soft texels are there with a probability of their coverage.
        coverage_shape: As in `Mesh`.
        seed: Of those chances.
        nearest: (H, W) overwritten; -1e9 where nothing is.
    """
    nearest.fill(-1e9)
    height, width = nearest.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = px[a], py[a], px[b], py[b], px[c], py[c]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0:
            continue
        x0, x1 = (
            max(0, int(np.ceil(min(ax, bx, cx) - 0.5))),
            min(width - 1, int(np.floor(max(ax, bx, cx) - 0.5))),
        )
        y0, y1 = (
            max(0, int(np.ceil(min(ay, by, cy) - 0.5))),
            min(height - 1, int(np.floor(max(ay, by, cy) - 0.5))),
        )
        if x0 > x1 or y0 > y1:
            continue
        scale = 1.0 / area
        cover = coverage_id[t]
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                wb = ((x + 0.5 - ax) * (cy - ay) - (cx - ax) * (y + 0.5 - ay)) * scale
                wc = ((bx - ax) * (y + 0.5 - ay) - (x + 0.5 - ax) * (by - ay)) * scale
                wa = 1.0 - wb - wc
                if wa < 0 or wb < 0 or wc < 0:
                    continue
                z = wa * pz[a] + wb * pz[b] + wc * pz[c]
                if z <= nearest[y, x]:
                    continue
                if cover >= 0:
                    u = wa * uv[t, 0, 0] + wb * uv[t, 1, 0] + wc * uv[t, 2, 0]
                    v = wa * uv[t, 0, 1] + wb * uv[t, 1, 1] + wc * uv[t, 2, 1]
                    rows, columns = coverage_shape[cover, 1], coverage_shape[cover, 2]
                    column = min(columns - 1, max(0, int(u * columns)))
                    row = min(rows - 1, max(0, int((1 - v) * rows)))
                    alpha = coverage[coverage_shape[cover, 0] + row * columns + column]
                    if alpha < (scramble(t * 131 + x * 17 + y * 259 + seed) & 255):
                        continue
                nearest[y, x] = z
