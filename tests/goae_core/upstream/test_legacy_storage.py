"""Storages in torch's legacy form, written by torch and by hand."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
import torch
from torch import Tensor

from goae_core.errors import CheckpointError
from goae_core.upstream.legacy_storage import Storage, TensorRecord, read_storage, tensor_record
from tests.goae_core.upstream.snapshots import legacy_storage


def _written_by_torch(values: Tensor) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch about its own storages
        storage = values.storage()
        torch.save(storage, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


@pytest.mark.parametrize(
    "dtype",
    [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.uint8, torch.bool],
)
def test_reads_what_torch_writes(dtype: torch.dtype) -> None:
    values = torch.tensor([0, 1, 1, 0, 1]).to(dtype)
    read = read_storage(_written_by_torch(values), "the file")
    assert read.dtype == dtype
    assert torch.equal(read, values)


def test_a_storage_tagged_cuda_reads_on_a_machine_without_a_gpu() -> None:
    numbers = np.array([1.5, -2.0, 3.25], np.float32)
    assert read_storage(legacy_storage(numbers, "cuda:0"), "the file").tolist() == [1.5, -2.0, 3.25]


def test_views_are_read_by_offset_size_and_stride() -> None:
    storage = Storage(legacy_storage(np.arange(6, dtype=np.float32)))
    transposed = tensor_record(storage, 0, (3, 2), (1, 3), False, {})
    assert transposed.read("the file").tolist() == [[0, 3], [1, 4], [2, 5]]
    assert tensor_record(storage, 4, (2,), (1,), True, {}).read("the file").tolist() == [4, 5]
    assert tensor_record(storage, 5, (), (), True, {}).read("the file").item() == 5
    assert tensor_record(storage, 6, (0, 3), (3, 1), True, {}).read("the file").shape == (0, 3)


@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [(0, (7,), (1,)), (1, (6,), (1,)), (0, (2, 2), (5, 1)), (0, (2**39,), (0,)), (0, (3, 3), (0, 0))],
)
def test_a_view_beyond_its_storage_is_refused(
    offset: int, size: tuple[int, ...], stride: tuple[int, ...]
) -> None:
    storage = Storage(legacy_storage(np.arange(6, dtype=np.float32)))
    with pytest.raises(CheckpointError, match="does not fit into its 6 stored numbers"):
        TensorRecord(storage, offset, size, stride).read("'w' in the file")


@pytest.mark.parametrize(
    ("storage", "offset", "size", "stride"),
    [
        (None, 0, (1,), (1,)),
        (Storage(b""), -1, (1,), (1,)),
        (Storage(b""), 0, [1], (1,)),
        (Storage(b""), 0, (1,), (1, 1)),
        (Storage(b""), 0, (1,), (-1,)),
        (Storage(b""), 0, (1.0,), (1,)),
        (Storage(b""), 0, (1,) * 9, (1,) * 9),
    ],
)
def test_arguments_that_describe_no_view_are_refused(
    storage: object, offset: object, size: object, stride: object
) -> None:
    with pytest.raises(ValueError, match=r"a tensor|a length|lengths"):
        tensor_record(storage, offset, size, stride, False, {})


def test_missing_or_surplus_numbers_are_refused() -> None:
    data = legacy_storage(np.arange(6, dtype=np.float32))
    for damaged in (data[:-1], data + b"\0", data[:-24], data[:-30]):
        with pytest.raises(CheckpointError, match="should hold 6 numbers in 24 bytes"):
            read_storage(damaged, "the file")


def test_truncation_anywhere_ends_in_a_sentence() -> None:
    data = legacy_storage(np.arange(2, dtype=np.float32))
    for end in range(len(data)):
        with pytest.raises(CheckpointError, match="the file"):
            read_storage(data[:end], "the file")


def test_a_storage_that_names_another_global_is_refused() -> None:
    data = legacy_storage(np.arange(2, dtype=np.float32)).replace(b"ctorch\nFloatStorage", b"cos\nsystem")
    with pytest.raises(CheckpointError, match=r"asks for the Python global 'os.system'"):
        read_storage(data, "the file")
    data = legacy_storage(np.arange(2, dtype=np.float32)).replace(b"ctorch\nFloatStorage", b"ctorch\nload")
    with pytest.raises(CheckpointError, match=r"asks for the Python global 'torch.load'"):
        read_storage(data, "the file")


def test_another_form_is_refused() -> None:
    file = io.BytesIO()
    torch.save(torch.zeros(2), file)
    with pytest.raises(CheckpointError, match="no pickle"):
        read_storage(file.getvalue(), "the file")
    file = io.BytesIO()
    torch.save({"a": torch.zeros(2)}, file, _use_new_zipfile_serialization=False)
    with pytest.raises(CheckpointError, match="asks for the Python global"):
        read_storage(file.getvalue(), "the file")
