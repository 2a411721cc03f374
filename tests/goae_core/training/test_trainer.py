"""The step loop on a stage whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from goae_core.errors import TrainingError
from goae_core.training.trainer import Schedule, Trainer


class Slope:
    """Learns y = 3 x from noisy samples."""

    name = "slope"
    learning_rate = 0.1
    default_steps = 120

    def __init__(self, poison: bool = False) -> None:
        torch.manual_seed(0)
        self.line = nn.Linear(1, 1, bias=False)
        self.poison = poison

    def trained(self) -> nn.Module:
        return self.line

    def loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        x = torch.from_numpy(rng.normal(size=(16, 1))).float()
        error = (self.line(x) - 3 * x).square().mean()
        return (error * float("nan") if self.poison else error), {"fraction": fraction}

    def sheet(self, averaged: nn.Module) -> NDArray[np.uint8]:
        return np.zeros((4, 4, 3), np.uint8)

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        assert state == {}


def _run(
    stage: Slope, folder: Path, steps: int, *, resume: bool = False, stop_at: int | None = None
) -> Trainer:
    trainer = Trainer(
        stage, folder, Schedule(None, steps, warm_up_steps=5, log_every=10), seed=1, resume=resume
    )
    for _ in trainer.run(lambda: stop_at is not None and trainer.step >= stop_at):
        pass
    return trainer


def test_learns_and_averages(tmp_path: Path) -> None:
    stage = Slope()
    trainer = _run(stage, tmp_path, 120)
    averaged = trainer.averaged
    assert isinstance(averaged, nn.Linear)
    assert float(stage.line.weight.detach()) == pytest.approx(3, abs=0.05)
    assert float(averaged.weight.detach()) == pytest.approx(3, abs=0.6)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(10, 121, 10))
    assert lines[-1]["loss"] < lines[0]["loss"]
    assert (tmp_path / "sheet_000120.png").exists()


def test_a_stopped_run_resumes_to_the_same_weights(tmp_path: Path) -> None:
    straight = _run(Slope(), tmp_path / "straight", 60)
    _run(Slope(), tmp_path / "broken", 60, stop_at=23)
    taken_up = _run(Slope(), tmp_path / "broken", 60, resume=True)
    assert taken_up.step == 60
    for name, value in straight.stage.trained().state_dict().items():
        assert torch.equal(value, taken_up.stage.trained().state_dict()[name])


def test_without_resume_training_starts_anew(tmp_path: Path) -> None:
    _run(Slope(), tmp_path, 30)
    assert Trainer(Slope(), tmp_path, Schedule(None, 30), seed=1, resume=False).step == 0


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_weights(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="not finite at step 0"):
        _run(Slope(poison=True), tmp_path, 10)
    assert (tmp_path / "checkpoint.pt").exists()


def test_a_foreign_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(TrainingError, match="does not fit this stage"):
        Trainer(Slope(), tmp_path, Schedule(None, 10), seed=0, resume=True)


def test_rate_warms_up_and_comes_down() -> None:
    schedule = Schedule(None, 1000, warm_up_steps=100)
    assert schedule.rate(0, 0.0) == pytest.approx(0.01)
    assert schedule.rate(500, 0.5) == pytest.approx(0.02 + 0.98 * 0.5)
    assert schedule.rate(1000, 1.0) == pytest.approx(0.02)
