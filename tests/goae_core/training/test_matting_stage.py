"""Portraits put together from rendered heads, and learning their mattes."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from goae_core.networks.matting import MattingNetwork
from goae_core.presets import MattingConfig, preset
from goae_core.training import matting_stage
from goae_core.training.heads_dataset import HeadsDataset
from goae_core.training.matting_stage import MattingStage, background, batches, draw_batch, matting_loss

SIDE = 64
TINY = preset("tiny")


@pytest.fixture
def dataset(balls: Path) -> HeadsDataset:
    return HeadsDataset(balls, SIDE)


def test_a_batch_is_pictures_and_mattes(dataset: HeadsDataset) -> None:
    picture, matte = draw_batch(dataset.persons, 5, SIDE, np.random.default_rng(0))
    assert picture.shape == (5, 3, SIDE, SIDE)
    assert matte.shape == (5, 1, SIDE, SIDE)
    assert float(picture.min()) >= -1
    assert float(picture.max()) <= 1
    assert 0 <= float(matte.min()) < 0.01
    assert 0.99 < float(matte.max()) <= 1.001
    # the balls fill between a twentieth and half of the frame
    assert ((matte.mean(dim=(1, 2, 3)) > 0.05) & (matte.mean(dim=(1, 2, 3)) < 0.6)).all()


def test_the_same_seed_gives_the_same_pictures(dataset: HeadsDataset) -> None:
    one, two = (list(islice(batches(dataset, 4, 2, SIDE), 2)) for _ in range(2))
    for (picture, matte), (again, matte_again) in zip(one, two, strict=True):
        torch.testing.assert_close(picture, again, rtol=0, atol=0)
        torch.testing.assert_close(matte, matte_again, rtol=0, atol=0)
    assert not torch.equal(one[0][0], one[1][0])


def test_smaller_pictures_than_the_data_are_drawn_for_smaller_networks(dataset: HeadsDataset) -> None:
    picture, matte = draw_batch(dataset.persons, 2, 32, np.random.default_rng(0))
    assert picture.shape[-1] == matte.shape[-1] == 32


def test_backgrounds_differ_in_brightness_and_detail() -> None:
    pictures = background(24, 32, torch.Generator().manual_seed(0))
    assert pictures.shape == (24, 3, 32, 32)
    assert 0 <= float(pictures.min()) <= float(pictures.max()) <= 1
    brightness = pictures.mean(dim=(1, 2, 3))
    assert float(brightness.min()) < 0.3
    assert float(brightness.max()) > 0.6
    detail = pictures.diff(dim=3).abs().mean(dim=(1, 2, 3))
    assert float(detail.max()) > 5 * float(detail.min())


def test_a_perfect_matte_costs_little_and_a_wrong_one_much() -> None:
    matte = torch.zeros(1, 1, 4, 4)
    matte[..., 2:] = 1
    right, figures = matting_loss((matte * 2 - 1) * 20, matte)
    assert float(right) < 1e-6
    assert figures["overlap"] == 1.0
    wrong, figures = matting_loss((1 - matte * 2) * 20, matte)
    assert float(wrong) > 20
    assert figures["overlap"] == 0.0
    assert figures["difference"] == pytest.approx(1.0, abs=1e-6)


def test_indifference_costs_what_arithmetic_says() -> None:
    # found 1/2 everywhere: log 2 + 1/2; the truth steps by 1 at one of 3 column gaps, at none between rows
    matte = torch.zeros(1, 1, 4, 4)
    matte[..., 2:] = 1
    loss, _ = matting_loss(torch.zeros(1, 1, 4, 4), matte)
    assert float(loss) == pytest.approx(np.log(2) + 0.5 + 1 / 3, abs=1e-6)


def test_the_stage_learns_the_pictures_it_sees_again_and_again(dataset: HeadsDataset) -> None:
    torch.manual_seed(0)
    network = MattingNetwork(MattingConfig(image_size=SIDE, widths=(8, 16, 16)))
    stage = MattingStage(network, TINY, dataset, torch.device("cpu"), batch=4)
    optimiser = torch.optim.Adam(stage.trained().parameters(), lr=4e-3)
    overlaps = []
    for _ in range(50):
        loss, figures = stage.loss(np.random.default_rng(8), 0.5)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        overlaps.append(figures["overlap"])
    assert overlaps[0] < 0.6
    assert overlaps[-1] > 0.85


def test_a_sheet_shows_four_columns(dataset: HeadsDataset) -> None:
    network = MattingNetwork(MattingConfig(image_size=SIDE, widths=(4, 8)))
    stage = MattingStage(network, TINY, dataset, torch.device("cpu"))
    sheet = stage.sheet(network)
    assert sheet.shape == (6 * SIDE, 4 * SIDE, 3)
    assert sheet.dtype == np.uint8
    assert stage.state() == {}


def test_training_starts_at_half_the_size(dataset: HeadsDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def recorded(*arguments: Any) -> tuple[torch.Tensor, torch.Tensor]:  # noqa: ANN401  passed on
        sizes.append(arguments[2])
        return draw_batch(*arguments)

    monkeypatch.setattr(matting_stage, "draw_batch", recorded)
    network = MattingNetwork(MattingConfig(image_size=SIDE, widths=(4, 8)))
    stage = MattingStage(network, TINY, dataset, torch.device("cpu"), batch=2)
    for fraction in (0.0, 0.5, 0.7, 1.0):
        stage.loss(np.random.default_rng(0), fraction)
    assert sizes == [SIDE // 2, SIDE // 2, SIDE, SIDE]
