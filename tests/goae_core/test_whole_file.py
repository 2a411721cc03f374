from __future__ import annotations

import os
from pathlib import Path

import pytest

from goae_core.errors import ExportError
from goae_core.whole_file import whole_file


def test_file_appears_when_the_block_ends_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "new" / "head.png"
    with whole_file(path) as part:
        part.write_bytes(b"done")
        assert not path.exists()
        assert part.parent == path.parent
        assert part.suffix == ".png"
    assert path.read_bytes() == b"done"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_failure_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "head.png"
    path.write_bytes(b"old")

    def fail() -> None:
        with whole_file(path) as part:
            part.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
def test_others_may_read_the_result_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with whole_file(tmp_path / "head.png") as part:
            part.write_bytes(b"x")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert (tmp_path / "head.png").stat().st_mode & 0o777 == 0o640


def test_folder_in_the_way_and_impossible_place_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="is a folder; name a file"), whole_file(tmp_path):
        pass
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExportError, match="cannot write"), whole_file(tmp_path / "file" / "head.png"):
        pass


def test_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with (
        pytest.raises(ExportError, match=r"cannot write .*head\.png.*No space left"),
        whole_file(tmp_path / "head.png"),
    ):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []
