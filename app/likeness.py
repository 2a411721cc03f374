"""How like the photo the head still is. No Qt."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app.messages import Pixels
from app.pose import Pose
from goae_core.errors import PhotoError
from goae_core.presets import CameraConfig

if TYPE_CHECKING:
    from goae_core.evaluation.identity import Description

log = logging.getLogger(__name__)


class Likeness:
    """Compares faces by dlib's descriptor. One thread at a time, any thread.

    likeness = 1 - distance / 0.6: 1 for the same picture, 0 for a stranger.
    """

    def __init__(self) -> None:
        """Know no photo yet."""
        self._photo: Pixels | None = None
        self._described: Description | None = None

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
            self._described = _description(photo, pose, rig)
            self._photo = photo
        seen = _description(picture, pose, rig)
        if self._described is None or seen is None:
            return None
        from goae_core.evaluation.identity import STRANGERS, distance

        return max(1.0 - distance(self._described, seen) / STRANGERS, 0.0)


def _description(pixels: Pixels, pose: Pose, rig: CameraConfig) -> Description | None:
    """Nothing is searched for: dlib keeps Python's lock while it searches, and the window would wait."""
    try:
        from goae_core.evaluation.identity import describe, expected_face

        return describe(pixels, expected_face(len(pixels), pose.yaw, pose.pitch, rig))
    except (ImportError, OSError, PhotoError) as error:
        log.info("no likeness: %s", error)
        return None
