from __future__ import annotations

import pytest
import torch

from goae_core.camera import orbit
from goae_core.optimisation.style import Style, StyleStatistics
from goae_core.pipeline import Pipeline

ROWS = 3
WIDTH = 2
# Deviations of 2 and 1 along the axes, mean at (1, 0).
STATISTICS = StyleStatistics(
    mean=torch.tensor([1.0, 0.0]),
    root=torch.tensor([[2.0, 0.0], [0.0, 1.0]]),
    inverse=torch.tensor([[0.5, 0.0], [0.0, 1.0]]),
)


def style(start: list[float], rows: float = 4.0) -> Style:
    return Style(STATISTICS, torch.tensor(start).expand(1, ROWS, WIDTH).clone(), rows)


def test_statistics_are_those_of_the_mapping_network(pipeline: Pipeline) -> None:
    generator = pipeline.generator
    statistics = StyleStatistics.of(generator)
    z = torch.randn(3000, generator.preset.backbone.z_dim, generator=torch.Generator().manual_seed(99))
    label = orbit(0.0, 0.0, rig=generator.preset.camera).label()
    with torch.no_grad():
        w = generator.map(z, label.expand(len(z), -1))[:, 0]
    # Other persons, the same spread; the root of the covariance, squared, is the covariance.
    assert (w.mean(dim=0) - statistics.mean).norm() < 0.1 * w.std(dim=0).norm()
    covariance = torch.cov(w.T)
    assert (statistics.root @ statistics.root - covariance).norm() < 0.2 * covariance.norm()
    # In deviations, persons lie about 1 from the mean.
    places = (w - statistics.mean) @ statistics.inverse
    assert float(places.square().mean()) == pytest.approx(1.0, abs=0.25)
    again = StyleStatistics.of(generator)
    assert torch.equal(again.root, statistics.root)


def test_a_step_of_all_rows_is_one_deviation() -> None:
    moved = style([1.0, 0.0])
    with torch.no_grad():
        moved.common[:] = 1.0
    assert moved.w_plus().tolist() == [[[3.0, 1.0]] * ROWS]
    assert moved.w_plus(0.5).tolist() == [[[2.0, 0.5]] * ROWS]
    assert moved.moved() == 1.0
    assert moved.energy().item() == 1.0


def test_a_row_alone_pays_more_for_the_same_way() -> None:
    together, alone = style([1.0, 0.0]), style([1.0, 0.0])
    with torch.no_grad():
        together.common[:] = 1.0
        alone.own[:] = 2.0  # of which each row goes 2 / sqrt(4)
    assert torch.equal(alone.w_plus(), together.w_plus())
    assert alone.energy().item() == 4.0 * together.energy().item()


def test_rarity_counts_only_what_leaves_the_usual() -> None:
    usual, rare = style([1.0, 0.0]), style([9.0, 0.0])  # 0 and 4 deviations along the first axis
    assert usual.rarity().item() == rare.rarity().item() == 0.0  # where they began nothing is charged
    with torch.no_grad():
        usual.common[:] = 1.0
        rare.common[:] = torch.tensor([1.0, 0.0])
    assert usual.rarity().item() == 0.0  # (1 + 1) / 2 is what persons have
    assert rare.rarity().item() == pytest.approx((25.0 - 16.0) / 2)
    with torch.no_grad():
        rare.common[:] = torch.tensor([-2.0, 0.0])
    assert rare.rarity().item() == 0.0  # nearer to the mean


def test_what_goes_too_far_is_drawn_back() -> None:
    far = style([1.0, 0.0])
    with torch.no_grad():
        far.common[:] = 3.0
    far.hold(0.5)
    assert far.moved() == pytest.approx(0.5)
    far.hold(2.0)
    assert far.moved() == pytest.approx(0.5)
