from __future__ import annotations

import pytest
import torch

from goae_core.optimisation.descent import Descent


def test_the_first_step_has_the_rate_as_its_length() -> None:
    x, y = torch.zeros(3).requires_grad_(), torch.zeros(1).requires_grad_()
    Descent([x, y], 0.1).step((3.0 * x).sum() + 100.0 * y.sum(), 0.0)
    # One length for all: what matters more moves more, root mean square 0.1 over the four numbers.
    moved = torch.cat([x, y]).detach()
    assert float(moved.square().mean().sqrt()) == pytest.approx(0.1, rel=1e-5)
    assert float(moved[3] / moved[0]) == pytest.approx(100.0 / 3.0, rel=1e-5)


def test_steps_shrink_to_a_tenth_in_the_second_half() -> None:
    def length(progress: float) -> float:
        x = torch.zeros(4).requires_grad_()
        Descent([x], 1.0).step(x.sum(), progress)
        return float(x.detach().abs().mean())

    assert length(0.0) == pytest.approx(1.0)
    assert length(0.5) == pytest.approx(1.0)
    assert length(0.75) == pytest.approx(0.55)
    assert length(1.0) == pytest.approx(0.1)


def test_it_finds_the_bottom_of_a_valley() -> None:
    x = torch.tensor([2.0, -1.0]).requires_grad_()
    descent = Descent([x], 0.2)
    for k in range(60):
        descent.step((x[0] - 1.0).square() + 4.0 * (x[1] - 0.5).square(), k / 60)
    assert x.detach().numpy() == pytest.approx([1.0, 0.5], abs=0.05)
