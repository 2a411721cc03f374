from __future__ import annotations

import json
from pathlib import Path

import pytest

from goae_core.errors import TrainingError
from goae_core.training.edit_figures import figures_of_file


def test_edits_are_held_against_their_goals(tmp_path: Path) -> None:
    directions = {
        "age": {"off_diagonal": 0.10, "monotone": 1.0, "added_distance": 0.06},
        "smile": {"off_diagonal": 0.30, "monotone": 0.5, "added_distance": 0.01},
        "weight": {"off_diagonal": None, "monotone": None, "added_distance": 0.0},
    }
    path = tmp_path / "edits.json"
    path.write_text(json.dumps({"persons": 8, "directions": directions}))
    figures = {figure.key: figure for figure in figures_of_file(path)}
    assert figures["edits.leakage"].value == pytest.approx(0.2)
    assert figures["edits.leakage"].verdict == "missed"
    assert figures["edits.leakage"].note == "1 of 2 directions keep to it; worst smile 0.30"
    assert figures["edits.monotone"].shown() == "75%"
    assert figures["edits.added_distance.age"].verdict == "missed"
    assert figures["edits.added_distance.smile"].verdict == "met"


@pytest.mark.parametrize("text", [None, "{}", "{"])
def test_a_missing_or_damaged_file_is_one_sentence(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "edits.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(TrainingError, match="run 'goae train edits'"):
        figures_of_file(path)
