"""The small network from plane features to density and colour features.

Source: Chan et al. 2022 (EG3D), section 4.1 and supplement, "decoder".
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from goae_core.networks.equalized import EqualizedLinear
from goae_core.presets import RadianceConfig

INITIAL_DENSITY = -1.0
"""Raw density before training: softplus(-1 - 1) = 0.13 per world unit, a haze with a gradient."""


class RadianceDecoder(nn.Module):
    """Mean over the planes -> linear -> softplus -> linear -> density and colour features.

    Args:
        config: Sizes.
        plane_channels: Channels of one plane.
    """

    def __init__(self, config: RadianceConfig, plane_channels: int) -> None:
        super().__init__()
        multiplier = config.lr_multiplier
        self.net = nn.Sequential(
            EqualizedLinear(plane_channels, config.hidden, lr_multiplier=multiplier),
            nn.Softplus(),
            EqualizedLinear(config.hidden, 1 + config.color_channels, lr_multiplier=multiplier),
        )
        last = self.net[2]
        assert isinstance(last, EqualizedLinear)
        with torch.no_grad():
            # Softplus never vanishes, so a row of non-zero mean would add a random constant to the density.
            last.weight[0] -= last.weight[0].mean()
            last.bias[0] = INITIAL_DENSITY / last.bias_gain

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Decode.

        Args:
            features: Plane features averaged over the planes, (B, N, C).

        Returns:
            Raw density (B, N, 1), before softplus, and colour features (B, N, K) in [-0.001, 1.001]; float32.
        """
        hidden = F.softplus(self.net[0](features))
        out = self.net[2](hidden).float()
        # The overshoot lets black and white be reached with finite weights (Barron et al. 2021, mip-NeRF).
        colors = torch.add(out.new_tensor(-0.001), torch.sigmoid(out[..., 1:]), alpha=1.002)
        return out[..., :1], colors
