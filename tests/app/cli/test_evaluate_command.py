from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.cli import evaluate_command
from app.cli.main import run
from goae_core.camera_estimate import CANONICAL, project
from goae_core.evaluation import identity, photographs
from goae_core.landmarks import Face


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photographs, of which the first shows what is taken for a face."""
    photos = tmp_path / "photos"
    photos.mkdir()
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.png"):
        Image.fromarray(rng.integers(0, 255, (120, 120, 3), dtype=np.uint8)).save(photos / name)
    return photos


@pytest.fixture(autouse=True)
def _faces(monkeypatch: pytest.MonkeyPatch) -> None:
    landmarks = 120.0 * project(CANONICAL, 0.0, 0.0)
    seen = iter([(Face((30.0, 30.0, 90.0, 90.0), landmarks, 1.0, 0.0),), (), (), ()])
    monkeypatch.setattr(photographs, "find_faces", lambda image: next(seen))
    monkeypatch.setattr(identity, "find_faces", lambda image: ())
    monkeypatch.setattr(identity, "describe_face", lambda image, face: np.array([image.mean() / 255]))


def test_photos_are_measured_and_put_beside_the_goals(
    folder: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(["evaluate", "photos", str(folder), "-o", str(out), "--model", model, "--device", "cpu"]) == 0
    printed = capsys.readouterr().out
    assert "≤ 0.4" in printed
    assert "no face found in 1" in printed
    content = json.loads((out / "faces.json").read_text())
    assert content["complete"] is True
    first, second = content["records"]
    assert first["row"] == 1
    assert len(first["side_views"]) == 2
    assert second["failure"].startswith("no face was found in the picture")
    assert not (out / "crops.json").exists()  # there is no label file


def test_sheet_shows_heads_and_lists_failures(
    folder: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sheets"
    arguments = ["evaluate", "sheet", str(folder), "-o", str(out), "--model", model, "--device", "cpu"]
    assert run(arguments) == 0
    assert capsys.readouterr().out.strip().endswith("index.html")
    assert (out / "page_01.jpg").exists()
    index = (out / "index.html").read_text(encoding="utf-8")
    assert "b.png" in index
    assert "no face was found" in index
    made = (out / "page_01.jpg").stat().st_mtime_ns
    assert run([*arguments, "--resume"]) == 0  # nothing is left to do; no photograph is opened again
    assert (out / "page_01.jpg").stat().st_mtime_ns == made


def test_stopped_work_is_kept_and_taken_up(
    folder: Path,
    model: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    landmarks = 120.0 * project(CANONICAL, 0.0, 0.0)
    twins = (Face((30.0, 30.0, 90.0, 90.0), landmarks, 1.0, 0.0),) * 2
    looked: list[int] = []

    def find(image: NDArray[np.uint8]) -> tuple[Face, ...]:
        looked.append(len(looked))
        return twins

    monkeypatch.setattr(photographs, "find_faces", find)
    journal = tmp_path / "faces.json"

    def third_face_is_measured() -> bool:
        return journal.exists() and len(json.loads(journal.read_text())["records"]) == 3

    monkeypatch.setattr(evaluate_command, "should_stop", third_face_is_measured)
    arguments = ["evaluate", "photos", str(folder), "-o", str(tmp_path), "--model", model, "--device", "cpu"]
    assert run(arguments) == 1
    assert "with --resume goes on from there" in capsys.readouterr().err
    content = json.loads(journal.read_text())
    assert content["complete"] is False
    kept = [(record["file"], record["face"]) for record in content["records"]]
    assert kept == [("a.png", 1), ("a.png", 2), ("b.png", 1)]
    monkeypatch.setattr(evaluate_command, "should_stop", lambda: False)
    assert run([*arguments, "--resume"]) == 0
    content = json.loads(journal.read_text())
    assert content["complete"] is True
    measured = [(record["file"], record["face"]) for record in content["records"]]
    assert measured == [("a.png", 1), ("a.png", 2), ("b.png", 1), ("b.png", 2)]
    assert len(looked) == 3  # the first photograph was not opened again


def test_missing_folders_are_one_sentence(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "missing")
    for arguments in (["photos", missing], ["sheet", missing, "-o", str(tmp_path / "o")], ["heads", missing]):
        out = [] if "-o" in arguments else ["-o", str(tmp_path / "o")]
        assert run(["evaluate", *arguments, *out, "--model", model, "--device", "cpu"]) == 1
        assert missing in capsys.readouterr().err


def test_markdown_has_the_command(
    folder: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", "photos", str(folder), "-o", str(tmp_path), "--model", model, "--limit", "1"]
    assert run([*arguments, "--markdown", "--device", "cpu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "| figure | value | goal | | over |" in lines
