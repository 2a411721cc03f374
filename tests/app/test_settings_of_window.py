"""The window's own `main` as a process: what it takes from the settings file, and what wins over it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.random_model import random_checkpoint
from goae_core.checkpoint import write_checkpoint
from goae_core.presets import preset

_PROGRAM = """
import json, sys
from app.__main__ import main
from app.settings import settings_store

store = settings_store()
store.setValue("language", "de")
store.sync()

def act(window):
    def tell():
        import torch

        model, error = window.session.model, window.error_dialog
        print(json.dumps({
            "model": model.name,
            "device": model.device,
            "threads": torch.get_num_threads(),
            "open": window.commands.open.text(),
            "error": error.text() if error else "",
        }), flush=True)
        window.close()
    window.session.model_changed.connect(tell)

sys.exit(main(sys.argv[1:], shown=act))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name in ("one", "two"):
        checkpoint = random_checkpoint(preset("tiny"))
        write_checkpoint(checkpoint, folder / "models" / name)
    return folder


def told(data: Path, settings: str, *arguments: str) -> dict[str, object]:
    """What the window says of itself once its model is loaded."""
    (data / "settings.toml").write_text(settings)
    clean = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        cwd=Path(__file__).resolve().parents[2],
        env={**clean, "GOAE_DATA_DIR": str(data), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[0])
    return answer


def test_model_device_and_threads_come_from_the_file_and_the_language_from_the_window(data: Path) -> None:
    assert told(data, 'model = "one"\ndevice = "cpu"\nthreads = 1\n') == {
        "model": "one",
        "device": "cpu",
        "threads": 1,
        "open": "Öffnen …",
        "error": "",
    }


def test_options_win_over_the_file(data: Path) -> None:
    said = told(data, 'model = "one"\ndevice = "mps"\n', "--model", "two", "--device", "cpu")
    assert (said["model"], said["device"], said["error"]) == ("two", "cpu", "")


def test_a_model_that_is_gone_gives_way_to_the_embedded_one_and_is_one_sentence(data: Path) -> None:
    said = told(data, 'model = "gone"\ndevice = "cpu"\n')
    assert said["model"] == "studio256"
    assert str(said["error"]).startswith("There is no model named 'gone'; there are: ")
