"""AFA, trained behind a frozen generator and encoder, with the occlusion-aware mix inside the loop.

The encoder's reconstruction of a rendered photograph misses what the encoder cannot say: hair lines, moles,
patterns on painted skin. AFA sees the residual and must bring it back, in the input view and in another one,
through the mixed planes that a user will orbit (Yuan et al. 2023, GOAE, sections 3.2 and 3.3).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from goae_core.camera import Camera
from goae_core.fusion import fuse, visibility
from goae_core.generator import Generator
from goae_core.inversion import Reconstruction, align_features, encode, reconstruct, refined_planes
from goae_core.networks.afa import Afa, Modulation
from goae_core.networks.encoder import Encoder
from goae_core.presets import Preset
from goae_core.training.contact_sheet import grid, to_bytes
from goae_core.training.head_batches import HeadGroup, draw_group, photograph, recolored
from goae_core.training.heads_dataset import HeadsDataset, LatentScale
from goae_core.training.photo_degradation import draw_color_cast
from goae_core.training.view_losses import reduced_precision, view_loss
from goae_core.triplane import TriPlane

RESTRAINT = 0.01
"""Weight on the mean square of the change of features: no more change than the pictures ask for."""


class AfaStage:
    """Trains AFA alone."""

    name = "afa"
    learning_rate = 1e-3
    default_steps = 10_000

    def __init__(
        self,
        afa: Afa,
        generator: Generator,
        encoder: Encoder,
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
            afa: Trained in place.
            generator: Frozen.
            encoder: Frozen.
            preset: Sizes of all.
            dataset: Rendered heads, painted ones too: what no style can say is what AFA is for.
            scale: Of the labels.
            device: Where to compute.
            heads: Heads a step.
            seed: Of the random samples along rays.
        """
        self.afa = afa
        self.generator = generator.requires_grad_(False)
        self.encoder = encoder.requires_grad_(False)
        self.preset = preset
        self.dataset = dataset
        self.scale = scale
        self.device = device
        self.heads = heads
        self.random = torch.Generator(device).manual_seed(seed)

    def trained(self) -> nn.Module:
        """AFA."""
        return self.afa

    def loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        """Input view and another view of the mixed planes against the truth."""
        z_dim = self.preset.backbone.z_dim
        group = draw_group(self.dataset.persons, self.scale, z_dim, self.heads, 2, rng, self.device)
        group = recolored(group, draw_color_cast(self.heads, rng, self.device))
        photo = photograph(group, rng, faithful=0.5)
        plain = self._plain(photo, group)
        planes, modulation = self._refine(self.afa, photo, plain)
        loss, figures = view_loss(self.generator, self.preset, planes, plain.w_plus, group, rng, self.random)
        change = (modulation.scale - 1).square().mean() + modulation.shift.square().mean()
        figures["change"] = float(change.detach())
        return loss + RESTRAINT * change, figures

    def sheet(self, averaged: nn.Module) -> NDArray[np.uint8]:
        """Rows: photo, w-only, with AFA; another view: w-only, mixed, truth."""
        assert isinstance(averaged, Afa)
        rng = np.random.default_rng(13)
        z_dim = self.preset.backbone.z_dim
        group = draw_group(self.dataset.persons, self.scale, z_dim, 6, 2, rng, self.device)
        photo = photograph(group, rng, faithful=1.0)
        plain = self._plain(photo, group)
        mixed, _ = self._refine(averaged, photo, plain)
        rows = []
        for head in range(len(photo)):
            row = [to_bytes(photo[head])]
            for view in range(2):
                camera = Camera.from_label(group.camera[head : head + 1, view])
                for planes in (plain.planes, mixed):
                    one = replace(planes, features=planes.features[head : head + 1])
                    rendering = self.generator.render(one, plain.w_plus[head : head + 1], camera)
                    row.append(to_bytes(rendering.image[0]))
            rows.append([*row, to_bytes(group.picture[head, 1, :3])])
        return grid(rows)

    def state(self) -> dict[str, Any]:
        """The random samples' state."""
        return {"random": self.random.get_state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take the random samples up where they were."""
        self.random.set_state(state["random"])

    def _plain(self, photo: Tensor, group: HeadGroup) -> Reconstruction:
        with torch.no_grad(), reduced_precision(self.device):
            w_plus = encode(self.generator, self.encoder, photo).float()
            return reconstruct(self.generator, w_plus, Camera.from_label(group.camera[:, 0]))

    def _refine(self, afa: Afa, photo: Tensor, plain: Reconstruction) -> tuple[TriPlane, Modulation]:
        with reduced_precision(self.device):
            modulation = align_features(afa, photo, plain)
            refined = refined_planes(self.generator, plain, modulation)
        seen = visibility(
            plain.rendering.surface().float(), plain.rendering.opacity.float(), refined, self.preset.fusion
        )
        fused = fuse(plain.planes, refined, seen)
        return replace(fused, features=fused.features.float()), modulation
