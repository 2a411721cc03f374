"""What test-time optimisation gains, and what it costs where the photo says nothing.

Held-out persons are optimised from their first view and judged from the sides, where the truth is known;
photographs are judged at their own view. Cameras can be put wrong on purpose, as estimates are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from goae_core.camera import Camera, orbit_angles
from goae_core.camera_refinement import corrected
from goae_core.inversion import Inversion
from goae_core.optimisation import OptimisationRequest, Optimised, optimise
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline
from goae_core.training.evaluation import VIEWS, ViewFigures, held_out_photo, judge
from goae_core.training.heads_dataset import RenderedPerson

_SPREAD = (1.0, 1.0, 0.3, 0.5, 0.2, 0.2)
"""Of a wrong camera, for an error of 1: yaw, pitch, roll and log focal length in radians, place in sides."""


@dataclass(frozen=True, slots=True)
class CameraError:
    """How far a camera is from the true one; signed but for the first."""

    angle: float
    """Between the directions in which they look, degrees."""
    yaw: float
    """Degrees."""
    pitch: float
    """Degrees."""
    roll: float
    """Degrees."""
    zoom: float
    """Of the focal length, share."""
    shift: float
    """Of the principal point, image sides."""

    @classmethod
    def of(cls, camera: Camera, true: Camera) -> CameraError:
        """Compare two cameras, B = 1 each."""
        own, other = orbit_angles(camera), orbit_angles(true)
        off = camera.intrinsics[0].cpu() - true.intrinsics[0].cpu()
        return cls(
            angle(camera, true),
            math.degrees(own.yaw - other.yaw),
            math.degrees(own.pitch - other.pitch),
            math.degrees(own.roll - other.roll),
            float(off[0, 0] / true.intrinsics[0, 0, 0]),
            float(off[:2, 2].norm()),
        )


@dataclass(frozen=True, slots=True)
class Gain:
    """One person before and after.

    Attributes:
        index: Of the person.
        before: Figures of each view.
        after: The same, optimised.
        camera_before: Of the camera that was given.
        camera_after: The same, optimised.
        improved: Whether anything was changed.
        moved: Way of w+, in deviations.
        steps: Taken in each stage.
        seconds: Wall time.
    """

    index: int
    before: tuple[ViewFigures, ...]
    after: tuple[ViewFigures, ...]
    camera_before: CameraError
    camera_after: CameraError
    improved: bool
    moved: float
    steps: tuple[int, int]
    seconds: float


def measure(
    pipeline: Pipeline,
    persons: Sequence[RenderedPerson],
    request: OptimisationRequest,
    *,
    camera_error: float = 0.0,
    seed: int = 0,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Gain]:
    """Optimise held-out persons one after the other.

    Args:
        pipeline: The model.
        persons: Held out, at the model's image size.
        request: What to spend on each.
        camera_error: Standard deviation of yaw and pitch of the camera that is given, degrees; roll, zoom and
            place go wrong in proportion.
        seed: Of backgrounds and cameras.
        should_stop: Asked often.

    Yields:
        What was gained for each.
    """
    rng = np.random.default_rng(seed)
    for index, person in enumerate(persons):
        photo = held_out_photo(person, rng, pipeline.device)
        true = photo.camera
        photo = replace(photo, camera=mistaken(true, math.radians(camera_error), rng))
        inversion = pipeline.invert(photo, should_stop=should_stop)
        outcome = optimised(pipeline, inversion, request, should_stop)
        yield Gain(
            index=index,
            before=tuple(judge(pipeline, inversion, person)),
            after=tuple(judge(pipeline, outcome.inversion, person)),
            camera_before=CameraError.of(photo.camera, true),
            camera_after=CameraError.of(outcome.inversion.photo.camera, true),
            improved=outcome.improved,
            moved=outcome.moved,
            steps=outcome.steps,
            seconds=outcome.seconds,
        )


def optimised(
    pipeline: Pipeline,
    inversion: Inversion,
    request: OptimisationRequest,
    should_stop: Callable[[], bool],
) -> Optimised:
    """Optimise to the end."""
    outcome = None
    for news in optimise(pipeline, inversion, request, should_stop):
        outcome = news.outcome
    assert outcome is not None  # the last news has it
    return outcome


def mistaken(camera: Camera, deviation: float, rng: np.random.Generator) -> Camera:
    """A camera as an estimate might have it.

    Args:
        camera: The true one, B = 1, on its rig's orbit.
        deviation: Of yaw and pitch, radians.
        rng: Draws the error.
    """
    return corrected(camera, deviation * np.asarray(_SPREAD) * rng.standard_normal(6))


def angle(camera: Camera, other: Camera) -> float:
    """Degrees between the directions in which two cameras look."""
    one, two = (each.cam_to_world[0, :3, 2].double().cpu() for each in (camera, other))
    # By the sine: the cosine of small angles is one.
    return math.degrees(math.atan2(float(torch.linalg.cross(one, two).norm()), float(one @ two)))


def table(gains: Sequence[Gain]) -> list[str]:
    """Lines of text: each view before and after, means over persons, and the camera's errors, medians."""
    lines = [
        f"{len(gains)} persons, {np.mean([g.seconds for g in gains]):.0f} s and "
        f"{np.mean([sum(g.steps) for g in gains]):.0f} steps each; "
        f"{sum(g.improved for g in gains)} improved; "
        f"w+ went {np.mean([g.moved for g in gains]):.2f} deviations",
        f"{'view':<8} {'PSNR':>15} {'worst':>7} {'SSIM':>17} {'depth error':>17} {'IoU':>17}  "
        "PSNR fell by over 0.2 dB",
    ]
    for k, view in enumerate(VIEWS):
        pairs = [(g.before[k], g.after[k]) for g in gains]
        cells = [
            f"{_mean([getattr(b, name) for b, _ in pairs]):{form}} -> "
            f"{_mean([getattr(a, name) for _, a in pairs]):{form}}"
            for name, form in (("psnr", ".2f"), ("ssim", ".3f"), ("depth_error", ".4f"), ("iou", ".3f"))
        ]
        changes = [a.psnr - b.psnr for b, a in pairs]
        lines.append(
            f"{view:<8} {cells[0]:>15} {min(changes):>+7.2f} {cells[1]:>17} {cells[2]:>17} {cells[3]:>17}  "
            f"{sum(change < -0.2 for change in changes)}"
        )
    lines.append(
        f"{'camera':<8} {'angle':>15} {'worst':>7} {'yaw':>15} {'pitch':>15} {'roll':>15} "
        f"{'zoom':>17} {'shift':>17}"
    )
    cells = [
        f"{np.median([abs(getattr(g.camera_before, name)) for g in gains]):{form}} -> "
        f"{np.median([abs(getattr(g.camera_after, name)) for g in gains]):{form}}"
        for name, form in (
            ("angle", ".2f"),
            ("yaw", ".2f"),
            ("pitch", ".2f"),
            ("roll", ".2f"),
            ("zoom", ".3f"),
            ("shift", ".4f"),
        )
    ]
    worst = max(g.camera_after.angle - g.camera_before.angle for g in gains)
    lines.append(
        f"{'off by':<8} {cells[0]:>15} {worst:>+7.2f} {cells[1]:>15} {cells[2]:>15} {cells[3]:>15} "
        f"{cells[4]:>17} {cells[5]:>17}"
    )
    return lines


def person_line(gain: Gain) -> str:
    """One person: what each view gained, and the camera."""
    changes = "  ".join(
        f"{before.view} {before.psnr:.1f} {after.psnr - before.psnr:+.2f}"
        for before, after in zip(gain.before, gain.after, strict=True)
    )
    return (
        f"person {gain.index:<4} {changes} dB  camera {gain.camera_before.angle:.1f} -> "
        f"{gain.camera_after.angle:.1f} degrees off  w+ {gain.moved:.2f}  {gain.seconds:.0f} s"
    )


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else math.nan


def photo_line(name: str, photo: AlignedPhoto, outcome: Optimised) -> str:
    """One photograph before and after."""
    before, after = outcome.before, outcome.after
    was, now = orbit_angles(photo.camera), orbit_angles(outcome.inversion.photo.camera)
    return (
        f"{name:<28} mse {before.mse:.4f} -> {after.mse:.4f}  {before.psnr:.1f} -> {after.psnr:.1f} dB  "
        f"ssim {before.ssim:.3f} -> {after.ssim:.3f}  iou {before.iou:.3f} -> {after.iou:.3f}  "
        f"yaw {math.degrees(was.yaw):+.1f} -> {math.degrees(now.yaw):+.1f}  "
        f"pitch {math.degrees(was.pitch):+.1f} -> {math.degrees(now.pitch):+.1f}  {outcome.seconds:.0f} s"
    )
