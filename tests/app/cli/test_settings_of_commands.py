"""The settings file as the command reads it, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.main import app
from app.cli.options import defaults_from
from app.settings_file import SharedSettings
from tests.app.cli.conftest import MODEL


def goae(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k not in ("OMP_NUM_THREADS", "GOAE_MODELS_DIR")}
    return subprocess.run(
        [sys.executable, "-m", "app.cli.main", *arguments],
        cwd=Path(__file__).resolve().parents[3],
        env={**clean, "GOAE_DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def data(model_dir: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(model_dir / "models", folder / "models")
    return folder


def test_model_and_output_come_from_the_file(data: Path, picture: Path, tmp_path: Path) -> None:
    output = (tmp_path / "out").as_posix()
    (data / "settings.toml").write_text(
        f'device = "cpu"\nmodel = "{MODEL}"\nthreads = 1\n[folders]\noutput = "{output}"\n'
    )
    done = goae(data, "invert", str(picture), "--center")
    assert (done.returncode, done.stderr.count("goae:")) == (0, 0), done.stderr
    figures = json.loads((tmp_path / "out" / "colours.json").read_text())
    assert figures["model"] == MODEL
    assert (tmp_path / "out" / "colours.goae").is_file()


def test_an_option_wins_over_the_file(data: Path) -> None:
    (data / "settings.toml").write_text('model = "nobody"\n')
    by_file = goae(data, "attributes")
    assert by_file.returncode == 1
    assert "there is no model named 'nobody'" in by_file.stderr
    by_option = goae(data, "attributes", "--model", MODEL)
    assert (by_option.returncode, by_option.stderr) == (0, "")


def test_a_broken_file_is_one_sentence_and_the_command_goes_on(data: Path) -> None:
    (data / "settings.toml").write_text("model = nobody\n")
    done = goae(data, "models", "list", "--json")
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"goae: the settings in '{data / 'settings.toml'}' cannot be read (")
    assert {json.loads(line)["name"] for line in done.stdout.splitlines()} >= {MODEL}
    assert (data / "settings.toml").read_text() == "model = nobody\n"


def test_imported_models_may_lie_where_the_file_says(data: Path, tmp_path: Path) -> None:
    shutil.move(data / "models", tmp_path / "large")
    (data / "settings.toml").write_text(f'[folders]\nmodels = "{(tmp_path / "large").as_posix()}"\n')
    done = goae(data, "models", "list", "--json")
    assert {json.loads(line)["name"] for line in done.stdout.splitlines()} >= {MODEL}


def test_every_command_that_computes_is_told_the_device_and_only_those_that_ask_a_model() -> None:
    import typer

    said = defaults_from(
        SharedSettings(device="cpu", model="mine", output="/out"), typer.main.get_command(app)
    )
    assert said["invert"] == {"device": "cpu", "model": "mine", "output": "/out"}
    assert said["attributes"] == {"model": "mine"}
    # a project names its own model
    assert said["render"] == said["turntable"] == said["mesh"] == said["optimise"] == {"device": "cpu"}
    assert said["train"]["generator"] == {"device": "cpu"}
    assert said["models"]["derive"] == {"device": "cpu"}
    assert said["models"]["remove"] == {}
