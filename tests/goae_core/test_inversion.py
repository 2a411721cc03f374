from __future__ import annotations

import pytest
import torch

from goae_core.camera import orbit
from goae_core.generator import Generator
from goae_core.inversion import (
    align_features,
    encode,
    head_over_black,
    reconstruct,
    refined_planes,
    resized,
    see,
)
from goae_core.networks.afa import build_afa
from goae_core.networks.encoder import Encoder
from goae_core.presets import preset

TINY = preset("tiny")
CAMERA = orbit(0.2, 0.1, rig=TINY.camera)


@pytest.fixture(scope="module")
def generator() -> Generator:
    torch.manual_seed(0)
    network = Generator(TINY).eval()
    network.w_avg.normal_()
    return network


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    torch.manual_seed(1)
    return Encoder(TINY.encoder, TINY.backbone.num_ws).eval()


def test_head_over_black() -> None:
    pixels = torch.tensor([1.0, 0.0, -1.0, 1.0]).reshape(1, 1, 1, 4)
    matte = torch.tensor([1.0, 0.5, 0.5, 0.0]).reshape(1, 1, 1, 4)
    # White on the head stays, middle grey is halved to a quarter of white, black stays, the rest is black.
    assert head_over_black(pixels, matte).flatten().tolist() == [1.0, -0.5, -1.0, -1.0]
    assert head_over_black(pixels, None) is pixels


def test_resized_averages_instead_of_skipping() -> None:
    picture = torch.rand(1, 3, 8, 8) * 2.0 - 1.0
    assert resized(picture, 8) is picture
    checker = (torch.arange(64).reshape(8, 8) + torch.arange(8)[:, None]) % 2 * 2.0 - 1.0
    small = resized(checker.expand(1, 3, 8, 8), 2)
    assert small.shape == (1, 3, 2, 2)
    assert float(small.abs().max()) < 0.1
    # A bicubic filter overshoots beside an edge; the result stays within range.
    edge = torch.ones(1, 3, 8, 8)
    edge[..., :4] = -1.0
    assert float(resized(edge, 16).abs().max()) == 1.0


def test_style_is_the_mean_plus_the_offsets(generator: Generator, encoder: Encoder) -> None:
    photo = torch.rand(2, 3, 64, 64) * 2.0 - 1.0
    with torch.no_grad():
        w_plus = encode(generator, encoder, photo)
        assert torch.equal(w_plus, generator.w_avg + encoder(photo))
        base = encode(generator, encoder, photo, stage=0)
        assert torch.equal(base[:, 0], base[:, 7])
        large = torch.rand(1, 3, 128, 128) * 2.0 - 1.0
        assert torch.equal(encode(generator, encoder, large), encode(generator, encoder, resized(large, 64)))


def test_an_untrained_afa_changes_nothing(generator: Generator) -> None:
    w_plus = torch.randn(1, TINY.backbone.num_ws, TINY.backbone.w_dim)
    with torch.no_grad():
        plain = reconstruct(generator, w_plus, CAMERA)
        modulation = align_features(build_afa(TINY), torch.rand(1, 3, 64, 64), plain)
        refined = refined_planes(generator, plain, modulation)
    assert torch.equal(refined.features, plain.planes.features)
    assert torch.equal(plain.features.x, generator.feature_map(w_plus).x)


def test_the_whole_chain_is_differentiable(generator: Generator, encoder: Encoder) -> None:
    afa = build_afa(TINY)
    photo = torch.rand(2, 3, 64, 64) * 2.0 - 1.0
    camera = type(CAMERA)(CAMERA.cam_to_world.expand(2, -1, -1), CAMERA.intrinsics.expand(2, -1, -1))
    w_plus = encode(generator, encoder, photo)
    plain = reconstruct(generator, w_plus, camera, resolution=8)
    assert plain.rendering.raw.shape == (2, 3, 8, 8)
    refined = refined_planes(generator, plain, align_features(afa, photo, plain))
    sight = see(generator, refined, w_plus, camera)
    assert sight.visibility.shape == (2, 3, 32, 32)
    assert not sight.visibility.requires_grad
    sight.rendering.image.square().sum().backward()
    for network, name in ((encoder, "mapper_base_channel.2.weight"), (afa, "to_modulation.weight")):
        gradient = network.get_parameter(name).grad
        assert gradient is not None
        assert bool(gradient.any())


def test_samples_along_rays_are_drawn_when_asked_for(generator: Generator) -> None:
    w_plus = torch.randn(1, TINY.backbone.num_ws, TINY.backbone.w_dim)
    with torch.no_grad():
        pictures = [
            reconstruct(generator, w_plus, CAMERA, randomness=randomness).rendering.raw
            for randomness in (None, None, torch.Generator().manual_seed(3), torch.Generator().manual_seed(3))
        ]
    assert torch.equal(pictures[0], pictures[1])
    assert torch.equal(pictures[2], pictures[3])
    assert not torch.equal(pictures[0], pictures[2])
