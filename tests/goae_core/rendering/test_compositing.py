from __future__ import annotations

import math

import pytest
import torch

from goae_core.rendering.compositing import (
    expected_depth,
    interval_weights,
    released_weights,
    sample_weights,
)


def test_weights_by_hand() -> None:
    # softplus(1 - 1) = ln 2: every interval of length 1 absorbs half of what reaches it
    weights = interval_weights(torch.ones(1, 4), torch.arange(4.0)[None])
    assert weights[0].tolist() == pytest.approx([0.5, 0.25, 0.125])
    # each end of an interval gets half of it
    assert sample_weights(weights)[0].tolist() == pytest.approx([0.25, 0.375, 0.1875, 0.0625])


def test_densities_are_averaged_before_softplus() -> None:
    weights = interval_weights(torch.tensor([3.0, -1.0]), torch.tensor([0.0, 2.0]))
    assert float(weights) == pytest.approx(0.75)  # mean 1, ln 2 over a length of 2


def test_depth_by_hand() -> None:
    weights = torch.tensor([[0.5, 0.25]])
    depths = torch.tensor([[0.0, 1.0, 2.0]])
    # (0.5 * 0.5 + 0.25 * 1.5) / 0.75
    assert float(expected_depth(weights, depths, (0.0, 2.0))) == pytest.approx(5 / 6)
    assert float(expected_depth(weights, depths, (1.0, 2.0))) == 1.0


def test_a_ray_that_meets_nothing_gets_the_far_limit_and_no_gradient() -> None:
    density = torch.full((1, 5), -1000.0, requires_grad=True)
    depths = torch.arange(5.0)[None]
    weights = interval_weights(density, depths)
    assert float(weights.detach().sum()) == 0.0
    depth = expected_depth(weights, depths, (0.0, 9.0))
    assert depth.tolist() == [[9.0]]
    (gradient,) = torch.autograd.grad(depth.sum(), density)
    assert torch.equal(gradient, torch.zeros(1, 5))


def test_an_opaque_sample_hides_the_rest() -> None:
    weights = interval_weights(torch.tensor([1000.0, 1000.0, 1.0]), torch.arange(3.0))
    assert weights.tolist() == [1.0, 0.0]


def test_weights_sum_to_what_is_absorbed() -> None:
    rng = torch.Generator().manual_seed(0)
    density = torch.randn(2, 3, 9, generator=rng)
    depths = torch.rand(2, 3, 9, generator=rng).sort(dim=-1).values
    weights = interval_weights(density, depths)
    middle = (density[..., 1:] + density[..., :-1]) / 2
    absorbed = (torch.log1p(torch.exp(middle - 1)) * depths.diff(dim=-1)).sum(dim=-1)
    torch.testing.assert_close(weights.sum(dim=-1), 1 - torch.exp(-absorbed))


def test_gradients() -> None:
    rng = torch.Generator().manual_seed(0)
    density = torch.randn(2, 6, generator=rng, dtype=torch.float64, requires_grad=True)
    depths = torch.rand(2, 6, generator=rng, dtype=torch.float64).sort(dim=-1).values.requires_grad_()
    limits = (-math.inf, math.inf)
    assert torch.autograd.gradcheck(interval_weights, (density, depths))
    assert torch.autograd.gradcheck(
        lambda g, t: expected_depth(interval_weights(g, t), t, limits), (density, depths)
    )


def test_released_weights_are_the_same_but_for_rounding() -> None:
    generator = torch.Generator().manual_seed(3)
    density = 20.0 * torch.randn(5, 12, generator=generator)
    depths = torch.linspace(2.2, 3.2, 12).expand(5, 12)
    torch.testing.assert_close(
        released_weights(density, depths), interval_weights(density, depths), rtol=1e-4, atol=2e-7
    )
    faint = torch.full((1, 3), -15.0)  # softplus(-16) * 0.1 = 1.1e-8 vanishes beside 1
    depths = torch.tensor([[0.0, 0.1, 0.2]])
    assert float(released_weights(faint, depths).sum()) == 0
    assert float(interval_weights(faint, depths).sum()) == pytest.approx(2.25e-8, rel=0.01)
