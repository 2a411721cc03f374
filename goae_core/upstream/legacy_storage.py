"""The numbers of a tensor, as snapshots carry them: a whole torch file in the legacy form around one storage.

The form: three small pickles (magic number, version, the writer's machine), one pickle that is nothing but
the persistent id ("storage", type, key, location, count, None), a pickled list of keys, an 8-byte count, and
the numbers in little-endian order. The location (`cpu`, `cuda:0`) says where the storage lived; here it is
ignored, so a snapshot written on a machine with a GPU reads on one without.

Source: own-words specification of EG3D snapshots, section 15.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from goae_core.errors import CheckpointError
from goae_core.upstream.restricted_unpickler import OPERATIONS, Table, check_operations, load_pickle

_MAGIC: Final = 0x1950A86A20F9469CFC6C
_VERSION: Final = 1001
_DTYPES: Final = {
    "torch.DoubleStorage": torch.float64,
    "torch.FloatStorage": torch.float32,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.LongStorage": torch.int64,
    "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16,
    "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8,
    "torch.BoolStorage": torch.bool,
}
MAX_DIMENSIONS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """A storage that has not been read yet: the bytes of a legacy torch file."""

    data: bytes

    def __setstate__(self, state: object) -> None:
        raise TypeError("a storage has no state to restore")


@dataclass(frozen=True, slots=True, eq=False)
class TensorRecord:
    """A tensor that has not been read yet: a view into a `Storage`, in elements."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def __setstate__(self, state: object) -> None:
        raise TypeError("a tensor has no state to restore")

    def read(self, what: str) -> Tensor:
        """Read it, contiguous and on the CPU.

        Args:
            what: The tensor and its file, as messages should call it.

        Raises:
            CheckpointError: If the storage is damaged or smaller than the view.
        """
        numbers = read_storage(self.storage.data, what)
        needed = self.offset + 1 + sum((n - 1) * s for n, s in zip(self.size, self.stride, strict=True))
        if math.prod(self.size) == 0:
            needed = self.offset
        # A stride of 0 shows one number many times: a few bytes could claim any size.
        if needed > numbers.numel() or math.prod(self.size) > numbers.numel():
            raise CheckpointError(
                f"{what} is damaged: a tensor of shape {list(self.size)} does not fit into its "
                f"{numbers.numel()} stored numbers; get the file again"
            )
        return torch.as_strided(numbers, self.size, self.stride, self.offset).contiguous()


def tensor_record(
    storage: object, offset: object, size: object, stride: object, *rest: object
) -> TensorRecord:
    """Record a call of `torch._utils._rebuild_tensor_v2`; its gradient flag and hooks are dropped.

    Raises:
        ValueError: If the arguments are no view of a storage.
    """
    if not isinstance(storage, Storage):
        raise ValueError("a tensor's storage is no storage")
    shape, steps = _lengths(size), _lengths(stride)
    if len(shape) != len(steps) or len(shape) > MAX_DIMENSIONS:
        raise ValueError("a tensor's sizes and strides do not belong together")
    if len(rest) > 3:
        raise ValueError("a tensor has more arguments than torch writes")
    return TensorRecord(storage, _length(offset), shape, steps)


def storage_record(data: object) -> Storage:
    """Record a call of `torch.storage._load_from_bytes`.

    Raises:
        ValueError: If it is not given bytes.
    """
    if not isinstance(data, bytes):
        raise ValueError("a storage is not given as bytes")
    return Storage(data)


def read_storage(data: bytes, what: str) -> Tensor:
    """Read the numbers of one storage.

    Args:
        data: A complete torch file in the legacy form that holds one storage.
        what: Its file, as messages should call it.

    Returns:
        1-D tensor on the CPU, sharing no memory with `data`.

    Raises:
        CheckpointError: If the form is another one, or numbers are missing.
    """
    file = io.BytesIO(data)
    magic, version, machine, reference, keys = (_next(file, what) for _ in range(5))
    if (
        magic != _MAGIC
        or version != _VERSION
        or not isinstance(machine, dict)
        or not isinstance(reference, _Reference)
        or not (isinstance(keys, list) and len(keys) == 1)
    ):
        raise CheckpointError(
            f"{what} holds a storage that is not in torch's legacy form; get the file again"
        )
    if machine.get("little_endian") is not True:
        raise CheckpointError(f"{what} was written on a big-endian machine, which is not supported")
    stored = int.from_bytes(file.read(8), "little", signed=True)
    dtype, count = reference.dtype, reference.count
    width = torch.empty(0, dtype=dtype).element_size()
    numbers = data[file.tell() :]
    if stored != count or len(numbers) != count * width:
        raise CheckpointError(
            f"{what} is damaged: a storage should hold {count} numbers in {count * width} bytes, and holds "
            f"{stored} in {len(numbers)}; get the file again"
        )
    if count == 0:
        return torch.empty(0, dtype=dtype)
    return torch.frombuffer(bytearray(numbers), dtype=dtype)


def _next(file: io.BytesIO, what: str) -> Any:  # noqa: ANN401 - five different values
    start = file.tell()
    check_operations(file, _TABLE, what)
    file.seek(start)
    value = load_pickle(file, _TABLE, what)
    if file.tell() <= start:
        raise CheckpointError(f"{what} holds a storage with an empty part; get the file again")
    return value


@dataclass(frozen=True, slots=True)
class _Reference:
    """What a storage's persistent id says: the type of its numbers, and how many."""

    dtype: torch.dtype
    count: int

    def __setstate__(self, state: object) -> None:
        raise TypeError("a reference has no state to restore")


def _persistent(reference: object) -> _Reference:
    """Take the type and count out of ("storage", type, key, location, count, None)."""
    if not (isinstance(reference, tuple) and len(reference) in {5, 6} and reference[0] == "storage"):
        raise ValueError("a storage refers to something that is no storage")
    if len(reference) == 6 and reference[5] is not None:
        raise ValueError("a storage is a view of another one")
    dtype = reference[1]
    if not isinstance(dtype, _StorageType):
        raise ValueError("a storage has no known type of number")
    return _Reference(dtype.dtype, _length(reference[4]))


@dataclass(frozen=True, slots=True)
class _StorageType:
    """Stands for `torch.FloatStorage` and its like in a persistent id; cannot be called or changed."""

    dtype: torch.dtype

    def __setstate__(self, state: object) -> None:
        raise TypeError("a type has no state to restore")


def _length(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**40:
        raise ValueError("a length is no whole number of this world")
    return value


def _lengths(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple):
        raise ValueError("lengths are not given as a tuple")
    return tuple(_length(v) for v in values)


_TABLE: Final = Table(
    values={name: _StorageType(dtype) for name, dtype in _DTYPES.items()},
    persistent=_persistent,
    operations=OPERATIONS | {"BINPERSID"},
)
