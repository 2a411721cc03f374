"""Hostile, broken and foreign pickles: one sentence each, and nothing of them runs."""

from __future__ import annotations

import collections
import os
import pickle
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from goae_core.errors import CheckpointError
from goae_core.upstream import restricted_unpickler
from goae_core.upstream.eg3d import _TABLE, read_eg3d
from goae_core.upstream.restricted_unpickler import Inert, Table, read_pickle


class _Call:
    """Pickles as a call of any function with any arguments."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self.function = function
        self.arguments = arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, self.arguments


def _text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def _call(module: str, name: str, argument: bytes = b")") -> bytes:
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + argument + b"R."


@pytest.mark.parametrize(
    ("function", "arguments", "named"),
    [
        (os.system, ("touch {victim}",), r"posix\.system|nt\.system"),
        (subprocess.Popen, (["touch", "{victim}"],), r"subprocess\.Popen"),
        (subprocess.check_output, (["touch", "{victim}"],), r"subprocess\.check_output"),
        (eval, ("open({victim!r}, 'w')",), r"builtins\.eval"),
        (exec, ("open({victim!r}, 'w')",), r"builtins\.exec"),
        (getattr, ("text", "upper"), r"builtins\.getattr"),
        (compile, ("1", "x", "eval"), r"builtins\.compile"),
        (open, ("{victim}", "w"), r"(_io|io)\.open"),
        (Path.touch, (Path("x"),), r"pathlib\.Path\.touch|builtins\.getattr"),
        (torch.load, ("{victim}",), r"torch\.(serialization\.)?load"),
        (collections.deque, ((1, 2),), r"collections\.deque"),
        (os.path.join, ("a", "b"), r"posixpath\.join|ntpath\.join"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_any_other_global_is_refused_by_name(
    tmp_path: Path, function: Callable[..., Any], arguments: tuple[Any, ...], named: str, protocol: int
) -> None:
    victim = tmp_path / "victim"
    filled = tuple(_filled(a, victim) for a in arguments)
    data = pickle.dumps({"G_ema": _Call(function, *filled)}, protocol=protocol, fix_imports=False)
    path = tmp_path / "hostile.pkl"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=f"'hostile.pkl' asks for the Python global '({named})'"):
        read_eg3d(path)
    assert not victim.exists()


def _filled(argument: object, victim: Path) -> object:
    if isinstance(argument, str):
        return argument.format(victim=str(victim))
    return [_filled(a, victim) for a in argument] if isinstance(argument, list) else argument


@pytest.mark.parametrize(
    ("module", "name"),
    [
        # Neighbours of what the table holds: a module in it opens no door to its others.
        ("torch._utils", "_import_dotted_name"),
        ("torch._utils", "_rebuild_tensor"),
        ("torch.storage", "UntypedStorage"),
        ("torch.storage", "_load_from_bytes.__globals__"),
        ("torch.nn.modules.container", "ModuleList"),
        ("torch_utils.persistence", "_src_to_module"),
        ("collections", "OrderedDict.fromkeys"),
        ("collections", "namedtuple"),
        ("builtins", "set.__class__"),
        ("builtins", "dict.__subclasses__"),
        ("numpy", "load"),
        ("numpy", "fromfile"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar.__class__"),
        ("numpy", "dtype.__class__"),
        ("_codecs", "decode"),
        ("_codecs", "lookup"),
        ("dnnlib.util", "open_url"),
        ("training.triplane", "TriPlaneGenerator"),
        ("copyreg", "_reconstructor"),
        ("__builtin__", "eval"),
        ("os", "system"),
    ],
)
def test_neighbours_of_allowed_globals_are_refused(module: str, name: str) -> None:
    for data in (_call(module, name), b"\x80\x04" + _text(module) + _text(name) + b"\x93)R."):
        with pytest.raises(CheckpointError, match="asks for the Python global"):
            read_pickle(data, _TABLE, "the file")


def test_foreign_names_in_a_message_are_one_short_printable_line() -> None:
    name = "evil\x1b[2J\t" + "x" * 5000
    data = b"\x80\x04" + _text("os") + _text(name) + b"\x93)R."
    with pytest.raises(CheckpointError) as caught:
        read_pickle(data, _TABLE, "the file")
    assert "os.evil?[2J" in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("data", "operation"),
    [
        (b"\x80\x02Pid\n.", "PERSID"),
        (b"\x80\x02" + _text("id") + b"Q.", "BINPERSID"),
        (b"\x80\x02\x82\x01.", "EXT1"),
        (b"\x80\x02(ios\nsystem\n.", "INST"),
        (b"\x80\x02(cos\nsystem\no.", "OBJ"),
        (b"\x80\x04(\x91.", "FROZENSET"),
        (b"\x80\x05\x97.", "NEXT_BUFFER"),
        (b"\x80\x04\x8c\x01a)}\x92.", "NEWOBJ_EX"),
    ],
)
def test_operations_that_no_snapshot_uses_are_refused(data: bytes, operation: str) -> None:
    with pytest.raises(CheckpointError, match=f"uses the pickle operation {operation} "):
        read_pickle(data, _TABLE, "the file")


def test_a_persistent_id_is_refused_even_where_the_operation_is_allowed() -> None:
    table = Table(operations=restricted_unpickler.OPERATIONS | {"BINPERSID"})
    with pytest.raises(CheckpointError, match="refers to data outside itself"):
        read_pickle(b"\x80\x02" + _text("id") + b"Q.", table, "the file")


def test_bombs_are_refused_before_python_allocates_for_them() -> None:
    with pytest.raises(CheckpointError, match="names memo slot 2147483647"):
        read_pickle(b"\x80\x02Nr" + struct.pack("<I", 2**31 - 1) + b".", _TABLE, "the file")
    with pytest.raises(CheckpointError, match="truncated"):
        read_pickle(b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"short.", _TABLE, "the file")
    with pytest.raises(CheckpointError, match="truncated"):
        read_pickle(b"\x80\x04\x95" + struct.pack("<Q", 2**40) + b"N.", _TABLE, "the file")
    deep = b"\x80\x02)" + b"\x85" * (restricted_unpickler.MAX_TUPLES + 1) + b"."
    with pytest.raises(CheckpointError, match="more objects than any published model"):
        read_pickle(deep, _TABLE, "the file")


def test_deep_tuples_within_the_limit_can_be_hashed() -> None:
    """What the limit is for: a nested tuple as a key is hashed by recursion in C."""
    nested = b"\x80\x02})" + b"\x85" * (restricted_unpickler.MAX_TUPLES - 1) + b"Ns."
    assert len(read_pickle(nested, _TABLE, "the file")) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02)R.",  # a call of nothing
        b"\x80\x02K\x01)R.",  # a call of a number
        b"\x80\x02K\x01)\x81.",  # an object of a number
        b"\x80\x02]N}b.",  # a state for a number
        b"\x80\x02h\x05.",  # a memo slot that was never filled
        b"\x80\x02}]Ns.",  # a list as a key
        b"\x80\x02K\x01K\x02.0",  # two values and one result: fine; then the walk refuses
        _call("numpy", "dtype", _text("O8") + b"\x85"),
        _call("numpy._core.multiarray", "scalar", b"NN\x86"),
        _call("torch._utils", "_rebuild_tensor_v2"),
        _call("torch._utils", "_rebuild_parameter", b"N\x85"),
        _call("torch.storage", "_load_from_bytes", b"N\x85"),
        _call("torch_utils.persistence", "_reconstruct_persistent_obj", b"}\x85"),
        _call("_codecs", "encode", _text("abc") + _text("zlib") + b"\x86"),
    ],
)
def test_broken_programs_end_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.pkl"
    path.write_bytes(data)
    with pytest.raises(
        CheckpointError, match=r"'broken.pkl' is (damaged|truncated|a pickle, but no EG3D snapshot)"
    ):
        read_eg3d(path)


@pytest.mark.parametrize(
    "target",
    [
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        b"ccollections\nOrderedDict\n",
        b"ctraining.triplane\nOSGDecoder\n",
        b"cdnnlib.util\nEasyDict\n",
        b"cnumpy\ndtype\n",
    ],
)
def test_functions_and_classes_cannot_be_rewritten_by_a_state(target: bytes) -> None:
    """BUILD would set attributes: with (None, {...}) even on a function or a class."""
    before = (
        dict(vars(Inert)),
        dict(vars(restricted_unpickler.Recorder)),
        dict(vars(restricted_unpickler.InertDict)),
    )
    for state in (b"}" + _text("call") + b"Ns", b"N}" + _text("__setstate__") + b"Ns\x86"):
        with pytest.raises(CheckpointError, match="is damaged"):
            read_pickle(b"\x80\x02" + target + state + b"b.", _TABLE, "the file")
    after = (
        dict(vars(Inert)),
        dict(vars(restricted_unpickler.Recorder)),
        dict(vars(restricted_unpickler.InertDict)),
    )
    assert before == after


def test_a_recorded_storage_cannot_be_swapped_by_a_state() -> None:
    made = b"ctorch.storage\n_load_from_bytes\nC\x03abc\x85R"
    with pytest.raises(CheckpointError, match="is damaged"):
        read_pickle(b"\x80\x03" + made + b"]Nab.", _TABLE, "the file")


def test_ordinary_classes_become_inert_records_with_their_name_and_state() -> None:
    data = b"\x80\x02ctraining.triplane\nOSGDecoder\n)\x81}" + _text("hidden") + b"K\x40sb."
    record = read_pickle(data, _TABLE, "the file")
    assert isinstance(record, Inert)
    assert record.name == "training.triplane.OSGDecoder"
    assert record.state == {"hidden": 64}


def test_plain_values_come_back_as_they_are() -> None:
    value = {"a": [1, 2.5, None, True, "text", b"bytes"], "b": {"c": (1, 2)}, "d": {3, 4}, "e": 2**70}
    for protocol in (2, 3, 4, 5):
        assert read_pickle(pickle.dumps(value, protocol), _TABLE, "the file") == value
    ordered = collections.OrderedDict(x=1, y=2)
    assert read_pickle(pickle.dumps(ordered, 4), _TABLE, "the file") == {"x": 1, "y": 2}
