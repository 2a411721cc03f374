from __future__ import annotations

import math

import pytest

from app.pose import Pose, reach
from goae_core.presets import CameraConfig

RIG = CameraConfig()


def test_dragging_to_the_right_moves_the_camera_to_the_left_so_that_the_head_follows() -> None:
    # 100 of 500 pixels at 2.5 radians a side
    assert Pose().dragged(100, 0, 500).yaw == pytest.approx(-0.5)


def test_dragging_down_lifts_the_camera() -> None:
    assert Pose().dragged(0, 100, 500).pitch == pytest.approx(0.5)


def test_a_closer_head_turns_less_under_the_same_hand() -> None:
    assert Pose(zoom=2.0).dragged(100, 0, 500).yaw == pytest.approx(-0.25)


def test_zoom_multiplies_and_ends() -> None:
    assert Pose().zoomed(1.5).zoom == pytest.approx(1.5)
    assert Pose().zoomed(0.001).zoom == 0.5
    assert Pose().zoomed(100).zoom == 4.0


def test_the_window_reaches_thirty_and_twenty_degrees_beyond_training() -> None:
    yaw, pitch = reach(RIG)
    assert math.degrees(yaw) == pytest.approx(120, abs=0.01)
    assert math.degrees(pitch) == pytest.approx(50, abs=0.01)
    far = Pose(yaw=-9.0, pitch=9.0).clamped(RIG)
    assert (far.yaw, far.pitch) == (-yaw, pitch)


@pytest.mark.parametrize(
    ("pose", "beyond"),
    [
        (Pose(), False),
        (Pose(yaw=RIG.yaw_limit), False),
        (Pose(yaw=-1.6), True),
        (Pose(pitch=0.5), False),
        (Pose(pitch=0.55), True),
    ],
)
def test_beyond_is_what_training_did_not_cover(pose: Pose, beyond: bool) -> None:
    assert pose.beyond(RIG) is beyond


def test_the_picture_is_shifted_by_shares_of_its_side_and_zoom_keeps_the_middle() -> None:
    shifted = Pose().panned(50, 100, 500)
    assert (shifted.right, shifted.up) == (0.1, -0.2)
    closer = shifted.zoomed(2.0)
    assert (closer.right, closer.up) == (0.2, -0.4)
    assert closer.centered() == Pose()
