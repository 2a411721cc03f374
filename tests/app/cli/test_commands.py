"""Every command from its arguments to its files, on a tiny model with random weights."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image

from app.cli import invert_command, turntable_command
from app.cli.main import run
from app.cli.random_model import random_checkpoint
from goae_core import photo
from goae_core.checkpoint import write_checkpoint
from goae_core.errors import StoppedError
from goae_core.presets import preset
from goae_core.project import read_project, write_project

SIDE = 64  # of the tiny model's pictures


def pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.asarray(Image.open(path)).astype(np.int64)


def test_invert_writes_the_head_two_pictures_and_the_figures(head: Path, picture: Path) -> None:
    folder = head.parent
    assert sorted(path.name for path in folder.iterdir()) == [
        "colours.goae",
        "colours.json",
        "colours_reconstruction.png",
        "colours_views.png",
    ]
    views, reconstruction = (
        pixels(folder / "colours_views.png"),
        pixels(folder / "colours_reconstruction.png"),
    )
    assert views.shape == (SIDE, 7 * SIDE, 3)
    assert reconstruction.shape == (SIDE, SIDE, 3)
    assert np.array_equal(views[:, SIDE : 2 * SIDE], reconstruction)
    # first the photo's own middle: 100 x 100 pixels of the 100 x 120, red growing to the right
    assert views[0, 0, 0] < 10 < 180 < views[0, SIDE - 1, 0]


def test_report_holds_what_was_used_and_measured(head: Path, picture: Path, model: str) -> None:
    report = json.loads(head.with_suffix(".json").read_text(encoding="utf-8"))
    assert report["photo"] == str(picture)
    assert report["model"] == model
    assert report["device"] == "cpu"
    assert report["camera"] == {"yaw": 0.0, "pitch": 0.0, "roll": 0.0, "radius": 2.7, "focal": 4.2647}
    assert report["crop"] == {"center": [50.0, 60.0], "side": 100.0, "roll": 0.0}
    seconds = report["seconds"]
    assert set(seconds) == {"crop", "matte", "encode", "afa", "fuse", "total"}
    assert sum(seconds.values()) - seconds["total"] <= seconds["total"] + 1e-3
    assert report["psnr"] == pytest.approx(10.0 * math.log10(4.0 / report["mse"]))
    assert report["detail_psnr"] == pytest.approx(10.0 * math.log10(4.0 / report["detail_mse"]))
    assert report["detail_psnr"] > report["psnr"]
    assert -1.0 <= report["ssim"] <= 1.0


def test_project_has_the_photos_view_and_no_edits(head: Path, model: str) -> None:
    project = read_project(head)
    assert project.model == model
    assert project.edits == ()
    assert project.inversion.photo.pixels.shape == (1, 3, SIDE, SIDE)


def test_render_without_angles_is_the_reconstruction(head: Path, tmp_path: Path) -> None:
    same, detailed = tmp_path / "same.png", tmp_path / "detailed.png"
    assert run(["render", str(head), "-o", str(same), "--detail", "0", "--device", "cpu"]) == 0
    reconstruction = pixels(head.parent / "colours_reconstruction.png")
    # the project keeps half precision
    assert np.abs(pixels(same) - reconstruction).max() <= 2

    assert run(["render", str(head), "-o", str(detailed), "--device", "cpu"]) == 0
    matte = read_project(head).inversion.photo.matte
    assert matte is not None
    solid = matte[0, 0].numpy() > 0.99
    photo = pixels(head.parent / "colours_views.png")[:, :SIDE]
    assert np.abs(pixels(detailed) - photo)[solid].max(initial=0) <= 2


def test_render_turns_edits_and_scales(head: Path, tmp_path: Path) -> None:
    def rendered(name: str, *options: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        path = tmp_path / f"{name}.png"
        assert run(["render", str(head), "-o", str(path), "--device", "cpu", *options]) == 0
        return pixels(path)

    front = rendered("front", "--yaw", "0")
    assert np.array_equal(rendered("again", "--yaw", "0"), front)
    assert not np.array_equal(rendered("side", "--yaw", "40", "--pitch", "10", "--roll", "5"), front)
    assert not np.array_equal(rendered("smile", "--yaw", "0", "--set", "smile=2"), front)
    assert np.array_equal(rendered("zero", "--yaw", "0", "--set", "smile=0"), front)
    assert np.array_equal(rendered("last", "--yaw", "0", "--set", "smile=3", "--set", "smile=0"), front)
    assert rendered("large", "--size", "100").shape == (100, 100, 3)


def test_render_heeds_the_shares_of_the_project(head: Path, tmp_path: Path) -> None:
    def rendered(project: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        path = tmp_path / f"{project.stem}.png"
        assert run(["render", str(project), "-o", str(path), "--detail", "0", "--device", "cpu"]) == 0
        return pixels(path)

    project = read_project(head)
    modulation = project.inversion.modulation
    # An untrained AFA changes nothing: this one doubles every feature.
    doubling = replace(modulation, scale=2.0 * torch.ones_like(modulation.scale))
    project = replace(project, inversion=replace(project.inversion, modulation=doubling))
    pictures = {}
    for afa, mix in ((0.0, 1.0), (0.5, 1.0), (0.5, 0.0)):
        path = tmp_path / f"afa{afa}mix{mix}.goae"
        write_project(replace(project, afa=afa, mix=mix), path)
        pictures[afa, mix] = rendered(path)
    assert np.abs(pictures[0.5, 1.0] - pictures[0.0, 1.0]).max() > 2
    assert np.array_equal(pictures[0.5, 0.0], pictures[0.0, 1.0])  # mixed with nothing: as w+ makes it


@pytest.mark.parametrize("shown", ["color", "depth", "normal", "visibility", "residual"])
def test_every_pass_is_a_picture(head: Path, tmp_path: Path, shown: str) -> None:
    path = tmp_path / f"{shown}.png"
    assert (
        run(["render", str(head), "-o", str(path), "--pass", shown, "--size", "40", "--device", "cpu"]) == 0
    )
    picture = pixels(path)
    assert picture.shape == ((40, 40) if shown == "depth" else (40, 40, 3))
    assert picture.min() < picture.max()


def test_unknown_attribute_lists_those_there_are(
    head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", str(head), "-o", str(tmp_path / "a.png"), "--set", "wings=1"]) == 1
    assert capsys.readouterr().err == "goae: this model has no attribute 'wings'; it has: age, smile\n"
    assert list(tmp_path.iterdir()) == []


def test_strength_beyond_training_is_rendered_with_a_word(
    head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", str(head), "-o", str(tmp_path / "a.png"), "--set", "age=-9"]) == 0
    assert "age=-9 lies beyond the trained range of ±3" in capsys.readouterr().err


def test_project_of_a_model_that_is_gone_names_it(
    made_head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOAE_DATA_DIR", str(tmp_path / "empty"))
    assert run(["mesh", str(made_head), "-o", str(tmp_path / "a.obj")]) == 1
    assert "there is no model named 'random-tiny'" in capsys.readouterr().err


def test_project_of_a_retrained_model_opens_with_a_head_of_its_photo(
    made_head: Path,
    picture: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    retrained = random_checkpoint(preset("tiny"), seed=1)
    retrained.weights["generator"]["decoder.net.2.bias"][0] = 30.0  # dense, as in conftest
    write_checkpoint(retrained, tmp_path / "data" / "models" / "random-tiny", half=False)
    monkeypatch.setenv("GOAE_DATA_DIR", str(tmp_path / "data"))
    before = made_head.read_bytes()
    plain = ["--detail", "0", "--device", "cpu"]  # as the reconstruction is shown
    assert run(["render", str(made_head), "-o", str(tmp_path / "again.png"), *plain]) == 0
    said = capsys.readouterr().err
    assert said.startswith("goae: colours.goae: the model 'random-tiny' has changed since this project was")
    assert said.count("\n") == 1
    assert made_head.read_bytes() == before
    inverted = ["invert", str(picture), "--center", "--model", "random-tiny", "-o", str(tmp_path / "new")]
    assert run([*inverted, "--device", "cpu"]) == 0
    again = pixels(tmp_path / "again.png")
    # the crop in the file has eight bits
    assert np.abs(again - pixels(tmp_path / "new" / "colours_reconstruction.png")).max() <= 4
    assert np.abs(again - pixels(made_head.parent / "colours_reconstruction.png")).max() > 20


def test_damaged_project_is_one_sentence(
    head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.goae"
    broken.write_bytes(head.read_bytes()[:-1000])
    assert run(["turntable", str(broken), "-o", str(tmp_path / "a.gif")]) == 1
    err = capsys.readouterr().err
    assert "broken.goae" in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [broken]


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_turntable_has_its_frames_and_length(head: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"turn.{suffix}"
    options = ["--frames", "6", "--fps", "12", "--size", "32", "--device", "cpu"]
    assert run(["turntable", str(head), "-o", str(path), *options]) == 0
    with Image.open(path) as film:
        assert film.size == (32, 32)
        assert getattr(film, "n_frames", 1) == 6
        assert film.info["loop"] == 0


def test_turntable_writes_video_and_goes_all_the_way_round(head: Path, tmp_path: Path) -> None:
    path = tmp_path / "turn.mp4"
    assert (
        run(["turntable", str(head), "-o", str(path), "--frames", "4", "--size", "32", "--yaw", "180"]) == 0
    )
    assert b"avc1" in path.read_bytes()


@pytest.mark.parametrize("suffix", ["obj", "ply", "glb", "stl"])
def test_mesh_is_closed_and_lies_in_the_box(head: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"head.{suffix}"
    assert run(["mesh", str(head), "-o", str(path), "--resolution", "24", "--device", "cpu"]) == 0
    (mesh,) = trimesh.load_scene(path).geometry.values()
    assert isinstance(mesh, trimesh.Trimesh)
    assert mesh.is_watertight
    assert mesh.volume > 0
    assert np.abs(mesh.bounds).max() <= 0.5


def test_attributes_are_listed_with_their_range(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["attributes", "--model", model]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["smile", "age"]
    assert all("-3 to 3" in line and "standard deviations" in line for line in lines)


def test_bad_photo_never_stops_the_others(
    picture: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "photos", tmp_path / "out"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"no picture")
    (folder / "b.png").write_bytes(picture.read_bytes())
    (folder / "c.png").write_bytes(picture.read_bytes()[:200])
    status = run(
        ["invert", str(folder), str(tmp_path / "d.png"), "--center", "--model", model, "-o", str(out)]
    )
    assert status == 1
    printed = capsys.readouterr()
    assert [line.split()[0] for line in printed.out.splitlines()] == ["b.png"]
    complaints = printed.err.splitlines()
    assert [line.split()[1] for line in complaints[:-1]] == ["a.jpg:", "c.png:", "d.png:"]
    assert complaints[-1] == "goae: 3 of 4 photos failed, see above; the others are done"
    assert sorted(path.stem for path in out.glob("*.goae")) == ["b"]


def test_photo_without_a_face_says_what_to_do_and_leaves_nothing(
    picture: Path,
    model: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # the detectors' own tests show that they find none; here it would take seconds
    monkeypatch.setattr(photo, "find_faces", lambda image: ())
    assert run(["invert", str(picture), "--model", model, "-o", str(tmp_path / "out")]) == 1
    err = capsys.readouterr().err
    assert "--center" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_unforeseen_failure_on_one_photo_is_logged_and_the_rest_goes_on(
    picture: Path,
    model: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(picture.read_bytes())
    invert_one = invert_command._invert_one

    def failing(path: Path, *rest: object) -> str:
        if path == other:
            raise ZeroDivisionError("by nobody foreseen")
        return invert_one(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(invert_command, "_invert_one", failing)
    arguments = [
        "invert",
        str(other),
        str(picture),
        "--center",
        "--model",
        model,
        "-o",
        str(tmp_path / "out"),
    ]
    assert run(arguments) == 1
    err = capsys.readouterr().err
    assert "other.png: something unexpected went wrong (ZeroDivisionError: by nobody foreseen)" in err
    assert (tmp_path / "out" / "colours.goae").exists()


def test_stopped_film_leaves_no_file(
    head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter([False] * 40 + [True] * 10_000)
    monkeypatch.setattr(turntable_command, "should_stop", lambda: next(asked))
    assert run(["turntable", str(head), "-o", str(tmp_path / "turn.mp4"), "--frames", "500"]) == 1
    assert capsys.readouterr().err.startswith("goae: ")
    assert list(tmp_path.iterdir()) == []


def test_stop_during_a_photo_ends_the_whole_run(
    picture: Path, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def stopped(path: Path, *rest: object) -> str:
        seen.append(path.name)
        raise StoppedError("stopped")

    monkeypatch.setattr(invert_command, "_invert_one", stopped)
    other = tmp_path / "other.png"
    other.write_bytes(picture.read_bytes())
    assert run(["invert", str(picture), str(other), "--center", "--model", model]) == 1
    assert seen == ["colours.png"]
