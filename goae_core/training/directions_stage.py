"""Edit directions of a generator whose latent carries the labels, and their correction by measurement.

The step of one label is known exactly: the mapping network is asked for the same heads with that label low
and high, and the styles are subtracted,

    B_k = mean over heads of (w(label k high) - w(label k low)) / (high - low)                      B (K, W)

which no regression shrinks. With a reading of labels from styles, fitted by ridge regression over many heads,

    L ~ w A + a                                                                                     A (W, K)

the directions are D = (B A)^-1 B, so that D A = I: a step along one moves the reading of its own label by
one deviation and no other. Orthogonal in this sense, no edit needs a part of another subtracted from it, as
the release does with its glasses.

Styles are not pictures. Where an attribute network is at hand, what counts is what it reads off rendered
heads: the directions B are then restricted to rows, unmixed and given their range as `direction_refinement`
describes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from goae_core.camera import Camera, orbit
from goae_core.editing import EditDirection
from goae_core.errors import TrainingError
from goae_core.generator import Generator
from goae_core.presets import Preset
from goae_core.training.direction_refinement import (
    MAX_NATURAL_STEP,
    monotone_reach,
    row_weights,
    unmix,
)
from goae_core.training.head_reading import HeadReader, reading_cameras
from goae_core.training.heads_dataset import LABEL_WEIGHT, HeadsDataset, LatentScale
from goae_core.training.reported_work import Report, silent

GROUPS = {
    "person": ("age", "gender", "weight"),
    "expression": ("smile", "mouth_open", "brow", "blink"),
    "look": (
        *("glasses", "skin_tone", "hair_light", "hair_warmth", "hair_amount", "hair_curl"),
        *("beard", "moustache", "headwear"),
    ),
    "light": ("light_x", "light_y", "light_contrast", "light_warmth", "light_hardness"),
}
"""Labels that become directions, by the group they are shown in."""
LOW_AND_HIGH = (0.1, 0.9)
"""Quantiles of a label between which its step is taken: heads such as the generator has seen."""
STEPPED_HEADS = 256
REACH_STEPS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
MAX_LIMIT = 3.0
LEAST_REACH = 0.5
"""Strength up to which a label must rise on all heads, for its direction to be kept."""


@dataclass(frozen=True, slots=True, eq=False)
class DirectionFit:
    """Directions and what is known of them."""

    directions: tuple[EditDirection, ...]
    determination: dict[str, float]
    """R^2 of each label's reading from styles."""
    rows: dict[str, list[float]]
    """Weight of each row of w+, by direction; empty if nothing was measured."""
    reach: dict[str, float]
    """Strength up to which each own label keeps rising, where it was measured."""


def fit_directions(
    generator: Generator,
    preset: Preset,
    dataset: HeadsDataset,
    scale: LatentScale,
    device: torch.device,
    *,
    reader: HeadReader | None = None,
    heads: int = 8,
    report: Report = silent,
) -> DirectionFit:
    """Find the directions of all labels that have a group; with a reader, of those that pictures tell.

    Args:
        generator: Frozen; its latent carries the labels as `LatentScale.latent` lays them out.
        preset: Its sizes.
        dataset: Persons; their pictures are not looked at. Painted ones are left out.
        scale: Of the labels.
        device: Where to compute.
        reader: Measures and corrects; None leaves the directions orthogonal in styles only.
        heads: How many are rendered for it.
        report: Hears of progress.

    Raises:
        TrainingError: If there are fewer than ten heads a label.
    """
    people = [(person, light) for person in dataset.clean() for light in range(person.lights)]
    labels = np.stack([scale.standardise(person, light) for person, light in people])
    names = [name for group in GROUPS.values() for name in group if name in scale.label_names]
    if len(people) < 10 * len(names):
        raise TrainingError(
            f"{len(people)} heads are too few to fit {len(names)} directions, ten a label are needed; "
            "render more"
        )
    columns = [scale.label_names.index(name) for name in names]
    z_dim = preset.backbone.z_dim
    latents = torch.from_numpy(np.stack([scale.latent(person, light, z_dim) for person, light in people]))
    camera = orbit(0.0, 0.0, rig=preset.camera)
    w = _styles(generator, latents, camera, device)
    chosen = _spread(len(latents), STEPPED_HEADS)
    moves = latent_moves(latents, labels, columns, environment_of(dataset))
    steps = label_steps(generator, latents[chosen], labels, columns, moves, camera, device)
    reading, determination = read_styles(w, labels[:, columns].astype(np.float64))
    rows_of_w = preset.backbone.num_ws
    if reader is None:
        offsets = np.repeat(np.linalg.solve(steps @ reading, steps)[:, None], rows_of_w, axis=1)
        reach = {name: _label_reach(labels[:, column]) for name, column in zip(names, columns, strict=True)}
        weights: dict[str, list[float]] = {}
    else:
        shown = _spread(len(latents), heads)
        w_plus = torch.from_numpy(w[shown]).float()[:, None].repeat(1, rows_of_w, 1)
        offsets = np.repeat(steps[:, None], rows_of_w, axis=1)
        offsets, weights, reach = refine(reader, w_plus, offsets, names, report)
    group_of = {name: group for group, members in GROUPS.items() for name in members}
    directions = tuple(
        EditDirection(
            name,
            group_of[name],
            torch.from_numpy(np.ascontiguousarray(offset)).float(),
            "deviations",
            float(np.clip(np.floor(2 * reach.get(name, 1.0)) / 2, 1.0, MAX_LIMIT)),
            None,
        )
        for name, offset in zip(names, offsets, strict=True)
        # a slider whose effect no picture shows, or that turns at once, is none
        if reader is None or (name in reader.readable and reach.get(name, 0.0) >= LEAST_REACH)
    )
    found = dict(zip(names, determination, strict=True))
    return DirectionFit(directions, found, weights, reach)


def environment_of(dataset: HeadsDataset) -> slice:
    """Where the light's environment stands in a latent."""
    person = dataset.persons[0]
    start = len(dataset.label_names) + len(person.identity)
    return slice(start, start + person.light_sh.shape[1])


def latent_moves(
    latents: Tensor, labels: NDArray[np.float32], columns: Sequence[int], environment: slice
) -> Tensor:
    """How latents move with each label, (K, z_dim) per deviation.

    A label has its own place in the latent. What light labels sum up, the environment, stands there as well
    and has to come along: by its regression on all labels.

    Args:
        latents: (n, z_dim).
        labels: In deviations, (n, all labels).
        columns: Which labels, K.
        environment: Its place in the latent.
    """
    centred = labels - labels.mean(axis=0)
    light = latents[:, environment].double().numpy()
    follows = np.linalg.lstsq(centred.astype(np.float64), light - light.mean(axis=0), rcond=None)[0]
    moves = torch.zeros(len(columns), latents.shape[1])
    for row, column in enumerate(columns):
        moves[row, column] = LABEL_WEIGHT
        moves[row, environment] = torch.from_numpy(follows[column]).float()
    return moves


def label_steps(
    generator: Generator,
    latents: Tensor,
    labels: NDArray[np.float32],
    columns: Sequence[int],
    moves: Tensor,
    camera: Camera,
    device: torch.device,
) -> NDArray[np.float64]:
    """Mean change of style with each label while all else stays.

    Args:
        generator: Its mapping network is asked.
        latents: Heads, (n, z_dim).
        labels: Of all heads in deviations, (m, all labels): say what is low and high.
        columns: Which labels, K.
        moves: See `latent_moves`, (K, z_dim).
        camera: Conditions the mapping, B = 1.
        device: Where to compute.

    Returns:
        (K, W) per deviation.
    """
    steps = []
    for column, move in zip(columns, moves, strict=True):
        low, high = _ends(np.clip(labels[:, column], -4.0, 4.0))
        now = latents[:, column : column + 1] / LABEL_WEIGHT
        ends = [
            _styles(generator, latents + (value - now) * move, camera, device).mean(axis=0)
            for value in (low, high)
        ]
        steps.append((ends[1] - ends[0]) / (high - low))
    return np.stack(steps)


def _ends(values: NDArray[np.float32]) -> tuple[float, float]:
    """A low and a high value such as heads have."""
    low, high = (float(value) for value in np.quantile(values, LOW_AND_HIGH))
    if high - low < 0.5:
        # so many heads share one value that the quantiles meet: from theirs to the mean of the others
        others = values[np.abs(values - low) > 0.5]
        high = float(others.mean()) if len(others) else low + 1.0
    return low, high


def refine(
    reader: HeadReader,
    w_plus: Tensor,
    offsets: NDArray[np.float64],
    names: Sequence[str],
    report: Report = silent,
) -> tuple[NDArray[np.float64], dict[str, list[float]], dict[str, float]]:
    """Correct directions by what they do to pictures.

    Directions whose label the reader cannot tell are left as they are.

    Args:
        reader: Measures.
        w_plus: Heads to measure on, (H, N, W).
        offsets: (K, N, W).
        names: Labels of the directions, K.
        report: Hears of progress.

    Returns:
        Directions (K, N, W), the rows' weights, and how far each may be taken.
    """
    told = [k for k, name in enumerate(names) if name in reader.readable]
    if not told:
        return offsets, {}, {}
    own = np.array([reader.labels.index(names[k]) for k in told])
    camera = reading_cameras(len(w_plus), reader.generator.preset.camera)
    slopes = np.zeros((len(reader.labels), *offsets.shape[1:]))
    for index in range(len(w_plus)):
        report("which rows of the style carry each attribute", 0.25 * index / len(w_plus))
        one = Camera(camera.cam_to_world[index : index + 1], camera.intrinsics[index : index + 1])
        slopes += reader.slopes(w_plus[index : index + 1], one).double().numpy() / len(w_plus)
    weights = row_weights(slopes, offsets[told], own)
    restricted = offsets[told] * weights[..., None]
    rounds = iter((0.25, 0.47))

    def measure(current: NDArray[np.float64]) -> NDArray[np.float64]:
        start = next(rounds)
        changes = []
        for k, offset in enumerate(current):
            report("what each attribute changes", start + 0.22 * k / len(current))
            below_and_above = reading_curves(reader, w_plus, offset, (-1.0, 1.0))
            changes.append((below_and_above[:, 1] - below_and_above[:, 0]).mean(axis=0) / 2)
        return np.stack(changes)

    corrected, mixing = unmix(restricted, measure, own)
    reach: dict[str, float] = {}
    few = w_plus[: max(4, len(w_plus) // 2)]
    for k, offset in enumerate(corrected):
        report("how far each attribute may be taken", 0.69 + 0.31 * k / len(corrected))
        curves = reading_curves(reader, few, offset, REACH_STEPS)[:, :, own[k]]
        turns = monotone_reach(curves, np.array(REACH_STEPS))
        reach[names[told[k]]] = min(turns, MAX_NATURAL_STEP / float(mixing[k, k]))
    result = offsets.copy()
    result[told] = corrected
    return result, {names[k]: [float(b) for b in row] for k, row in zip(told, weights, strict=True)}, reach


def reading_curves(
    reader: HeadReader, w_plus: Tensor, offset: NDArray[np.float64], strengths: Sequence[float]
) -> NDArray[np.float64]:
    """Readings (H, S, L) of H heads (H, N, W) at S strengths of one direction (N, W)."""
    step = torch.from_numpy(np.ascontiguousarray(offset)).float()
    camera = reading_cameras(len(w_plus), reader.generator.preset.camera)
    return np.stack(
        [reader.read(w_plus + strength * step, camera).double().numpy() for strength in strengths], axis=1
    )


def read_styles(
    w: NDArray[np.float64], labels: NDArray[np.float64], ridge: float = 1e-3
) -> tuple[NDArray[np.float64], list[float]]:
    """Ridge regression of labels on styles.

    Args:
        w: Styles, (n, W).
        labels: In deviations, (n, K).
        ridge: Share of the mean variance of w added to its covariance before inversion.

    Returns:
        A (W, K), and the R^2 of each label's reading.
    """
    w = w - w.mean(axis=0)
    labels = labels - labels.mean(axis=0)
    covariance = w.T @ w / len(w)
    covariance += ridge * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    reading = np.asarray(np.linalg.solve(covariance, w.T @ labels / len(w)), dtype=np.float64)
    residual = labels - w @ reading
    determination = 1 - (residual**2).sum(axis=0) / np.maximum((labels**2).sum(axis=0), 1e-12)
    return reading, [float(value) for value in determination]


def solve_directions(
    w: NDArray[np.float64], labels: NDArray[np.float64], ridge: float = 1e-3
) -> tuple[NDArray[np.float64], list[float]]:
    """Directions (K, W) with D A = I by two joint regressions, for heads whose labels cannot be set.

        w ~ L B + b        how styles change with each label while the others stay,      B (K, W)
        L ~ w A + a        what a style says about each label,                           A (W, K)

    Args:
        w: Styles, (n, W).
        labels: In deviations, (n, K).
        ridge: See `read_styles`.

    Returns:
        The directions, and the R^2 of each label's reading.
    """
    reading, determination = read_styles(w, labels, ridge)
    centred = labels - labels.mean(axis=0)
    of_labels = np.linalg.lstsq(centred, w - w.mean(axis=0), rcond=None)[0]
    return np.linalg.solve(of_labels @ reading, of_labels), determination


def _styles(
    generator: Generator, latents: Tensor, camera: Camera, device: torch.device
) -> NDArray[np.float64]:
    """(n, W), the style that all rows share."""
    label = camera.label().to(device).expand(len(latents), -1)
    with torch.no_grad():
        w: NDArray[np.float64] = generator.map(latents.to(device), label)[:, 0].double().cpu().numpy()
    return w


def _spread(count: int, wanted: int) -> list[int]:
    """Indices of at most `wanted` things, evenly spread."""
    return [int(k) for k in np.unique(np.linspace(0, count - 1, min(wanted, count)).astype(int))]


def _label_reach(values: NDArray[np.float32]) -> float:
    """What nearly all heads stay within, in deviations."""
    return float(np.round(2 * np.quantile(np.abs(values), 0.98)) / 2)
