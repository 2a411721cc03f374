"""Distance of pictures in the features of a network that a user brings: `--perceptual FILE`.

Any plain stack of 3x3 convolutions, ReLU and 2x2 pooling will do, as the `features` of VGG are (Simonyan and
Zisserman 2015): its state dict says how it is built, for every layer has its number and ReLU and pooling
leave gaps. Features are compared at the end of each size, scaled to unit length in every place (Zhang et al.
2018, LPIPS, without its learned weights). None comes with the program: the critic's own features stand in.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from goae_core.errors import CheckpointError
from goae_core.upstream.foreign_file import read_bytes
from goae_core.upstream.torch_archive import read_tensors

LARGEST_FILE = 1 << 30
_LAYER = re.compile(r"^features\.(\d+)\.(weight|bias)$")
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pictures in [0, 1]: what such networks were trained on."""


class PerceptualFeatures(nn.Module):
    """A frozen stack of convolutions as a `PictureTerm`.

    Args:
        weights: `features.N.weight` (O, I, 3, 3) and `features.N.bias` (O,), N as in torchvision's VGG.
        share: Of the regression's gradient, see `PictureTerm`.

    Raises:
        CheckpointError: If the weights are no such stack.
    """

    name = "perceptual"

    def __init__(self, weights: dict[str, Tensor], share: float = 0.5) -> None:
        super().__init__()
        self.share = share
        numbers = sorted({int(found[1]) for key in weights if (found := _LAYER.match(key))})
        if not numbers:
            raise CheckpointError(
                "the file holds no layers named features.N.weight; bring the state dict of a VGG network"
            )
        self.convolutions = nn.ModuleList()
        self.pooled_before: list[bool] = []
        channels, previous = 3, -1
        for number in numbers:
            weight, bias = weights.get(f"features.{number}.weight"), weights.get(f"features.{number}.bias")
            if weight is None or bias is None or weight.shape[1:] != (channels, 3, 3):
                there = "nothing" if weight is None else f"a weight of {tuple(weight.shape)}"
                raise CheckpointError(
                    f"layer features.{number} should be a 3x3 convolution of {channels} channels with a bias "
                    f"and is {there}; bring the state dict of a VGG network without batch norms"
                )
            convolution = nn.Conv2d(channels, weight.shape[0], 3, padding=1)
            with torch.no_grad():
                convolution.weight.copy_(weight)
                convolution.bias.copy_(bias)  # type: ignore[union-attr]
            self.convolutions.append(convolution)
            # convolution, ReLU, convolution: numbers two apart; a pooling between makes it three
            self.pooled_before.append(number - previous > 2)
            channels, previous = weight.shape[0], number
        self.requires_grad_(False).eval()

    def forward(self, picture: Tensor, target: Tensor) -> Tensor:
        """Mean square difference of unit features, over all sizes; the coverage is not looked at."""
        with torch.autocast(picture.device.type, dtype=torch.bfloat16):
            seen = self._features(picture[:, :3])
            with torch.no_grad():
                wanted = self._features(target[:, :3])
        distances = [(a - b).square().sum(dim=1).mean() for a, b in zip(seen, wanted, strict=True)]
        return torch.stack(distances).mean()

    def state(self) -> dict[str, Any]:
        """Nothing: it does not learn."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to take up."""

    def _features(self, picture: Tensor) -> list[Tensor]:
        mean, deviation = (picture.new_tensor(v)[:, None, None] for v in (_MEAN, _DEVIATION))
        x = ((picture + 1) / 2 - mean) / deviation
        features = []
        for convolution, pooled in zip(self.convolutions, self.pooled_before, strict=True):
            if pooled:
                features.append(x)
                x = F.max_pool2d(x, 2)
            x = F.relu(convolution(x))
        return [F.normalize(each.float(), dim=1) for each in (*features, x)]


def read_perceptual(path: Path, share: float = 0.5) -> PerceptualFeatures:
    """Read a `.safetensors` file, or a `.pth` without running anything in it.

    Raises:
        CheckpointError: If it cannot be read or holds no such network.
    """
    data = read_bytes(path, LARGEST_FILE)
    if path.suffix == ".safetensors":
        try:
            weights = load(data)
        except SafetensorError as error:
            raise CheckpointError(f"'{path.name}' is damaged ({error}); get the file again") from error
    else:
        weights = read_tensors(data, path.name)
    return PerceptualFeatures(weights, share)
