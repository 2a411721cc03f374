"""Finding faces. On real photographs where the shared folder is there; they never enter the repository."""

from __future__ import annotations

import importlib.metadata
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import goae_core.landmarks as landmarks_module
from goae_core.errors import PhotoError
from goae_core.landmarks import Face, face_descriptor, find_faces
from goae_core.photo import read_photo

# How many faces every photograph has that are found; 0: none is, and none should be.
FOUND = {
    "deca_0.jpg": 1,
    "deca_4.jpg": 1,
    "deca_image00480.jpg": 1,
    "deca_image02202.jpg": 1,
    "deep3dface_000031.jpg": 1,
    "deep3dface_000037.jpg": 1,
    "deep3dface_000125.jpg": 1,
    "deep3dface_vd051.png": 1,
    "deepface_img24.jpg": 1,
    "deepface_img40.jpg": 1,
    "deepface_img51.jpg": 1,
    "deepface_selfie-many-people.jpg": 4,
    "dlib_2007_007763.jpg": 7,
    "dlib_2008_002506.jpg": 3,
    "dlib_bald_guys.jpg": 24,
    "dlib_tiny_000264_01099001.jpg": 1,
    "exif-orien_Portrait_6.jpg": 0,
    "face_recog_32bit.png": 1,
    "face_recog_obama.jpg": 1,
    "face_recog_obama_partial_face.jpg": 1,
    "gfpgan_00.jpg": 2,
    "goae_1.jpg": 1,
    "goae_3.jpg": 1,
    "goae_5.jpg": 1,
    "goae_7.jpg": 1,
    "goae_9.jpg": 1,
    "goae_12.jpg": 1,
    "made_astronaut_exif6.jpg": 1,
    "made_gray_000031.jpg": 1,
    "made_tiny48_img24.png": 1,
    "scikit-ima_astronaut.png": 1,
    "scikit-ima_chelsea.png": 0,
    "scikit-ima_coffee.png": 0,
    "stargan-v2_flickr_cat_000253.jpg": 0,
    "dlib_dogs.jpg": 0,
}


def _assert_sensible(face: Face) -> None:
    """Eyes apart and above the nose, all in or near the box."""
    left, top, right, bottom = face.box
    margin = 0.3 * face.width
    assert (face.landmarks > [left - margin, top - margin]).all()
    assert (face.landmarks < [right + margin, bottom + margin]).all()
    left_eye, right_eye = face.eye_centers()
    across = left_eye - right_eye
    down = face.landmarks[4] - (left_eye + right_eye) / 2
    assert np.hypot(*across) > 0.15 * face.width
    assert across[0] * down[1] - across[1] * down[0] > 0  # the nose lies below the line between the eyes


@pytest.mark.parametrize(("name", "count"), FOUND.items())
def test_faces_of_a_photograph(shared_dir: Path, name: str, count: int) -> None:
    faces = find_faces(read_photo(shared_dir / "photos" / name))
    facing = [face for face in faces if face.faces_camera]
    assert len(facing) == count
    areas = np.array([face.width * (face.box[3] - face.box[1]) for face in faces])
    assert (np.diff(areas) <= 1e-6 * areas[:-1]).all()  # the largest first
    for face in facing:
        _assert_sensible(face)


def test_a_profile_is_known_as_one(shared_dir: Path) -> None:
    faces = find_faces(read_photo(shared_dir / "photos" / "deca_image00181.jpg"))
    assert [face.faces_camera for face in faces] == [False]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_lying_photograph_gives_the_same_landmarks_turned(shared_dir: Path, turns: int) -> None:
    image = read_photo(shared_dir / "photos" / "goae_3.jpg")[100:420, 60:380]
    (upright,) = find_faces(image)
    (lying,) = find_faces(np.ascontiguousarray(np.rot90(image, turns)))
    # np.rot90 turns anticlockwise: (x, y) goes to (y, side - x)
    points, side = upright.landmarks, 320
    for _ in range(turns):
        points = np.stack([points[:, 1], side - points[:, 0]], axis=1)
    assert np.abs(lying.landmarks - points).max() < 0.02 * side


def test_the_descriptor_tells_persons_apart(shared_dir: Path) -> None:
    photos = shared_dir / "photos"
    names = ("face_recog_obama.jpg", "face_recog_32bit.png", "goae_5.jpg")
    one, same, other = (face_descriptor(read_photo(photos / name)) for name in names)
    assert one.shape == (128,)
    assert np.linalg.norm(one - same) < 0.6 < np.linalg.norm(one - other)


def _noise() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)


def test_noise_has_no_face() -> None:
    assert find_faces(_noise()) == ()


def test_what_has_no_face_has_no_descriptor() -> None:
    with pytest.raises(PhotoError, match="no face"):
        face_descriptor(_noise())


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "files", lambda _: [])
    with pytest.raises(PhotoError, match="face_recognition_models"):
        landmarks_module._weights("shape_predictor_5_face_landmarks.dat")


def test_eye_centers_lie_between_the_corners() -> None:
    points = np.array([[10.0, 1.0], [6.0, 3.0], [-10.0, 2.0], [-6.0, 0.0], [0.0, -9.0]])
    face = Face((0.0, 0.0, 4.0, 3.0), points, 1.0, 0.0)
    np.testing.assert_array_equal(face.eye_centers(), [[8.0, 2.0], [-8.0, 1.0]])
    assert face.width == 4.0
    assert math.isclose(face.confidence, 1.0)
