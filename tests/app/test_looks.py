from __future__ import annotations

import random
from pathlib import Path

import pytest

from app.looks import LookError, look_from_text, look_text, random_strengths, read_looks, write_looks
from app.messages import Attribute

AGE = Attribute("age", "person", "deviations", 2.0)
DETAIL = Attribute("detail", "photo", "share", 1.0, rest=1.0, low=0.0)


def test_random_looks_stay_in_the_trained_range_and_spare_the_reconstruction() -> None:
    drawn = [random_strengths((AGE, DETAIL), random.Random(seed)) for seed in range(300)]
    assert all(set(look) == {"age"} for look in drawn)
    ages = [look["age"] for look in drawn]
    assert max(abs(age) for age in ages) <= 2.0
    assert min(ages) < -1.0 < 1.0 < max(ages)


def test_a_look_survives_the_clipboard_and_other_text_is_none() -> None:
    assert look_from_text(look_text({"age": 1.5, "smile": -0.25})) == {"age": 1.5, "smile": -0.25}
    for text in ("words", "[1, 2]", '{"goae-look": 3}', '{"goae-look": {"age": "old"}}', '{"age": 1}'):
        assert look_from_text(text) is None


def test_named_looks_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "looks.json"
    assert read_looks(path) == {}
    write_looks({"old": {"age": 2.0}, "plain": {}}, path)
    assert read_looks(path) == {"old": {"age": 2.0}, "plain": {}}


def test_a_damaged_file_of_looks_is_named(tmp_path: Path) -> None:
    path = tmp_path / "looks.json"
    path.write_text("[")
    with pytest.raises(LookError, match=r"looks\.json.*mend or delete"):
        read_looks(path)
