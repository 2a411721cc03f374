"""The generator, regressed to pictures, depth and opacity of rendered heads at known cameras.

Two phases share one schedule. First *surface*: four points a ray, the colour at the known surface and the
occupancy before and behind it, which finds shapes within minutes. Then *march*: crops of the volume rendering
and of the upscaled picture against the rendered truth, which makes silhouettes, hair and detail right.

The latent z carries labels, identity and light; the camera label that conditions the mapping is that of one
view of the head, the pictures compared are those of others: EG3D's pose swapping (section 18 of the
specification; Chan et al. 2022, section 4.4), by which the canonical space keeps its meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from goae_core.camera import Camera
from goae_core.generator import Generator
from goae_core.presets import Preset
from goae_core.training.contact_sheet import grid, to_bytes
from goae_core.training.head_batches import HeadGroup, rays_through, without_first_view
from goae_core.training.head_source import HeadSource
from goae_core.training.heads_dataset import HeadsDataset, LatentScale
from goae_core.training.losses import charbonnier, occupancy_loss
from goae_core.training.picture_terms import PictureTerm, restore_terms, terms_state
from goae_core.training.view_losses import reduced_precision, view_loss
from goae_core.triplane import TriPlane

SURFACE_SHARE = 0.6
"""Share of the schedule spent on the surface phase."""
SKIP_SHARE = 0.5
"""Share of the surface phase in which three of four steps look at the skip image alone; then every other."""
OUTSIDE_RADIUS = 0.33
"""World units from the vertical axis beyond which no frontal frame looks."""
OUTSIDE_WEIGHT = 0.2
"""Weight of the prior that space which few frames see is empty: what floats there shows in profile."""
NEAR = 0.012
"""World units before and behind the surface within which occupancy is left open."""
OPACITY_STEP = 0.03
"""World units over which occupancy is read as opacity."""


class GeneratorStage:
    """Trains mapping, backbone, decoder and upscaler together."""

    name = "generator"
    learning_rate = 1.2e-2
    default_steps = 20_000

    def __init__(
        self,
        generator: Generator,
        preset: Preset,
        dataset: HeadsDataset,
        scale: LatentScale,
        device: torch.device,
        *,
        heads: int = 8,
        views: int = 1,
        seed: int = 0,
        terms: Sequence[PictureTerm] = (),
        surface_share: float = SURFACE_SHARE,
    ) -> None:
        """Bring parts together.

        Args:
            generator: Trained in place; lives on `device`.
            preset: Its sizes.
            dataset: Rendered heads; painted ones are left out.
            scale: Of the labels.
            device: Where to compute.
            heads: Heads a step.
            views: Views of each head that are marched a step; four times as many in the surface phase.
            seed: Of the random samples along rays.
            terms: What else is asked of marched crops, for sharpness.
            surface_share: Of the schedule, spent on the surface phase.
        """
        self.terms = terms
        self.surface_share = surface_share
        self.generator = generator
        self.preset = preset
        self.source = HeadSource(preset, dataset, scale, device, painted=False)
        self.device = device
        self.heads = heads
        self.views = views
        self.random = torch.Generator(device).manual_seed(seed)
        self._steps = 0

    def trained(self) -> nn.Module:
        """The whole generator."""
        return self.generator

    def loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        """One batch of whichever phase `fraction` falls into."""
        self._steps += 1
        if self._steps % 200 == 0:
            self.source.dataset.refresh()
        surface = fraction < self.surface_share
        # a view costs little while only surface points are looked up
        views = 1 + (4 * self.views if surface else self.views)
        drawn = self.source.draw(self.heads, views, rng, hard=not surface)
        with reduced_precision(self.device):
            w_plus = self._styles(drawn)
            # stored noise would be a fixed pattern on every head; its strength stays zero
            feature_map = self.generator.feature_map(w_plus, noise="none")
            if surface and self._steps % (4 if fraction < SKIP_SHARE * self.surface_share else 2):
                # the skip image is itself a coarse set of planes: shape is found there at a third of the cost
                features = feature_map.skip.unflatten(1, (3, -1))
            else:
                features = self.generator.planes(w_plus, feature_map, noise="none").features
        render = self.preset.render
        planes = TriPlane(features.float(), render.box_side, render.plane_axes)
        group = without_first_view(drawn)  # it lent its camera to the mapping
        if surface:
            loss, figures = self._surface_loss(planes, group, rng)
        else:
            compared = view_loss(
                self.generator, self.preset, planes, w_plus, group, rng, self.random, self.terms
            )
            self.source.learn(group, compared.error)
            loss, figures = compared.loss, compared.figures
        floating, _ = self.generator.query(planes, self._outside_points(len(w_plus)))
        emptiness = occupancy_loss(floating, torch.zeros_like(floating), OPACITY_STEP)
        return loss + OUTSIDE_WEIGHT * emptiness, {**figures, "floating": float(emptiness.detach())}

    def sheet(self, averaged: nn.Module) -> NDArray[np.uint8]:
        """Rows of heads: truth and render at two views, and the depth of the second."""
        assert isinstance(averaged, Generator)
        rng = np.random.default_rng(7)
        group = self.source.draw(6, 2, rng)
        rows = []
        w_plus = averaged.map(group.latent, group.camera[:, 0])
        planes = averaged.planes(w_plus, averaged.feature_map(w_plus))
        for head in range(len(w_plus)):
            row = []
            for view in range(2):
                one = TriPlane(planes.features[head : head + 1], planes.box_side, planes.axes)
                camera = Camera.from_label(group.camera[head : head + 1, view])
                rendering = averaged.render(one, w_plus[head : head + 1], camera)
                row += [to_bytes(group.picture[head, view, :3]), to_bytes(rendering.image[0])]
                depth = (3.1 - rendering.depth[0]) / 0.8 * rendering.opacity[0]
                row.append(to_bytes(depth.expand(3, -1, -1) * 2 - 1, len(row[0])))
            rows.append(row)
        return grid(rows)

    def state(self) -> dict[str, Any]:
        """The random samples' state, what the terms have learnt, and who is hard."""
        return {
            "random": self.random.get_state(),
            "steps": self._steps,
            "terms": terms_state(self.terms),
            **self.source.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take the random samples up where they were."""
        self.random.set_state(state["random"])
        self._steps = int(state["steps"])
        self.source.restore(state)
        restore_terms(self.terms, state.get("terms", {}))

    def _styles(self, group: HeadGroup) -> Tensor:
        w_plus = self.generator.map(group.latent, group.camera[:, 0])
        with torch.no_grad():
            self.generator.w_avg.lerp_(w_plus[:, 0].float().mean(dim=0), 0.002)
        return w_plus

    def _surface_loss(
        self, planes: TriPlane, group: HeadGroup, rng: np.random.Generator, pixels: int = 512
    ) -> tuple[Tensor, dict[str, float]]:
        heads, views, _, side, _ = group.picture.shape
        importance = group.weight * (0.6 + (group.depth > 0).float())
        chosen = torch.multinomial(importance.reshape(heads * views, -1), pixels, generator=self.random)
        rows, columns = chosen // side, chosen % side
        uv = torch.stack([columns + 0.5, rows + 0.5], dim=-1) / side
        rays = rays_through(group.camera.reshape(-1, 25), uv)
        depth = group.depth.reshape(heads * views, -1).gather(1, chosen)
        picture = group.picture.reshape(heads * views, 4, -1).gather(2, chosen[:, None].expand(-1, 4, -1))
        matte = (picture[:, 3] + 1) / 2
        hit = depth > 0
        near, far = self.preset.render.ray_start or 2.2, self.preset.render.ray_end or 3.2

        def uniform(low: Tensor | float, high: Tensor | float) -> Tensor:
            draw = torch.rand(depth.shape, generator=self.random, device=self.device)
            return low + draw * (high - low)

        end = torch.where(hit, depth - NEAR, torch.full_like(depth, far))
        behind = torch.where(hit, depth + uniform(NEAR * 0.5, NEAR * 2.5), uniform(near, far))
        before = torch.where(hit, depth - uniform(NEAR, 6 * NEAR), uniform(near, far))
        distances = torch.stack([torch.where(hit, depth, end), behind, before, uniform(near, end)], dim=-1)
        points = rays.origins[:, :, None] + distances[..., None] * rays.directions[:, :, None]
        density, colors = self.generator.query(planes, points.reshape(heads, -1, 3))
        density = density.reshape(heads * views, pixels, 4)
        colors = colors[..., :3].reshape(heads * views, pixels, 4, 3)[:, :, 0]

        sure = (hit & (matte > 0.9)) | (~hit & (matte < 0.02))
        occupied = torch.zeros_like(density[..., 1:])
        occupied[..., 0] = hit.float()
        keep = sure[..., None].expand_as(occupied)
        occupancy = occupancy_loss(density[..., 1:][keep], occupied[keep], OPACITY_STEP)
        # premultiplied sRGB back to the colour of the surface itself
        shown = (picture[:, :3] + 1).transpose(1, 2) / 2 / matte.clamp_min(0.5)[..., None]
        color = charbonnier(colors - shown.clamp(0, 1), (sure & hit).float()[..., None])
        psnr = -10 * torch.log10((colors - shown).square()[sure & hit].mean().clamp_min(1e-8))
        figures = {
            "occupancy": float(occupancy.detach()),
            "color": float(color.detach()),
            "surface_psnr": float(psnr.detach()),
        }
        return 4.0 * color + occupancy, figures

    def _outside_points(self, heads: int, count: int = 1024) -> Tensor:
        """Points (heads, count, 3) of the box beside and behind what frontal frames show."""
        side = self.preset.render.box_side
        draw = torch.rand((heads, count, 3), generator=self.random, device=self.device)
        points = (draw - 0.5) * side
        radius = points[..., ::2].norm(dim=-1, keepdim=True)
        # a point within is pushed out along its own direction, so that the count stays fixed
        scale = torch.where(radius < OUTSIDE_RADIUS, OUTSIDE_RADIUS / radius.clamp_min(1e-3), 1.0)
        return points * torch.cat([scale, torch.ones_like(scale), scale], dim=-1)
