from __future__ import annotations

import math

import pytest
import torch

from goae_core.networks.equalized import EqualizedConv2d, EqualizedLinear, bias_act


def test_linear_layer_by_hand() -> None:
    layer = EqualizedLinear(4, 1, lr_multiplier=0.5)
    layer.load_state_dict({"weight": torch.tensor([[1.0, 2, 3, 4]]), "bias": torch.tensor([10.0])})
    # (1 + 2 + 3 + 4) * 0.5 / sqrt(4) + 10 * 0.5
    assert layer(torch.ones(1, 4)).tolist() == [[7.5]]


def test_activated_linear_layer_by_hand() -> None:
    layer = EqualizedLinear(1, 2, activation="lrelu")
    layer.load_state_dict({"weight": torch.tensor([[1.0], [-1.0]]), "bias": torch.zeros(2)})
    expected = [math.sqrt(2), -0.2 * math.sqrt(2)]
    assert layer(torch.ones(1, 1))[0].tolist() == pytest.approx(expected)


def test_the_first_bias_does_not_depend_on_the_multiplier() -> None:
    layer = EqualizedLinear(3, 2, lr_multiplier=0.01, initial_bias=1.0)
    torch.testing.assert_close(layer(torch.zeros(1, 3)), torch.ones(1, 2))


def test_untrained_layers_keep_unit_variance() -> None:
    torch.manual_seed(0)
    mapped = EqualizedLinear(256, 256, lr_multiplier=0.01)(torch.randn(64, 256))
    assert float(mapped.detach().std()) == pytest.approx(1.0, abs=0.05)
    image = torch.randn(1, 32, 16, 16)
    inside = EqualizedConv2d(32, 64, 3)(image)[:, :, 1:-1, 1:-1]
    assert float(inside.detach().std()) == pytest.approx(1.0, abs=0.05)


def test_convolution_by_hand() -> None:
    layer = EqualizedConv2d(1, 1, 3)
    layer.load_state_dict({"weight": torch.ones(1, 1, 3, 3), "bias": torch.tensor([0.5])})
    y = layer(torch.ones(1, 1, 3, 3))[0, 0]
    # 9, 6 or 4 ones below the kernel, times 1/3, plus 1/2
    torch.testing.assert_close(y[1], torch.tensor([2.5, 3.5, 2.5]))
    torch.testing.assert_close(y[0], torch.tensor([4 / 3 + 0.5, 2.5, 4 / 3 + 0.5]))


def test_clamp_comes_after_the_gain() -> None:
    x = torch.tensor([[[1.0, -10.0]]])
    y = bias_act(x, torch.tensor([1.0]), "lrelu", gain=2.0, clamp=3.0)
    assert y.tolist() == [[[3.0, -3.0]]]  # 2 * 2 and 2 * 0.2 * -9, both beyond 3
    assert bias_act(x, torch.tensor([1.0]), "linear").tolist() == [[[2.0, -9.0]]]
