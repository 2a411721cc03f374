"""A project after its model was retrained: the same photo, edits and view, a head of the new weights."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from goae_core.camera import orbit
from goae_core.checkpoint import Checkpoint
from goae_core.crop import Crop
from goae_core.editing import Edit
from goae_core.errors import CheckpointError, StoppedError
from goae_core.inversion import Inversion
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline
from goae_core.project import Project
from goae_core.reopening import news_of_change, renewed
from tests.goae_core.tiny_model import tiny, tiny_checkpoint


def _retrained() -> Checkpoint:
    """The tiny model with other weights, and without the direction smile."""
    old = tiny_checkpoint()
    weights = {
        name: {key: value * 1.1 if value.is_floating_point() else value for key, value in network.items()}
        for name, network in old.weights.items()
    }
    return replace(old, weights=weights, directions=old.directions[:1])


@pytest.fixture(scope="module")
def old() -> Inversion:
    side = tiny().image_size
    values = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(5)) * 2 - 1
    photo = AlignedPhoto(values, orbit(0.2, -0.1), "me.jpg", Crop((120.5, 80.25), 300.0, 0.1))
    return Pipeline(replace(tiny_checkpoint(), preset=replace(tiny(), matting=None)), "cpu").invert(photo)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    checkpoint = _retrained()
    return Pipeline(replace(checkpoint, preset=replace(checkpoint.preset, matting=None)), "cpu")


@pytest.fixture
def project(old: Inversion) -> Project:
    edits = (Edit("age", 1.5), Edit("smile", -0.5))
    return Project(old, edits, "tiny", orbit(-0.5, 0.3), outdated=True)


def test_the_head_is_that_of_the_photo_and_the_new_weights(project: Project, pipeline: Pipeline) -> None:
    stages: list[str] = []
    again = renewed(project, pipeline, on_stage=stages.append)
    anew = pipeline.invert(project.inversion.photo)
    assert torch.equal(again.inversion.planes.features, anew.planes.features)
    assert torch.equal(again.inversion.w_plus, anew.w_plus)
    assert not torch.equal(again.inversion.w_plus, project.inversion.w_plus)
    assert {"encode", "afa", "fuse"} <= set(stages)
    assert not again.outdated


def test_photo_edits_and_view_stay(project: Project, pipeline: Pipeline) -> None:
    again = renewed(project, pipeline)
    photo = again.inversion.photo
    assert torch.equal(photo.pixels, project.inversion.photo.pixels)
    assert torch.equal(photo.camera.label(), project.inversion.photo.camera.label())
    assert photo.crop == project.inversion.photo.crop
    assert torch.equal(again.camera.label(), project.camera.label())
    # smile went with the old model
    assert again.edits == (Edit("age", 1.5),)


def test_the_news_name_the_model_and_what_is_lost(project: Project, pipeline: Pipeline) -> None:
    said = news_of_change(project, pipeline)
    assert said.startswith("the model 'tiny' has changed since this project was saved: its head is computed")
    assert said.endswith("except smile, which the model no longer has")
    assert "except" not in news_of_change(replace(project, edits=(Edit("age", 1.0),)), pipeline)


def test_a_crop_of_another_size_is_resampled(project: Project, pipeline: Pipeline) -> None:
    photo = project.inversion.photo
    small = replace(photo, pixels=torch.full((1, 3, 48, 48), 0.25), matte=torch.ones(1, 1, 48, 48))
    again = renewed(replace(project, inversion=replace(project.inversion, photo=small)), pipeline)
    side = tiny().image_size
    assert again.inversion.photo.pixels.shape == (1, 3, side, side)
    torch.testing.assert_close(again.inversion.photo.pixels, torch.full((1, 3, side, side), 0.25))
    # the old matting network's matte went too; this model has none
    assert again.inversion.photo.matte is None


def test_a_current_project_is_left_alone(project: Project, pipeline: Pipeline) -> None:
    current = replace(project, outdated=False)
    assert renewed(current, pipeline) is current


def test_it_stops_when_asked_and_says_what_the_model_lacks(project: Project, pipeline: Pipeline) -> None:
    with pytest.raises(StoppedError):
        renewed(project, pipeline, should_stop=lambda: True)
    checkpoint = _retrained()
    bare = replace(checkpoint, weights={"generator": checkpoint.weights["generator"]})
    with pytest.raises(CheckpointError, match="has no encoder"):
        renewed(project, Pipeline(bare, "cpu"))
