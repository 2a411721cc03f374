"""What an optimisation tells while it runs, and what it ends with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from goae_core.inversion import Inversion

Stage = Literal[
    "camera",  # is the camera clearly wrong?
    "style",  # w+
    "detail",  # AFA's scale and shift
    "check",  # before and after are compared
]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a head meets its photo at the input view, over the matte."""

    mse: float
    """Values in [-1, 1]."""
    psnr: float
    """Decibels."""
    ssim: float
    iou: float
    """Of silhouette and matte, both above one half."""


@dataclass(frozen=True, slots=True, eq=False)
class Optimised:
    """The end of an optimisation.

    Attributes:
        inversion: The better head; the very one that went in if nothing was gained.
        improved: Whether it is another one.
        before: Fit of what went in.
        after: Fit of `inversion`.
        seconds: Wall time.
        steps: Taken in each stage; as a request's `steps` they give the same result again.
        moved: Root mean square of w+'s way, in deviations of w.
        turned: Degrees by which the camera's axis turned.
    """

    inversion: Inversion
    improved: bool
    before: Fit
    after: Fit
    seconds: float
    steps: tuple[int, int]
    moved: float
    turned: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class OptimisationProgress:
    """News after each step.

    Attributes:
        fraction: 0 to 1, of the time or steps.
        stage: What is being done.
        mse: At the input view over the matte, values in [-1, 1]; in stage "style" of a draft without AFA.
        step: Counted from 1 in each stage.
        outcome: The result; None in all but the last.
    """

    fraction: float
    stage: Stage
    mse: float
    step: int
    outcome: Optimised | None = None
