"""The step loop on a stage whose answer is known."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from goae_core.errors import TrainingError
from goae_core.training.progress import Progress
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


class Pull:
    """One weight, 1 at first, pulled down by gradients that are given."""

    name = "pull"
    default_steps = 3

    def __init__(self, gradients: Sequence[float], learning_rate: float) -> None:
        self.line = nn.Linear(1, 1, bias=False)
        nn.init.ones_(self.line.weight)
        self.gradients = iter(gradients)
        self.learning_rate = learning_rate
        self.figures: list[Progress] = []

    @property
    def weight(self) -> float:
        return float(self.line.weight.detach())

    def trained(self) -> nn.Module:
        return self.line

    def loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        return next(self.gradients) * self.line.weight.sum(), {}

    def sheet(self, averaged: nn.Module) -> NDArray[np.uint8]:
        return np.zeros((4, 4, 3), np.uint8)

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        assert state == {}

    def run(self, folder: Path, schedule: Schedule) -> nn.Linear:
        """Train; give back the averages."""
        trainer = Trainer(self, folder, schedule, seed=0, resume=False)
        self.figures = list(trainer.run())
        assert isinstance(trainer.averaged, nn.Linear)
        return trainer.averaged


def test_three_steps_by_hand(tmp_path: Path) -> None:
    # Under a constant gradient, whatever its size, a step of Adam is the rate itself. Warm-up over two steps,
    # the cosine at 0, 1/3 and 2/3 of the way: 0.5 * 1, 0.02 + 0.49 * 1.5 = 0.755, 0.02 + 0.49 / 2 = 0.265.
    stage = Pull([3.0] * 3, learning_rate=0.1)
    averaged = stage.run(tmp_path, Schedule(None, 3, warm_up_steps=2))
    assert stage.weight == pytest.approx(1 - 0.1 * (0.5 + 0.755 + 0.265), abs=1e-6)
    # The weight goes 1, 0.95, 0.8745, 0.848; the average keeps 1/10, 2/11 and 3/12 of what it was:
    # 0.1 * 1 + 0.9 * 0.95 = 0.955, (2 * 0.955 + 9 * 0.8745) / 11 = 0.889136, 0.25 * 0.889136 + 0.75 * 0.848
    assert float(averaged.weight) == pytest.approx(0.858284, abs=1e-6)


def test_the_average_forgets_no_slower_than_its_decay(tmp_path: Path) -> None:
    stage = Pull([1.0] * 3, learning_rate=0.1)
    averaged = stage.run(tmp_path, Schedule(None, 3, warm_up_steps=2, ema_decay=0.05))
    # 0.05 is below 1/10, 2/11 and 3/12: 0.9525, 0.8784, 0.84952
    assert float(averaged.weight) == pytest.approx(0.84952, abs=1e-6)


def test_a_gradient_beyond_five_counts_as_five(tmp_path: Path) -> None:
    stage = Pull([500.0, 1.0], learning_rate=0.1)
    stage.run(tmp_path, Schedule(None, 2, warm_up_steps=1, log_every=1))
    # First step: the rate, 0.1. Then m = 0.9 * 0.1 * 5 + 0.1 * 1 = 0.55 over 1 - 0.9^2 = 0.19, and
    # v = 0.99 * 0.01 * 25 + 0.01 * 1 = 0.2575 over 1 - 0.99^2 = 0.0199: 0.805; unclipped it would be 0.673.
    ratio = (0.55 / 0.19) / math.sqrt(0.2575 / 0.0199)
    assert stage.weight == pytest.approx(1 - 0.1 - 0.1 * 0.51 * ratio, abs=1e-6)
    # what is logged is the gradient as it came
    assert [step.figures["grad_norm"] for step in stage.figures] == pytest.approx([500, 1])


class Kinked(Pull):
    """Finite losses; where the given gradient is not a number, neither is the loss's slope."""

    def loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        gradient = next(self.gradients)
        weight = self.line.weight
        if math.isnan(gradient):
            return (weight - weight.detach()).abs().sqrt().sum(), {}  # 0, with a slope of 0 * infinity
        return gradient * weight.sum(), {}


def test_a_step_without_a_slope_is_left_out(tmp_path: Path) -> None:
    stage = Kinked([1.0, math.nan, 1.0], learning_rate=0.1)
    stage.run(tmp_path, Schedule(None, 3, warm_up_steps=1))
    # cosine at 0 and 2/3: the second of three steps moves nothing
    assert stage.weight == pytest.approx(1 - 0.1 * (1.0 + 0.265), abs=1e-6)


def test_without_any_slope_the_training_gives_up_and_keeps_its_checkpoint(tmp_path: Path) -> None:
    stage = Kinked([1.0] + [math.nan] * 20, learning_rate=0.1)
    with pytest.raises(TrainingError, match="gradients of stage pull were not finite in 11 steps running"):
        stage.run(tmp_path, Schedule(None, 40, warm_up_steps=1))
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert float(saved["trained"]["weight"]) == pytest.approx(0.9, abs=1e-6)


def test_a_constant_pull_travels_the_sum_of_the_rates(tmp_path: Path) -> None:
    # The cosine over 120 steps sums to 0.51 * 120 + 0.49: cos(pi k / 120) cancels but for k = 0. Warming up
    # over five steps takes 0.8 + 0.6 + 0.4 + 0.2 from it, 0.0007 less because the cosine is on its way.
    stage = Pull([1.0] * 120, learning_rate=0.05)
    stage.run(tmp_path, Schedule(None, 120, warm_up_steps=5))
    assert 1 - stage.weight == pytest.approx(0.05 * (61.69 - 2.0 + 0.0007), abs=1e-4)


def _slope_in_numpy(rate: float, steps: int) -> tuple[float, float]:
    """Slope's weight and its average after `steps`, one line of arithmetic after the other."""
    torch.manual_seed(0)
    weight = average = float(nn.Linear(1, 1, bias=False).weight.detach())
    rng = np.random.default_rng(1)
    mean = square = 0.0
    for step in range(steps):
        x = rng.normal(size=(16, 1))
        gradient = float(np.clip((2 * (weight - 3) * x * x).mean(), -5, 5))
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        ratio = mean / (1 - 0.9 ** (step + 1)) / math.sqrt(square / (1 - 0.99 ** (step + 1)))
        cosine = 0.02 + 0.49 * (1 + math.cos(math.pi * step / steps))
        weight -= rate * min(1, (step + 1) / 5) * cosine * ratio
        kept = min(0.998, (1 + step) / (10 + step))
        average = kept * average + (1 - kept) * weight
    return weight, average


@pytest.mark.parametrize(("rate", "reached"), [(0.05, 2.503), (0.1, 3.033)])
def test_learns_and_averages(tmp_path: Path, rate: float, reached: float) -> None:
    # From -0.0075 to 3. The rates sum to 59.69 (above) and shrinking gradients make steps no longer than the
    # rate: 0.05 cannot arrive with its 2.98, 0.1 can with its 5.97, and overshoots by Adam's momentum.
    stage = Slope()
    stage.learning_rate = rate
    trainer = _run(stage, tmp_path, 120)
    averaged = trainer.averaged
    assert isinstance(averaged, nn.Linear)
    weight, average = _slope_in_numpy(rate, 120)
    assert weight == pytest.approx(reached, abs=1e-3)
    assert float(stage.line.weight.detach()) == pytest.approx(weight, abs=1e-4)
    assert float(averaged.weight) == pytest.approx(average, abs=1e-4)
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
