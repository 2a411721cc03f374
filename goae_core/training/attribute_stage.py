"""Networks that read attributes off pictures, trained on rendered heads, never through the generator.

Two of them, each on its own half of the persons: the one that ships guides the directions, the other judges
them. A judge who has seen none of the persons, and none of the weights, that made a direction cannot be
flattered by it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from goae_core.errors import TrainingError
from goae_core.networks.attributes import AttributeNetwork
from goae_core.training.contact_sheet import grid, to_bytes
from goae_core.training.heads_dataset import LatentScale, RenderedPerson
from goae_core.training.photo_degradation import degrade, draw_color_cast
from goae_core.training.view_losses import reduced_precision

YAW_LIMIT = math.radians(25.0)
PITCH_LIMIT = math.radians(18.0)
HIDDEN_BY_PAINT = ("skin_tone", "hair_light", "hair_warmth", "beard")
"""Labels that a painted skin does not show."""
REACH = 4.0
"""Deviations beyond which a label counts as this far."""
CAST_SHARE = 0.15
"""Share of the pictures with a colour cast: most keep theirs, for some labels are colours."""
DEGRADED_SHARE = 0.4
"""Share of the pictures that are misplaced, badly matted, soft or noisy."""
RIDGES = (0.02, 0.06, 0.2, 0.6, 2.0, 10.0)
"""Shares of the features' mean square among which each label finds its own."""
READABLE = 0.12
"""R^2 below which a label counts as one that pictures do not tell: undoing its shrinkage would show noise."""

Half = Literal[
    "guide",  # every other person from the first: the network that ships
    "judge",  # the others: the network that only measures
]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """How estimates follow the truth on heads that training has not seen."""

    response: Tensor
    """(K, K), change of every estimate with one deviation of each label; row: label."""
    offset: Tensor
    """(K,), estimates where all labels are at their mean."""
    determination: dict[str, float]
    """R^2 of each estimate."""

    @property
    def readable(self) -> Tensor:
        """(K,), which labels the pictures tell at all."""
        return torch.tensor([value >= READABLE for value in self.determination.values()])


class AttributeStage:
    """Trains one attribute network on one half of the persons."""

    learning_rate = 4e-3
    default_steps = 4_000

    def __init__(
        self,
        network: AttributeNetwork,
        persons: Sequence[RenderedPerson],
        scale: LatentScale,
        device: torch.device,
        *,
        name: str = "attributes",
        batch: int = 32,
    ) -> None:
        """Bring parts together.

        Args:
            network: Trained in place.
            persons: Of this half, with pictures of a multiple of the network's size.
            scale: Of the labels.
            device: Where to compute.
            name: Of the stage's folder.
            batch: Pictures a step.

        Raises:
            TrainingError: If no person is seen from the front, or a label is not in the data.
        """
        self.name = name
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network
        self.persons = persons
        self.scale = scale
        self.device = device
        self.batch = batch
        self.labels = network.config.labels
        self._columns = label_columns(self.labels, scale)
        self._views = [(k, view) for k, person in enumerate(persons) for view in frontal_views(person)]
        if not self._views:
            raise TrainingError(
                "no person is seen from the front; attributes are learned from views within 25 degrees of it"
            )
        self._visible_under_paint = torch.tensor(
            [0.0 if name in HIDDEN_BY_PAINT else 1.0 for name in self.labels]
        )

    @property
    def views(self) -> int:
        """Views that pictures are drawn from."""
        return len(self._views)

    def trained(self) -> nn.Module:
        """The network."""
        return self.network

    def loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        """Mean square error of the labels that a picture shows, in deviations."""
        picture, labels, weight = self.draw(self.batch, rng)
        self.network.train()
        with reduced_precision(self.device):
            estimates = self.network.learned_estimates(
                picture.to(self.device).contiguous(memory_format=torch.channels_last)
            )
        error = (estimates.float() - labels.to(self.device)).square() * weight.to(self.device)
        mean = error.sum() / weight.sum()
        return mean, {"unexplained": float(mean.detach())}

    def sheet(self, averaged: nn.Module) -> NDArray[np.uint8]:
        """Degraded pictures; under each, bars of its labels, truth (grey) and estimate (orange)."""
        assert isinstance(averaged, AttributeNetwork)
        rng = np.random.default_rng(3)
        chosen = [self._views[k] for k in rng.choice(len(self._views), size=12)]
        picture, labels, _ = self._batch(chosen, rng)
        was_training = averaged.training
        found = averaged.eval().estimates(picture.to(self.device)).cpu()
        averaged.train(was_training)
        cells = [
            np.concatenate([to_bytes(one), _bars(truth, guess, one.shape[-1])])
            for one, truth, guess in zip(picture, labels, found, strict=True)
        ]
        return grid([cells[:6], cells[6:]])

    def state(self) -> dict[str, Any]:
        """Nothing beside the weights."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to take up."""

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Random pictures (B, 3, R, R), their labels (B, K), and which of them count (B, K)."""
        return self._batch([self._views[k] for k in rng.choice(len(self._views), size=count)], rng)

    def draw_unpainted(self, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, list[int]]:
        """Random pictures of at most `count` unpainted persons, their labels, and whose they are."""
        drawn = [self._views[k] for k in rng.choice(len(self._views), size=count)]
        chosen = [(index, view) for index, view in drawn if not self.persons[index].painted]
        if not chosen:
            raise TrainingError("all persons are painted; render some that are not")
        picture, labels, _ = self._batch(chosen, rng)
        return picture, labels, [index for index, _ in chosen]

    def _batch(
        self, chosen: Sequence[tuple[int, int]], rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures (B, 3, R, R), labels (B, K), and which labels count (B, K)."""
        cutouts, rows, weights = [], [], []
        for index, view in chosen:
            person = self.persons[index]
            light = int(rng.integers(person.lights))
            cutout, labels = _cutout(person, light, view), self._labels(person, light)
            if rng.random() < 0.5:
                cutout = cutout[:, ::-1]
                labels = mirrored_labels(labels, self.labels, self.scale)
            cutouts.append(cutout)
            rows.append(labels)
            weights.append(self._visible_under_paint if person.painted else torch.ones(len(self.labels)))
        heads = _resized(cutouts, self.network.config.image_size)
        color, matte = heads[:, :3], heads[:, 3:]
        cast = torch.from_numpy(np.nonzero(rng.random(len(color)) < CAST_SHARE)[0])
        if len(cast):
            color[cast] = draw_color_cast(len(cast), rng, color.device).apply(color[cast])
        worse = torch.from_numpy(np.nonzero(rng.random(len(color)) < DEGRADED_SHARE)[0])
        if len(worse):
            color[worse] = degrade(color[worse], matte[worse], rng)[0]
        picture = color * 2 - 1
        return picture, torch.from_numpy(np.stack(rows)), torch.stack(weights)

    def _labels(self, person: RenderedPerson, light: int) -> NDArray[np.float32]:
        return np.clip(self.scale.standardise(person, light)[self._columns], -REACH, REACH)


def solve_last_layer(
    stage: AttributeStage, seed: int = 0, *, pictures: int | None = None, ridges: Sequence[float] = RIDGES
) -> dict[str, float]:
    """Solve for the network's last layer on what the layers before it see.

    Ridge regression over many pictures of unpainted persons, degraded like those of training; a fifth of the
    persons tells which ridge serves each label best on heads it was not fitted to. Descent would need many
    times the steps for the same.

    Args:
        stage: Its network's last layer is replaced.
        seed: Of the pictures.
        pictures: How many to look at; None: six of each view, and 3,000 at most.
        ridges: To choose from, as shares of the features' mean square.

    Returns:
        The ridge chosen for each label.
    """
    network, rng = stage.network.eval(), np.random.default_rng(seed)
    rows, targets, persons = [], [], []
    found = 0
    if pictures is None:
        pictures = min(3_000, 6 * stage.views)
    with torch.no_grad():
        while found < pictures:
            picture, labels, who = stage.draw_unpainted(64, rng)
            with reduced_precision(stage.device):
                features = network.features(picture.to(stage.device))
            rows.append(features.float().cpu())
            targets.append(labels)
            persons += who
            found += len(who)
    x, y = torch.cat(rows), torch.cat(targets).double()
    tested = torch.tensor(persons) % 5 == 0
    errors = torch.stack(
        [
            (predicted - y[tested]).square().mean(dim=0)
            for slope, intercept in _ridges(x[~tested], y[~tested], ridges)
            for predicted in [x[tested].double() @ slope + intercept]
        ]
    )
    best = errors.argmin(dim=0)
    with torch.no_grad():
        for index, (slope, intercept) in enumerate(_ridges(x, y, ridges)):
            chosen = best == index
            network.last.weight[chosen] = slope.T[chosen].to(network.last.weight)
            network.last.bias[chosen] = intercept[chosen].to(network.last.bias)
    return {name: ridges[int(k)] for name, k in zip(stage.labels, best, strict=True)}


def _ridges(x: Tensor, y: Tensor, ridges: Sequence[float]) -> Iterator[tuple[Tensor, Tensor]]:
    """Slope (F, K) and intercept (K,) of y (n, K) on x (n, F) for each ridge, by the samples' Gram matrix."""
    mean, target = x.mean(dim=0), y.mean(dim=0)
    centred = x - mean
    gram = (centred @ centred.T).double()
    strength = float(gram.diagonal().mean())
    for ridge in ridges:
        firm = gram.clone()
        firm.diagonal().add_(ridge * strength)
        dual = torch.cholesky_solve(y - target, torch.linalg.cholesky(firm))
        slope = centred.double().T @ dual
        yield slope, target - mean.double() @ slope


def half_of(persons: Sequence[RenderedPerson], half: Half) -> list[RenderedPerson]:
    """Every other person, in the order of the data set."""
    return list(persons[0 if half == "guide" else 1 :: 2])


def label_columns(labels: Sequence[str], scale: LatentScale) -> list[int]:
    """Where labels stand among those of the data.

    Raises:
        TrainingError: If one is not there.
    """
    missing = [name for name in labels if name not in scale.label_names]
    if missing:
        raise TrainingError(
            f"the data has no label {', '.join(missing)}; it has {', '.join(scale.label_names)}, "
            "so train another preset or render the data anew"
        )
    return [scale.label_names.index(name) for name in labels]


def frontal_views(person: RenderedPerson) -> list[int]:
    """Views from which a face can be read: within 25 degrees of yaw and 18 of pitch."""
    position = person.camera[:, [3, 7, 11]].astype(np.float64)
    yaw = np.arctan2(position[:, 0], position[:, 2])
    pitch = np.arcsin(position[:, 1] / np.linalg.norm(position, axis=1))
    return [int(k) for k in np.nonzero((np.abs(yaw) < YAW_LIMIT) & (np.abs(pitch) < PITCH_LIMIT))[0]]


def mirrored_labels(
    labels: NDArray[np.float32], names: Sequence[str], scale: LatentScale
) -> NDArray[np.float32]:
    """Labels of the mirror image: the light comes from the other side, all else stays."""
    result = labels.copy()
    if "light_x" in names:
        column = scale.label_names.index("light_x")
        twice = 2 * float(scale.mean[column] / scale.deviation[column])
        result[list(names).index("light_x")] = -labels[list(names).index("light_x")] - twice
    return result


def calibrate(
    network: AttributeNetwork,
    persons: Sequence[RenderedPerson],
    scale: LatentScale,
    device: torch.device,
    *,
    views_each: int = 2,
) -> Calibration:
    """Regress the network's estimates on the true labels of persons it has not seen.

    Args:
        network: Trained; not changed, see `AttributeNetwork.correct`.
        persons: Painted ones are left out.
        scale: Of the labels.
        device: Where to compute.
        views_each: Frontal views of each person under each light.

    Raises:
        TrainingError: If there are fewer than five pictures a label.
    """
    names = network.config.labels
    columns = label_columns(names, scale)
    shown = [
        (person, light, view)
        for person in persons
        if not person.painted
        for light in range(person.lights)
        for view in frontal_views(person)[:views_each]
    ]
    if len(shown) < 5 * len(names):
        raise TrainingError(
            f"{len(shown)} pictures are too few to calibrate {len(names)} labels, five a label are needed; "
            "render more"
        )
    truth = np.stack([scale.standardise(person, light)[columns] for person, light, _ in shown])
    clipped = np.clip(truth.astype(np.float64), -REACH, REACH)
    found = []
    network.eval()
    with torch.no_grad():
        for start in range(0, len(shown), 64):
            part = [_cutout(*one) for one in shown[start : start + 64]]
            picture = _resized(part, network.config.image_size)[:, :3] * 2 - 1
            found.append(network.estimates(picture.to(device)).float().cpu().numpy())
    return response_to_truth(np.concatenate(found).astype(np.float64), clipped, names)


def response_to_truth(
    estimates: NDArray[np.float64], truth: NDArray[np.float64], names: Sequence[str]
) -> Calibration:
    """Least squares of estimates (n, K) on true labels (n, K), with an offset."""
    design = np.concatenate([truth, np.ones((len(truth), 1))], axis=1)
    solution = np.linalg.lstsq(design, estimates, rcond=None)[0]
    left = ((estimates - truth) ** 2).sum(axis=0)
    spread = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
    determination = 1 - left / np.maximum(spread, 1e-12)
    return Calibration(
        torch.from_numpy(solution[:-1]).float(),
        torch.from_numpy(solution[-1]).float(),
        {name: float(value) for name, value in zip(names, determination, strict=True)},
    )


def _cutout(person: RenderedPerson, light: int, view: int) -> NDArray[np.uint8]:
    """(R, R, 4): head over black, then its matte."""
    return np.concatenate([person.foreground[light, view], person.matte[view][..., None]], axis=-1)


def _resized(cutouts: Sequence[NDArray[np.uint8]], size: int) -> Tensor:
    """(B, 4, size, size) in [0, 1]."""
    heads = torch.from_numpy(np.stack(cutouts)).permute(0, 3, 1, 2).float() / 255
    if heads.shape[-1] != size:
        heads = nn.functional.interpolate(heads, size=(size, size), mode="bilinear", antialias=True)
    return heads


def _bars(truth: Tensor, guess: Tensor, width: int) -> NDArray[np.uint8]:
    """Labels from the top down, six pixels each: two bars from the middle, 3 deviations reach the rim."""
    panel = np.full((6 * len(truth), width, 3), 24, np.uint8)
    middle = width // 2
    for row, values in enumerate(zip(truth.tolist(), guess.tolist(), strict=True)):
        for line, (value, color) in enumerate(zip(values, ((150, 150, 150), (240, 140, 30)), strict=True)):
            end = int(np.clip(round(middle + value / 3 * middle), 0, width - 1))
            top = 6 * row + 2 * line + 1
            panel[top : top + 2, min(middle, end) : max(middle, end) + 1] = color
    return panel
