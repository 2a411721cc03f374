"""Looks: sets of strengths that can be copied, pasted, drawn at random and kept under a name. No Qt."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.messages import Attribute
from goae_core.errors import GoaeError
from goae_core.whole_file import whole_file

Strengths = Mapping[str, float]

_MARK = "goae-look"


class LookError(GoaeError):
    """A look cannot be read or written."""


def random_strengths(attributes: Iterable[Attribute], source: random.Random) -> dict[str, float]:
    """Draw a look as the training data have it: normal about zero, never beyond the trained range.

    Args:
        attributes: Those to draw; the ones that are no attribute of a person (`rests` other than 0) are left
            out.
        source: Of chance.
    """
    strengths = {}
    for attribute in attributes:
        if attribute.rest == 0.0:
            drawn = source.gauss(0.0, attribute.limit / 2)
            strengths[attribute.name] = round(min(max(drawn, -attribute.limit), attribute.limit), 2)
    return strengths


def look_text(strengths: Strengths) -> str:
    """A look as text for the clipboard; other programs may read it."""
    return json.dumps({_MARK: dict(strengths)})


def look_from_text(text: str) -> dict[str, float] | None:
    """The look in a text; None if there is none."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _strengths(content.get(_MARK)) if isinstance(content, dict) else None


def read_looks(path: Path) -> dict[str, dict[str, float]]:
    """The named looks in a file; none if there is no file.

    Raises:
        LookError: If the file is there and cannot be read.
    """
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        looks = {str(name): _strengths(value) for name, value in content.items()}
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise LookError(f"the looks in '{path}' cannot be read; mend or delete that file") from error
    return {name: look for name, look in looks.items() if look is not None}


def write_looks(looks: Mapping[str, Strengths], path: Path) -> None:
    """Write the named looks, all or nothing.

    Raises:
        ExportError: If the file cannot be written.
    """
    with whole_file(path) as part:
        part.write_text(json.dumps({name: dict(look) for name, look in looks.items()}, indent=1), "utf-8")


def _strengths(value: object) -> dict[str, float] | None:
    if not isinstance(value, dict):
        return None
    strengths = {str(name): number for name, number in value.items() if _is_number(number)}
    return strengths if len(strengths) == len(value) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
