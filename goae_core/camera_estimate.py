"""From landmarks on a photo to the crop and camera that put a model's head behind them.

The model's heads have eyes and nose in known places (the mean of rendered heads, and the one way in which it
mostly varies). A camera on the orbit sees them at certain places of its frame; the crop is the turned, scaled
and shifted square that lays these places over the landmarks. So yaw and pitch are searched, and the crop
follows in closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from goae_core.crop import Crop
from goae_core.presets import CameraConfig

# Where the five landmarks lie on the heads that the models are trained on: found by rendering 60 persons from
# 7 sides, detecting, and intersecting the rays (residual below one pixel of 256). World units.
CANONICAL = np.array(
    [
        [0.1138, 0.0628, 0.1460],
        [0.0488, 0.0579, 0.1533],
        [-0.1138, 0.0628, 0.1460],
        [-0.0488, 0.0579, 0.1533],
        [0.0, -0.0613, 0.2034],
    ]
)
# First principal component of the same persons, one deviation: a long nose protrudes and goes with narrow
# eyes.
_LONG_NOSE = np.array(
    [
        [-0.0042, -0.0013, -0.0045],
        [-0.0008, -0.0018, -0.0051],
        [0.0042, -0.0013, -0.0045],
        [0.0008, -0.0018, -0.0051],
        [0.0, -0.0083, -0.0115],
    ]
)
# What remains: other variation and detection noise, in frame sides.
_NOISE = 0.006
# How photographs are distributed, radians. The noses' lengths differ so much, and smiles lift them so far,
# that five points say little about pitch; without this belief a laughing man would be seen from below.
_YAW_DEVIATION = math.radians(35.0)
_PITCH_DEVIATION = math.radians(6.0)


@dataclass(frozen=True, slots=True)
class HeadPose:
    """How a head in a photo is seen."""

    yaw: float
    """Radians, of the camera's position; roll is in the crop."""
    pitch: float
    """Radians."""
    crop: Crop
    """The square of the photo that is the camera's frame."""
    error: float
    """Root mean square distance between landmarks and head, in frame sides."""


def estimate_pose(landmarks: NDArray[np.float64], rig: CameraConfig = CameraConfig()) -> HeadPose:  # noqa: B008
    """Find the orbit position and the crop under which the model's head lies on the landmarks.

    Minimises, over yaw, pitch and the nose's length, the squared distances to the landmarks in frame sides
    together with how unlikely the three are; turn, scale and shift of the crop are the best for each (Umeyama
    1991).

    Args:
        landmarks: (5, 2) pixels, as `landmarks.Face` has them.
        rig: The camera rig of the model.

    Returns:
        Yaw, pitch, crop and what distance remained.

    Raises:
        ValueError: If the landmarks are not five finite points.
    """
    if landmarks.shape != (5, 2) or not np.isfinite(landmarks).all():
        raise ValueError(f"a pose needs five finite landmarks, got {landmarks.tolist()}")
    target = landmarks[:, 0] + 1j * landmarks[:, 1]

    def fit(unknowns: NDArray[np.float64]) -> tuple[complex, complex, NDArray[np.complex128]]:
        yaw, pitch, nose = unknowns
        frame = project(CANONICAL + nose * _LONG_NOSE, yaw, pitch, rig) @ np.array([1.0, 1j])
        scale, shift = _similarity(frame, target)
        return scale, shift, (target - scale * frame - shift) / abs(scale)

    def residuals(unknowns: NDArray[np.float64]) -> NDArray[np.float64]:
        _, _, distance = fit(unknowns)
        belief = unknowns / np.array([_YAW_DEVIATION, _PITCH_DEVIATION, 1.0])
        return np.concatenate([distance.real / _NOISE, distance.imag / _NOISE, belief])

    # From a strong turn to either side: the two descents may end in different valleys.
    fits = [least_squares(residuals, np.array([start, 0.0, 0.0]), method="lm") for start in (-0.5, 0.5)]
    best = min(fits, key=lambda result: float(result.cost))
    scale, shift, distance = fit(best.x)
    error = math.sqrt(float(np.mean(np.abs(distance) ** 2)))
    return HeadPose(float(best.x[0]), float(best.x[1]), _crop(scale, shift), error)


def reframed(pose: HeadPose, rig: CameraConfig) -> HeadPose:
    """Turn a pose for the usual rig (`CameraConfig()`) into one for another: same angles, another crop.

    Args:
        pose: Its crop is the frame of the usual rig's camera.
        rig: Radius, pivot and focal length of the other.

    Returns:
        The pose whose crop sees an average head's landmarks in the same places of the photo.
    """
    photo = pose.crop.to_photo(project(CANONICAL, pose.yaw, pose.pitch))
    frame = project(CANONICAL, pose.yaw, pose.pitch, rig)
    axes = np.array([1.0, 1j])
    scale, shift = _similarity(frame @ axes, photo @ axes)
    return HeadPose(pose.yaw, pose.pitch, _crop(scale, shift), pose.error)


def project(
    points: NDArray[np.float64],
    yaw: float,
    pitch: float,
    rig: CameraConfig = CameraConfig(),  # noqa: B008
) -> NDArray[np.float64]:
    """Where an upright orbit camera sees world points: (N, 3) to frame coordinates (N, 2)."""
    position = rig.radius * np.array(
        [math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch)]
    )
    forward = np.asarray(rig.pivot) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, np.array([0.0, 1.0, 0.0]))
    right /= np.linalg.norm(right)
    seen = (points - position) @ np.stack([right, np.cross(forward, right), forward], axis=1)
    return np.asarray(rig.focal * seen[:, :2] / seen[:, 2:] + 0.5)


def _similarity(source: NDArray[np.complex128], target: NDArray[np.complex128]) -> tuple[complex, complex]:
    """The turn, scale (one complex factor) and shift that bring source points closest to target points."""
    source_mean, target_mean = source.mean(), target.mean()
    centered = source - source_mean
    factor = complex(((target - target_mean) * centered.conj()).sum() / (np.abs(centered) ** 2).sum())
    return factor, complex(target_mean - factor * source_mean)


def _crop(scale: complex, shift: complex) -> Crop:
    """The crop that a similarity from frame to photo is."""
    center = scale * (0.5 + 0.5j) + shift
    return Crop((float(center.real), float(center.imag)), abs(scale), float(np.angle(scale)))
