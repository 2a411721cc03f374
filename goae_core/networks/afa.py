"""Adaptive feature alignment (AFA): what the photo shows and the reconstruction misses, brought to the feature map.

Two ways to find out which part of the residual belongs to which texel:

* `AttentionAfa`, as published: texels attend to residual tokens by content alone.
* `GeometricAfa`, ours: texels attend to the tokens whose surface point projects near them.

Source: Yuan et al. 2023 (GOAE), section 3.2, arXiv 2303.12326; the geometric form is ours.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from goae_core.networks.attention import CrossAttention
from goae_core.networks.irse import IrSeUnit, SqueezeExcite
from goae_core.presets import AfaConfig, Preset

_SLOPE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Modulation:
    """How AFA changes the generator's feature map X and, in the geometric form, the planes.

        X' = scale * X + shift;   planes' = planes(X') + planes_shift

    Attributes:
        scale: (B, W, F, F).
        shift: (B, W, F, F).
        planes_shift: (B, 3, C, S, S), added to the finished planes; None: nothing is.
    """

    scale: Tensor
    shift: Tensor
    planes_shift: Tensor | None = None

    def apply(self, x: Tensor) -> Tensor:
        """Scale and shift a feature map (B, W, F, F)."""
        return self.scale * x + self.shift


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """The first surface along each ray of the input view, found in the w-only planes.

    Attributes:
        points: (B, 3, r, r), world units.
        opacity: (B, 1, r, r) in [0, 1]; where it is low, `points` means nothing.
    """

    points: Tensor
    opacity: Tensor


class Afa(nn.Module):
    """Scale and shift a feature map by what the photo shows and the reconstruction misses.

    Ours = theirs: photo = I, reconstruction = I_w+, features = F, refined = F*; scale, shift = gamma, beta.
    """

    @abstractmethod
    def forward(
        self, photo: Tensor, reconstruction: Tensor, features: Tensor, surface: Surface | None = None
    ) -> Modulation:
        """Compare and align.

        Args:
            photo: (B, 3, R, R) in [-1, 1], the head over black where the preset mattes.
            reconstruction: w-only picture from the same camera, the same form.
            features: Feature map X of stage 1, (B, W, F, F).
            surface: Where the reconstruction's surface lies; the published form does not look at it.

        Returns:
            The modulation of X.
        """


def build_afa(preset: Preset) -> Afa:
    """Make the AFA that a preset names, with fresh weights."""
    width = preset.backbone.width(preset.backbone.split_resolution)
    if preset.afa.alignment == "attention":
        return AttentionAfa(preset.afa, width)
    return GeometricAfa(preset)


class _EqualizedConv(nn.Module):
    """3 x 3 convolution whose stored weights have unit variance; the bias is not scaled."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(width))
        self.gain = 1.0 / math.sqrt(channels * 9)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight * self.gain, self.bias, padding=1)


class _ScaledLeakyReLU(nn.Module):
    """Leaky ReLU times sqrt(2), which keeps the variance."""

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, _SLOPE) * math.sqrt(2.0)


class AttentionAfa(Afa):
    """The published AFA: IR-SE residual encoder and two cross attentions without positions.

        kv = LN(tokens(residual));   q = LN(tokens(X))
        scale = CrossAttention_gamma(q, kv);   shift = CrossAttention_beta(q, kv)

    Args:
        config: All sizes; token_dim must equal `channels`.
        channels: Width of the feature map, W.
    """

    def __init__(self, config: AfaConfig, channels: int) -> None:
        super().__init__()
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, config.stem_width, 3, padding=1, bias=False),
            nn.BatchNorm2d(config.stem_width),
            nn.PReLU(config.stem_width),
        )
        inputs = (config.stem_width, *config.unit_widths[:-1])
        self.body = nn.Sequential(
            *(
                IrSeUnit(c, width, stride)
                for c, width, stride in zip(inputs, config.unit_widths, config.unit_strides, strict=True)
            )
        )
        self.output_layer = nn.Sequential(
            _EqualizedConv(config.unit_widths[-1], channels),
            _ScaledLeakyReLU(),
            _EqualizedConv(channels, channels),
        )
        heads, hidden, dropout = config.attention_heads, config.feedforward_dim, config.dropout
        self.cross_att_gamma = CrossAttention(channels, heads, hidden, dropout)
        self.cross_att_beta = CrossAttention(channels, heads, hidden, dropout)

    def forward(
        self, photo: Tensor, reconstruction: Tensor, features: Tensor, surface: Surface | None = None
    ) -> Modulation:
        """See `Afa.forward`; `surface` is not looked at."""
        residual = reconstruction - photo  # the released weights expect this sign
        tokens = _tokens(self.output_layer(self.body(self.input_layer(residual))))
        queries = _tokens(features)
        scale = self.cross_att_gamma(queries, tokens).transpose(1, 2).reshape(features.shape)
        shift = self.cross_att_beta(queries, tokens).transpose(1, 2).reshape(features.shape)
        return Modulation(scale, shift)


def _tokens(image: Tensor) -> Tensor:
    """Normalised tokens (B, H*W, D), row by row, of a map (B, D, H, W)."""
    tokens = image.flatten(2).transpose(1, 2)
    return F.layer_norm(tokens, tokens.shape[-1:])
