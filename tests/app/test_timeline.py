from __future__ import annotations

import pytest

from app.timeline import Keyed, TimeScale, clock, with_key
from goae_core.animation import Animation, View


def test_places_and_moments_by_hand() -> None:
    scale = TimeScale(left=100, width=400, seconds=4)
    assert scale.x_of(1.0) == 200
    assert scale.moment_at(150) == 0.5
    assert (scale.moment_at(0), scale.moment_at(900)) == (0.0, 4.0)


def test_ticks_bear_numbers_where_there_is_room() -> None:
    ticks = TimeScale(left=0, width=400, seconds=4).ticks()  # 100 pixels a second: a number each second
    assert [moment for moment, numbered in ticks if numbered] == [0, 1, 2, 3, 4]
    assert [moment for moment, _ in ticks[:3]] == pytest.approx([0.0, 0.2, 0.4])
    assert [m for m, numbered in TimeScale(0, 400, 60).ticks() if numbered] == [0, 10, 20, 30, 40, 50, 60]
    assert [m for m, numbered in TimeScale(0, 400, 4.5).ticks() if numbered] == [0, 1, 2, 3, 4]


def test_a_key_takes_what_moved_since_the_last_one() -> None:
    first = with_key(Animation(), 0.0, View(), {"smile": 0.0, "age": 1.0}, None)
    assert first.marks == ((None, 0.0),)
    last = Keyed(0.0, {"smile": 0.0, "age": 1.0})
    second = with_key(first, 2.0, View(yaw=0.1), {"smile": 1.5, "age": 1.0}, last)
    assert second.marks == ((None, 0.0), (None, 2.0), ("smile", 0.0), ("smile", 2.0))
    assert second.strengths_at(0.0) == {"smile": 0.0}
    third = with_key(second, 3.0, View(), {"smile": 0.5, "age": 1.0}, Keyed(2.0, {"smile": 1.5, "age": 1.0}))
    assert third.marks[-1] == ("smile", 3.0)


def test_moments_in_words() -> None:
    assert [clock(1.25), clock(62.5)] == ["1.25 s", "1:02.50"]
