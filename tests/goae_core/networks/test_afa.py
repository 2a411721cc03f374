from __future__ import annotations

import pytest
import torch
from torch import Tensor

from goae_core.networks.afa import AttentionAfa, GeometricAfa, Modulation, Surface, build_afa
from goae_core.presets import preset

TINY = preset("tiny")
SIDE, F_SIDE, RAYS = 64, 16, 16


def ball(batch: int = 1) -> Surface:
    """The front of a ball of radius 0.25, seen by parallel rays."""
    line = torch.linspace(-0.35, 0.35, RAYS)
    y, x = torch.meshgrid(-line, line, indexing="ij")
    squared = 0.0625 - x**2 - y**2
    z = squared.clamp(min=0.0).sqrt()
    points = torch.stack([x, y, z])[None].repeat(batch, 1, 1, 1)
    opacity = (squared > 0.0).float()[None, None].repeat(batch, 1, 1, 1)
    return Surface(points, opacity)


def pictures(batch: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    width = TINY.backbone.width(F_SIDE)
    photo, reconstruction = (2.0 * torch.rand(batch, 3, SIDE, SIDE) - 1.0 for _ in range(2))
    return photo, reconstruction, torch.randn(batch, width, F_SIDE, F_SIDE)


@pytest.fixture
def geometric() -> GeometricAfa:
    network = build_afa(TINY)
    assert isinstance(network, GeometricAfa)
    return network


@pytest.fixture
def trained(geometric: GeometricAfa) -> GeometricAfa:
    """With heads that are no longer zero."""
    with torch.no_grad():
        for head in (geometric.to_modulation, geometric.to_planes, *geometric.to_planes_local):
            assert isinstance(head.weight, Tensor)
            head.weight.normal_(std=0.1)
    return geometric


def test_modulation_scales_shifts_and_moves() -> None:
    modulation = Modulation(torch.full((1, 1, 1, 1), 3.0), torch.full((1, 1, 1, 1), -1.0))
    assert modulation.apply(torch.full((1, 1, 1, 1), 2.0)).item() == 5.0
    assert modulation.to("cpu").planes_shift is None


def test_the_preset_chooses() -> None:
    with torch.device("meta"):
        assert isinstance(build_afa(preset("ffhq512")), AttentionAfa)


@pytest.mark.parametrize("batch", [1, 2])
def test_at_first_nothing_changes(geometric: GeometricAfa, batch: int) -> None:
    photo, reconstruction, features = pictures(batch)
    modulation = geometric(photo, reconstruction, features, ball(batch))
    assert torch.equal(modulation.apply(features), features)
    assert modulation.planes_shift is not None
    assert modulation.planes_shift.shape == (batch, 3, 8, 32, 32)
    assert not modulation.planes_shift.any()


def test_attention_is_the_softmax_over_logits_kernel_and_null(geometric: GeometricAfa) -> None:
    heads, values, size = geometric.heads, TINY.afa.token_dim // 2, geometric.size
    tokens = torch.randn(1, values + heads, 6, 6, dtype=torch.float64)
    points = 0.5 * torch.rand(1, 3, 6, 6, dtype=torch.float64) - 0.25
    opacity = (torch.rand(1, 1, 6, 6) > 0.3).double()
    attended = geometric._attend(tokens.float(), points.float(), opacity.float())

    seen = opacity.flatten() > 0.5
    value = tokens[0, :values].flatten(1)[:, seen].reshape(heads, -1, int(seen.sum()))  # (heads, V, M)
    logit = 4.0 * torch.tanh(tokens[0, values:].flatten(1)[:, seen] / 4.0)
    texel = torch.arange(size, dtype=torch.float64)
    for plane, (across, down) in zip(attended, ((0, 1), (0, 2), (2, 1)), strict=True):
        at = (2.0 * points[0].flatten(1)[:, seen] + 1.0) * 0.5 * size - 0.5
        near_u = (1.0 - (texel[:, None] - at[across]).abs()).clamp(min=0.0)
        near_v = (1.0 - (texel[:, None] - at[down]).abs()).clamp(min=0.0)
        kernel = near_v[:, None] * near_u[None]  # (S, S, M)
        null = geometric.null_logit.double().reshape(heads, 1, 1, 1).expand(-1, size, size, 1)
        logits = torch.cat([logit[:, None, None] + kernel.log(), null], dim=-1)
        weights = torch.softmax(logits, dim=-1)[..., :-1]  # (heads, S, S, M)
        expected = torch.einsum("hvum,hcm->hcvu", weights, value).flatten(0, 1)
        coverage = weights.sum(dim=-1)
        torch.testing.assert_close(plane[0, :values].double(), expected, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(plane[0, values:].double(), coverage, rtol=1e-4, atol=1e-5)


def test_the_background_says_nothing(trained: GeometricAfa) -> None:
    photo, reconstruction, features = pictures()
    surface = ball()
    elsewhere = torch.where(surface.opacity > 0.5, surface.points, 0.3)
    with torch.no_grad():
        one = trained(photo, reconstruction, features, surface)
        other = trained(photo, reconstruction, features, Surface(elsewhere, surface.opacity))
    assert torch.equal(one.scale, other.scale)
    assert bool(one.shift.any())


def test_heads_of_a_batch_do_not_mix(trained: GeometricAfa) -> None:
    photo, reconstruction, features = pictures(2)
    surface = ball(2)
    surface = Surface(surface.points * torch.tensor([1.0, 0.8]).reshape(2, 1, 1, 1), surface.opacity)
    alone = Surface(surface.points[1:], surface.opacity[1:])
    with torch.no_grad():
        both = trained(photo, reconstruction, features, surface)
        one = trained(photo[1:], reconstruction[1:], features[1:], alone)
    torch.testing.assert_close(both.scale[1:], one.scale, rtol=1e-4, atol=1e-5)
    assert both.planes_shift is not None
    assert one.planes_shift is not None
    torch.testing.assert_close(both.planes_shift[1:], one.planes_shift, rtol=1e-4, atol=1e-5)


def test_every_weight_learns(trained: GeometricAfa) -> None:
    photo, reconstruction, features = pictures(2)
    modulation = trained(photo, reconstruction, features, ball(2))
    assert modulation.planes_shift is not None
    (modulation.apply(features).square().sum() + modulation.planes_shift.square().sum()).backward()
    idle = [
        name
        for name, parameter in trained.named_parameters()
        if parameter.grad is None or not bool(parameter.grad.any())
    ]
    assert idle == []


def test_it_asks_for_the_surface(geometric: GeometricAfa) -> None:
    with pytest.raises(ValueError, match="needs the surface"):
        geometric(*pictures())
