from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from goae_core.evaluation import identity
from goae_core.evaluation.identity import Description, describe, describe_head, distance, expected_face
from goae_core.landmarks import Face
from goae_core.presets import CameraConfig

PICTURE = np.zeros((256, 256, 3), np.uint8)


@pytest.fixture(autouse=True)
def _places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is described is where they are: the descriptor is the mean of the landmarks."""

    def vector(image: NDArray[np.uint8], face: Face) -> NDArray[np.float64]:
        return np.asarray(face.landmarks.mean(axis=0))

    monkeypatch.setattr(identity, "describe_face", vector)


def _moved(face: Face, right: float) -> Face:
    return Face(face.box, face.landmarks + np.array([right, 0.0]), 1.0, 0.0)


def test_face_is_expected_where_the_camera_sees_it() -> None:
    face = expected_face(256, 0.0, 0.0, CameraConfig())
    left, right = face.eye_centers()
    assert left[0] + right[0] == pytest.approx(256.0)  # symmetric about the middle
    assert left[0] > right[0]  # the person's left eye is on the right
    # 4.2647 * (0.1138 + 0.0488) / 2 * 2 sides apart at a distance of about 2.7 - 0.15
    assert left[0] - right[0] == pytest.approx(256 * 4.2647 * 0.1626 / 2.55, rel=0.01)
    turned = expected_face(256, 0.4, 0.0, CameraConfig())
    assert (
        turned.landmarks[4, 0] < face.landmarks[4, 0]
    )  # a camera to the right sees the nose left of the eyes


def test_distance_is_euclidean() -> None:
    first, second = (Description(np.array(v), found=True) for v in ([0.0, 3.0], [4.0, 0.0]))
    assert distance(first, second) == 5.0


def test_found_face_is_described_where_it_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = expected_face(256, 0.0, 0.0, CameraConfig())
    other, near = _moved(expected, 80.0), _moved(expected, 6.0)
    monkeypatch.setattr(identity, "find_faces", lambda picture: (other, near))
    seen = describe_head(PICTURE, expected)
    assert seen.found
    assert distance(seen, describe(PICTURE, near)) == 0.0


@pytest.mark.parametrize("faces", [(), (80.0,)])
def test_head_without_a_face_is_described_all_the_same_and_says_so(
    monkeypatch: pytest.MonkeyPatch, faces: tuple[float, ...]
) -> None:
    expected = expected_face(256, 0.0, 0.0, CameraConfig())
    monkeypatch.setattr(identity, "find_faces", lambda picture: tuple(_moved(expected, x) for x in faces))
    seen = describe_head(PICTURE, expected)
    assert not seen.found
    assert distance(seen, describe(PICTURE, expected)) == 0.0
