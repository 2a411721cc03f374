"""Switching models over the real core: tiny models with random weights in a data folder of their own."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.cli.random_model import random_checkpoint
from app.engine import Engine
from app.messages import Document, FrameRequest, News, OpenRequest, Progress, SaveRequest
from goae_core.checkpoint import PUBLISHER_LICENCE, Checkpoint, write_checkpoint
from goae_core.errors import CheckpointError, LicenceError, StoppedError
from goae_core.models import ModelStore
from goae_core.presets import PRESETS, preset
from goae_core.project import read_project


def named(checkpoint: Checkpoint, name: str, licence: str = "free") -> Checkpoint:
    return replace(checkpoint, origin=replace(checkpoint.origin, name=name, licence=licence))


def shifted(checkpoint: Checkpoint) -> Checkpoint:
    """The same model after another minute of training, as it were."""
    generator = dict(checkpoint.weights["generator"])
    generator["decoder.net.2.bias"] = generator["decoder.net.2.bias"] + 0.5
    return replace(checkpoint, weights={**checkpoint.weights, "generator": generator})


@pytest.fixture(scope="module")
def first() -> Checkpoint:
    return named(random_checkpoint(preset("tiny")), "first")


@pytest.fixture
def models(first: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the models: one, a sister, one of cats, and one whose terms are open."""
    folder = tmp_path / "data" / "models"
    cats = replace(first.preset, name="tiny-cats", camera=PRESETS["afhqcats512"].camera)
    write_checkpoint(first, folder / "first")
    write_checkpoint(named(shifted(first), "sister"), folder / "sister")
    write_checkpoint(named(replace(first, preset=cats), "cats"), folder / "cats")
    write_checkpoint(named(shifted(first), "official", PUBLISHER_LICENCE), folder / "official")
    monkeypatch.setenv("GOAE_DATA_DIR", str(tmp_path / "data"))
    return folder


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    rows, columns = np.mgrid[0:90, 0:120]
    path = tmp_path / "colours.png"
    Image.fromarray(np.stack([columns * 2, rows * 2, 128 + 0 * rows], axis=-1).astype(np.uint8)).save(path)
    return path


def nothing(news: News) -> None:
    """Report to nobody."""


def opened(engine: Engine, photo: Path) -> Document:
    return engine.open(OpenRequest(photo, center=True), nothing, threading.Event())


def seen(engine: Engine, document: Document) -> np.ndarray:
    bare = (("detail", 0.0),)  # the photo's own detail would make all models alike
    request = FrameRequest(document.inversion, bare, document.pose, "full", model=document.model)
    return engine.frame(request, threading.Event()).color


def test_a_photo_is_inverted_anew_and_every_head_is_rendered_by_its_own_model(
    models: Path, photo: Path
) -> None:
    engine = Engine(model="first", device="cpu")
    before = opened(engine, photo)
    one = seen(engine, before)
    after = engine.reinvert(before, "sister", nothing, threading.Event())
    assert (after.model.name, after.name, after.pose) == ("sister", before.name, before.pose)
    assert np.array_equal(after.crop, before.crop)
    two = seen(engine, after)
    assert not np.array_equal(one, two)
    assert np.array_equal(seen(engine, before), one)  # undo
    assert np.array_equal(seen(engine, after), two)  # redo
    fresh = Engine(model="sister", device="cpu")
    assert np.array_equal(seen(fresh, opened(fresh, photo)), two)


def test_new_weights_are_loaded_on_request_and_old_heads_keep_theirs(
    models: Path, photo: Path, first: Checkpoint, tmp_path: Path
) -> None:
    engine = Engine(model="first", device="cpu")
    before = opened(engine, photo)
    one = seen(engine, before)
    write_checkpoint(shifted(first), models / "first")
    assert ModelStore().fingerprint("first") != before.model.fingerprint
    assert np.array_equal(seen(engine, before), one)  # nothing changes by itself
    after = engine.reinvert(before, "first", nothing, threading.Event())
    assert after.model.name == "first"
    assert after.model.fingerprint == ModelStore().fingerprint("first")
    assert not after.model.same_weights(before.model)
    assert not np.array_equal(seen(engine, after), one)
    assert np.array_equal(seen(engine, before), one)

    # A project of the old head says so, and is computed anew when it is opened.
    path = engine.save(SaveRequest(tmp_path / "old.goae", before, (), before.pose), nothing)
    assert read_project(path).outdated
    path = engine.save(SaveRequest(tmp_path / "new.goae", after, (), after.pose), nothing)
    assert not read_project(path).outdated

    # Once they are forgotten, the old weights are gone, and one sentence says so.
    engine.use("sister", nothing)
    engine.use("cats", nothing)
    with pytest.raises(CheckpointError, match="weights of 'first' that have been replaced since"):
        seen(engine, before)
    seen(engine, after)


def test_a_project_is_opened_with_the_weights_it_was_made_with_not_those_in_memory(
    models: Path, photo: Path, first: Checkpoint, tmp_path: Path
) -> None:
    engine = Engine(model="first", device="cpu")
    opened(engine, photo)  # the old weights are in memory
    write_checkpoint(shifted(first), models / "first")
    other = Engine(model="first", device="cpu")  # a command line beside the window, say
    newer = opened(other, photo)
    path = other.save(SaveRequest(tmp_path / "new.goae", newer, (), newer.pose), nothing)
    again = engine.open(OpenRequest(path), nothing, threading.Event())
    assert again.model.fingerprint == newer.model.fingerprint
    assert again.notice == ""
    difference = seen(engine, again).astype(int) - seen(other, newer).astype(int)
    assert np.abs(difference).max() <= 2  # a project keeps half precision


def test_cats_follow_the_model_and_no_face_is_looked_for(models: Path, photo: Path) -> None:
    engine = Engine(model="cats", device="cpu")
    document = engine.open(OpenRequest(photo), nothing, threading.Event())  # without asking for the middle
    assert document.model.subject == "cat"
    assert document.photo is not None
    assert document.photo.centered
    person = engine.reinvert(document, "first", nothing, threading.Event())
    assert person.model.subject == "person"
    assert person.pose.yaw == pytest.approx(document.pose.yaw, abs=1e-5)
    assert person.model.rig != document.model.rig


def test_terms_are_open_until_they_are_accepted(models: Path, photo: Path) -> None:
    engine = Engine(model="first", device="cpu")
    document = opened(engine, photo)
    with pytest.raises(LicenceError):
        engine.reinvert(document, "official", nothing, threading.Event())
    with pytest.raises(LicenceError):
        Engine(model="official", device="cpu").load(nothing)
    ModelStore().accept("official")
    assert engine.reinvert(document, "official", nothing, threading.Event()).model.name == "official"


def test_a_switch_that_fails_or_stops_leaves_the_model_in_use(models: Path, photo: Path) -> None:
    engine = Engine(model="first", device="cpu")
    document = opened(engine, photo)
    stop = threading.Event()

    def stop_soon(news: News) -> None:
        if isinstance(news, Progress):
            stop.set()

    with pytest.raises(StoppedError):
        engine.reinvert(document, "sister", stop_soon, stop)
    assert opened(engine, photo).model.name == "first"
    (models / "sister" / "encoder.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError):
        engine.reinvert(document, "sister", nothing, threading.Event())
    assert opened(engine, photo).model.name == "first"


def test_a_model_of_another_size_reads_the_photo_again_or_resamples_the_crop(
    models: Path, photo: Path, first: Checkpoint
) -> None:
    engine = Engine(model="first", device="cpu")
    document = opened(engine, photo)
    side = document.inversion.photo.pixels.shape[-1]
    larger = replace(document.inversion.photo, pixels=document.inversion.photo.pixels.repeat(1, 1, 2, 2))
    odd = replace(document, inversion=replace(document.inversion, photo=larger))
    again = engine.reinvert(odd, "sister", nothing, threading.Event())
    assert np.array_equal(again.crop, document.crop)  # from the file
    photo.unlink()
    without = engine.reinvert(odd, "sister", nothing, threading.Event())
    assert without.crop.shape == (side, side, 3)  # four small copies, for that is what the crop held
    assert not np.array_equal(without.crop, document.crop)


def test_threads_and_device_are_taken_up(models: Path, photo: Path) -> None:
    import torch

    before = torch.get_num_threads()
    engine = Engine(model="first", device="cpu", threads=1)
    document = opened(engine, photo)
    try:
        assert torch.get_num_threads() == 1
        assert engine.configure("auto", 2, nothing).name == "first"
        assert torch.get_num_threads() == 2
        seen(engine, document)
        engine.configure("cpu", 0, nothing)
        assert torch.get_num_threads() == before
    finally:
        torch.set_num_threads(before)
