"""Dataclasses to JSON and back; every deviation is named with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import pytest

from goae_core.presets import PRESETS, Preset
from goae_core.strict_json import JsonMismatchError, from_json, to_json


@dataclass(frozen=True)
class _Inner:
    size: int
    share: float = 0.5


@dataclass(frozen=True)
class _Outer:
    name: str
    kind: Literal["a", "b"]
    inner: _Inner | None
    pair: tuple[int, str]
    many: tuple[float, ...]
    by_name: Mapping[str, _Inner] = field(default_factory=dict)
    flag: bool = False


GOOD = _Outer("x", "b", _Inner(3), (1, "y"), (1.0, 2.5), {"k": _Inner(4, 0.25)}, True)


def _change(**changes: object) -> dict[str, object]:
    return {**to_json(GOOD), **changes}


def test_what_was_written_is_read() -> None:
    assert from_json(_Outer, json.loads(json.dumps(to_json(GOOD))), "it") == GOOD
    without = replace(GOOD, inner=None, many=(), by_name={})
    assert from_json(_Outer, json.loads(json.dumps(to_json(without))), "it") == without


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_survives(name: str) -> None:
    assert from_json(Preset, json.loads(json.dumps(to_json(PRESETS[name]))), "it") == PRESETS[name]


def test_a_whole_number_is_a_number_but_not_the_other_way_round() -> None:
    assert from_json(float, 3, "it") == 3.0
    with pytest.raises(JsonMismatchError, match=r"it is 3\.0; expected a whole number"):
        from_json(int, 3.0, "it")


def test_a_field_with_a_default_may_be_missing() -> None:
    assert from_json(_Inner, {"size": 2}, "it") == _Inner(2, 0.5)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (_change(surplus=1), r"it has unknown keys \(surplus\) or lacks keys \(none\)"),
        ({"name": "x"}, r"lacks keys \(inner, kind, many, pair\)"),
        (_change(name=3), r"it\.name is 3; expected a text"),
        (_change(kind="c"), r"it\.kind is 'c'; expected one of 'a', 'b'"),
        (_change(inner={"size": "3"}), r"it\.inner\.size is '3'; expected a whole number"),
        (_change(inner=[]), r"it\.inner is \[\]; expected an object"),
        (_change(pair=[1]), r"it\.pair has 1 entries; expected 2"),
        (_change(pair=3), r"it\.pair is 3; expected a list"),
        (_change(many=[1, None]), r"it\.many\[1\] is None; expected a finite number"),
        (_change(many=[float("nan")]), r"it\.many\[0\] is nan; expected a finite number"),
        (_change(by_name={"k": 1}), r"it\.by_name\.k is 1; expected an object"),
        (_change(flag=1), r"it\.flag is 1; expected true or false"),
        (_change(inner={"size": True}), r"it\.inner\.size is True; expected a whole number"),
        ([], r"it is \[\]; expected an object"),
    ],
)
def test_every_deviation_is_named(value: object, sentence: str) -> None:
    with pytest.raises(JsonMismatchError, match=sentence):
        from_json(_Outer, value, "it")
