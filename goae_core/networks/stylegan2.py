"""StyleGAN2: mapping network, modulated convolutions, and synthesis in two named halves.

    z, label -> MappingNetwork -> w+ (B, N, W)
    w+ -> SynthesisNetwork.feature_map -> (x, skip) at the split -> SynthesisNetwork.planes -> plane image

Ours = theirs (Karras et al. 2020, StyleGAN2, arXiv 1912.04958): w_plus = w, styles = s, demodulation =
equation 3, the skip architecture of figure 7. The camera enters the mapping as in Chan et al. 2022 (EG3D),
section 4.2.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from goae_core.networks.equalized import LEAKY_GAIN, EqualizedLinear, bias_act
from goae_core.networks.resampling import resample_filter, smooth, upsample
from goae_core.presets import BackboneConfig

Noise = Literal[
    "const",  # the stored noise image of every layer times its strength
    "none",  # nothing is added
]


def normalize_second_moment(x: Tensor) -> Tensor:
    """Divide each row by the root of its mean square, (B, F) -> (B, F)."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


def modulated_conv(
    x: Tensor,
    weight: Tensor,
    styles: Tensor,
    *,
    kernel: Tensor | None = None,
    demodulate: bool = True,
    gain: float = 1.0,
) -> Tensor:
    """Convolve with a weight whose input channels each sample scales by its own style.

    w_boi = gain * d_bo * weight_oi * styles_bi
    d_bo  = 1 / sqrt(sum over i and the kernel of (weight_oi * styles_bi)^2 + 1e-8)

    Scaling the weight, or the features before and after the convolution, is the same; the smaller of the
    two tensors is scaled. Factors are computed in float32, the convolution follows autocast.

    Args:
        x: Features (B, I, H, W).
        weight: (O, I, k, k).
        styles: One factor per input channel, (B, I), float32.
        kernel: Resampling filter; given, the result is doubled: a transposed convolution of stride 2 with the
            weight as stored, smoothed by this filter.
        demodulate: Whether output channels are scaled to unit weight norm; otherwise d = 1.
        gain: Factor on the result.

    Returns:
        Features (B, O, H, W), or (B, O, 2H, 2W) with a kernel.
    """
    with torch.autocast(x.device.type, enabled=False):
        factors = styles.new_full((styles.shape[0], weight.shape[0]), gain)
        if demodulate:
            energy = styles.square() @ weight.to(styles.dtype).square().sum(dim=(2, 3)).T
            factors = factors * torch.rsqrt(energy + 1e-8)
    if weight.shape[2] == 1:
        # A matrix product over the channels, which channels-last features need no copy for.
        own = weight[:, :, 0, 0] * factors[:, :, None] * styles[:, None, :]  # (B, O, I)
        y = x.flatten(2).mT @ own.mT.to(x.dtype)
        return y.mT.reshape(x.shape[0], -1, *x.shape[2:])
    if weight.numel() > x[0].numel():
        x = _convolve(x * styles.to(x.dtype)[:, :, None, None], weight, kernel)
        return x * factors.to(x.dtype)[:, :, None, None]
    with torch.autocast(x.device.type, enabled=False):
        own = weight * (factors[:, :, None] * styles[:, None, :])[..., None, None]  # (B, O, I, k, k)
    # Split and unbind: their gradients are one concatenation, a slice's would be a whole tensor of zeros.
    samples = zip(torch.split(x, 1), torch.unbind(own.to(x.dtype)), strict=True)
    parts = [_convolve(each, weight, kernel) for each, weight in samples]
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _convolve(x: Tensor, weight: Tensor, kernel: Tensor | None) -> Tensor:
    if kernel is None:
        return F.conv2d(x, weight, padding=weight.shape[2] // 2)
    return smooth(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), kernel)


class MappingNetwork(nn.Module):
    """Latent and camera to w+.

    Args:
        config: Sizes; `num_ws` rows come out.
    """

    w_avg: Tensor
    """Running mean of w, (W,); a buffer that training updates."""

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = EqualizedLinear(config.label_dim, config.w_dim)
        widths = [config.z_dim + config.w_dim, *[config.w_dim] * config.mapping_layers]
        for k in range(config.mapping_layers):
            layer = EqualizedLinear(
                widths[k], widths[k + 1], activation="lrelu", lr_multiplier=config.mapping_lr_multiplier
            )
            self.add_module(f"fc{k}", layer)
        self.register_buffer("w_avg", torch.zeros(config.w_dim))

    def forward(
        self, z: Tensor, label: Tensor, *, truncation: float = 1.0, cutoff: int | None = None
    ) -> Tensor:
        """Map latents.

        Args:
            z: Standard normal latents (B, z_dim).
            label: Camera labels (B, 25).
            truncation: psi; rows become w_avg + psi * (w - w_avg).
            cutoff: Only rows below this one are truncated; None: all.

        Returns:
            w+ (B, num_ws, W), all rows equal unless the cutoff separates them.
        """
        scale = 0.0 if self.config.camera_zero else self.config.camera_scale
        embedded = normalize_second_moment(self.embed(label * scale))
        x = torch.cat([normalize_second_moment(z), embedded], dim=1)
        for k in range(self.config.mapping_layers):
            x = self.get_submodule(f"fc{k}")(x)
        w_plus = x.unsqueeze(1).repeat(1, self.config.num_ws, 1)
        if truncation == 1.0:
            return w_plus
        truncated = torch.lerp(self.w_avg.to(w_plus.dtype), w_plus, truncation)
        if cutoff is None:
            return truncated
        return torch.cat([truncated[:, :cutoff], w_plus[:, cutoff:]], dim=1)


class SynthesisLayer(nn.Module):
    """Modulated 3x3 convolution, noise, bias, leaky ReLU.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        w_dim: Width of a w row.
        resolution: Side of the output, pixels.
        upsample: Whether the output is twice as large as the input.
        clamp: Largest magnitude of the output; None leaves it open.
    """

    resample_filter: Tensor
    noise_const: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        w_dim: int,
        resolution: int,
        *,
        upsample: bool,
        clamp: float | None,
    ) -> None:
        super().__init__()
        self.upsample = upsample
        self.clamp = clamp
        self.affine = EqualizedLinear(w_dim, in_channels, initial_bias=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        # Layers that do not resample carry it too: published checkpoints have it in every layer.
        self.register_buffer("resample_filter", resample_filter())

    def forward(self, x: Tensor, w: Tensor, *, noise: Noise) -> Tensor:
        """Apply the layer.

        Args:
            x: Features (B, in_channels, H, W).
            w: Rows of w+ (B, W).
            noise: Whether the stored noise is added.

        Returns:
            Features (B, out_channels, R, R), R = 2H if the layer upsamples.
        """
        with torch.autocast(x.device.type, enabled=False):
            styles = self.affine(w.float())
        kernel = self.resample_filter if self.upsample else None
        # The gain passes through the leaky ReLU, so it can join the factors that are applied anyway.
        x = modulated_conv(x, self.weight, styles, kernel=kernel, gain=LEAKY_GAIN)
        if noise == "const":
            x = x + (self.noise_const * (self.noise_strength * LEAKY_GAIN)).to(x.dtype)
        return bias_act(x, self.bias * LEAKY_GAIN, "lrelu", gain=1.0, clamp=self.clamp)


class ToImage(nn.Module):
    """Modulated 1x1 convolution to the channels of the image, without demodulation or noise.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the image.
        w_dim: Width of a w row.
        clamp: Largest magnitude of the output; None leaves it open.
    """

    def __init__(self, in_channels: int, out_channels: int, w_dim: int, *, clamp: float | None) -> None:
        super().__init__()
        self.clamp = clamp
        self.style_gain = 1.0 / math.sqrt(in_channels)
        self.affine = EqualizedLinear(w_dim, in_channels, initial_bias=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Project features (B, in_channels, H, W) to an image (B, out_channels, H, W), float32."""
        with torch.autocast(x.device.type, enabled=False):
            styles = self.affine(w.float()) * self.style_gain
        image = modulated_conv(x, self.weight, styles, demodulate=False)
        # The image is a sum over all blocks: kept in full precision.
        return bias_act(image.float(), self.bias, "linear", clamp=self.clamp)


class SynthesisBlock(nn.Module):
    """Two convolutions at one resolution and their contribution to the skip image.

    Args:
        in_channels: Channels of the input; 0 for the first block, which starts from a learned constant.
        out_channels: Channels of the output.
        w_dim: Width of a w row.
        resolution: Side of the output, pixels.
        image_channels: Channels of the skip image.
        upsample: Whether the block doubles what it gets.
        clamp: Largest magnitude of activations; None leaves them open.
    """

    resample_filter: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        w_dim: int,
        resolution: int,
        image_channels: int,
        *,
        upsample: bool = True,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.upsample = upsample
        if in_channels == 0:
            self.const = nn.Parameter(torch.randn(out_channels, resolution, resolution))
        else:
            self.conv0 = SynthesisLayer(
                in_channels, out_channels, w_dim, resolution, upsample=upsample, clamp=clamp
            )
        self.num_convs = 1 if in_channels == 0 else 2
        self.conv1 = SynthesisLayer(
            out_channels, out_channels, w_dim, resolution, upsample=False, clamp=clamp
        )
        self.torgb = ToImage(out_channels, image_channels, w_dim, clamp=clamp)
        self.register_buffer("resample_filter", resample_filter())

    @property
    def num_styles(self) -> int:
        """Rows of w+ the block takes, one a convolution and one for the image."""
        return self.num_convs + 1

    def forward(
        self, x: Tensor | None, skip: Tensor | None, w: Tensor, *, noise: Noise
    ) -> tuple[Tensor, Tensor]:
        """Apply the block.

        Args:
            x: Features of the block below (B, in_channels, H, W); None for the first block.
            skip: Image so far (B, image_channels, H, W); None for the first block.
            w: The block's rows of w+ (B, num_styles, W).
            noise: Whether the stored noise is added.

        Returns:
            Features (B, out_channels, R, R) and image (B, image_channels, R, R).
        """
        rows = list(w.unbind(dim=1))
        if x is None:
            x = self.const.expand(w.shape[0], -1, -1, -1)
            # Channels last from here on: what the convolutions like best on every processor.
            x = x.contiguous(memory_format=torch.channels_last)
        else:
            x = self.conv0(x, rows.pop(0), noise=noise)
        x = self.conv1(x, rows.pop(0), noise=noise)
        image: Tensor = self.torgb(x, rows.pop(0))
        if skip is not None:
            image = image + (upsample(skip, self.resample_filter) if self.upsample else skip)
        return x, image


class SynthesisNetwork(nn.Module):
    """w+ to the plane image, in two halves that meet at the split resolution.

    Args:
        config: Sizes; blocks are named b4, b8, ...
    """

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__()
        self.config = config
        for resolution in config.resolutions:
            block = SynthesisBlock(
                0 if resolution == 4 else config.width(resolution // 2),
                config.width(resolution),
                config.w_dim,
                resolution,
                3 * config.plane_channels,
                clamp=config.conv_clamp,
            )
            self.add_module(f"b{resolution}", block)

    def feature_map(self, w_plus: Tensor, *, noise: Noise = "const") -> tuple[Tensor, Tensor]:
        """First half: the blocks up to the split resolution F.

        Args:
            w_plus: (B, num_ws, W).
            noise: Whether the stored noise is added.

        Returns:
            Features (B, width(F), F, F) and skip image (B, 3C, F, F).
        """
        lower = [r for r in self.config.resolutions if r <= self.config.split_resolution]
        return self._run(lower, None, None, w_plus, noise)

    def planes(self, w_plus: Tensor, x: Tensor, skip: Tensor, *, noise: Noise = "const") -> Tensor:
        """Second half: the blocks above the split resolution.

        Args:
            w_plus: (B, num_ws, W).
            x: Features at the split (B, width(F), F, F).
            skip: Image at the split (B, 3C, F, F).
            noise: Whether the stored noise is added.

        Returns:
            Plane image (B, 3C, S, S), float32.
        """
        upper = [r for r in self.config.resolutions if r > self.config.split_resolution]
        return self._run(upper, x, skip, w_plus, noise)[1]

    def _run(
        self, resolutions: list[int], x: Tensor | None, skip: Tensor | None, w_plus: Tensor, noise: Noise
    ) -> tuple[Tensor, Tensor]:
        row = 0
        for resolution in self.config.resolutions:
            block = self.get_submodule(f"b{resolution}")
            assert isinstance(block, SynthesisBlock)
            if resolution in resolutions:
                x, skip = block(x, skip, w_plus[:, row : row + block.num_styles], noise=noise)
            row += block.num_convs  # the image's row is the first of the next block
        assert x is not None
        assert skip is not None
        return x, skip


class Backbone(nn.Module):
    """The tri-plane backbone: mapping and synthesis under one name.

    Args:
        config: Sizes.
    """

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__()
        self.synthesis = SynthesisNetwork(config)
        self.mapping = MappingNetwork(config)
