"""Directions of generators whose true ones are known."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor

from goae_core.camera import orbit
from goae_core.generator import Generator
from goae_core.training.directions_stage import label_steps, latent_moves, solve_directions
from goae_core.training.heads_dataset import LABEL_WEIGHT

CPU = torch.device("cpu")


class LinearMapping:
    """w = z T, all rows alike: the steps of labels are rows of T."""

    def __init__(self, table: Tensor) -> None:
        self.table = table

    def map(self, z: Tensor, label: Tensor) -> Tensor:
        return (z @ self.table)[:, None].repeat(1, 4, 1)


def _heads(rng: np.random.Generator) -> tuple[np.ndarray, Tensor]:
    """Two labels, three numbers of identity, and an environment that is twice the second label."""
    labels = rng.normal(size=(200, 2)).astype(np.float32)
    identity = rng.normal(size=(200, 3)).astype(np.float32)
    latents = np.concatenate([LABEL_WEIGHT * labels, identity, 2 * labels[:, 1:]], axis=1)
    return labels, torch.from_numpy(latents)


def test_environment_follows_the_light_and_nothing_else_does() -> None:
    labels, latents = _heads(np.random.default_rng(0))
    moves = latent_moves(latents, labels, [0, 1], slice(5, 6))
    expected = [[LABEL_WEIGHT, 0, 0, 0, 0, 0], [0, LABEL_WEIGHT, 0, 0, 0, 2]]
    torch.testing.assert_close(moves, torch.tensor(expected), atol=1e-4, rtol=0)


def test_steps_of_a_linear_mapping_are_exact_however_much_identity_there_is() -> None:
    labels, latents = _heads(np.random.default_rng(1))
    table = torch.from_numpy(np.random.default_rng(2).normal(size=(6, 5)).astype(np.float32))
    moves = latent_moves(latents, labels, [0, 1], slice(5, 6))
    generator = cast(Generator, LinearMapping(table))
    steps = label_steps(generator, latents, labels, [0, 1], moves, orbit(0.0, 0.0), CPU)
    expected = torch.stack([LABEL_WEIGHT * table[0], LABEL_WEIGHT * table[1] + 2 * table[5]])
    np.testing.assert_allclose(steps, expected.numpy(), atol=1e-3)


def test_label_that_is_nearly_always_zero_still_has_a_step() -> None:
    labels, latents = _heads(np.random.default_rng(1))
    labels[:, 0] = np.where(np.arange(200) < 10, 3.0, -0.2)
    latents[:, 0] = LABEL_WEIGHT * torch.from_numpy(labels[:, 0])
    generator = cast(Generator, LinearMapping(torch.eye(6)))
    moves = latent_moves(latents, labels, [0], slice(5, 6))
    steps = label_steps(generator, latents, labels, [0], moves, orbit(0.0, 0.0), CPU)
    assert steps[0, 0] == pytest.approx(LABEL_WEIGHT, rel=1e-4)


def test_joint_regression_recovers_directions_without_leakage() -> None:
    # w = L B exactly: a step along row k of B moves label k by one and no other
    rng = np.random.default_rng(3)
    labels = rng.normal(size=(500, 3)) @ np.array([[1, 0.6, 0], [0, 1, 0], [0, 0, 1]])  # two go together
    true = np.array([[1.0, 0.0, 0.5, 0.0], [0.0, 1.0, 0.5, 0.0], [0.0, 0.0, 0.0, 2.0]])
    directions, determination = solve_directions(labels @ true, labels, ridge=1e-9)
    np.testing.assert_allclose(directions, true, atol=1e-5)
    assert min(determination) > 0.999
