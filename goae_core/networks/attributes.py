"""A small convolutional network that reads attributes off a picture of a head."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from goae_core.presets import AttributesConfig

_ORIENTATIONS = 8


class AttributeNetwork(nn.Module):
    """Picture to attributes, in deviations of the heads it was trained on.

        picture R ─┬─ R/4 ── down ── … ── down ── flattened ─┬─ hidden ─┐
                   │                                         └──────────┤
                   └─ histograms of gradients, mean colours ────────────┴─ estimates ── unbiased readings

    Convolutions learn what gradients do not say, but they learn slowly; histograms of gradients need no
    training, and the last layer is solved for. With minutes of training most comes from them, with hours more
    and more from the convolutions.

    A trained estimate is drawn towards the mean: where a picture says little of a label, the best guess
    hardly moves with it, and leans on others that go along with it. The last step undoes this on average over
    heads: with S the response of the estimates to the true labels, on heads the training has not seen,

        readings = (estimates - offset) S^-1

    so that a change of one deviation in a head reads as one, and as nothing in the other labels. Heads are
    aligned, so the last features keep their places: they are flattened, not averaged.

    Source: residual blocks (He et al. 2016) with batch normalisation; histograms of oriented gradients (Dalal
    and Triggs 2005); the correction is the classical estimator of inverse calibration.

    Args:
        config: Side of the pictures, channels at R/4, R/8, and so on, and the labels.
    """

    offset: Tensor
    """(K,), mean estimate of a mean head."""
    unmixing: Tensor
    """(K, K), S^-1; row k says how a change of estimate k enters the readings. Zero where nothing is read."""

    def __init__(self, config: AttributesConfig) -> None:
        super().__init__()
        widths, labels = config.widths, len(config.labels)
        self.config = config
        self.stem = nn.Conv2d(3, widths[0], 8, stride=4, padding=2)
        self.blocks = nn.ModuleList([_Block(widths[0], widths[0])])
        self.blocks.extend(_Block(narrow, wide) for narrow, wide in pairwise(widths))
        side = config.image_size // 2 ** (len(widths) + 1)
        self.squeeze = nn.Conv2d(widths[-1], config.squeezed, 1)
        self.hidden = nn.Linear(config.squeezed * side * side, config.hidden)
        self.dropout = nn.Dropout(config.dropout)
        self._learned = config.hidden + config.squeezed * side * side
        counted = histograms(torch.zeros(1, 3, config.image_size, config.image_size)).shape[1]
        self.last = nn.Linear(self._learned + counted, labels)
        self.register_buffer("offset", torch.zeros(labels))
        self.register_buffer("unmixing", torch.eye(labels))

    def forward(self, picture: Tensor) -> Tensor:
        """Read the attributes.

        Args:
            picture: Heads over black, (B, 3, R, R) in [-1, 1], R = `config.image_size`.

        Returns:
            (B, K), unbiased readings in deviations, in the order of `config.labels`.

        Raises:
            ValueError: If the picture's shape does not fit.
        """
        estimates = self.estimates(picture).float()
        with torch.autocast(picture.device.type, enabled=False):
            return (estimates - self.offset) @ self.unmixing

    def estimates(self, picture: Tensor) -> Tensor:
        """Least-squares estimates; same shapes and errors as `forward`."""
        estimates: Tensor = self.last(self.features(picture))
        return estimates

    def features(self, picture: Tensor) -> Tensor:
        """All that the last layer sees, (B, F); same errors as `forward`."""
        self._check(picture)
        return torch.cat([self._convolved(picture).float(), histograms(picture.float())], dim=1)

    def learned_estimates(self, picture: Tensor) -> Tensor:
        """Estimates from the convolutions alone, which descent trains; shapes and errors as `forward`."""
        self._check(picture)
        return F.linear(self._convolved(picture), self.last.weight[:, : self._learned], self.last.bias)

    def _check(self, picture: Tensor) -> None:
        side = self.config.image_size
        if picture.dim() != 4 or tuple(picture.shape[1:]) != (3, side, side):
            raise ValueError(
                f"attributes are read from pictures of shape (B, 3, {side}, {side}), "
                f"got {tuple(picture.shape)}; resize them first"
            )

    def _convolved(self, picture: Tensor) -> Tensor:
        x = self.stem(picture)
        for index, block in enumerate(self.blocks):
            x = block(x if index == 0 else F.avg_pool2d(x, 2))
        placed = F.relu(self.squeeze(x)).flatten(1)  # (B, squeezed * side^2)
        return torch.cat([self.dropout(F.relu(self.hidden(placed))), placed], dim=1)

    def correct(self, response: Tensor, offset: Tensor, readable: Tensor) -> None:
        """Take up how the estimates respond to true labels.

        Args:
            response: S, (K, K): row k is the change of all estimates with one deviation of label k.
            offset: (K,), estimates where all labels are at their mean.
            readable: (K,), false for labels that pictures do not tell; their readings are 0 from now on.
        """
        kept = torch.nonzero(readable)[:, 0]
        inverse = torch.zeros(response.shape, dtype=torch.float64)
        inverse[kept[:, None], kept] = torch.linalg.inv(response.double()[kept][:, kept])
        self.unmixing.copy_(inverse)
        self.offset.copy_(offset)

    @property
    def readable(self) -> tuple[str, ...]:
        """Labels that are read; the others' readings are always 0."""
        shown = self.unmixing.abs().sum(dim=0) > 0
        return tuple(
            name for name, is_shown in zip(self.config.labels, shown.tolist(), strict=True) if is_shown
        )


def histograms(picture: Tensor) -> Tensor:
    """Gradients by orientation, and mean colours, cell by cell.

    Gradients of the grey picture in eight directions, averaged over cells of a sixteenth of the picture, the
    same at half the resolution, and over cells of a thirty-second in the middle, where the face is; each cell
    is divided by the strength around it, so that contrast counts little. Differentiable.

    Args:
        picture: (B, 3, R, R) in [-1, 1], R a multiple of 32.

    Returns:
        (B, F).
    """
    with torch.autocast(picture.device.type, enabled=False):
        color = 0.5 * (picture + 1.0)
        grey = color.mean(dim=1, keepdim=True)
        side = grey.shape[-1]
        # rows 28 % to 84 %, columns 25 % to 75 %: where eyes, nose and mouth of an aligned head are
        face = grey[..., 9 * side // 32 : 27 * side // 32, side // 4 : 3 * side // 4]
        parts = [
            _oriented(grey, side // 16),
            _oriented(F.avg_pool2d(grey, 2), side // 32),
            _oriented(face, side // 32),
            2.0 * F.avg_pool2d(color, side // 16),
        ]
        return torch.cat([part.flatten(1) for part in parts], dim=1)


def _oriented(grey: Tensor, cell: int) -> Tensor:
    """(B, 1, H, W) to (B, 8, H / cell, W / cell)."""
    across = F.pad(grey, (1, 1, 0, 0))
    along = F.pad(grey, (0, 0, 1, 1))
    x, y = across[..., 2:] - across[..., :-2], along[..., 2:, :] - along[..., :-2, :]
    angles = [2 * math.pi * k / _ORIENTATIONS for k in range(_ORIENTATIONS)]
    sides = torch.cat([F.relu(x * math.cos(a) + y * math.sin(a)) for a in angles], dim=1)
    means = F.avg_pool2d(sides, cell)
    around = F.avg_pool2d(means.square().sum(dim=1, keepdim=True), 3, 1, 1)
    return means / ((around + 1e-8).sqrt() + 0.02)


class _Block(nn.Module):
    """Two normalised convolutions with a shortcut; keeps the size."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels_out)
        self.second = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels_out)
        self.shortcut = (
            nn.Identity() if channels_in == channels_out else nn.Conv2d(channels_in, channels_out, 1)
        )
        nn.init.constant_(self.second_norm.weight, 0.2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, I, H, W) to (B, O, H, W)."""
        inner = F.relu(self.first_norm(self.first(x)))
        result: Tensor = F.relu(self.second_norm(self.second(inner)) + self.shortcut(x))
        return result
