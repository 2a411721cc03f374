"""What a frame costs here, beside the frame of the published architecture, in one run.

Measured in rounds, every quantity once a round or more, so that a machine that gets busier meets all of them
alike. Weights are random: speed does not depend on them.
"""

from __future__ import annotations

import itertools
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from app.cli.random_model import random_checkpoint
from goae_core.camera import orbit
from goae_core.crop import Crop
from goae_core.editing import Edit
from goae_core.errors import StoppedError
from goae_core.generator import Generator
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline, RenderRequest, build
from goae_core.presets import Preset, preset
from goae_core.triplane import TriPlane

if TYPE_CHECKING:
    from goae_core.camera import Camera
    from goae_core.editing import Portrait
    from goae_core.inversion import Inversion

REFERENCE = "ffhq512 frame"
FRAME = "studio256 frame"
DETAILED = "studio256 with detail"
PREVIEW = "studio256 preview"
SLIDER = "studio256 slider step"
_REPEATS = {REFERENCE: 1, FRAME: 5, DETAILED: 5, PREVIEW: 5, SLIDER: 3}
"""Measurements a round."""


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity."""

    name: str
    seconds: tuple[float, ...]
    """All measurements, wall time."""
    busy_seconds: tuple[float, ...]
    """Processor time of the same, summed over threads: what it costs even where others compete."""

    @property
    def median(self) -> float:
        """Seconds of wall time."""
        return statistics.median(self.seconds)

    @property
    def busy_median(self) -> float:
        """Seconds of processor time."""
        return statistics.median(self.busy_seconds)

    @property
    def spread(self) -> float:
        """Largest minus smallest measurement, as a share of the median."""
        return (max(self.seconds) - min(self.seconds)) / self.median


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it was measured."""

    processor: str
    cores: int
    system: str
    python: str
    torch: str
    device: str
    threads: int
    """Of torch."""
    load: tuple[float, float]
    """Average number of running processes over the last minute, before and after; NaN where unknown."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All that was measured."""

    machine: Machine
    rows: tuple[Row, ...]
    stages: dict[str, dict[str, float]]
    """Per quantity: stage -> share of its time, 0 to 1."""
    chunks: Mapping[str, float] = field(default_factory=dict)
    """Per work of the device's thread: seconds of wall time for which a cancel waits at most."""

    def ratio(self, name: str) -> float:
        """How many times shorter than the reference frame, by medians of wall time."""
        rows = {row.name: row for row in self.rows}
        return rows[REFERENCE].median / rows[name].median

    def busy_ratio(self, name: str) -> float:
        """The same by processor time."""
        rows = {row.name: row for row in self.rows}
        return rows[REFERENCE].busy_median / max(rows[name].busy_median, 1e-9)


def run_benchmark(
    device: torch.device,
    *,
    rounds: int,
    studio: Preset | None = None,
    reference: Preset | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float, str], None] = lambda fraction, text: None,
) -> Benchmark:
    """Measure.

    Args:
        device: Where to compute.
        rounds: How often everything is repeated, at least 1.
        studio: Of the model; None: `studio256`.
        reference: Of the model it is compared with; None: `ffhq512`.
        should_stop: Asked between measurements.
        on_progress: Receives the share done and what comes next.

    Returns:
        Figures.

    Raises:
        StoppedError: If `should_stop` said so.
    """
    load_before = _load()
    on_progress(0.0, "building the networks")
    ours = _Studio(studio or preset("studio256"), device)
    theirs = _Renderer(reference or preset("ffhq512"), device)
    works = {
        REFERENCE: theirs.frame,
        FRAME: ours.frame,
        DETAILED: ours.detailed_frame,
        PREVIEW: ours.preview,
        SLIDER: ours.slider_step,
    }
    measured: dict[str, list[_Time]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            on_progress(number / (rounds + 1), name if number else f"warming up: {name}")
            for _ in range(_REPEATS[name] if number else 1):
                if should_stop():
                    raise StoppedError("the benchmark was stopped; nothing was written")
                time_taken = _timed(work, device)
                if number:  # round 0 warms up
                    measured[name].append(time_taken)
    on_progress(1.0, "stages")
    stages = {
        REFERENCE: _shares(theirs.stages(device)),
        FRAME: ours.frame_stages(),
        SLIDER: ours.slider_stages(),
        "studio256 invert, wall": ours.invert_stages(),
    }
    rows = tuple(
        Row(name, tuple(each.wall for each in times), tuple(each.busy for each in times))
        for name, times in measured.items()
    )
    return Benchmark(_machine(device, load_before), rows, stages, ours.chunks())


class _Studio:
    """The embedded model's architecture behind the pipeline that everything else uses."""

    def __init__(self, sizes: Preset, device: torch.device) -> None:
        self._device = device
        self._pipeline: Pipeline = build(random_checkpoint(sizes), device)
        self._inversion: Inversion = self._pipeline.invert(_random_photo(sizes))
        self._portrait = self._pipeline.portrait(self._inversion)
        self._views = _around(sizes)
        self._strengths = _endless(3.0)
        self._renderer = _Renderer(sizes, device)

    def frame(self) -> None:
        """What the generator draws of its planes, as the reference frame is."""
        self._pipeline.render(RenderRequest(portrait=self._portrait, camera=next(self._views), detail=0.0))

    def detailed_frame(self) -> None:
        """What a user sees at rest."""
        self._pipeline.render(RenderRequest(portrait=self._portrait, camera=next(self._views), detail=1.0))

    def preview(self) -> None:
        self._pipeline.render(
            RenderRequest(portrait=self._portrait, camera=next(self._views), quality="draft")
        )

    def slider_step(self) -> None:
        """One move of a slider: new planes, then a preview of them."""
        portrait = self._edited()
        self._pipeline.render(RenderRequest(portrait=portrait, camera=next(self._views), quality="draft"))

    def _edited(self) -> Portrait:
        return self._pipeline.portrait(self._inversion, (Edit("smile", next(self._strengths)),))

    def chunks(self) -> dict[str, float]:
        """Longest waits of a cancel."""

        def frame(ask: Callable[[], bool]) -> None:
            request = RenderRequest(portrait=self._portrait, camera=next(self._views), detail=1.0)
            self._pipeline.render(request, ask)

        def edit(ask: Callable[[], bool]) -> None:
            self._edited()  # asks nobody: one chunk

        return {
            "invert": longest_wait(lambda ask: self._pipeline.invert(self._inversion.photo, should_stop=ask)),
            "frame with detail": longest_wait(frame),
            "edit": longest_wait(edit),
        }

    def frame_stages(self) -> dict[str, float]:
        """March, upscale, and whatever the pipeline does around them."""
        whole = _median(self.frame, self._device)
        inner = self._renderer.stages(self._device)
        return _shares(inner | {"finish": max(0.0, whole - sum(inner.values()))})

    def slider_stages(self) -> dict[str, float]:
        edit = _median(self._edited, self._device)
        return _shares({"edit": edit, "preview": _median(self.preview, self._device)})

    def invert_stages(self) -> dict[str, float]:
        seconds = dict(self._pipeline.invert(self._inversion.photo).seconds)
        seconds.pop("total", None)
        return _shares(seconds)


class _Renderer:
    """A generator alone, from random planes to the finished picture."""

    def __init__(self, sizes: Preset, device: torch.device) -> None:
        self._device = device
        self._generator = Generator(sizes).eval().requires_grad_(False).to(device)
        side, channels = sizes.backbone.plane_resolution, sizes.backbone.plane_channels
        random = torch.Generator().manual_seed(0)
        features = torch.randn(1, 3, channels, side, side, generator=random)
        self._planes = TriPlane(features, sizes.render.box_side, sizes.render.plane_axes).to(device)
        w_plus = torch.randn(1, sizes.backbone.num_ws, sizes.backbone.w_dim, generator=random)
        self._w_plus = w_plus.to(device)
        self._views = _around(sizes)

    @torch.inference_mode()
    def frame(self, *, super_resolve: bool = True) -> None:
        camera = next(self._views).to(self._device)
        self._generator.render(self._planes, self._w_plus, camera, super_resolve=super_resolve)

    def stages(self, device: torch.device) -> dict[str, float]:
        """Seconds of both stages."""
        march = _median(lambda: self.frame(super_resolve=False), device)
        return {"march": march, "upscale": max(0.0, _median(self.frame, device) - march)}


def _random_photo(sizes: Preset) -> AlignedPhoto:
    side = sizes.image_size
    pixels = 2.0 * torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)) - 1.0
    return AlignedPhoto(
        pixels=pixels,
        camera=orbit(0.0, 0.0, rig=sizes.camera),
        source="random pixels",
        crop=Crop((side / 2, side / 2), float(side)),
        matte=None,
    )


def _around(sizes: Preset) -> Iterator[Camera]:
    """Another view each time: nothing can be remembered from the last one."""
    return (orbit(yaw, 0.1, rig=sizes.camera) for yaw in _endless(0.5))


def _endless(limit: float) -> Iterator[float]:
    """Numbers from -limit to limit, never one twice in a row."""
    return (limit * math.sin(0.7 * k) for k in itertools.count(1))


@dataclass(frozen=True, slots=True)
class _Time:
    wall: float
    busy: float


def longest_wait(work: Callable[[Callable[[], bool]], object]) -> float:
    """Seconds for which a cancel would wait at most: the longest time in which `work` does not ask.

    Args:
        work: Takes what it should ask, and does.
    """
    asked = [time.perf_counter()]

    def ask() -> bool:
        asked.append(time.perf_counter())
        return False

    work(ask)
    asked.append(time.perf_counter())
    return max(after - before for before, after in itertools.pairwise(asked))


def _timed(work: Callable[[], object], device: torch.device) -> _Time:
    start, busy = time.perf_counter(), time.process_time()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
    return _Time(time.perf_counter() - start, time.process_time() - busy)


def _median(work: Callable[[], object], device: torch.device) -> float:
    """Seconds: processor time on a CPU, which others cannot stretch, else wall time."""
    times = [_timed(work, device) for _ in range(3)]
    return statistics.median(each.busy if device.type == "cpu" else each.wall for each in times)


def _shares(seconds: Mapping[str, float]) -> dict[str, float]:
    total = sum(seconds.values())
    return {stage: each / total if total else 0.0 for stage, each in seconds.items()}


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan


def _machine(device: torch.device, load_before: float) -> Machine:
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 0,
        system=platform.platform(),
        python=platform.python_version(),
        torch=torch.__version__,
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
        threads=torch.get_num_threads(),
        load=(load_before, _load()),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
