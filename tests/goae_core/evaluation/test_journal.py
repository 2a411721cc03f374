from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from goae_core.evaluation.goals import Figure, at_most
from goae_core.evaluation.journal import Journal

MADE_WITH = {"weights": "abc", "data": "here"}


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    value: float | None
    sides: tuple[float, ...] = ()


def _figures(records: Sequence[Sample]) -> list[Figure]:
    values = [record.value for record in records if record.value is not None]
    mean = sum(values) / len(values) if values else math.nan
    return [Figure("mean", "mean", mean, len(values), goal=at_most(1.0))]


def _journal(path: Path, *, resume: bool, made_with: dict[str, str] = MADE_WITH) -> Journal[Sample]:
    return Journal(path, Sample, made_with, _figures, resume=resume)


def test_what_was_measured_before_a_stop_is_kept_and_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "new" / "records.json"
    first = _journal(path, resume=True)
    first.add(Sample("a", 1.0, (0.5, 0.25)), Sample("b", None))
    content = json.loads(path.read_text())
    assert content["complete"] is False
    assert [record["name"] for record in content["records"]] == ["a", "b"]
    second = _journal(path, resume=True)
    assert second.records == first.records
    second.add(Sample("c", 2.0))
    (figure,) = second.finish()
    assert figure.value == 1.5
    content = json.loads(path.read_text())
    assert content["complete"] is True
    assert content["figures"][0] == {
        "key": "mean", "text": "mean", "value": 1.5, "unit": "", "goal": "≤ 1", "verdict": "missed",
        "over": 2, "note": "",
    }  # fmt: skip


@pytest.mark.parametrize("made_with", [{**MADE_WITH, "weights": "other"}, {}])
def test_records_of_other_weights_are_never_mixed_in(tmp_path: Path, made_with: dict[str, str]) -> None:
    path = tmp_path / "records.json"
    _journal(path, resume=False).add(Sample("a", 1.0))
    assert _journal(path, resume=True, made_with=made_with).records == []
    assert _journal(path, resume=False).records == []


@pytest.mark.parametrize("text", ["", "[]", '{"made_with": {"weights": "abc", "data": "here"}}', "{"])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "records.json"
    path.write_text(text)
    assert _journal(path, resume=True).records == []


def test_a_figure_of_nothing_is_null_in_the_file(tmp_path: Path) -> None:
    journal = _journal(tmp_path / "records.json", resume=False)
    journal.finish()
    assert json.loads(journal.path.read_text())["figures"][0]["value"] is None
