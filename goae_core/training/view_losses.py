"""Rendered views of a reconstruction against the truth: the loss shared by generator, encoder and AFA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.camera import Camera
from goae_core.generator import Generator
from goae_core.presets import Preset
from goae_core.rendering.rays import Rays, rays_through
from goae_core.similarity import structural_similarity
from goae_core.training.head_batches import HeadGroup, pooled_depth
from goae_core.training.losses import charbonnier, gradient_difference
from goae_core.training.picture_terms import PictureTerm, added_terms
from goae_core.triplane import TriPlane


def reduced_precision(device: torch.device) -> torch.autocast:
    """Bfloat16 where it is safe: several times faster on CPUs with AMX or AVX512-BF16, and on GPUs."""
    return torch.autocast(device.type, dtype=torch.bfloat16)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What rendered views look like beside the truth."""

    loss: Tensor
    """To descend."""
    figures: dict[str, float]
    """To log; `head_psnr` is over the head's pixels of the crops, in dB."""
    error: Tensor
    """(G,), mean square difference of each head over its pixels in [-1, 1]."""


def view_loss(
    generator: Generator,
    preset: Preset,
    planes: TriPlane,
    w_plus: Tensor,
    group: HeadGroup,
    rng: np.random.Generator,
    random: torch.Generator,
    terms: Sequence[PictureTerm] = (),
) -> Comparison:
    """March a crop of every view, upscale it, and compare colour, edges, opacity and depth.

    Args:
        generator: Whose renderer and upscaler are used.
        preset: Its sizes.
        planes: G heads.
        w_plus: (G, num_ws, w_dim), for the upscaler.
        group: What the views should look like.
        rng: Chooses the crops.
        random: Draws samples along rays.
        terms: What else is asked of the finished crops, for sharpness.
    """
    heads, views, _, side, _ = group.picture.shape
    rays_side = preset.render.resolution
    factor = side // rays_side
    crop = rays_side // 2
    device = w_plus.device
    left, top = _crop_corners(heads * views, rays_side - crop, rng, device)
    steps = torch.arange(crop, device=device)
    v, u = torch.meshgrid(steps, steps, indexing="ij")
    uv = torch.stack([u.flatten() + left[:, None], v.flatten() + top[:, None]], dim=-1)
    rays = rays_through(Camera.from_label(group.camera.reshape(-1, 25)), (uv + 0.5) / rays_side)
    cut = _cutter(left * factor, top * factor, crop * factor)
    picture, depth, weight = (
        cut(t.reshape(heads * views, -1, side, side)) for t in (group.picture, group.depth, group.weight)
    )

    by_head = Rays(rays.origins.reshape(heads, -1, 3), rays.directions.reshape(heads, -1, 3))
    marched = generator.render_rays(planes, by_head, generator=random)

    def as_map(values: Tensor) -> Tensor:
        return values.reshape(heads * views, crop, crop, -1).permute(0, 3, 1, 2)

    features, opacity, found = as_map(marched.features), as_map(marched.opacity), as_map(marched.depth)
    coarse = F.avg_pool2d(picture, factor)
    coarse_weight = F.avg_pool2d(weight, factor)
    truth = pooled_depth(depth, factor)
    solid = (truth > 0).float() * (coarse[:, 3:] > 0.8)
    raw = charbonnier(features[:, :3] - coarse[:, :3], coarse_weight)
    raw_edges = gradient_difference(features[:, :3], coarse[:, :3], coarse_weight, scales=2)
    opacity_error = charbonnier(2 * opacity - 1 - coarse[:, 3:])
    # where little was met yet, the mean distance of what was met means little
    depth_error = charbonnier(found - truth, solid * opacity.detach())

    with reduced_precision(device):
        finished = _upscale_crop(generator, features, opacity, w_plus.repeat_interleave(views, dim=0)).float()
    rim = 2 * factor
    inner = _inner_weight(weight, margin=rim)
    image = charbonnier(finished - picture, inner)
    image_edges = gradient_difference(finished[:, :3], picture[:, :3], inner, scales=3)
    similarity = structural_similarity(finished[:, :3], picture[:, :3], inner)
    regression = image + 2.0 * image_edges + 0.15 * (1 - similarity)
    loss = raw + raw_edges + 0.5 * opacity_error + 8.0 * depth_error + regression
    sharper, said = added_terms(terms, regression, finished, picture, rim)
    loss = loss + sharper
    with torch.no_grad():
        error = (finished[:, :3] - picture[:, :3]).square()
        head = (picture[:, 3:] > 0).float() * (inner > 0)
        head_error = (error * head).sum() / (3 * head.sum()).clamp_min(1)
        wrong, seen = ((t * head).flatten(1).sum(dim=1).view(heads, views).sum(dim=1) for t in (error, head))
    figures = {
        **said,
        "raw": float(raw.detach()),
        "opacity": float(opacity_error.detach()),
        "depth": float(depth_error.detach()),
        "image": float(image.detach()),
        "ssim": float(similarity.detach()),
        "head_psnr": float(-10 * torch.log10(head_error / 4 + 1e-8)),
    }
    return Comparison(loss, figures, wrong / (3 * seen).clamp_min(1))


def _crop_corners(
    count: int, room: int, rng: np.random.Generator, device: torch.device
) -> tuple[Tensor, Tensor]:
    # twice in three times the crop covers the middle, where the face is
    central = rng.random(count) < 0.66
    jitter = rng.integers(-(room // 6), room // 6 + 1, size=(2, count))
    anywhere = rng.integers(0, room + 1, size=(2, count))
    corners = np.where(central, np.clip(room // 2 + jitter, 0, room), anywhere)
    left, top = torch.from_numpy(corners).to(device)
    return left, top


def _cutter(left: Tensor, top: Tensor, size: int) -> Callable[[Tensor], Tensor]:
    corners = list(zip(left.tolist(), top.tolist(), strict=True))

    def cut(pictures: Tensor) -> Tensor:
        pieces = [
            picture[:, y : y + size, x : x + size] for picture, (x, y) in zip(pictures, corners, strict=True)
        ]
        return torch.stack(pieces)

    return cut


def _upscale_crop(generator: Generator, features: Tensor, opacity: Tensor, w_plus: Tensor) -> Tensor:
    # the upscaler's own entry would first resize a crop to the size of a whole rendering
    network = generator.superresolution
    channels = network.config.image_channels
    rendered = torch.cat([features[:, :3], 2 * opacity - 1], dim=1)[:, :channels]
    w = w_plus[:, -1:].expand(-1, 3, -1)
    x, enlarged = network.block0(features, rendered, w, noise="none")
    return network.held_to(rendered, network.block1(x, enlarged, w, noise="none")[1])


def _inner_weight(weight: Tensor, margin: int) -> Tensor:
    # the upscaler pads a crop with zeros where the whole picture goes on; its rim is not judged
    inner = torch.zeros_like(weight)
    inner[..., margin:-margin, margin:-margin] = weight[..., margin:-margin, margin:-margin]
    return inner
