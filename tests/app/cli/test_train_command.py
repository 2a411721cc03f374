from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli import train_command
from app.cli.main import run
from goae_core.errors import TrainingError
from goae_core.training import run as stages
from goae_core.training.progress import Progress, TrainingRequest

StopCheck = Callable[[], bool]


class Stage:
    """Stands in for an hour of training: three steps, and a note of what was asked for."""

    def __init__(self) -> None:
        self.requests: list[TrainingRequest] = []

    def __call__(self, request: TrainingRequest, should_stop: StopCheck) -> Iterator[Progress]:
        self.requests.append(request)
        for step in (1, 2, 3):
            if should_stop():
                return
            yield Progress(step, step / 3, {"psnr": 20.0 + step}, "sheet drawn" if step == 3 else "")


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    monkeypatch.setitem(stages.STAGES, "encoder", stage)
    return stage


def test_options_reach_the_stage(stage: Stage) -> None:
    arguments = (
        "--pack heads --data d --out o --minutes 1.5 --resume --persons 7 --preset tiny "
        "--batch 3 --device cpu --seed 5 --workers 2 --views 5 --lights 4 --painted 0.5 --yaw 0 --yaw -30"
    )
    assert run(["train", "encoder", *arguments.split()]) == 0
    assert stage.requests == [
        TrainingRequest(
            stage="encoder",
            pack=Path("heads"),
            data=Path("d"),
            out=Path("o"),
            minutes=1.5,
            resume=True,
            persons=7,
            preset="tiny",
            batch=3,
            device="cpu",
            seed=5,
            workers=2,
            views=5,
            lights=4,
            painted=0.5,
            fixed_yaws=(0.0, -30.0),
        )
    ]


def test_first_and_last_step_are_printed_and_the_quick_ones_between_are_not(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "encoder", "--device", "cpu"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "encoder 1  33.3%  psnr 21",
        "encoder 3  100.0%  sheet drawn  psnr 23",
    ]


def test_progress_can_be_read_by_programs(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "encoder", "--device", "cpu", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1] == {
        "stage": "encoder",
        "step": 3,
        "fraction": 1.0,
        "figures": {"psnr": 23.0},
        "message": "sheet drawn",
    }


def test_stopped_training_says_how_to_go_on(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_command, "should_stop", lambda: True)
    assert run(["train", "encoder", "--device", "cpu"]) == 1
    assert capsys.readouterr().err == "goae: stopped; 'goae train encoder --resume' goes on from here\n"


def test_rendering_without_numba_says_what_to_type(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [*sys.modules]:
        if name.startswith("goae_core.training.synthetic"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numba", None)  # an import of it now fails as if it were not there
    arguments = ["--device", "cpu", "--pack", str(tmp_path), "--data", str(tmp_path / "d")]
    assert run(["train", "data", *arguments]) == 1
    declared = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    (needed,) = declared["project"]["optional-dependencies"]["train"]
    assert capsys.readouterr().err == (
        f"goae: rendering heads needs numba, which is not installed; type: {sys.executable} -m pip install "
        f'"{needed}"\n'
    )


def test_fitting_the_pose_says_in_its_help_what_it_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "pose", "--help"]) == 0
    assert "head_pose.safetensors" in " ".join(capsys.readouterr().out.split())


def test_stage_that_cannot_start_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(request: TrainingRequest, should_stop: StopCheck) -> Iterator[Progress]:
        raise TrainingError(f"{request.data} holds no persons; render some first")
        yield

    monkeypatch.setitem(stages.STAGES, "afa", failing)
    assert run(["train", "afa", "--device", "cpu", "--data", "nowhere"]) == 1
    assert capsys.readouterr().err == "goae: nowhere holds no persons; render some first\n"
