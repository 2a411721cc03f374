"""Fitting the pose correction."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from goae_core.camera import OrbitAngles
from goae_core.camera_estimate import CANONICAL, HeadPose, project
from goae_core.crop import Crop
from goae_core.errors import TrainingError
from goae_core.head_pose import moved
from goae_core.training import head_pose_fit
from goae_core.training.head_pose_fit import (
    PoseSample,
    fit_correction,
    pose_error,
    pose_samples,
    write_correction,
)
from goae_core.training.heads_dataset import HeadsDataset


def test_a_step_by_the_error_arrives_at_the_truth() -> None:
    pose = HeadPose(0.3, -0.1, Crop((140.0, 120.0), 200.0, 0.3), 0.0)
    step = pose_error(pose, OrbitAngles(0.2, 0.05, 0.08, 2.7), side=256)
    arrived = moved(pose, step)
    assert (arrived.yaw, arrived.pitch) == pytest.approx((0.2, 0.05))
    assert arrived.crop.center == pytest.approx((128.0, 128.0))
    assert arrived.crop.side == pytest.approx(256.0)
    assert arrived.crop.roll == pytest.approx(0.08)


def _samples(count: int, rng: np.random.Generator) -> list[PoseSample]:
    """Features: the truth of yaw, which mirroring negates, that of pitch, and noise."""
    samples = []
    for index in range(count):
        yaw, pitch, noise = rng.normal(size=3)
        features = np.array([yaw, pitch, noise], np.float32)
        error = np.array([2 * yaw, 0.5 * pitch + 0.1, 0, 0, 0, 0])
        samples.append(PoseSample(index, features, features * np.array([-1, 1, 1], np.float32), error))
    return samples


def test_a_linear_truth_is_found() -> None:
    correction = fit_correction(_samples(60, np.random.default_rng(0)), ridge=1e-6)
    expected = np.zeros((3, 6))
    expected[0, 0], expected[1, 1] = 2.0, 0.5
    np.testing.assert_allclose(correction.weights, expected, atol=1e-5)
    at_zero = correction.offset - correction.mean @ correction.weights
    np.testing.assert_allclose(at_zero, [0, 0.1, 0, 0, 0, 0], atol=1e-5)


def test_a_large_ridge_leaves_only_the_mean() -> None:
    correction = fit_correction(_samples(20, np.random.default_rng(1)), ridge=1e9)
    assert np.abs(correction.weights).max() < 1e-6
    assert abs(float(correction.offset[0])) < 1e-6  # mirrored heads cancel any mean yaw


def test_too_few_heads_are_refused() -> None:
    with pytest.raises(TrainingError, match="at least 2"):
        fit_correction([])


def test_the_file_holds_what_was_fitted(tmp_path: Path) -> None:
    correction = fit_correction(_samples(20, np.random.default_rng(2)))
    write_correction(correction, tmp_path / "pose.safetensors")
    tensors = load_file(tmp_path / "pose.safetensors")
    assert set(tensors) == {"mean", "weights", "offset"}
    np.testing.assert_allclose(tensors["weights"], correction.weights, rtol=2e-3, atol=1e-4)


def test_samples_come_from_views_within_reach(balls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Balls have no face, so the detector is told where an average one would be.
    landmarks = project(CANONICAL, 0.0, 0.0) * 64

    class _Found:
        faces_camera = True

        def __init__(self) -> None:
            self.landmarks = landmarks

    monkeypatch.setattr(head_pose_fit, "find_faces", lambda _: (_Found(),))
    persons = HeadsDataset(balls, 64).persons[:2]
    samples = list(pose_samples(persons, np.random.default_rng(0)))
    # of the views at yaw 0, 0.4, -0.4 and 1.2 the last lies beyond 55 degrees
    assert len(samples) == 6
    assert [round(float(s.error[0]), 1) for s in samples[:3]] == [0.0, 0.4, -0.4]
    assert [s.person for s in samples] == [0, 0, 0, 1, 1, 1]
    assert all(math.isfinite(float(np.sum(s.error))) for s in samples)
    assert list(pose_samples(persons, np.random.default_rng(0), lambda: True)) == []
