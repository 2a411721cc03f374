from __future__ import annotations

import math

import pytest

from goae_core.evaluation.goals import GOALS, Figure, at_least, at_most, markdown, table


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.4, "met"), (0.3, "met"), (0.401, "missed"), (math.nan, ""), (math.inf, "")]
)
def test_small_is_good_of_a_goal_that_is_at_most(value: float, verdict: str) -> None:
    assert Figure("k", "t", value, 1, goal=at_most(0.4)).verdict == verdict


def test_large_is_good_of_a_goal_that_is_at_least() -> None:
    assert Figure("k", "t", 23.0, 1, goal=at_least(23.0)).verdict == "met"
    assert Figure("k", "t", 22.9, 1, goal=at_least(23.0)).verdict == "missed"
    assert Figure("k", "t", 22.9, 1).verdict == ""


def test_table_puts_the_goal_beside_the_figure() -> None:
    figures = [
        Figure("a", "PSNR", 21.04, 6, ".1f", " dB", at_least(23.0)),
        Figure("b", "identity", math.nan, 0, goal=at_most(0.4), note="even rows"),
    ]
    first, second = table(figures)
    assert first.split() == ["PSNR", "21.0", "dB", "≥", "23", "dB", "missed", "over", "6"]
    assert second.split() == ["identity", "not", "measured", "≤", "0.4", "over", "0", "even", "rows"]
    assert table([]) == []


def test_model_card_has_the_command_and_a_row_a_figure() -> None:
    figures = [Figure("a", "MSE", 0.0321, 6, ".4f", goal=at_most(0.017), note="crops")]
    lines = markdown(figures, "goae evaluate photos DIR")
    assert lines[0] == "`goae evaluate photos DIR`"
    assert lines[-2] == "| MSE (crops) | 0.0321 | ≤ 0.017 | missed | 6 |"
    assert lines[2].count("|") == lines[-2].count("|")


def test_similarity_and_decibels_should_be_large_and_all_else_small() -> None:
    large = {name for name, goal in GOALS.items() if not goal.at_most}
    assert large == {"input.ssim", "input.detail_psnr", "views.30.psnr", "views.45.psnr"}
