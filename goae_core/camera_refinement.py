"""Correcting a camera by comparing a head's rendering with the photo, and only when the evidence is clear.

    correction = argmin  |picture(correction) - photo|^2 + |correction / doubt|^2,   six numbers, Gauss-Newton
    kept       = correction * (1 - (caution * error / correction)^2),  0 where that is negative

The head is one that does not know the camera: the encoder's style alone. What was fitted from a wrong camera
would testify for it. Colours and their edges testify, the outline does not: a generator's hair ends where it
likes, and on held-out heads silhouettes pull a true camera off by as much as they put a wrong one right.
Light is left out of it: each colour channel may be scaled. Differences far beyond the usual, a hand or a
piece of background, count little (Cauchy's weights).

How far a true camera is pulled off all the same, because the head is not quite the person, is known
(`_ERROR`, measured): from the front yaw hardly, pitch by degrees; of a turned head everything more. A number
found within twice that says nothing and is put back to zero before the others are found again; those beyond
are shortened the more, the nearer they are: the positive part of James and Stein (1961).
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

from goae_core.camera import Camera, orbit, orbit_angles
from goae_core.presets import CameraConfig

Render = Callable[[Camera], tuple[Tensor, Tensor]]
"""Camera to picture (1, 3, r, r) in [-1, 1] over black and opacity (1, 1, r, r), whatever r."""
Correction = NDArray[np.float64]
"""(6,): yaw, pitch, roll in radians, log focal length, principal point right and down in image sides."""

DOUBT: Correction = np.array([0.07, 0.08, 0.03, 0.05, 0.02, 0.02])
"""How wrong an estimated camera usually is."""
LIMIT = 3.0
"""No correction goes further, in doubts."""

# Pictures are compared at this size, blurred by boxes of three: features a few pixels apart still overlap.
_SIDE = 40
_BLURS = 2
_COLORS, _EDGES = 0.5, 2.0
# Differences of this size are no news, and all together count as this many independent ones.
_DIFFERENCE = 0.05
_INDEPENDENT = 250.0
_OUTLIER = 0.1
# Root mean square of what is found for a true camera, with the shipped model: 24 held-out persons, frontal.
_ERROR: Correction = np.array([math.radians(0.7), math.radians(2.5), 0.010, 0.028, 0.004, 0.008])
_TURNED = 1.5
"""The same grows by 1 + this * (yaw / 30 degrees)^2: 2.5 times at 30 degrees (8 persons), six times at 55."""
_CAUTION = 2.0
# Half the distance for derivatives.
_PROBE: Correction = np.array([0.04, 0.04, 0.02, 0.02, 0.01, 0.01])
_CONVERGED = 0.1  # in `_ERROR`
_LEAST_BRIGHT = 1e-6
_BRIGHTER = (0.3, 3.0)


@dataclass(frozen=True, slots=True, eq=False)
class CameraRefinement:
    """What the comparison says.

    Attributes:
        camera: The corrected one; the very one that went in if nothing is clear.
        correction: What was done to it.
        found: Where the difference is least, before caution.
    """

    camera: Camera
    correction: Correction
    found: Correction

    @property
    def moved(self) -> bool:
        """Whether the camera is another one."""
        return bool(self.correction.any())


def corrected(
    camera: Camera,
    correction: Correction,
    *,
    rig: CameraConfig = CameraConfig(),  # noqa: B008  a frozen value
) -> Camera:
    """Turn a camera about the head, zoom, and shift its picture.

    Args:
        camera: B = 1; off the rig's orbit it keeps what is its own.
        correction: See `Correction`.
        rig: Gives the pivot that orbits look at.

    Returns:
        The camera, on the device of the first.
    """
    yaw, pitch, roll, zoom, right, down = (float(value) for value in correction)
    angles = orbit_angles(camera)
    steepest = math.radians(85.0)
    tilted = max(-steepest, min(steepest, angles.pitch + pitch))
    now = orbit(angles.yaw + yaw, tilted, angles.roll + roll, rig=rig, radius=angles.radius)
    was = orbit(angles.yaw, angles.pitch, angles.roll, rig=rig, radius=angles.radius)
    start = camera.cam_to_world.detach()
    turn = now.cam_to_world.double() @ torch.linalg.inv(was.cam_to_world.double())
    pose = (turn @ start.double().cpu()).to(start)
    intrinsics = camera.intrinsics.detach().clone()
    intrinsics[:, [0, 1], [0, 1]] *= math.exp(zoom)
    intrinsics[:, 0, 2] += right
    intrinsics[:, 1, 2] += down
    return Camera(pose, intrinsics)


def refine_camera(
    render: Render,
    photo: Tensor,
    matte: Tensor,
    camera: Camera,
    *,
    rig: CameraConfig = CameraConfig(),  # noqa: B008  a frozen value
    steps: int = 4,
) -> CameraRefinement:
    """Find the camera from which a head looks most like its photo, and go there as far as that is clear.

    Args:
        render: Draws the head; 40 pixels a side are enough. A step costs five renderings.
        photo: (1, 3, R, R) in [-1, 1], background and all.
        matte: (1, 1, R, R) in [0, 1], 1 on the head.
        camera: First estimate, B = 1.
        rig: Of the model.
        steps: Of Gauss and Newton, at most; ends early when nothing moves any more.

    Returns:
        The camera, at worst the first.
    """
    target = _small(torch.cat([(photo + 1.0) / 2.0 * matte, matte], dim=1))

    def drawn(correction: Correction) -> Tensor:
        color, opacity = render(corrected(camera, correction, rig=rig))
        return _small(torch.cat([(color + 1.0) / 2.0, opacity], dim=1).to(target))

    found = np.zeros(6)
    slopes = np.empty((0, 6))
    offset = np.empty(0)
    for _ in range(steps):
        gap, slopes = _linearised(drawn, found, target)
        offset = gap - slopes @ found
        step = _solved(slopes, offset, np.ones(6, bool)) - found
        found = np.clip(found + step, -LIMIT * DOUBT, LIMIT * DOUBT)
        if bool((np.abs(step) < _CONVERGED * _ERROR).all()):
            break
    kept = _cautious(slopes, offset, found, _usual_error(orbit_angles(camera).yaw + float(found[0])))
    return CameraRefinement(camera if not kept.any() else corrected(camera, kept, rig=rig), kept, found)


def _linearised(
    drawn: Callable[[Correction], Tensor], at: Correction, target: Tensor
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Differences (D,) and their derivatives (D, 6) by central differences."""
    picture = drawn(at)
    slopes = []
    for k in range(6):
        probe = _PROBE[k] * np.eye(6)[k]
        # Turning shows other sides of the head; the rest only moves the picture.
        pictures = [drawn(at + s * probe) if k < 2 else _warped(picture, s * probe) for s in (1.0, -1.0)]
        ahead, behind = (_difference(each, target) for each in pictures)
        slopes.append((ahead - behind) / (2.0 * _PROBE[k]))
    return _difference(picture, target), np.stack(slopes, axis=1)


def _solved(slopes: NDArray[np.float64], offset: NDArray[np.float64], free: NDArray[np.bool_]) -> Correction:
    """Least squares with the doubts as prior, in which what is not free is zero; (6,)."""
    result = np.zeros(6)
    if not free.any() or not len(offset):
        return result
    own = slopes[:, free]
    prior = np.diag(1.0 / DOUBT[free] ** 2)
    for _ in range(4):
        gap = offset + slopes @ result
        weight = _INDEPENDENT / (len(gap) * _DIFFERENCE**2) / (1.0 + (gap / _OUTLIER) ** 2)
        result[free] = -np.linalg.solve(own.T @ (weight[:, None] * own) + prior, own.T @ (weight * offset))
    return np.clip(result, -LIMIT * DOUBT, LIMIT * DOUBT)


def _usual_error(yaw: float) -> Correction:
    """By how much a true camera is usually pulled off at a yaw in radians, (6,)."""
    return _ERROR * (1.0 + _TURNED * (yaw / math.radians(30.0)) ** 2)


def _cautious(
    slopes: NDArray[np.float64], offset: NDArray[np.float64], found: Correction, error: Correction
) -> Correction:
    """What of a correction is clear beside what is usual without cause, (6,)."""
    free = np.ones(6, bool)
    least = _CAUTION * error
    while free.any():
        unclear = free & (np.abs(found) <= least)
        if not unclear.any():
            break
        free &= ~unclear
        found = _solved(slopes, offset, free)
    share = 1.0 - (least / np.where(free, np.abs(found), 1.0)) ** 2
    return np.where(free, found * np.maximum(share, 0.0), 0.0)


def _small(picture: Tensor) -> Tensor:
    """Shrunk and blurred, (1, 4, S, S)."""
    small = F.interpolate(picture.float(), size=(_SIDE, _SIDE), mode="bilinear", antialias=True)
    for _ in range(_BLURS):
        small = F.avg_pool2d(F.pad(small, [1] * 4, mode="replicate"), 3, stride=1)
    return small


def _warped(picture: Tensor, correction: Correction) -> Tensor:
    """A picture as the camera sees it after roll, zoom and shift."""
    _, _, roll, zoom, right, down = (float(value) for value in correction)
    scale = math.exp(-zoom)
    turn = torch.tensor([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]]) * scale
    shift = -2.0 * turn @ torch.tensor([right, down])
    theta = torch.cat([turn, shift[:, None]], dim=1)[None].to(picture)
    places = F.affine_grid(theta, list(picture.shape), align_corners=False)
    return F.grid_sample(picture, places, padding_mode="border", align_corners=False)


def _difference(picture: Tensor, target: Tensor) -> NDArray[np.float64]:
    """Colours, each channel scaled to fit best, and their edges; flat."""
    color, wanted = picture[:, :3], target[:, :3]
    bright = color.square().sum((2, 3), keepdim=True).clamp_min(_LEAST_BRIGHT)
    gain = (color * wanted).sum((2, 3), keepdim=True) / bright
    gap = color * gain.clamp(*_BRIGHTER) - wanted
    across = gap[..., 1:] - gap[..., :-1]
    along = gap[..., 1:, :] - gap[..., :-1, :]
    parts = [_COLORS * gap.flatten(), _EDGES * across.flatten(), _EDGES * along.flatten()]
    return torch.cat(parts).double().cpu().numpy()
