from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from goae_core.camera import orbit
from goae_core.crop import Crop
from goae_core.evaluation.contact_sheets import CELL, ROWS, ContactSheets, columns, row
from goae_core.evaluation.identity import expected_face
from goae_core.evaluation.photographs import ListedPhoto, Subject
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import build
from tests.goae_core.tiny_model import tiny_checkpoint

MADE_WITH = {"weights": "abc"}


def _pictures(grey: int) -> list[np.ndarray]:
    return [np.full((CELL, CELL, 3), grey + 40 * column, np.uint8) for column in range(2)]


def _sheets(folder: Path, *, resume: bool = False, made_with: dict[str, str] = MADE_WITH) -> ContactSheets:
    return ContactSheets(folder, ["photograph", "head"], made_with, resume=resume)


def test_rows_fill_pages_as_they_come(tmp_path: Path) -> None:
    sheets = _sheets(tmp_path)
    for number in range(ROWS + 1):
        sheets.add(f"{number}.jpg", "yaw +1", _pictures(10 * number))
    assert [page.name for page in sheets.pages()] == ["page_01.jpg", "page_02.jpg"]
    with Image.open(sheets.pages()[1]) as page:
        assert page.width == 2 * CELL
        shown = np.asarray(page)[18 + CELL // 2, CELL + CELL // 2]
        assert np.abs(shown.astype(int) - (80 + 40)).max() <= 3
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert index.count("<img") == 2


def test_failures_are_listed_with_their_sentence(tmp_path: Path) -> None:
    sheets = _sheets(tmp_path)
    sheets.fail("cat.jpg", "no face was found, <sorry>")
    assert sheets.has("cat.jpg")
    assert "no face was found, &lt;sorry&gt;" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert sheets.pages() == []


def test_a_stopped_sheet_goes_on(tmp_path: Path) -> None:
    first = _sheets(tmp_path)
    first.add("a.jpg", "", _pictures(50))
    first.fail("cat.jpg", "no face")
    second = _sheets(tmp_path, resume=True)
    assert second.has("a.jpg")
    assert second.failures == {"cat.jpg": "no face"}
    second.add("b.jpg", "", _pictures(90))
    with Image.open(second.pages()[0]) as page:
        assert page.height == 18 + 2 * (CELL + 18)
    assert not _sheets(tmp_path, resume=True, made_with={"weights": "other"}).has("a.jpg")
    assert not _sheets(tmp_path).has("a.jpg")


def test_a_row_has_a_picture_for_each_column(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = build(tiny_checkpoint(), "cpu")
    monkeypatch.setattr(pipeline, "matte", lambda pixels: torch.ones_like(pixels[:, :1]))
    rig, size = pipeline.preset.camera, pipeline.preset.image_size
    pixels = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(4)) * 2 - 1
    photo = AlignedPhoto(pixels, orbit(0.1, 0.0, rig=rig), "a.jpg", Crop((50.0, 50.0), 90.0))
    face = expected_face(size, 0.1, 0.0, rig)
    subject = Subject(ListedPhoto(Path("a.jpg"), 1), 1, photo, face, 0.1, 0.0, True)
    pictures = row(pipeline, subject, pipeline.invert(photo))
    titles = columns(pipeline)
    assert len(pictures) == len(titles)
    assert titles[:7] == ["photograph", "head", "with detail", "yaw -30", "yaw -15", "yaw +15", "yaw +30"]
    assert all(picture.shape == (CELL, CELL, 3) for picture in pictures)
    assert not np.array_equal(pictures[3], pictures[6])
