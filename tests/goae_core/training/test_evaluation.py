"""Figures on balls: what is hidden of a ball, and how large it is, can be worked out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from goae_core.camera import Camera, orbit
from goae_core.pipeline import Pipeline, build
from goae_core.rendering.rays import sample_rays
from goae_core.training import evaluation
from goae_core.training.evaluation import (
    PersonRecord,
    ViewFigures,
    degraded_photo,
    evaluate,
    figures_of,
    judge,
    judged_views,
    seen_by_photo,
    summary,
)
from goae_core.training.head_batches import pooled_depth
from goae_core.training.heads_dataset import HeadsDataset, RenderedPerson
from goae_core.training.photo_degradation import draw_color_cast
from tests.goae_core.tiny_model import tiny_checkpoint

CPU = torch.device("cpu")


@pytest.fixture
def dataset(balls: Path) -> HeadsDataset:
    return HeadsDataset(balls, 64)


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    pipeline = build(tiny_checkpoint(), "cpu")  # has no matting network
    monkeypatch.setattr(pipeline, "matte", lambda pixels: torch.ones_like(pixels[:, :1]))
    monkeypatch.setattr(evaluation, "find_faces", lambda picture: ())
    return pipeline


def _with_yaws(person: RenderedPerson, yaws: tuple[float, ...]) -> RenderedPerson:
    labels = [orbit(float(np.radians(yaw)), 0.0).label().numpy() for yaw in yaws]
    return replace(person, camera=np.concatenate(labels))


def test_views_are_known_by_their_cameras(dataset: HeadsDataset) -> None:
    person = dataset.persons[0]
    # Yaw 0, +22.9, -22.9 and 68.8 degrees: the second and third are near enough to 30, the last to nothing.
    assert judged_views(person) == {"input": 0, "yaw+30": 1, "yaw-30": 2}
    assert judged_views(_with_yaws(person, (0.0, 30.0, -30.0, 45.0))) == {
        "input": 0, "yaw+30": 1, "yaw-30": 2, "yaw+45": 3
    }  # fmt: skip
    assert judged_views(_with_yaws(person, (0.0, -45.0, 46.0, 44.0))) == {
        "input": 0,
        "yaw+45": 2,
        "yaw-45": 1,
    }


def test_the_far_side_of_a_ball_was_not_seen(dataset: HeadsDataset) -> None:
    person, view = dataset.persons[0], 3
    seen = seen_by_photo(person, view)
    camera = Camera.from_label(torch.from_numpy(person.camera[view : view + 1]))
    rays = sample_rays(camera, 64)
    depth = torch.from_numpy(person.depth[view].astype(np.float32)).reshape(-1, 1)
    points = (rays.origins[0] + depth * rays.directions[0]).numpy().reshape(64, 64, 3)
    photographer = person.camera[0].reshape(-1)[:16].reshape(4, 4)[:3, 3]
    # A point of a ball about the origin is seen if its normal, the point itself, looks at the camera.
    radius = np.linalg.norm(points, axis=-1, keepdims=True)
    facing = ((photographer - points) * points / radius).sum(axis=-1) / 2.6  # cosine, about
    covered = person.matte[view] > 0
    assert not seen[~covered].any()
    assert seen[covered & (facing > 0.35)].all()
    assert not seen[covered & (facing < -0.25)].any()
    assert 0.2 < seen[covered].mean() < 0.9


def test_a_bad_photograph_is_the_same_for_the_same_person_and_no_other(dataset: HeadsDataset) -> None:
    def photo(seed: int) -> torch.Tensor:
        rng = np.random.default_rng(seed)
        cast = draw_color_cast(1, rng, CPU)
        return degraded_photo(dataset.persons[0], cast, rng, CPU).pixels

    assert torch.equal(photo(1), photo(1))
    assert not torch.equal(photo(1), photo(2))
    for seed in range(12):  # every kind of fault comes up
        pixels = photo(seed)
        assert pixels.shape == (1, 3, 64, 64)
        assert pixels.min() >= -1.0
        assert pixels.max() <= 1.0


def test_records_do_not_depend_on_who_was_measured_before(dataset: HeadsDataset, pipeline: Pipeline) -> None:
    everyone = list(evaluate(pipeline, dataset, persons=2))
    (second,) = evaluate(pipeline, dataset, persons=2, done=lambda person: person == 0)
    assert [record.person for record in everyone] == [0, 1]
    assert second == everyone[1]
    assert second.yaw_error is None
    assert [view.view for view in second.views] == ["input", "yaw+30", "yaw-30"]
    assert list(evaluate(pipeline, dataset, should_stop=lambda: True)) == []


def test_a_view_that_equals_the_truth_has_no_error(
    dataset: HeadsDataset, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = dataset.persons[0]
    rng = np.random.default_rng(0)
    cast = replace(draw_color_cast(1, rng, CPU), gain=torch.full((1, 3, 1, 1), 0.5))
    inversion = pipeline.invert(degraded_photo(person, cast, rng, CPU))
    look = pipeline.look
    views = iter(judged_views(person).values())

    def truth(*arguments: object, **options: object) -> tuple[object, ...]:
        (rendering, _) = look(*arguments, **options)  # type: ignore[arg-type]
        view = next(views)
        color = torch.from_numpy(person.foreground[0, view].astype(np.float32)).permute(2, 0, 1)[None] / 255
        depth = torch.from_numpy(person.depth[view].astype(np.float32))[None, None]
        matte = torch.from_numpy(person.matte[view] / 255.0)[None, None]
        side = rendering.depth.shape[-1]
        depth = pooled_depth(depth, 64 // side) + 0.01
        solid = torch.nn.functional.interpolate(matte.float(), (side, side), mode="area")
        right = replace(rendering, image=cast.apply(color) * 2 - 1, depth=depth, opacity=solid)
        return right, replace(right, image=right.image + 0.2)

    monkeypatch.setattr(pipeline, "look", truth)
    for figures in judge(pipeline, inversion, person, cast):
        assert figures.psnr > 100.0
        assert figures.iou == pytest.approx(1.0)
        assert figures.depth_error == pytest.approx(0.01, abs=1e-4)
        # 20 log10(2 / 0.2), a little more where the ball is white already
        assert figures.detail_psnr == pytest.approx(20.0, abs=0.5)


def _view(name: str, psnr: float, hidden: float | None = None) -> ViewFigures:
    return ViewFigures(name, psnr, 0.7, 0.01, 0.9, psnr + 1, psnr, hidden, hidden, 0.2)


def test_sides_are_told_together_and_medians_are_of_found_faces() -> None:
    records = [
        PersonRecord(
            0, (_view("input", 24.0), _view("yaw+30", 22.0, 20.0), _view("yaw-30", 24.0)), -1.0, 4.0
        ),
        PersonRecord(1, (_view("input", 26.0), _view("yaw+45", 21.0)), 3.0, 5.0),
        PersonRecord(2, ()),
    ]
    figures = {figure.key: figure for figure in figures_of(records)}
    assert figures["views.input.psnr"].value == 25.0
    assert figures["views.30.psnr"].value == 23.0
    assert figures["views.30.psnr"].verdict == "met"
    assert figures["views.30.occluded_psnr"].value == 20.0
    assert figures["views.30.occluded_psnr"].over == 1
    assert figures["views.45.detail_psnr"].value == 22.0
    assert figures["camera.synthetic.yaw"].value == 2.0
    assert figures["camera.synthetic.yaw"].note == "no face found in 1"
    assert figures["camera.synthetic.pitch"].value == 4.5
    assert figures["camera.synthetic.pitch_rendered"].value == pytest.approx(1.5)
    assert summary(records)["yaw+30"]["psnr"] == 22.0
