"""A second look at a head's pose: what five landmarks cannot tell, the picture's gradients can.

Noses are long and short and smiles lift them, so landmarks alone leave a pitch error of 7 degrees. A linear
map from the histograms of gradients in the crop to what is wrong with crop and camera, fitted on rendered
heads whose cameras are known, halves it. It is small (a few thousand numbers), needs a millisecond, and is
fitted in seconds (`goae_core.training.head_pose_fit`).

Source: Dalal and Triggs 2005 (the histograms).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from goae_core.camera_estimate import HeadPose, estimate_pose, reframed
from goae_core.crop import Crop, resample
from goae_core.opencv import cv2
from goae_core.presets import CameraConfig

CHIP = 64
"""Pixels per side of the chip that is looked at."""
CHIP_SHARE = 4 / 7
"""Side of the chip in sides of the crop: from brows to chin. Hair and background would mislead."""
_CELL = 8
_BINS = 9
FEATURES = (CHIP // _CELL - 1) ** 2 * 4 * _BINS
"""Numbers that describe a chip: overlapping blocks of 2 x 2 cells."""
# No correction goes farther than the fit has seen: radians for the angles, then log scale, then frame sides.
_LIMITS = np.array([0.35, 0.35, 0.3, 0.15, 0.06, 0.06])
# Real faces look as if seen from lower than rendered ones: mean over the six photographs with known cameras.
PITCH_OFFSET = math.radians(3.0)


def find_pose(
    image: NDArray[np.uint8],
    landmarks: NDArray[np.float64],
    rig: CameraConfig = CameraConfig(),  # noqa: B008  a frozen value
) -> HeadPose:
    """Estimate crop and camera of a face from landmarks and picture.

    Mean errors in degrees of yaw, pitch and roll: on rendered heads held out of the fit 3.1, 2.8 and 1.2
    (landmarks alone: 4.3, 6.1 and 2.1); on the six photographs with labels, whose mean pitch set the offset,
    2.1, 2.2 and 0.6 (landmarks alone: 2.7, 7.1 and 0.6).

    Args:
        image: (H, W, 3) upright sRGB.
        landmarks: (5, 2) pixels, as `landmarks.Face` has them.
        rig: The model's.

    Returns:
        Pose for that rig.
    """
    return reframed(embedded_correction().apply(image, estimate_pose(landmarks)), rig)


@dataclass(frozen=True, slots=True, eq=False)
class PoseCorrection:
    """error of the pose = (features - mean) @ weights + offset."""

    mean: NDArray[np.float32]
    """(F,)"""
    weights: NDArray[np.float32]
    """(F, 6): columns yaw, pitch, roll in radians; log scale; shift right and down in frame sides."""
    offset: NDArray[np.float32]
    """(6,)"""

    def apply(self, image: NDArray[np.uint8], pose: HeadPose) -> HeadPose:
        """Correct a pose that landmarks gave.

        Args:
            image: (H, W, 3) upright sRGB.
            pose: For the usual rig (`CameraConfig()`), in whose frame the correction was fitted.

        Returns:
            Pose of about half the error, for a photograph.
        """
        step = self.step(describe(inner_chip(image, pose.crop)))
        step[1] += PITCH_OFFSET
        return moved(pose, step)

    def step(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """What `moved` has to add to the pose of a rendered head, (6,), no farther than the fit has seen.

        Args:
            features: (F,), as `describe` gives them.
        """
        step = (features - self.mean) @ self.weights + self.offset
        return np.clip(step.astype(np.float64), -_LIMITS, _LIMITS)


def inner_chip(image: NDArray[np.uint8], crop: Crop) -> NDArray[np.uint8]:
    """The face in the middle of a crop, (64, 64, 3)."""
    return resample(image, Crop(crop.center, crop.side * CHIP_SHARE, crop.roll), CHIP)


def describe(chip: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Histograms of gradients of a chip, (64, 64, 3) to (F,); light and colour hardly matter to them."""
    cells = cv2.HOGDescriptor((CHIP, CHIP), (2 * _CELL, 2 * _CELL), (_CELL, _CELL), (_CELL, _CELL), _BINS)
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)
    return np.asarray(cells.compute(grey), dtype=np.float32).ravel()


def moved(pose: HeadPose, step: NDArray[np.float64]) -> HeadPose:
    """Add a correction: yaw, pitch, roll, log scale, shift right and down in sides of the old frame."""
    crop = pose.crop
    center = crop.to_photo(np.array([0.5 + step[4], 0.5 + step[5]]))
    better = Crop(
        (float(center[0]), float(center[1])), crop.side * math.exp(float(step[3])), crop.roll + float(step[2])
    )
    return HeadPose(pose.yaw + float(step[0]), pose.pitch + float(step[1]), better, pose.error)


@cache
def embedded_correction() -> PoseCorrection:
    """The correction that comes with the program."""
    data = (resources.files("resources") / "alignment" / "head_pose.safetensors").read_bytes()
    tensors = {name: values.astype(np.float32) for name, values in load(data).items()}
    return PoseCorrection(tensors["mean"], tensors["weights"], tensors["offset"])
