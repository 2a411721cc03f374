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
from goae_core.head_pose import FEATURES, moved
from goae_core.training import head_pose_fit
from goae_core.training.head_pose_fit import (
    PoseSample,
    fit_correction,
    held_out_errors,
    pose_error,
    pose_samples,
    write_correction,
)
from goae_core.training.heads_dataset import HeadsDataset
from goae_core.training.progress import TrainingRequest
from goae_core.training.run import STAGES


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


def test_errors_are_measured_on_persons_that_were_held_out() -> None:
    def sample(person: int, sign: float, error: float) -> PoseSample:
        features = np.array([sign], np.float32)
        return PoseSample(person, features, -features, np.array([error, 0, 0, 0, 0, 0]))

    # persons 1 to 4 say: the yaw is off by 0.1 times the feature; a ridge of 10 is little beside 8000 of them
    fitted_on = [sample(1 + k % 4, sign, 0.1 * sign) for k in range(4000) for sign in (-1.0, 1.0)]
    held_out = [sample(0, 1.0, 0.25), sample(5, -1.0, -0.2)]
    found = held_out_errors([*fitted_on, *held_out])
    # 0.25 - 0.1 and 0.2 - 0.1, in degrees
    assert found["yaw"] == pytest.approx(math.degrees(0.125), abs=0.01)
    assert found["yaw before"] == pytest.approx(math.degrees(0.225))
    assert found["pitch"] == found["roll"] == found["roll before"] == 0.0
    assert held_out_errors(fitted_on) == held_out_errors(held_out) == {}


def test_too_few_heads_are_refused() -> None:
    with pytest.raises(TrainingError, match="at least 2"):
        fit_correction([])


def test_the_file_holds_what_was_fitted(tmp_path: Path) -> None:
    correction = fit_correction(_samples(20, np.random.default_rng(2)))
    write_correction(correction, tmp_path / "pose.safetensors")
    tensors = load_file(tmp_path / "pose.safetensors")
    assert set(tensors) == {"mean", "weights", "offset"}
    np.testing.assert_allclose(tensors["weights"], correction.weights, rtol=2e-3, atol=1e-4)


@pytest.fixture
def faces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Balls have no face, so the detector is told where an average one would be."""
    landmarks = project(CANONICAL, 0.0, 0.0) * 64

    class _Found:
        faces_camera = True

        def __init__(self) -> None:
            self.landmarks = landmarks

    monkeypatch.setattr(head_pose_fit, "find_faces", lambda _: (_Found(),))


@pytest.mark.usefixtures("faces")
def test_samples_come_from_views_within_reach(balls: Path) -> None:
    persons = HeadsDataset(balls, 64).persons[:2]
    samples = list(pose_samples(persons, np.random.default_rng(0)))
    # of the views at yaw 0, 0.4, -0.4 and 1.2 the last lies beyond 55 degrees
    assert len(samples) == 6
    assert [round(float(s.error[0]), 1) for s in samples[:3]] == [0.0, 0.4, -0.4]
    assert [s.person for s in samples] == [0, 0, 0, 1, 1, 1]
    assert all(math.isfinite(float(np.sum(s.error))) for s in samples)
    assert list(pose_samples(persons, np.random.default_rng(0), lambda: True)) == []


def _request(balls: Path, out: Path, minutes: float | None = None) -> TrainingRequest:
    return TrainingRequest(
        stage="pose",
        pack=None,
        data=balls,
        out=out,
        minutes=minutes,
        resume=False,
        persons=7,
        preset="tiny",
        batch=None,
        device="cpu",
        seed=0,
        workers=1,
    )


@pytest.mark.usefixtures("faces")
def test_the_stage_writes_what_alignment_reads(balls: Path, tmp_path: Path) -> None:
    steps = list(STAGES["pose"](_request(balls, tmp_path / "run"), lambda: False))
    assert len(steps) == 7 * 3 + 1
    assert [step.fraction for step in steps[3:6]] == pytest.approx([1 / 7] * 3)
    assert steps[-1].fraction == 1.0
    assert steps[-1].figures["yaw before"] == pytest.approx(math.degrees(0.8 / 3), abs=0.2)
    tensors = load_file(tmp_path / "run" / "head_pose.safetensors")
    assert tensors["mean"].shape == (FEATURES,)
    assert tensors["weights"].shape == (FEATURES, 6)
    assert tensors["offset"].shape == (6,)


@pytest.mark.usefixtures("faces")
def test_a_stopped_fit_writes_nothing_and_one_out_of_time_too_little(balls: Path, tmp_path: Path) -> None:
    assert list(STAGES["pose"](_request(balls, tmp_path / "run"), lambda: True)) == []
    assert not (tmp_path / "run").exists()
    with pytest.raises(TrainingError, match="at least 2 aligned heads, got 0"):
        list(STAGES["pose"](_request(balls, tmp_path / "run", minutes=1e-9), lambda: False))
