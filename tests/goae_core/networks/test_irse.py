from __future__ import annotations

import pytest
import torch
from torch import nn

from goae_core.networks.irse import IrSeUnit, PlainSeUnit, SqueezeExcite


def test_excitation_weighs_channels_by_their_means() -> None:
    excite = SqueezeExcite(2, reduction=1)
    with torch.no_grad():
        excite.fc1.weight.zero_()
        excite.fc1.weight[0, 0] = 1.0
        excite.fc2.weight.zero_()
        excite.fc2.weight[1, 0] = 1.0
    x = torch.tensor([[[[1.0, 3.0]], [[4.0, 8.0]]]])
    # Channel 0: sigmoid(0) = 1/2. Channel 1: sigmoid(mean of channel 0 = 2).
    expected = torch.stack([0.5 * x[:, 0], torch.sigmoid(torch.tensor(2.0)) * x[:, 1]], dim=1)
    torch.testing.assert_close(excite(x), expected)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(("width", "stride"), [(8, 1), (8, 2), (12, 1), (12, 2)])
def test_unit_shapes(batch: int, width: int, stride: int) -> None:
    unit = IrSeUnit(8, width, stride).eval()
    assert unit(torch.randn(batch, 8, 6, 6)).shape == (batch, width, 6 // stride, 6 // stride)


def test_shortcut_of_equal_width_leaves_pixels_out() -> None:
    unit = IrSeUnit(8, 8, 2).eval()
    norm = unit.res_layer[4]
    assert isinstance(norm, nn.BatchNorm2d)
    nn.init.zeros_(norm.weight)
    x = torch.randn(1, 8, 4, 4)
    assert torch.equal(unit(x), x[:, :, ::2, ::2])


def test_plain_unit_starts_near_its_shortcut() -> None:
    unit = PlainSeUnit(8, 8)
    x = torch.randn(2, 8, 5, 5)
    assert float((unit(x) - x).detach().abs().mean()) < 0.1
    nn.init.zeros_(unit.conv1.weight)
    nn.init.zeros_(unit.conv1.bias)  # type: ignore[arg-type]
    assert torch.equal(unit(x), x)
