"""What the parity tests share: recorded numbers and generators with the weights they were recorded with.

The numbers come from the authors' code on a CPU in float32. It draws depth jitter and importance samples at
random; for the recording both were fixed as ours are without a generator: half a step, even quantiles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from goae_core.camera import Camera
from goae_core.generator import Generator
from goae_core.presets import Preset, preset
from goae_core.triplane import TriPlane
from tests.parity.fill import Manifest, fill

GOLDENS = Path(__file__).parent / "goldens"

Tag = Literal["ffhq", "afhq", "small2x", "small4x"]
TAGS: tuple[Tag, ...] = ("ffhq", "afhq", "small2x", "small4x")


def golden(name: str) -> dict[str, Tensor]:
    """The recorded arrays of one file."""
    with np.load(GOLDENS / f"{name}.npz") as file:
        return {key: torch.from_numpy(file[key]) for key in file.files}


def manifest(name: str) -> Manifest:
    """Names, shapes and kinds of all weights of one network."""
    content: Manifest = json.loads((GOLDENS / f"manifest_{name}.json").read_text(encoding="utf-8"))
    return content


def small(kind: Literal["2X", "4X"]) -> Preset:
    """The small model: narrow backbone, 64 x 64 rays of 12 + 12 samples, the smaller upscalers."""
    full = preset("ffhq512")
    sizes = {"2X": (64, 128), "4X": (128, 256)}[kind]
    return replace(
        full,
        name=f"small{kind}",
        backbone=replace(full.backbone, channel_base=4096, channel_max=64),
        render=replace(full.render, resolution=64, coarse_samples=12, fine_samples=12),
        super_resolution=replace(
            full.super_resolution,
            kind=kind,
            input_resolution=sizes[0],
            output_resolution=sizes[1],
            widths=(128, 64),
        ),
    )


def preset_of(tag: Tag) -> Preset:
    """The sizes behind a tag of the recordings."""
    if tag == "small2x":
        return small("2X")
    if tag == "small4x":
        return small("4X")
    return preset("ffhq512" if tag == "ffhq" else "afhqcats512")


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A generator with the recorded weights, and the head most recordings show."""

    tag: Tag
    generator: Generator
    w_plus: Tensor
    """(1, 14, 512)."""
    planes: TriPlane

    def golden(self, name: str) -> dict[str, Tensor]:
        """Recordings of this model."""
        return golden(f"{self.tag}_{name}")


@cache
def recorded(tag: Tag) -> Recorded:
    """Build a model once for all tests; the cats' has the weights of the faces'."""
    generator = Generator(preset_of(tag)).eval().requires_grad_(False)
    missing, unexpected = generator.load_state_dict(
        fill(manifest(f"generator_{tag}"), "generator"), strict=False
    )
    assert not unexpected
    assert all(name.endswith("resample_filter") for name in missing)
    w_plus = golden(f"{tag}_backbone")["ws"]
    with torch.no_grad():
        planes = generator.planes(w_plus, generator.feature_map(w_plus))
    return Recorded(tag, generator, w_plus, planes)


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


@pytest.fixture(scope="session", params=["small2x", "small4x", "ffhq"])
def model(request: pytest.FixtureRequest) -> Recorded:
    """Every model with recordings of its own."""
    return recorded(request.param)


@pytest.fixture(scope="session")
def requests() -> dict[str, Tensor]:
    """What the recordings were asked: z (2, 512), c_front and c_yaw (1, 25), xyz (1, 4096, 3)."""
    return golden("requests")


@pytest.fixture
def front(requests: dict[str, Tensor]) -> Camera:
    """Yaw 0, pitch 0."""
    return Camera.from_label(requests["c_front"])


@pytest.fixture
def turned(requests: dict[str, Tensor]) -> Camera:
    """Yaw 0.4, pitch -0.2 of the arccosine sampler."""
    return Camera.from_label(requests["c_yaw"])


def assert_near(actual: Tensor, expected: Tensor, tolerance: float) -> None:
    """The largest absolute difference stays within the tolerance, the shapes are equal."""
    torch.testing.assert_close(actual.float(), expected.float(), rtol=0.0, atol=tolerance)
