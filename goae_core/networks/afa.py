"""Adaptive feature alignment (AFA): what the reconstruction misses, brought to the feature map.

Two ways to find out which part of the residual belongs to which texel:

* `AttentionAfa`, as published: texels attend to residual tokens by content alone.
* `GeometricAfa`, ours: texels attend to the tokens whose surface point projects near them.

Source: Yuan et al. 2023 (GOAE), section 3.2, arXiv 2303.12326; the geometric form is ours.
"""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from goae_core.networks.attention import CrossAttention
from goae_core.networks.equalized import LEAKY_GAIN, LEAKY_SLOPE, EqualizedConv2d
from goae_core.networks.irse import IrSeUnit, PlainSeUnit
from goae_core.networks.splatting import splat
from goae_core.presets import AfaConfig, Preset
from goae_core.triplane import PLANE_COORDINATES

_Conv = TypeVar("_Conv", nn.Conv2d, nn.ConvTranspose2d)


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

    def to(self, device: torch.device | str) -> Modulation:
        """The same modulation on a device."""
        planes_shift = None if self.planes_shift is None else self.planes_shift.to(device)
        return Modulation(self.scale.to(device), self.shift.to(device), planes_shift)


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

        Raises:
            ValueError: If `surface` is missing where it is needed.
        """


def build_afa(preset: Preset) -> Afa:
    """Make the AFA that a preset names, with fresh weights."""
    width = preset.backbone.width(preset.backbone.split_resolution)
    if preset.afa.alignment == "attention":
        return AttentionAfa(preset.afa, width)
    return GeometricAfa(preset)


class _ScaledLeakyReLU(nn.Module):
    """Leaky ReLU times sqrt(2), which keeps the variance."""

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, LEAKY_SLOPE) * LEAKY_GAIN


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
            EqualizedConv2d(config.unit_widths[-1], channels, 3),
            _ScaledLeakyReLU(),
            EqualizedConv2d(channels, channels, 3),
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


class GeometricAfa(Afa):
    """Attention that knows where on the head each residual token lies. Ours.

    A token i is a cell of the encoded residual; its surface point, projected onto a plane, falls at s_i in
    texels. Per head, token i has a learned logit a_i and a value v_i. A texel at t attends to

        weight_i(t) = exp(a_i) * k(t - s_i),   k(d) = max(0, 1 - |d_u|) * max(0, 1 - |d_v|)
        attended(t) = sum_i weight_i(t) * v_i / (exp(n) + sum_i weight_i(t))
        coverage(t) = sum_i weight_i(t)       / (exp(n) + sum_i weight_i(t))

    which is softmax attention over the logits a_i + log k(t - s_i) and one null key with logit n and value
    zero: texels that nobody saw receive zero. Because k is compact, a token reaches four texels only, and the
    sums are exact in linear time: each token is splatted bilinearly. This runs at the planes' resolution S,
    above the feature map's F; a strided convolution joins the S / F neighbours of a cell into one texel.

    Attended maps, their mirror images through x = 0 (an unseen cheek resembles the other one) and the
    normalised feature map are summed and pass dilated residual blocks. These are scaled and shifted by the
    mean token of the head, so that an overall cast of light or colour reaches unseen texels too. Three heads,
    all starting at zero, give

        scale = 1 + ...,   shift = ...,
        planes_shift = upsampled(...) + conv3x3(attended, coverage of that plane)

    The last one is a short way from the photo's colours to the planes.

    Args:
        preset: Sizes of AFA, backbone and planes, and the planes' axes. All strides of AFA's units are taken
            at once, by joining pixels into channels before the stem: full-size convolutions would cost most.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        config, backbone = preset.afa, preset.backbone
        self.axes = PLANE_COORDINATES[preset.render.plane_axes]
        self.box_side = preset.render.box_side
        self.size = backbone.plane_resolution
        self.stride = math.prod(config.unit_strides)
        self.heads = config.attention_heads
        cell = backbone.plane_resolution // backbone.split_resolution
        channels = backbone.width(backbone.split_resolution)
        compared = 9 * self.stride**2  # residual, photo and reconstruction
        values = config.token_dim // 2
        hidden = config.token_dim * 3 // 2

        self.stem = nn.Conv2d(compared, config.stem_width, 3, padding=1)
        widths = (config.stem_width, *config.unit_widths)
        self.units = nn.Sequential(*(PlainSeUnit(*pair) for pair in itertools.pairwise(widths)))
        self.encoded_to_token = nn.Conv2d(widths[-1], values + self.heads, 1)
        self.compared_to_token = nn.Conv2d(compared + 4, values + self.heads, 1, bias=False)
        self.null_logit = nn.Parameter(torch.full((self.heads,), -2.0))
        self.to_context = nn.Sequential(
            nn.Linear(widths[-1], hidden), nn.LeakyReLU(LEAKY_SLOPE), nn.Linear(hidden, 2 * hidden)
        )
        self.normalise = nn.GroupNorm(1, channels)
        self.join_features = nn.Conv2d(channels, hidden, 1)
        self.join_planes = nn.ModuleList(
            # As many outputs again where the plane has a mirror image.
            nn.Conv2d(values + self.heads, hidden * (2 if 0 in pair else 1), cell, cell)
            for pair in self.axes
        )
        self.blocks = nn.Sequential(*(_DilatedBlock(hidden, dilation) for dilation in (1, 3)))
        self.to_modulation = _zero(nn.Conv2d(hidden, 2 * channels, 1))
        self.to_planes = _zero(nn.ConvTranspose2d(hidden, 3 * backbone.plane_channels, cell, cell))
        self.to_planes_local = nn.ModuleList(
            _zero(nn.Conv2d(values + self.heads, backbone.plane_channels, 3, padding=1)) for _ in self.axes
        )

    def forward(
        self, photo: Tensor, reconstruction: Tensor, features: Tensor, surface: Surface | None = None
    ) -> Modulation:
        """See `Afa.forward`; `surface` is needed."""
        if surface is None:
            raise ValueError("geometric AFA needs the surface of the w-only reconstruction, got none")
        compared = F.pixel_unshuffle(
            torch.cat([reconstruction - photo, photo, reconstruction], dim=1), self.stride
        )
        compared = compared.contiguous(memory_format=torch.channels_last)
        points, opacity = _at_resolution(surface, compared.shape[-1])
        encoded = self.units(self.stem(compared))
        described = torch.cat([compared, points / self.box_side, opacity], dim=1)
        tokens = self.encoded_to_token(encoded) + self.compared_to_token(described)
        attended = self._attend(tokens, points, opacity)

        hidden = self.join_features(self.normalise(features.contiguous()))
        # the layout of what follows, so that an untrained AFA leaves planes as they are to the last bit
        hidden = hidden.contiguous(memory_format=torch.channels_last)
        for plane, pair, join in zip(attended, self.axes, self.join_planes, strict=True):
            joined = join(plane)
            if 0 in pair:
                joined, mirrored = joined.chunk(2, dim=1)
                hidden = hidden + mirrored.flip(-1 if pair[0] == 0 else -2)
            hidden = hidden + joined
        gain, offset = self.to_context(_mean_over(encoded, opacity))[:, :, None, None].chunk(2, dim=1)
        hidden = self.blocks(hidden * (1.0 + gain) + offset)

        scale, shift = self.to_modulation(hidden).float().chunk(2, dim=1)
        local = [head(plane) for head, plane in zip(self.to_planes_local, attended, strict=True)]
        planes_shift = self.to_planes(hidden).unflatten(1, (3, -1)) + torch.stack(local, dim=1)
        return Modulation(1.0 + scale, shift, planes_shift.float())

    def _attend(self, tokens: Tensor, points: Tensor, opacity: Tensor) -> list[Tensor]:
        """Attended values and coverage of the texels of each plane, three times (B, V + heads, S, S)."""
        sample, row, column = (opacity[:, 0] > 0.5).nonzero(as_tuple=True)
        chosen = tokens.permute(0, 2, 3, 1)[sample, row, column].float()
        value, logit = chosen[:, : -self.heads], chosen[:, -self.heads :]
        weight = (4.0 * torch.tanh(logit / 4.0)).exp()  # no token outweighs another by more than e**8
        share = value.shape[1] // self.heads
        carried = torch.cat([value * weight.repeat_interleave(share, dim=1), weight], dim=1)
        places = points.permute(0, 2, 3, 1)[sample, row, column] * (2.0 / self.box_side)
        attended = []
        for pair in self.axes:
            sums = splat(carried, places[:, list(pair)], sample, tokens.shape[0], self.size)
            total = sums[..., -self.heads :] + self.null_logit.exp()
            divisor = torch.cat([total.repeat_interleave(share, dim=-1), total], dim=-1)
            attended.append((sums / divisor).permute(0, 3, 1, 2))
        return attended


class _DilatedBlock(nn.Module):
    """x + conv(lrelu(conv(lrelu(GN(x))))), both convolutions with the same dilation."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(math.gcd(width, 8), width)
        self.conv0 = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)
        self.conv1 = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        # WORKAROUND torch 2.13: on CPUs the gradient of a channels-last group norm reads out of bounds
        y = self.conv0(F.leaky_relu(self.norm(x.contiguous()), LEAKY_SLOPE))
        result: Tensor = x + self.conv1(F.leaky_relu(y, LEAKY_SLOPE))
        return result


def _at_resolution(surface: Surface, size: int) -> tuple[Tensor, Tensor]:
    """Surface points (B, 3, size, size) without gradient, zero over the background, and opacity 0 or 1."""
    solid = (surface.opacity.detach() > 0.5).float()
    points = torch.where(solid > 0.0, surface.points.detach().float(), 0.0)
    both = F.interpolate(
        torch.cat([points, solid], dim=1), (size, size), mode="bilinear", align_corners=False
    )
    points, share = both[:, :3], both[:, 3:]
    # Beside the silhouette only the neighbours on the head count.
    opacity = (share > 0.5).float()
    return points / share.clamp(min=0.5) * opacity, opacity


def _mean_over(encoded: Tensor, opacity: Tensor) -> Tensor:
    """Mean of (B, D, H, W) over the head, (B, D)."""
    total = torch.bmm(encoded.flatten(2), opacity.to(encoded.dtype).flatten(2).transpose(1, 2))[..., 0]
    return total / opacity.sum(dim=(2, 3)).clamp(min=1.0)


def _zero(conv: _Conv) -> _Conv:
    """Let a head start at exactly nothing."""
    nn.init.zeros_(conv.weight)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv
