from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from goae_core.camera import Camera, orbit
from goae_core.errors import StoppedError
from goae_core.mesh import Mesh
from goae_core.meshing.atlas import covered_faces, texels, unwrapped
from goae_core.meshing.baking import View, baked
from goae_core.rendering.rays import sample_rays
from tests.goae_core.meshing.shapes import ball

RADIUS = 0.2


def picture_of_ball(camera: Camera, side: int = 128) -> View:
    """What a camera sees of the ball whose colours are its places."""
    rays = sample_rays(camera, side)
    origin, direction = rays.origins[0], rays.directions[0]
    half = (origin * direction).sum(-1)
    root = half**2 - (origin**2).sum(-1) + RADIUS**2
    hit = root > 0
    place = origin + (-half - root.clamp(min=0.0).sqrt())[:, None] * direction
    color = torch.where(hit[:, None], place + 0.5, 0.0)
    alpha = hit.float()
    return View(
        camera, color.mT.reshape(1, 3, side, side).contiguous(), alpha.reshape(1, 1, side, side).contiguous()
    )


@pytest.fixture(scope="module")
def flat() -> Mesh:
    return unwrapped(ball(4), 128)


def texel_places(mesh: Mesh, side: int) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float32]], ...]:
    parts = list(texels(mesh, covered_faces(mesh, side)))
    places = np.concatenate([part.interpolated(mesh, mesh.vertices) for part in parts])
    return places, np.concatenate([part.flat for part in parts]).astype(np.float32)


def test_every_texel_has_the_colour_of_its_place(flat: Mesh) -> None:
    views = [
        picture_of_ball(orbit(yaw, pitch)) for yaw, pitch in ((0, 0), (1.2, 0), (-1.2, 0), (0, 1), (0, -1))
    ]
    nothing = np.zeros(len(flat.vertices), dtype=np.float32)
    grey = Mesh(flat.vertices, flat.faces, np.full_like(flat.colors, 128), flat.normals, flat.uv)

    texture = baked(grey, views, 128, unknown=nothing)

    places, where = texel_places(flat, 128)
    found = texture.reshape(-1, 3)[where.astype(int)]
    front = places[:, 2] > 0.02
    assert found[front] == pytest.approx((places[front] + 0.5) * 255.0, abs=3.0)
    # no view saw the back: there the vertex colours stay
    back = places[:, 2] < -0.12
    assert (found[back] == 128).all()


def test_what_hides_behind_something_takes_no_colour_from_it(flat: Mesh) -> None:
    # a small plate before the ball: its texels are white, and nothing of the white may land on the ball
    corners = np.array(
        [[-0.05, -0.05, 0.4], [0.05, -0.05, 0.4], [0.05, 0.05, 0.4], [-0.05, 0.05, 0.4]], np.float32
    )
    assert flat.uv is not None
    assert flat.normals is not None
    both = Mesh(
        np.concatenate([flat.vertices, corners]),
        np.concatenate([flat.faces, np.array([[0, 1, 2], [0, 2, 3]], np.int32) + len(flat.vertices)]),
        np.concatenate([np.full_like(flat.colors, 100), np.full((4, 3), 100, np.uint8)]),
        np.concatenate([flat.normals, np.tile(np.array([0, 0, 1], np.float32), (4, 1))]),
        # the plate lies in a corner of a larger texture, the ball in the rest
        np.concatenate([flat.uv * 0.8, np.array([[0.9, 0.9], [1, 0.9], [1, 1], [0.9, 1]], np.float32)]),
    )
    camera = orbit(0.0, 0.0)
    view = picture_of_ball(camera)
    white = View(camera, torch.ones_like(view.color), torch.ones_like(view.alpha))

    texture = baked(both, [white], 256, unknown=np.zeros(len(both.vertices), np.float32))

    places, where = texel_places(both, 256)
    found = texture.reshape(-1, 3)[where.astype(int), 0]
    on_ball = places[:, 2] < 0.3
    hidden = on_ball & (np.abs(places[:, :2]).max(axis=1) < 0.03) & (places[:, 2] > 0)
    seen = on_ball & (places[:, 2] > 0.1) & (np.abs(places[:, :2]).max(axis=1) > 0.09)
    assert (found[hidden] == 100).all()
    assert (found[seen] > 250).all()
    assert (found[~on_ball] > 250).all()


def test_photo_is_painted_and_what_is_finer_is_added(flat: Mesh) -> None:
    nothing = np.zeros(len(flat.vertices), dtype=np.float32)
    view = picture_of_ball(orbit(0.0, 0.0))
    finer = View(view.camera, view.color, view.alpha, torch.full((1, 3, 16, 16), 0.25))

    def half(places: Tensor, colors: Tensor) -> Tensor:
        return torch.full_like(colors, 0.5)

    texture = baked(flat, [finer], 128, unknown=nothing, paint=half)

    places, where = texel_places(flat, 128)
    found = texture.reshape(-1, 3)[where.astype(int)]
    assert found[places[:, 2] > 0.15] == pytest.approx(0.75 * 255.0, abs=1.0)
    assert found[places[:, 2] < -0.05] == pytest.approx(0.5 * 255.0, abs=1.0)


def test_unknown_keeps_its_vertex_colours(flat: Mesh) -> None:
    everything = np.ones(len(flat.vertices), dtype=np.float32)
    texture = baked(flat, [picture_of_ball(orbit(0.0, 0.0))], 64, unknown=everything, paint=None)
    places, where = texel_places(flat, 64)
    assert texture.reshape(-1, 3)[where.astype(int)] == pytest.approx((places + 0.5) * 255.0, abs=2.0)


def test_baking_stops_when_asked(flat: Mesh) -> None:
    with pytest.raises(StoppedError):
        baked(flat, [], 64, unknown=np.zeros(len(flat.vertices), np.float32), should_stop=lambda: True)
