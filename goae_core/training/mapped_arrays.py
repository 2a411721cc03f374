"""Arrays of an `.npz` file, mapped from the disk where they lie in it uncompressed."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MAPPED_BYTES = 65_536
"""Arrays smaller than this are read: pages would hold little else."""
_LOCAL_HEADER = struct.Struct("<26xHH")
"""Of a zip member: its last two fields are the lengths of the name and of the extra field that follow it."""


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of a file by name; the large uncompressed ones are read-only maps of it.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If a member is no array, or holds objects.
        zipfile.BadZipFile: If the file is not whole.
    """
    arrays: dict[str, NDArray[Any]] = {}
    # one map a file: the system allows some 65,000 of them in a process
    whole = np.memmap(path, np.uint8, "r")
    with path.open("rb") as stream, zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if member.compress_type == zipfile.ZIP_STORED and member.file_size >= MAPPED_BYTES:
                arrays[name] = _mapped(whole, stream, member)
            else:
                with archive.open(member) as content:
                    arrays[name] = np.lib.format.read_array(content, allow_pickle=False)
    return arrays


def _mapped(whole: NDArray[np.uint8], stream: BinaryIO, member: zipfile.ZipInfo) -> NDArray[Any]:
    """View one member in the map of its file; `stream` may stand anywhere."""
    stream.seek(member.header_offset)
    name_length, extra_length = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    start = member.header_offset + _LOCAL_HEADER.size + name_length + extra_length
    stream.seek(start)
    version = np.lib.format.read_magic(stream)
    read_header = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    shape, in_fortran_order, kind = read_header(stream)
    if kind.hasobject:
        raise ValueError(f"{member.filename} holds objects, not numbers")
    begin, end = stream.tell(), start + member.file_size
    if kind.itemsize * int(np.prod(shape)) != end - begin or end > len(whole):
        raise ValueError(f"{member.filename} is shorter or longer than it says")
    array: NDArray[Any] = whole[begin:end].view(kind)
    return array.reshape(shape, order="F" if in_fortran_order else "C")
