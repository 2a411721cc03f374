"""Resampling with the [1, 3, 3, 1] filter, in plain torch.

The general operation (`upfirdn`) inserts zeros, pads, filters and decimates. The cases that carry the load
are depthwise convolutions that compute the same sums.

Source: Karras et al. 2020 (StyleGAN2), appendix B; Zhang 2019 (shift-invariant networks).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_TAPS = (1.0, 3.0, 3.0, 1.0)


def resample_filter() -> Tensor:
    """The two-dimensional filter, [1, 3, 3, 1] outer [1, 3, 3, 1] over its sum, (4, 4)."""
    taps = torch.tensor(_TAPS)
    kernel = torch.outer(taps, taps)
    return kernel / kernel.sum()


def upfirdn(
    x: Tensor,
    kernel: Tensor,
    *,
    up: int = 1,
    down: int = 1,
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    gain: float = 1.0,
) -> Tensor:
    """Insert zeros, pad, filter, keep every `down`-th sample.

    Args:
        x: Images (B, C, H, W).
        kernel: Filter (kh, kw); it is correlated with the image, so an asymmetric one is not flipped.
        up: Every sample is followed by up - 1 zeros in both directions.
        down: Decimation, starting at the first sample.
        padding: Zeros (left, right, top, bottom) after the insertion; a negative number crops.
        gain: Factor on the filter.

    Returns:
        Images (B, C, H', W') with H' = (H * up + top + bottom - kh) // down + 1.
    """
    batch, channels, height, width = x.shape
    if up > 1:
        stuffed = x.new_zeros(batch, channels, height, up, width, up)
        stuffed[:, :, :, 0, :, 0] = x
        x = stuffed.reshape(batch, channels, height * up, width * up)
    x = F.pad(x, padding)
    weight = (kernel * gain).to(x.dtype).expand(channels, 1, *kernel.shape)
    return F.conv2d(x, weight, stride=down, groups=channels)


def upsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Double an image, (B, C, H, W) -> (B, C, 2H, 2W), in its own precision.

    Equal to `upfirdn(x, kernel, up=2, padding=(2, 1, 2, 1), gain=4)` for a symmetric kernel of 4 x 4; a
    transposed convolution never multiplies the inserted zeros.
    """
    channels = x.shape[1]
    with torch.autocast(x.device.type, enabled=False):
        weight = (kernel * 4.0).to(x.dtype).expand(channels, 1, *kernel.shape)
        return F.conv_transpose2d(x, weight, stride=2, padding=1, groups=channels)


def downsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Halve an image, (B, C, H, W) -> (B, C, H/2, W/2)."""
    return upfirdn(x, kernel, down=2, padding=(1, 1, 1, 1))


def smooth(x: Tensor, kernel: Tensor) -> Tensor:
    """Filter what a transposed convolution of stride 2 left, (B, C, 2H+1, 2W+1) -> (B, C, 2H, 2W).

    The gain of 4 makes up for the zeros that the stride put between the samples.
    """
    channels = x.shape[1]
    weight = (kernel * 4.0).to(x.dtype).expand(channels, 1, *kernel.shape)
    return F.conv2d(x, weight, padding=1, groups=channels)
