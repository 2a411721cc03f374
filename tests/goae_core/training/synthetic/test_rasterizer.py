from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from goae_core.training.synthetic.rasterizer import Samples, depth_map, empty_samples, fill_samples
from goae_core.training.synthetic.scene import Mesh


def _mesh(triangles: list[list[int]], vertices: int, alpha: int | None = None) -> Mesh:
    count = len(triangles)
    return Mesh(
        positions=np.zeros((vertices, 3), np.float32),
        triangles=np.array(triangles, dtype=np.int32),
        corner_uv=np.tile(np.array([[0, 0], [1, 0], [0, 1]], np.float32), (count, 1, 1)),
        coverage_id=np.full(count, -1 if alpha is None else 0, dtype=np.int32),
        coverage=np.full(4, alpha or 0, dtype=np.uint8),
        coverage_shape=np.array([[0, 2, 2]], dtype=np.int64),
    )


def _fill(
    mesh: Mesh, screen: list[list[float]], depth: list[float], samples: Samples, two_sided: bool = True
) -> NDArray[np.int32]:
    fill_samples(
        mesh,
        np.array(screen, dtype=np.float32),
        (1 / np.array(depth)).astype(np.float32),
        np.full(len(mesh.triangles), two_sided),
        samples,
    )
    return samples.triangle


# Corners in samples, right and down: sample (0, 0) has its centre at (0.5, 0.5).
LOWER_LEFT = [[0.0, 0.0], [0.0, 4.0], [4.0, 4.0]]


def test_a_triangle_takes_the_samples_whose_centres_it_holds() -> None:
    # its long side is y = x - 0.1
    samples = empty_samples(4, 1)
    hit = _fill(_mesh([[0, 1, 2]], 3), [[-0.1, -0.2], [-0.1, 4.1], [4.2, 4.1]], [1, 1, 1], samples)
    assert (hit >= 0).astype(int).tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]


def test_the_nearer_triangle_wins_whatever_the_order() -> None:
    screen = [*LOWER_LEFT, *LOWER_LEFT]
    for order in ([[0, 1, 2], [3, 4, 5]], [[3, 4, 5], [0, 1, 2]]):
        samples = empty_samples(4, 1)
        hit = _fill(_mesh(order, 6), screen, [3, 3, 3, 2, 2, 2], samples)
        assert order[hit[3, 1]] == [3, 4, 5]
        assert samples.inverse_depth[3, 1] == pytest.approx(0.5)


def test_back_sides_are_seen_only_if_asked_for() -> None:
    # counter-clockwise in the world, y up, is this order on screen, y down
    front, back = [[0, 1, 2]], [[0, 2, 1]]
    samples = empty_samples(4, 1)
    assert _fill(_mesh(front, 3), LOWER_LEFT, [1, 1, 1], samples, two_sided=False)[3, 1] == 0
    assert _fill(_mesh(back, 3), LOWER_LEFT, [1, 1, 1], samples, two_sided=False)[3, 1] == -1
    assert _fill(_mesh(back, 3), LOWER_LEFT, [1, 1, 1], samples, two_sided=True)[3, 1] == 0


def test_a_triangle_behind_the_camera_is_left_out() -> None:
    samples = empty_samples(4, 1)
    assert np.all(_fill(_mesh([[0, 1, 2]], 3), LOWER_LEFT, [1, 1, -1], samples) == -1)


def test_shares_are_those_of_the_point_in_space_not_on_screen() -> None:
    # the middle of an edge on screen, whose ends are 1 and 3 deep: 1/z = (1 + 1/3) / 2, so z = 1.5 and the
    # second end has a share of (1/2 * 1/3) / (2/3) = 1/4
    samples = empty_samples(4, 1)
    _fill(_mesh([[0, 1, 2]], 3), [[0.5, 1.5], [4.5, 1.5], [2.5, -9.0]], [1, 3, 2], samples)
    assert 1 / samples.inverse_depth[1, 2] == pytest.approx(1.5, rel=1e-5)
    assert samples.share_b[1, 2] == pytest.approx(0.25, rel=1e-5)
    assert samples.share_c[1, 2] == pytest.approx(0.0, abs=1e-5)


def test_half_coverage_takes_exactly_half_of_the_samples_of_every_pixel() -> None:
    samples = empty_samples(8, 2)
    screen = [[-40.0, -1.0], [8.0, 60.0], [60.0, -1.0]]
    hit = _fill(_mesh([[0, 1, 2]], 3, alpha=128), screen, [1, 1, 1], samples)
    per_pixel = (hit >= 0).reshape(8, 2, 8, 2).sum(axis=(1, 3))
    assert np.all(per_pixel == 2)


def test_a_depth_map_keeps_what_is_highest() -> None:
    mesh = _mesh([[0, 1, 2], [3, 4, 5]], 6)
    x = np.array([0, 0, 4, 0, 0, 2], dtype=np.float32)
    y = np.array([0, 4, 4, 0, 4, 4], dtype=np.float32)
    z = np.array([1, 1, 1, 5, 5, 5], dtype=np.float32)
    nearest = np.empty((4, 4), dtype=np.float32)
    depth_map(
        x,
        y,
        z,
        mesh.triangles,
        mesh.corner_uv,
        mesh.coverage_id,
        mesh.coverage,
        mesh.coverage_shape,
        0,
        nearest,
    )
    assert nearest[3, 0] == 5
    assert nearest[3, 2] == 1
    assert nearest[0, 3] == np.float32(-1e9)
