"""A tiny model with random weights in a data directory of its own, and a head made with it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.cli import progress
from app.cli.main import run
from app.cli.random_model import random_checkpoint
from goae_core.checkpoint import write_checkpoint
from goae_core.presets import preset

MODEL = "random-tiny"


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the model in it."""
    folder = tmp_path_factory.mktemp("goae-data")
    checkpoint = random_checkpoint(preset("tiny"))
    # An untrained head is thin air; with this bias its whole box is dense, and so has a surface.
    checkpoint.weights["generator"]["decoder.net.2.bias"][0] = 30.0
    write_checkpoint(checkpoint, folder / "models" / MODEL, half=False)
    return folder


@pytest.fixture(autouse=True)
def _no_progress_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes long, and lines about that would stand among those that tests read."""
    monkeypatch.setattr(progress, "_LINE_EVERY_S", math.inf)


@pytest.fixture
def model(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the tiny model; its data directory is in use."""
    monkeypatch.setenv("GOAE_DATA_DIR", str(model_dir))
    return MODEL


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A colourful picture without a face, 100 x 120."""
    rows, columns = np.mgrid[0:120, 0:100]
    pixels = np.stack([columns * 2, rows * 2, 128 + 0 * rows], axis=-1).astype(np.uint8)
    path = tmp_path_factory.mktemp("pictures") / "colours.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="session")
def made_head(model_dir: Path, picture: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project that `goae invert --center` makes of the picture."""
    folder = tmp_path_factory.mktemp("heads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOAE_DATA_DIR", str(model_dir))
        status = run(
            ["invert", str(picture), "--center", "--model", MODEL, "-o", str(folder), "--device", "cpu"]
        )
        assert status == 0
        yield folder / "colours.goae"


@pytest.fixture
def head(made_head: Path, model: str) -> Path:
    """That project, with the model it needs at hand."""
    return made_head
