"""Figures of edits that a linear judge reads: all can be worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from goae_core.camera import Camera
from goae_core.editing import EditDirection
from goae_core.errors import TrainingError
from goae_core.generator import Generator
from goae_core.presets import preset
from goae_core.training.edit_evaluation import as_markdown, measure_edits, summary, write_figures
from goae_core.training.head_reading import HeadReader


class LinearJudge:
    """Reads age as w_0 and smile as w_1 bent by `bend`; glasses it cannot tell."""

    labels = ("age", "smile", "glasses")
    readable = ("age", "smile")
    device = torch.device("cpu")

    def __init__(self, bend: float = 0.0) -> None:
        self.bend = bend
        self.generator = Generator(preset("tiny"))

    def read(self, w_plus: Tensor, camera: Camera) -> Tensor:
        age, smile = w_plus[:, 0, 0], w_plus[:, 0, 1]
        return torch.stack([age, smile - self.bend * smile.square(), torch.zeros_like(age)], dim=1)


def _direction(name: str, age: float, smile: float) -> EditDirection:
    offset = torch.zeros(10, 32)
    offset[0, 0], offset[0, 1] = age, smile
    return EditDirection(name, "face", offset, "deviations", 3.0)


def test_leakage_calibration_and_monotony_of_known_directions(tmp_path: Path) -> None:
    directions = (_direction("age", 0.8, 0.2), _direction("smile", 0.0, 1.0), _direction("glasses", 0.3, 0.1))
    figures = measure_edits(
        cast(HeadReader, LinearJudge()), directions, torch.zeros(4, 10, 32), identity_heads=0
    )
    np.testing.assert_allclose(figures.change, np.array([[0.8, 0.2], [0, 1], [0.3, 0.1]]), atol=1e-6)
    assert figures.own("age") == pytest.approx(0.8)
    np.testing.assert_allclose(figures.leakage()[:2], np.array([[1, 0.25], [0, 1]]), atol=1e-6)
    assert np.isnan(figures.leakage()[2]).all()  # nobody knows what glasses do to glasses
    np.testing.assert_allclose(figures.off_diagonal()[:2], [0.25, 0], atol=1e-6)
    np.testing.assert_allclose(figures.curves[1], [-3, -2, -1, 0, 1, 2, 3], atol=1e-5)
    np.testing.assert_allclose(figures.monotone[:2], 1)
    assert summary(figures)["own change"] == pytest.approx(0.9)
    assert "| age | 0.80 | 0.25 | 0.25 smile | 100% | ±3 | – | – |" in as_markdown(figures)

    write_figures(figures, tmp_path)
    written = json.loads((tmp_path / "edits.json").read_text())
    assert written["directions"]["age"]["off_diagonal"] == 0.25
    assert written["directions"]["glasses"]["own"] is None
    with Image.open(tmp_path / "edits.png") as picture:
        assert np.asarray(picture).std() > 5


def test_slider_that_turns_back_is_not_monotone() -> None:
    # smile - 0.3 smile^2 falls beyond 1.67
    figures = measure_edits(
        cast(HeadReader, LinearJudge(bend=0.3)),
        [_direction("smile", 0.0, 1.0)],
        torch.zeros(4, 10, 32),
        identity_heads=0,
    )
    assert figures.monotone[0] == 0
    assert figures.own("smile") == pytest.approx(1)  # the bend is the same on both sides and cancels


def test_nothing_to_measure_is_one_sentence() -> None:
    with pytest.raises(TrainingError, match="goae train directions"):
        measure_edits(cast(HeadReader, LinearJudge()), [], torch.zeros(4, 10, 32))
