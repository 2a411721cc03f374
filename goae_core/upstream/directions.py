"""Edit directions (`.npy`): one offset for every row of w+.

Three of the published files are ordinary npy files; two are torch archives of one tensor under that name.
Both are read; an npy file that holds Python objects is not.

Source: own-words specification of GOAE's files, section 12.
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Final

import numpy as np
import torch
from torch import Tensor

from goae_core.errors import CheckpointError, DirectionError
from goae_core.upstream.foreign_file import read_bytes
from goae_core.upstream.torch_archive import is_zip, read_tensor

MAX_BYTES: Final = 16 * 2**20
"""A direction of the largest published model has 28 kB."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_NPY: Final = b"\x93NUMPY"


@dataclass(frozen=True, slots=True, eq=False)
class UpstreamDirection:
    """An edit direction as its file holds it: (N, W) float32, added to w+ as often as the strength says."""

    name: str
    offset: Tensor


def read_direction(path: Path, rows: int, width: int) -> UpstreamDirection:
    """Read an edit direction; its name is the file's, without the suffix.

    Args:
        path: The file.
        rows: Rows of w+ of the model it is for, N.
        width: Width of a row, W.

    Raises:
        CheckpointError: If the file is missing, truncated, foreign or hostile.
        DirectionError: If it does not fit the model, is not finite or has no usable name.
    """
    what = f"'{path.name}'"
    if not _NAME.fullmatch(path.stem):
        raise DirectionError(
            f"{what} cannot name an edit direction; rename the file to letters, digits, - and _, "
            "beginning with a letter"
        )
    data = read_bytes(path, MAX_BYTES)
    offset = (read_tensor(data, what) if is_zip(data) else _read_npy(data, what)).to(torch.float32)
    if tuple(offset.shape) == (1, rows, width):
        offset = offset[0]
    if tuple(offset.shape) != (rows, width):
        raise DirectionError(
            f"{what} has the shape {list(offset.shape)}; the model's styles have {rows} rows of {width}, "
            "so it belongs to another model"
        )
    if not torch.isfinite(offset).all() or not offset.any():
        raise DirectionError(f"{what} is no direction: it is zero or holds numbers that are not finite")
    return UpstreamDirection(path.stem, offset.contiguous())


def _read_npy(data: bytes, what: str) -> Tensor:
    if not data.startswith(_NPY):
        raise CheckpointError(f"{what} is neither a npy file nor a torch archive of one tensor; get it again")
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, by_column, dtype = read_header(file)
    except (ValueError, KeyError, EOFError, SyntaxError, TypeError, TokenError) as error:
        raise CheckpointError(f"{what} is damaged: its npy header cannot be read; get it again") from error
    if dtype.hasobject or dtype.kind != "f":
        raise CheckpointError(
            f"{what} holds entries of type {dtype}, not floating-point numbers; it was not read further"
        )
    body = data[file.tell() :]
    if len(body) != math.prod(shape) * dtype.itemsize:
        raise CheckpointError(
            f"{what} is truncated: {math.prod(shape) * dtype.itemsize} bytes of numbers are announced "
            f"and {len(body)} are there; get it again"
        )
    numbers = np.frombuffer(body, dtype).reshape(shape, order="F" if by_column else "C")
    return torch.from_numpy(np.array(numbers, dtype=np.float32, order="C"))
