from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from goae_core.camera import orbit, orbit_angles
from goae_core.camera_refinement import corrected
from goae_core.training.evaluation import VIEWS, ViewFigures
from goae_core.training.optimisation_gain import CameraError, Gain, angle, mistaken, person_line, table


def test_angle_between_cameras_is_that_between_their_views() -> None:
    # Both look at the pivot (0, 0, 0.2) from (2.7 sin yaw, 0, 2.7 cos yaw).
    yaw = 0.1
    turned = math.degrees(math.atan2(2.7 * math.sin(yaw), 2.7 * math.cos(yaw) - 0.2))
    assert angle(orbit(yaw, 0.0), orbit(0.0, 0.0)) == pytest.approx(turned, abs=1e-3)
    assert angle(orbit(0.3, 0.1), orbit(0.3, 0.1)) == pytest.approx(0.0, abs=0.05)


def test_camera_goes_wrong_as_far_as_asked() -> None:
    true = orbit(0.2, -0.1)
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(200):
        camera = mistaken(true, 0.05, rng)
        found = orbit_angles(camera)
        errors.append((found.yaw - 0.2, found.pitch + 0.1))
        rotation = camera.cam_to_world[0, :3, :3]
        assert torch.allclose(rotation @ rotation.T, torch.eye(3), atol=1e-5)
    assert np.std(errors, axis=0) == pytest.approx([0.05, 0.05], rel=0.15)
    same = mistaken(true, 0.0, rng)
    assert torch.allclose(same.cam_to_world, true.cam_to_world, atol=1e-6)
    assert torch.equal(same.intrinsics, true.intrinsics)


def test_table_has_means_and_counts_the_worse() -> None:
    def figures(psnr: float) -> tuple[ViewFigures, ...]:
        return tuple(ViewFigures(view, psnr, 0.5, 0.02, 0.9) for view in VIEWS)

    def off(degrees: float) -> CameraError:
        return CameraError(degrees, -degrees, 0.5 * degrees, 0.0, 0.02, 0.004)

    gains = [
        Gain(0, figures(20.0), figures(24.0), off(2.0), off(1.0), True, 0.4, (10, 20), 30.0),
        Gain(1, figures(22.0), figures(21.0), off(4.0), off(2.0), True, 0.2, (10, 20), 34.0),
        Gain(2, figures(21.0), figures(21.0), off(1.0), off(1.2), False, 0.0, (10, 20), 32.0),
    ]
    told = person_line(gains[1])
    assert "input 22.0 -1.00  yaw+30 22.0 -1.00" in told
    assert "camera 4.0 -> 2.0 degrees off" in told
    lines = table(gains)
    assert lines[0].startswith("3 persons, 32 s and 30 steps each; 2 improved; w+ went 0.20 deviations")
    assert len(lines) == 2 + len(VIEWS) + 2
    for line in lines[2:5]:
        assert "21.00 -> 22.00   -1.00" in line
        assert line.endswith("  1")
    assert lines[6].split() == [
        *("off", "by", "2.00", "->", "1.20", "+0.20", "2.00", "->", "1.20", "1.00", "->", "0.60"),
        *("0.00", "->", "0.00", "0.020", "->", "0.020", "0.0040", "->", "0.0040"),
    ]


def test_camera_errors_are_told_apart() -> None:
    true = orbit(0.2, -0.1)
    wrong = corrected(
        true, np.array([math.radians(3.0), math.radians(-4.0), math.radians(1.0), 0.1, 0.03, 0.04])
    )
    error = CameraError.of(wrong, true)
    assert (error.yaw, error.pitch, error.roll) == pytest.approx((3.0, -4.0, 1.0), abs=1e-3)
    assert error.zoom == pytest.approx(math.exp(0.1) - 1.0, rel=1e-4)
    assert error.shift == pytest.approx(0.05, rel=1e-3)  # 3, 4, 5
    assert CameraError.of(true, true) == CameraError(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
