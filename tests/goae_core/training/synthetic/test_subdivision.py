from __future__ import annotations

import numpy as np
import pytest

from goae_core.training.synthetic.subdivision import (
    subdivide,
    subdivide_corners,
    triangulate,
    vertex_normals,
)

CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float32)
CUBE_QUADS = np.array(
    [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]], dtype=np.int32
)


def test_a_cube_becomes_what_catmull_and_clark_say() -> None:
    step = subdivide(CUBE_QUADS, 8)
    refined = step.matrix @ CUBE
    assert refined.shape == (8 + 6 + 12, 3)
    assert step.quads.shape == (24, 4)
    # corner: (mean of 3 face points + 2 * mean of 3 edge midpoints) / 3 = (1/3 + 2 * 2/3) / 3
    assert refined[:8] == pytest.approx(CUBE * 5 / 9, abs=1e-6)
    # edge: mean of two corners and two face points = (1 + 1 + 1 + 0) / 4
    assert np.sort(np.abs(refined[14:]), axis=1) == pytest.approx(np.tile([0, 0.75, 0.75], (12, 1)), abs=1e-6)


def test_open_edges_stay_on_their_curve() -> None:
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], dtype=np.float32)
    step = subdivide(np.array([[0, 1, 2, 3]], dtype=np.int32), 5)
    refined = step.matrix @ np.concatenate([square, [[7, 8, 9]]]).astype(np.float32)
    # half itself, a quarter of each midpoint beside it
    assert refined[0] == pytest.approx([0.125, 0.125, 0])
    assert refined[4] == pytest.approx([7, 8, 9])  # a vertex of no face
    assert refined[5] == pytest.approx([0.5, 0.5, 0])
    assert sorted(refined[6:, :2].tolist()) == [[0, 0.5], [0.5, 0], [0.5, 1], [1, 0.5]]


def test_corner_values_are_refined_in_the_order_of_the_quads() -> None:
    flat = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32)
    corners = subdivide_corners(flat[None])
    assert corners.shape == (4, 4, 2)
    assert corners[0] == pytest.approx(np.array([[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]))
    assert corners[2] == pytest.approx(np.array([[1, 1], [0.5, 1], [0.5, 0.5], [1, 0.5]]))


def test_triangles_without_area_are_dropped() -> None:
    quads = np.array([[0, 1, 2, 3], [4, 5, 6, 4]], dtype=np.int32)
    triangles, corners = triangulate(quads, np.zeros((2, 4, 2), np.float32))
    assert triangles.tolist() == [[0, 1, 2], [4, 5, 6], [0, 2, 3]]
    assert corners.shape == (3, 3, 2)


def test_normals_point_out_of_a_counter_clockwise_square() -> None:
    square = np.array([[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0], [9, 9, 9]], dtype=np.float32)
    normals = vertex_normals(square, np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32))
    assert normals[:4] == pytest.approx(np.tile([0, 0, 1], (4, 1)))
    assert normals[4] == pytest.approx([0, 0, 0])
