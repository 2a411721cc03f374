"""The strands of a ribbon of hair: an atlas of columns, each a bundle of hairs, roots at v = 0."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from goae_core.training.synthetic.hair_growth import ATLAS_COLUMNS
from goae_core.training.synthetic.head_pack import ByteArray
from goae_core.training.synthetic.subdivision import FloatArray

_COLUMN_TEXELS = 24
_ROWS = 96
_STRANDS = 13
_SEED = 20261123
_GREY = np.array([0.32, 0.315, 0.30])


def hair_atlas(
    color: NDArray[np.float64],
    *,
    root_dark: float,
    tip_light: float,
    variation: float,
    grey: float,
    curly: bool,
    clumped: float = 0.5,
) -> tuple[FloatArray, ByteArray]:
    """Colour the atlas.

    Args:
        color: (3,) linear albedo of the lengths.
        root_dark: Logarithm by which roots are darker.
        tip_light: Logarithm by which tips are lighter.
        variation: Deviation of the logarithm of lightness between columns, and a little between hairs.
        grey: Share of grey hairs.
        curly: Whether the hairs of a ribbon cross each other.
        clumped: 0 hairs end together, 1 far apart.

    Returns:
        Albedo (H, W, 3) and coverage (H, W) in 0..255; row 0 holds the tips.
    """
    light, cover, shade, order = _hairs(curly)
    along = np.linspace(1, 0, _ROWS)[:, None]  # row 0 is the tip
    log = variation * (0.8 * shade[None, :] + 0.9 * light)
    log = (
        log
        - root_dark * np.clip(1 - along / 0.35, 0, 1)
        + tip_light * np.clip((along - 0.3) / 0.7, 0, 1) ** 1.3
    )
    albedo = np.exp(log)[..., None] * color
    # hairs go grey one after the other; what a ribbon shows of many is paler already
    whiteness = (0.45 * grey + 0.55 * np.clip(6 * (grey - order), 0, 1))[..., None]
    albedo = albedo * (1 - whiteness) + whiteness * _GREY * np.exp(0.5 * log)[..., None]
    ends = np.clip((1.0 - along) / (0.05 + 0.5 * clumped), 0, 1) ** 0.7
    coverage = 255 * np.clip(cover * ends, 0, 1)
    return np.clip(albedo, 0.003, 0.85).astype(np.float32), coverage.astype(np.uint8)


@lru_cache(maxsize=2)
def _hairs(curly: bool) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return lightness, coverage (H, W), shade by column (W,) and a rank in 0..1 of each hair (H, W)."""
    rng = np.random.default_rng([_SEED, int(curly)])
    width = ATLAS_COLUMNS * _COLUMN_TEXELS
    light = np.full((_ROWS, width), -0.9, dtype=np.float32)
    cover = np.zeros((_ROWS, width), dtype=np.float32)
    order = np.ones((_ROWS, width), dtype=np.float32)
    rows = np.arange(_ROWS)
    along = 1 - rows / (_ROWS - 1)
    for column in range(ATLAS_COLUMNS):
        left = column * _COLUMN_TEXELS
        for _ in range(_STRANDS):
            center = rng.uniform(2.5, _COLUMN_TEXELS - 3.5)
            if curly:
                sway = rng.uniform(2, 5) * np.sin(2 * np.pi * (along * rng.uniform(2.5, 6) + rng.random()))
            else:
                sway = rng.uniform(0, 1.6) * np.sin(
                    2 * np.pi * (along * rng.uniform(0.3, 1.1) + rng.random())
                )
            spread = 1 + 0.25 * (along - 0.5)
            path = np.clip(
                (center - _COLUMN_TEXELS / 2) * spread + sway + _COLUMN_TEXELS / 2, 1.2, _COLUMN_TEXELS - 2.2
            )
            ends = rng.uniform(0.55, 1.0)
            strength = np.clip((ends - along) / 0.10, 0, 1) * (0.75 + 0.25 * rng.random())
            brightness, rank = rng.normal(0, 1), rng.random()
            for offset in range(-1, 3):
                texel = np.floor(path).astype(int) + offset
                near = np.clip(1.35 - np.abs(texel + 0.5 - path), 0, 1) * strength
                over = near > 0.3 * cover[rows, left + texel]
                at = (rows[over], left + texel[over])
                light[at] = brightness
                order[at] = rank
                cover[rows, left + texel] = np.maximum(cover[rows, left + texel], near)
    # near the skin hairs stand close
    cover = np.maximum(cover, np.clip(1 - along / 0.4, 0, 1)[:, None] * 0.6)
    light = gaussian_filter1d(light, 0.4, axis=1)
    shade = np.repeat(rng.permutation(np.linspace(-1.6, 1.6, ATLAS_COLUMNS)), _COLUMN_TEXELS)
    for column in range(ATLAS_COLUMNS):  # ribbons have no hard sides
        left = column * _COLUMN_TEXELS
        for beside, factor in ((0, 0.25), (_COLUMN_TEXELS - 1, 0.25), (1, 0.7), (_COLUMN_TEXELS - 2, 0.7)):
            cover[:, left + beside] *= factor
    return light, cover, shade.astype(np.float32), order
