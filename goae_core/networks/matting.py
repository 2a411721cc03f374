"""A small U-Net that finds the head, hair and shoulders on a portrait."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from goae_core.presets import MattingConfig


class MattingNetwork(nn.Module):
    """Portrait to matte.

        picture R ── halves ── down ── … ── down ─┬─ mean over the picture
                       │        │           │     │
        matte R ── quarters ── up ─── … ─── up ───┘

    The body works at half the picture's size, where channels are cheap: the first layer folds 4 x 4 pixels
    into each cell, the last one unfolds four values of the matte from it.

    Source: Ronneberger et al. 2015 (U-Net), with residual blocks.

    Args:
        config: Side of the pictures it is meant for, and channels at R/2, R/4, and so on.
    """

    def __init__(self, config: MattingConfig) -> None:
        super().__init__()
        widths = config.widths
        self.config = config
        self.stem = nn.Conv2d(3, widths[0], 4, stride=2, padding=1)
        self.encoder = nn.ModuleList([_Block(widths[0], widths[0])])
        self.encoder.extend(_Block(narrow, wide) for narrow, wide in pairwise(widths))
        self.context = nn.Sequential(
            nn.Linear(widths[-1], widths[-1]), nn.SiLU(), nn.Linear(widths[-1], widths[-1])
        )
        self.decoder = nn.ModuleList(_Block(narrow + wide, narrow) for narrow, wide in pairwise(widths))
        self.quarters = nn.Conv2d(widths[0], 4, 3, padding=1)

    def forward(self, picture: Tensor) -> Tensor:
        """Find the matte.

        Args:
            picture: (B, 3, R, R) in [-1, 1]; R a multiple of 2 to the number of widths.

        Returns:
            (B, 1, R, R) in (0, 1), 1 on the head.

        Raises:
            ValueError: If the picture's shape does not fit.
        """
        return self.logits(picture).sigmoid()

    def logits(self, picture: Tensor) -> Tensor:
        """The matte before its sigmoid, as training wants it; same shapes and errors as `forward`."""
        factor = 2 ** len(self.config.widths)
        if picture.dim() != 4 or picture.shape[1] != 3 or any(side % factor for side in picture.shape[2:]):
            raise ValueError(
                f"matting takes pictures of shape (B, 3, R, R) with R a multiple of {factor}, "
                f"got {tuple(picture.shape)}"
            )
        # Exposure and contrast say nothing about where the head ends.
        spread, mean = torch.std_mean(picture, dim=(1, 2, 3), keepdim=True)
        x = self.stem((picture - mean) / (spread + 0.05))
        levels: list[Tensor] = []
        for index, block in enumerate(self.encoder):
            x = block(x if index == 0 else F.avg_pool2d(x, 2))
            levels.append(x)
        x = x + self.context(x.mean(dim=(2, 3)))[..., None, None]
        for block, skip in zip(reversed(self.decoder), reversed(levels[:-1]), strict=True):
            x = block(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skip], dim=1))
        return F.pixel_shuffle(self.quarters(x), 2)


class _Block(nn.Module):
    """Two convolutions with a shortcut; keeps the size.

    Without normalisation, which would cost more than the convolutions: the shortcut is all a new block does,
    so that depth does not scale its signals (Zhang et al. 2019, Fixup).
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.second = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        self.shortcut = (
            nn.Identity() if channels_in == channels_out else nn.Conv2d(channels_in, channels_out, 1)
        )
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(B, I, H, W) to (B, O, H, W)."""
        result: Tensor = F.silu(self.second(F.silu(self.first(x))) + self.shortcut(x))
        return result
