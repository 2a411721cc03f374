"""Structural similarity on numbers worked by hand."""

from __future__ import annotations

import pytest
import torch

from goae_core.similarity import structural_similarity


def test_similarity_of_equal_opposite_and_flat_pictures() -> None:
    torch.manual_seed(0)
    picture = torch.rand(1, 3, 32, 32) * 2 - 1
    assert float(structural_similarity(picture, picture)) == pytest.approx(1, abs=1e-5)
    assert float(structural_similarity(picture, -picture)) < 0
    black, white = torch.full((1, 1, 16, 16), -1.0), torch.full((1, 1, 16, 16), 1.0)
    # no structure: the luminance term alone, (2*0*1 + 1e-4) / (0 + 1 + 1e-4)
    assert float(structural_similarity(black, white)) == pytest.approx(1e-4 / 1.0001, rel=1e-3)


def test_weights_choose_where_pictures_are_compared() -> None:
    picture = torch.zeros(2, 1, 16, 40)
    target = picture.clone()
    target[..., 20:] = 1.0
    left, right = torch.zeros_like(picture), torch.zeros_like(picture)
    left[..., :14] = 1.0  # the window reaches five pixels
    right[..., 26:] = 1.0
    assert float(structural_similarity(picture, target, left)) == pytest.approx(1, abs=1e-5)
    # in [0, 1] the means are 0.5 and 1: (2*0.5*1 + 1e-4) / (0.25 + 1 + 1e-4)
    assert float(structural_similarity(picture, target, right)) == pytest.approx(1.0001 / 1.2501, rel=1e-4)


def test_similarity_can_be_learnt_from() -> None:
    torch.manual_seed(0)
    picture = (torch.rand(1, 2, 7, 8, dtype=torch.float64) * 2 - 1).requires_grad_()
    target = torch.rand(1, 2, 7, 8, dtype=torch.float64) * 2 - 1
    assert torch.autograd.gradcheck(lambda p: structural_similarity(p, target), picture)
