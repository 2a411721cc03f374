"""A data set of spheres, in the format of the rendered heads, small enough to train on in a test."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from goae_core.camera import Camera, orbit
from goae_core.rendering.rays import sample_rays

LABELS = ("age", "smile", "glasses")
LIGHT_LABELS = ("light_x",)
SIDE = 64


def _write_ball(path: Path, rng: np.random.Generator, labels: np.ndarray) -> None:
    """A ball whose radius is its age and whose redness its smile, seen from four sides."""
    cameras = [orbit(yaw, 0.1) for yaw in (0.0, 0.4, -0.4, 1.2)]
    radius = 0.16 + 0.02 * labels[0]
    color = np.clip(np.array([0.6 + 0.15 * labels[1], 0.5, 0.4]), 0, 1)
    light = rng.normal(size=(2, 1)).astype(np.float32)
    foreground, matte, depth, parts = [], [], [], []
    for camera in cameras:
        hit, distance = _ball(camera, radius)
        picture = np.where(hit[..., None], color * 255, 0)
        foreground.append([picture * (1 + 0.1 * np.tanh(light[k, 0])) for k in range(2)])
        matte.append(hit * 255)
        depth.append(np.where(hit, distance, 0))
        parts.append(np.where(hit, 0, -1))
    np.savez(
        path,
        foreground=np.clip(np.array(foreground), 0, 255).transpose(1, 0, 2, 3, 4).astype(np.uint8),
        matte=np.array(matte).astype(np.uint8),
        depth=np.array(depth).astype(np.float16),
        parts=np.array(parts).astype(np.int8),
        camera=np.concatenate([c.label().numpy() for c in cameras]),
        labels=labels.astype(np.float32),
        light_labels=light,
        light_sh=np.repeat(light, 27, axis=1),
        identity=rng.normal(size=5).astype(np.float32),
        landmarks=np.zeros((5, 3), np.float32),
        painted=np.zeros((), np.uint8),
    )


def _ball(camera: Camera, radius: float) -> tuple[np.ndarray, np.ndarray]:
    rays = sample_rays(camera, SIDE)
    origin, direction = rays.origins[0].numpy(), rays.directions[0].numpy()
    along = -(origin * direction).sum(-1)
    squared = (origin**2).sum(-1) - along**2
    hit = squared < radius**2
    distance = along - np.sqrt(np.maximum(radius**2 - squared, 0))
    return hit.reshape(SIDE, SIDE), distance.reshape(SIDE, SIDE)


@pytest.fixture
def balls(tmp_path: Path) -> Path:
    """Forty balls with independent labels."""
    folder = tmp_path / "balls"
    (folder / "persons").mkdir(parents=True)
    rng = np.random.default_rng(3)
    for index in range(40):
        _write_ball(folder / "persons" / f"{index:06d}.npz", rng, rng.normal(size=3))
    header = {"version": 1, "resolution": SIDE, "label_names": LABELS, "light_label_names": LIGHT_LABELS}
    (folder / "dataset.json").write_text(json.dumps(header))
    return folder
