"""w+ on its way from what the encoder said, measured in what persons differ by."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from goae_core.camera import orbit
from goae_core.generator import Generator

_SAMPLES = 2048
_SAMPLING_SEED = 7
_FLOOR = 1e-3
"""Of the largest variance: directions in which persons hardly differ count as if they differed this much."""


@dataclass(frozen=True, slots=True, eq=False)
class StyleStatistics:
    """How w is spread over persons, as the mapping network itself makes them."""

    mean: Tensor
    """(W,)"""
    root: Tensor
    """Symmetric root of the covariance, (W, W): what one deviation in any direction is."""
    inverse: Tensor
    """Of the root, with a floor under the deviations, (W, W)."""

    @classmethod
    @torch.no_grad()
    def of(cls, generator: Generator) -> StyleStatistics:
        """Draw persons and look; always the same ones."""
        device = generator.w_avg.device
        random = torch.Generator().manual_seed(_SAMPLING_SEED)
        z = torch.randn((_SAMPLES, generator.preset.backbone.z_dim), generator=random).to(device)
        label = orbit(0.0, 0.0, rig=generator.preset.camera).label().to(device)
        w = generator.map(z, label.expand(_SAMPLES, -1))[:, 0].double()
        values, vectors = torch.linalg.eigh(torch.cov(w.T))
        root: Tensor = vectors * values.clamp_min(0.0).sqrt() @ vectors.T
        held = values.clamp_min(_FLOOR * float(values.max())).sqrt()
        inverse: Tensor = vectors / held @ vectors.T
        return cls(w.mean(dim=0).float(), root.float(), inverse.float())


class Style:
    """w+ as the encoder's plus deviations of w: one step for all rows, and a shorter one for each.

        w+_r = start_r + (common + own_r / sqrt(rows)) C^(1/2),   C the covariance of w

    A mean square of the two as energy then costs a way of one row alone `rows` times as much: rows that part
    from one another leave what the generator has learned.

    Args:
        statistics: Of the generator.
        start: (1, N, W), the encoder's.
        rows: See above.
    """

    def __init__(self, statistics: StyleStatistics, start: Tensor, rows: float) -> None:
        self.start = start
        self.basis = statistics.root
        self.share = 1.0 / math.sqrt(rows)
        self.common = torch.zeros(1, 1, start.shape[2], device=start.device).requires_grad_()
        self.own = torch.zeros_like(start).requires_grad_()
        self.place = (start - statistics.mean) @ statistics.inverse
        self.usual = max(1.0, float(self.place.square().mean()))

    def variables(self) -> list[Tensor]:
        """What may be changed."""
        return [self.common, self.own]

    def w_plus(self, share: float = 1.0) -> Tensor:
        """(1, N, W), some share of the way gone."""
        return self.start + share * self._way() @ self.basis

    def energy(self) -> Tensor:
        """Mean square of the way, that of single rows weighted."""
        return self.common.square().mean() + self.own.square().mean()

    def rarity(self) -> Tensor:
        """By how much the mean square distance from the mean style exceeds the start's and the usual one."""
        return (self.place + self._way()).square().mean().sub(self.usual).clamp_min(0.0)

    def moved(self) -> float:
        """Root mean square of the way, deviations."""
        return float(self._way().detach().square().mean().sqrt())

    @torch.no_grad()
    def hold(self, bound: float) -> None:
        """Draw back what went further than `bound`."""
        excess = self.moved() / bound
        if excess > 1.0:
            self.common.div_(excess)
            self.own.div_(excess)

    def _way(self) -> Tensor:
        return self.common + self.share * self.own
