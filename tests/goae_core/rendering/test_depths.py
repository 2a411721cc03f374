from __future__ import annotations

import pytest
import torch

from goae_core.rendering.depths import box_limits, disparity_depths, importance_depths, stratified_depths
from goae_core.rendering.rays import Rays


def test_even_depths_move_by_their_jitter() -> None:
    jitter = torch.tensor([[[0.5, 0.5, 0.5, 0.5], [0.0, 0.25, 0.75, 0.0]]])
    depths = stratified_depths(torch.tensor(1.0), torch.tensor(4.0), jitter)
    assert depths[0].tolist() == [[1.5, 2.5, 3.5, 4.5], [1.0, 2.25, 3.75, 4.0]]


def test_limits_per_ray() -> None:
    near = torch.tensor([[[0.0], [1.0]]])
    depths = stratified_depths(near, near + 2.0, torch.zeros(1, 2, 3))
    assert depths[0].tolist() == [[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]]


def test_disparity_is_even_in_the_inverse() -> None:
    depths = disparity_depths(torch.tensor(1.0), torch.tensor(2.0), torch.zeros(1, 1, 3))
    # 1/t = 1, 3/4, 1/2
    assert depths[0, 0].tolist() == pytest.approx([1.0, 4 / 3, 2.0])


def test_importance_samples_by_hand() -> None:
    depths = torch.arange(5.0).reshape(1, 1, 5)
    weights = torch.tensor([[[0.0, 0.0, 1.0, 0.0]]])
    # neighbours' maximum 0 0 1 1 0; their mean + 0.01: .01 .51 1.01 .51; inner two + 1e-5: .51001 1.01001
    # distribution 0, .51001 / 1.52002 = .33553, 1 over the bins .5, 1.5, 2.5
    u = torch.tensor([[[0.0, 0.51001 / 1.52002 / 2, (0.51001 / 1.52002 + 1) / 2, 1.0]]])
    found = importance_depths(depths, weights, u)
    assert found[0, 0].tolist() == pytest.approx([0.5, 1.0, 2.0, 2.5], abs=1e-5)


def test_importance_samples_ascend_inside_the_bins_and_carry_no_gradient() -> None:
    rng = torch.Generator().manual_seed(0)
    depths = torch.linspace(2, 3, 12).expand(2, 7, 12)
    weights = torch.rand(2, 7, 11, generator=rng, requires_grad=True)
    found = importance_depths(depths, weights, torch.linspace(0, 1, 9).expand(2, 7, 9))
    assert found.shape == (2, 7, 9)
    assert not found.requires_grad
    assert bool((found.diff(dim=-1) > 0).all())
    step = 1 / 11
    assert float(found.min()) == pytest.approx(2 + step / 2)
    assert float(found.max()) == pytest.approx(3 - 1.5 * step)  # the last bin is never drawn from


def test_box_limits() -> None:
    origins = torch.tensor([[[0.0, 0, 2], [0, 0, 3], [5, 0, 2]]])
    directions = torch.tensor([[[0.0, 0, -1], [0, 0, -1], [0, 0, -1]]])
    near, far = box_limits(Rays(origins, directions), 1.0)
    # The third ray misses: it runs from the least to the greatest near of the others.
    assert near[0, :, 0].tolist() == [1.5, 2.5, 1.5]
    assert far[0, :, 0].tolist() == [2.5, 3.5, 2.5]


def test_box_limits_of_an_oblique_ray() -> None:
    direction = torch.tensor([0.6, 0.0, -0.8])
    near, far = box_limits(Rays(torch.tensor([[[-1.0, 0, 1]]]), direction[None, None]), 1.0)
    # It enters through x = -1/2 at t = 0.5 / 0.6 and leaves through z = -1/2 at t = 1.5 / 0.8.
    assert (float(near), float(far)) == pytest.approx((5 / 6, 15 / 8))


def test_box_from_inside_and_from_behind() -> None:
    away = torch.tensor([[[0.0, 0, 1]]])
    near, far = box_limits(Rays(torch.zeros(1, 1, 3), away), 1.0)
    assert (float(near), float(far)) == (0.0, 0.5)
    near, far = box_limits(Rays(torch.tensor([[[0.0, 0, 2]]]), away), 1.0)
    assert (float(near), float(far)) == (0.0, 0.0)
