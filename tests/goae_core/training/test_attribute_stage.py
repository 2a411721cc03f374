"""The network that reads attributes, on balls whose radius is their age and whose redness their smile."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from goae_core.checkpoint import read_checkpoint
from goae_core.errors import TrainingError
from goae_core.generator import Generator
from goae_core.networks.attributes import AttributeNetwork
from goae_core.presets import preset
from goae_core.training import directions_stage, run
from goae_core.training.attribute_stage import (
    AttributeStage,
    calibrate,
    frontal_views,
    half_of,
    label_columns,
    mirrored_labels,
    response_to_truth,
    solve_last_layer,
)
from goae_core.training.heads_dataset import HeadsDataset, LatentScale
from goae_core.training.progress import StageName, TrainingRequest
from goae_core.training.trainer import Schedule, Trainer

CPU = torch.device("cpu")
TINY = preset("tiny")


def _stage(balls: Path) -> AttributeStage:
    torch.manual_seed(0)
    dataset = HeadsDataset(balls, TINY.image_size)
    assert TINY.attributes is not None
    network = AttributeNetwork(TINY.attributes)
    return AttributeStage(network, half_of(dataset.persons, "guide"), dataset.latent_scale(), CPU, batch=8)


def test_network_reads_balls_it_has_not_seen(balls: Path, tmp_path: Path) -> None:
    stage = _stage(balls)
    trainer = Trainer(stage, tmp_path / "run", Schedule(None, 15, warm_up_steps=5), seed=0, resume=False)
    for _ in trainer.run():
        pass
    solve_last_layer(stage, pictures=240)
    others = half_of(HeadsDataset(balls, TINY.image_size).persons, "judge")
    found = calibrate(stage.network, others, stage.scale, CPU)
    assert found.determination["age"] > 0.6
    assert found.determination["smile"] > 0.6
    stage.network.correct(found.response, found.offset, found.readable)
    again = calibrate(stage.network, others, stage.scale, CPU)  # of the estimates, which stay what they were
    torch.testing.assert_close(again.response, found.response)
    assert stage.sheet(trainer.averaged).shape == (2 * (32 + 6 * 3), 6 * 32, 3)


def test_halves_share_nobody(balls: Path) -> None:
    persons = HeadsDataset(balls, 64, pictures=False).persons
    guide, judge = half_of(persons, "guide"), half_of(persons, "judge")
    assert len(guide) == len(judge) == 20
    assert {id(p) for p in guide}.isdisjoint({id(p) for p in judge})


def test_only_views_from_the_front_are_read(balls: Path) -> None:
    # seen from yaw 0, 0.4, -0.4 and 1.2: 0.4 radians are 23 degrees
    assert frontal_views(HeadsDataset(balls, 64).persons[0]) == [0, 1, 2]


def test_mirrored_light_comes_from_the_other_side() -> None:
    scale = LatentScale(("age", "light_x"), np.array([40, 0.1], "f4"), np.array([20, 0.5], "f4"))
    # light_x of 0.6 is one deviation above the mean 0.1; its mirror image -0.6 is 1.4 below
    found = mirrored_labels(np.array([0.7, 1.0], np.float32), ("age", "light_x"), scale)
    np.testing.assert_allclose(found, [0.7, -1.4], atol=1e-6)


def test_response_of_estimates_is_found_with_its_offset() -> None:
    truth = np.random.default_rng(0).normal(size=(50, 2))
    response, offset = np.array([[0.5, 0.1], [0.0, 0.8]]), np.array([0.2, -0.3])
    found = response_to_truth(truth @ response + offset, truth, ("a", "b"))
    np.testing.assert_allclose(found.response.numpy(), response, atol=1e-6)
    np.testing.assert_allclose(found.offset.numpy(), offset, atol=1e-6)
    exact = response_to_truth(truth, truth, ("a", "b"))
    assert exact.determination == {"a": pytest.approx(1), "b": pytest.approx(1)}


def test_label_that_the_data_lacks_is_named() -> None:
    scale = LatentScale(("age",), np.zeros(1, "f4"), np.ones(1, "f4"))
    with pytest.raises(TrainingError, match="no label smile; it has age"):
        label_columns(("age", "smile"), scale)


def test_stages_follow_one_another_to_directions_and_their_figures(
    balls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # nothing rises on all heads of a generator that has learnt nothing, so none would be kept
    monkeypatch.setattr(directions_stage, "LEAST_REACH", 0.0)
    out = tmp_path / "run"
    (out / "generator").mkdir(parents=True)
    torch.manual_seed(0)
    torch.save({"averaged": Generator(TINY).state_dict()}, out / "generator" / "checkpoint.pt")

    def do(name: StageName) -> None:
        request = TrainingRequest(
            stage=name,
            pack=None,
            data=balls,
            out=out,
            minutes=0.01,
            resume=False,
            persons=3,
            preset="tiny",
            batch=4,
            device="cpu",
            seed=0,
            workers=1,
        )
        steps = list(run.STAGES[name](request, run.never))
        assert steps[-1].fraction == 1
        assert [step.fraction for step in steps] == sorted(step.fraction for step in steps)

    for name in ("attributes", "judge", "directions", "edits"):
        do(name)
    model = read_checkpoint(out / "model")
    names = {direction.name for direction in model.directions}
    assert {"age", "smile"} <= names  # a ball's radius and redness
    assert "glasses" not in names  # which no picture of a ball shows
    assert set(model.weights) == {"generator", "attributes"}
    AttributeNetwork(TINY.attributes).load_state_dict(dict(model.weights["attributes"]))  # type: ignore[arg-type]
    assert set(json.loads((out / "edits" / "edits.json").read_text())["directions"]) == names
    assert (out / "edits" / "smile.png").exists()
