"""Edit directions from the renderer's exact labels.

With L the labels of many heads in deviations (n, K) and w their styles (n, W), two regressions are solved
jointly over all labels:

    w ~ L B + b        how styles change with each label while the others stay,      B (K, W)
    L ~ w A + a        what a style says about each label,                           A (W, K)

and the directions are D = (B A)^-1 B, so that D A = I: a step along one direction moves the reading of its
own label by one deviation and no other. Orthogonal in this sense, no edit needs a part of another subtracted
from it, as the release does with its glasses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from goae_core.camera import orbit
from goae_core.editing import EditDirection
from goae_core.errors import TrainingError
from goae_core.generator import Generator
from goae_core.presets import Preset
from goae_core.training.heads_dataset import HeadsDataset, LatentScale

GROUPS = {
    "person": ("age", "gender", "weight"),
    "expression": ("smile", "mouth_open", "brow", "blink"),
    "look": ("glasses", "skin_tone", "hair_light", "hair_warmth", "hair_amount", "beard"),
    "light": ("light_x", "light_y", "light_contrast", "light_warmth"),
}
"""Labels that become directions, by the group they are shown in."""


@dataclass(frozen=True, slots=True, eq=False)
class DirectionFit:
    """Directions and how well labels can be read from styles."""

    directions: tuple[EditDirection, ...]
    determination: dict[str, float]
    """R^2 of each label's reading."""


def fit_directions(
    generator: Generator, preset: Preset, dataset: HeadsDataset, scale: LatentScale, device: torch.device
) -> DirectionFit:
    """Regress styles on labels over all unpainted persons and lights.

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
    front = orbit(0.0, 0.0, rig=preset.camera).label().expand(len(people), -1)
    with torch.no_grad():
        w = generator.map(latents.to(device), front.to(device))[:, 0].double().cpu().numpy()
    offsets, determination = solve_directions(w, labels[:, columns].astype(np.float64))
    group_of = {name: group for group, members in GROUPS.items() for name in members}
    directions = []
    for name, offset, column in zip(names, offsets, columns, strict=True):
        rows = torch.from_numpy(offset).float().expand(preset.backbone.num_ws, -1).clone()
        reach = float(np.quantile(np.abs(labels[:, column]), 0.98))
        limit = float(np.clip(np.round(2 * reach) / 2, 1.0, 3.0))
        directions.append(EditDirection(name, group_of[name], rows, "deviations", limit, None))
    return DirectionFit(tuple(directions), dict(zip(names, determination, strict=True)))


def solve_directions(
    w: NDArray[np.float64], labels: NDArray[np.float64], ridge: float = 1e-3
) -> tuple[NDArray[np.float64], list[float]]:
    """Directions (K, W) with D A = I, and the R^2 of each label's reading.

    Args:
        w: Styles, (n, W).
        labels: In deviations, (n, K).
        ridge: Share of the mean variance of w added to its covariance before inversion.
    """
    w = w - w.mean(axis=0)
    labels = labels - labels.mean(axis=0)
    of_labels = np.linalg.lstsq(labels, w, rcond=None)[0]
    covariance = w.T @ w / len(w)
    covariance += ridge * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    reading = np.linalg.solve(covariance, w.T @ labels / len(w))
    residual = labels - w @ reading
    determination = 1 - (residual**2).sum(axis=0) / np.maximum((labels**2).sum(axis=0), 1e-12)
    directions = np.linalg.solve(of_labels @ reading, of_labels)
    return directions, [float(value) for value in determination]
