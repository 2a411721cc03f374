from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goae_core.errors import StoppedError
from goae_core.mesh import Mesh
from goae_core.meshing.atlas import covered_faces, dilated, texels, unwrapped
from tests.goae_core.meshing.shapes import ball


@pytest.fixture
def square() -> Mesh:
    """A unit square of two triangles that fills its texture, its places and texture coordinates alike."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32)
    vertices = np.concatenate([corners, np.zeros((4, 1), np.float32)], axis=1)
    faces = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)
    return Mesh(vertices, faces, np.zeros((4, 3), np.uint8), uv=corners)


def test_texel_lies_where_its_coordinates_say(square: Mesh) -> None:
    ids = covered_faces(square, 8)
    assert (ids >= 0).all()
    # row 0 is on top: far from the lower right triangle's corner at (1, 0)
    assert ids[0, 0] == 1
    assert ids[7, 7] == 0
    (part,) = texels(square, ids)
    places = part.interpolated(square, square.vertices)
    right = np.stack([(part.flat % 8 + 0.5) / 8, 1.0 - (part.flat // 8 + 0.5) / 8, 0.0 * part.flat], axis=-1)
    # on the diagonal either triangle serves
    assert places == pytest.approx(right, abs=1e-6)


def test_chunks_hold_every_texel_once(square: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goae_core.meshing.atlas._TEXELS_PER_CHUNK", 10)
    parts = list(texels(square, covered_faces(square, 8)))
    assert len(parts) == 7
    assert np.array_equal(np.concatenate([part.flat for part in parts]), np.arange(64))


def test_unwrapped_ball_keeps_its_surface_and_shows_every_place_once() -> None:
    round_one = ball(3)
    flat = unwrapped(round_one, 256)
    assert flat.uv is not None
    assert flat.uv.min() >= 0.0
    assert flat.uv.max() <= 1.0
    assert np.array_equal(flat.vertices[flat.faces], round_one.vertices[round_one.faces])
    assert np.array_equal(flat.colors[flat.faces], round_one.colors[round_one.faces])
    corners = flat.uv[flat.faces].astype(np.float64)
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    areas = 0.5 * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    assert (np.abs(areas) > 1e-7).all()
    # charts don't overlap: the texels' share is that of the triangles, and of what they touch
    covered = (covered_faces(flat, 1024) >= 0).mean()
    assert covered == pytest.approx(np.abs(areas).sum(), rel=0.1)
    (*_, part) = texels(flat, covered_faces(flat, 256))
    radii = np.linalg.norm(part.interpolated(flat, flat.vertices), axis=1)
    assert radii == pytest.approx(0.2, abs=0.003)


def test_unwrapping_stops_when_asked() -> None:
    with pytest.raises(StoppedError):
        unwrapped(ball(2), 256, lambda: True)


def test_dilation_reaches_everywhere_from_the_nearest() -> None:
    texture = np.zeros((5, 7, 3), dtype=np.uint8)
    covered = np.zeros((5, 7), dtype=bool)
    covered[2, 1], covered[2, 5] = True, True
    texture[2, 1], texture[2, 5] = 10, 20
    filled = dilated(texture, covered)
    assert (filled[:, :3] == 10).all()
    assert (filled[:, 4:] == 20).all()


def test_mesh_without_area_in_its_texture_has_finite_places(square: Mesh) -> None:
    assert square.uv is not None
    thin = replace(square, uv=square.uv * np.float32(0.0))
    for part in texels(thin, covered_faces(thin, 8)):
        assert np.isfinite(part.shares).all()
