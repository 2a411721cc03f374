from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from goae_core.camera import Camera, orbit
from goae_core.generator import Generator
from goae_core.presets import preset
from goae_core.rendering.rays import sample_rays
from goae_core.rendering.renderer import Rendering
from goae_core.triplane import TriPlane

TINY = preset("tiny")


@pytest.fixture(scope="module")
def generator() -> Generator:
    torch.manual_seed(0)
    return Generator(TINY).eval().requires_grad_(False)


def head(generator: Generator, batch: int = 1) -> tuple[Tensor, TriPlane, Camera]:
    """w+, planes and cameras of the same heads every time."""
    camera = Camera.from_label(torch.cat([orbit(0.3 * k, 0.1).label() for k in range(batch)]))
    z = torch.randn(batch, TINY.backbone.z_dim, generator=torch.Generator().manual_seed(1))
    w_plus = generator.map(z, camera.label())
    return w_plus, generator.planes(w_plus, generator.feature_map(w_plus)), camera


@pytest.mark.parametrize("batch", [1, 2])
def test_shapes(generator: Generator, batch: int) -> None:
    w_plus, planes, camera = head(generator, batch)
    assert w_plus.shape == (batch, TINY.backbone.num_ws, 32)
    assert generator.w_avg.shape == (32,)
    feature_map = generator.feature_map(w_plus)
    assert feature_map.x.shape == (batch, 16, 16, 16)
    assert feature_map.skip.shape == (batch, 24, 16, 16)
    assert planes.features.shape == (batch, 3, 8, 32, 32)
    assert planes.axes == "orthogonal"
    rendering = generator.render(planes, w_plus, camera)
    assert rendering.image.shape == (batch, 3, 64, 64)
    assert rendering.alpha.shape == (batch, 1, 64, 64)
    assert rendering.raw.shape == (batch, 3, 16, 16)
    assert rendering.features.shape == (batch, 8, 16, 16)
    assert rendering.depth.shape == rendering.opacity.shape == (batch, 1, 16, 16)
    assert rendering.origins.shape == rendering.directions.shape == (batch, 256, 3)
    assert rendering.surface().shape == (batch, 3, 16, 16)
    for each in (rendering.alpha, rendering.opacity):
        assert float(each.min()) >= 0.0
        assert float(each.max()) <= 1.0
    density, colors = generator.query(planes, torch.zeros(batch, 7, 3))
    assert (density.shape, colors.shape) == ((batch, 7, 1), (batch, 7, 8))


def test_the_same_request_gives_the_same_picture(generator: Generator) -> None:
    pictures = [generator.render(planes, w_plus, camera) for w_plus, planes, camera in [head(generator)] * 2]
    w_plus, planes, camera = head(generator)
    pictures.append(generator.render(planes, w_plus, camera))
    for name in ("image", "alpha", "depth", "opacity"):
        first, *others = (getattr(each, name) for each in pictures)
        assert all(torch.equal(first, other) for other in others)


def test_heads_of_a_batch_do_not_mix(generator: Generator) -> None:
    w_plus, planes, camera = head(generator, 2)
    together = generator.render(planes, w_plus, camera)
    alone = generator.render(
        TriPlane(planes.features[1:], planes.box_side, planes.axes),
        w_plus[1:],
        Camera(camera.cam_to_world[1:], camera.intrinsics[1:]),
    )
    torch.testing.assert_close(together.image[1:], alone.image, rtol=0, atol=2e-5)
    torch.testing.assert_close(together.depth[1:], alone.depth, rtol=0, atol=2e-5)


def test_a_picture_without_the_upscaler_is_enlarged(generator: Generator) -> None:
    w_plus, planes, camera = head(generator)
    rendering = generator.render(planes, w_plus, camera, super_resolve=False)
    assert rendering.image.shape == (1, 3, 64, 64)
    assert rendering.alpha.shape == (1, 1, 64, 64)
    # Bilinear from 16 to 64: the value of pixel 8 lies between those of rays 1 and 2, at 5/8.
    row = rendering.raw[0, 0, 0]
    assert float(rendering.image[0, 0, 0, 8]) == pytest.approx(
        float(row[1] * 3 / 8 + row[2] * 5 / 8), abs=1e-6
    )


def test_previews_take_fewer_rays_and_samples(generator: Generator) -> None:
    w_plus, planes, camera = head(generator)
    config = replace(TINY.render, coarse_samples=5, fine_samples=0)
    rendering = generator.render(planes, w_plus, camera, resolution=8, config=config)
    assert rendering.raw.shape == (1, 3, 8, 8)
    assert rendering.image.shape == (1, 3, 64, 64)
    full = generator.render(planes, w_plus, camera, resolution=8)
    assert not torch.equal(rendering.depth, full.depth)


def test_some_rays_are_some_pixels(generator: Generator) -> None:
    w_plus, planes, camera = head(generator)
    rendering = generator.render(planes, w_plus, camera)
    rays = sample_rays(camera, 16).select(torch.tensor([17, 200]))
    values = generator.render_rays(planes, rays)
    expected = rendering.features.flatten(2)[:, :, [17, 200]].mT
    torch.testing.assert_close(values.features, expected, rtol=0, atol=1e-6)


def test_alpha_comes_from_the_fourth_channel() -> None:
    torch.manual_seed(0)
    generator = Generator(TINY)
    w_plus, planes, camera = head(generator)
    weights = [generator.superresolution.get_submodule(f"block{k}.torgb") for k in (0, 1)]
    with torch.no_grad():
        for layer in weights:
            for parameter in layer.parameters(recurse=False):
                parameter.zero_()
    rendering = generator.render(planes, w_plus, camera)
    # With nothing added, the upscaler doubles twice: colour stays colour, opacity stays opacity.
    middle = (slice(None), slice(None), slice(16, 48), slice(16, 48))
    bilinear = generator.render(planes, w_plus, camera, super_resolve=False)
    torch.testing.assert_close(rendering.alpha[middle], bilinear.alpha[middle], rtol=0, atol=0.05)
    torch.testing.assert_close(rendering.image[middle], bilinear.image[middle], rtol=0, atol=0.05)


def test_a_model_without_alpha_takes_the_opacity() -> None:
    torch.manual_seed(0)
    three = replace(TINY, super_resolution=replace(TINY.super_resolution, image_channels=3))
    generator = Generator(three).requires_grad_(False)
    w_plus, planes, camera = head(generator)
    rendering = generator.render(planes, w_plus, camera)
    bilinear = generator.render(planes, w_plus, camera, super_resolve=False)
    assert torch.equal(rendering.alpha, bilinear.alpha)
    assert rendering.image.shape == (1, 3, 64, 64)


def parameters_without_gradient(lose: Callable[[Rendering], Tensor]) -> set[str]:
    torch.manual_seed(0)
    generator = Generator(TINY)
    w_plus, planes, camera = head(generator)
    rng = torch.Generator().manual_seed(2)
    rendering = generator.render(planes, w_plus, camera, generator=rng)
    names = [name for name, _ in generator.named_parameters()]
    gradients: tuple[Tensor | None, ...] = torch.autograd.grad(
        lose(rendering), list(generator.parameters()), allow_unused=True
    )
    missing = set()
    for name, gradient in zip(names, gradients, strict=True):
        if gradient is None or not bool(gradient.any()):
            missing.add(name)
        else:
            assert bool(torch.isfinite(gradient).all()), name
    return missing


def test_gradients_reach_every_weight_but_the_unused_noise() -> None:
    missing = parameters_without_gradient(lambda r: r.image.square().mean() + r.alpha.mean())
    assert missing == {
        f"superresolution.block{block}.conv{conv}.noise_strength" for block in (0, 1) for conv in (0, 1)
    }


def test_a_clamped_alpha_still_learns() -> None:
    torch.manual_seed(0)
    generator = Generator(TINY)
    w_plus, planes, camera = head(generator)
    bias = generator.superresolution.get_submodule("block1.torgb").get_parameter("bias")
    with torch.no_grad():
        bias[3] = -9.0
    rendering = generator.render(planes, w_plus, camera)
    assert float(rendering.alpha.detach().max()) == 0.0
    (gradient,) = torch.autograd.grad((rendering.alpha - 1.0).square().mean(), bias)
    assert float(gradient[3]) == pytest.approx(-1.0)  # d/db mean((a - 1)^2) = 2 * (0 - 1) * 1/2


def test_half_precision_gives_nearly_the_same_picture(generator: Generator) -> None:
    w_plus, planes, camera = head(generator)
    exact = generator.render(planes, w_plus, camera)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        w_plus, planes, camera = head(generator)
        mixed = generator.render(planes, w_plus, camera)
    assert planes.features.dtype == mixed.depth.dtype == mixed.image.dtype == torch.float32
    assert float((mixed.image - exact.image).abs().mean()) < 0.02
    assert float((mixed.depth - exact.depth).abs().mean()) < 0.02


def test_an_untrained_head_is_a_haze(generator: Generator) -> None:
    w_plus, planes, camera = head(generator)
    opacity = generator.render(planes, w_plus, camera).opacity
    assert 0.02 < float(opacity.mean()) < 0.5


def test_unequal_numbers(generator: Generator) -> None:
    w_plus, planes, camera = head(generator)
    two = Camera.from_label(camera.label().expand(2, -1))
    with pytest.raises(ValueError, match="equally many, got 1, 1 and 2; repeat the planes"):
        generator.render(planes, w_plus, two)
