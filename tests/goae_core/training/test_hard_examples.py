from __future__ import annotations

import numpy as np
import pytest

from goae_core.training.hard_examples import HardExamples


def test_before_anyone_is_seen_all_are_drawn_alike() -> None:
    assert HardExamples().chances(4).tolist() == [0.25] * 4


def test_who_came_out_badly_is_drawn_more_often_and_nobody_is_forgotten() -> None:
    hard = HardExamples()
    hard.learn(np.array([0, 1]), np.array([3.0, 1.0]))
    # the unseen two count as the average, 2: half of each chance is uniform, half is error / 8
    np.testing.assert_allclose(hard.chances(4), 0.5 / 4 + 0.5 * np.array([3, 1, 2, 2]) / 8)


def test_half_of_an_old_error_is_remembered() -> None:
    hard = HardExamples()
    hard.learn(np.array([0]), np.array([4.0]))
    hard.learn(np.array([0]), np.array([2.0]))
    assert hard.state() == [3.0]


def test_an_error_that_is_no_number_changes_nothing() -> None:
    hard = HardExamples()
    hard.learn(np.array([0, 1]), np.array([1.0, 1.0]))
    hard.learn(np.array([1]), np.array([np.nan]))
    assert hard.chances(2) == pytest.approx([0.5, 0.5])


def test_persons_may_join_later_and_a_copy_goes_on() -> None:
    hard, copy = HardExamples(), HardExamples()
    hard.learn(np.array([2]), np.array([5.0]))
    copy.restore(hard.state())
    np.testing.assert_array_equal(hard.chances(6), copy.chances(6))
    assert hard.chances(6).sum() == pytest.approx(1.0)
