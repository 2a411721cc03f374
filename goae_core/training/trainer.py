"""The step loop shared by all stages: schedule, averages, checkpoints, log and contact sheets.

A stage says what is trained and with which losses; the trainer steps it until the time is spent, keeps an
exponential moving average of the weights, and leaves after a kill a checkpoint that is whole.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from goae_core.errors import TrainingError
from goae_core.training.progress import Progress

MOST_SKIPPED = 10
"""Steps running whose gradients may be infinite before the training gives up; its checkpoint stays whole."""


class Stage(Protocol):
    """What one stage trains."""

    name: str
    learning_rate: float
    default_steps: int

    def trained(self) -> nn.Module:
        """The module whose parameters move."""
        ...

    def loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        """One batch: the loss to descend and figures to log; `fraction` of the schedule is behind us."""
        ...

    def sheet(self, averaged: nn.Module) -> NDArray[np.uint8]:
        """A contact sheet (H, W, 3) of what the averaged weights do now."""
        ...

    def state(self) -> dict[str, Any]:
        """Whatever else a resumption needs, as tensors and plain values."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        ...


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to train and how often to look."""

    minutes: float | None
    steps: int
    warm_up_steps: int = 100
    save_every_s: float = 120.0
    sheet_every_s: float = 240.0
    log_every: int = 20
    ema_decay: float = 0.998

    def fraction(self, step: int, elapsed_s: float) -> float:
        """Share of the work that is done, 0 to 1."""
        if self.minutes is None:
            return min(1.0, step / max(self.steps, 1))
        return min(1.0, elapsed_s / (60.0 * self.minutes)) if self.minutes > 0 else 1.0

    def rate(self, step: int, fraction: float) -> float:
        """Factor on the learning rate: linear warm-up, then a cosine down to a fiftieth."""
        warm = min(1.0, (step + 1) / self.warm_up_steps)
        return warm * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * fraction)))


class Trainer:
    """Steps one stage in one folder."""

    def __init__(self, stage: Stage, folder: Path, schedule: Schedule, *, seed: int, resume: bool) -> None:
        """Prepare optimiser and averages; take up the folder's checkpoint if asked.

        Raises:
            TrainingError: If the checkpoint cannot be read.
        """
        self.stage = stage
        self.folder = folder
        self.schedule = schedule
        self.averaged = deepcopy(stage.trained()).requires_grad_(False)
        self.rng = np.random.default_rng(seed)
        self.step = 0
        self.elapsed_s = 0.0
        self._skipped = 0
        parameters = [p for p in stage.trained().parameters() if p.requires_grad]
        self.optimiser = torch.optim.Adam(parameters, lr=stage.learning_rate, betas=(0.9, 0.99), eps=1e-8)
        folder.mkdir(parents=True, exist_ok=True)
        if resume and self._checkpoint.exists():
            self._read()
        else:
            self._log_file.unlink(missing_ok=True)

    @property
    def _checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def _log_file(self) -> Path:
        return self.folder / "log.jsonl"

    def run(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Progress]:
        """Step until the schedule is spent or `should_stop` says so; always leaves a checkpoint."""
        last = saved = drawn = time.monotonic()
        sums: dict[str, float] = {}
        counted = 0
        fraction = self.schedule.fraction(self.step, self.elapsed_s)
        try:
            while fraction < 1.0 and not should_stop():
                figures = self._advance(fraction)
                now = time.monotonic()
                self.elapsed_s += now - last
                last = now
                self.step += 1
                fraction = self.schedule.fraction(self.step, self.elapsed_s)
                for key, value in figures.items():
                    sums[key] = sums.get(key, 0.0) + value
                counted += 1
                if self.step % self.schedule.log_every == 0 or fraction >= 1.0:
                    means = {key: value / counted for key, value in sums.items()}
                    self._log(means)
                    sums, counted = {}, 0
                    yield Progress(self.step, fraction, means)
                if now - saved > self.schedule.save_every_s:
                    self.save()
                    saved = last = time.monotonic()
                if now - drawn > self.schedule.sheet_every_s:
                    self.draw()
                    drawn = last = time.monotonic()
        finally:
            self.save()
        self.draw()

    def save(self) -> None:
        """Write the checkpoint; an interruption leaves the old one."""
        state = {
            "trained": self.stage.trained().state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "stage": self.stage.state(),
            "rng": json.dumps(self.rng.bit_generator.state),
            "step": self.step,
            "elapsed_s": self.elapsed_s,
        }
        temporary = self._checkpoint.with_suffix(".tmp")
        torch.save(state, temporary)
        os.replace(temporary, self._checkpoint)

    def draw(self) -> None:
        """Write the contact sheet of this step."""
        with torch.no_grad():
            picture = self.stage.sheet(self.averaged)
        Image.fromarray(picture).save(self.folder / f"sheet_{self.step:06d}.png")

    def _advance(self, fraction: float) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = self.stage.learning_rate * self.schedule.rate(self.step, fraction)
        loss, figures = self.stage.loss(self.rng, fraction)
        if not torch.isfinite(loss):
            raise TrainingError(
                f"the loss of stage {self.stage.name} is not finite at step {self.step}; "
                "resume from the last checkpoint with a lower learning rate"
            )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        norm = nn.utils.clip_grad_norm_(parameters, 5.0)
        if not torch.isfinite(norm):
            # a finite loss can still have an infinite slope; one such step would turn all weights into NaN
            self._skipped += 1
            if self._skipped > MOST_SKIPPED:
                raise TrainingError(
                    f"the gradients of stage {self.stage.name} were not finite in {self._skipped} steps "
                    f"running, last at step {self.step}; resume from the checkpoint with a lower rate"
                )
            return {"loss": float(loss.detach()), **figures}
        self._skipped = 0
        self.optimiser.step()
        self._average()
        return {"loss": float(loss.detach()), "grad_norm": float(norm), **figures}

    def _average(self) -> None:
        # a short memory at the start, so that the first sheets do not show the initial weights
        decay = min(self.schedule.ema_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for old, new in zip(self.averaged.parameters(), self.stage.trained().parameters(), strict=True):
                old.lerp_(new, 1.0 - decay)
            buffers = zip(self.averaged.buffers(), self.stage.trained().buffers(), strict=True)
            for old_buffer, new_buffer in buffers:
                old_buffer.copy_(new_buffer)

    def _log(self, figures: dict[str, float]) -> None:
        line = {"step": self.step, "elapsed_s": round(self.elapsed_s, 1)}
        line.update({key: round(value, 6) for key, value in figures.items()})
        with self._log_file.open("a") as log:
            log.write(json.dumps(line) + "\n")

    def _read(self) -> None:
        try:
            state = torch.load(self._checkpoint, map_location="cpu", weights_only=True)
            self.stage.trained().load_state_dict(state["trained"])
            self.averaged.load_state_dict(state["averaged"])
            self.optimiser.load_state_dict(state["optimiser"])
        except Exception as error:
            raise TrainingError(
                f"the checkpoint {self._checkpoint} does not fit this stage ({error}); "
                "train without --resume or with another --out"
            ) from error
        self.stage.restore(state["stage"])
        self.rng.bit_generator.state = json.loads(state["rng"])
        self.step = int(state["step"])
        self.elapsed_s = float(state["elapsed_s"])
