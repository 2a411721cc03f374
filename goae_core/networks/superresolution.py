"""The upscaler behind the renderer: one class for every factor.

Source: Chan et al. 2022 (EG3D), section 4.4 and supplement, "super resolution module".
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from goae_core.networks.resampling import resample_filter
from goae_core.networks.stylegan2 import SynthesisBlock
from goae_core.presets import SuperResolutionConfig

INITIAL_IMAGE_GAIN = 0.1
"""Standard deviation of the untrained weights from features to picture."""

SOLID = 0.8
"""Opacity of a ray and its neighbours from which on it is the head, not its outline."""

RIM = 2
"""Rays by which a rendering with opacity is continued on every side before it is upscaled.

The layers see zeros, grey and half opaque, beyond the border. The published networks learned to live with
that; ours are trained on crops, whose rim of this width is not judged.
"""


class SuperResolution(nn.Module):
    """Two StyleGAN2 blocks from the neural rendering to the finished picture.

    Which blocks double the picture depends on the kind: both for 8XDC and 8X, the second for 4X and 2X.

    Args:
        config: Sizes.
        feature_channels: Channels of the rendered features.
        w_dim: Width of a w row.
    """

    def __init__(self, config: SuperResolutionConfig, feature_channels: int, w_dim: int) -> None:
        super().__init__()
        self.config = config
        double_first = config.kind in ("8XDC", "8X")
        middle = config.output_resolution // 2
        self.block0 = SynthesisBlock(
            feature_channels,
            config.widths[0],
            w_dim,
            middle,
            config.image_channels,
            upsample=double_first,
            clamp=config.conv_clamp,
        )
        self.block1 = SynthesisBlock(
            config.widths[0],
            config.widths[1],
            w_dim,
            config.output_resolution,
            config.image_channels,
            clamp=config.conv_clamp,
        )
        with torch.no_grad():
            # Training starts close to the enlarged rendering instead of noise over it.
            for block in (self.block0, self.block1):
                block.torgb.weight.mul_(INITIAL_IMAGE_GAIN)
        if config.kind != "8XDC":
            # Read by nobody; published checkpoints of all other kinds have it.
            self.register_buffer("resample_filter", resample_filter())

    def forward(self, image: Tensor, features: Tensor, w_plus: Tensor) -> Tensor:
        """Upscale.

        Args:
            image: Rendered image (B, image_channels, r, r) in [-1, 1].
            features: Rendered features (B, feature_channels, r, r).
            w_plus: (B, N, W); only its last row is used.

        Returns:
            Picture (B, image_channels, R, R), about [-1, 1] and not clamped; R = `config.output_resolution`.
        """
        size = self.config.input_resolution
        if features.shape[-1] != size:
            image, features = (self._resize(each, size) for each in (image, features))
        rendered = image
        rim = RIM if self.config.image_channels == 4 else 0
        if rim:
            image, features = (self._continued(each, rim) for each in (image, features))
        w = w_plus[:, -1:].expand(-1, 3, -1)
        # No noise, though the layers have it: so were the published weights trained.
        x, image = self.block0(features, image, w, noise="none")
        _, image = self.block1(x, image, w, noise="none")
        return self.held_to(rendered, self._cut(image, rim * self.config.output_resolution // size))

    def held_to(self, rendered: Tensor, picture: Tensor) -> Tensor:
        """Give a picture the coarse part of the rendering that it was made from, if the model asks for it.

        A face is known by coarse differences that a small upscaler blurs away with the fine ones (one step of
        back-projection, Irani and Peleg 1991).

        Args:
            rendered: (B, C, r, r).
            picture: (B, C, R, R).
        """
        if not self.config.consistent:
            return picture
        missing = rendered - F.interpolate(picture, size=rendered.shape[-2:], mode="area")
        if self.config.image_channels == 4:
            # rays are points: where the head ends, theirs are stairs that the upscaler has learned to smooth
            opacity = (rendered[:, 3:] + 1) / 2
            inside = -F.max_pool2d(-opacity, 3, stride=1, padding=1)
            missing = missing * ((inside - SOLID) / (1 - SOLID)).clamp(0, 1)
        return picture + F.interpolate(missing, size=picture.shape[-2:], mode="bicubic", align_corners=False)

    def _continued(self, x: Tensor, rim: int) -> Tensor:
        """The outermost values repeated on every side."""
        padded = F.pad(x, (rim, rim, rim, rim), mode="replicate")
        return padded.contiguous(memory_format=torch.channels_last)

    def _cut(self, image: Tensor, rim: int) -> Tensor:
        size = self.config.output_resolution
        return image[:, :, rim : rim + size, rim : rim + size]

    def _resize(self, x: Tensor, size: int) -> Tensor:
        return F.interpolate(
            x, size=(size, size), mode="bilinear", align_corners=False, antialias=self.config.antialias
        )
