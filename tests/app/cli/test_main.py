from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.main import run
from goae_core import __version__


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["juggle"],
        ["invert"],
        ["invert", "a.jpg", "--device", "abacus"],
        ["invert", "a.jpg", "--face", "0"],
        ["invert", "a.jpg", "--face", "2", "--center"],
        ["invert", "a.jpg", "--center", "--camera", "label.json"],
        ["render", "a.goae"],
        ["render", "a.goae", "-o", "a.mp3"],
        ["render", "a.goae", "-o", "a.png", "--yaw", "sideways"],
        ["render", "a.goae", "-o", "a.png", "--pitch", "90"],
        ["render", "a.goae", "-o", "a.png", "--set", "smile"],
        ["render", "a.goae", "-o", "a.png", "--pass", "shadow"],
        ["render", "a.goae", "-o", "a.png", "--pass", "residual", "--yaw", "5"],
        ["render", "a.goae", "-o", "a.jpg", "--pass", "depth"],
        ["turntable", "a.goae", "-o", "a.png"],
        ["turntable", "a.goae", "-o", "a.gif", "--frames", "0"],
        ["mesh", "a.goae", "-o", "a.fbx"],
        ["mesh", "a.goae", "-o", "a.obj", "--resolution", "4"],
        ["train"],
        ["train", "hard"],
        ["train", "data", "--minutes", "0"],
        ["bench", "--slow"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_two_with_a_sentence_and_nothing_loaded(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    assert "Error: " in err or "Usage: goae" in out + err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["invert", "a.jpg", "--model", "nobody"], "there is no model named 'nobody'; there are:"),
        (["attributes", "--model", "nobody"], "there is no model named 'nobody'; there are:"),
        (["render", "missing.goae", "-o", "a.png"], "missing.goae"),
        (["turntable", "missing.goae", "-o", "a.gif"], "missing.goae"),
        (["mesh", "missing.goae", "-o", "a.obj"], "missing.goae"),
        (
            ["train", "data", "--device", "cpu"],
            "rendering needs a head pack; name its folder with --pack DIR",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_not_there_is_one_sentence_and_one(
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("goae: ")
    assert sentence in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    listed = capsys.readouterr().out
    for command in ("invert", "render", "turntable", "mesh", "attributes", "models", "train", "bench"):
        assert f"\n  {command} " in listed


@pytest.mark.parametrize("stage", ["data", "generator", "matting", "encoder", "afa", "directions"])
def test_every_stage_of_training_can_be_resumed(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", stage, "--help"]) == 0
    listed = capsys.readouterr().out
    for option in ("--pack DIR", "--data DIR", "--out DIR", "--minutes N", "--resume", "--seed N"):
        assert option in listed


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"goae {__version__}\n"
