"""Batches of rendered heads: which persons, lights and views, and what their pixels should be."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from goae_core.camera import Camera
from goae_core.rendering import rays
from goae_core.rendering.rays import Rays
from goae_core.training.heads_dataset import LatentScale, RenderedPerson
from goae_core.training.photo_degradation import ColorCast, degrade

PART_WEIGHTS = {-1: 0.4, 0: 1.0, 1: 4.0, 2: 0.7, 3: 0.3, 4: 4.0, 5: 2.5, 6: 2.0}
"""How much a pixel of each part counts: eyes, mouth and brows make the likeness, shoulders do not."""
HIDDEN = 0.2
"""Share of the photographs with something before the head, of the persons that come with such a thing."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadGroup:
    """G heads under one light each, seen from V views; all tensors on the device.

    Views of one head share its latent, so that one pass through the backbone serves them all.
    """

    latent: Tensor
    """(G, z_dim)"""
    labels: Tensor
    """(G, K), in deviations"""
    camera: Tensor
    """(G, V, 25)"""
    picture: Tensor
    """(G, V, 4, R, R) in [-1, 1]: head over black, then coverage"""
    depth: Tensor
    """(G, V, 1, R, R), 0 where there is no head"""
    weight: Tensor
    """(G, V, 1, R, R), importance of each pixel"""
    hidden: Tensor
    """(G, 1, R, R), what share of each pixel something before the head hides in a photograph of it"""
    person: Tensor
    """(G,), which of the persons each head is"""


def draw_group(
    persons: list[RenderedPerson],
    scale: LatentScale,
    z_dim: int,
    heads: int,
    views: int,
    rng: np.random.Generator,
    device: torch.device,
    view_choice: NDArray[np.int64] | None = None,
    chances: NDArray[np.float64] | None = None,
) -> HeadGroup:
    """Choose heads, lights and views at random.

    Args:
        persons: To choose from.
        scale: Of the labels.
        z_dim: Length of the latent.
        heads: G.
        views: V; at most as many as the persons have.
        rng: Decides everything.
        device: Of the result.
        view_choice: (V,) fixed views instead of drawn ones.
        chances: (N,) probability of each person; None: all alike.
    """
    rows: list[tuple[NDArray[np.floating], ...]] = []
    # drawn by chances, one may come twice: without, a batch of all persons would leave no choice
    again = chances is not None or heads > len(persons)
    drawn = rng.choice(len(persons), size=heads, replace=again, p=chances)
    for index in drawn:
        person = persons[int(index)]
        light = int(rng.integers(person.lights))
        chosen = rng.permutation(person.views)[:views] if view_choice is None else view_choice
        color = person.foreground[light, chosen].astype(np.float32)
        matte = person.matte[chosen].astype(np.float32)[..., None]
        picture = np.concatenate([color, matte], axis=-1).transpose(0, 3, 1, 2) / 127.5 - 1.0
        rows.append(
            (
                scale.latent(person, light, z_dim),
                scale.standardise(person, light),
                person.camera[chosen],
                picture,
                person.depth[chosen].astype(np.float32)[:, None],
                part_weight(person.parts[chosen])[:, None],
                hiding(person, rng)[None],
            )
        )
    tensors = [torch.from_numpy(np.stack(column)).float().to(device) for column in zip(*rows, strict=True)]
    return HeadGroup(*[*tensors, torch.from_numpy(drawn).to(device)])


def hiding(person: RenderedPerson, rng: np.random.Generator) -> NDArray[np.float32]:
    """What share of each pixel (R, R) a hand or the like hides; nothing in most draws."""
    if person.occluder is None or rng.random() >= HIDDEN:
        return np.zeros(person.matte.shape[1:], np.float32)
    layer = person.occluder[int(rng.integers(len(person.occluder)))]
    hidden: NDArray[np.float32] = layer[..., 3].astype(np.float32) / 255
    return hidden


def part_weight(parts: NDArray[np.int8]) -> NDArray[np.float32]:
    """Importance of each pixel by the part it shows; same shape as `parts`."""
    table = np.array([PART_WEIGHTS[k] for k in range(-1, 7)], np.float32)
    return table[parts.astype(np.int64) + 1]


def recolored(group: HeadGroup, cast: ColorCast) -> HeadGroup:
    """The same heads with another colour cast in all their views."""
    color = cast.apply((group.picture[:, :, :3] + 1) / 2) * 2 - 1
    return replace(group, picture=torch.cat([color, group.picture[:, :, 3:]], dim=2))


def without_first_view(group: HeadGroup) -> HeadGroup:
    """The same heads seen from their other views."""
    return replace(
        group,
        camera=group.camera[:, 1:],
        picture=group.picture[:, 1:],
        depth=group.depth[:, 1:],
        weight=group.weight[:, 1:],
    )


def photograph(group: HeadGroup, rng: np.random.Generator, faithful: float = 0.0) -> Tensor:
    """The first view of every head as a camera and a matting network might give it.

    Args:
        group: G heads.
        rng: Decides what goes wrong.
        faithful: Share of the pictures with which nothing does.

    Returns:
        Heads over black, (G, 3, R, R) in [-1, 1].
    """
    # what is before the head is no part of it: a matting network leaves a hole there
    first = (group.picture[:, 0] + 1) / 2 * (1 - group.hidden)
    degraded = degrade(first[:, :3], first[:, 3:], rng)[0]
    kept = torch.from_numpy(rng.random((len(first), 1, 1, 1)) < faithful).to(first.device)
    return torch.where(kept, first[:, :3], degraded) * 2 - 1


def rays_through(label: Tensor, uv: Tensor) -> Rays:
    """Rays (B, N, 3) of camera labels (B, 25), see `goae_core.rendering.rays.rays_through`."""
    return rays.rays_through(Camera.from_label(label), uv)


def pooled_depth(depth: Tensor, factor: int) -> Tensor:
    """Mean depth over the covered pixels of each cell, 0 where none is.

    Args:
        depth: (B, 1, R, R), 0 where there is no head.
        factor: Pixels per side of a cell.
    """
    covered = (depth > 0).float()
    share = F.avg_pool2d(covered, factor)
    return F.avg_pool2d(depth, factor) / share.clamp_min(1e-6) * (share > 0.5)
