"""Corrections of directions, on linear toys whose answers are worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from goae_core.training.direction_refinement import (
    bounded_inverse,
    bounded_mixing,
    monotone_reach,
    row_weights,
    unmix,
)


def test_row_that_changes_another_label_carries_less() -> None:
    # One direction on two rows. Either row alone moves its own label by a half; the second also moves the
    # other label by a half. With b0 + b1 = 2 the cost is (b1 / 2)^2 + 0.3 ((b0 - 1)^2 + (b1 - 1)^2), whose
    # derivative 0.5 b1 + 1.2 (b1 - 1) vanishes at b1 = 12 / 17.
    slopes = np.array([[[0.5], [0.5]], [[0.0], [0.5]]])  # (labels, rows, width)
    weights = row_weights(slopes, np.ones((1, 2, 1)), np.array([0]))
    np.testing.assert_allclose(weights, [[22 / 17, 12 / 17]], atol=2e-3)


def test_rows_without_leakage_stay_as_they_are() -> None:
    slopes = np.array([[[0.3], [0.7]], [[0.0], [0.0]]])
    np.testing.assert_allclose(row_weights(slopes, np.ones((1, 2, 1)), np.array([0])), 1, atol=1e-6)


def test_direction_that_acts_against_its_name_is_left_alone() -> None:
    slopes = np.array([[[-0.3], [0.1]], [[0.5], [0.5]]])
    assert (row_weights(slopes, np.ones((1, 2, 1)), np.array([0])) == 1).all()


def test_inverse_of_pure_scales_is_exact() -> None:
    np.testing.assert_allclose(bounded_inverse(np.diag([0.5, 2.0])), np.diag([2.0, 0.5]), atol=1e-12)


def test_true_directions_of_a_linear_generator_are_recovered() -> None:
    # labels = 2 w_0 and w_1 - 0.5 w_0: unit steps without leakage are (0.5, 0.25) and (0, 1)
    reading = np.array([[2.0, -0.5], [0.0, 1.0]])

    def measure(offsets: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(offsets[:, 0] @ reading)

    start = np.array([[[0.6, 0.2]], [[0.1, 0.8]]])
    found, _ = unmix(start, measure, np.array([0, 1]), rounds=4)
    np.testing.assert_allclose(found[:, 0], [[0.5, 0.25], [0.0, 1.0]], atol=2e-3)
    np.testing.assert_allclose(measure(found), np.eye(2), atol=4e-3)


def test_other_directions_join_only_within_bounds() -> None:
    # of each row: its own part between a half and two, the others at most a quarter of it
    mixed = bounded_mixing(np.array([[4.0, 0.1, -3.0], [0.1, 0.8, 0.1], [0.0, 9.0, 0.1]]))
    np.testing.assert_allclose(mixed, [[2, 0.1, -0.5], [0.1, 0.8, 0.1], [0, 0.125, 0.5]])


def test_what_a_generator_hardly_shows_is_not_forced() -> None:
    found, _ = unmix(np.ones((1, 1, 1)), lambda offsets: 0.06 * offsets[:, 0], np.array([0]), rounds=3)
    assert found[0, 0, 0] == pytest.approx(2.0)  # not 1 / 0.06 = 16.7


def test_range_ends_where_the_reading_turns() -> None:
    strengths = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])
    rising = np.tile(strengths, (10, 1))
    assert monotone_reach(rising, strengths) == 3
    turning = rising.copy()
    turning[:, 6] = 1.5  # falls from 2 to 1.5 on every head beyond strength 2
    assert monotone_reach(turning, strengths) == 2
    rare = rising.copy()
    rare[0, 0] = 5.0  # one head of ten does not rise from -3 to -2
    assert monotone_reach(rare, strengths) == 3
    assert monotone_reach(-rising, strengths) == 0
