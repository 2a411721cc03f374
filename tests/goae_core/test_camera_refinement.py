"""Bringing a rendering and a photo together, on heads made of coloured balls."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from goae_core import camera_refinement
from goae_core.camera import Camera, orbit, orbit_angles
from goae_core.camera_refinement import DOUBT, LIMIT, Correction, Render, corrected, refine_camera

# A skull, two eyes, a nose and an ear: place, radius, colour.
_BALLS = (
    ((0.0, 0.0, 0.0), 0.22, (0.8, 0.6, 0.5)),
    ((0.08, 0.06, 0.17), 0.05, (0.1, 0.1, 0.4)),
    ((-0.08, 0.06, 0.17), 0.05, (0.1, 0.1, 0.4)),
    ((0.0, -0.04, 0.24), 0.05, (0.9, 0.3, 0.2)),
    ((0.2, 0.0, -0.02), 0.06, (0.2, 0.7, 0.3)),
)
TRUTH = orbit(0.2, 0.05, 0.1)


def _head(side: int, light: float = 1.0, skull: float = 1.0) -> Render:
    """Draws the balls from back to front as soft discs."""

    def render(camera: Camera) -> tuple[Tensor, Tensor]:
        pose, intrinsics = camera.cam_to_world[0], camera.intrinsics[0]
        focal = float(intrinsics[0, 0])
        ticks = (torch.arange(side) + 0.5) / side
        y, x = torch.meshgrid(ticks, ticks, indexing="ij")
        color, opacity = torch.zeros(3, side, side), torch.zeros(1, side, side)
        seen = [((torch.tensor(p) - pose[:3, 3]) @ pose[:3, :3], r, c) for p, r, c in _BALLS]
        for (right, down, depth), radius, paint in sorted(
            seen, key=lambda ball: -float(ball[0][2] - ball[1])
        ):
            grown = skull if radius > 0.2 else 1.0
            u, v = focal * right / depth + intrinsics[0, 2], focal * down / depth + intrinsics[1, 2]
            size = focal * grown * radius / depth
            cover = ((1 - ((x - u) ** 2 + (y - v) ** 2).sqrt() / size) * 12).sigmoid()[None]
            color = color * (1 - cover) + torch.tensor(paint)[:, None, None] * light * cover
            opacity = opacity * (1 - cover) + cover
        return color[None] * 2 - 1, opacity[None]

    return render


def _photo(camera: Camera, light: float = 1.0) -> tuple[Tensor, Tensor]:
    """The head before a grey wall, and its matte."""
    color, opacity = _head(128, light)(camera)
    return (color + 1) / opacity.clamp_min(1e-3) - 1, opacity


def _errors(camera: Camera, truth: Camera) -> tuple[float, float]:
    """Of yaw and pitch, degrees."""
    one, other = orbit_angles(camera), orbit_angles(truth)
    return math.degrees(abs(one.yaw - other.yaw)), math.degrees(abs(one.pitch - other.pitch))


@pytest.mark.parametrize("light", [1.0, 0.6])
def test_a_wrong_camera_is_put_right(light: float) -> None:
    wrong = corrected(TRUTH, np.array([-math.radians(5.0), math.radians(8.0), 0.04, 0.09, 0.03, -0.04]))
    result = refine_camera(_head(96), *_photo(TRUTH, light), wrong)
    assert result.moved
    yaw, pitch = _errors(result.camera, TRUTH)
    assert yaw < 2.5  # was 5 degrees off
    assert pitch < 5.0  # was 8: of pitch less is believed
    assert math.log(float(result.camera.intrinsics[0, 0, 0]) / 4.2647) == pytest.approx(0.0, abs=0.065)
    assert result.camera.intrinsics[0, :2, 2].numpy() == pytest.approx([0.5, 0.5], abs=0.03)
    # Without caution it is found, or nearly: the head is the person.
    assert max(_errors(corrected(wrong, result.found), TRUTH)) < 2.0


def test_the_truth_stays_exactly() -> None:
    result = refine_camera(_head(96), *_photo(TRUTH), TRUTH)
    assert result.camera is TRUTH
    assert not result.moved
    assert (np.abs(result.found) < np.radians(0.7)).all()


def test_a_head_of_another_shape_moves_nothing() -> None:
    """Its outline differs all around: that says nothing of the camera."""
    result = refine_camera(_head(96, skull=1.1), *_photo(TRUTH), TRUTH)
    assert _errors(result.camera, TRUTH) == pytest.approx((0.0, 0.0), abs=0.2)


def test_a_small_error_is_not_clear_and_stays() -> None:
    wrong = corrected(TRUTH, np.array([math.radians(1.0), 0.0, 0.0, 0.0, 0.0, 0.0]))
    result = refine_camera(_head(96), *_photo(TRUTH), wrong)
    assert result.camera is wrong
    assert math.degrees(result.found[0]) == pytest.approx(-1.0, abs=0.3)


def test_nothing_moves_beyond_the_doubts() -> None:
    far = corrected(TRUTH, np.array([0.5, 0.0, 0.0, 0.0, 0.0, 0.0]))
    result = refine_camera(_head(96), *_photo(TRUTH), far)
    assert (np.abs(result.correction) <= LIMIT * DOUBT + 1e-9).all()


def test_caution_drops_what_is_unclear_and_shortens_the_rest() -> None:
    # Numbers that do not disturb one another: differences are the numbers themselves, in doubts.
    slopes = 1e3 * np.eye(6)
    found = np.array([0.1, 0.01, 0.0, 0.0, 0.0, 0.0])
    usual = np.full(6, math.radians(0.7))
    kept = camera_refinement._cautious(slopes, -slopes @ found, found, usual)
    error = 2.0 * math.radians(0.7)
    assert kept[1:] == pytest.approx(np.zeros(5))
    assert kept[0] == pytest.approx(0.1 * (1.0 - (error / 0.1) ** 2), rel=0.02)


@pytest.mark.parametrize(
    "correction",
    [(0.05, 0.0, 0.0, 0.0), (0.0, 0.06, 0.0, 0.0), (0.0, 0.0, 0.03, 0.0), (0.0, 0.0, 0.0, 0.04)],
)
def test_a_picture_is_moved_as_the_camera_would(correction: tuple[float, ...]) -> None:
    change: Correction = np.array([0.0, 0.0, *correction])
    color, opacity = _head(96)(TRUTH)
    before = torch.cat([(color + 1) / 2, opacity], dim=1)
    color, opacity = _head(96)(corrected(TRUTH, change))
    after = torch.cat([(color + 1) / 2, opacity], dim=1)
    moved = camera_refinement._warped(before, change)
    assert (moved - after).abs().mean() < 0.2 * (before - after).abs().mean()


def test_less_is_believed_of_a_turned_head() -> None:
    front, turned, left = (camera_refinement._usual_error(math.radians(yaw)) for yaw in (0.0, 30.0, -30.0))
    assert turned == pytest.approx(2.5 * front)
    assert left == pytest.approx(turned)


def test_corrections_are_those_of_the_orbit() -> None:
    turned = corrected(TRUTH, np.array([0.1, -0.05, 0.02, 0.1, 0.01, -0.02]))
    angles = orbit_angles(turned)
    assert (angles.yaw, angles.pitch) == pytest.approx((0.3, 0.0), abs=1e-5)
    assert angles.roll == pytest.approx(0.12, abs=1e-5)
    expected = [4.2647 * math.exp(0.1), 0.51, 0.48]
    assert turned.intrinsics[0, [0, 0, 1], [0, 2, 2]].tolist() == pytest.approx(expected, rel=1e-5)
    same = corrected(TRUTH, np.zeros(6))
    assert torch.allclose(same.cam_to_world, TRUTH.cam_to_world, atol=1e-6)


def test_no_steps_leave_the_camera() -> None:
    assert refine_camera(_head(64), *_photo(TRUTH), TRUTH, steps=0).camera is TRUTH
