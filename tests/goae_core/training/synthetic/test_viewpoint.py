from __future__ import annotations

import numpy as np
import pytest

from goae_core.camera import orbit
from goae_core.training.synthetic.viewpoint import look_from, sample_viewpoints, viewpoint_from_label


def test_the_frontal_camera_sees_right_on_the_right_and_up_above() -> None:
    front = look_from(0.0, 0.0)
    place, depth = front.project(np.array([[0, 0, 0.2], [0.25, 0, 0.2], [0, 0.25, 0.2]]))
    assert depth == pytest.approx([2.5, 2.5, 2.5])
    # 4.2647 * 0.25 / 2.5 = 0.42647 of the picture's side
    assert place == pytest.approx(np.array([[0.5, 0.5], [0.92647, 0.5], [0.5, 0.07353]]))


def test_positive_yaw_moves_the_camera_to_the_right_and_positive_pitch_up() -> None:
    position = look_from(np.pi / 6, np.pi / 6).cam_to_world[:3, 3]
    assert position == pytest.approx(2.7 * np.array([0.5 * np.sqrt(0.75), 0.5, 0.75]))


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0.4, -0.2, 0.15), (-1.5, 0.5, -0.1)])
def test_it_is_the_rig_of_all_other_pictures(yaw: float, pitch: float, roll: float) -> None:
    expected = orbit(yaw, pitch, roll).label().numpy()[0]
    assert look_from(yaw, pitch, roll).label == pytest.approx(expected, abs=1e-6)


def test_a_label_brings_its_camera_back() -> None:
    camera = look_from(0.3, 0.1, 0.05)
    again = viewpoint_from_label(camera.label)
    assert again.label == pytest.approx(camera.label)


def test_drawn_cameras_begin_frontal_and_stay_within_the_rig() -> None:
    for seed in range(20):
        cameras = sample_viewpoints(np.random.default_rng(seed), 8)
        positions = np.array([camera.cam_to_world[:3, 3] for camera in cameras]) / 2.7
        yaws = np.arctan2(positions[:, 0], positions[:, 2])
        assert abs(yaws[0]) <= np.radians(15)
        assert np.all(np.abs(yaws) <= 1.5709)
        assert np.all(np.abs(np.arcsin(positions[:, 1])) <= 0.5237)
