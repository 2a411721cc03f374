from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import trimesh
from torch import Tensor

from goae_core import surface
from goae_core.camera import orbit
from goae_core.errors import ExportError, StoppedError
from goae_core.mesh import Mesh
from goae_core.presets import preset
from goae_core.rendering.rays import Rays, sample_rays
from goae_core.surface import (
    default_level,
    default_margin,
    distance_to_cut,
    extract_surface,
    head_level,
)

LEVEL = 20.0
RADIUS = 0.3


def sphere(points: Tensor) -> Tensor:
    return ball(points, RADIUS)[:, None]


def ball(points: Tensor, radius: float, center: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Tensor:
    distance: Tensor = torch.linalg.vector_norm(points - torch.tensor(center), dim=-1)
    return LEVEL + 100.0 * (radius - distance)


def position_as_color(points: Tensor) -> Tensor:
    return points + 0.5


def solid(mesh: Mesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)


@pytest.mark.parametrize("coarse_to_fine", [True, False])
@pytest.mark.parametrize("resolution", [33, 64])
def test_sphere_has_its_radius_volume_and_one_closed_skin(resolution: int, coarse_to_fine: bool) -> None:
    mesh = extract_surface(
        sphere, position_as_color, resolution=resolution, level=LEVEL, coarse_to_fine=coarse_to_fine
    )

    radii = np.linalg.norm(mesh.vertices, axis=1)
    assert radii == pytest.approx(RADIUS, abs=0.1 / resolution)
    # positive: the faces look outward
    assert mesh.volume == pytest.approx(4.0 / 3.0 * math.pi * RADIUS**3, rel=10.0 / resolution**2)
    assert solid(mesh).is_watertight
    assert solid(mesh).is_winding_consistent
    assert solid(mesh).euler_number == 2
    assert mesh.normals is not None
    assert (np.sum(mesh.normals * mesh.vertices, axis=1) / radii).min() > 0.99


def test_world_axes_are_kept_and_a_vertex_is_coloured_by_its_place() -> None:
    # off centre by another length on every axis, so that a mirrored or swapped one shows
    def small_ball(points: Tensor) -> Tensor:
        return ball(points, 0.05, center=(0.2, 0.1, -0.05))

    mesh = extract_surface(small_ball, position_as_color, resolution=64, level=LEVEL)

    assert mesh.vertices.mean(axis=0) == pytest.approx([0.2, 0.1, -0.05], abs=2e-3)
    assert mesh.colors == pytest.approx((mesh.vertices + 0.5) * 255.0, abs=0.51)
    assert mesh.colors.dtype == np.uint8


def test_both_ways_of_sampling_find_the_same_thin_and_winding_sheet() -> None:
    def sheet(points: Tensor) -> Tensor:
        height = points[:, 2] - 0.2 * torch.sin(10.0 * points[:, 0])
        return LEVEL + 1000.0 * (0.01 - height.abs())

    asked = {True: 0, False: 0}
    meshes = {}
    for coarse_to_fine in (True, False):

        def counting(points: Tensor, which: bool = coarse_to_fine) -> Tensor:
            asked[which] += len(points)
            return sheet(points)

        meshes[coarse_to_fine] = extract_surface(
            counting,
            position_as_color,
            resolution=96,
            level=LEVEL,
            coarse_to_fine=coarse_to_fine,
            rounded=False,
        )

    assert np.array_equal(meshes[True].vertices, meshes[False].vertices)
    assert np.array_equal(meshes[True].faces, meshes[False].faces)
    assert asked[False] == 96**3
    assert asked[True] < 0.5 * 96**3


def test_what_the_box_cuts_gets_a_flat_lid() -> None:
    def column(points: Tensor) -> Tensor:
        return LEVEL + 100.0 * (0.25 - points[:, [0, 2]].abs().amax(dim=-1))

    mesh = extract_surface(column, position_as_color, resolution=65, level=LEVEL, rounded=False)

    assert solid(mesh).is_watertight
    assert mesh.vertices[:, 1].min() == -0.5
    assert mesh.vertices[:, 1].max() == 0.5
    assert solid(mesh).area_faces.min() > 0.0
    # a lattice point every 1/64: the column's edges are cut off by half a cell at most
    assert mesh.volume == pytest.approx(0.5 * 0.5 * 1.0, rel=4e-3)


def test_margin_keeps_the_border_of_the_box_empty() -> None:
    mesh = extract_surface(
        lambda points: torch.full((len(points),), LEVEL + 1.0),
        position_as_color,
        resolution=64,
        level=LEVEL,
        margin=0.25,
        rounded=False,
    )

    # 16 of 64 points are cut on each side: the outermost left stands at index 16 of 0..63
    edge = 0.5 - 16.0 / 63.0
    assert mesh.vertices.min(axis=0) == pytest.approx([-edge] * 3, abs=1e-6)
    assert mesh.vertices.max(axis=0) == pytest.approx([edge] * 3, abs=1e-6)
    assert mesh.volume == pytest.approx((2.0 * edge) ** 3, rel=1e-3)


def test_what_no_frame_shows_is_rounded_off() -> None:
    mesh = extract_surface(
        lambda points: torch.full((len(points),), LEVEL + 50.0), position_as_color, resolution=64, level=LEVEL
    )

    # half sides of 0.5 times 0.72, 0.8 and 0.8
    skin = (mesh.vertices.astype(np.float64) / [0.36, 0.4, 0.4]) ** 2
    assert skin.sum(axis=1) == pytest.approx(1.0, abs=0.01)
    assert mesh.volume == pytest.approx(4.0 / 3.0 * math.pi * 0.36 * 0.4 * 0.4, rel=0.01)
    assert solid(mesh).is_watertight


def test_specks_background_and_hollows_disappear() -> None:
    def crowd(points: Tensor) -> Tensor:
        hollow = 2.0 * LEVEL - ball(points, 0.1)
        speck = ball(points, 0.06, center=(0.4, 0.4, 0.4))
        return torch.maximum(torch.minimum(ball(points, RADIUS), hollow), speck)

    mesh = extract_surface(crowd, position_as_color, resolution=64, level=LEVEL, rounded=False)

    assert solid(mesh).body_count == 1
    assert mesh.volume == pytest.approx(4.0 / 3.0 * math.pi * RADIUS**3, rel=0.01)
    assert np.linalg.norm(mesh.vertices, axis=1).min() > 0.29


def test_slabs_are_sewn_together_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = extract_surface(sphere, position_as_color, resolution=48, level=LEVEL)
    monkeypatch.setattr(surface, "_VOXELS_PER_SLAB", 50 * 50 * 3)
    sewn = extract_surface(sphere, position_as_color, resolution=48, level=LEVEL)

    assert solid(sewn).is_watertight
    assert len(sewn.vertices) == len(whole.vertices)
    assert len(sewn.faces) == len(whole.faces)
    assert sewn.volume == pytest.approx(whole.volume, rel=1e-6)


def test_box_side_scales_the_mesh() -> None:
    mesh = extract_surface(sphere, position_as_color, resolution=48, level=LEVEL, box_side=2.0)

    assert np.linalg.norm(mesh.vertices, axis=1) == pytest.approx(RADIUS, abs=0.01)


def test_empty_box_is_one_sentence() -> None:
    with pytest.raises(ExportError, match="nothing in the box is as dense as 20"):
        extract_surface(lambda points: points[:, 0], position_as_color, resolution=32, level=LEVEL)


@pytest.mark.parametrize("resolution", [7, 769])
def test_resolution_out_of_range_is_refused(resolution: int) -> None:
    with pytest.raises(ExportError, match=f"must be 8 to 768 points a side, got {resolution}"):
        extract_surface(sphere, position_as_color, resolution=resolution, level=LEVEL)


def test_progress_rises_to_one_and_stop_is_heard() -> None:
    shares: list[float] = []
    extract_surface(sphere, position_as_color, resolution=64, level=LEVEL, on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    calls = 0

    def sphere_counted(points: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return sphere(points)

    with pytest.raises(StoppedError):
        extract_surface(
            sphere_counted, position_as_color, resolution=64, level=LEVEL, should_stop=lambda: calls >= 1
        )
    assert calls == 1


def test_level_makes_one_marching_step_half_opaque() -> None:
    config = replace(preset("tiny").render, coarse_samples=12, fine_samples=12, ray_start=2.2, ray_end=3.2)
    level = default_level(config)

    density = math.log1p(math.exp(level - 1.0))  # softplus(level - 1)
    assert 1.0 - math.exp(-density / 24.0) == pytest.approx(0.5)


def test_published_models_keep_the_level_and_border_of_the_release() -> None:
    config = preset("ffhq512").render
    assert default_level(config) == 10.0
    assert int(default_margin(config) * 512) == 60
    assert default_margin(preset("studio256").render) == 0.0


def test_floor_is_a_flat_base() -> None:
    mesh = extract_surface(sphere, position_as_color, resolution=64, level=LEVEL, floor=-0.1)

    assert mesh.vertices[:, 1].min() == pytest.approx(-0.1, abs=1e-3)
    assert solid(mesh).is_watertight
    # a ball of radius 0.3 without a cap of height 0.2
    cap = math.pi * 0.2**2 * (3 * 0.3 - 0.2) / 3.0
    assert mesh.volume == pytest.approx(4.0 / 3.0 * math.pi * RADIUS**3 - cap, rel=0.01)
    base = np.isclose(mesh.vertices[:, 1], -0.1, atol=1e-3)
    inside = distance_to_cut(mesh.vertices, floor=-0.1)
    assert inside[base] == pytest.approx(0.0, abs=1e-3)
    assert inside[mesh.vertices[:, 1] > 0.0].min() > 0.04


def front_rays() -> Rays:
    return sample_rays(orbit(0.0, 0.0), 24)


def test_level_of_a_hard_ball_is_the_usual_one() -> None:
    config = preset("studio256").render

    def hard(points: Tensor) -> Tensor:
        return torch.where(torch.linalg.vector_norm(points, dim=-1) < 0.2, 1e4, -1e4)

    assert head_level(hard, front_rays(), config) == pytest.approx(default_level(config))
    empty = torch.full_like
    assert head_level(lambda points: empty(points[:, 0], -9.0), front_rays(), config) == pytest.approx(
        default_level(config)
    )


def test_level_of_a_soft_ball_lies_where_rays_have_lost_half_their_light() -> None:
    config = preset("studio256").render
    usual = default_level(config)

    # Raw density grows by 2000 a unit from `usual` at the radius of 0.2. softplus(raw - 1) is about raw - 1:
    # a ray loses 16.6**2 / 4000 before the radius and 16.6 d + 1000 d**2 until d behind it: ln 2 at 0.018,
    # where raw is 53.6. Outlines, which are soft too, pull the level down.
    def soft(points: Tensor) -> Tensor:
        depth: Tensor = 0.2 - torch.linalg.vector_norm(points, dim=-1)
        return usual + 2000.0 * depth

    assert 1.3 * usual < head_level(soft, front_rays(), config) < 54.0
