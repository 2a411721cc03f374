"""Directions made to do what they say, and only that, by measuring what they do to pictures.

Three steps, each on what an attribute network reads off rendered heads:

    rows     which rows of w+ carry a direction: those whose share of unwanted change is small
    unmixing D <- M^-1 D with M the measured change of every label by a unit step along each direction,
             so that a step changes its own label by one deviation and the others by nothing, within bounds
    reach    how far to either side the own label keeps changing in the same sense

The first uses derivatives at the heads as they are, the second steps of one unit, the third the whole range.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Measure = Callable[[Floats], Floats]
"""Offsets of K directions (K, N, W) to the measured change (K, L) of L labels by a unit of each."""

ROW_STIFFNESS = 0.6
"""Price of moving the rows' weights away from one, against squared leakage."""
MAX_ROW_WEIGHT = 2.0
MAX_SCALE = 2.0
"""Largest change of a direction's length over all rounds: what a generator does not show is not forced."""
MAX_SHARE = 0.25
"""Most of another direction that may be mixed into one, as a share of its own part. Without a bound smiles
come with the rims of glasses, because the blur of a strong smile reads as their absence."""
MAX_NATURAL_STEP = 3.0
"""How far a direction is followed, in steps as the generator has learned them: beyond lie no heads."""
UNMIXING_RIDGE = 0.02
"""Relative to the squared changes themselves: keeps directions that hardly act from being blown up."""


def row_weights(slopes: Floats, offsets: Floats, own: NDArray[np.int64]) -> Floats:
    """How much of each row of a direction to keep.

    For direction k with r_n the change of its own label by row n alone and L_nj that of the others, scaled so
    that all rows together change the own label by one, the weights b >= 0 minimise

        sum_j (sum_n b_n L_nj)^2 + stiffness / N * sum_n (b_n - 1)^2     with sum_n b_n r_n = 1

    Args:
        slopes: Mean derivatives of the labels, (L, N, W).
        offsets: (K, N, W).
        own: Column of each direction's own label, (K,).

    Returns:
        (K, N), to be multiplied with the offsets' rows. Rows of ones for a direction whose own label does not
        move in its sense.
    """
    response = np.einsum("knw,lnw->knl", offsets, slopes)
    result = np.ones(response.shape[:2])
    for k, column in enumerate(own):
        total = response[k, :, column].sum()
        if total <= 1e-6:
            continue
        scaled = response[k] / total  # (N, L)
        wanted = scaled[:, column]
        others = np.delete(scaled, column, axis=1)
        count = len(scaled)
        stiff = np.sqrt(ROW_STIFFNESS / count)
        matrix = np.concatenate([others.T, stiff * np.eye(count), 30.0 * wanted[None]])
        target = np.concatenate([np.zeros(others.shape[1]), np.full(count, stiff), [30.0]])
        solved = scipy.optimize.lsq_linear(matrix, target, bounds=(0.0, MAX_ROW_WEIGHT))
        result[k] = solved.x
    return result


def unmix(
    offsets: Floats, measure: Measure, own: NDArray[np.int64], *, rounds: int = 2
) -> tuple[Floats, Floats]:
    """Rescale and combine directions until each changes its own label by one and the others by nothing.

    Each round measures M of the directions T D so far and replaces T by (M^T M + ridge)^-1 M^T T, the inverse
    that does not blow up what hardly acts, held within `MAX_SCALE` and `MAX_SHARE`.

    Args:
        offsets: D, (K, N, W).
        measure: What directions do.
        own: Column of each direction's own label among those measured, (K,).
        rounds: How often to measure and correct.

    Returns:
        The directions T D (K, N, W), and T (K, K).
    """
    mixing = np.eye(len(offsets))
    for _ in range(rounds):
        change = measure(np.einsum("kj,jnw->knw", mixing, offsets))[:, own]
        mixing = bounded_mixing(bounded_inverse(change) @ mixing)
    return np.einsum("kj,jnw->knw", mixing, offsets), mixing


def bounded_mixing(mixing: Floats) -> Floats:
    """Hold a mixture (K, K) within `MAX_SCALE` of each direction and `MAX_SHARE` of the others."""
    own = np.clip(np.diag(mixing), 1 / MAX_SCALE, MAX_SCALE)
    shares = np.clip(mixing / own[:, None], -MAX_SHARE, MAX_SHARE)
    np.fill_diagonal(shares, 1.0)
    result: Floats = own[:, None] * shares
    return result


def bounded_inverse(change: Floats) -> Floats:
    """Inverse of a measured change (K, K), regularised relative to each direction's own effect."""
    # equal footing first: a direction that acts weakly is a matter of its length, not of the ridge
    own = np.diag(change)
    scale = np.where(own > 0.05, own, np.maximum(np.abs(change).max(axis=1), 0.05))
    even = change / scale[:, None]
    inverse = np.linalg.solve(even.T @ even + UNMIXING_RIDGE * np.eye(len(even)), even.T)
    # the ridge shortens what it leaves alone, too
    inverse = inverse * (1 + UNMIXING_RIDGE)
    result: Floats = inverse / scale[None, :]
    return result


def monotone_reach(curves: Floats, strengths: Floats, share: float = 0.9, slack: float = 0.03) -> float:
    """Largest strength up to which the own label keeps rising on most heads, to both sides.

    Args:
        curves: Own label of H heads at S strengths, (H, S).
        strengths: Rising, with 0 among them, (S,).
        share: Of heads that have to rise over each interval.
        slack: Fall between neighbouring strengths that counts as standing still, in deviations.

    Returns:
        The smaller of both sides; 0 if not even the first interval rises.
    """
    rising = ((np.diff(curves, axis=1) > -slack).mean(axis=0) >= share) & (np.diff(curves.mean(axis=0)) > 0)
    middle = int(np.argmin(np.abs(strengths)))
    reach = []
    for steps in (range(middle, len(strengths) - 1), range(middle - 1, -1, -1)):
        far = 0.0
        for step in steps:
            if not rising[step]:
                break
            far = max(abs(strengths[step]), abs(strengths[step + 1]))
        reach.append(far)
    return float(min(reach))
