"""Frozen dataclasses to JSON values and back, strictly.

Reading checks every key and every type against the class, so a file written by hand or by another version
either means exactly what the class says or ends in a sentence that names the place.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union

T = TypeVar("T")


class JsonMismatchError(ValueError):
    """A JSON value that does not have the form of the class; the text says where and why."""


def to_json(value: object) -> Any:  # noqa: ANN401 - JSON
    """Turn a dataclass of numbers, texts, tuples and dataclasses into what `json.dumps` takes."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: to_json(v) for key, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_json(v) for v in value]
    return value


def from_json(kind: type[T], value: object, where: str) -> T:
    """Make a value of type `kind`; a field with a default may be missing, unknown keys may not be there.

    Args:
        kind: A dataclass, number, text, Literal, tuple or union of them.
        value: What `json.loads` gave.
        where: The value's place, as messages should call it.

    Raises:
        JsonMismatchError: If the value has another form.
    """
    made: T = _read(kind, value, where)
    return made


def _read(kind: Any, value: object, where: str) -> Any:  # noqa: ANN401 - any type
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, value, where)
    origin, choices = typing.get_origin(kind), typing.get_args(kind)
    if origin in {Union, types.UnionType}:
        return _read_union(choices, value, where)
    if origin is Literal:
        if value not in choices or isinstance(value, bool):
            raise JsonMismatchError(
                f"{where} is {_shown(value)}; expected one of {', '.join(map(repr, choices))}"
            )
        return value
    if origin is tuple:
        return _read_tuple(choices, value, where)
    if origin is Mapping:
        return _read_mapping(choices[1], value, where)
    return _read_plain(kind, value, where)


def _read_dataclass(kind: Any, value: object, where: str) -> Any:  # noqa: ANN401
    if not isinstance(value, dict):
        raise JsonMismatchError(f"{where} is {_shown(value)}; expected an object")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    unknown = sorted(str(key)[:60] for key in value if key not in fields)
    missing = sorted(
        name
        for name, f in fields.items()
        if name not in value and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    )
    if unknown or missing:
        raise JsonMismatchError(
            f"{where} has unknown keys ({', '.join(unknown) or 'none'}) "
            f"or lacks keys ({', '.join(missing) or 'none'})"
        )
    kinds = typing.get_type_hints(kind)
    return kind(**{name: _read(kinds[name], v, f"{where}.{name}") for name, v in value.items()})


def _read_union(choices: tuple[Any, ...], value: object, where: str) -> Any:  # noqa: ANN401
    if value is None and type(None) in choices:
        return None
    problem: JsonMismatchError | None = None
    for choice in choices:
        if choice is not type(None):
            try:
                return _read(choice, value, where)
            except JsonMismatchError as error:
                problem = error
    raise problem or JsonMismatchError(f"{where} is {_shown(value)}; expected nothing")


def _read_tuple(choices: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise JsonMismatchError(f"{where} is {_shown(value)}; expected a list")
    if len(choices) == 2 and choices[1] is Ellipsis:
        choices = (choices[0],) * len(value)
    if len(choices) != len(value):
        raise JsonMismatchError(f"{where} has {len(value)} entries; expected {len(choices)}")
    return tuple(_read(c, v, f"{where}[{k}]") for k, (c, v) in enumerate(zip(choices, value, strict=True)))


def _read_mapping(kind: Any, value: object, where: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, dict):
        raise JsonMismatchError(f"{where} is {_shown(value)}; expected an object")
    return {key: _read(kind, v, f"{where}.{key}") for key, v in value.items()}


def _read_plain(kind: Any, value: object, where: str) -> Any:  # noqa: ANN401
    if kind is float and type(value) in {int, float} and math.isfinite(typing.cast(float, value)):
        return float(typing.cast(float, value))
    if kind in {int, str, bool} and type(value) is kind:
        return value
    raise JsonMismatchError(f"{where} is {_shown(value)}; expected {_TITLES.get(kind, kind)}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"


_TITLES = {int: "a whole number", float: "a finite number", str: "a text", bool: "true or false"}
