"""Read a pickle to inert records; run nothing it contains.

A pickle is a program: it may name any Python global and call it. Here every global comes from a fixed table
of our own functions and classes that store what they are given and nothing else; a global outside the table
ends the reading with its name. Before the pickle runs at all, its operations are looked through once:
operations no snapshot needs, memo slots out of any proportion and byte strings longer than the file are
refused there, because Python's unpickler would allocate for them first and complain later.

Source: own-words specification of EG3D snapshots, section 15 ("Safe restricted unpickler").
"""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from goae_core.errors import CheckpointError

MAX_OPERATIONS: Final = 5_000_000
"""A full snapshot with both networks and the discriminator needs about 100,000."""
MAX_TUPLES: Final = 50_000
"""Hashing a tuple recurses in C; this many cannot nest deep enough to overflow the stack."""
MAX_NAME: Final = 200
"""Longest part of a foreign name that a message repeats."""

# What protocols 2 to 5 write for dicts, lists, tuples, sets, numbers, strings, bytes, objects and references.
# Left out on purpose: persistent ids, extension codes, INST and OBJ (calls of protocol 0), frozen sets (their
# hashes recurse), and buffers that live outside the file.
OPERATIONS: Final = frozenset(
    """PROTO FRAME STOP MARK POP POP_MARK DUP MEMOIZE BINPUT LONG_BINPUT BINGET LONG_BINGET
    NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT
    SHORT_BINUNICODE BINUNICODE BINUNICODE8 SHORT_BINBYTES BINBYTES BINBYTES8
    EMPTY_LIST APPEND APPENDS LIST EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3
    EMPTY_DICT DICT SETITEM SETITEMS EMPTY_SET ADDITEMS
    GLOBAL STACK_GLOBAL REDUCE NEWOBJ BUILD""".split()  # noqa: SIM905 - a list reads worse
)
_TUPLES: Final = frozenset({"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"})

_MALFORMED: Final = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


class Inert:
    """An object of a foreign class, of which only the name and the stored state are kept.

    Attributes:
        name: Dotted name of the class as the file gives it.
        arguments: What its constructor would have been called with.
        state: Its `__dict__`, or whatever else it asked to be restored from.
    """

    __slots__ = ("arguments", "name", "state")

    name: str
    arguments: tuple[Any, ...]
    state: Any

    def __new__(cls, *arguments: Any) -> Inert:  # noqa: ANN401, D102 - foreign values; see the class
        made = object.__new__(cls)
        made.name = f"{cls.__module__}.{cls.__qualname__}"
        made.arguments = arguments
        made.state = None
        return made

    def __setstate__(self, state: Any) -> None:  # noqa: ANN401
        self.state = state


class InertDict(dict[Any, Any]):
    """A dict, whatever subclass of dict the file had in mind; attributes besides its items are dropped."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:  # noqa: ANN401
        """Drop it: a dict's items come as items."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """Stands for a function of the table; a pickle may call it, and nothing else.

    Frozen and with a refusing `__setstate__`, so that BUILD cannot reach into it.
    """

    call: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401
        """Record a call."""
        return self.call(*arguments)

    def __setstate__(self, state: Any) -> None:  # noqa: ANN401
        raise TypeError("a function has no state to restore")


def inert_class(name: str) -> type[Inert]:
    """Make a fresh stub for the foreign class of that dotted name."""
    module, _, qualname = name.rpartition(".")
    return type(qualname, (Inert,), {"__slots__": (), "__module__": module, "__qualname__": qualname})


@dataclass(frozen=True, slots=True)
class Table:
    """The globals a kind of file may name.

    Attributes:
        functions: By dotted name, what a call of it records.
        classes: Dotted names that become fresh `Inert` stubs.
        dicts: Dotted names of dict subclasses, read as plain dicts.
        values: By dotted name, what stands for a constant.
        persistent: What a persistent id means; None refuses them.
        operations: The pickle operations it may use.
    """

    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    classes: frozenset[str] = frozenset()
    dicts: frozenset[str] = frozenset()
    values: Mapping[str, Any] = field(default_factory=dict)
    persistent: Callable[[Any], Any] | None = None
    operations: frozenset[str] = field(default=OPERATIONS)


class RestrictedUnpickler(pickle.Unpickler):
    """`pickle.Unpickler` that finds globals in a fixed table only.

    Args:
        file: Where the pickle starts.
        table: The globals it may name.
        what: The file, as messages should call it.
    """

    def __init__(self, file: io.BytesIO, table: Table, what: str) -> None:
        super().__init__(file, fix_imports=False, encoding="ASCII", errors="strict")
        self._table = table
        self._what = what
        # One object per name and read: the file may compare them, and no read sees another's.
        self._found: dict[str, Any] = {}

    def find_class(self, module_name: str, global_name: str, /) -> Any:  # noqa: ANN401
        """Look up a global in the table.

        Raises:
            CheckpointError: If it is not there. Nothing was imported.
        """
        name = f"{module_name}.{global_name}"
        if name not in self._found:
            self._found[name] = self._make(name)
        return self._found[name]

    def persistent_load(self, pid: Any, /) -> Any:  # noqa: ANN401
        """Refuse a reference out of the file, unless the table says what it means."""
        if self._table.persistent is None:
            raise CheckpointError(
                f"{self._what} refers to data outside itself (a persistent id), which no published "
                "model file does; it was not read"
            )
        return self._table.persistent(pid)

    def _make(self, name: str) -> Any:  # noqa: ANN401
        table = self._table
        if name in table.functions:
            return Recorder(table.functions[name])
        if name in table.classes:
            return inert_class(name)
        if name in table.dicts:
            return InertDict
        if name in table.values:
            return table.values[name]
        raise CheckpointError(
            f"{self._what} asks for the Python global '{_shown(name)}', which no published model file needs; "
            "it was refused and nothing of the file was run, so get the file from its publisher again"
        )


def read_pickle(data: bytes, table: Table, what: str) -> Any:  # noqa: ANN401 - a foreign structure
    """Read one whole pickle.

    Args:
        data: The pickle, from its first byte; what follows its end is ignored.
        table: The globals it may name.
        what: The file, as messages should call it.

    Returns:
        Plain containers, numbers and strings, with what the table's functions and stubs recorded among them.

    Raises:
        CheckpointError: If the data is truncated, no pickle, or asks for anything outside the table.
    """
    file = io.BytesIO(data)
    check_operations(file, table, what)
    file.seek(0)
    return load_pickle(file, table, what)


def load_pickle(file: io.BytesIO, table: Table, what: str) -> Any:  # noqa: ANN401
    """Read the pickle that starts where `file` stands and leave `file` behind it; see `read_pickle`.

    Raises:
        CheckpointError: As `read_pickle`.
    """
    try:
        return RestrictedUnpickler(file, table, what).load()
    except _MALFORMED as error:
        raise CheckpointError(
            f"{what} is damaged: its pickle cannot be followed ({_shown(str(error))}); get the file again"
        ) from error


def check_operations(file: io.BytesIO, table: Table, what: str) -> None:
    """Look through a pickle without running it, and leave `file` behind its end.

    Raises:
        CheckpointError: If it is truncated, no pickle, or uses what no snapshot uses.
    """
    size = len(file.getbuffer())
    count = tuples = 0
    try:
        for operation, argument, position in pickletools.genops(file):
            count += 1
            tuples += operation.name in _TUPLES
            if operation.name not in table.operations:
                raise CheckpointError(
                    f"{what} uses the pickle operation {operation.name} (at byte {position}), "
                    "which no published model file does; it was not read"
                )
            # Slots grow one by one; Python allocates room for the highest one named.
            if operation.name in {"BINPUT", "LONG_BINPUT"} and int(argument or 0) > count:
                raise CheckpointError(
                    f"{what} names memo slot {argument} after {count} operations; it was not read, "
                    "because no pickle writer does that"
                )
            if operation.name == "FRAME" and int(argument or 0) > size:
                raise CheckpointError(f"{what} is truncated: a part of it should hold {argument} bytes")
            if count > MAX_OPERATIONS or tuples > MAX_TUPLES:
                raise CheckpointError(
                    f"{what} holds more objects than any published model file ({count} operations, "
                    f"{tuples} tuples); it was not read"
                )
    except (ValueError, OverflowError, EOFError, LookupError, struct.error) as error:
        raise CheckpointError(
            f"{what} is truncated or is no pickle ({_shown(str(error))}); expected a file as published, "
            "so get it again"
        ) from error


def _shown(text: str) -> str:
    """Keep a foreign text to one short, printable line."""
    line = "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    return line if len(line) <= MAX_NAME else line[:MAX_NAME] + "…"
