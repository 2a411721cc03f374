"""Layers with equalised learning rate: weights stay near unit variance, their scale is applied at run time.

Source: Karras et al. 2018 (progressive growing), section 4.1; the learning-rate multiplier is the one of
Karras et al. 2019 (StyleGAN), appendix C.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Activation = Literal[
    "linear",  # the identity, gain 1
    "lrelu",  # leaky ReLU of slope 0.2, gain sqrt(2)
]

LEAKY_SLOPE = 0.2
LEAKY_GAIN = math.sqrt(2.0)


def bias_act(
    x: Tensor,
    bias: Tensor,
    activation: Activation,
    *,
    gain: float | None = None,
    clamp: float | None = None,
) -> Tensor:
    """Add a bias, activate, multiply by a gain and clamp, in that order.

    Args:
        x: Values (B, C, ...).
        bias: One number a channel, (C,).
        activation: What follows the bias.
        gain: Factor after the activation; None takes the activation's own (sqrt(2) for lrelu, 1 for linear).
        clamp: Largest magnitude of the result, applied last; None leaves it open.

    Returns:
        Values of the shape and type of `x`.
    """
    if gain is None:
        gain = LEAKY_GAIN if activation == "lrelu" else 1.0
    x = x + bias.to(x.dtype).reshape(1, -1, *[1] * (x.dim() - 2))  # fresh, may be overwritten
    if activation == "lrelu":
        x = F.leaky_relu(x, LEAKY_SLOPE, inplace=True)
    if gain != 1.0:
        x = x * gain
    # The same values as Tensor.clamp with a cheaper gradient (which needs the values before).
    return x if clamp is None else F.hardtanh(x, -clamp, clamp, inplace=not torch.is_grad_enabled())


class EqualizedLinear(nn.Module):
    """y = act(x @ (weight * m / sqrt(in)).T + bias * m), m the learning-rate multiplier.

    Args:
        in_features: Features of the input.
        out_features: Features of the output.
        activation: `lrelu` is followed by a factor sqrt(2).
        lr_multiplier: m; stored weights are 1/m times larger than usual, so they learn m times slower.
        initial_bias: What the layer adds before training.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        activation: Activation = "linear",
        lr_multiplier: float = 1.0,
        initial_bias: float = 0.0,
    ) -> None:
        super().__init__()
        self.activation: Activation = activation
        self.weight_gain = lr_multiplier / math.sqrt(in_features)
        self.bias_gain = lr_multiplier
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((out_features,), initial_bias / lr_multiplier))

    def forward(self, x: Tensor) -> Tensor:
        """Map features.

        Args:
            x: Features (..., in_features).

        Returns:
            Features (..., out_features).
        """
        y = F.linear(x, self.weight * self.weight_gain, self.bias * self.bias_gain)
        return F.leaky_relu(y, LEAKY_SLOPE) * LEAKY_GAIN if self.activation == "lrelu" else y


class EqualizedConv2d(nn.Module):
    """A convolution that keeps the size, its weight scaled by 1 / sqrt(in * k * k); the bias is not scaled.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: k, odd.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__()
        self.weight_gain = 1.0 / math.sqrt(in_channels * kernel_size**2)
        self.padding = kernel_size // 2
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve.

        Args:
            x: Features (B, in_channels, H, W).

        Returns:
            Features (B, out_channels, H, W).
        """
        return F.conv2d(x, self.weight * self.weight_gain, self.bias, padding=self.padding)
