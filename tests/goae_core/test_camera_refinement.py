"""Bringing a rendering and a photo together, on heads made of coloured balls."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from goae_core.camera import Camera, orbit
from goae_core.camera_estimate import HeadPose
from goae_core.camera_refinement import Render, refine_camera
from goae_core.crop import Crop, resample
from goae_core.head_pose import moved

# A skull, two eyes, a nose and an ear: place, radius, colour.
_BALLS = (
    ((0.0, 0.0, 0.0), 0.22, (0.8, 0.6, 0.5)),
    ((0.08, 0.06, 0.17), 0.05, (0.1, 0.1, 0.4)),
    ((-0.08, 0.06, 0.17), 0.05, (0.1, 0.1, 0.4)),
    ((0.0, -0.04, 0.24), 0.05, (0.9, 0.3, 0.2)),
    ((0.2, 0.0, -0.02), 0.06, (0.2, 0.7, 0.3)),
)


def _head(side: int, light: float = 1.0) -> Render:
    """Draws the balls from back to front as soft discs."""

    def render(camera: Camera) -> tuple[Tensor, Tensor]:
        pose = camera.cam_to_world[0]
        ticks = (torch.arange(side) + 0.5) / side
        y, x = torch.meshgrid(ticks, ticks, indexing="ij")
        color, opacity = torch.zeros(3, side, side), torch.zeros(1, side, side)
        seen = [((torch.tensor(p) - pose[:3, 3]) @ pose[:3, :3], r, c) for p, r, c in _BALLS]
        for (right, down, depth), radius, paint in sorted(
            seen, key=lambda ball: -float(ball[0][2] - ball[1])
        ):
            u, v, size = 4.2647 * right / depth + 0.5, 4.2647 * down / depth + 0.5, 4.2647 * radius / depth
            cover = ((1 - ((x - u) ** 2 + (y - v) ** 2).sqrt() / size) * 12).sigmoid()[None]
            color = color * (1 - cover) + torch.tensor(paint)[:, None, None] * light * cover
            opacity = opacity * (1 - cover) + cover
        return color[None] * 2 - 1, opacity[None]

    return render


def _photo(truth: HeadPose, light: float = 1.0) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A 400 pixel photo in which the head lies as `truth` says: the crop undone."""
    color, opacity = _head(256, light)(orbit(truth.yaw, truth.pitch))
    frame = torch.cat([(color + 1) / 2, opacity], dim=1)
    places = np.stack(np.meshgrid(np.arange(400) + 0.5, np.arange(400) + 0.5), axis=-1)
    grid = torch.from_numpy(truth.crop.to_frame(places) * 2 - 1).float()[None]
    photo = torch.nn.functional.grid_sample(frame, grid, align_corners=False)[0]
    return (photo.permute(1, 2, 0) * 255).round().clamp(0, 255).byte().numpy()


def _cut(photo: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], crop: Crop) -> tuple[Tensor, Tensor]:
    def frame(channels: slice) -> Tensor:
        cut = resample(np.ascontiguousarray(photo[..., channels]), crop, 128)
        return torch.from_numpy(cut).permute(2, 0, 1)[None].float() / 255

    color, opacity = frame(slice(0, 3)), frame(slice(1, 4))[:, 2:]
    return color / opacity.clamp_min(1e-3) * 2 - 1, opacity


TRUTH = HeadPose(0.2, 0.05, Crop((200.0, 190.0), 230.0, 0.1), 0.0)


@pytest.mark.parametrize("light", [1.0, 0.6])
def test_a_wrong_estimate_is_put_right(light: float) -> None:
    first = moved(TRUTH, np.array([-0.06, 0.07, 0.02, 0.03, 0.015, -0.012]))
    photo, matte = _cut(_photo(TRUTH, light), first.crop)
    result = refine_camera(_head(96), photo, matte, first)
    assert result.after < 0.1 * result.before
    assert result.pose.yaw == pytest.approx(TRUTH.yaw, abs=math.radians(2.0))  # was 3.4 degrees off
    assert result.pose.pitch == pytest.approx(TRUTH.pitch, abs=math.radians(1.5))
    assert result.pose.crop.roll == pytest.approx(TRUTH.crop.roll, abs=math.radians(0.8))
    assert result.pose.crop.side == pytest.approx(TRUTH.crop.side, rel=0.015)
    assert math.dist(result.pose.crop.center, TRUTH.crop.center) < 0.012 * TRUTH.crop.side  # was 0.019


def test_the_truth_stays() -> None:
    photo, matte = _cut(_photo(TRUTH), TRUTH.crop)
    result = refine_camera(_head(96), photo, matte, TRUTH)
    assert result.after <= result.before < 1e-3
    assert result.pose.yaw == pytest.approx(TRUTH.yaw, abs=math.radians(0.6))
    assert result.pose.crop.side == pytest.approx(TRUTH.crop.side, rel=0.006)


def test_a_head_that_is_not_the_persons_moves_nothing_far() -> None:
    photo, matte = _cut(_photo(TRUTH), TRUTH.crop)

    def grey(camera: Camera) -> tuple[Tensor, Tensor]:
        color, opacity = _head(96)(camera)
        return torch.full_like(color, -0.2) * opacity - (1 - opacity), opacity

    result = refine_camera(grey, photo, matte, TRUTH)
    assert abs(result.pose.yaw - TRUTH.yaw) < 3 * 0.07
    assert abs(result.pose.crop.side / TRUTH.crop.side - 1) < 0.06
    assert result.after <= result.before


def test_no_steps_give_the_first_estimate_back() -> None:
    photo, matte = _cut(_photo(TRUTH), TRUTH.crop)
    result = refine_camera(_head(64), photo, matte, TRUTH, steps=0)
    assert result.pose is TRUTH
    assert result.before == result.after
