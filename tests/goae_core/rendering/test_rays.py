from __future__ import annotations

import math

import pytest
import torch

from goae_core.camera import Camera, orbit
from goae_core.rendering.rays import Rays, sample_rays


def test_rays_of_the_four_corners() -> None:
    camera = Camera(torch.eye(4)[None], torch.tensor([[[1.0, 0, 0.5], [0, 1, 0.5], [0, 0, 1]]]))
    rays = sample_rays(camera, 2)
    # Pixel centres lie a quarter from the border: x, y = -1/4 or +1/4 at distance 1.
    corners = torch.tensor([[-0.25, -0.25, 1], [0.25, -0.25, 1], [-0.25, 0.25, 1], [0.25, 0.25, 1]])
    torch.testing.assert_close(rays.directions[0], corners / math.sqrt(1.125))
    assert torch.equal(rays.origins, torch.zeros(1, 4, 3))


def test_rays_start_at_the_camera_and_have_unit_length() -> None:
    camera = Camera.from_label(torch.cat([orbit(0.3, 0.1).label(), orbit(-0.5, 0.2).label()]))
    rays = sample_rays(camera, 5)
    assert rays.directions.shape == rays.origins.shape == (2, 25, 3)
    torch.testing.assert_close(rays.directions.norm(dim=-1), torch.ones(2, 25))
    torch.testing.assert_close(rays.origins[:, 7], camera.cam_to_world[:, :3, 3])
    # The middle pixel of an odd number looks straight ahead.
    torch.testing.assert_close(rays.directions[:, 12], camera.cam_to_world[:, :3, 2])


def test_selection_of_some_pixels() -> None:
    rays = sample_rays(Camera.from_label(orbit(0.3, 0.1).label().expand(2, -1)), 4)
    same = rays.select(torch.tensor([3, 0]))
    assert same.count == 2
    assert torch.equal(same.directions, rays.directions[:, [3, 0]])
    own: Rays = rays.select(torch.tensor([[3, 0], [5, 6]]))
    assert torch.equal(own.directions[1], rays.directions[1, [5, 6]])
    assert torch.equal(own.origins[1], rays.origins[1, [5, 6]])


def test_no_pixels() -> None:
    with pytest.raises(ValueError, match="at least 1 pixel, got 0"):
        sample_rays(orbit(0.0, 0.0), 0)
