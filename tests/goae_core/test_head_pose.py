"""Correcting a pose by looking at the picture."""

from __future__ import annotations

import math

import numpy as np
import pytest

from goae_core.camera_estimate import CANONICAL, HeadPose, estimate_pose, project, reframed
from goae_core.crop import Crop
from goae_core.head_pose import (
    FEATURES,
    PITCH_OFFSET,
    PoseCorrection,
    describe,
    embedded_correction,
    inner_chip,
    moved,
)
from goae_core.presets import CameraConfig


def test_a_step_moves_camera_and_crop_as_its_columns_say() -> None:
    pose = HeadPose(0.1, 0.2, Crop((100.0, 50.0), 80.0, math.pi / 2), 0.0)
    better = moved(pose, np.array([0.01, -0.02, 0.03, math.log(1.5), 0.25, 0.0]))
    assert better.yaw == pytest.approx(0.11)
    assert better.pitch == pytest.approx(0.18)
    assert better.crop.roll == pytest.approx(math.pi / 2 + 0.03)
    assert better.crop.side == pytest.approx(120.0)
    # a quarter of the side to the right of a crop that lies on its side is down in the photo
    assert better.crop.center == pytest.approx((100.0, 70.0))


def test_features_ignore_exposure_and_see_direction() -> None:
    across = np.tile(np.linspace(20, 120, 64).astype(np.uint8)[None, :, None], (64, 1, 3))
    down = np.ascontiguousarray(across.transpose(1, 0, 2))
    assert describe(across).shape == (FEATURES,)
    np.testing.assert_allclose(describe(across * 2), describe(across), atol=0.03)
    assert np.abs(describe(down) - describe(across)).mean() > 0.05


def test_the_chip_is_the_middle_of_the_crop() -> None:
    image = np.zeros((112, 112, 3), np.uint8)
    image[24:88, 24:88] = 200
    assert inner_chip(image, Crop((56.0, 56.0), 112.0)).min() == 200
    assert inner_chip(image, Crop((56.0, 56.0), 116.0)).min() < 200


def _correction(weight: float) -> PoseCorrection:
    weights = np.zeros((FEATURES, 6), np.float32)
    weights[:, 0] = weight
    return PoseCorrection(
        np.zeros(FEATURES, np.float32), weights, np.array([0.0, 0.05, 0, 0, 0, 0], np.float32)
    )


def test_a_correction_adds_what_the_features_weigh_and_never_runs_away() -> None:
    image = np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    pose = HeadPose(0.0, 0.0, Crop((40.0, 40.0), 70.0), 0.0)
    total = float(describe(inner_chip(image, pose.crop)).sum())
    small = _correction(0.1 / total).apply(image, pose)
    assert small.yaw == pytest.approx(0.1, abs=1e-4)
    assert small.pitch == pytest.approx(0.05 + PITCH_OFFSET, abs=1e-5)
    assert small.crop.side == pytest.approx(70.0)
    assert _correction(100.0).apply(image, pose).yaw == pytest.approx(0.35)


def test_the_embedded_correction_knows_left_from_right() -> None:
    correction = embedded_correction()
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    features, mirrored = describe(image), describe(np.ascontiguousarray(image[:, ::-1]))
    steps = [(f - correction.mean) @ correction.weights + correction.offset for f in (features, mirrored)]
    # fitted on heads and mirrored heads: yaw, roll and the shift to the right change sides, the rest stays
    np.testing.assert_allclose(steps[1], steps[0] * [-1, 1, -1, 1, -1, 1], atol=0.02)


def test_another_rig_sees_the_landmarks_in_the_same_places() -> None:
    pose = HeadPose(0.4, 0.1, Crop((210.0, 190.0), 150.0, -0.2), 0.0)
    rig = CameraConfig(pivot=(0.0, 0.0, -0.06))
    other = reframed(pose, rig)
    usual = pose.crop.to_photo(project(CANONICAL, 0.4, 0.1))
    again = other.crop.to_photo(project(CANONICAL, 0.4, 0.1, rig))
    # perspective differs a little between the rigs
    assert np.abs(usual - again).max() < 0.01 * 150
    assert math.dist(pose.crop.center, other.crop.center) > 0.05 * 150
    same = reframed(pose, CameraConfig())
    assert same.crop.center == pytest.approx(pose.crop.center)
    assert same.crop.roll == pytest.approx(pose.crop.roll)


def test_estimates_of_one_rig_reframe_to_those_of_the_other() -> None:
    landmarks = Crop((256.0, 256.0), 512.0).to_photo(project(CANONICAL, 0.3, 0.0))
    rig = CameraConfig(pivot=(0.0, 0.0, 0.0))
    direct, indirect = estimate_pose(landmarks, rig), reframed(estimate_pose(landmarks), rig)
    assert math.dist(direct.crop.center, indirect.crop.center) < 8
    assert indirect.crop.side == pytest.approx(direct.crop.side, rel=0.02)
