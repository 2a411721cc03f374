"""Whether a picture still shows the person of a photo: the distance of dlib's face descriptors.

Pictures of one person lie closer than `STRANGERS`, those of two persons usually farther.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goae_core.camera_estimate import CANONICAL, project
from goae_core.landmarks import Face, describe_face, find_faces
from goae_core.presets import CameraConfig

STRANGERS = 0.6
"""Descriptors this far apart are those of two persons."""
_MISPLACED = 0.10
"""Frame sides by which a found face may lie beside where the head has it, and still be the head's."""


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """Who a picture shows."""

    vector: NDArray[np.float64]
    """(128,), see `landmarks.face_descriptor`."""
    found: bool
    """False where no face was found and the place was described where the head must have it."""


def distance(first: Description, second: Description) -> float:
    """Between two descriptions, 0 to about 1.4."""
    return float(np.linalg.norm(first.vector - second.vector))


def expected_face(size: int, yaw: float, pitch: float, rig: CameraConfig) -> Face:
    """Where an upright orbit camera sees the face of an average head.

    Args:
        size: Pixels per side of the picture.
        yaw: Radians.
        pitch: Radians.
        rig: The model's.
    """
    landmarks = project(CANONICAL, yaw, pitch, rig) * size
    (left, top), (right, bottom) = landmarks.min(axis=0), landmarks.max(axis=0)
    box = (float(left), float(top), float(right), float(bottom))
    return Face(box, landmarks, confidence=1.0, spread=0.0)


def describe(picture: NDArray[np.uint8], face: Face) -> Description:
    """Describe a face whose place is known; nothing is searched for.

    Args:
        picture: (H, W, 3).
        face: Its landmarks say where.

    Raises:
        PhotoError: If the descriptor's weights are not installed.
    """
    return Description(describe_face(picture, face), found=True)


def describe_head(picture: NDArray[np.uint8], expected: Face) -> Description:
    """Describe the head in a rendered picture: the face that is found, or the place where it must be.

    Args:
        picture: (R, R, 3).
        expected: See `expected_face`.

    Raises:
        PhotoError: If the weights of detector or descriptor are not installed.
    """

    def offset(face: Face) -> float:
        return float(np.linalg.norm(face.landmarks - expected.landmarks, axis=1).mean())

    near = min(find_faces(picture), key=offset, default=None)
    if near is None or offset(near) > _MISPLACED * len(picture):
        return Description(describe_face(picture, expected), found=False)
    return Description(describe_face(picture, near), found=True)
