"""What test-time optimisation gains, and what it costs where the photo says nothing.

Held-out persons are optimised from their first view and judged from the sides, where the truth is known;
photographs are judged at their own view. Cameras can be put wrong on purpose, as estimates are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from goae_core.camera import Camera, orbit, orbit_angles
from goae_core.inversion import Inversion
from goae_core.optimisation import OptimisationRequest, Optimised, optimise
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline
from goae_core.training.evaluation import VIEWS, ViewFigures, held_out_photo, judge
from goae_core.training.heads_dataset import RenderedPerson

_SPREAD = (1.0, 1.0, 0.3, 0.5, 0.2, 0.2)
"""Of a wrong camera, for an error of 1: yaw, pitch, roll and log focal length in radians, place in sides."""


@dataclass(frozen=True, slots=True)
class Gain:
    """One person before and after.

    Attributes:
        index: Of the person.
        before: Figures of each view.
        after: The same, optimised.
        angle_before: Degrees between the camera given and the true one.
        angle_after: The same, optimised.
        improved: Whether anything was changed.
        moved: Way of w+, in deviations.
        steps: Taken in each stage.
        seconds: Wall time.
    """

    index: int
    before: tuple[ViewFigures, ...]
    after: tuple[ViewFigures, ...]
    angle_before: float
    angle_after: float
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
            angle_before=angle(photo.camera, true),
            angle_after=angle(outcome.inversion.photo.camera, true),
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
    yaw, pitch, roll, zoom, right, down = deviation * np.asarray(_SPREAD) * rng.standard_normal(6)
    angles = orbit_angles(camera)
    now = orbit(angles.yaw + yaw, angles.pitch + pitch, angles.roll + roll, radius=angles.radius)
    was = orbit(angles.yaw, angles.pitch, angles.roll, radius=angles.radius)
    pose = now.cam_to_world @ was.cam_to_world.inverse() @ camera.cam_to_world
    intrinsics = camera.intrinsics.clone()
    intrinsics[:, [0, 1], [0, 1]] *= math.exp(zoom)
    intrinsics[:, 0, 2] += right
    intrinsics[:, 1, 2] += down
    return Camera(pose, intrinsics)


def angle(camera: Camera, other: Camera) -> float:
    """Degrees between the directions in which two cameras look."""
    cosine = (camera.cam_to_world[0, :3, 2].cpu() * other.cam_to_world[0, :3, 2].cpu()).sum()
    return math.degrees(math.acos(min(1.0, float(cosine))))


def table(gains: Sequence[Gain]) -> list[str]:
    """Means over persons as lines: each view before and after, and how many views got worse."""
    lines = [
        f"{len(gains)} persons, {np.mean([g.seconds for g in gains]):.0f} s and "
        f"{np.mean([sum(g.steps) for g in gains]):.0f} steps each; "
        f"{sum(g.improved for g in gains)} improved; "
        f"w+ went {np.mean([g.moved for g in gains]):.2f} deviations; "
        f"camera {np.median([g.angle_before for g in gains]):.2f} -> "
        f"{np.median([g.angle_after for g in gains]):.2f} degrees off (median)",
        f"{'view':<8} {'PSNR':>15} {'SSIM':>17} {'depth error':>17} {'IoU':>17}  PSNR fell by over 0.2 dB",
    ]
    for k, view in enumerate(VIEWS):
        pairs = [(g.before[k], g.after[k]) for g in gains]
        cells = [
            f"{_mean([getattr(b, name) for b, _ in pairs]):{form}} -> "
            f"{_mean([getattr(a, name) for _, a in pairs]):{form}}"
            for name, form in (("psnr", ".2f"), ("ssim", ".3f"), ("depth_error", ".4f"), ("iou", ".3f"))
        ]
        worse = sum(a.psnr < b.psnr - 0.2 for b, a in pairs)
        lines.append(f"{view:<8} {cells[0]:>15} {cells[1]:>17} {cells[2]:>17} {cells[3]:>17}  {worse}")
    return lines


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
