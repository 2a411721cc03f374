"""Torch files with nothing but tensors in them, and those that hold more."""

from __future__ import annotations

import collections
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from goae_core.errors import CheckpointError
from goae_core.upstream.torch_archive import is_zip, read_tensor, read_tensors


def _saved(value: object, *, zipped: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


class _Call:
    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.victim}",)


@pytest.mark.parametrize("zipped", [True, False])
def test_state_dicts_of_both_forms_are_read(zipped: bool) -> None:
    state = nn.BatchNorm2d(3).state_dict()  # has floats, and an int64 scalar
    assert isinstance(state, collections.OrderedDict)
    data = _saved(state, zipped=zipped)
    assert is_zip(data) == zipped
    read = read_tensors(data, "the file")
    assert list(read) == list(state)
    assert all(torch.equal(read[name], state[name]) for name in state)
    assert read["num_batches_tracked"].dtype == torch.int64


def test_what_is_read_owns_its_memory() -> None:
    base = torch.arange(6.0).reshape(2, 3)
    read = read_tensors(_saved({"a": base, "turned": base.T}), "the file")
    assert read["turned"].is_contiguous()
    read["a"].zero_()
    assert read["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize("zipped", [True, False])
def test_a_global_that_is_no_tensor_is_refused_by_name_and_not_called(tmp_path: Path, zipped: bool) -> None:
    victim = tmp_path / "victim"
    data = _saved({"w": torch.zeros(1), "evil": _Call(victim)}, zipped=zipped)
    with pytest.raises(CheckpointError, match=r"the file asks for the Python global '(posix|nt)\.system'"):
        read_tensors(data, "the file")
    assert not victim.exists()


def test_a_pickled_network_is_refused_by_name() -> None:
    with pytest.raises(
        CheckpointError, match=r"asks for the Python global 'torch\.nn\.modules\.linear\.Linear'"
    ):
        read_tensors(_saved(nn.Linear(1, 1)), "the file")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_truncation_ends_in_a_sentence(zipped: bool, share: float) -> None:
    data = _saved({"w": torch.arange(1000.0)}, zipped=zipped)
    with pytest.raises(CheckpointError, match="the file is truncated"):
        read_tensors(data[: int(share * len(data))], "the file")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([torch.zeros(1)], "holds an object of type list; expected a dictionary of tensors"),
        ({}, "holds an object of type dict; expected a dictionary"),
        ({"epoch": 3}, "holds an object of type int under 'epoch'"),
        ({3: torch.zeros(1)}, "under '3'"),
        ({"w": torch.zeros(1).expand(2**40)}, "claims 1099511627776 numbers but holds 1"),
        ({"w": torch.zeros(2, dtype=torch.complex64)}, "is no plain tensor"),
        ({"w": torch.eye(2).to_sparse()}, "is no plain tensor"),
    ],
)
def test_anything_but_plain_tensors_by_name_is_refused(value: object, sentence: str) -> None:
    with pytest.raises(CheckpointError, match=sentence):
        read_tensors(_saved(value), "the file")


def test_a_single_tensor_is_read_and_nothing_else() -> None:
    values: Tensor = torch.arange(3.0)
    assert torch.equal(read_tensor(_saved(values), "the file"), values)
    with pytest.raises(CheckpointError, match="holds an object of type dict; expected one tensor"):
        read_tensor(_saved({"a": values}), "the file")


def test_an_archive_that_would_unfold_is_refused_before_it_does() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", b"\0" * 10_000_000)
    with pytest.raises(CheckpointError, match="would unfold from"):
        read_tensors(file.getvalue(), "the file")


@pytest.mark.parametrize("content", [b"<html>", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04 cut", b"\0" * 64])
def test_foreign_files_are_refused(content: bytes) -> None:
    with pytest.raises(CheckpointError, match="the file is truncated"):
        read_tensors(content, "the file")
