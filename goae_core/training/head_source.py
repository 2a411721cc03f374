"""Where the stages that render get their heads from: rendered persons, drawn at random or by difficulty."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from goae_core.presets import Preset
from goae_core.training.hard_examples import HardExamples
from goae_core.training.head_batches import HeadGroup, draw_group
from goae_core.training.heads_dataset import HeadsDataset, LatentScale, RenderedPerson


class HeadSource:
    """Draws groups of heads and remembers which of them came out badly."""

    def __init__(
        self,
        preset: Preset,
        dataset: HeadsDataset,
        scale: LatentScale,
        device: torch.device,
        *,
        painted: bool,
    ) -> None:
        """Bring parts together.

        Args:
            preset: Its z is filled.
            dataset: Rendered heads.
            scale: Of their labels.
            device: Of what is drawn.
            painted: Whether persons are drawn whose look no label describes.
        """
        self.dataset = dataset
        self.scale = scale
        self.z_dim = preset.backbone.z_dim
        self.device = device
        self.painted = painted
        self.hard = HardExamples()

    def persons(self) -> list[RenderedPerson]:
        """Whom it draws from."""
        return self.dataset.persons if self.painted else self.dataset.clean()

    def draw(self, heads: int, views: int, rng: np.random.Generator, *, hard: bool = False) -> HeadGroup:
        """Draw G heads under one light each from V views.

        Args:
            heads: G.
            views: V.
            rng: Decides everything.
            hard: Persons that came out badly come more often.
        """
        persons = self.persons()
        chances = self.hard.chances(len(persons)) if hard else None
        return draw_group(persons, self.scale, self.z_dim, heads, views, rng, self.device, chances=chances)

    def learn(self, group: HeadGroup, error: Tensor) -> None:
        """Remember how badly (G,) the heads of a group came out."""
        self.hard.learn(group.person.cpu().numpy(), error.detach().double().cpu().numpy())

    def state(self) -> dict[str, Any]:
        """What it remembers."""
        return {"hard": self.hard.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave; checkpoints of older versions remember nothing."""
        self.hard.restore(state.get("hard", []))
