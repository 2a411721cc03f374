from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from goae_core.camera import orbit_angles
from goae_core.inversion import Inversion
from goae_core.optimisation.sides import ANGLE, Sides
from goae_core.pipeline import Pipeline
from goae_core.rendering.renderer import Rendering


def look(pipeline: Pipeline, head: Inversion) -> Rendering:
    with torch.no_grad():
        return pipeline.generator.render(head.planes, head.w_plus, head.photo.camera)


@pytest.fixture(scope="module")
def known(pipeline: Pipeline, inversion: Inversion) -> Inversion:
    """A head that is its photo."""
    rendering = look(pipeline, inversion)
    photo = replace(
        inversion.photo, pixels=rendering.image.clamp(-1.0, 1.0), matte=(rendering.alpha > 0.5).float()
    )
    return replace(inversion, photo=photo)


def brighter(head: Inversion, planes: slice) -> Inversion:
    """The head with other planes."""
    features = head.planes.features.clone()
    features[:, planes] += 0.3
    return replace(head, planes=replace(head.planes, features=features))


def test_they_lie_to_the_left_and_right(pipeline: Pipeline, known: Inversion) -> None:
    sides = Sides.of(pipeline.generator, known, look(pipeline, known))
    yaws = [orbit_angles(camera).yaw for camera in sides.cameras]
    assert yaws == pytest.approx([0.1 - ANGLE, 0.1 + ANGLE], abs=1e-5)
    assert math.degrees(ANGLE) == pytest.approx(25.0)


def test_a_head_that_is_its_photo_is_what_its_sides_should_be(pipeline: Pipeline, known: Inversion) -> None:
    sides = Sides.of(pipeline.generator, known, look(pipeline, known))
    own = sides.errors(pipeline.generator, known)
    changed = sides.errors(pipeline.generator, brighter(known, slice(0, 3)))
    # What is left is the outline: the matte is hard, the rendering's is soft.
    assert max(own) < 0.3 * min(changed)


def test_a_head_that_is_not_is_expected_nearer_to_its_photo(pipeline: Pipeline, inversion: Inversion) -> None:
    """Of two heads the one that made the photo is nearer to what its sides should be, seen from the other."""
    generator = pipeline.generator
    other = brighter(inversion, slice(0, 3))
    truth = look(pipeline, other)
    photo = replace(inversion.photo, pixels=truth.image.clamp(-1.0, 1.0), matte=(truth.alpha > 0.5).float())
    start = replace(inversion, photo=photo)
    sides = Sides.of(generator, start, look(pipeline, start))
    errors = [sum(sides.errors(generator, head)) for head in (start, other)]
    assert errors[1] < errors[0]
