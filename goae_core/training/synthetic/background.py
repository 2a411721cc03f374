"""Backgrounds for single portraits: soft, out-of-focus shapes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from goae_core.training.synthetic.color import to_srgb


def sample_background(rng: np.random.Generator, resolution: int) -> NDArray[np.uint8]:
    """Draw a background (R, R, 3) in sRGB: a gradient with a few blurred rectangles and discs."""
    axis = np.linspace(-1, 1, resolution)
    x, y = np.meshgrid(axis, axis)
    base = np.exp(rng.normal(-1.6, 0.7)) * np.exp(
        rng.normal(0, 0.10, 3) + rng.normal(0, 0.12) * np.array([1, 0.1, -1])
    )
    slope = rng.normal(0, 0.3, 2)
    picture = base * np.exp(slope[0] * x + slope[1] * y)[..., None]
    for _ in range(int(rng.integers(4, 16))):
        center, radius = rng.uniform(-1.2, 1.2, 2), np.exp(rng.normal(-1.0, 0.6, 2))
        turn = rng.uniform(0, np.pi)
        across = ((x - center[0]) * np.cos(turn) + (y - center[1]) * np.sin(turn)) / radius[0]
        along = (-(x - center[0]) * np.sin(turn) + (y - center[1]) * np.cos(turn)) / radius[1]
        is_box = rng.random() < 0.5
        distance = np.maximum(np.abs(across), np.abs(along)) if is_box else np.hypot(across, along)
        cover = 1 / (1 + np.exp(np.clip((distance - 1) * rng.uniform(3, 12), -40, 40)))
        cover = cover[..., None] * rng.uniform(0.2, 0.8)
        color = np.exp(rng.normal(-1.8, 0.7)) * np.exp(
            rng.normal(0, 0.15, 3) + rng.normal(0, 0.2) * np.array([1, 0.15, -1])
        )
        picture = picture * (1 - cover) + cover * color
    return (255 * to_srgb(np.clip(picture, 0.003, 1)) + 0.5).astype(np.uint8)
