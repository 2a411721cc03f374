from __future__ import annotations

import pytest

from app.status_line import TimeLeft


@pytest.mark.parametrize(
    ("fraction", "now", "words"),
    [
        (None, 50.0, ""),
        (0.01, 50.0, ""),  # too early to tell
        (0.5, 10.5, ""),
        (0.25, 20.0, "30 s left"),  # a quarter took 10 s
        (0.5, 310.0, "5 min left"),
        (1.0, 20.0, "0 s left"),
    ],
)
def test_the_time_left_follows_from_the_time_spent(fraction: float | None, now: float, words: str) -> None:
    assert TimeLeft(10.0).after(fraction, now) == words
