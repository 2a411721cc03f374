from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from goae_core.errors import ExportError
from goae_core.mesh import Mesh
from goae_core.meshing import shaping
from goae_core.meshing.shaping import is_closed, printable, simplified, smoothed
from tests.goae_core.meshing.shapes import ball, marched_egg


def test_smoothing_takes_noise_away_and_leaves_the_volume() -> None:
    clean = ball(4)
    noise = np.random.default_rng(0).normal(0.0, 0.002, clean.vertices.shape).astype(np.float32)
    noisy = replace(clean, vertices=clean.vertices + noise)

    smooth = smoothed(noisy, 5)

    def roughness(mesh: Mesh) -> float:
        return float(np.std(np.linalg.norm(mesh.vertices, axis=1)))

    assert roughness(smooth) < 0.5 * roughness(noisy)
    assert smooth.volume == pytest.approx(4.0 / 3.0 * math.pi * 0.2**3, rel=0.01)
    assert np.array_equal(smooth.faces, noisy.faces)
    assert smoothed(noisy, 0) is noisy


@pytest.mark.parametrize("wanted", [600, 2000])
def test_simplified_body_is_closed_has_few_triangles_and_stays_in_place(wanted: int) -> None:
    fine = marched_egg(64)
    coarse = simplified(fine, wanted)

    assert 0.8 * wanted <= len(coarse.faces) <= wanted
    assert is_closed(coarse.faces)
    assert coarse.volume == pytest.approx(fine.volume, rel=0.01)
    surface = trimesh.Trimesh(coarse.vertices, coarse.faces, process=False)
    points, _ = trimesh.sample.sample_surface(surface, 30_000, seed=0)
    assert cKDTree(points).query(fine.vertices)[0].max() < 0.012
    assert cKDTree(fine.vertices).query(points)[0].max() < 0.016  # a lattice step
    assert simplified(fine, 10**6) is fine


def test_manifold_steps_in_where_quadrics_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    fine = marched_egg(48)
    monkeypatch.setattr(shaping, "_HASTE", ())
    coarse = simplified(fine, 1000)
    assert 300 < len(coarse.faces) <= 1000
    assert is_closed(coarse.faces)
    assert coarse.volume == pytest.approx(fine.volume, rel=0.02)


def test_closed_means_every_edge_twice_in_opposite_directions() -> None:
    tetrahedron = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    assert is_closed(tetrahedron)
    assert not is_closed(tetrahedron[:3])
    flipped = tetrahedron.copy()
    flipped[0] = flipped[0, ::-1]
    assert not is_closed(flipped)
    assert not is_closed(np.concatenate([tetrahedron, tetrahedron]))


def test_printable_is_the_largest_of_two_bodies() -> None:
    large, small = ball(3), ball(2, 0.05)
    both = Mesh(
        np.concatenate([large.vertices, small.vertices + 0.4]),
        np.concatenate([large.faces, small.faces + len(large.vertices)]),
        np.concatenate([large.colors, small.colors]),
    )
    body = printable(both)
    assert len(body.faces) == len(large.faces)
    assert body.volume == pytest.approx(large.volume, rel=1e-5)
    solid = trimesh.Trimesh(body.vertices, body.faces)
    assert solid.is_watertight
    assert solid.body_count == 1


def test_open_surface_is_not_printed() -> None:
    whole = ball(2)
    with pytest.raises(ExportError, match="the surface is not closed"):
        printable(replace(whole, faces=whole.faces[:-1]))
