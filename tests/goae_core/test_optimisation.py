"""Optimising on the tiny model, where the answer is known: photos are renderings of other styles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from goae_core import optimisation
from goae_core.camera import Camera, orbit, orbit_angles
from goae_core.crop import Crop
from goae_core.editing import Edit
from goae_core.errors import CheckpointError, GoaeError, StoppedError
from goae_core.inversion import Inversion
from goae_core.networks.afa import build_afa
from goae_core.networks.equalized import EqualizedLinear
from goae_core.optimisation import OptimisationProgress, OptimisationRequest, Optimised, Priors, optimise
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline, RenderRequest, build
from goae_core.presets import preset
from goae_core.project import Project, read_project, write_project
from goae_core.triplane import TriPlane
from tests.goae_core.tiny_model import tiny_checkpoint

RIG = preset("tiny").camera
# What the priors hold back on trained models is held back by nothing here: only the descent is looked at.
FREE = Priors(style=0.0, camera=0.0, energy=0.0, density=0.0, unseen=0.0)
FEW = OptimisationRequest(steps=(6, 6), camera=False, priors=FREE)


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    """A model whose heads are a ball with dents, in colours that depend on w; its AFA adds nothing yet."""
    checkpoint = tiny_checkpoint()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        untrained = build_afa(checkpoint.preset).state_dict()
    model = build(replace(checkpoint, weights={**checkpoint.weights, "afa": untrained}), "cpu")
    generator = model.generator
    learned = generator.query

    def query(planes: TriPlane, points: Tensor) -> tuple[Tensor, Tensor]:
        density, colors = learned(planes, points)
        ball = 300.0 * (0.28 - points.norm(dim=-1, keepdim=True))
        return 10.0 * density + ball, torch.sigmoid(60.0 * (colors - middle))

    last = generator.decoder.net[2]
    upscaler = generator.superresolution
    with torch.no_grad(), pytest.MonkeyPatch.context() as patch:
        assert isinstance(last, EqualizedLinear)
        last.weight[1:] *= 5.0
        for layer in generator.backbone.modules():
            if isinstance(layer, EqualizedLinear):
                layer.weight.mul_(5.0)  # of deviation one again: pictures depend on w
        for block in (upscaler.block0, upscaler.block1):
            # As after training: the finished picture is the rendering, enlarged.
            block.torgb.weight.mul_(0.01)
            block.torgb.bias.mul_(0.01)
        w_plus = generator.w_avg.expand(1, checkpoint.preset.backbone.num_ws, -1)
        points = torch.rand(1, 500, 3, generator=torch.Generator().manual_seed(5)) - 0.5
        middle = learned(generator.planes(w_plus, generator.feature_map(w_plus)), points)[1].mean(dim=1)
        patch.setattr(generator, "query", query)
        yield model


@pytest.fixture(scope="module")
def inversion(pipeline: Pipeline) -> Inversion:
    """A head whose photo shows it some way from what the encoder says."""
    camera = orbit(0.1, 0.0, rig=RIG)
    blank = AlignedPhoto(torch.zeros(1, 3, 64, 64), camera, "a style", Crop((32.0, 32.0), 64.0))
    first = pipeline.invert(replace(blank, matte=torch.ones(1, 1, 64, 64)))
    one, other = torch.randn(2, 1, 512, generator=torch.Generator().manual_seed(3))
    label = camera.label()
    shift = pipeline.generator.map(one, label) - pipeline.generator.map(other, label)
    pixels, matte = shown(pipeline, first.w_plus + shift, camera)
    return replace(first, photo=replace(blank, pixels=pixels, matte=matte))


def shown(pipeline: Pipeline, w_plus: Tensor, camera: Camera) -> tuple[Tensor, Tensor]:
    """A style's head over black, and its matte."""
    generator = pipeline.generator
    with torch.inference_mode():
        rendering = generator.render(generator.planes(w_plus, generator.feature_map(w_plus)), w_plus, camera)
    # A hard matte: a soft one would lay the head, which is over black already, over black once more.
    return rendering.image.clamp(-1.0, 1.0), (rendering.alpha > 0.5).float()


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
        *(("style", k) for k in range(1, 7)),
        *(("detail", k) for k in range(1, 7)),
        ("check", 1),
    ]
    fractions = [item.fraction for item in news]
    assert fractions == sorted(fractions)
    assert fractions[0] > 0.0
    assert fractions[-1] == 1.0
    assert [item.outcome is None for item in news] == [True] * 12 + [False]
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
    work = optimisation._Work(pipeline, inversion, request, lambda: False)
    style = optimisation._Style(pipeline.generator, work.own.w_plus, request.priors.rows)
    view = optimisation._View(work.own.photo.camera, RIG, moves=False)
    assert request.steps is not None
    step = work._style_steps(style, view)
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
    fits = iter([0.9, 0.89, 0.899])

    def fit(work: object, head: Inversion) -> optimisation.Fit:
        overlap = next(fits)
        return optimisation.Fit(mse=overlap / 10.0, psnr=0.0, ssim=0.0, iou=overlap)

    monkeypatch.setattr(optimisation._Work, "fit", fit)
    outcome = outcome_of(list(optimise(pipeline, inversion, replace(FEW, steps=(1, 1)))))
    assert outcome.inversion is inversion  # lower error both times, but less overlap


def test_stops_at_the_next_step(pipeline: Pipeline, inversion: Inversion) -> None:
    asked = False
    news = optimise(pipeline, inversion, FEW, lambda: asked)
    assert [next(news).step, next(news).step] == [1, 2]
    asked = True
    with pytest.raises(StoppedError, match="as it was before"):
        next(news)


def test_ends_when_its_seconds_are_over(pipeline: Pipeline, inversion: Inversion) -> None:
    # Less than one step takes: a stage that has no time left takes none.
    outcome = outcome_of(list(optimise(pipeline, inversion, OptimisationRequest(seconds=1e-6))))
    assert outcome.steps == (0, 0)


def test_the_camera_comes_closer_to_the_truth(pipeline: Pipeline, inversion: Inversion) -> None:
    """The photo was taken with another camera; only the camera may move."""
    turned = replace(inversion, photo=replace(inversion.photo, camera=orbit(0.16, 0.0, rig=RIG)))
    request = OptimisationRequest(steps=(15, 0), bound=1e-6, priors=FREE)
    pixels, matte = shown(pipeline, inversion.w_plus, inversion.photo.camera)
    truth = replace(turned, photo=replace(turned.photo, pixels=pixels, matte=matte))
    outcome = outcome_of(list(optimise(pipeline, truth, request)))
    before = abs(orbit_angles(truth.photo.camera).yaw - 0.1)
    after = abs(orbit_angles(outcome.inversion.photo.camera).yaw - 0.1)
    assert before == pytest.approx(0.06, abs=1e-4)
    assert after < 0.75 * before


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
