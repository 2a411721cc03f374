"""Gradient descent whose steps have a known size."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_MEANS_DECAY = 0.85
_SQUARES_DECAY = 0.95


class Descent:
    """Gradient descent with momentum: Adam with one second moment for all variables.

        step = rate * m / sqrt(v),   m, v the decaying means of the gradient and of its mean square

    Adam's own step is as long for a number that hardly matters as for one that does, and would scatter style
    and features into directions of which the photo says nothing. The rate is full for the first half of the
    steps and then falls to a tenth.

    Args:
        variables: Changed in place by every step.
        rate: Root mean square of a step, in the variables' units.
    """

    def __init__(self, variables: list[Tensor], rate: float) -> None:
        self.variables = variables
        self.rate = rate
        self.means = [torch.zeros_like(each) for each in variables]
        self.square = 0.0
        self.taken = 0

    def step(self, loss: Tensor, progress: float) -> None:
        """Go one step down; `progress` is the share of the steps that are done."""
        gradients = torch.autograd.grad(loss, self.variables)
        self.taken += 1
        late = max(0.0, 2.0 * progress - 1.0)
        share = 0.1 + 0.45 * (1.0 + math.cos(math.pi * late))
        with torch.no_grad():
            total = sum(float(each.square().sum()) for each in gradients)
            square = total / sum(each.numel() for each in gradients)
            self.square = _SQUARES_DECAY * self.square + (1.0 - _SQUARES_DECAY) * square
            size = math.sqrt(self.square / (1.0 - _SQUARES_DECAY**self.taken)) + 1e-20
            length = self.rate * share / (size * (1.0 - _MEANS_DECAY**self.taken))
            for each, mean, gradient in zip(self.variables, self.means, gradients, strict=True):
                mean.lerp_(gradient, 1.0 - _MEANS_DECAY)
                each.sub_(length * mean)
