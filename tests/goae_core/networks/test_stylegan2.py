from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.networks.resampling import resample_filter, upfirdn
from goae_core.networks.stylegan2 import (
    Backbone,
    MappingNetwork,
    SynthesisBlock,
    SynthesisLayer,
    ToImage,
    modulated_conv,
    normalize_second_moment,
)
from goae_core.presets import preset

CONFIG = preset("tiny").backbone


def one_by_one(x: Tensor, weight: Tensor, styles: Tensor, kernel: Tensor | None) -> Tensor:
    """The definition: every sample is convolved with a weight of its own."""
    results = []
    for each, style in zip(x, styles, strict=True):
        own = weight * style[None, :, None, None]
        own = own / (own.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if kernel is None:
            results.append(F.conv2d(each[None], own, padding=1))
        else:
            # A transposed convolution is a convolution of the stuffed image with the flipped weight.
            stuffed = each.new_zeros(1, each.shape[0], 2 * each.shape[1] + 3, 2 * each.shape[2] + 3)
            stuffed[:, :, 2:-2:2, 2:-2:2] = each
            spread = F.conv2d(stuffed, own.flip(2, 3))
            results.append(upfirdn(spread, kernel, padding=(1, 1, 1, 1), gain=4.0))
    return torch.cat(results)


@pytest.mark.parametrize("side", [3, 12])  # 3: features are scaled, 12: the weight
@pytest.mark.parametrize("doubles", [False, True])
@pytest.mark.parametrize("batch", [1, 2])
def test_modulated_convolution_is_one_convolution_a_sample(side: int, doubles: bool, batch: int) -> None:
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(batch, 3, side, side, generator=rng)
    weight, styles = torch.randn(4, 3, 3, 3, generator=rng), torch.randn(batch, 3, generator=rng)
    kernel = resample_filter() if doubles else None
    y = modulated_conv(x, weight, styles, kernel=kernel, gain=2.0)
    expected = 2.0 * one_by_one(x, weight, styles, kernel)
    assert y.shape == (batch, 4, side * (1 + doubles), side * (1 + doubles))
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("side", [2, 5])
@pytest.mark.parametrize("doubles", [False, True])
def test_gradient_of_the_modulated_convolution(side: int, doubles: bool) -> None:
    rng = torch.Generator().manual_seed(0)
    shapes = ((2, 2, side, side), (3, 2, 3, 3), (2, 2))
    x, weight, styles = (
        torch.randn(shape, generator=rng, dtype=torch.float64, requires_grad=True) for shape in shapes
    )
    kernel = resample_filter().double() if doubles else None
    assert torch.autograd.gradcheck(
        lambda *tensors: modulated_conv(*tensors, kernel=kernel), (x, weight, styles)
    )


def test_second_moment_by_hand() -> None:
    y = normalize_second_moment(torch.tensor([[3.0, 4.0]]))
    assert y[0].tolist() == pytest.approx([3 / math.sqrt(12.5), 4 / math.sqrt(12.5)])


def test_layer_adds_noise_then_bias_then_activates() -> None:
    layer = SynthesisLayer(2, 1, 4, 5, upsample=False, clamp=None)
    with torch.no_grad():
        layer.noise_strength.fill_(2.0)
        layer.bias.fill_(-0.5)
    x, w = torch.zeros(1, 2, 5, 5), torch.zeros(1, 4)
    expected = F.leaky_relu(2.0 * layer.noise_const - 0.5, 0.2) * math.sqrt(2)
    torch.testing.assert_close(layer(x, w, noise="const")[0, 0], expected)
    quiet = torch.full((5, 5), -0.1 * math.sqrt(2))
    torch.testing.assert_close(layer(x, w, noise="none")[0, 0], quiet)


def test_layer_clamps_last() -> None:
    layer = SynthesisLayer(2, 1, 4, 5, upsample=False, clamp=0.25)
    y = layer(100.0 * torch.randn(1, 2, 5, 5), torch.zeros(1, 4), noise="none")
    assert float(y.detach().abs().max()) == 0.25


def test_image_layer_by_hand() -> None:
    layer = ToImage(4, 1, 3, clamp=None)
    with torch.no_grad():
        layer.weight.fill_(1.0)
        layer.bias.fill_(0.5)
    # Styles are the affine bias 1 over sqrt(4); four channels of 3 give 4 * 3 / 2 + 1/2.
    y = layer(torch.full((1, 4, 2, 2), 3.0), torch.zeros(1, 3))
    torch.testing.assert_close(y, torch.full((1, 1, 2, 2), 6.5))


def test_blocks_say_how_many_styles_they_take() -> None:
    first = SynthesisBlock(0, 4, 6, 4, 3)
    later = SynthesisBlock(4, 2, 6, 8, 3)
    assert (first.num_styles, later.num_styles) == (2, 3)
    w = torch.randn(2, 3, 6)
    x, image = first(None, None, w[:, :2], noise="const")
    assert (x.shape, image.shape) == ((2, 4, 4, 4), (2, 3, 4, 4))
    x, image = later(x, image, w, noise="const")
    assert (x.shape, image.shape) == ((2, 2, 8, 8), (2, 3, 8, 8))


@pytest.mark.parametrize("batch", [1, 2])
def test_both_halves_of_synthesis(batch: int) -> None:
    torch.manual_seed(0)
    synthesis = Backbone(CONFIG).synthesis
    w_plus = torch.randn(batch, CONFIG.num_ws, CONFIG.w_dim)
    x, skip = synthesis.feature_map(w_plus)
    side = CONFIG.split_resolution
    assert x.shape == (batch, CONFIG.width(side), side, side)
    assert skip.shape == (batch, 3 * CONFIG.plane_channels, side, side)
    planes = synthesis.planes(w_plus, x, skip)
    assert planes.shape == (batch, 3 * CONFIG.plane_channels, 32, 32)
    assert planes.dtype == torch.float32


def test_which_rows_of_w_each_half_reads() -> None:
    torch.manual_seed(0)
    synthesis = Backbone(CONFIG).synthesis
    w_plus = torch.randn(1, CONFIG.num_ws, CONFIG.w_dim)
    x, skip = synthesis.feature_map(w_plus)
    planes = synthesis.planes(w_plus, x, skip)
    # Blocks 4, 8 and 16 take rows 0-5 (the sixth for the image of 16), block 32 rows 5-7.
    changes = torch.eye(CONFIG.num_ws).unsqueeze(-1)
    lower = [not torch.equal(synthesis.feature_map(w_plus + change)[0], x) for change in changes]
    image = [not torch.equal(synthesis.feature_map(w_plus + change)[1], skip) for change in changes]
    upper = [not torch.equal(synthesis.planes(w_plus + change, x, skip), planes) for change in changes]
    assert lower == [True] * 5 + [False] * 3
    assert image == [True] * 6 + [False] * 2
    assert upper == [False] * 5 + [True] * 3


def test_mapping_truncates_towards_the_mean() -> None:
    torch.manual_seed(0)
    mapping = MappingNetwork(CONFIG)
    mapping.w_avg.normal_()
    z, label = torch.randn(2, CONFIG.z_dim), torch.randn(2, 25)
    full = mapping(z, label)
    assert full.shape == (2, CONFIG.num_ws, CONFIG.w_dim)
    assert torch.equal(full[:, 0], full[:, -1])
    mean = mapping.w_avg.expand_as(full)
    torch.testing.assert_close(mapping(z, label, truncation=0.0), mean)
    half = mapping(z, label, truncation=0.5, cutoff=3)
    torch.testing.assert_close(half[:, :3], (0.5 * (full + mean))[:, :3])
    assert torch.equal(half[:, 3:], full[:, 3:])


def test_mapping_may_ignore_the_camera() -> None:
    torch.manual_seed(0)
    mapping = MappingNetwork(replace(CONFIG, camera_zero=True))
    z = torch.randn(1, CONFIG.z_dim)
    assert torch.equal(mapping(z, torch.randn(1, 25)), mapping(z, torch.zeros(1, 25)))
    aware = MappingNetwork(CONFIG)
    assert not torch.equal(aware(z, torch.randn(1, 25)), aware(z, torch.ones(1, 25)))


def test_half_precision_stays_near() -> None:
    torch.manual_seed(0)
    synthesis = Backbone(CONFIG).synthesis
    w_plus = torch.randn(2, CONFIG.num_ws, CONFIG.w_dim)
    exact = synthesis.planes(w_plus, *synthesis.feature_map(w_plus))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        x, skip = synthesis.feature_map(w_plus)
        mixed = synthesis.planes(w_plus, x, skip)
    assert x.dtype == torch.bfloat16
    assert mixed.dtype == torch.float32
    assert float((mixed - exact).detach().abs().mean()) < 0.02 * float(exact.detach().std())
