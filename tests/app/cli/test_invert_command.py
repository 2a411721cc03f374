from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.invert_command import photos_in, stems_of
from goae_core.errors import PhotoError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"")


def test_folder_gives_its_photographs_by_name_and_nothing_else(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a.png", "notes.txt", ".hidden.jpg", "c.tiff")
    (tmp_path / "d.jpg").mkdir()
    assert [path.name for path in photos_in([tmp_path])] == ["a.png", "b.JPG", "c.tiff"]


def test_results_of_an_earlier_run_are_no_photographs(tmp_path: Path) -> None:
    touch(tmp_path, "me.jpg", "me.goae", "me_views.png", "me_reconstruction.png", "my_views.png")
    # my_views.png has no my.goae beside it: somebody's own picture
    assert [path.name for path in photos_in([tmp_path])] == ["me.jpg", "my_views.png"]


def test_named_files_are_taken_as_they_are_but_once(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    missing = tmp_path / "missing.jpg"
    assert photos_in([tmp_path / "a.png", tmp_path, missing]) == [tmp_path / "a.png", missing]


def test_folder_without_photographs_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="has no photograph in it"):
        photos_in([tmp_path])


def test_photos_of_one_name_do_not_overwrite_each_other() -> None:
    photos = [Path(name) for name in ("a/me.jpg", "b/me.png", "c/ME.jpg", "me-2.jpg", "you.jpg")]
    assert stems_of(photos) == ["me", "me-2", "ME-3", "me-2-2", "you"]
