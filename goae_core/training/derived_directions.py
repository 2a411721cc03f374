"""Edit directions for generators that came without labels, from samples of their own weights.

    w, samples of the mapping -> pictures -> heads over black -> attribute network -> labels
    joint regression of w on the labels (`directions_stage.solve_directions`), then the same correction by
    measurement as for the embedded model (`directions_stage.refine`)

The attribute network has seen rendered heads only. What it reads off other pictures is less sure than on its
own kind, so a label counts only where it can be foretold from w on samples that were not fitted: what the
network reads at random cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from goae_core.camera import orbit
from goae_core.checkpoint import Checkpoint
from goae_core.editing import EditDirection
from goae_core.errors import CheckpointError, TrainingError
from goae_core.generator import Generator
from goae_core.networks.attributes import AttributeNetwork
from goae_core.networks.matting import MattingNetwork
from goae_core.pipeline import load_strictly
from goae_core.training.directions_stage import GROUPS, MAX_LIMIT, refine, solve_directions
from goae_core.training.head_reading import HeadReader, reading_cameras
from goae_core.training.reported_work import Report, silent

FORETOLD = 0.15
"""R^2 on left-out samples from which a label counts as one that the generator shows."""
RIDGE = 0.02
"""There are fewer samples than numbers in w: the readings need a firmer hand than over thousands of heads."""
FOLDS = 5
TRUNCATION = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """What was found."""

    directions: tuple[EditDirection, ...]
    foretold: dict[str, float]
    """R^2 on left-out samples, of every label that the network reads."""


def derive_directions(
    reader: HeadReader,
    *,
    samples: int = 300,
    heads: int = 6,
    seed: int = 0,
    report: Report = silent,
) -> Derivation:
    """Derive the directions of every label that the generator shows.

    Args:
        reader: Of the generator, with a matting network if the generator paints backgrounds.
        samples: Heads to read, at least 30.
        heads: Heads on which directions are corrected by measurement; 0 leaves them as regressed.
        seed: Of the samples.
        report: Hears of progress; may raise to stop.

    Raises:
        TrainingError: If there are too few samples, or no label is shown.
        StoppedError: If the reader was asked to stop.
    """
    if samples < 30:
        raise TrainingError(f"{samples} samples are too few to see attributes in; take at least 30")
    generator, preset = reader.generator, reader.generator.preset
    w = sample_styles(generator, samples, seed, reader.device)
    rows = preset.backbone.num_ws
    reading_share = 0.6 if heads else 1.0
    readings = []
    cameras = reading_cameras(samples, preset.camera)
    for start in range(0, samples, reader.batch):
        report("reading samples of the model", reading_share * start / samples)
        part = torch.from_numpy(w[start : start + reader.batch]).float()[:, None].repeat(1, rows, 1)
        view = replace(
            cameras,
            cam_to_world=cameras.cam_to_world[start : start + len(part)],
            intrinsics=cameras.intrinsics[start : start + len(part)],
        )
        readings.append(reader.read(part, view).double().numpy())
    labels = np.concatenate(readings)
    foretold = {
        name: left_out_determination(w, labels[:, reader.labels.index(name)]) for name in reader.readable
    }
    known = {name: group for group, members in GROUPS.items() for name in members}
    names = [name for name in known if foretold.get(name, 0.0) >= FORETOLD]
    if not names:
        raise TrainingError(
            "none of the attributes can be told from this model's pictures; take more with --samples, "
            "or look whether the model shows faces at all"
        )
    columns = [reader.labels.index(name) for name in names]
    regressed, _ = solve_directions(w, labels[:, columns], RIDGE)
    offsets = np.repeat(regressed[:, None], rows, axis=1)
    reach: dict[str, float] = {}
    if heads:
        shown = torch.from_numpy(w[:heads]).float()[:, None].repeat(1, rows, 1)
        offsets, _, reach = refine(
            reader, shown, offsets, names, lambda text, share: report(text, 0.6 + 0.4 * share)
        )
    directions = tuple(
        EditDirection(
            name,
            known[name],
            torch.from_numpy(np.ascontiguousarray(offset)).float(),
            "deviations",
            float(np.clip(np.floor(2 * reach.get(name, 2.0)) / 2, 1.0, MAX_LIMIT)),
        )
        for name, offset in zip(names, offsets, strict=True)
    )
    return Derivation(directions, foretold)


def reader_of(
    model: Checkpoint, teacher: Checkpoint, device: torch.device, should_stop: Callable[[], bool]
) -> HeadReader:
    """Bring a model's generator and another model's attribute and matting networks together.

    Raises:
        CheckpointError: If one of them is missing.
    """
    if "generator" not in model.weights:
        raise CheckpointError(
            f"the model '{model.origin.name}' has no generator to look at; import one first"
        )
    sizes = teacher.preset.attributes
    if sizes is None or "attributes" not in teacher.weights:
        raise CheckpointError(
            f"the model '{teacher.origin.name}' has no network that reads attributes; "
            "update the program, or train one with 'goae train attributes'"
        )
    network = AttributeNetwork(sizes)
    load_strictly(network, teacher.weights["attributes"], f"attributes of '{teacher.origin.name}'")
    generator = Generator(model.preset)
    load_strictly(generator, model.weights["generator"], f"generator of '{model.origin.name}'")
    matting = None
    if model.preset.super_resolution.image_channels != 4:
        if teacher.preset.matting is None or "matting" not in teacher.weights:
            raise CheckpointError(
                f"the model '{teacher.origin.name}' has no matting network, which pictures with a background "
                "need; train one with 'goae train matting'"
            )
        matting = MattingNetwork(teacher.preset.matting)
        load_strictly(matting, teacher.weights["matting"], f"matting of '{teacher.origin.name}'")
        matting = matting.to(device).eval().requires_grad_(False)
    return HeadReader(
        generator.to(device).eval().requires_grad_(False),
        network.to(device),
        device,
        matting=matting,
        batch=2 if model.preset.image_size > 256 else 8,
        should_stop=should_stop,
    )


def merged(old: Sequence[EditDirection], derived: Sequence[EditDirection]) -> tuple[EditDirection, ...]:
    """Add derived directions to a model's own.

    Those in raw units came from files and stay, also before a derived one of the same name; derived ones take
    the place of older derived ones.
    """
    kept = tuple(direction for direction in old if direction.unit == "raw")
    taken = {direction.name.lower() for direction in kept}
    return (*kept, *(direction for direction in derived if direction.name.lower() not in taken))


def sample_styles(generator: Generator, samples: int, seed: int, device: torch.device) -> NDArray[np.float64]:
    """Styles (n, W) of random heads, a little nearer to the mean than the mapping makes them."""
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(samples, generator.preset.backbone.z_dim, generator=random)
    label = orbit(0.0, 0.0, rig=generator.preset.camera).label().expand(samples, -1)
    with torch.no_grad():
        w_plus = generator.map(z.to(device), label.to(device), truncation=TRUNCATION)
    w: NDArray[np.float64] = w_plus[:, 0].double().cpu().numpy()
    return w


def left_out_determination(
    w: NDArray[np.float64], values: NDArray[np.float64], ridge: float = RIDGE
) -> float:
    """R^2 of a label foretold from styles by ridge regression, each fifth of the samples by the others.

    Args:
        w: Styles, (n, W).
        values: The label, (n,).
        ridge: Share of the mean variance of w added to its covariance.
    """
    folds = np.arange(len(w)) % FOLDS
    error = 0.0
    for fold in range(FOLDS):
        fitted, left_out = folds != fold, folds == fold
        centre, mean = w[fitted].mean(axis=0), values[fitted].mean()
        x, y = w[fitted] - centre, values[fitted] - mean
        # by samples, of which there are fewer than numbers in w
        gram = x @ x.T
        strength = ridge * float(np.trace(gram)) / w.shape[1]
        dual = np.linalg.solve(gram + strength * np.eye(len(gram)), y)
        found = (w[left_out] - centre) @ (x.T @ dual) + mean
        error += float(((found - values[left_out]) ** 2).sum())
    return 1.0 - error / max(float(((values - values.mean()) ** 2).sum()), 1e-12)
