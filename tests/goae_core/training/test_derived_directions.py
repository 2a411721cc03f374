"""Directions of a model that came without labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from goae_core.checkpoint import Checkpoint
from goae_core.editing import EditDirection
from goae_core.errors import CheckpointError, TrainingError
from goae_core.networks.attributes import AttributeNetwork
from goae_core.presets import preset
from goae_core.training.derived_directions import (
    derive_directions,
    left_out_determination,
    merged,
    reader_of,
    sample_styles,
)
from tests.goae_core.tiny_model import drawn, tiny_checkpoint

CPU = torch.device("cpu")


def _teacher() -> Checkpoint:
    tiny = preset("tiny")
    assert tiny.attributes is not None
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = AttributeNetwork(tiny.attributes)
        weights = drawn(network)
    weights["unmixing"] = torch.eye(3)
    weights["offset"] = torch.zeros(3)
    return replace(tiny_checkpoint(), weights={**tiny_checkpoint().weights, "attributes": weights})


def test_derived_direction_moves_its_reading_up_and_comes_out_the_same_again() -> None:
    reader = reader_of(tiny_checkpoint(), _teacher(), CPU, lambda: False)
    said: list[float] = []
    found = derive_directions(
        reader, samples=60, heads=2, report=lambda _text, fraction: said.append(fraction)
    )
    assert set(found.foretold) == {"age", "smile", "light_x"}
    assert found.directions
    assert said == sorted(said)
    again = derive_directions(reader, samples=60, heads=2)
    for direction, same in zip(found.directions, again.directions, strict=True):
        assert torch.equal(direction.offset, same.offset)
        assert direction.unit == "deviations"
        assert 1 <= direction.limit <= 3
    best = max(found.directions, key=lambda direction: found.foretold[direction.name])
    w = torch.from_numpy(sample_styles(reader.generator, 8, 5, CPU)).float()
    heads = w[:, None].repeat(1, best.offset.shape[0], 1)
    from goae_core.training.head_reading import reading_cameras

    camera = reading_cameras(8, reader.generator.preset.camera)
    column = reader.labels.index(best.name)
    change = reader.read(heads + 0.5 * best.offset, camera) - reader.read(heads - 0.5 * best.offset, camera)
    assert float(change[:, column].mean()) > 0.2


def test_label_of_left_out_samples_is_foretold_only_if_styles_hold_it() -> None:
    rng = np.random.default_rng(0)
    w = rng.normal(size=(200, 6))
    assert left_out_determination(w, w @ np.array([1.0, 2, 0, 0, 0, 0]), ridge=1e-6) > 0.999
    assert left_out_determination(w, rng.normal(size=200)) < 0.1


def test_imported_directions_stay_and_older_derived_ones_go() -> None:
    def direction(name: str, unit: str, value: float) -> EditDirection:
        return EditDirection(name, "g", torch.full((2, 2), value), unit, 1.0)  # type: ignore[arg-type]

    old = (direction("Age", "raw", 1), direction("smile", "deviations", 1))
    new = (direction("age", "deviations", 2), direction("smile", "deviations", 2))
    assert [(d.name, float(d.offset[0, 0])) for d in merged(old, new)] == [("Age", 1), ("smile", 2)]


def test_model_without_a_reading_network_is_said_so() -> None:
    with pytest.raises(CheckpointError, match="no network that reads attributes"):
        reader_of(tiny_checkpoint(), tiny_checkpoint(), CPU, lambda: False)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(TrainingError, match="take at least 30"):
        derive_directions(reader_of(tiny_checkpoint(), _teacher(), CPU, lambda: False), samples=5)
