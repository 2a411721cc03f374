from __future__ import annotations

import pytest
import torch

from goae_core.networks.resampling import downsample, resample_filter, smooth, upfirdn, upsample

KERNEL = resample_filter()


def test_doubling_by_hand() -> None:
    x = torch.zeros(1, 1, 3, 3)
    x[0, 0, 1, 1] = 16.0
    y = upsample(x, KERNEL)[0, 0]
    assert y.shape == (6, 6)
    # A quarter and three quarters of it in either direction.
    assert y[2].tolist() == [0.0, 3.0, 9.0, 9.0, 3.0, 0.0]
    assert y[1].tolist() == [0.0, 1.0, 3.0, 3.0, 1.0, 0.0]
    assert float(y.sum()) == 64.0


def test_zeros_beyond_the_border() -> None:
    row = upsample(torch.ones(1, 1, 4, 4), KERNEL)[0, 0, 4]
    assert row.tolist() == [0.75, 1, 1, 1, 1, 1, 1, 0.75]


def test_doubling_is_the_general_operation() -> None:
    x = torch.randn(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    general = upfirdn(x, KERNEL, up=2, padding=(2, 1, 2, 1), gain=4.0)
    torch.testing.assert_close(upsample(x, KERNEL), general)


def test_halving_by_hand() -> None:
    y = downsample(torch.ones(1, 2, 4, 4), KERNEL)
    # One of the four taps of each direction falls outside: 7/8.
    assert y[0, 1].tolist() == [[49 / 64, 49 / 64], [49 / 64, 49 / 64]]


def test_an_asymmetric_filter_is_not_flipped() -> None:
    x = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    assert upfirdn(x, torch.tensor([[1.0, 10.0]]))[0, 0, 0].tolist() == [21.0, 32.0]


def test_negative_padding_crops() -> None:
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    one = torch.ones(1, 1)
    assert torch.equal(upfirdn(x, one, padding=(-1, 0, 0, -2)), x[:, :, :2, 1:])
    assert torch.equal(upfirdn(x, one, down=3), x[:, :, ::3, ::3])


def test_smoothing_takes_off_the_odd_row() -> None:
    y = smooth(torch.ones(1, 1, 9, 9), KERNEL)
    assert y.shape == (1, 1, 8, 8)
    assert y[0, 0, 3].tolist() == [3.5, 4, 4, 4, 4, 4, 4, 3.5]  # gain 4


@pytest.mark.parametrize("operation", [upsample, downsample, smooth])
def test_gradients(operation: object) -> None:
    assert callable(operation)
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(lambda each: operation(each, KERNEL.double()), (x.requires_grad_(),))
