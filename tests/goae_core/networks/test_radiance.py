from __future__ import annotations

import math

import pytest
import torch

from goae_core.networks.radiance import RadianceDecoder
from goae_core.presets import RadianceConfig


def test_decoder_by_hand() -> None:
    decoder = RadianceDecoder(RadianceConfig(hidden=1, color_channels=2), 4)
    decoder.load_state_dict(
        {
            "net.0.weight": torch.ones(1, 4),
            "net.0.bias": torch.tensor([-2.0]),
            "net.2.weight": torch.tensor([[2.0], [0.0], [0.0]]),
            "net.2.bias": torch.tensor([5.0, 0.0, 100.0]),
        }
    )
    # (4 * 1) / sqrt(4) - 2 = 0, softplus gives ln 2
    density, colors = decoder(torch.ones(1, 1, 4))
    assert density.tolist()[0][0] == pytest.approx([5.0 + 2.0 * math.log(2.0)])
    assert colors.tolist()[0][0] == pytest.approx([0.5, 1.001])


def test_learning_rate_multiplier_scales_weights_and_biases() -> None:
    slow = RadianceDecoder(RadianceConfig(hidden=8, color_channels=3, lr_multiplier=0.1), 4)
    fast = RadianceDecoder(RadianceConfig(hidden=8, color_channels=3), 4)
    fast.load_state_dict({name: 0.1 * value for name, value in slow.state_dict().items()})
    x = torch.randn(2, 5, 4)
    for ours, theirs in zip(slow(x), fast(x), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_an_untrained_field_is_thin_but_alive() -> None:
    for seed in range(5):
        torch.manual_seed(seed)
        density, colors = RadianceDecoder(RadianceConfig(hidden=48, color_channels=24), 24)(
            torch.randn(1, 500, 24)
        )
        assert density.shape == (1, 500, 1)
        assert colors.shape == (1, 500, 24)
        assert -2.0 < float(density.detach().mean()) < 0.0
        assert float(density.detach().std()) > 0.1
