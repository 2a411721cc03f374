"""What a long training tells whoever started it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

StageName = Literal[
    "data",
    "generator",
    "matting",
    "encoder",
    "afa",
    "attributes",
    "judge",
    "directions",
    "pose",
    "edits",
    "evaluate",
]


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """One stage of training, as asked for on the command line."""

    stage: StageName
    pack: Path | None
    """Head pack to render from; needed by the stage `data` alone."""
    data: Path
    """Folder of rendered persons."""
    out: Path
    """Run folder: checkpoints, logs, sheets and the growing model."""
    minutes: float | None
    """Time to spend over all resumptions; None: the stage's own number of steps."""
    resume: bool
    persons: int
    preset: str
    batch: int | None
    device: str
    seed: int
    workers: int
    views: int = 8
    """Viewpoints of each rendered person."""
    lights: int = 3
    """Environments of each rendered person."""
    painted: float = 0.25
    """Share of the rendered persons with a random pattern over skin and hair."""
    adversarial: bool = True
    """Whether critics judge pictures, and the encoder's latents, beside the regression."""
    perceptual: Path | None = None
    """A network of the user's, in whose features pictures are compared too."""
    fixed_yaws: tuple[float, ...] = ()
    """Degrees from which the first views of each rendered person are taken exactly, for held-out sets."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A step that is done."""

    step: int
    fraction: float
    """Of the work asked for, 0 to 1."""
    figures: Mapping[str, float] = field(default_factory=dict)
    message: str = ""
