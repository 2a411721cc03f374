"""Points around a head at which geometry and unseen colour are watched."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.camera import orbit
from goae_core.generator import Generator
from goae_core.pipeline import draft_config
from goae_core.triplane import TriPlane

_SIDES = tuple(
    (math.radians(yaw), math.radians(pitch))
    for yaw, pitch in ((0, 0), (35, 0), (-35, 0), (70, 0), (-70, 0), (0, 25))
)
_NEAR = 0.02
_STEP = 0.04
_WATCHED = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Anchors:
    """Points, and what is there before anything changes."""

    points: Tensor
    """(P, 3), world units."""
    occupancy: Tensor
    """(P, 1), opacity of one interval of `_STEP`."""
    color: Tensor
    """(P, K) colour features."""
    unseen: Tensor
    """(P, 1): occupancy where the photo saw nothing, else 0."""

    @classmethod
    @torch.no_grad()
    def around(
        cls,
        generator: Generator,
        planes: TriPlane,
        w_plus: Tensor,
        seen: Tensor,
        random: torch.Generator,
    ) -> Anchors:
        """Points on and near the surface seen from several sides, and anywhere in the box.

        Args:
            generator: Knows what is where.
            planes: The head as it should stay.
            w_plus: (1, N, W).
            seen: Which texels the photo saw, see `fusion.visibility`.
            random: Draws the points.
        """
        device = w_plus.device
        preset = generator.preset
        config = draft_config(preset.render)
        groups = []
        for yaw, pitch in _SIDES:
            camera = orbit(yaw, pitch, rig=preset.camera).to(device)
            rendering = generator.render(planes, w_plus, camera, config=config, super_resolve=False)
            solid = rendering.opacity.flatten() > 0.5
            points = rendering.surface()[0].flatten(1).mT[solid]
            away = torch.randn((len(points), 1), generator=random).to(device) * _NEAR
            directions = rendering.directions[0][solid]
            groups += [points, points + away * directions]
        anywhere = torch.rand(sum(len(g) for g in groups) // 2 + 256, 3, generator=random) - 0.5
        groups.append(anywhere.to(device) * planes.box_side)
        points = torch.cat(groups)
        density, color = generator.query(planes, points[None])
        occupancy = _occupancy(density[0])
        known = _seen_at(planes, seen, points)
        return cls(points, occupancy, color[0].float(), occupancy * (1.0 - known))

    def change(
        self, generator: Generator, planes: TriPlane, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Mean square change of occupancy and of unseen colour at some of the points."""
        some = torch.randint(len(self.points), (_WATCHED,), generator=random).to(self.points.device)
        density, color = generator.query(planes, self.points[some][None])
        occupancy = (_occupancy(density[0]) - self.occupancy[some]).square().mean()
        off = (color[0].float() - self.color[some]).square().mean(dim=1, keepdim=True)
        return occupancy, (off * self.unseen[some]).mean()


def _seen_at(planes: TriPlane, seen: Tensor, points: Tensor) -> Tensor:
    """How much the photo saw of points (P, 3): the least over the planes that know, (P, 1)."""
    places = planes.project(points[None])[:, : seen.shape[1]]
    shares = F.grid_sample(
        seen.flatten(0, 1)[:, None], places.flatten(0, 1)[:, None], padding_mode="border", align_corners=False
    )
    return shares.reshape(seen.shape[1], -1).amin(dim=0)[:, None]


def _occupancy(density: Tensor) -> Tensor:
    """Opacity of an interval of `_STEP` at raw density: the renderer's own."""
    return -torch.expm1(-F.softplus(density.float() - 1.0) * _STEP)
