"""Numbers that numpy wrote into a pickle, decoded without numpy's own unpickling.

Some plain attributes of EG3D's layers (weight gains) are numpy scalars: a call of
`numpy.core.multiarray.scalar` (`numpy._core...` since numpy 2) with a `numpy.dtype` and the number's bytes.

Source: own-words specification of EG3D snapshots, section 15.
"""

from __future__ import annotations

import struct
from typing import Final

_FORMATS: Final = {
    "f2": "e",
    "f4": "f",
    "f8": "d",
    "i1": "b",
    "i2": "h",
    "i4": "i",
    "i8": "q",
    "u1": "B",
    "u2": "H",
    "u4": "I",
    "u8": "Q",
    "b1": "?",
}


class DtypeRecord:
    """A call of `numpy.dtype`: the type's code and, once BUILD has told it, its byte order."""

    __slots__ = ("code", "order")

    def __init__(self, code: object, *flags: object) -> None:
        if not isinstance(code, str) or code not in _FORMATS:
            raise ValueError("a numpy scalar has a type that no attribute needs")
        self.code = code
        self.order = "<"

    def __setstate__(self, state: object) -> None:
        order = state[1] if isinstance(state, tuple) and len(state) > 1 else None
        if order not in {"<", ">", "|", "="}:
            raise ValueError("a numpy type has no known byte order")
        # "=" would be the writer's own order; every machine that trains networks is little-endian.
        self.order = ">" if order == ">" else "<"


def decode_scalar(dtype: object, data: object = b"") -> float | int | bool:
    """Record a call of numpy's `scalar`.

    Raises:
        ValueError: If the bytes are no number of that type.
    """
    if not isinstance(dtype, DtypeRecord) or not isinstance(data, bytes):
        raise ValueError("a numpy scalar is not given as a type and bytes")
    layout = dtype.order + _FORMATS[dtype.code]
    if len(data) != struct.calcsize(layout):
        raise ValueError("a numpy scalar has the wrong number of bytes")
    value: float | int | bool = struct.unpack(layout, data)[0]
    return value


def decode_latin1(text: object, encoding: object) -> bytes:
    """Record a call of `_codecs.encode`, by which protocol 2 writes bytes.

    Raises:
        ValueError: If it asks for another encoding.
    """
    if not isinstance(text, str) or encoding not in {"latin1", "latin-1"}:
        raise ValueError("bytes are not given as latin-1 text")
    return text.encode("latin-1")
