"""Flat patterns: what is woven into or printed on cloth, and what is laid over skin and hair to mislead.

Cloth's patterns are fixed functions of a few numbers. Overlays are drawn from a seed and may be anything.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from goae_core.training.synthetic.subdivision import FloatArray

CLOTH_PATTERNS = ("plain", "stripes", "pinstripes", "checks", "tartan", "dots", "print", "camouflage", "knit")
OVERLAYS = ("clouds", "stripes", "checks", "leaves", "speckle", "text", "paint")


def cloth(
    kind: str, size: int, scale: float, first: NDArray[np.float64], second: NDArray[np.float64]
) -> FloatArray:
    """Return a pattern of two colours.

    Args:
        kind: One of CLOTH_PATTERNS.
        size: Pixels a side.
        scale: Repeats along a side: about 6 to 60.
        first: (3,) linear colour of the ground.
        second: (3,) of the figure.

    Returns:
        (size, size, 3) linear.
    """
    share = _cloth_share(kind, size, round(scale))[..., None]
    return np.asarray(first * (1 - share) + second * share, dtype=np.float32)


@lru_cache(maxsize=64)
def _cloth_share(kind: str, size: int, repeats: int) -> FloatArray:
    """Return how much of the second colour each texel has (S, S)."""
    axis = (np.arange(size) + 0.5) / size
    across, down = np.meshgrid(axis, axis)
    u, v = (across * repeats) % 1, (down * repeats) % 1

    def band(x: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
        soft = 0.06
        return np.clip((x - low) / soft, 0, 1) * np.clip((high - x) / soft, 0, 1)

    zero = np.zeros((size, size))
    if kind == "stripes":
        share = band(v, 0.25, 0.75)
    elif kind == "pinstripes":
        share = band(u, 0.42, 0.58)
    elif kind == "checks":
        share = 0.5 * (band(u, 0.25, 0.75) + band(v, 0.25, 0.75))
    elif kind == "tartan":
        share = (
            0.45 * band(u, 0.1, 0.5)
            + 0.45 * band(v, 0.1, 0.5)
            + 0.4 * band(u, 0.7, 0.78)
            + 0.4 * band(v, 0.7, 0.78)
        )
    elif kind == "dots":
        share = np.clip((0.28 - np.hypot(u - 0.5, v - 0.5)) / 0.08, 0, 1)
    elif kind == "print":
        petals = 0.5 + 0.5 * np.cos(5 * np.arctan2(v - 0.5, u - 0.5) + 2 * np.floor(across * repeats))
        share = np.clip((0.18 + 0.22 * petals - np.hypot(u - 0.5, v - 0.5)) / 0.08, 0, 1)
    elif kind == "camouflage":
        field = _octaves(np.random.default_rng(7), size, max(3, repeats // 2), 3)[..., 0]
        share = 0.5 * (field > 0.1) + 0.5 * (field > 0.8)
    elif kind == "knit":
        share = 0.55 * np.abs(np.sin(np.pi * across * 3 * repeats)) + 0.2 * np.abs(
            np.sin(np.pi * down * 6 * repeats)
        )
    else:
        share = zero
    return np.asarray(np.clip(share, 0, 1), dtype=np.float32)


def overlay(rng: np.random.Generator, size: tuple[int, int], strength: float) -> tuple[str, FloatArray]:
    """Draw a pattern that nothing on a head looks like.

    Args:
        rng: Decides kind and form.
        size: Height and width.
        strength: About the deviation of the logarithm of albedo.

    Returns:
        Its kind, one of OVERLAYS, and the logarithm of a factor on albedo (H, W, 3).
    """
    kind = OVERLAYS[int(rng.integers(len(OVERLAYS)))]
    # drawn small: a head shows a few hundred texels of its texture
    side = 384
    axis = np.arange(side) / side
    across, down = np.meshgrid(axis, axis)
    angle, turns = rng.uniform(0, np.pi), rng.uniform(6, 40)
    phase = (across * np.cos(angle) + down * np.sin(angle)) * turns
    colors = rng.normal(0, strength, (2, 3)) + rng.normal(0, 0.6 * strength, (2, 1))
    field: NDArray[np.floating]
    if kind == "clouds":
        field = strength * _octaves(rng, side, int(rng.integers(8, 40)), 3)
    elif kind == "stripes":
        bent = phase + 0.3 * _octaves(rng, side, 6, 1)[..., 0] * rng.random()
        share = np.clip(0.5 + 2.5 * np.sin(2 * np.pi * bent), 0, 1)[..., None]
        field = colors[0] * share + colors[1] * (1 - share)
    elif kind == "checks":
        second = (-across * np.sin(angle) + down * np.cos(angle)) * turns
        share = ((np.floor(phase) + np.floor(second)) % 2)[..., None]
        field = colors[0] * share + colors[1] * (1 - share)
    elif kind == "leaves":
        field = _dead_leaves(rng, side, strength)
    elif kind == "speckle":
        dots = rng.normal(0, 1.5 * strength, (side // 3, side // 3, 3)) * (
            rng.random((side // 3, side // 3, 1)) < 0.3
        )
        field = _resized(dots, side)
    elif kind == "text":
        field = _text(rng, side)[..., None] * rng.normal(0, 2.0 * strength, 3)
    else:
        mask = np.clip(
            2.5 * (_octaves(rng, side, int(rng.integers(3, 8)), 2)[..., :1] - rng.uniform(-0.4, 0.6)), 0, 1
        )
        field = mask * rng.normal(0, 2.0 * strength, 3)
    return kind, _resized(field, size[1], size[0])


def _octaves(rng: np.random.Generator, side: int, cells: int, channels: int) -> NDArray[np.float64]:
    """Return smooth noise (S, S, channels) of about unit deviation, coarse and fine."""
    total = np.zeros((side, side, channels))
    for level, weight in ((1, 0.8), (2, 0.5), (4, 0.3)):
        total += weight * _resized(rng.normal(0, 1, (cells * level, cells * level, channels)), side)
    return total * 1.3


def _dead_leaves(rng: np.random.Generator, side: int, strength: float) -> NDArray[np.float64]:
    """Return overlapping discs of all sizes (S, S, 3): edges as frequent as in photographs.

    Source: Lee, Mumford and Huang 2001, "Occlusion models for natural images".
    """
    picture = Image.new("RGB", (side, side))
    draw = ImageDraw.Draw(picture)
    for _ in range(900):
        radius = 2.0 / max(float(rng.random()), 0.03) ** 0.9
        x, y = rng.uniform(0, side, 2)
        color = np.clip(128 + 45 * rng.normal(0, 1) + 30 * rng.normal(0, 1, 3), 0, 255).astype(int)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tuple(int(c) for c in color))
    return strength * (np.asarray(picture, dtype=np.float64) - 128) / 50


def _text(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    """Return lines of letters (S, S), 0 to 1."""
    picture = Image.new("L", (side, side))
    draw = ImageDraw.Draw(picture)
    height = int(rng.integers(8, 30))
    font = ImageFont.load_default(height)
    letters = np.array(list("abcdefghijklmnoprstuvwxyzABCDEFGHKLMNOPRSTUVW0123456789   "))
    for top in range(0, side, int(height * 1.3)):
        draw.text((-int(rng.integers(20)), top), "".join(rng.choice(letters, side // 4)), fill=255, font=font)
    return np.asarray(picture.rotate(float(rng.uniform(0, 360))), dtype=np.float64) / 255


def _resized(values: NDArray[np.floating], width: int, height: int | None = None) -> FloatArray:
    size = (width, height if height is not None else width)
    layers = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(values[..., k], dtype=np.float32)).resize(
                size, Image.Resampling.BILINEAR
            )
        )
        for k in range(values.shape[-1])
    ]
    return np.stack(layers, axis=-1).astype(np.float32)
