from __future__ import annotations

import math

import pytest
import torch

from goae_core.animation import View
from goae_core.camera import orbit_angles
from goae_core.errors import CameraError
from goae_core.presets import CameraConfig
from goae_core.trajectory import camera_of, circle, sway, turntable, view_of

RIG = CameraConfig()


def test_sway_starts_above_and_reaches_each_side_a_quarter_later() -> None:
    angles = [orbit_angles(camera) for camera in sway(4, 0.5, 0.1, RIG)]

    assert [each.yaw for each in angles] == pytest.approx([0.0, 0.5, 0.0, -0.5], abs=1e-6)
    assert [each.pitch for each in angles] == pytest.approx([0.1, 0.0, -0.1, 0.0], abs=1e-6)
    assert [each.roll for each in angles] == pytest.approx([0.0] * 4, abs=1e-6)
    assert [each.radius for each in angles] == pytest.approx([RIG.radius] * 4)


def test_last_view_leads_to_the_first() -> None:
    positions = torch.stack([camera.cam_to_world[0, :3, 3] for camera in sway(48, 0.5, 0.1, RIG)])
    steps = (positions.roll(-1, dims=0) - positions).norm(dim=-1)

    # the step from the last view to the first is as long as the one that mirrors it
    assert float(steps[-1]) == pytest.approx(float(steps[0]), rel=1e-4)
    assert float(steps.min()) > 0.0


def test_circle_goes_evenly_all_the_way_round_by_plus_x() -> None:
    angles = [orbit_angles(camera) for camera in circle(8, 0.2, RIG)]

    turned = [math.degrees(each.yaw) % 360.0 for each in angles]
    assert turned == pytest.approx([45.0 * k for k in range(8)], abs=1e-3)
    assert [each.pitch for each in angles] == pytest.approx([0.2] * 8, abs=1e-6)


def test_a_figure_of_eight_crosses_the_face_twice() -> None:
    angles = [orbit_angles(camera) for camera in turntable("eight", 8, 0.4, 0.1, RIG)]
    assert [angles[0].yaw, angles[4].yaw] == pytest.approx([0.0, 0.0], abs=1e-6)
    assert [each.pitch for each in angles] == pytest.approx([0.0, 0.1, 0.0, -0.1] * 2, abs=1e-6)


def test_a_view_becomes_a_camera_and_a_view_again() -> None:
    view = View(0.3, -0.2, 0.1, zoom=1.5, right=0.2, up=-0.1)
    camera = camera_of(view, RIG)
    assert float(camera.intrinsics[0, 0, 0]) == pytest.approx(1.5 * RIG.focal)
    assert float(camera.intrinsics[0, 0, 2]) == pytest.approx(0.7)
    assert float(camera.intrinsics[0, 1, 2]) == pytest.approx(0.6)
    again = view_of(camera, RIG)
    assert (again.yaw, again.pitch, again.roll) == pytest.approx((0.3, -0.2, 0.1), abs=1e-6)
    assert (again.zoom, again.right, again.up) == pytest.approx((1.5, 0.2, -0.1), abs=1e-6)


def test_path_without_views_is_refused() -> None:
    with pytest.raises(CameraError, match="at least 1 view, got 0"):
        sway(0, 0.5, 0.1, RIG)
