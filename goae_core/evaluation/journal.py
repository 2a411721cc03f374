"""Records of what was measured, written as they come: who stops early keeps them, and goes on from them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from goae_core.evaluation.goals import Figure
from goae_core.strict_json import JsonMismatchError, from_json, to_json
from goae_core.whole_file import whole_file

T = TypeVar("T")


class Journal(Generic[T]):
    """One JSON file: what was measured with what, every record, and the figures made of them.

    Args:
        path: The file; its folder is made if it is missing.
        kind: Frozen dataclass of one record; what is missing in it is None, never not a number.
        made_with: Model, data and settings; records of other ones are never mixed in.
        figures_of: Makes figures of all records.
        resume: Take up the records of a file made with the same; otherwise it is begun anew.
    """

    def __init__(
        self,
        path: Path,
        kind: type[T],
        made_with: Mapping[str, str],
        figures_of: Callable[[Sequence[T]], list[Figure]],
        *,
        resume: bool = False,
    ) -> None:
        self.path = path
        self._kind = kind
        self._made_with = dict(made_with)
        self._figures_of = figures_of
        self.records: list[T] = self._earlier() if resume else []

    def add(self, *records: T) -> None:
        """Keep records that belong together, all of them or none.

        Raises:
            ExportError: If the file cannot be written.
        """
        self.records += records
        self._write(complete=False)

    def finish(self) -> list[Figure]:
        """Say in the file that nothing is missing, and give its figures.

        Raises:
            ExportError: If the file cannot be written.
        """
        self._write(complete=True)
        return self.figures()

    def figures(self) -> list[Figure]:
        """Of the records so far."""
        return self._figures_of(self.records)

    def _write(self, *, complete: bool) -> None:
        content = {
            "made_with": self._made_with,
            "complete": complete,
            "figures": [_figure_json(figure) for figure in self.figures()],
            "records": [to_json(record) for record in self.records],
        }
        with whole_file(self.path) as part:
            part.write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")

    def _earlier(self) -> list[T]:
        """Records of the file, none if it is missing, damaged or made with something else."""
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            if content["made_with"] != self._made_with:
                return []
            return [from_json(self._kind, record, "a record") for record in content["records"]]
        except (OSError, ValueError, KeyError, TypeError, JsonMismatchError):
            return []


def _figure_json(figure: Figure) -> dict[str, object]:
    return {
        "key": figure.key,
        "text": figure.text,
        "value": figure.value if math.isfinite(figure.value) else None,
        "unit": figure.unit.strip(),
        "goal": figure.shown_goal(),
        "verdict": figure.verdict,
        "over": figure.over,
        "note": figure.note,
    }
