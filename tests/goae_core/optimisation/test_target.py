from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from goae_core.inversion import Inversion
from goae_core.optimisation.target import Target
from goae_core.pipeline import Pipeline
from goae_core.rendering.renderer import Rendering

SIDE = 64


@pytest.fixture(scope="module")
def rendering(pipeline: Pipeline, inversion: Inversion) -> Rendering:
    with torch.inference_mode():
        return pipeline.generator.render(inversion.planes, inversion.w_plus, inversion.photo.camera)


def painted(rendering: Rendering, color: float) -> Rendering:
    """A rendering of one colour, opaque everywhere."""
    return replace(
        rendering,
        image=torch.full_like(rendering.image, color),
        alpha=torch.ones_like(rendering.alpha),
        raw=torch.full_like(rendering.raw, color),
        opacity=torch.ones_like(rendering.opacity),
    )


def target(head: torch.Tensor) -> Target:
    return Target(head, torch.ones(1, 1, SIDE, SIDE), matted=True, trust=torch.ones(1, 1, SIDE, SIDE))


def test_the_photo_itself_costs_nothing(rendering: Rendering) -> None:
    loss, mse = target(torch.full((1, 3, SIDE, SIDE), 0.25)).loss(painted(rendering, 0.25), 1.0)
    assert float(loss) == pytest.approx(0.0, abs=1e-10)
    assert mse == pytest.approx(0.0, abs=1e-10)


def test_mse_is_that_over_the_matte(rendering: Rendering) -> None:
    half = target(torch.zeros(1, 3, SIDE, SIDE))
    half.matte[..., :32] = 0.0
    picture = painted(rendering, 0.5)
    picture.image[..., :32] = 0.9  # beside the head
    assert half.loss(picture, 1.0)[1] == pytest.approx(0.25)
    assert half.fit(picture).mse == pytest.approx(0.25)
    assert half.fit(picture).iou == pytest.approx(0.5)


def test_a_hand_is_not_believed_but_a_wrong_tone_is(rendering: Rendering) -> None:
    head = torch.zeros(1, 3, SIDE, SIDE)
    picture = painted(rendering, 0.1)
    assert target(head).doubting(picture).trust.min() > 0.85
    head[..., 40:, 40:] = 1.0  # something bright in a corner
    trust = target(head).doubting(picture).trust
    # 1 / (1 + 0.9^2 / 0.45^2)^2
    assert float(trust[..., 52:, 52:].mean()) == pytest.approx(0.04, abs=0.005)
    assert trust[..., :30, :30].min() > 0.85
    # A head that is off everywhere is off, not hidden: the usual error is its own measure.
    off = target(torch.zeros(1, 3, SIDE, SIDE)).doubting(painted(rendering, 0.9)).trust
    assert off.min() == pytest.approx(0.81, abs=1e-4)  # 1 / (1 + 1 / 9)^2


def test_background_that_the_matte_kept_is_not_believed(rendering: Rendering) -> None:
    """The matte says head, the photo is as dark as the rendering, but no head is there."""
    picture = painted(rendering, -1.0)
    picture.alpha[..., 40:] = 0.0
    trust = target(torch.full((1, 3, SIDE, SIDE), -1.0)).doubting(picture).trust
    assert float(trust[..., 52:].mean()) == pytest.approx((1.0 + 1.0 / 0.45**2) ** -2, abs=0.005)
    assert trust[..., :30].min() > 0.99


def test_an_occluder_pulls_less_than_the_head(rendering: Rendering) -> None:
    """The same sum of squares, in one corner or all over: the corner's is believed less."""
    spread = torch.full((1, 3, SIDE, SIDE), 0.25)
    corner = torch.zeros(1, 3, SIDE, SIDE)
    corner[..., 48:, 48:] = 1.0
    picture = painted(rendering, 0.0)
    targets = [target(head).doubting(picture) for head in (spread, corner)]
    losses = [each.loss(picture, 0.0) for each in targets]
    assert losses[0][1] == pytest.approx(losses[1][1])  # a sixteenth of the picture, squared
    assert float(losses[1][0]) < 0.2 * float(losses[0][0])
    # What is judged by is measured the same way.
    assert targets[0].closeness(picture) == pytest.approx(0.0625, rel=1e-4)
    assert targets[1].closeness(picture) < 0.2 * 0.0625


def test_closeness_without_doubt_is_the_mse(rendering: Rendering) -> None:
    plain = target(torch.zeros(1, 3, SIDE, SIDE))
    picture = painted(rendering, 0.5)
    assert plain.closeness(picture) == pytest.approx(plain.fit(picture).mse)
