"""`goae turntable` and `goae animate` on a tiny model: paths, backgrounds, keyframes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from app.cli.main import run
from goae_core.animation import Animation, View
from goae_core.project import read_project, write_project

SMALL = ["--size", "32", "--device", "cpu"]


def frames_of(path: Path, mode: str = "RGB") -> list[np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    with Image.open(path) as film:
        return [np.asarray(f.convert(mode)).astype(np.int64) for f in ImageSequence.Iterator(film)]


@pytest.fixture
def moving(head: Path, tmp_path: Path) -> Path:
    """The head with a camera that goes to the side and a smile that grows, in four frames."""
    animation = Animation(seconds=1.0, fps=4, loops=False)
    animation = animation.with_view(0.0, View()).with_view(1.0, View(yaw=0.6))
    animation = animation.with_strength("smile", 0.0, 0.0).with_strength("smile", 1.0, 3.0)
    path = tmp_path / "moving.goae"
    write_project(replace(read_project(head), animation=animation), path)
    return path


def test_a_turntable_is_cut_out_or_stands_before_a_colour(head: Path, tmp_path: Path) -> None:
    plain, clear = tmp_path / "plain.apng", tmp_path / "clear.apng"
    options = ["--frames", "3", "--motion", "eight", *SMALL]
    assert run(["turntable", str(head), "-o", str(plain), "--background", "#ff0000", *options]) == 0
    assert run(["turntable", str(head), "-o", str(clear), "--background", "transparent", *options]) == 0
    for solid, cut in zip(frames_of(plain), frames_of(clear, "RGBA"), strict=True):
        alpha = cut[..., 3:] / 255.0
        wanted = cut[..., :3] * alpha + np.array([255, 0, 0]) * (1 - alpha)
        assert np.abs(solid - wanted).max() <= 2.0


def test_a_turntable_becomes_a_folder_of_pictures(head: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    assert run(["turntable", str(head), "-o", str(folder), "--frames", "2", *SMALL]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["frame_0001.png", "frame_0002.png"]
    assert run(["turntable", str(head), "-o", str(folder), "--frames", "2", *SMALL]) == 2


def test_keyframes_become_a_film_whose_frames_are_those_of_render(moving: Path, tmp_path: Path) -> None:
    film = tmp_path / "moving.apng"
    assert run(["animate", str(moving), "-o", str(film), *SMALL]) == 0
    frames = frames_of(film)
    assert len(frames) == 4
    for frame, yaw, smile in ((frames[0], 0.0, 0.0), (frames[-1], 0.6, 3.0)):
        still = tmp_path / "still.png"
        angles = ["--yaw", f"{np.degrees(yaw)}", "--pitch", "0", "--set", f"smile={smile}"]
        assert run(["render", str(moving), "-o", str(still), *angles, *SMALL]) == 0
        assert np.abs(frame - np.asarray(Image.open(still)).astype(np.int64)).max() <= 1
    assert np.abs(frames[0] - frames[-1]).max() > 10


def test_keys_are_printed_and_read_back_from_a_file(
    moving: Path, head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["animate", str(moving), "-o", str(tmp_path / "a.gif"), "--print-keys"]) == 0
    keys = tmp_path / "keys.json"
    keys.write_text(capsys.readouterr().out, encoding="utf-8")
    assert json.loads(keys.read_text(encoding="utf-8"))["fps"] == 4
    assert not (tmp_path / "a.gif").exists()
    assert run(["animate", str(head), "-o", str(tmp_path / "a.apng"), "--keys", str(keys), *SMALL]) == 0
    assert run(["animate", str(moving), "-o", str(tmp_path / "b.apng"), *SMALL]) == 0
    assert np.array_equal(frames_of(tmp_path / "a.apng"), frames_of(tmp_path / "b.apng"))


@pytest.mark.parametrize(
    ("keys", "status", "sentence"),
    [
        ("", 1, "has no keyframes; set some"),
        ("{", 1, "is no JSON"),
        ('{"fps": "fast"}', 1, "fps is 'fast'"),
        ('{"tracks": [{"name": "horns", "keys": [{"seconds": 0, "strength": 1}]}]}', 1, "move 'horns'"),
    ],
)
def test_what_is_wrong_with_keys_is_said_in_one_sentence(
    head: Path,
    tmp_path: Path,
    keys: str,
    status: int,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = []
    if keys:
        (tmp_path / "keys.json").write_text(keys, encoding="utf-8")
        options = ["--keys", str(tmp_path / "keys.json")]
    assert run(["animate", str(head), "-o", str(tmp_path / "a.gif"), *options, *SMALL]) == status
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert not (tmp_path / "a.gif").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["-o", "a.mp4", "--background", "transparent"],
        ["-o", "a.gif", "--background", "no-colour"],
        ["-o", "a.gif", "--motion", "somersault"],
        ["-o", "a.avi"],
    ],
)
def test_what_does_not_go_together_is_refused_before_any_work(options: list[str]) -> None:
    assert run(["turntable", "missing.goae", *options]) == 2
