"""Figures, what they should reach, and how they are told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit that a figure should keep to."""

    limit: float
    at_most: bool
    """True: at most the limit. False: at least."""

    def met_by(self, value: float) -> bool:
        """Whether a value keeps to it; what is not a number does not."""
        return value <= self.limit if self.at_most else value >= self.limit


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the model card."""

    key: str
    """Names it in files, for instance `input.mse`."""
    text: str
    """Names it to people."""
    value: float
    """Not a number where nothing could be measured."""
    over: int
    """How many things it is a mean or median over."""
    form: str = ".3f"
    """How many digits mean something."""
    unit: str = ""
    goal: Goal | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing where there is no goal or no value."""
        if self.goal is None or not math.isfinite(self.value):
            return ""
        return "met" if self.goal.met_by(self.value) else "missed"

    def shown(self) -> str:
        """The value with its unit."""
        return f"{self.value:{self.form}}{self.unit}" if math.isfinite(self.value) else "not measured"

    def shown_goal(self) -> str:
        """The goal with its sign; empty without one."""
        if self.goal is None:
            return ""
        return f"{'≤' if self.goal.at_most else '≥'} {self.goal.limit:g}{self.unit}"


def at_most(limit: float) -> Goal:
    """A figure that should be small."""
    return Goal(limit, at_most=True)


def at_least(limit: float) -> Goal:
    """A figure that should be large."""
    return Goal(limit, at_most=False)


GOALS = {
    "input.mse": at_most(0.017),
    "input.ssim": at_least(0.80),
    "input.detail_psnr": at_least(30.0),
    "identity.input": at_most(0.40),
    "identity.side": at_most(0.50),
    "identity.input_detail": at_most(0.25),
    "identity.side_detail": at_most(0.42),
    "views.30.psnr": at_least(23.0),
    "views.45.psnr": at_least(21.0),
    "views.depth": at_most(0.02),
    "camera.synthetic": at_most(2.0),
    "camera.labels": at_most(5.0),
    "edits.leakage": at_most(0.15),
    "edits.added_distance": at_most(0.05),
}
"""What the embedded model is made for. Identity is dlib's descriptor: one person lies below 0.6. Depth is in
sides of the box, cameras are in degrees, leakage is a share of the intended change."""


def table(figures: Sequence[Figure]) -> list[str]:
    """Lines of text in columns: what, value, goal, whether it is met, over how many, and a note."""
    rows = [(f.text, f.shown(), f.shown_goal(), f.verdict, f"over {f.over}", f.note) for f in figures]
    widths = [max(len(row[k]) for row in rows) for k in range(5)] if rows else []
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]]).rstrip()
        for row in rows
    ]


def markdown(figures: Sequence[Figure], command: str) -> list[str]:
    """Lines of a table for the model card, under the command that made it."""
    lines = [f"`{command}`", "", "| figure | value | goal | | over |", "|---|---|---|---|---|"]
    for figure in figures:
        text = f"{figure.text} ({figure.note})" if figure.note else figure.text
        cells = (text, figure.shown(), figure.shown_goal(), figure.verdict, str(figure.over))
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]
