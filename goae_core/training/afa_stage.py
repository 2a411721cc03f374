"""AFA, trained behind a finished generator, with the occlusion-aware mix inside the loop.

The encoder's reconstruction of a rendered photograph misses what the encoder cannot say: hair lines, moles,
patterns on painted skin. AFA sees the residual and must bring it back, in the input view and in another one,
through the mixed planes that a user will orbit (Yuan et al. 2023, GOAE, sections 3.2 and 3.3).

Decoder and upscaler move along: a generator regressed from labels never shows them detail as fine as that of
a photo. What the encoder will get wrong is imitated by mixing a head's style with another's, so that AFA
neither waits for the encoder nor trusts it.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from goae_core.training.head_batches import HeadGroup, photograph, recolored
from goae_core.training.head_source import HeadSource
from goae_core.training.heads_dataset import HeadsDataset, LatentScale
from goae_core.training.photo_degradation import draw_color_cast
from goae_core.training.picture_terms import PictureTerm, restore_terms, terms_state
from goae_core.training.view_losses import reduced_precision, view_loss
from goae_core.triplane import TriPlane

RESTRAINT = 0.01
"""Weight on the mean square of the change of features: no more change than the pictures ask for."""


MOST_FOREIGN = 0.7
"""Largest share of another head's style in an imitated encoding."""


class AfaStage:
    """Trains AFA together with the generator's decoder and upscaler."""

    name = "afa"
    learning_rate = 2e-3
    default_steps = 10_000

    def __init__(
        self,
        afa: Afa,
        generator: Generator,
        encoder: Encoder | None,
        preset: Preset,
        dataset: HeadsDataset,
        scale: LatentScale,
        device: torch.device,
        *,
        heads: int = 4,
        seed: int = 0,
        terms: Sequence[PictureTerm] = (),
    ) -> None:
        """Bring parts together.

        Args:
            afa: Trained in place.
            generator: Mapping and backbone stay, decoder and upscaler are trained in place.
            encoder: Frozen; encodes half of the heads. None: all encodings are imitated.
            preset: Sizes of all.
            dataset: Rendered heads, painted ones too: what no style can say is what AFA is for.
            scale: Of the labels.
            device: Where to compute.
            heads: Heads a step.
            seed: Of the random samples along rays.
            terms: What else is asked of the pictures, for sharpness.
        """
        self.terms = terms
        self.afa = afa
        self.generator = generator.requires_grad_(False)
        generator.superresolution.requires_grad_(True)
        generator.decoder.requires_grad_(True)
        self.encoder = None if encoder is None else encoder.requires_grad_(False)
        self.preset = preset
        self.source = HeadSource(preset, dataset, scale, device, painted=True)
        self.device = device
        self.heads = heads
        self.random = torch.Generator(device).manual_seed(seed)

    def trained(self) -> nn.Module:
        """AFA, decoder and upscaler under these names."""
        return nn.ModuleDict(
            {
                "afa": self.afa,
                "decoder": self.generator.decoder,
                "superresolution": self.generator.superresolution,
            }
        )

    def loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        """Input view and another view of the mixed planes against the truth."""
        group = self.source.draw(self.heads, 2, rng, hard=True)
        group = recolored(group, draw_color_cast(self.heads, rng, self.device))
        photo = photograph(group, rng, faithful=0.5)
        plain = self._plain(photo, group, rng)
        planes, modulation = self._refine(self.afa, photo, plain)
        compared = view_loss(
            self.generator, self.preset, planes, plain.w_plus, group, rng, self.random, self.terms
        )
        self.source.learn(group, compared.error)
        change = (modulation.scale - 1).square().mean() + modulation.shift.square().mean()
        figures = {**compared.figures, "change": float(change.detach())}
        return compared.loss + RESTRAINT * change, figures

    def sheet(self, averaged: nn.Module) -> NDArray[np.uint8]:
        """Rows: photo, w-only, with AFA; another view: w-only, mixed, truth."""
        assert isinstance(averaged, nn.ModuleDict)
        afa = averaged["afa"]
        assert isinstance(afa, Afa)
        rng = np.random.default_rng(13)
        group = self.source.draw(6, 2, rng)
        photo = photograph(group, rng, faithful=1.0)
        plain = self._plain(photo, group, rng)
        mixed, _ = self._refine(afa, photo, plain)
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
        """The random samples' state, what the terms have learnt, and who is hard."""
        return {"random": self.random.get_state(), "terms": terms_state(self.terms), **self.source.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take the random samples up where they were."""
        self.random.set_state(state["random"])
        self.source.restore(state)
        restore_terms(self.terms, state.get("terms", {}))

    def _plain(self, photo: Tensor, group: HeadGroup, rng: np.random.Generator) -> Reconstruction:
        with torch.no_grad(), reduced_precision(self.device):
            w_plus = self._encoded(photo, group, rng)
            return reconstruct(self.generator, w_plus, Camera.from_label(group.camera[:, 0]))

    def _encoded(self, photo: Tensor, group: HeadGroup, rng: np.random.Generator) -> Tensor:
        truth = self.generator.map(group.latent, group.camera[:, -1]).float()
        heads, rows = truth.shape[:2]
        share = rng.uniform(0, MOST_FOREIGN, (heads, 3)) * (rng.random((heads, 3)) < 0.8)
        # coarse, mid and fine rows go wrong independently of each other
        by_row = torch.from_numpy(np.repeat(share, [4, 3, rows - 7], axis=1)).to(truth)
        mixed = torch.lerp(truth, truth.roll(1, dims=0), by_row[:, :, None])
        if self.encoder is None:
            return mixed
        real = torch.from_numpy(rng.random((heads, 1, 1)) < 0.5).to(truth.device)
        return torch.where(real, encode(self.generator, self.encoder, photo).float(), mixed)

    def _refine(self, afa: Afa, photo: Tensor, plain: Reconstruction) -> tuple[TriPlane, Modulation]:
        with reduced_precision(self.device):
            modulation = align_features(afa, photo, plain)
            refined = refined_planes(self.generator, plain, modulation)
        seen = visibility(
            plain.rendering.surface().float(), plain.rendering.opacity.float(), refined, self.preset.fusion
        )
        fused = fuse(plain.planes, refined, seen)
        return replace(fused, features=fused.features.float()), modulation
