"""Edit directions: npy files, and torch archives under that name."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from goae_core.errors import CheckpointError, DirectionError
from goae_core.upstream.directions import read_direction


def _npy(path: Path, values: Any) -> Path:  # noqa: ANN401 - any array
    np.save(path, values)
    return path


@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f8", "<f2"])
@pytest.mark.parametrize("shape", [(1, 2, 3), (2, 3)])
def test_npy_files_of_every_float_are_read(tmp_path: Path, kind: str, shape: tuple[int, ...]) -> None:
    read = read_direction(_npy(tmp_path / "age.npy", np.arange(6).reshape(shape).astype(kind)), 2, 3)
    assert read.name == "age"
    assert read.offset.dtype == torch.float32
    assert read.offset.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_column_order_is_honoured(tmp_path: Path) -> None:
    values = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    assert read_direction(_npy(tmp_path / "a.npy", values), 2, 3).offset.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_torch_archive_under_the_name_npy_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cat_black.npy"
    torch.save(torch.arange(6.0).reshape(1, 2, 3), path)
    assert read_direction(path, 2, 3).offset.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_python_objects_are_refused_unread(tmp_path: Path) -> None:
    victim = tmp_path / "victim"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {victim}",)

    path = _npy(tmp_path / "evil.npy", np.array([Evil()], dtype=object))
    with pytest.raises(CheckpointError, match="holds entries of type object, not floating-point numbers"):
        read_direction(path, 2, 3)
    (tmp_path / "bare.npy").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(CheckpointError, match="neither a npy file nor a torch archive"):
        read_direction(tmp_path / "bare.npy", 2, 3)
    torch.save(Evil(), tmp_path / "zipped.npy")
    with pytest.raises(CheckpointError, match=r"asks for the Python global '(posix|nt)\.system'"):
        read_direction(tmp_path / "zipped.npy", 2, 3)
    assert not victim.exists()


@pytest.mark.parametrize("values", [np.arange(6, dtype=np.int64), np.array(["a"]), np.ones((2, 3), complex)])
def test_other_entries_are_refused(tmp_path: Path, values: Any) -> None:  # noqa: ANN401
    with pytest.raises(CheckpointError, match="not floating-point numbers"):
        read_direction(_npy(tmp_path / "x.npy", values), 2, 3)


def test_a_direction_of_another_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DirectionError, match=r"has the shape \[1, 3, 2\]; the model's styles have 2 rows of 3"
    ):
        read_direction(_npy(tmp_path / "x.npy", np.ones((1, 3, 2), np.float32)), 2, 3)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_zero_and_infinite_directions_are_refused(tmp_path: Path, value: float) -> None:
    with pytest.raises(DirectionError, match="is no direction"):
        read_direction(_npy(tmp_path / "x.npy", np.full((2, 3), value, np.float32)), 2, 3)


@pytest.mark.parametrize("name", ["a b.npy", "1st.npy", "-x.npy", "x=1.npy", "ä.npy"])
def test_files_whose_names_cannot_be_typed_after_set_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DirectionError, match="cannot name an edit direction; rename the file"):
        read_direction(_npy(tmp_path / name, np.ones((2, 3), np.float32)), 2, 3)


def test_truncation_anywhere_and_announced_terabytes_end_in_a_sentence(tmp_path: Path) -> None:
    file = io.BytesIO()
    np.save(file, np.ones((2, 3), np.float32))
    data = file.getvalue()
    path = tmp_path / "x.npy"
    for end in (0, 3, 6, 9, 60, 127, 128, 140, len(data) - 1):
        path.write_bytes(data[:end])
        with pytest.raises(CheckpointError, match=r"'x.npy' is (empty|neither|damaged|truncated)"):
            read_direction(path, 2, 3)
    announced = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6)}
    np.lib.format.write_array_header_1_0(announced, header)
    path.write_bytes(announced.getvalue() + bytes(24))
    with pytest.raises(CheckpointError, match="is truncated: 4000000000000 bytes of numbers are announced"):
        read_direction(path, 2, 3)


@pytest.mark.parametrize("name", ["age", "anger", "glass", "cat_black", "cat_smalleyes"])
def test_the_published_directions_are_read(shared_dir: Path, name: str) -> None:
    offset = read_direction(shared_dir / "spec" / "directions" / f"{name}.npy", 14, 512).offset
    assert offset.shape == (14, 512)
    norms = offset.norm(dim=1)
    published = {"age": 2.0, "anger": 3.0, "glass": 0.95}
    if name in published:  # 14 equal rows
        assert torch.equal(offset, offset[:1].expand(14, 512))
        assert norms[0].item() == pytest.approx(published[name], rel=0.03)
    else:
        changed = {"cat_black": range(4, 14), "cat_smalleyes": range(4, 6)}[name]
        assert [row for row in range(14) if norms[row] > 0] == list(changed)
