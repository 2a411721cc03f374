"""What is measured on photographs: how close a head comes to its photo, whether it is the person, its camera.

Two kinds of photographs: crops whose cameras somebody published, for the input view and the camera; and any
others, cropped and aligned by the program, for identity.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from goae_core.camera import Camera, orbit, orbit_angles
from goae_core.evaluation.goals import GOALS, Figure
from goae_core.evaluation.identity import describe, describe_head, distance, expected_face
from goae_core.evaluation.photographs import Subject
from goae_core.inversion import Inversion
from goae_core.photo import aligned_photo
from goae_core.pipeline import Pipeline

TURN = math.radians(25.0)
"""By how much the head is turned to either side of the photo's view to ask whether it is still the person."""
_HALVES = {"report": "even rows", "tune": "odd rows, these may tune"}


@dataclass(frozen=True, slots=True)
class CropRecord:
    """A crop with a published camera; differences over the head's matte, of values in [-1, 1]."""

    file: str
    mse: float
    """Of the model's own picture, with AFA, without the photo's detail."""
    psnr: float
    ssim: float
    detail_mse: float
    """With the photo's detail in full, like the next two."""
    detail_psnr: float
    detail_ssim: float
    yaw_error: float
    """Degrees, estimated less published; like the next two."""
    pitch_error: float
    roll_error: float


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """Distances of the descriptor between a face in a photo and renders of its head.

    Distances are None where nothing was measured: `failure` says why, or the face is too small.
    """

    file: str
    row: int
    face: int = 0
    side: float = 0.0
    """Pixels of the photo across the crop."""
    yaw: float = 0.0
    """Degrees, estimated."""
    pitch: float = 0.0
    """Degrees, estimated."""
    input: float | None = None
    """From the photo's own view, without the photo's detail."""
    input_detail: float | None = None
    side_views: tuple[float, ...] = ()
    """Turned by `TURN` to either side, without detail."""
    side_views_detail: tuple[float, ...] = ()
    unfound: tuple[str, ...] = ()
    """Renders in which no face was found; they were described where the face must be."""
    failure: str = ""
    """Why the photograph gave no face."""


def measure_crop(pipeline: Pipeline, path: Path, published: Camera) -> CropRecord:
    """Invert a crop with its published camera, and see which camera the program would have taken.

    Raises:
        PhotoError: If the file cannot be used.
    """
    photo = aligned_photo(path, pipeline.preset, aligned=True, camera=published)
    found = pipeline.figures(pipeline.invert(photo))
    estimated = orbit_angles(aligned_photo(path, pipeline.preset, aligned=True).camera)
    true = orbit_angles(published)
    errors = [
        math.degrees(math.remainder(mine - theirs, 2 * math.pi))
        for mine, theirs in (
            (estimated.yaw, true.yaw),
            (estimated.pitch, true.pitch),
            (estimated.roll, true.roll),
        )
    ]
    names = ("mse", "psnr", "ssim", "detail_mse", "detail_psnr", "detail_ssim")
    return CropRecord(path.name, *(round(found[name], 5) for name in names), *(round(e, 3) for e in errors))


def measure_face(pipeline: Pipeline, subject: Subject, inversion: Inversion) -> FaceRecord:
    """Ask the descriptor whether a head is the person, from the photo's view and turned to either side."""
    rig, size = pipeline.preset.camera, pipeline.preset.image_size
    photo = _photo_pixels(subject)
    person = describe(photo, subject.face)
    portrait = pipeline.portrait(inversion)
    plain: list[float] = []
    detailed: list[float] = []
    unfound: list[str] = []
    for turn in (0.0, TURN, -TURN):
        yaw = subject.yaw + turn
        expected = expected_face(size, yaw, subject.pitch, rig)
        renderings = pipeline.look(portrait, orbit(yaw, subject.pitch, rig=rig), details=(0.0, 1.0))
        for name, rendering, distances in zip(
            ("plain", "detail"), renderings, (plain, detailed), strict=True
        ):
            seen = describe_head(pipeline.picture(rendering), expected)
            distances.append(round(distance(person, seen), 4))
            if not seen.found:
                unfound.append(f"{math.degrees(turn):+.0f} {name}")
    return FaceRecord(
        file=subject.listed.path.name,
        row=subject.listed.row,
        face=subject.number,
        side=round(subject.photo.crop.side, 1),
        yaw=round(math.degrees(subject.yaw), 2),
        pitch=round(math.degrees(subject.pitch), 2),
        input=plain[0],
        input_detail=detailed[0],
        side_views=tuple(plain[1:]),
        side_views_detail=tuple(detailed[1:]),
        unfound=tuple(unfound),
    )


def crop_figures(records: Sequence[CropRecord]) -> list[Figure]:
    """Means over the crops, and medians of the camera's error."""

    def mean(name: str) -> float:
        return float(np.mean([getattr(record, name) for record in records])) if records else math.nan

    def median(name: str) -> float:
        return float(np.median([abs(getattr(record, name)) for record in records])) if records else math.nan

    count = len(records)
    typical = f"median {np.median([record.mse for record in records]):.4f}" if records else ""
    labels = GOALS["camera.labels"]
    return [
        Figure("input.mse", "input view, MSE", mean("mse"), count, ".4f", "", GOALS["input.mse"], typical),
        Figure("input.psnr", "input view, PSNR", mean("psnr"), count, ".1f", " dB"),
        Figure("input.ssim", "input view, SSIM", mean("ssim"), count, goal=GOALS["input.ssim"]),
        Figure(
            "input.detail_psnr",
            "input view with detail, PSNR",
            mean("detail_psnr"),
            count,
            ".1f",
            " dB",
            GOALS["input.detail_psnr"],
        ),
        Figure("input.detail_ssim", "input view with detail, SSIM", mean("detail_ssim"), count),
        Figure("camera.labels.yaw", "camera, yaw", median("yaw_error"), count, ".1f", "°", labels),
        Figure("camera.labels.pitch", "camera, pitch", median("pitch_error"), count, ".1f", "°", labels),
        Figure("camera.labels.roll", "camera, roll", median("roll_error"), count, ".1f", "°"),
    ]


def face_figures(records: Sequence[FaceRecord]) -> list[Figure]:
    """Medians of the descriptor's distance: even rows, which are reported, then odd rows, which may tune."""
    result = []
    for half, rows in _HALVES.items():
        mine = [r for r in records if r.input is not None and (r.row % 2 == 1) == (half == "tune")]
        unfound = [name for record in mine for name in record.unfound]
        for key, text in (
            ("input", "identity, input view"),
            ("side", "identity, turned by 25°"),
            ("input_detail", "identity with detail, input view"),
            ("side_detail", "identity with detail, turned by 25°"),
        ):
            values = [value for record in mine for value in _distances(record, key)]
            way = "detail" if key.endswith("detail") else "plain"
            missing = sum(
                name.endswith(way) and name.startswith("+0") == key.startswith("input") for name in unfound
            )
            note = f"{rows}; mean {np.mean(values):.3f}" if values else rows
            result.append(
                Figure(
                    f"identity.{key}.{half}",
                    text,
                    float(np.median(values)) if values else math.nan,
                    len(values),
                    goal=GOALS[f"identity.{key}"],
                    note=f"{note}; no face found in {missing}" if missing else note,
                )
            )
    return result


def caption(subject: Subject, record: FaceRecord | None) -> str:
    """What stands under a row of the contact sheets: the camera, and distances of the descriptor."""
    text = (
        f"row {subject.listed.row}, yaw {math.degrees(subject.yaw):+.0f}, "
        f"pitch {math.degrees(subject.pitch):+.0f}, crop of {subject.photo.crop.side:.0f} pixels"
    )
    if record is None or record.input is None or record.input_detail is None:
        return text
    sides, detailed = np.mean(record.side_views), np.mean(record.side_views_detail)
    return (
        f"{text}, identity {record.input:.2f} (turned {sides:.2f}), "
        f"with detail {record.input_detail:.2f} (turned {detailed:.2f})"
    )


def _distances(record: FaceRecord, key: str) -> tuple[float, ...]:
    one = {"input": record.input, "input_detail": record.input_detail}
    if key in one:
        value = one[key]
        return () if value is None else (value,)
    return record.side_views if key == "side" else record.side_views_detail


def _photo_pixels(subject: Subject) -> np.typing.NDArray[np.uint8]:
    pixels = (subject.photo.pixels[0].permute(1, 2, 0) + 1.0) * 127.5
    result: np.typing.NDArray[np.uint8] = pixels.round().clamp(0, 255).byte().cpu().numpy()
    return result
