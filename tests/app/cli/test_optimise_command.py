from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from app.cli import optimise_command
from app.cli.main import run
from app.cli.optimise_command import line_of, report_of
from goae_core import optimisation
from goae_core.errors import StoppedError
from goae_core.optimisation import Fit, Optimised
from goae_core.project import read_project


@pytest.fixture
def one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds enough for a step of each stage, whatever the machine: the clock is not asked."""
    asked = optimisation.OptimisationRequest

    def request(*, seconds: float, steps: tuple[int, int] | None = None) -> optimisation.OptimisationRequest:
        return asked(seconds=seconds, steps=steps or (1, 1))

    monkeypatch.setattr(optimisation, "OptimisationRequest", request)


def test_optimise_writes_a_head_that_is_no_worse(head: Path, tmp_path: Path, one_step: None) -> None:
    path = tmp_path / "better.goae"
    assert run(["optimise", str(head), "-o", str(path), "--seconds", "5", "--device", "cpu"]) == 0
    before, after = read_project(head), read_project(path)
    assert after.model == before.model
    assert torch.equal(after.inversion.photo.pixels, before.inversion.photo.pixels)
    assert run(["render", str(path), "-o", str(tmp_path / "a.png"), "--device", "cpu"]) == 0


def test_invert_optimises_and_reports(picture: Path, model: str, tmp_path: Path, one_step: None) -> None:
    arguments = ["invert", str(picture), "--center", "--model", model, "-o", str(tmp_path), "--device", "cpu"]
    assert run([*arguments, "--optimise", "5"]) == 0
    report = json.loads((tmp_path / "colours.json").read_text(encoding="utf-8"))
    optimised = report["optimised"]
    assert set(optimised) == {"seconds", "steps", "improved", "camera_turned", "before", "after"}
    assert optimised["steps"] == [1, 1]
    assert optimised["after"]["mse"] <= optimised["before"]["mse"]
    assert report["mse"] == pytest.approx(optimised["after"]["mse"], rel=1e-3)
    assert report["seconds"]["optimise"] == pytest.approx(optimised["seconds"], abs=1e-3)


@pytest.mark.parametrize("arguments", [["--seconds", "0"], ["--seconds", "9999"]])
def test_senseless_time_is_refused(head: Path, tmp_path: Path, arguments: list[str]) -> None:
    assert run(["optimise", str(head), "-o", str(tmp_path / "a.goae"), *arguments]) == 2


def test_output_must_be_a_project(head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["optimise", str(head), "-o", str(tmp_path / "a.png")]) == 2
    assert "does not end in .goae" in capsys.readouterr().err


def test_stopped_work_leaves_nothing(head: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*arguments: object) -> Optimised:
        raise StoppedError("stopped")

    monkeypatch.setattr(optimise_command, "optimised", stopped)
    assert run(["optimise", str(head), "-o", str(tmp_path / "a.goae"), "--device", "cpu"]) != 0
    assert list(tmp_path.iterdir()) == []


def test_line_says_what_was_gained(head: Path) -> None:
    inversion = read_project(head).inversion
    before, after = Fit(0.04, 20.0, 0.6, 0.9), Fit(0.01, 26.02, 0.8, 0.95)
    gained = Optimised(inversion, True, before, after, 31.04, (20, 30), 0.4)
    assert line_of(gained) == "31.0 s, 20.0 -> 26.0 dB over the head"
    assert report_of(gained)["before"] == {"mse": 0.04, "psnr": 20.0, "ssim": 0.6, "iou": 0.9}
    turned = Optimised(inversion, True, before, after, 31.04, (20, 30), 0.4, 2.34)
    assert line_of(turned) == "31.0 s, 20.0 -> 26.0 dB over the head, camera turned by 2.3 degrees"
    assert report_of(turned)["camera_turned"] == 2.34
    kept = Optimised(inversion, False, before, before, 31.04, (20, 30), 0.0)
    assert line_of(kept) == "31.0 s, no gain: the head stays as it was"


def test_measure_needs_something_to_measure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure-optimise"]) == 2
    assert "held-out persons, photographs, or both" in capsys.readouterr().err


def test_measure_prints_a_photograph(
    picture: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels.json"
    pose = [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 2.7, 0, 0, 0, 1]
    labels.write_text(
        json.dumps({"labels": [[picture.name, [*pose, 4.2647, 0, 0.5, 0, 4.2647, 0.5, 0, 0, 1]]]})
    )
    status = run(
        ["measure-optimise", "--photo", str(picture), "--camera", str(labels), "--steps", "1",
         "--model", model, "--device", "cpu"]
    )  # fmt: skip
    printed = capsys.readouterr().out
    assert status == 0
    assert printed.startswith("colours.png")
    assert " mse " in printed
