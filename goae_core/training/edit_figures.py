"""What `goae train edits` measured, as lines of the model card."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from goae_core.errors import TrainingError
from goae_core.evaluation.goals import GOALS, Figure

HELD = ("age", "smile")
"""Directions that must not make somebody else of a person."""


def figures_of_file(path: Path) -> list[Figure]:
    """Read the figures that `edit_evaluation.write_figures` wrote as `edits.json`.

    Args:
        path: The file.

    Raises:
        TrainingError: If there is no such file, or it has another form.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        directions, persons = dict(content["directions"]), int(content["persons"])
        return _figures(directions, persons)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} holds no figures of edits ({error}); run 'goae train edits'") from error


def _figures(directions: dict[str, dict[str, float | None]], persons: int) -> list[Figure]:
    leakage = {name: row["off_diagonal"] for name, row in directions.items()}
    known = {name: value for name, value in leakage.items() if value is not None}
    rises = [row["monotone"] for row in directions.values() if row["monotone"] is not None]
    goal = GOALS["edits.leakage"]
    kept = sum(goal.met_by(value) for value in known.values())
    worst = max(known, key=lambda name: known[name], default="")
    over = f"{kept} of {len(known)} directions keep to it; worst {worst} {known.get(worst, math.nan):.2f}"
    result = [
        Figure(
            "edits.leakage",
            "edits, leakage into other labels",
            _mean(known.values()),
            persons,
            ".2f",
            goal=goal,
            note=over,
        ),
        Figure(
            "edits.monotone",
            "edits, heads on which the label rises all the way",
            _mean(rises),
            persons,
            ".0%",
            note=f"{sum(value >= 1.0 for value in rises)} of {len(rises)} directions on all",
        ),
    ]
    for name in HELD:
        if name in directions:
            added = directions[name].get("added_distance")
            result.append(
                Figure(
                    f"edits.added_distance.{name}",
                    f"{name} by ±1 adds to the descriptor's distance",
                    math.nan if added is None else added,
                    persons,
                    goal=GOALS["edits.added_distance"],
                )
            )
    return result


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return float(np.mean(known)) if known else math.nan
