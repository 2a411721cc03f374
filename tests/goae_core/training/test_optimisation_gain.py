from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from goae_core.camera import orbit, orbit_angles
from goae_core.training.evaluation import VIEWS, ViewFigures
from goae_core.training.optimisation_gain import Gain, angle, mistaken, table


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

    gains = [
        Gain(0, figures(20.0), figures(24.0), 2.0, 1.0, True, 0.4, (10, 20), 30.0),
        Gain(1, figures(22.0), figures(21.0), 4.0, 2.0, True, 0.2, (10, 20), 34.0),
    ]
    lines = table(gains)
    assert lines[0].startswith("2 persons, 32 s and 30 steps each; 2 improved; w+ went 0.30 deviations")
    assert "3.00 -> 1.50 degrees" in lines[0]
    assert len(lines) == 2 + len(VIEWS)
    for line in lines[2:]:
        assert "21.00 -> 22.50" in line
        assert line.endswith("  1")
