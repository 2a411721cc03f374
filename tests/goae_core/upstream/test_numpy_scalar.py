"""Numpy's scalars in pickles, decoded from their bytes."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from goae_core.upstream.eg3d import _TABLE
from goae_core.upstream.numpy_scalar import DtypeRecord, decode_latin1, decode_scalar
from goae_core.upstream.restricted_unpickler import read_pickle


def test_a_number_by_hand() -> None:
    dtype = DtypeRecord("f8", False, True)
    dtype.__setstate__((3, "<", None, None, None, -1, -1, 0))
    assert decode_scalar(dtype, bytes.fromhex("000000000000b03f")) == 0.0625
    dtype.__setstate__((3, ">", None, None, None, -1, -1, 0))
    assert decode_scalar(dtype, bytes.fromhex("3fb0000000000000")) == 0.0625


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "value",
    [np.float64(0.1), np.float32(1.5), np.float16(2), np.int64(-(2**40)), np.uint8(200), np.bool_(True)],
    ids=lambda value: type(value).__name__,
)
def test_what_numpy_writes(value: np.generic, protocol: int) -> None:
    read = read_pickle(pickle.dumps({"gain": value}, protocol), _TABLE, "the file")
    assert read == {"gain": value.item()}
    assert type(read["gain"]) is type(value.item())


@pytest.mark.parametrize("code", ["O8", "V8", "U4", 3, None])
def test_types_that_no_attribute_needs_are_refused(code: object) -> None:
    with pytest.raises(ValueError, match="has a type that no attribute needs"):
        DtypeRecord(code)


def test_other_bytes_orders_and_encodings_are_refused() -> None:
    with pytest.raises(ValueError, match="wrong number of bytes"):
        decode_scalar(DtypeRecord("f8"), b"123")
    with pytest.raises(ValueError, match="not given as a type and bytes"):
        decode_scalar("f8", b"12345678")
    with pytest.raises(ValueError, match="no known byte order"):
        DtypeRecord("f8").__setstate__((3, "?"))
    assert decode_latin1("\x00\xff", "latin1") == b"\x00\xff"
    with pytest.raises(ValueError, match="not given as latin-1"):
        decode_latin1("a", "rot13")
