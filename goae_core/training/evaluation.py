"""How well a model inverts heads it has never seen: the figures of its model card.

Held-out persons are rendered with yaw 0, +30 and -30 degrees as their first three views, +45 and -45 where
there are more. The first is put before a random background, photographed badly, and inverted like any
photograph, matte and all; the others show what was made of the sides. The camera that is inverted with is the
true one; what the program would have estimated is compared with it apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from goae_core.camera import Camera, orbit_angles
from goae_core.crop import Crop
from goae_core.evaluation.goals import GOALS, Figure
from goae_core.head_pose import PITCH_OFFSET, find_pose
from goae_core.inversion import Inversion
from goae_core.landmarks import find_faces
from goae_core.opencv import cv2
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline, compare
from goae_core.rendering.rays import sample_rays
from goae_core.training.head_batches import pooled_depth
from goae_core.training.heads_dataset import HeadsDataset, RenderedPerson
from goae_core.training.matting_stage import background
from goae_core.training.photo_degradation import ColorCast, draw_color_cast

VIEWS = {"input": 0, "yaw+30": 1, "yaw-30": 2}
"""Index of the views that all held-out data has."""
FAR_VIEWS = ("yaw+45", "yaw-45")
"""Views that newer held-out data has, too."""
_YAWS = (30, 45)
_NEAR_ENOUGH = 7.5
"""Degrees by which a view may miss the yaw it is counted for."""
_SAME_SURFACE = 0.015
"""World units by which a point may lie behind the photo's surface and still be what the photo saw."""


_TOLD = (
    ("psnr", ", PSNR", ".1f", " dB", "psnr"),
    ("detail_psnr", " with detail, PSNR", ".1f", " dB", "psnr"),
    ("ssim", ", SSIM", ".3f", "", ""),
    ("depth_error", ", depth error", ".4f", "", "views.depth"),
    ("iou", ", overlap of silhouettes", ".3f", "", ""),
    ("occluded_share", ", share the photo did not see", ".2f", "", ""),
    ("seen_psnr", ", what it saw, PSNR", ".1f", " dB", ""),
    ("occluded_psnr", ", what it did not see, PSNR", ".1f", " dB", ""),
    ("detail_occluded_psnr", " with detail, what it did not see, PSNR", ".1f", " dB", ""),
)
"""Of each view: field, what it is called, digits, unit, and which goal it has."""


@dataclass(frozen=True, slots=True)
class ViewFigures:
    """One view of one person; None where there is nothing to measure."""

    view: str
    psnr: float
    """Over the head, dB."""
    ssim: float
    depth_error: float | None
    """Mean absolute, world units, where truth and reconstruction are both more than half opaque."""
    iou: float
    """Of the silhouettes, opacity above one half."""
    detail_psnr: float | None = None
    """With the photo's detail in full, like every name that starts so."""
    seen_psnr: float | None = None
    """Over what the photo's view sees, too."""
    occluded_psnr: float | None = None
    """Over what the photo's view does not see."""
    detail_occluded_psnr: float | None = None
    occluded_share: float | None = None
    """Of the head's pixels."""


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One held-out person."""

    person: int
    views: tuple[ViewFigures, ...]
    yaw_error: float | None = None
    """Degrees, of the camera the program estimates, less the true one; None if it finds no face."""
    pitch_error: float | None = None


def evaluate(
    pipeline: Pipeline,
    dataset: HeadsDataset,
    *,
    persons: int = 64,
    seed: int = 0,
    done: Callable[[int], bool] = lambda person: False,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[PersonRecord]:
    """Invert held-out persons one after the other.

    Args:
        pipeline: The model.
        dataset: Held-out persons at the model's image size.
        persons: At most this many.
        seed: Of backgrounds and cameras; a person's do not depend on the others.
        done: Whether a person's record is there already; it is then left out.
        should_stop: Asked between persons.

    Yields:
        A record of each person.
    """
    for index, person in enumerate(dataset.persons[:persons]):
        if should_stop():
            return
        if done(index):
            continue
        rng = np.random.default_rng((seed, index))
        cast = draw_color_cast(1, rng, torch.device("cpu"))
        photo = degraded_photo(person, cast, rng, pipeline.device)
        views = judge(pipeline, pipeline.invert(photo), person, cast)
        yield PersonRecord(index, tuple(views), *_camera_error(photo, pipeline))


def figures_of(records: Sequence[PersonRecord]) -> list[Figure]:
    """The lines of the model card, means over persons and both sides; the camera's error is a median."""
    result = []
    named = (("input", ("input",)), *((f"±{yaw}°", (f"yaw+{yaw}", f"yaw-{yaw}")) for yaw in _YAWS))
    for text, names in named:
        rows = [view for record in records for view in record.views if view.view in names]
        if not rows:
            continue
        key = f"views.{text.strip('±°')}"

        for field, what, form, unit, goal in _TOLD:
            values = [value for value in (getattr(view, field) for view in rows) if value is not None]
            if values:
                limit = GOALS.get(f"{key}.psnr" if goal == "psnr" else goal)
                mean = float(np.mean(values))
                result.append(Figure(f"{key}.{field}", text + what, mean, len(values), form, unit, limit))
    return [*result, *_camera_figures(records)]


def summary(records: Sequence[PersonRecord]) -> dict[str, dict[str, float]]:
    """Means by view, as `goae train evaluate` has always written them."""
    result: dict[str, dict[str, float]] = {}
    for view in (*VIEWS, *FAR_VIEWS):
        rows = [row for record in records for row in record.views if row.view == view]
        if rows:
            names = ("psnr", "ssim", "depth_error", "iou")
            columns = {name: [getattr(row, name) for row in rows] for name in names}
            result[view] = {name: _mean(values) for name, values in columns.items()}
    return result


def held_out_photo(person: RenderedPerson, rng: np.random.Generator, device: torch.device) -> AlignedPhoto:
    """A person's first view before a soft random background, with its true camera.

    Args:
        person: Held out.
        rng: Draws the background.
        device: Of the pixels.
    """
    pixels = _before_background(person, rng).to(device)
    return AlignedPhoto(pixels, _camera(person, 0), "held-out head", Crop((0.5, 0.5), 1.0))


def degraded_photo(
    person: RenderedPerson, cast: ColorCast, rng: np.random.Generator, device: torch.device
) -> AlignedPhoto:
    """A person's first view as a stranger's photograph might show it, with its true camera.

    Its colours have a cast, there is a structured background, the crop is a little off, and the camera adds
    vignette, blur, few pixels, noise and JPEG, each to a share of the photographs.

    Args:
        person: Held out.
        cast: Of the colours of the head; the truth to compare with has it, too.
        rng: Decides all else.
        device: Of the pixels.
    """
    side = person.matte.shape[-1]
    color = cast.apply((_picture(person.foreground[0, 0]) + 1) / 2)
    matte = _coverage(person.matte[0])
    random = torch.Generator().manual_seed(int(rng.integers(2**62)))
    pixels = _photographed(color + (1 - matte) * background(1, side, random), rng)
    return AlignedPhoto(
        (pixels * 2 - 1).to(device), _camera(person, 0), "held-out head", Crop((0.5, 0.5), 1.0)
    )


def judge(
    pipeline: Pipeline, inversion: Inversion, person: RenderedPerson, cast: ColorCast | None = None
) -> list[ViewFigures]:
    """Compare a head with the truth in all views whose yaw is one of those that figures are told of.

    Args:
        pipeline: The model.
        inversion: Of `held_out_photo` or `degraded_photo`; its own camera, corrected or not, draws the input
            view, the true ones draw the others.
        person: The truth.
        cast: What the photo did to its colours.

    Returns:
        The input view first, then those of `VIEWS` and `FAR_VIEWS` that there are.
    """
    portrait = pipeline.portrait(inversion)
    result = []
    for name, view in judged_views(person).items():
        camera = inversion.photo.camera if view == VIEWS["input"] else _camera(person, view)
        rendering, detailed = pipeline.look(portrait, camera.to(pipeline.device), details=(0.0, 1.0))
        truth = _picture(person.foreground[0, view])
        truth = truth if cast is None else cast.apply((truth + 1) / 2) * 2 - 1
        truth = truth.to(pipeline.device)
        matte = _coverage(person.matte[view]).to(pipeline.device)
        figures = compare(truth, rendering.image, matte)
        factor = truth.shape[-1] // rendering.depth.shape[-1]
        depth = torch.from_numpy(person.depth[view].astype(np.float32))[None, None].to(pipeline.device)
        coarse = pooled_depth(depth, factor)
        solid, found = F.avg_pool2d(matte, factor) > 0.5, rendering.opacity > 0.5
        both = (coarse > 0) & solid & found
        error = float((rendering.depth - coarse).abs()[both].mean()) if both.any() else None
        iou = (solid & found).sum() / (solid | found).sum().clamp_min(1)
        hidden = None
        if view != VIEWS["input"]:
            seen = torch.from_numpy(seen_by_photo(person, view))[None, None].to(pipeline.device)
            hidden = matte * ~seen
        result.append(
            ViewFigures(
                name,
                figures["psnr"],
                figures["ssim"],
                error,
                float(iou),
                detail_psnr=_psnr(truth, detailed.image, matte),
                seen_psnr=None if hidden is None else _psnr(truth, rendering.image, matte - hidden),
                occluded_psnr=None if hidden is None else _psnr(truth, rendering.image, hidden),
                detail_occluded_psnr=None if hidden is None else _psnr(truth, detailed.image, hidden),
                occluded_share=None if hidden is None else float(hidden.sum() / matte.sum().clamp_min(1)),
            )
        )
    return result


def judged_views(person: RenderedPerson) -> dict[str, int]:
    """Which of a person's views are judged, by name: the first, and one for each yaw of ±30 and ±45."""
    found = {"input": 0}
    angles = [math.degrees(orbit_angles(_camera(person, view)).yaw) for view in range(person.views)]
    for yaw in _YAWS:
        for wanted in (yaw, -yaw):
            near = [view for view in range(1, person.views) if abs(angles[view] - wanted) <= _NEAR_ENOUGH]
            if near:
                found[f"yaw{wanted:+d}"] = min(near, key=lambda view: abs(angles[view] - wanted))
    return found


def seen_by_photo(person: RenderedPerson, view: int) -> NDArray[np.bool_]:
    """Which pixels of a view show a surface that the first view sees, too, (R, R).

    A surface point is seen if in the first view its place, or a neighbour of it, is covered by something not
    nearer than the point itself.

    Args:
        person: The truth.
        view: Index; pixels without a surface are not seen.
    """
    side = person.depth.shape[-1]
    rays = sample_rays(_camera(person, view), side)
    depth = torch.from_numpy(person.depth[view].astype(np.float32)).reshape(-1, 1)
    points = rays.origins[0] + depth * rays.directions[0]  # (R*R, 3)
    first = _camera(person, 0)
    pose, intrinsics = first.cam_to_world[0], first.intrinsics[0]
    local = (points - pose[:3, 3]) @ pose[:3, :3]
    frame = local @ intrinsics.T
    column, row = (frame[:, :2] / frame[:, 2:].clamp_min(1e-6) * side).long().unbind(dim=1)
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side) & (local[:, 2] > 0)
    shown = torch.from_numpy(person.depth[0].astype(np.float32))
    # a neighbour's depth counts: a point on a slope falls between two pixels of the photo
    farthest = F.max_pool2d(shown[None, None], 3, stride=1, padding=1)[0, 0]
    reach = farthest[row.clamp(0, side - 1), column.clamp(0, side - 1)]
    seen = inside & (reach > 0) & (local.norm(dim=1) <= reach + _SAME_SURFACE) & (depth[:, 0] > 0)
    result: NDArray[np.bool_] = seen.reshape(side, side).numpy()
    return result


def _camera_error(photo: AlignedPhoto, pipeline: Pipeline) -> tuple[float | None, float | None]:
    """Degrees by which yaw and pitch of the estimated camera are off; none where no face is found."""
    pixels = ((photo.pixels[0].permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).byte().cpu().numpy()
    face = next((face for face in find_faces(pixels) if face.faces_camera), None)
    if face is None:
        return None, None
    pose, true = find_pose(pixels, face.landmarks, pipeline.preset.camera), orbit_angles(photo.camera)
    return math.degrees(pose.yaw - true.yaw), math.degrees(pose.pitch - true.pitch)


def _camera_figures(records: Sequence[PersonRecord]) -> list[Figure]:
    yaw = [abs(record.yaw_error) for record in records if record.yaw_error is not None]
    pitch = [record.pitch_error for record in records if record.pitch_error is not None]
    rendered = [abs(error - math.degrees(PITCH_OFFSET)) for error in pitch]
    goal = GOALS["camera.synthetic"]
    unfound = len(records) - len(yaw)
    note = f"no face found in {unfound}" if unfound else ""
    offset = f"less the {math.degrees(PITCH_OFFSET):.0f}° that real photographs need"
    return [
        Figure("camera.synthetic.yaw", "camera, yaw", _median(yaw), len(yaw), ".1f", "°", goal, note),
        Figure(
            "camera.synthetic.pitch",
            "camera, pitch",
            _median([abs(error) for error in pitch]),
            len(pitch),
            ".1f",
            "°",
            goal,
            note,
        ),
        Figure(
            "camera.synthetic.pitch_rendered",
            "camera, pitch as of a rendered head",
            _median(rendered),
            len(rendered),
            ".1f",
            "°",
            goal,
            offset,
        ),
    ]


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else math.nan


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else math.nan


def _psnr(truth: Tensor, image: Tensor, weight: Tensor) -> float | None:
    """Decibels over a weight; None where it covers less than a few pixels."""
    total = float(weight.sum())
    if total < 16:
        return None
    error = (truth - image.clamp(-1.0, 1.0)).square().mean(dim=1, keepdim=True)
    return 10.0 * math.log10(4.0 / max(float((error * weight).sum()) / total, 1e-12))


def _camera(person: RenderedPerson, view: int) -> Camera:
    return Camera.from_label(torch.from_numpy(person.camera[view : view + 1].copy()))


def _picture(foreground: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(foreground.astype(np.float32)).permute(2, 0, 1)[None] / 127.5 - 1


def _coverage(matte: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(matte.astype(np.float32))[None, None] / 255


def _before_background(person: RenderedPerson, rng: np.random.Generator) -> Tensor:
    """The first view before a soft random background, (1, 3, R, R) in [-1, 1]."""
    side = person.matte.shape[-1]
    coarse = torch.from_numpy(rng.uniform(0, 1, (1, 3, 6, 6))).float()
    behind = F.interpolate(coarse, (side, side), mode="bicubic", align_corners=False).clamp(0, 1)
    matte = _coverage(person.matte[0])
    color = (_picture(person.foreground[0, 0]) + 1) / 2
    return (color + (1 - matte) * behind) * 2 - 1


def _photographed(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """A whole picture (1, 3, R, R) in [0, 1] as crop, lens, sensor and file leave it."""
    side = picture.shape[-1]
    pixels = np.ascontiguousarray(picture[0].permute(1, 2, 0).numpy())
    pixels = _misplaced(pixels, rng)
    if rng.random() < 0.3:  # vignette
        ticks = (np.arange(side) + 0.5) / side * 2 - 1
        fall = 1 - rng.uniform(0.05, 0.3) * (ticks[:, None] ** 2 + ticks[None] ** 2) / 2
        pixels = pixels * fall[..., None].astype(np.float32)
    if rng.random() < 0.35:  # few pixels
        small = int(side * rng.uniform(0.35, 0.8))
        pixels = cv2.resize(pixels, (small, small), interpolation=cv2.INTER_AREA)
        pixels = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.35:
        pixels = cv2.GaussianBlur(pixels, (0, 0), side / 256 * rng.uniform(0.4, 1.4))
    if rng.random() < 0.5:
        noise = rng.standard_normal(pixels.shape, dtype=np.float32)
        pixels = pixels + noise * np.float32(rng.uniform(0.005, 0.04))
    pixels = np.asarray(pixels, np.float32).clip(0, 1)
    if rng.random() < 0.5:
        levels = np.rint(pixels * 255).astype(np.uint8)
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 92))]
        _, data = cv2.imencode(".jpg", np.ascontiguousarray(levels[..., ::-1]), quality)
        pixels = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1].astype(np.float32) / 255
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None]


def _misplaced(pixels: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """As an estimated crop is off: deviations of 2 % in size, 1 degree in turn and 0.7 % in place."""
    side = pixels.shape[0]
    scale, turn = math.exp(rng.normal(0, 0.02)), math.degrees(rng.normal(0, 0.018))
    matrix = cv2.getRotationMatrix2D((side / 2 - 0.5, side / 2 - 0.5), turn, scale)
    matrix[:, 2] += rng.normal(0, 0.007, 2) * side
    moved = cv2.warpAffine(pixels, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.float32)
