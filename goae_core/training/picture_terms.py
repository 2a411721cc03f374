"""Terms beside the regression that make pictures sharp, each held to a share of the regression's pull.

A regression alone is content with a blur where an edge may lie here or there. What a discriminator or the
features of a network say against blur has no scale of its own, so each term is scaled until its gradient at
the picture is a fixed share of the regression's (Esser et al. 2021, Taming Transformers, equation 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

LARGEST_SCALE = 1e3
"""Of a term: where its own gradient vanishes, so does what it has to say."""


class PictureTerm(Protocol):
    """Says how far pictures are from true ones, beyond their pixels."""

    name: str
    share: float
    """Of the regression's gradient at the picture."""

    def __call__(self, picture: Tensor, target: Tensor) -> Tensor:
        """Loss of pictures (B, 4, R, R) in [-1, 1], head over black and coverage, beside true ones."""
        ...

    def state(self) -> dict[str, Any]:
        """Whatever a resumption needs."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        ...


def added_terms(
    terms: Sequence[PictureTerm], regression: Tensor, picture: Tensor, target: Tensor, rim: int = 0
) -> tuple[Tensor, dict[str, float]]:
    """The terms, each scaled to its share.

    Args:
        terms: What else is asked of the pictures; none gives zero.
        regression: Loss of `picture` beside `target` by pixels.
        picture: (B, 4, R, R), with a graph behind it.
        target: Same shape.
        rim: Pixels at the border that no term looks at.

    Returns:
        Their sum, and the value of each before it is scaled.
    """
    total = picture.new_zeros(())
    figures: dict[str, float] = {}
    if not terms:
        return total, figures
    pull = torch.autograd.grad(regression, picture, retain_graph=True)[0].norm()
    for term in terms:
        value = term(*(_within(each, rim) for each in (picture, target)))
        own = torch.autograd.grad(value, picture, retain_graph=True)[0].norm()
        scale = (term.share * pull / own.clamp_min(1e-12)).clamp_max(LARGEST_SCALE)
        total = total + scale.detach() * value
        figures[term.name] = float(value.detach())
    return total, figures


def terms_state(terms: Sequence[PictureTerm]) -> dict[str, Any]:
    """What the terms have learnt, by name, for a checkpoint."""
    return {term.name: term.state() for term in terms}


def restore_terms(terms: Sequence[PictureTerm], state: dict[str, Any]) -> None:
    """Give the terms back what `terms_state` took; one that joins at a resumption starts anew."""
    for term in terms:
        if term.name in state:
            term.restore(state[term.name])


def _within(picture: Tensor, rim: int) -> Tensor:
    return picture[..., rim:-rim, rim:-rim] if rim else picture
