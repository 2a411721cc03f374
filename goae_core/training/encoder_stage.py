"""The encoder, trained on rendered heads: towards the w that made them and towards their pictures.

Style groups open one after the other: base, coarse, mid, fine (Yuan et al. 2023, GOAE, section 3.1 and the
progressive stages of section 4.1). Pictures are compared at the input view and at another, so that what the
photo does not show stays a head.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from goae_core.camera import Camera
from goae_core.generator import Generator
from goae_core.networks.encoder import Encoder
from goae_core.presets import Preset
from goae_core.training.contact_sheet import grid, to_bytes
from goae_core.training.head_batches import draw_group, photograph, recolored
from goae_core.training.heads_dataset import HeadsDataset, LatentScale
from goae_core.training.photo_degradation import draw_color_cast
from goae_core.training.view_losses import reduced_precision, view_loss
from goae_core.triplane import TriPlane

OPENING = (0.02, 0.05, 0.1)
"""Shares of the schedule after which coarse, mid and fine styles join the base."""
LATENT_SHARE = 0.8
"""Share of the schedule during which only w is compared, which costs no rendering."""


class EncoderStage:
    """Trains the encoder against a frozen generator."""

    name = "encoder"
    learning_rate = 1e-3
    default_steps = 20_000

    def __init__(
        self,
        encoder: Encoder,
        generator: Generator,
        preset: Preset,
        dataset: HeadsDataset,
        scale: LatentScale,
        device: torch.device,
        *,
        heads: int = 4,
        seed: int = 0,
    ) -> None:
        """Bring parts together.

        Args:
            encoder: Trained in place.
            generator: Frozen.
            preset: Sizes of both.
            dataset: Rendered heads.
            scale: Of the labels, as the generator was trained with.
            device: Where to compute.
            heads: Heads a step when rendering; four times as many while only w is compared.
            seed: Of the random samples along rays.
        """
        self.encoder = encoder
        self.generator = generator.requires_grad_(False)
        self.preset = preset
        self.dataset = dataset
        self.scale = scale
        self.device = device
        self.heads = heads
        self.random = torch.Generator(device).manual_seed(seed)
        with torch.no_grad():
            self._spread = self._style_spread()

    def trained(self) -> nn.Module:
        """The encoder."""
        return self.encoder

    def loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        """One batch: latent loss always, pictures once the latents are roughly right."""
        latent_only = fraction < LATENT_SHARE
        heads = 4 * self.heads if latent_only else self.heads
        z_dim = self.preset.backbone.z_dim
        people = self.dataset.clean()
        views = 1 if latent_only else 2
        group = draw_group(people, self.scale, z_dim, heads, views, rng, self.device)
        if not latent_only:
            # a recoloured head is not the head its latent describes: only its pictures can be compared
            group = recolored(group, draw_color_cast(heads, rng, self.device))
        photo = photograph(group, rng, faithful=0.3)
        with torch.no_grad():
            truth = self.generator.map(group.latent, group.camera[:, -1])
        with reduced_precision(self.device):
            offsets = self.encoder(photo, stage=sum(fraction > opening for opening in OPENING))
        w_plus = offsets.float() + self.generator.w_avg
        latent = ((w_plus - truth) / self._spread).square().mean()
        figures = {"latent": float(latent.detach())}
        if latent_only:
            return latent, figures
        with reduced_precision(self.device):
            planes = self.generator.planes(w_plus, self.generator.feature_map(w_plus))
        planes = TriPlane(planes.features.float(), planes.box_side, planes.axes)
        compared, more = view_loss(self.generator, self.preset, planes, w_plus, group, rng, self.random)
        return compared + 0.1 * latent, {**figures, **more}

    def sheet(self, averaged: nn.Module) -> NDArray[np.uint8]:
        """Rows: photo, reconstruction at its view, another view, its truth."""
        assert isinstance(averaged, Encoder)
        rng = np.random.default_rng(11)
        z_dim = self.preset.backbone.z_dim
        group = draw_group(self.dataset.persons, self.scale, z_dim, 6, 2, rng, self.device)
        photo = photograph(group, rng)
        w_plus = averaged(photo) + self.generator.w_avg
        planes = self.generator.planes(w_plus, self.generator.feature_map(w_plus))
        rows = []
        for head in range(len(photo)):
            row = [to_bytes(photo[head])]
            for view in range(2):
                one = TriPlane(planes.features[head : head + 1], planes.box_side, planes.axes)
                camera = Camera.from_label(group.camera[head : head + 1, view])
                row.append(to_bytes(self.generator.render(one, w_plus[head : head + 1], camera).image[0]))
            rows.append([*row, to_bytes(group.picture[head, 1, :3])])
        return grid(rows)

    def state(self) -> dict[str, Any]:
        """The random samples' state."""
        return {"random": self.random.get_state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take the random samples up where they were."""
        self.random.set_state(state["random"])

    def _style_spread(self) -> Tensor:
        # the deviation of w over the data: a unit in which all rows and columns weigh alike
        group = draw_group(
            self.dataset.clean(),
            self.scale,
            self.preset.backbone.z_dim,
            64,
            1,
            np.random.default_rng(0),
            self.device,
        )
        w = self.generator.map(group.latent, group.camera[:, 0])[:, 0]
        return w.std(dim=0).clamp_min(0.05 * float(w.std()))
