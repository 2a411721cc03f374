from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from goae_core.camera import Camera, orbit
from goae_core.errors import StoppedError
from goae_core.splats.fitting import discs, drawn, fitted
from goae_core.splats.gaussians import Gaussians
from goae_core.splats.rasterizing import weights
from tests.goae_core.meshing.shapes import ball


def ahead() -> Camera:
    """At the origin, looking along +z with y down; 100 pixels a unit at distance 1, 101 pixels a side."""
    focal = 100.0 / 101.0
    intrinsics = torch.tensor([[[focal, 0.0, 0.5], [0.0, focal, 0.5], [0.0, 0.0, 1.0]]])
    return Camera(torch.eye(4)[None], intrinsics)


def row_of_discs(depths: list[float], opacities: list[float], radius: float = 0.05) -> Gaussians:
    count = len(depths)
    return Gaussians(
        means=np.array([[0.0, 0.0, z] for z in depths], np.float32),
        normals=np.tile(np.array([0, 0, -1], np.float32), (count, 1)),
        radii=np.full(count, radius, np.float32),
        thickness=0.1,
        opacities=np.array(opacities, np.float32),
        colors=np.ones((count, 3), np.float32),
    )


def test_one_disc_is_a_bell_on_the_picture() -> None:
    picture = weights(row_of_discs([1.0], [0.8]), ahead(), 101).toarray().reshape(101, 101)
    # deviation 0.05 * 100 = 5 pixels, and 0.3 square pixels more
    assert picture[50, 50] == pytest.approx(0.8)
    assert picture[50, 55] == pytest.approx(0.8 * math.exp(-0.5 * 25.0 / 25.3), rel=1e-5)
    assert picture[55, 50] == pytest.approx(picture[50, 45])
    assert picture[50, 80] == 0.0


def test_what_is_in_front_takes_its_light_first() -> None:
    both = weights(row_of_discs([2.0, 1.0], [0.5, 0.6]), ahead(), 101)
    middle = both[[50 * 101 + 50]].toarray()[0]
    assert middle == pytest.approx([0.4 * 0.5, 0.6])


def test_disc_off_the_axis_appears_on_its_side_and_one_from_behind_not_at_all() -> None:
    one = row_of_discs([1.0], [0.8])
    moved = replace(one, means=np.array([[0.2, -0.1, 1.0]], np.float32))
    picture = weights(moved, ahead(), 101).toarray().reshape(101, 101)
    assert np.unravel_index(picture.argmax(), picture.shape) == (40, 70)
    assert weights(replace(one, normals=-one.normals), ahead(), 101).nnz == 0


def test_tilted_disc_is_narrow() -> None:
    tilted = replace(row_of_discs([1.0], [0.8]), normals=np.array([[0.8, 0.0, -0.6]], np.float32))
    picture = weights(tilted, ahead(), 101).toarray().reshape(101, 101)
    # along x: 25 * (1 - 0.99 * 0.64) + 0.3 square pixels
    variance = 25.0 * (1.0 - 0.99 * 0.64) + 0.3
    assert picture[50, 53] == pytest.approx(0.8 * math.exp(-0.5 * 9.0 / variance), rel=1e-4)
    assert picture[53, 50] == pytest.approx(0.8 * math.exp(-0.5 * 9.0 / 25.3), rel=1e-4)


def test_discs_of_a_ball_cover_it() -> None:
    surface = discs(ball(4))
    picture = drawn(surface, orbit(0.0, 0.0), 64)
    assert picture[32, 32, 3] > 0.99
    assert picture[2, 2, 3] == 0.0
    # its middle lies at (0, 0, 0.2): colours are places plus one half
    assert picture[32, 32, :3] == pytest.approx([0.5, 0.5, 0.7], abs=0.02)


def test_fitting_finds_the_colours_and_the_opacity_that_made_the_pictures() -> None:
    truth = discs(ball(3))
    red = replace(
        truth, colors=np.where(truth.means[:, :1] > 0, [1.0, 0.2, 0.1], [0.2, 0.8, 0.3]).astype(np.float32)
    )
    cameras = [orbit(yaw, 0.0) for yaw in (-1.2, -0.4, 0.4, 1.2)]
    pictures = [drawn(red, camera, 64) for camera in cameras]
    shares: list[float] = []

    found = fitted(replace(truth, colors=np.full_like(truth.colors, 0.5)), cameras, pictures, shares.append)

    held_out = orbit(0.1, 0.2)
    difference = drawn(found, held_out, 64) - drawn(red, held_out, 64)
    solid = drawn(red, held_out, 64)[..., 3] > 0.99
    assert np.sqrt(np.square(difference[solid, :3]).mean()) < 0.04
    assert shares == sorted(shares)
    # what no camera saw keeps its colour
    behind = truth.normals[:, 2] < -0.9
    assert found.colors[behind] == pytest.approx(0.5)


def test_discs_are_transparent_where_the_pictures_are() -> None:
    surface = discs(ball(3))
    cameras = [orbit(yaw, 0.0) for yaw in (-0.4, 0.4)]
    pictures = [0.5 * drawn(surface, camera, 64) for camera in cameras]
    found = fitted(surface, cameras, pictures, lambda share: None)
    front = surface.normals[:, 2] > 0.9
    assert found.opacities[front] == pytest.approx(0.97 * 0.5, abs=0.02)


def test_fitting_can_be_stopped() -> None:
    def stop(share: float) -> None:
        raise StoppedError("stopped")

    surface = discs(ball(2))
    with pytest.raises(StoppedError):
        fitted(surface, [orbit(0.0, 0.0)], [drawn(surface, orbit(0.0, 0.0), 32)], stop)
