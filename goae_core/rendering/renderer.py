"""A radiance field and rays -> features, depth and opacity per ray, in two passes.

    even depths -> field -> weights -> more depths where the weights are -> field -> march both sets

Source: Chan et al. 2022 (EG3D), section 4.3; Mildenhall et al. 2020 (NeRF), section 5.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from goae_core.presets import RenderConfig
from goae_core.rendering.compositing import (
    expected_depth,
    interval_weights,
    released_weights,
    sample_weights,
)
from goae_core.rendering.depths import box_limits, disparity_depths, importance_depths, stratified_depths
from goae_core.rendering.rays import Rays

Field = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Points (B, N, 3) -> raw density (B, N, 1) and colour features (B, N, K)."""

CHUNK_POINTS = 1 << 16
"""Points evaluated at a time: large enough to keep the cores busy, small enough to stay out of swap."""


@dataclass(frozen=True, slots=True, eq=False)
class RayValues:
    """What M rays a camera brought back."""

    features: Tensor
    """Colour features over the background, (B, M, K), about [-1, 1]; the first three are colour."""
    depth: Tensor
    """Along the unit ray, (B, M, 1), world units."""
    opacity: Tensor
    """(B, M, 1) in [0, 1]."""


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """A picture of a head and what was learned on the way."""

    image: Tensor
    """Finished picture (B, 3, R, R), about [-1, 1]; over black where the model has an alpha."""
    alpha: Tensor
    """Opacity of the finished picture (B, 1, R, R) in [0, 1]."""
    raw: Tensor
    """Neural rendering (B, 3, r, r), about [-1, 1]."""
    features: Tensor
    """Colour features (B, K, r, r); the first three are `raw`."""
    depth: Tensor
    """Along the unit ray, (B, 1, r, r), world units."""
    opacity: Tensor
    """Sum of the ray's weights, (B, 1, r, r) in [0, 1]."""
    origins: Tensor
    """Ray origins (B, r*r, 3), world units."""
    directions: Tensor
    """Ray directions (B, r*r, 3), unit length."""

    def surface(self) -> Tensor:
        """World position met by each ray, (B, 3, r, r)."""
        side = self.depth.shape[-1]
        points = self.origins + self.depth.flatten(2).mT * self.directions
        return points.mT.reshape(-1, 3, side, side)


def render_rays(
    field: Field,
    rays: Rays,
    config: RenderConfig,
    *,
    generator: torch.Generator | None = None,
    chunk_points: int = CHUNK_POINTS,
) -> RayValues:
    """March rays through a field.

    Differentiable in the field; the places of the samples carry no gradient. All geometry is float32.

    Args:
        field: The scene.
        rays: (B, M, 3).
        config: Sample counts, limits and background.
        generator: Draws jitter and importance samples; None takes the middle of every step and even
            quantiles, so that the same request gives the same picture.
        chunk_points: Points evaluated at a time where no gradients are recorded; it does not change the
            result beyond rounding.

    Returns:
        One value a ray.

    Raises:
        ValueError: If only one of the limits is given, or there are too few coarse samples for a second pass.
    """
    with torch.no_grad(), torch.autocast(rays.directions.device.type, enabled=False):
        coarse = _coarse_depths(rays, config, generator)
        u = _quantiles(rays, config, generator)
        # One pair for all rays of the batch: fine samples lie between coarse ones and cannot widen it.
        limits = (float(coarse.min()), float(coarse.max()))
    batch, count, samples = coarse.shape
    # With gradients everything is kept anyway, and every chunk would cost a gradient as large as the planes.
    step = count if torch.is_grad_enabled() else chunk_points // (batch * max(samples, config.fine_samples))
    step = max(1, step)
    parts = [
        _march(
            field,
            Rays(rays.origins[:, at : at + step], rays.directions[:, at : at + step]),
            coarse[:, at : at + step],
            None if u is None else u[:, at : at + step],
            limits,
            config,
        )
        for at in range(0, count, step)
    ]
    return RayValues(*(torch.cat(part, dim=1) for part in zip(*parts, strict=True)))


def _coarse_depths(rays: Rays, config: RenderConfig, generator: torch.Generator | None) -> Tensor:
    """(B, M, S), float32."""
    if config.fine_samples > 0 and config.coarse_samples < 4:
        raise ValueError(
            f"a second pass needs at least 4 coarse samples, got {config.coarse_samples}; "
            "set more, or fine_samples to 0"
        )
    shape = (*rays.directions.shape[:2], config.coarse_samples)
    device = rays.directions.device
    if generator is None:
        jitter = torch.full(shape, 0.5, device=device)
    else:
        jitter = torch.rand(shape, generator=generator, device=generator.device).to(device)
    if config.ray_start is None and config.ray_end is None:
        near, far = box_limits(rays, config.box_side)
    elif config.ray_start is None or config.ray_end is None:
        raise ValueError("ray_start and ray_end must be given together, or neither for the limits of the box")
    else:
        near, far = (torch.full((1, 1, 1), t, device=device) for t in (config.ray_start, config.ray_end))
    place = disparity_depths if config.disparity_sampling else stratified_depths
    return place(near, far, jitter)


def _quantiles(rays: Rays, config: RenderConfig, generator: torch.Generator | None) -> Tensor | None:
    """(B, M, n), float32; None without a second pass."""
    if config.fine_samples == 0:
        return None
    shape = (*rays.directions.shape[:2], config.fine_samples)
    device = rays.directions.device
    if generator is None:
        return torch.linspace(0.0, 1.0, config.fine_samples, device=device).expand(shape)
    return torch.rand(shape, generator=generator, device=generator.device).to(device)


def _march(
    field: Field,
    rays: Rays,
    coarse: Tensor,
    u: Tensor | None,
    limits: tuple[float, float],
    config: RenderConfig,
) -> tuple[Tensor, Tensor, Tensor]:
    """Features, depth and opacity of one chunk of rays."""
    weigh = interval_weights if config.opacities == "exact" else released_weights
    white = config.white_background
    density, colors = _evaluate(field, rays, coarse)
    with torch.autocast(coarse.device.type, enabled=False):
        weights = weigh(density, coarse)
        if u is None:
            return _composite(weights, coarse, limits, [(sample_weights(weights), colors)], white=white)
        fine = importance_depths(coarse, weights.detach(), u)
    fine_density, fine_colors = _evaluate(field, rays, fine)
    with torch.autocast(coarse.device.type, enabled=False):
        depths, order = torch.sort(torch.cat([coarse, fine], dim=-1), dim=-1, stable=True)
        weights = weigh(torch.cat([density, fine_density], dim=-1).gather(-1, order), depths)
        # The colours stay where they are; their weights, one number each, are brought back to them.
        restored = torch.zeros_like(depths).scatter(-1, order, sample_weights(weights))
        first, second = restored[..., : coarse.shape[-1]], restored[..., coarse.shape[-1] :]
        return _composite(weights, depths, limits, [(first, colors), (second, fine_colors)], white=white)


def _evaluate(field: Field, rays: Rays, depths: Tensor) -> tuple[Tensor, Tensor]:
    """Raw density (B, M, S) and colours (B, M, S, K) at depths (B, M, S)."""
    points = rays.origins[:, :, None] + depths[..., None] * rays.directions[:, :, None]
    density, colors = field(points.flatten(1, 2))
    return density.float().reshape(depths.shape), colors.float().reshape(*depths.shape, -1)


def _composite(
    weights: Tensor,
    depths: Tensor,
    limits: tuple[float, float],
    weighted: list[tuple[Tensor, Tensor]],
    *,
    white: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    color = sum((w.unsqueeze(-2) @ c).squeeze(-2) for w, c in weighted)
    assert isinstance(color, Tensor)
    opacity = weights.sum(dim=-1, keepdim=True)
    if white:
        color = color + 1.0 - opacity
    return color * 2.0 - 1.0, expected_depth(weights, depths, limits), opacity
