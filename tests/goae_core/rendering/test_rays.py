from __future__ import annotations

import math

import pytest
import torch

from goae_core.camera import Camera, orbit
from goae_core.rendering.rays import Rays, rays_through, sample_rays


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


def test_rays_through_chosen_places_by_hand() -> None:
    # focal lengths 2 and 4, skew 0.2, principal point (0.5, 0.25): u = 2 x + 0.2 y + 0.5 and v = 4 y + 0.25
    intrinsics = torch.tensor([[[2.0, 0.2, 0.5], [0.0, 4.0, 0.25], [0.0, 0.0, 1.0]]])
    pose = torch.eye(4)[None].clone()
    pose[0, :3, :3] = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])  # looks along +x
    pose[0, :3, 3] = torch.tensor([1.0, 2.0, 3.0])
    rays = rays_through(Camera(pose, intrinsics), torch.tensor([[[0.5, 0.25], [0.6, 1.25]]]))
    # the second place: y = 1/4, x = (0.6 - 0.5 - 0.05) / 2 = 0.025; (x, y, 1) becomes (1, y, -x)
    second = torch.tensor([1.0, 0.25, -0.025])
    torch.testing.assert_close(
        rays.directions[0], torch.stack([torch.tensor([1.0, 0, 0]), second / second.norm()])
    )
    assert rays.origins.tolist() == [[[1.0, 2.0, 3.0]] * 2]


def test_each_camera_can_have_places_of_its_own() -> None:
    cameras = Camera.from_label(torch.cat([orbit(0.3, 0.1).label(), orbit(-0.5, 0.2).label()]))
    whole = sample_rays(cameras, 4)  # pixel 6 is row 1, column 2; pixel 9 row 2, column 1
    own = rays_through(cameras, torch.tensor([[[2.5, 1.5]], [[1.5, 2.5]]]) / 4)
    assert torch.equal(own.directions, torch.stack([whole.directions[0, 6:7], whole.directions[1, 9:10]]))
    assert torch.equal(own.origins, whole.origins[:, :1])


def test_no_pixels() -> None:
    with pytest.raises(ValueError, match="at least 1 pixel, got 0"):
        sample_rays(orbit(0.0, 0.0), 0)
