"""Optimising on the tiny model, where the answer is known: photos are renderings of other styles."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from goae_core.camera import orbit, orbit_angles
from goae_core.camera_refinement import CameraRefinement
from goae_core.editing import Edit
from goae_core.errors import CheckpointError, GoaeError, StoppedError
from goae_core.inversion import Inversion
from goae_core.optimisation import (
    Fit,
    OptimisationProgress,
    OptimisationRequest,
    Optimised,
    Priors,
    optimise,
    optimiser,
)
from goae_core.optimisation.sides import Sides
from goae_core.optimisation.style import Style, StyleStatistics
from goae_core.optimisation.target import Target
from goae_core.pipeline import Pipeline, RenderRequest, build
from goae_core.project import Project, read_project, write_project
from tests.goae_core.optimisation.conftest import RIG, shown
from tests.goae_core.tiny_model import tiny_checkpoint

# What the priors hold back on trained models is held back by nothing here: only the descent is looked at.
FREE = Priors(style=0.0, rare=0.0, shape=0.0, energy=0.0, density=0.0, unseen=0.0)
FEW = OptimisationRequest(steps=(6, 6), camera=False, priors=FREE)


@pytest.fixture(autouse=True)
def _sides_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head of random weights has sides that nothing ties to its front."""
    monkeypatch.setattr(optimiser, "_CHARGE", math.inf)


@pytest.fixture(scope="module")
def optimised(pipeline: Pipeline, inversion: Inversion) -> Optimised:
    return outcome_of(list(optimise(pipeline, inversion, replace(FEW, steps=(25, 25)))))


def outcome_of(news: list[OptimisationProgress]) -> Optimised:
    outcome = news[-1].outcome
    assert outcome is not None
    return outcome


def tensors(inversion: Inversion) -> list[Tensor]:
    return [
        inversion.w_plus,
        inversion.planes.features,
        inversion.modulation.shift,
        inversion.photo.camera.cam_to_world,
    ]


def test_the_error_falls(pipeline: Pipeline, inversion: Inversion, optimised: Optimised) -> None:
    assert optimised.improved
    assert optimised.after.mse < 0.9 * optimised.before.mse
    assert optimised.after.iou >= optimised.before.iou
    # The figures are those that every other part of the program reports.
    assert pipeline.figures(inversion)["mse"] == pytest.approx(optimised.before.mse, rel=1e-4)
    assert pipeline.figures(optimised.inversion)["mse"] == pytest.approx(optimised.after.mse, rel=1e-4)


def test_progress_counts_to_one_and_ends_with_the_outcome(pipeline: Pipeline, inversion: Inversion) -> None:
    news = list(optimise(pipeline, inversion, FEW))
    assert [(item.stage, item.step) for item in news] == [
        ("camera", 1),
        *(("style", k) for k in range(1, 7)),
        *(("detail", k) for k in range(1, 7)),
        ("check", 1),
    ]
    fractions = [item.fraction for item in news]
    assert fractions == sorted(fractions)
    assert fractions[0] > 0.0
    assert fractions[-1] == 1.0
    assert [item.outcome is None for item in news] == [True] * 13 + [False]
    assert outcome_of(news).steps == (6, 6)


def test_each_stage_descends(pipeline: Pipeline, inversion: Inversion) -> None:
    news = list(optimise(pipeline, inversion, replace(FEW, steps=(10, 10))))
    for stage in ("style", "detail"):
        errors = [item.mse for item in news if item.stage == stage]
        assert errors[-1] < errors[0]


def test_the_same_request_gives_the_same_head(pipeline: Pipeline, inversion: Inversion) -> None:
    watching = replace(FREE, density=1.0, unseen=1.0)
    first, again, other = (
        outcome_of(
            list(optimise(pipeline, inversion, replace(FEW, steps=(4, 3), priors=watching, seed=seed)))
        )
        for seed in (0, 0, 1)
    )
    assert first.improved
    for one, two in zip(tensors(first.inversion), tensors(again.inversion), strict=True):
        assert torch.equal(one, two)
    # Another seed watches geometry at other points.
    assert not torch.equal(first.inversion.modulation.shift, other.inversion.modulation.shift)


def test_style_stays_within_its_bound(pipeline: Pipeline, inversion: Inversion) -> None:
    tight = replace(FEW, steps=(8, 0), bound=0.02)
    free = replace(FEW, steps=(8, 0))
    held = replace(free, priors=replace(FREE, style=1e3))
    assert _moved(pipeline, inversion, tight) == pytest.approx(0.02, rel=1e-3)
    assert _moved(pipeline, inversion, free) > 0.04
    assert _moved(pipeline, inversion, held) < 0.5 * _moved(pipeline, inversion, free)


def _moved(pipeline: Pipeline, inversion: Inversion, request: OptimisationRequest) -> float:
    """How far the style went, in deviations, whatever came of it."""
    work = optimiser._Work(pipeline, inversion, request, lambda: False)
    base = work.aligned(work.own.w_plus, work.own.photo.camera)
    statistics = StyleStatistics.of(pipeline.generator)
    style = Style(statistics, work.own.w_plus, request.priors.rows)
    step = work._style_steps(style, base)
    assert request.steps is not None
    for k in range(request.steps[0]):
        step(k / request.steps[0])
    return style.moved()


def test_what_went_in_stays_as_it_was(pipeline: Pipeline, inversion: Inversion) -> None:
    copies = [tensor.clone() for tensor in tensors(inversion)]
    weights = {name: value.clone() for name, value in pipeline.generator.state_dict().items()}
    list(optimise(pipeline, inversion, FEW))
    assert all(torch.equal(a, b) for a, b in zip(tensors(inversion), copies, strict=True))
    assert all(torch.equal(weights[name], value) for name, value in pipeline.generator.state_dict().items())


def test_without_gain_the_head_that_went_in_comes_out(pipeline: Pipeline, inversion: Inversion) -> None:
    # Not one step: AFA alone, run again on the same style, finds what it found before.
    outcome = outcome_of(
        list(optimise(pipeline, pipeline.invert(inversion.photo), replace(FEW, steps=(0, 0))))
    )
    assert not outcome.improved
    assert outcome.after == outcome.before
    assert outcome.moved == 0.0


def test_a_worse_silhouette_is_never_taken(
    pipeline: Pipeline, inversion: Inversion, monkeypatch: pytest.MonkeyPatch
) -> None:
    overlaps = iter([0.9, 0.9, *(0.89,) * 6])

    def fit(target: Target, rendering: object) -> Fit:
        overlap = next(overlaps)
        return Fit(mse=overlap / 10.0, psnr=0.0, ssim=0.0, iou=overlap)

    monkeypatch.setattr(Target, "fit", fit)
    outcome = outcome_of(list(optimise(pipeline, inversion, replace(FEW, steps=(1, 1)))))
    assert outcome.inversion is inversion  # lower error all six times, but less overlap
    assert next(overlaps, None) is None


@pytest.mark.parametrize(("charged", "taken"), [(0.69, True), (0.71, False)])
def test_what_the_sides_pay_for_is_never_taken(
    pipeline: Pipeline, inversion: Inversion, monkeypatch: pytest.MonkeyPatch, charged: float, taken: bool
) -> None:
    """The photo's view gains 0.01 by every candidate, a side loses a little less or more than 0.7 of it."""
    monkeypatch.setattr(optimiser, "_CHARGE", 0.7)
    errors = iter([0.1, 0.1])
    believed = iter([0.1])
    losses = iter([(0.02, 0.02)])

    def fit(target: Target, rendering: object) -> Fit:
        return Fit(mse=next(errors, 0.09), psnr=0.0, ssim=0.0, iou=0.9)

    def sides(sides: Sides, generator: object, head: object) -> tuple[float, ...]:
        return next(losses, (0.01, 0.02 + charged * 0.01))

    def closeness(target: Target, rendering: object) -> float:
        return next(believed, 0.09)

    monkeypatch.setattr(Target, "fit", fit)
    monkeypatch.setattr(Target, "closeness", closeness)
    monkeypatch.setattr(Sides, "errors", sides)
    outcome = outcome_of(list(optimise(pipeline, inversion, replace(FEW, steps=(1, 0)))))
    assert outcome.improved is taken
    assert (outcome.inversion is inversion) is not taken


def test_part_of_the_way_is_taken_where_the_whole_is_too_far(
    pipeline: Pipeline, inversion: Inversion, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = replace(FEW, steps=(6, 0))
    whole = outcome_of(list(optimise(pipeline, inversion, request)))
    refused = iter([True, False])
    real = optimiser._Judged.beats
    monkeypatch.setattr(
        optimiser._Judged, "beats", lambda own, best, before: not next(refused) and real(own, best, before)
    )
    part = outcome_of(list(optimise(pipeline, inversion, request)))
    assert part.moved == pytest.approx(0.7 * whole.moved)
    between = 0.3 * inversion.w_plus + 0.7 * whole.inversion.w_plus
    assert torch.allclose(part.inversion.w_plus, between, atol=1e-5)


def test_stops_at_the_next_step(pipeline: Pipeline, inversion: Inversion) -> None:
    asked = False
    news = optimise(pipeline, inversion, FEW, lambda: asked)
    assert [(item.stage, item.step) for item in (next(news), next(news), next(news))] == [
        ("camera", 1),
        ("style", 1),
        ("style", 2),
    ]
    asked = True
    with pytest.raises(StoppedError, match="as it was before"):
        next(news)


def test_ends_when_its_seconds_are_over(pipeline: Pipeline, inversion: Inversion) -> None:
    # Less than one step takes: a stage that has no time left takes none.
    outcome = outcome_of(list(optimise(pipeline, inversion, OptimisationRequest(seconds=1e-6))))
    assert outcome.steps == (0, 0)


def test_stops_while_the_camera_is_looked_for(pipeline: Pipeline, inversion: Inversion) -> None:
    with pytest.raises(StoppedError, match="as it was before"):
        next(optimise(pipeline, inversion, replace(FEW, camera=True), lambda: True))


def with_photo_of_its_own_style(pipeline: Pipeline, inversion: Inversion, yaw: float) -> Inversion:
    """A head whose photo was taken at a yaw of 0.1, and is believed to be taken at another."""
    pixels, matte = shown(pipeline, inversion.w_plus, orbit(0.1, 0.0, rig=RIG))
    photo = replace(inversion.photo, pixels=pixels, matte=matte, camera=orbit(yaw, 0.0, rig=RIG))
    return replace(inversion, photo=photo)


@pytest.mark.parametrize("error", [0.09, -0.09])
def test_a_wrong_camera_comes_closer_to_the_truth(
    pipeline: Pipeline, inversion: Inversion, error: float
) -> None:
    wrong = with_photo_of_its_own_style(pipeline, inversion, 0.1 + error)
    outcome = outcome_of(list(optimise(pipeline, wrong, replace(FEW, steps=(0, 0), camera=True))))
    found = orbit_angles(outcome.inversion.photo.camera)
    assert abs(found.yaw - 0.1) < 0.65 * abs(error)  # at 16 rays a side
    assert abs(found.pitch) < 0.02
    assert outcome.turned == pytest.approx(math.degrees(abs(found.yaw - 0.1 - error)), rel=0.15)
    assert outcome.after.mse < outcome.before.mse


def test_a_true_camera_stays(pipeline: Pipeline, inversion: Inversion) -> None:
    """Though the head is not that of the photo: its style is some way off."""
    outcome = outcome_of(list(optimise(pipeline, inversion, replace(FEW, camera=True))))
    assert outcome.improved
    assert outcome.turned == 0.0
    assert torch.equal(outcome.inversion.photo.camera.cam_to_world, inversion.photo.camera.cam_to_world)


def test_a_camera_from_which_the_head_fits_worse_is_put_back(
    pipeline: Pipeline, inversion: Inversion, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = with_photo_of_its_own_style(pipeline, inversion, 0.1)

    def mistaken(*arguments: object, **options: object) -> CameraRefinement:
        return CameraRefinement(orbit(0.4, 0.0, rig=RIG), np.ones(6), np.ones(6))

    monkeypatch.setattr(optimiser, "refine_camera", mistaken)
    outcome = outcome_of(list(optimise(pipeline, right, replace(FEW, steps=(0, 0), camera=True))))
    assert not outcome.improved
    assert outcome.inversion is right


def test_a_camera_that_must_not_move_stays(pipeline: Pipeline, inversion: Inversion) -> None:
    wrong = with_photo_of_its_own_style(pipeline, inversion, 0.19)
    outcome = outcome_of(list(optimise(pipeline, wrong, FEW)))
    assert orbit_angles(outcome.inversion.photo.camera).yaw == pytest.approx(0.19, abs=1e-6)


def test_the_result_edits_renders_and_saves(pipeline: Pipeline, optimised: Optimised, tmp_path: Path) -> None:
    head = optimised.inversion
    plain = pipeline.render(RenderRequest(pipeline.portrait(head), head.photo.camera))
    edited = pipeline.render(RenderRequest(pipeline.portrait(head, [Edit("age", 2.0)]), head.photo.camera))
    assert (plain.color != edited.color).any()
    assert head.seconds["optimise"] == optimised.seconds
    path = tmp_path / "head.goae"
    write_project(Project(head, (), "tiny", head.photo.camera), path)
    kept = read_project(path).inversion
    assert torch.equal(kept.w_plus, head.w_plus)
    # Read again, a head can be optimised again.
    assert outcome_of(list(optimise(pipeline, kept, replace(FEW, steps=(1, 1))))).before.mse > 0.0


def test_time_must_be_sensible(pipeline: Pipeline, inversion: Inversion) -> None:
    for seconds in (0.0, -1.0, 1e9, float("nan")):
        with pytest.raises(GoaeError, match="at most 3600 seconds"):
            next(optimise(pipeline, inversion, OptimisationRequest(seconds=seconds)))


def test_needs_afa_and_a_head(pipeline: Pipeline, inversion: Inversion) -> None:
    checkpoint = tiny_checkpoint()
    weights = dict(checkpoint.weights)
    del weights["afa"]
    with pytest.raises(CheckpointError, match="no AFA"):
        next(optimise(build(replace(checkpoint, weights=weights), "cpu"), inversion, FEW))
    empty = replace(inversion, photo=replace(inversion.photo, matte=torch.zeros(1, 1, 64, 64)))
    with pytest.raises(GoaeError, match="no head"):
        next(optimise(pipeline, empty, FEW))
