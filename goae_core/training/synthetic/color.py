"""sRGB and linear light, luminance, and the colours of skin and hair as smooth functions of a few numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Weights of linear red, green and blue (Rec. 709)."""

_SKIN_ANCHORS = np.array([[0.054, 0.023, 0.0135], [0.300, 0.145, 0.083], [0.720, 0.440, 0.320]])
"""Linear albedo of very dark, medium and very light skin; chosen by eye against photographs."""


def to_linear(srgb: NDArray[np.floating]) -> NDArray[np.floating]:
    """Decode sRGB in [0, 1] to linear light (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: NDArray[np.floating]) -> NDArray[np.floating]:
    """Encode linear light in [0, 1] as sRGB (IEC 61966-2-1)."""
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-8) ** (1 / 2.4) - 0.055
    )


def skin_color(log_luminance: float) -> NDArray[np.float64]:
    """Return the linear albedo (3,) of skin whose luminance has this natural logarithm."""
    anchors = np.log(_SKIN_ANCHORS)
    keys = np.log(_SKIN_ANCHORS @ LUMINANCE)
    color = np.exp([np.interp(log_luminance, keys, anchors[:, c]) for c in range(3)])
    return np.asarray(color * np.exp(log_luminance) / float(color @ LUMINANCE))


def hair_color(log_luminance: float, warmth: float) -> NDArray[np.float64]:
    """Return the linear albedo (3,) of hair.

    Args:
        log_luminance: Natural logarithm of its luminance: about -5 for black, -1.2 for blond or white.
        warmth: 0 grey, 0.4 brown or blond, 1 red.
    """
    color = np.exp([1.1 * warmth, 0.0, -0.9 * warmth])
    return np.asarray(color * np.exp(log_luminance) / float(color @ LUMINANCE))
