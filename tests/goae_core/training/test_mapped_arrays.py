from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from goae_core.training.mapped_arrays import MAPPED_BYTES, read_arrays


def _written(path: Path, *, compressed: bool) -> dict[str, Any]:
    arrays: dict[str, Any] = {
        "pictures": np.arange(3 * MAPPED_BYTES, dtype=np.uint8).reshape(3, -1),
        "depth": np.linspace(0, 3, MAPPED_BYTES).astype(np.float16).reshape(2, -1, 4),
        "turned": np.asfortranarray(np.arange(MAPPED_BYTES, dtype=np.float32).reshape(4, -1)),
        "labels": np.array([1.5, -2.5], np.float32),
        "painted": np.array(True),
    }
    (np.savez_compressed if compressed else np.savez)(path, **arrays)
    return arrays


@pytest.mark.parametrize("compressed", [False, True])
def test_what_was_written_is_read(tmp_path: Path, compressed: bool) -> None:
    path = tmp_path / "000001.npz"
    written = _written(path, compressed=compressed)
    read = read_arrays(path)
    assert read.keys() == written.keys()
    for name, array in written.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_only_large_uncompressed_arrays_are_mapped_and_they_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "000001.npz"
    _written(path, compressed=False)
    read = read_arrays(path)
    assert isinstance(read["pictures"], np.memmap)
    assert not isinstance(read["labels"], np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        read["pictures"][0, 0] = 1


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "000001.npz"
    _written(path, compressed=False)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises((zipfile.BadZipFile, ValueError)):
        read_arrays(path)


def test_a_member_that_lies_about_its_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "000001.npz"
    with zipfile.ZipFile(path, "w") as archive, archive.open("pictures.npy", "w") as member:
        np.lib.format.write_array_header_1_0(
            member, {"descr": "|u1", "fortran_order": False, "shape": (MAPPED_BYTES * 2,)}
        )
        member.write(bytes(MAPPED_BYTES))
    with pytest.raises(ValueError, match="shorter or longer"):
        read_arrays(path)
