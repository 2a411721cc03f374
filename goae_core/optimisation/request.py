"""What an optimisation may spend, and how freely it may move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from goae_core.errors import GoaeError

Precision = Literal[
    "auto",  # bfloat16 where the processor multiplies it faster, float32 elsewhere
    "float32",
    "bfloat16",
]
ShouldStop = Callable[[], bool]

MAX_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Priors:
    """How strongly the head is held where the photo says little; each is a weight on a mean square."""

    style: float = 0.5
    """Of w+'s way from the encoder's, in deviations of w over persons."""
    rows: float = 4.0
    """How much more a row's own way costs than one that all rows go together."""
    rare: float = 0.5
    """Of what makes the style rarer among persons than it was: mean square distance from the mean style."""
    shape: float = 2.0
    """Of the change of occupancy that the style brings, at points around the surface and beside the head."""
    silhouette: float = 1.0
    """Of opacity minus matte."""
    energy: float = 0.5
    """Of AFA's change, in deviations of each feature channel."""
    density: float = 8.0
    """Of the change of occupancy that AFA's features bring, at the same points."""
    unseen: float = 8.0
    """Of the change of colour at surface points that the photo did not see."""


@dataclass(frozen=True, slots=True)
class OptimisationRequest:
    """What to spend, and how freely.

    Attributes:
        seconds: Wall time for everything, 0 to 3600; a step that has begun is finished.
        steps: Steps of each stage, style and detail; None: as many as the seconds allow. With steps given the
            result is the same at every run on the same machine, device and thread count, and seconds are not
            looked at.
        seed: Of the points at which geometry is watched.
        camera: Whether the camera may be corrected.
        priors: What holds the head.
        bound: Largest root mean square of w+'s way from the encoder's, in deviations of w.
        precision: See `Precision`.
    """

    seconds: float = 30.0
    steps: tuple[int, int] | None = None
    seed: int = 0
    camera: bool = True
    priors: Priors = Priors()
    bound: float = 1.0
    precision: Precision = "auto"


def check(request: OptimisationRequest) -> None:
    """Refuse senseless times.

    Raises:
        GoaeError: If the request asks for no or too much time.
    """
    if not 0.0 < request.seconds <= MAX_SECONDS:
        raise GoaeError(
            f"optimising takes more than 0 and at most {MAX_SECONDS:g} seconds, got {request.seconds:g}; "
            "give 30 to 60"
        )
