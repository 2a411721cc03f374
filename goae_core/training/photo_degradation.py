"""What cameras, crops and mattes do to a head, done to rendered ones: real photographs shall not surprise.

All pictures are heads over black: (B, 3, H, W) in [0, 1], premultiplied by their matte (B, 1, H, W).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class ColorCast:
    """A change of colour shared by all views of a head; black stays black."""

    gain: Tensor
    """(B, 3, 1, 1)"""
    gamma: Tensor
    """(B, 1, 1, 1)"""
    saturation: Tensor
    """(B, 1, 1, 1), 0 is grey"""

    def apply(self, picture: Tensor) -> Tensor:
        """Recolour (B, 3, H, W) or (B, V, 3, H, W) in [0, 1]."""
        gain, gamma, saturation = self.gain, self.gamma, self.saturation
        if picture.dim() == 5:
            gain, gamma, saturation = (t[:, None] for t in (gain, gamma, saturation))
        toned = picture.clamp_min(0).pow(gamma) * gain
        grey = toned.mean(dim=-3, keepdim=True)
        return (grey + saturation * (toned - grey)).clamp(0, 1)


def draw_color_cast(count: int, rng: np.random.Generator, device: torch.device) -> ColorCast:
    """Casts for `count` heads; a third of them change nothing."""
    active = rng.random((count, 1)) > 0.33
    exposure = rng.normal(0, 0.18, (count, 1))
    tint = rng.normal(0, 0.07, (count, 3))
    gain = np.exp((exposure + tint) * active)
    gamma = np.exp(rng.normal(0, 0.16, (count, 1)) * active)
    saturation = np.where(
        rng.random((count, 1)) < 0.06, 0.0, np.exp(rng.normal(0, 0.25, (count, 1)) * active)
    )

    def tensor(values: np.typing.NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(values).float().to(device)[..., None, None]

    return ColorCast(tensor(gain), tensor(gamma), tensor(saturation))


def degrade(picture: Tensor, matte: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Crop errors, matte errors, low resolution, blur and noise, each drawn per picture.

    Returns:
        The photograph's head over black and the matte that a matting network might have found.
    """
    count, device = len(picture), picture.device
    moved = _misplace(torch.cat([picture, matte], dim=1), rng)
    picture, matte = moved[:, :3], moved[:, 3:]
    picture, matte = _wrong_matte(picture, matte, rng)
    rows = []
    for index in range(count):
        row = picture[index : index + 1]
        if rng.random() < 0.35:
            side = row.shape[-1]
            small = int(side * rng.uniform(0.3, 0.8))
            row = F.interpolate(row, size=(small, small), mode="bilinear", antialias=True)
            row = F.interpolate(row, size=(side, side), mode="bicubic").clamp(0, 1)
        rows.append(row)
    picture = torch.cat(rows)
    strength = np.where(rng.random(count) < 0.5, rng.uniform(0.005, 0.05, count), 0.0)
    noise = torch.from_numpy(rng.standard_normal(tuple(picture.shape), dtype=np.float32)).to(device)
    scale = torch.from_numpy(strength).float().to(device)[:, None, None, None]
    return (picture + noise * scale * matte).clamp(0, 1), matte


def _misplace(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    count = len(pictures)
    scale = np.exp(rng.normal(0, 0.025, count))
    angle = rng.normal(0, 0.025, count)
    shift = rng.normal(0, 0.02, (2, count))
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    rows = np.stack([np.stack([cosine, -sine, shift[0]], -1), np.stack([sine, cosine, shift[1]], -1)], axis=1)
    theta = torch.from_numpy(rows).float().to(pictures.device)
    places = F.affine_grid(theta, list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, places, align_corners=False)


def _wrong_matte(picture: Tensor, matte: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    count, device = len(picture), picture.device
    bias = torch.from_numpy(rng.normal(0, 0.18, (count, 1, 1, 1))).float().to(device)
    soft = F.avg_pool2d(F.avg_pool2d(matte, 7, 1, 3), 7, 1, 3)
    found = ((soft - 0.5 + bias) * 3.0 + 0.5).clamp(0, 1)
    found = torch.where(soft > 0.98, matte, found)
    # where the matte leaks, some of the background comes along
    leak = torch.from_numpy(rng.uniform(0, 1, (count, 3, 1, 1))).float().to(device)
    kept = picture * (found / matte.clamp_min(1e-3)).clamp(max=1.0)
    return kept + (found - matte).clamp_min(0) * leak, found
