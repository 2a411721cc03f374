"""Improving crop and camera by comparing a head's rendering with the photo.

The first estimate is made before there is a head. Once there is one, its rendering shows where the estimate
is off: a few Gauss-Newton steps on yaw, pitch, and the crop's turn, scale and shift bring rendering and photo
together, as far as the head is the person. How far the estimate can be wrong is known, and keeps the steps
honest where the head is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from goae_core.camera import Camera, orbit
from goae_core.camera_estimate import HeadPose
from goae_core.head_pose import moved
from goae_core.presets import CameraConfig

Render = Callable[[Camera], tuple[Tensor, Tensor]]
"""Camera to picture (1, 3, R, R) in [-1, 1] over black and opacity (1, 1, R, R)."""

# Pictures are compared at this size, blurred: features that are a few pixels off still overlap.
_SIDE = 64
_BLUR = 3
# Differences of this size in [0, 1] are no news, and all pixels together count as this many independent ones.
_DIFFERENCE = 0.05
_INDEPENDENT = 250.0
# How wrong the first estimate usually is: yaw, pitch, roll, log scale, shift right and down.
_DOUBT = np.array([0.07, 0.08, 0.03, 0.05, 0.02, 0.02])
# Steps for the derivatives, in the same units.
_PROBE = np.array([0.02, 0.02, 0.02, 0.02, 0.01, 0.01])


@dataclass(frozen=True, slots=True)
class Refinement:
    """A better pose, and how much better the rendering fits."""

    pose: HeadPose
    before: float
    """Mean square difference over head and surroundings, colours and opacity in [0, 1], blurred."""
    after: float
    """The same for the better pose; never larger."""


def refine_camera(
    render: Render,
    photo: Tensor,
    matte: Tensor,
    pose: HeadPose,
    *,
    rig: CameraConfig = CameraConfig(),  # noqa: B008  a frozen value
    steps: int = 4,
) -> Refinement:
    """Move crop and camera until a head's rendering lies on the photo.

    Minimises   sum of squared differences + (correction / doubt)^2   over six numbers. Light is left out of
    it: each colour channel of the rendering may be scaled. A step costs three to five renderings.

    Args:
        render: Draws the head, whatever the resolution; draft quality is enough.
        photo: (1, 3, R, R) in [-1, 1], cut out by `pose.crop`.
        matte: (1, 1, R, R) in [0, 1], 1 on the head.
        pose: First estimate.
        rig: Of the model.
        steps: At most so many; ends early when nothing improves.

    Returns:
        The best pose found, at worst the first. The photo has to be cut out anew with its crop.
    """
    target = _small(torch.cat([(photo + 1) / 2 * matte, matte], dim=1))

    def drawn(correction: NDArray[np.float64]) -> Tensor:
        yaw, pitch = pose.yaw + correction[0], pose.pitch + correction[1]
        color, opacity = render(orbit(float(yaw), float(pitch), rig=rig))
        return _small(torch.cat([(color + 1) / 2, opacity], dim=1).to(target))

    def difference(picture: Tensor, correction: NDArray[np.float64]) -> NDArray[np.float64]:
        return _difference(_warped(picture, correction), target)

    best = np.zeros(6)
    picture = drawn(best)
    gap = difference(picture, best)
    before = after = float(np.mean(gap**2))
    cost = _cost(gap, best)
    for _ in range(steps):
        slopes = np.empty((gap.size, 6))
        for k in range(6):
            probe = best + _PROBE * np.eye(6)[k]
            slopes[:, k] = (difference(drawn(probe) if k < 2 else picture, probe) - gap) / _PROBE[k]
        weight = _INDEPENDENT / (gap.size * _DIFFERENCE**2)
        normal = weight * slopes.T @ slopes + np.diag(1 / _DOUBT**2)
        step = -np.linalg.solve(normal, weight * slopes.T @ gap + best / _DOUBT**2)
        for share in (1.0, 0.4):
            trial = np.clip(best + share * step, -3 * _DOUBT, 3 * _DOUBT)
            trial_picture = drawn(trial)
            trial_gap = difference(trial_picture, trial)
            trial_cost = _cost(trial_gap, trial)
            if trial_cost < cost:
                break
        else:
            break
        converged = trial_cost > 0.995 * cost
        best, picture, gap, cost = trial, trial_picture, trial_gap, trial_cost
        if converged:
            break
    fit = float(np.mean(gap**2))
    if fit >= before:
        return Refinement(pose, before, before)
    after = fit
    return Refinement(moved(pose, best), before, after)


def _cost(gap: NDArray[np.float64], correction: NDArray[np.float64]) -> float:
    return float(_INDEPENDENT * np.mean(gap**2) / _DIFFERENCE**2 + np.sum((correction / _DOUBT) ** 2))


def _small(picture: Tensor) -> Tensor:
    """Shrunk and blurred, (1, 4, S, S)."""
    small = F.interpolate(picture.float(), size=(_SIDE, _SIDE), mode="bilinear", antialias=True)
    for _ in range(2):
        small = F.avg_pool2d(F.pad(small, [_BLUR // 2] * 4, mode="replicate"), _BLUR, stride=1)
    return small


def _warped(picture: Tensor, correction: NDArray[np.float64]) -> Tensor:
    """The rendering as it lies in the old frame if the crop is corrected."""
    _, _, roll, growth, right, down = (float(v) for v in correction)
    scale = math.exp(-growth)
    turn = torch.tensor([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]]) * scale
    shift = -2 * turn @ torch.tensor([right, down])
    theta = torch.cat([turn, shift[:, None]], dim=1)[None].to(picture)
    places = F.affine_grid(theta, list(picture.shape), align_corners=False)
    return F.grid_sample(picture, places, padding_mode="border", align_corners=False)


def _difference(picture: Tensor, target: Tensor) -> NDArray[np.float64]:
    """Colours, each channel scaled to fit best, and opacity; flat."""
    color, wanted = picture[:, :3], target[:, :3]
    gain = (color * wanted).sum((2, 3), keepdim=True) / color.square().sum((2, 3), keepdim=True).clamp_min(
        1e-6
    )
    fitted = torch.cat([color * gain.clamp(0.3, 3.0), picture[:, 3:]], dim=1)
    return (fitted - target).flatten().double().cpu().numpy()
