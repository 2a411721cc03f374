"""Squeeze-and-excite residual units, the building block of AFA's residual encoders.

Source: Hu et al. 2018 (squeeze and excitation); Deng et al. 2019 (ArcFace, the improved residual unit), in
the arrangement that Yuan et al. 2023 (GOAE) use.
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn


class SqueezeExcite(nn.Module):
    """Weigh channels by what the whole picture holds.

        y = x * sigmoid(fc2(relu(fc1(mean of x over the picture))))

    Args:
        channels: Channels of x.
        reduction: fc1 leaves channels / reduction of them, at least four.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        squeezed = max(channels // reduction, 4)
        self.fc1 = nn.Conv2d(channels, squeezed, 1, bias=False)
        self.fc2 = nn.Conv2d(squeezed, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Weigh x (B, C, H, W)."""
        mean = x.mean(dim=(2, 3), keepdim=True)
        weighed: Tensor = x * self.fc2(F.relu(self.fc1(mean))).sigmoid()
        return weighed


class IrSeUnit(nn.Module):
    """Residual unit with batch norm in front, as in the released AFA.

        y = SE(BN(conv(PReLU(conv(BN(x)))))) + shortcut(x)

    The second convolution has the stride. Where the width stays, the shortcut only leaves pixels out.

    Args:
        channels: Channels in.
        width: Channels out.
        stride: By how much the picture shrinks.
    """

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.shortcut_layer: nn.Module
        if channels == width:
            self.shortcut_layer = nn.MaxPool2d(1, stride)
        else:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, width, 3, padding=1, bias=False),
            nn.PReLU(width),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            SqueezeExcite(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to (B, width, H / stride, W / stride)."""
        y: Tensor = self.res_layer(x) + self.shortcut_layer(x)
        return y


class PlainSeUnit(nn.Module):
    """The same unit without batch norm, for small batches; the stride is gone too.

        y = SE(conv(lrelu(conv(lrelu(x))))) + shortcut(x)

    Batch statistics of four pictures are noise, and differ between training and use. Two or three units need
    no normalisation when each starts as its shortcut alone.

    Args:
        channels: Channels in.
        width: Channels out.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(channels, width, 3, padding=1)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.excite = SqueezeExcite(width)
        self.shortcut = nn.Conv2d(channels, width, 1, bias=False) if channels != width else nn.Identity()
        nn.init.normal_(self.conv1.weight, std=0.1 / math.sqrt(9 * width))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to (B, width, H, W)."""
        y = self.conv1(F.leaky_relu(self.conv0(F.leaky_relu(x, 0.2)), 0.2))
        z: Tensor = self.excite(y) + self.shortcut(x)
        return z
