"""How much of detail, AFA and mix counts: sliders like the others, kept in projects."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from app.cli.random_model import random_checkpoint
from goae_core.camera import orbit
from goae_core.crop import Crop
from goae_core.editing import weighed
from goae_core.inversion import Inversion
from goae_core.networks.afa import Modulation
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline
from goae_core.presets import preset


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(random_checkpoint(preset("tiny")), "cpu")


@pytest.fixture(scope="module")
def inversion(pipeline: Pipeline) -> Inversion:
    side = pipeline.preset.image_size
    pixels = torch.linspace(-1, 1, 3 * side * side).reshape(1, 3, side, side)
    photo = AlignedPhoto(pixels, orbit(0.0, 0.0, rig=pipeline.preset.camera), "", Crop((1, 1), 2.0))
    found = pipeline.invert(photo)
    # An untrained AFA changes nothing: one that does stands in for it.
    source = torch.Generator().manual_seed(3)
    shape = found.modulation.scale.shape
    scale = 1.0 + 0.3 * torch.randn(shape, generator=source)
    modulation = Modulation(scale, 0.2 * torch.randn(shape, generator=source))
    return replace(found, modulation=modulation, visibility=torch.ones_like(found.visibility))


def test_whole_shares_leave_the_very_same_head(pipeline: Pipeline, inversion: Inversion) -> None:
    assert weighed(pipeline.generator, inversion) is inversion


@torch.inference_mode()
def test_without_afa_the_planes_are_those_of_w_alone(pipeline: Pipeline, inversion: Inversion) -> None:
    head = weighed(pipeline.generator, inversion, afa=0.0)
    assert torch.equal(head.modulation.scale, torch.ones_like(head.modulation.scale))
    assert not head.modulation.shift.any()
    plain = pipeline.generator.planes(inversion.w_plus, inversion.features)
    torch.testing.assert_close(head.planes.features, plain.features)


@torch.inference_mode()
def test_without_the_mix_the_planes_are_those_of_w_alone(pipeline: Pipeline, inversion: Inversion) -> None:
    head = weighed(pipeline.generator, inversion, mix=0.0)
    plain = pipeline.generator.planes(inversion.w_plus, inversion.features)
    torch.testing.assert_close(head.planes.features, plain.features)
    assert not head.visibility.any()


def test_half_of_afa_is_half_way_in_scale_and_shift(pipeline: Pipeline, inversion: Inversion) -> None:
    with torch.inference_mode():
        head = weighed(pipeline.generator, inversion, afa=0.5)
    full: Modulation = inversion.modulation
    torch.testing.assert_close(head.modulation.scale, 0.5 * (1.0 + full.scale))
    torch.testing.assert_close(head.modulation.shift, 0.5 * full.shift)
    plain = weighed(pipeline.generator, inversion, afa=0.0)
    assert not torch.equal(head.planes.features, plain.planes.features)
