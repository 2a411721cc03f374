"""Fitting the pose correction: rendered heads through the same alignment that photographs take.

The heads' cameras are known, and the frame they were rendered in is the crop they should get; what alignment
says instead is the error that `goae_core.head_pose` learns to see. Ridge regression in closed form; every
head also counts mirrored, which keeps the correction symmetric.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save

from goae_core.camera import Camera, OrbitAngles, orbit_angles
from goae_core.camera_estimate import HeadPose, estimate_pose
from goae_core.errors import TrainingError
from goae_core.head_pose import PoseCorrection, describe, inner_chip
from goae_core.landmarks import find_faces
from goae_core.training.heads_dataset import RenderedPerson
from goae_core.training.synthetic.background import sample_background
from goae_core.whole_file import whole_file

WIDEST_YAW = math.radians(55.0)
"""Beyond it landmarks say nothing."""
RIDGE = 10.0
# What happens to the errors when the picture is mirrored: yaw, roll and the shift to the right change sides.
_MIRROR = np.array([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0])


@dataclass(frozen=True, slots=True, eq=False)
class PoseSample:
    """One aligned rendering."""

    person: int
    features: NDArray[np.float32]
    """(F,) of the crop that alignment chose."""
    mirrored: NDArray[np.float32]
    """(F,) of its mirror image."""
    error: NDArray[np.float64]
    """(6,): what has to be added, as `goae_core.head_pose.moved` takes it."""


def pose_samples(
    persons: list[RenderedPerson], rng: np.random.Generator, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[PoseSample]:
    """Align rendered heads before random backgrounds; skips those without a face to be found.

    Args:
        persons: Rendered heads; painted ones are left out.
        rng: Of lights and backgrounds.
        should_stop: Looked at between pictures.
    """
    for index, person in enumerate(persons):
        if person.painted:
            continue
        for view in range(person.views):
            if should_stop():
                return
            angles = orbit_angles(Camera.from_label(torch.from_numpy(person.camera[view]).float()[None]))
            if abs(angles.yaw) > WIDEST_YAW:
                continue
            picture = _composed(person, view, rng)
            faces = [face for face in find_faces(picture) if face.faces_camera]
            if faces:
                pose = estimate_pose(faces[0].landmarks)
                chip = inner_chip(picture, pose.crop)
                mirror = np.ascontiguousarray(chip[:, ::-1])
                error = pose_error(pose, angles, side=picture.shape[0])
                yield PoseSample(index, describe(chip), describe(mirror), error)


def pose_error(pose: HeadPose, truth: OrbitAngles, *, side: int) -> NDArray[np.float64]:
    """The step from an estimate to the truth.

    Args:
        pose: Estimated on a rendered picture.
        truth: The camera it was rendered with. One that rolls makes a head that leans, which the crop levels.
        side: Pixels of the picture, which is the true crop but for its roll.
    """
    middle = pose.crop.to_frame(np.array([side / 2, side / 2])) - 0.5
    return np.array(
        [
            truth.yaw - pose.yaw,
            truth.pitch - pose.pitch,
            truth.roll - pose.crop.roll,
            math.log(side / pose.crop.side),
            float(middle[0]),
            float(middle[1]),
        ]
    )


def fit_correction(samples: list[PoseSample], ridge: float = RIDGE) -> PoseCorrection:
    """Least squares with a penalty on the weights, over the samples and their mirror images.

    Raises:
        TrainingError: If there are fewer than two samples.
    """
    if len(samples) < 2:
        raise TrainingError(
            f"the pose correction needs at least 2 aligned heads, got {len(samples)}; render more"
        )
    features = np.stack([s.features for s in samples] + [s.mirrored for s in samples]).astype(np.float64)
    errors = np.stack([s.error for s in samples] + [s.error * _MIRROR for s in samples])
    mean, offset = features.mean(axis=0), errors.mean(axis=0)
    centered = features - mean
    gram = centered.T @ centered + ridge * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, centered.T @ (errors - offset))
    return PoseCorrection(mean.astype(np.float32), weights.astype(np.float32), offset.astype(np.float32))


def held_out_errors(samples: list[PoseSample]) -> dict[str, float]:
    """How far poses are off, before and after a correction that was fitted on other persons.

    Every fifth person is held out.

    Returns:
        Mean absolute errors in degrees: yaw, pitch, roll, and the same as landmarks alone give them
        ("yaw before"); empty if there are too few persons to hold one out.
    """
    held_out = [sample for sample in samples if sample.person % 5 == 0]
    fitted_on = [sample for sample in samples if sample.person % 5]
    if not held_out or len(fitted_on) < 2:
        return {}
    correction = fit_correction(fitted_on)
    before = np.stack([sample.error for sample in held_out])
    after = before - np.stack([correction.step(sample.features) for sample in held_out])
    figures = {}
    for column, name in enumerate(("yaw", "pitch", "roll")):
        figures[name] = float(np.degrees(np.abs(after[:, column]).mean()))
        figures[f"{name} before"] = float(np.degrees(np.abs(before[:, column]).mean()))
    return figures


def write_correction(correction: PoseCorrection, path: Path) -> None:
    """Save in half precision, which costs 0.01 degrees."""
    tensors = {name: getattr(correction, name).astype(np.float16) for name in ("mean", "weights", "offset")}
    with whole_file(path) as part:
        part.write_bytes(save(tensors))


def _composed(person: RenderedPerson, view: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One view under a random light before a random background."""
    foreground = person.foreground[int(rng.integers(person.lights)), view].astype(np.float32)
    uncovered = 1 - person.matte[view][..., None].astype(np.float32) / 255
    behind = sample_background(rng, foreground.shape[0])
    return np.asarray(np.clip(np.rint(foreground + uncovered * behind), 0, 255), dtype=np.uint8)
