from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from goae_core.camera_estimate import CANONICAL, project
from goae_core.errors import NoFaceError, PhotoError
from goae_core.evaluation import photographs
from goae_core.evaluation.photographs import listed_photos, subjects
from goae_core.landmarks import Face
from goae_core.presets import preset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.jpg", "c.png"):
        Image.new("RGB", (200, 160), (90, 120, 60)).save(tmp_path / name)
    (tmp_path / ".hidden.png").write_bytes(b"")
    return tmp_path


def test_odd_rows_of_the_table_tune(folder: Path) -> None:
    (folder / "SOURCES.md").write_text(
        "| file | from |\n|---|---|\n| c.png | somewhere |\n| gone.png | lost |\n| a.jpg | elsewhere |\n"
    )
    listed = listed_photos(folder)
    # Those of the table first, in its order; a file that is not there takes no row.
    assert [photo.path.name for photo in listed] == ["c.png", "a.jpg", "b.png"]
    assert [photo.row for photo in listed] == [1, 2, 3]
    assert [photo.tunes for photo in listed] == [True, False, True]


def test_without_a_table_names_decide(folder: Path) -> None:
    assert [photo.path.name for photo in listed_photos(folder)] == ["a.jpg", "b.png", "c.png"]


def test_a_folder_without_photographs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="has no photograph in it"):
        listed_photos(tmp_path)
    with pytest.raises(PhotoError, match="is no folder"):
        listed_photos(tmp_path / "missing")


def _face(center: tuple[float, float], side: float, spread: float = 0.0) -> Face:
    landmarks = np.asarray(center) + side * (project(CANONICAL, 0.0, 0.0) - 0.5)
    box = (center[0] - side / 4, center[1] - side / 4, center[0] + side / 4, center[1] + side / 4)
    return Face(box, landmarks, 1.0, spread)


def test_every_face_that_looks_at_the_camera_is_a_subject(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = preset("tiny").image_size
    faces = (
        _face((60.0, 80.0), 4.0 * size, spread=1.0),
        _face((60.0, 80.0), 1.5 * size),
        _face((150.0, 80.0), 8.0),
    )
    monkeypatch.setattr(photographs, "find_faces", lambda image: faces)
    first, second = subjects(listed_photos(folder)[0], preset("tiny"))
    assert (first.number, second.number) == (1, 2)
    assert first.usable
    assert not second.usable  # eight pixels tell nobody's name
    assert first.photo.pixels.shape == (1, 3, size, size)
    # The landmarks in the frame are those of the photo, cut out.
    back = first.photo.crop.to_photo(first.face.landmarks / size)
    assert np.allclose(back, faces[1].landmarks)


def test_no_face_is_the_sentence_of_invert(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "find_faces", lambda image: ())
    with pytest.raises(NoFaceError, match="no face was found in the picture"):
        subjects(listed_photos(folder)[0], preset("tiny"))
    monkeypatch.setattr(photographs, "find_faces", lambda image: (_face((60.0, 80.0), 90.0, spread=1.0),))
    with pytest.raises(NoFaceError, match="turned too far to the side"):
        subjects(listed_photos(folder)[0], preset("tiny"))
