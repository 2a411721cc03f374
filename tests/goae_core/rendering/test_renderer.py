from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from goae_core.camera import orbit
from goae_core.presets import CameraConfig, RenderConfig
from goae_core.rendering.rays import Rays, sample_rays
from goae_core.rendering.renderer import Rendering, render_rays

CONFIG = RenderConfig(resolution=8, coarse_samples=12, fine_samples=12, ray_start=1.0, ray_end=3.0)
FRONT = orbit(0.0, 0.0, rig=CameraConfig(pivot=(0.0, 0.0, 0.0)), radius=2.0)


def wall(points: Tensor) -> tuple[Tensor, Tensor]:
    """Solid below z = 0, of one colour (0.75, 0.5, 0.25)."""
    density = -400.0 * points[..., 2:]
    return density, torch.tensor([0.75, 0.5, 0.25]).expand(points.shape)


def nothing(points: Tensor) -> tuple[Tensor, Tensor]:
    return torch.full_like(points[..., :1], -1000.0), torch.ones_like(points)


def wavy(points: Tensor) -> tuple[Tensor, Tensor]:
    """A cloud with structure everywhere."""
    return 6.0 * torch.sin(9.0 * points[..., :1] + 7.0 * points[..., 2:]), 0.5 + 0.5 * torch.sin(5.0 * points)


def test_a_wall_is_opaque_where_it_stands() -> None:
    values = render_rays(wall, sample_rays(FRONT, 9), CONFIG)
    assert values.features.shape == (1, 81, 3)
    torch.testing.assert_close(values.opacity, torch.ones(1, 81, 1))
    torch.testing.assert_close(values.features[0, 40], torch.tensor([0.5, 0.0, -0.5]))
    # Straight ahead the wall is 2 away; the second pass closes in on it.
    assert float(values.depth[0, 40]) == pytest.approx(2.0, abs=0.08)
    coarse = render_rays(wall, sample_rays(FRONT, 9), replace(CONFIG, fine_samples=0))
    assert abs(float(coarse.depth[0, 40]) - 2.0) > abs(float(values.depth[0, 40]) - 2.0)


def test_nothing_is_black_or_white_and_far() -> None:
    rays = sample_rays(FRONT, 2)
    black = render_rays(nothing, rays, CONFIG)
    assert black.opacity.tolist() == [[[0.0]] * 4]
    assert torch.equal(black.features, torch.full((1, 4, 3), -1.0))
    step = 2.0 / 11
    torch.testing.assert_close(black.depth, torch.full((1, 4, 1), 3.0 + step / 2))
    white = render_rays(nothing, rays, replace(CONFIG, white_background=True))
    assert torch.equal(white.features, torch.ones(1, 4, 3))


def test_the_same_request_gives_the_same_numbers() -> None:
    rays = sample_rays(FRONT, 8)
    first, second = render_rays(wavy, rays, CONFIG), render_rays(wavy, rays, CONFIG)
    assert torch.equal(first.features, second.features)
    assert torch.equal(first.depth, second.depth)


def test_a_generator_draws_the_samples() -> None:
    rays = sample_rays(FRONT, 8)
    drawn = [
        render_rays(wavy, rays, CONFIG, generator=torch.Generator().manual_seed(seed)).features
        for seed in (1, 1, 2)
    ]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.allclose(drawn[0], drawn[2], atol=1e-3)


@pytest.mark.parametrize("seed", [None, 3])
def test_chunks_change_nothing(seed: int | None) -> None:
    rays = sample_rays(FRONT, 8)

    def draw(chunk_points: int) -> Tensor:
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        with torch.no_grad():
            values = render_rays(wavy, rays, CONFIG, generator=generator, chunk_points=chunk_points)
        return torch.cat([values.features, values.depth, values.opacity], dim=-1)

    torch.testing.assert_close(draw(1), draw(1 << 20), rtol=0, atol=1e-5)
    torch.testing.assert_close(draw(12 * 10), draw(1 << 20), rtol=0, atol=1e-5)


def test_both_passes_are_marched_as_one_sorted_set() -> None:
    """The colours are never sorted, their weights are: the sum must be the one over sorted samples."""
    rays = sample_rays(FRONT, 4)
    seen: list[Tensor] = []

    def watched(points: Tensor) -> tuple[Tensor, Tensor]:
        seen.append(points)
        return wavy(points)

    values = render_rays(watched, rays, CONFIG)
    points = torch.cat([each.reshape(1, 16, -1, 3) for each in seen], dim=2)
    depths = (points - rays.origins[:, :, None]).norm(dim=-1)
    depths, order = depths.sort(dim=-1)
    points = points.gather(2, order[..., None].expand(-1, -1, -1, 3))
    density, colors = wavy(points)
    passed, total = torch.ones(1, 16), torch.zeros(1, 16, 3)
    for k in range(23):
        middle = (density[:, :, k, 0] + density[:, :, k + 1, 0]) / 2
        thickness = torch.log1p(torch.exp(middle - 1)) * (depths[..., k + 1] - depths[..., k])
        alpha = 1 - torch.exp(-thickness)
        total += (alpha * passed)[..., None] * (colors[:, :, k] + colors[:, :, k + 1]) / 2
        passed = passed * (1 - alpha)
    torch.testing.assert_close(values.features, 2 * total - 1, rtol=0, atol=2e-5)
    torch.testing.assert_close(values.opacity[..., 0], 1 - passed, rtol=0, atol=1e-5)


def test_disparity_sampling_places_the_coarse_samples() -> None:
    seen: list[Tensor] = []

    def watched(points: Tensor) -> tuple[Tensor, Tensor]:
        seen.append(points)
        return nothing(points)

    ahead = Rays(torch.zeros(1, 1, 3), torch.tensor([[[0.0, 0.0, 1.0]]]))
    config = RenderConfig(1, 3, 0, 1.0, 2.0, disparity_sampling=True)
    render_rays(watched, ahead, config)
    # s = (k + 1/2) / 2; 1 / ((1 - s) + s / 2)
    assert seen[0][0, :, 2].tolist() == pytest.approx([1 / 0.875, 1 / 0.625, 1 / 0.375])


def test_gradients_reach_the_field() -> None:
    sharpness = torch.tensor(5.0, requires_grad=True)

    def soft(points: Tensor) -> tuple[Tensor, Tensor]:
        return -sharpness * points[..., 2:], torch.sigmoid(sharpness * points)

    values = render_rays(soft, sample_rays(FRONT, 4), CONFIG)
    total = values.features.sum() + values.depth.sum() + values.opacity.sum()
    (gradient,) = torch.autograd.grad(total, sharpness)
    assert bool(torch.isfinite(gradient))
    assert float(gradient) != 0.0


def test_half_precision_surroundings_keep_the_geometry() -> None:
    rays = sample_rays(FRONT, 8)
    plain = render_rays(wavy, rays, CONFIG)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = render_rays(wavy, rays, CONFIG)
    assert mixed.features.dtype == torch.float32
    assert torch.equal(mixed.features, plain.features)


def test_surface_positions() -> None:
    ones = torch.ones(1, 1, 2, 2)
    directions = torch.tensor([[[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1]]])
    rendering = Rendering(
        ones,
        ones,
        ones,
        ones,
        torch.tensor([[[[1.0, 2], [3, 4]]]]),
        ones,
        torch.full((1, 4, 3), 0.5),
        directions,
    )
    surface = rendering.surface()
    assert surface.shape == (1, 3, 2, 2)
    assert surface[0, :, 0, 1].tolist() == [0.5, 2.5, 0.5]
    assert surface[0, :, 1, 1].tolist() == [0.5, 0.5, -3.5]


def test_limits_must_come_in_pairs() -> None:
    with pytest.raises(ValueError, match="given together"):
        render_rays(wall, sample_rays(FRONT, 2), replace(CONFIG, ray_end=None))


def test_too_few_coarse_samples() -> None:
    with pytest.raises(ValueError, match="at least 4 coarse samples, got 3"):
        render_rays(wall, sample_rays(FRONT, 2), replace(CONFIG, coarse_samples=3))
