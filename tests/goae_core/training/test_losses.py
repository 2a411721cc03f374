"""Losses on numbers worked by hand."""

from __future__ import annotations

import math

import pytest
import torch

from goae_core.training.losses import charbonnier, gradient_difference, occupancy_loss


def test_charbonnier_is_smooth_absolute_difference() -> None:
    values = torch.tensor([0.0, 0.03, -0.04])
    expected = [0.0, math.hypot(0.03, 0.01) - 0.01, math.hypot(0.04, 0.01) - 0.01]
    assert float(charbonnier(values)) == pytest.approx(sum(expected) / 3)
    assert float(charbonnier(values, torch.tensor([0.0, 1.0, 0.0]))) == pytest.approx(expected[1])


def test_gradient_difference_sees_edges_and_no_offset() -> None:
    target = torch.zeros(1, 1, 8, 8)
    weight = torch.ones(1, 1, 8, 8)
    assert float(gradient_difference(target + 0.5, target, weight)) == pytest.approx(0, abs=1e-6)
    edge = target.clone()
    edge[..., 4:] = 1
    # one of seven horizontal differences is 1, no vertical one
    expected = (math.hypot(1, 0.01) - 0.01) / 7 / 2
    assert float(gradient_difference(edge, target, weight, scales=1)) == pytest.approx(expected, rel=1e-5)


def test_occupancy_is_cross_entropy_of_one_steps_opacity() -> None:
    density = torch.tensor([1.0, 1.0])
    thickness = math.log(2) * 0.03  # softplus(0) * step
    expected = (-math.log(1 - math.exp(-thickness)) + thickness) / 2
    value = occupancy_loss(density, torch.tensor([1.0, 0.0]), 0.03)
    assert float(value) == pytest.approx(expected, rel=1e-4)


def test_occupancy_gradient_survives_saturation() -> None:
    density = torch.tensor([-60.0, 300.0], requires_grad=True)
    occupancy_loss(density, torch.tensor([0.0, 1.0]), 0.03).backward()
    assert density.grad is not None
    assert torch.isfinite(density.grad).all()
