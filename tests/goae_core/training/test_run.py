"""The stages as the command line starts them, a step each, on balls."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch

from goae_core.checkpoint import read_checkpoint
from goae_core.errors import TrainingError
from goae_core.training.progress import StageName, TrainingRequest
from goae_core.training.run import STAGES


def _run(name: StageName, balls: Path, out: Path, steps: int) -> None:
    request = TrainingRequest(
        stage=name,
        pack=None,
        data=balls,
        out=out,
        minutes=None,
        resume=False,
        persons=40,
        preset="tiny",
        batch=2,
        device="cpu",
        seed=3,
        workers=1,
    )
    asked = itertools.count()
    for _ in STAGES[name](request, lambda: next(asked) >= steps):
        pass


def test_each_stage_builds_on_the_generator_and_adds_to_the_model(balls: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="run 'goae train generator --out"):
        _run("encoder", balls, tmp_path / "run", 1)
    stages: tuple[StageName, ...] = ("generator", "encoder", "afa")
    for count, name in enumerate(stages, start=1):
        _run(name, balls, tmp_path / "run", 1)
        assert set(read_checkpoint(tmp_path / "run" / "model").weights) == set(stages[:count])


def test_a_seed_decides_the_first_weights(balls: Path, tmp_path: Path) -> None:
    _run("generator", balls, tmp_path / "a", 0)
    torch.rand(5)
    _run("generator", balls, tmp_path / "b", 0)
    first, second = (read_checkpoint(tmp_path / name / "model").weights["generator"] for name in "ab")
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
