"""Faces in a photo, five landmarks on each, and a measure of who it is.

The detectors and predictors are dlib's. Their weights come with the package ``face_recognition_models``
(CC0), of which only the files are used: nothing of it is imported. All functions here may be called from any
thread; they take turns, because dlib's detectors keep their scratch memory inside.

Sources: Dalal and Triggs 2005 (histograms of gradients), King 2015, arXiv 1502.00046 (max-margin detection),
Kazemi and Sullivan 2014 (landmarks by regression trees).
"""

from __future__ import annotations

import importlib.metadata
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from goae_core.crop import Crop, resample
from goae_core.errors import PhotoError
from goae_core.opencv import cv2

# The numbers below were chosen on 38 photographs (67 faces, cats, dogs, a cup): see find_faces.
_LONG_SIDES = (400, 640, 1000, 1600)
_MAX_ENLARGEMENT = 2.5
_SURE_SCORE = 0.5
_WEAK_SCORE = -0.1
_NETWORK_LONG_SIDE = 560
_NETWORK_SCORE = 0.6
_QUARTER_TURNS = (1, 3, 2)
_CHIP = 320
_CHIP_FACE = 160
# Landmarks are the median over slightly different boxes; where these disagree by more than this share of the
# box's width, no face looks at the camera (measured: up to 0.009 on faces, 0.021 on a full profile).
_MAX_SPREAD = 0.014

_lock = threading.RLock()


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in a photo."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom; pixels of the upright photo."""
    landmarks: NDArray[np.float64]
    """(5, 2) pixels: left eye's outer and inner corner, right eye's outer and inner corner, base of the nose.

    Left and right are the person's: the left eye lies on the right of an upright picture.
    """
    confidence: float
    """Detector's score; 0 is a guess, above 1 is sure."""
    spread: float
    """Disagreement of the landmarks between slightly different boxes, in box widths; small is good."""

    @property
    def width(self) -> float:
        """Pixels."""
        return self.box[2] - self.box[0]

    @property
    def faces_camera(self) -> bool:
        """False on profiles, where the landmarks mean nothing."""
        return self.spread <= _MAX_SPREAD

    def eye_centers(self) -> NDArray[np.float64]:
        """Midpoints between the corners of the left and the right eye, (2, 2) pixels."""
        return np.stack([self.landmarks[0:2].mean(axis=0), self.landmarks[2:4].mean(axis=0)])


def find_faces(image: NDArray[np.uint8]) -> tuple[Face, ...]:
    """Find the faces in a photo, the largest first.

    A gradient detector looks at the picture in several sizes (0.3 s). What it is unsure of, and the whole
    picture where it finds nothing, is shown to a convolutional detector (0.2 and 1.3 s). A picture that still
    shows no face is tried lying on its sides and upside down: scanned photos and files without an orientation
    tag.

    Args:
        image: (H, W, 3) upright sRGB.

    Returns:
        Faces ordered by the area of their boxes; empty if there are none.

    Raises:
        PhotoError: If the detectors' weights are not installed.
    """
    with _lock:
        found = _find_upright(image)
        if not found:
            found = _find_by_network(image)
        faces = [_face(image, box, score) for box, score in found]
        if not any(face.faces_camera for face in faces):
            for turns in _QUARTER_TURNS:
                turned = np.ascontiguousarray(np.rot90(image, turns))
                lying = [_face(turned, box, score) for box, score in _find_upright(turned)]
                if any(face.faces_camera for face in lying):
                    faces = [_unturned(face, turns, image.shape[1], image.shape[0]) for face in lying]
                    break
    return tuple(sorted(faces, key=lambda face: -_area(face.box)))


def face_descriptor(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Describe the largest face's identity; a measure for evaluation.

    Two photos of one person lie closer than 0.6 (Euclidean distance), two persons usually farther.

    Args:
        image: (H, W, 3) upright sRGB.

    Returns:
        (128,), about unit length.

    Raises:
        PhotoError: If there is no face, or the network's weights are not installed.
    """
    faces = find_faces(image)
    if not faces:
        raise PhotoError(
            "no face to describe was found in the picture; give one that shows a face from the front"
        )
    return describe_face(image, faces[0])


def describe_face(image: NDArray[np.uint8], face: Face) -> NDArray[np.float64]:
    """Describe the identity of a face that was found before, for instance on the same head before an edit.

    Args:
        image: (H, W, 3) upright sRGB.
        face: Where to look.

    Returns:
        (128,), see `face_descriptor`.

    Raises:
        PhotoError: If the network's weights are not installed.
    """
    import dlib

    with _lock:
        left, top, right, bottom = (round(v) for v in face.box)
        shape = dlib.full_object_detection(
            dlib.rectangle(left, top, right, bottom),
            dlib.points([dlib.point(round(x), round(y)) for x, y in face.landmarks]),
        )
        network = _load("face_recognition_model_v1", "dlib_face_recognition_resnet_model_v1.dat")
        return np.asarray(
            network.compute_face_descriptor(np.ascontiguousarray(image), shape), dtype=np.float64
        )


Box = tuple[float, float, float, float]


def _find_upright(image: NDArray[np.uint8]) -> list[tuple[Box, float]]:
    """Faces the gradient detector finds in any size and, where it is unsure, the network confirms."""
    candidates: list[tuple[Box, float]] = []
    for scaled, scale in _sizes(image):
        boxes, scores, _ = _gradient_detector().run(scaled, 0, _WEAK_SCORE)
        candidates += [(_scaled_box(box, 1 / scale), score) for box, score in zip(boxes, scores, strict=True)]
    kept: list[tuple[Box, float]] = []
    for box, score in sorted(candidates, key=lambda found: -found[1]):
        if not any(_same_face(box, other) for other, _ in kept):
            kept.append((box, score))
    return [(box, score) for box, score in kept if score >= _SURE_SCORE or _network_confirms(image, box)]


def _sizes(image: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """The picture in the sizes that the gradient detector looks at, whose smallest face has 80 pixels."""
    height, width = image.shape[:2]
    for index, side in enumerate(_LONG_SIDES):
        scale = side / max(height, width)
        if index == 0 or scale <= _MAX_ENLARGEMENT:
            yield _resized(image, scale), scale


def _resized(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=how), dtype=np.uint8)


def _find_by_network(image: NDArray[np.uint8]) -> list[tuple[Box, float]]:
    """Faces the convolutional detector finds in the whole picture; it knows profiles."""
    scale = _NETWORK_LONG_SIDE / max(image.shape[:2])
    found = _network_detector()(_resized(image, scale), 0)
    return [(_scaled_box(f.rect, 1 / scale), f.confidence) for f in found if f.confidence >= _NETWORK_SCORE]


def _network_confirms(image: NDArray[np.uint8], box: Box) -> bool:
    """Whether the convolutional detector sees a face of that place and size, too."""
    crop = Crop(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), 2.2 * (box[2] - box[0]))
    found = _network_detector()(resample(image, crop, 220), 0)
    middle = (60.0, 60.0, 160.0, 160.0)
    return any(f.confidence >= _NETWORK_SCORE and _same_face(_scaled_box(f.rect, 1.0), middle) for f in found)


def _scaled_box(box: Any, factor: float) -> Box:  # noqa: ANN401  dlib publishes no types
    return box.left() * factor, box.top() * factor, (box.right() + 1) * factor, (box.bottom() + 1) * factor


def _area(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def _same_face(box: Box, other: Box) -> bool:
    """Whether two boxes share more than 45 % of the smaller one."""
    shared = _area(
        (max(box[0], other[0]), max(box[1], other[1]), min(box[2], other[2]), min(box[3], other[3]))
    )
    return shared > 0.45 * min(_area(box), _area(other))


def _face(image: NDArray[np.uint8], box: Box, score: float) -> Face:
    """Landmarks of a found face, in pixels of `image`."""
    center, width = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), box[2] - box[0]
    crop = Crop(center, width * _CHIP / _CHIP_FACE)
    landmarks, spread = _predict(image, crop)
    # The predictor knows upright faces best: look again with the eyes made level.
    right_to_left = landmarks[0:2].mean(axis=0) - landmarks[2:4].mean(axis=0)
    roll = math.atan2(float(right_to_left[1]), float(right_to_left[0]))
    if 0.12 < abs(roll) < 1.0:
        landmarks, spread = _predict(image, Crop(center, crop.side, roll))
    return Face(box, landmarks, float(score), spread)


def _predict(image: NDArray[np.uint8], crop: Crop) -> tuple[NDArray[np.float64], float]:
    """Landmarks in a crop with the face's box in its middle: photo pixels, and their disagreement."""
    import dlib

    predictor = _load("shape_predictor", "shape_predictor_5_face_landmarks.dat")
    chip = resample(image, crop, _CHIP)
    votes = []
    for shift_x, shift_y, growth in _JITTER:
        half = _CHIP_FACE / 2 * growth
        x, y = _CHIP / 2 + shift_x * _CHIP_FACE, _CHIP / 2 + shift_y * _CHIP_FACE
        box = dlib.rectangle(round(x - half), round(y - half), round(x + half), round(y + half))
        votes.append([(point.x + 0.5, point.y + 0.5) for point in predictor(chip, box).parts()])
    points = np.array(votes)  # (votes, 5, 2), pixels of the chip
    return crop.to_photo(np.median(points, axis=0) / _CHIP), float(points.std(axis=0).mean() / _CHIP_FACE)


# Shift in x and y and growth of the box, in box widths.
_JITTER = (
    (0.0, 0.0, 1.0),
    (0.05, 0.0, 1.0),
    (-0.05, 0.0, 1.0),
    (0.0, 0.05, 1.0),
    (0.0, -0.05, 1.0),
    (0.03, 0.03, 1.07),
    (-0.03, 0.03, 0.94),
    (0.03, -0.03, 0.94),
    (-0.03, -0.03, 1.07),
)


def _unturned(face: Face, turns: int, width: int, height: int) -> Face:
    """Bring a face of a picture turned by quarters (np.rot90) back to the picture itself."""
    left, top, right, bottom = face.box
    corners = _unturn(np.array([[left, top], [right, bottom]]), turns, width, height)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    box = (float(left), float(top), float(right), float(bottom))
    return Face(box, _unturn(face.landmarks, turns, width, height), face.confidence, face.spread)


def _unturn(points: NDArray[np.float64], turns: int, width: int, height: int) -> NDArray[np.float64]:
    x, y = points[:, 0], points[:, 1]
    if turns == 1:
        return np.stack([width - y, x], axis=1)
    if turns == 2:
        return np.stack([width - x, height - y], axis=1)
    return np.stack([y, height - x], axis=1)


@cache
def _gradient_detector() -> Any:  # noqa: ANN401  dlib publishes no types
    import dlib

    return dlib.get_frontal_face_detector()


def _network_detector() -> Any:  # noqa: ANN401
    return _load("cnn_face_detection_model_v1", "mmod_human_face_detector.dat")


@cache
def _load(kind: str, name: str) -> Any:  # noqa: ANN401
    import dlib

    return getattr(dlib, kind)(str(_weights(name)))


def _weights(name: str) -> Path:
    """Where the package face_recognition_models keeps a file."""
    try:
        files = importlib.metadata.files("face_recognition_models") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if file.name == name and path.is_file():
            return path
    raise PhotoError(
        f"the face detector's file {name} is missing; install the package face_recognition_models, "
        "or take the middle of the picture with --center"
    )
