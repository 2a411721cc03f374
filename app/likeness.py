"""How like the photo the head still is. No Qt."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt

from app.messages import Pixels
from app.pose import Pose
from goae_core.errors import PhotoError
from goae_core.presets import CameraConfig

_STRANGERS = 0.6
"""Descriptors this far apart are those of two persons."""

log = logging.getLogger(__name__)


class Likeness:
    """Compares faces by dlib's descriptor. One thread at a time, any thread.

    likeness = 1 - distance / 0.6: 1 for the same picture, 0 for a stranger.
    """

    def __init__(self) -> None:
        """Know no photo yet."""
        self._photo: Pixels | None = None
        self._described: npt.NDArray[np.float64] | None = None

    def measure(self, photo: Pixels, picture: Pixels, pose: Pose, rig: CameraConfig) -> float | None:
        """Compare a picture with the photo.

        Args:
            photo: (R, R, 3), the crop; described once.
            picture: (R, R, 3), the head from the photo's side.
            pose: Of the photo; with `rig` it says where in both pictures the face is.
            rig: The model's.

        Returns:
            0 to 1; None where dlib is missing.
        """
        if photo is not self._photo:
            self._described = _descriptor(photo, pose, rig)
            self._photo = photo
        seen = _descriptor(picture, pose, rig)
        if self._described is None or seen is None:
            return None
        distance = float(np.linalg.norm(self._described - seen))
        return max(1.0 - distance / _STRANGERS, 0.0)


def _descriptor(pixels: Pixels, pose: Pose, rig: CameraConfig) -> npt.NDArray[np.float64] | None:
    """Nothing is searched for: dlib keeps Python's lock while it searches, and the window would wait."""
    try:
        from goae_core.camera_estimate import CANONICAL, project
        from goae_core.landmarks import Face, describe_face

        landmarks = project(CANONICAL, pose.yaw, pose.pitch, rig) * len(pixels)
        (left, top), (right, bottom) = landmarks.min(axis=0), landmarks.max(axis=0)
        box = (float(left), float(top), float(right), float(bottom))
        return describe_face(pixels, Face(box, landmarks, confidence=1.0, spread=0.0))
    except (ImportError, OSError, PhotoError) as error:
        log.info("no likeness: %s", error)
        return None
