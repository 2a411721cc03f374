"""`goae models`: what a user types, sees, and gets as exit status."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from app.cli.main import run
from app.cli.random_model import random_checkpoint
from goae_core.checkpoint import write_checkpoint
from goae_core.presets import preset
from tests.goae_core.tiny_model import tiny_checkpoint


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data directory that is in use, and a model folder beside it."""
    monkeypatch.setenv("GOAE_DATA_DIR", str(tmp_path / "data"))
    write_checkpoint(tiny_checkpoint(), tmp_path / "tiny-model")
    return tmp_path / "data" / "models"


@pytest.fixture
def direction(tmp_path: Path) -> Path:
    backbone = preset("tiny").backbone
    path = tmp_path / "beard.npy"
    np.save(path, np.ones((1, backbone.num_ws, backbone.w_dim), np.float32))
    return path


def test_import_list_verify_and_remove(
    imported: Path, tmp_path: Path, direction: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(["models", "import", str(tmp_path / "tiny-model"), "--name", "mine", "--licence", "mine alone"])
        == 0
    )
    shown = capsys.readouterr()
    assert shown.out.startswith("mine (imported): tiny, generator, encoder, afa, ")
    assert "licence: mine alone" in shown.out
    assert str(imported / "mine") in shown.out
    assert "reading" in shown.err

    assert run(["models", "import", str(direction), "--name", "mine"]) == 0
    assert "attributes: age, smile, beard" in capsys.readouterr().out
    assert run(["attributes", "--model", "mine"]) == 0
    assert "beard  -2 to 2  multiples of the imported vector" in capsys.readouterr().out

    assert run(["models", "list"]) == 0
    assert "mine (imported): tiny" in capsys.readouterr().out
    assert run(["models", "verify", "mine"]) == 0
    assert capsys.readouterr().out == "mine: 4 files are what was written\n"
    assert run(["models", "remove", "mine"]) == 0
    assert capsys.readouterr().out == "mine was removed\n"
    assert list(imported.iterdir()) == []


def test_list_as_json_is_a_line_a_model(
    imported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "import", str(tmp_path / "tiny-model")]) == 0
    capsys.readouterr()
    assert run(["models", "list", "--json"]) == 0
    by_name = {entry["name"]: entry for entry in map(json.loads, capsys.readouterr().out.splitlines())}
    entry = by_name["tiny-model"]
    assert entry["networks"] == ["generator", "encoder", "afa"]
    assert entry["attributes"] == ["age", "smile"]
    assert (entry["embedded"], entry["problem"], entry["licence"]) == (False, "", "none")
    assert len(entry["fingerprint"]) == 64


def test_verify_names_what_changed_and_goes_on(
    imported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("good", "bad"):
        assert run(["models", "import", str(tmp_path / "tiny-model"), "--name", name]) == 0
    damaged = imported / "bad" / "afa.safetensors"
    damaged.write_bytes(bytes(damaged.stat().st_size))
    capsys.readouterr()
    assert run(["models", "verify", "bad", "good"]) == 1
    shown = capsys.readouterr()
    assert shown.out == "good: 4 files are what was written\n"
    assert "afa.safetensors changed since" in shown.err
    assert "goae: 1 of 2 models cannot be trusted: bad; import them again" in shown.err
    assert run(["models", "verify", "bad"]) == 1
    assert capsys.readouterr().err.count("afa.safetensors changed since") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["remove", "absent"], 1, "goae: there is no model named 'absent'; there are: "),
        (["verify", "absent"], 1, "goae: there is no model named 'absent'"),
        (["import", "absent.pkl", "--name", "x"], 1, "goae: there is no file 'absent.pkl'; check the path"),
        (["import"], 2, "Missing argument"),
        (["export"], 2, "No such command"),
    ],
)
def test_failures_end_with_one_sentence_and_the_right_status(
    imported: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, sentence: str
) -> None:
    assert run(["models", *arguments]) == status
    assert sentence in capsys.readouterr().err
    assert not imported.exists()


def test_a_hostile_pickle_is_refused_with_its_global_and_leaves_nothing(
    imported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps({"G_ema": print}))
    assert run(["models", "import", str(path), "--name", "evil"]) == 1
    error = capsys.readouterr().err
    assert "'evil.pkl' asks for the Python global 'builtins.print'" in error
    assert "Traceback" not in error
    assert not imported.exists()


def test_a_model_that_is_not_for_sale_says_so_until_its_terms_are_accepted(
    imported: Path, tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    licence, folder = "for non-commercial research", str(tmp_path / "whole")
    write_checkpoint(random_checkpoint(preset("tiny")), tmp_path / "whole")
    assert run(["models", "import", folder, "--name", "official", "--licence", licence]) == 0
    invert = ["invert", str(picture), "--center", "--model", "official", "--device", "cpu"]
    capsys.readouterr()
    assert run([*invert, "-o", str(tmp_path / "out")]) == 0
    assert "goae: 'official' is for non-commercial use only; 'goae models accept official'" in (
        capsys.readouterr().err
    )
    assert run(["models", "accept", "official"]) == 0
    assert capsys.readouterr().out == f"{licence}\nthe terms of official are accepted\n"
    assert run([*invert, "-o", str(tmp_path / "out")]) == 0
    assert "non-commercial" not in capsys.readouterr().err
