"""Which persons are drawn more often: those of whom the pictures are worst so far.

Half of the draws are uniform, so that no person is forgotten and none that cannot be learnt takes all the
time; the other half goes to each in proportion to its last errors (after Shrivastava et al. 2016, online hard
example mining, with persons for regions).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HARD_SHARE = 0.5
"""Of the draws that look at errors."""
MEMORY = 0.5
"""Share of a person's error that its next one leaves standing."""


class HardExamples:
    """Remembers how badly each person came out."""

    def __init__(self) -> None:
        """Nobody has been seen."""
        self._errors = np.zeros(0)

    def chances(self, persons: int) -> NDArray[np.float64]:
        """Probability (N,) of each of N persons; who has not been seen yet counts as the average."""
        self._grow(persons)
        errors = self._errors[:persons]
        seen = np.isfinite(errors)
        uniform = np.full(persons, 1.0 / persons)
        if not seen.any() or errors[seen].sum() <= 0:
            return uniform
        filled = np.where(seen, errors, errors[seen].mean())
        chances: NDArray[np.float64] = (1 - HARD_SHARE) * uniform + HARD_SHARE * filled / filled.sum()
        return chances

    def learn(self, person: NDArray[np.int64], error: NDArray[np.float64]) -> None:
        """Take in the errors (G,) of the persons (G,) of a batch; errors that are no number are left out."""
        if not len(person):
            return
        self._grow(int(person.max()) + 1)
        for index, value in zip(person.tolist(), error.tolist(), strict=True):
            if np.isfinite(value):
                old = self._errors[index]
                self._errors[index] = MEMORY * old + (1 - MEMORY) * value if np.isfinite(old) else value

    def state(self) -> list[float]:
        """All errors; NaN for persons not seen."""
        return [float(error) for error in self._errors]

    def restore(self, state: list[float]) -> None:
        """Take back what `state` gave."""
        self._errors = np.asarray(state, np.float64)

    def _grow(self, persons: int) -> None:
        missing = persons - len(self._errors)
        if missing > 0:
            self._errors = np.concatenate([self._errors, np.full(missing, np.nan)])
