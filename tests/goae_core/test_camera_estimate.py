"""From five landmarks to crop and camera."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from goae_core.camera import orbit
from goae_core.camera_estimate import CANONICAL, estimate_pose, project
from goae_core.crop import Crop
from goae_core.presets import CameraConfig


@pytest.mark.parametrize(("yaw", "pitch"), [(0.0, 0.0), (0.5, -0.2), (-0.9, 0.3)])
def test_projection_agrees_with_the_camera(yaw: float, pitch: float) -> None:
    camera = orbit(yaw, pitch)
    pose = camera.cam_to_world[0].double().numpy()
    seen = (CANONICAL - pose[:3, 3]) @ pose[:3, :3]
    expected = 4.2647 * seen[:, :2] / seen[:, 2:] + 0.5
    np.testing.assert_allclose(project(CANONICAL, yaw, pitch), expected, atol=1e-6)


def test_frontal_eyes_lie_where_the_recipe_says() -> None:
    # By hand: y 0.06 seen from 2.55 away lies 4.2647 * 0.06 / 2.55 = 0.1 above the middle.
    eyes = project(np.array([[0.0, 0.06, 0.15]]), 0.0, 0.0)
    np.testing.assert_allclose(eyes, [[0.5, 0.5 - 4.2647 * 0.06 / 2.55]], atol=1e-9)


@pytest.mark.parametrize("yaw", [-0.6, -0.2, 0.0, 0.35, 0.7])
def test_an_average_head_gets_its_crop_and_yaw_back(yaw: float) -> None:
    crop = Crop((812.0, 455.0), 390.0, 0.25)
    pose = estimate_pose(crop.to_photo(project(CANONICAL, yaw, 0.0)))
    assert pose.yaw == pytest.approx(yaw, abs=0.035)
    assert pose.pitch == pytest.approx(0.0, abs=0.03)
    assert pose.crop.side == pytest.approx(crop.side, rel=0.02)
    assert pose.crop.roll == pytest.approx(crop.roll, abs=0.02)
    assert np.hypot(*np.subtract(pose.crop.center, crop.center)) < 0.02 * crop.side
    assert pose.error < 0.004


def test_pitch_is_found_in_direction_and_believed_cautiously() -> None:
    above = estimate_pose(Crop((0.0, 0.0), 100.0).to_photo(project(CANONICAL, 0.0, 0.3)))
    below = estimate_pose(Crop((0.0, 0.0), 100.0).to_photo(project(CANONICAL, 0.0, -0.3)))
    assert 0.02 < above.pitch < 0.3
    assert -0.3 < below.pitch < -0.02


def test_a_mirrored_face_has_the_opposite_yaw_and_roll() -> None:
    landmarks = Crop((300.0, 300.0), 200.0, 0.1).to_photo(project(CANONICAL, 0.4, 0.1))
    mirrored = (landmarks * [-1, 1] + [600, 0])[[2, 3, 0, 1, 4]]
    pose, other = estimate_pose(landmarks), estimate_pose(mirrored)
    assert other.yaw == pytest.approx(-pose.yaw, abs=1e-4)
    assert other.crop.roll == pytest.approx(-pose.crop.roll, abs=1e-4)
    assert other.crop.center[0] == pytest.approx(600 - pose.crop.center[0], abs=0.05)


def test_another_pivot_moves_the_crop_and_not_the_head() -> None:
    landmarks = Crop((256.0, 256.0), 512.0).to_photo(project(CANONICAL, 0.3, 0.0))
    usual = estimate_pose(landmarks)
    centered = estimate_pose(landmarks, CameraConfig(pivot=(0.0, 0.0, 0.0)))
    assert centered.yaw == pytest.approx(usual.yaw, abs=0.05)
    # Looking at the origin, the head's middle is in the middle: the crop follows it to the right.
    assert centered.crop.center[0] > usual.crop.center[0] + 20


def test_estimates_make_real_cameras() -> None:
    pose = estimate_pose(Crop((0.0, 0.0), 1.0).to_photo(project(CANONICAL, 0.2, 0.1)))
    rotation = orbit(pose.yaw, pose.pitch).cam_to_world[0, :3, :3]
    torch.testing.assert_close(rotation @ rotation.T, torch.eye(3), atol=1e-5, rtol=0)
    assert math.isfinite(pose.error)


@pytest.mark.parametrize("landmarks", [np.zeros((4, 2)), np.full((5, 2), np.nan)])
def test_broken_landmarks_are_refused(landmarks: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    with pytest.raises(ValueError, match="five finite landmarks"):
        estimate_pose(landmarks)
