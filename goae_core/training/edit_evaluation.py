"""What every edit does to pictures, measured: leakage, calibration, monotony, identity.

Heads are those of held-out persons, through the mapping network; edited, rendered, and read by a judge: an
attribute network that has seen none of the persons, and none of the weights, that the directions were made
with.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from goae_core.camera import Camera
from goae_core.editing import EditDirection
from goae_core.errors import PhotoError, TrainingError
from goae_core.landmarks import describe_face, find_faces
from goae_core.training.contact_sheet import grid, to_bytes
from goae_core.training.head_reading import HeadReader, reading_cameras
from goae_core.training.reported_work import Report, silent

Floats = NDArray[np.float64]

FALL = 0.03
"""Deviations by which a reading may fall between neighbouring strengths and still count as standing still."""
RANGE_STEPS = 3
"""Strengths to either side of zero at which a slider's range is looked at."""
_GREY = 128
_CELL = 44
_MARGIN = 118


@dataclass(frozen=True, slots=True, eq=False)
class EditFigures:
    """Figures of K directions, of which pictures tell the labels of L.

    Attributes:
        names: Directions, K.
        labels: Readings, L.
        change: (K, L), mean change of each reading by one unit of each direction, measured from -1 to +1.
        curves: (K, 2 * RANGE_STEPS + 1), mean change of the own reading over the slider's range; not a number
            for directions whose label is not told.
        limits: (K,), ends of the range.
        monotone: (K,), share of heads on which the own reading rises over the whole range.
        identity: By direction, the descriptor's distance between the head before and after one unit, mean of
            both sides.
        added_distance: By direction, what one unit adds to the descriptor's distance from the head's own
            rendered truth, mean of both sides; empty where there is none.
        persons: Heads measured.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    change: Floats
    curves: Floats
    limits: Floats
    monotone: Floats
    persons: int
    identity: dict[str, float] = field(default_factory=dict)
    added_distance: dict[str, float] = field(default_factory=dict)

    def own(self, name: str) -> float:
        """Change of a direction's own label; not a number if pictures do not tell it."""
        if name not in self.labels:
            return float("nan")
        return float(self.change[self.names.index(name), self.labels.index(name)])

    def leakage(self) -> Floats:
        """Change of every reading as a share of the own label's, which is 1, (K, L).

        Rows of directions whose label is not told are not a number.
        """
        own = np.array([self.own(name) for name in self.names])
        result: Floats = self.change / np.where(np.abs(own) > 0.05, own, np.nan)[:, None]
        return result

    def off_diagonal(self) -> Floats:
        """(K,), mean absolute leakage of each direction into the other labels."""
        table = np.abs(self.leakage())
        for k, name in enumerate(self.names):
            if name in self.labels:
                table[k, self.labels.index(name)] = np.nan
        count = np.maximum(np.isfinite(table).sum(axis=1), 1)
        means = np.nansum(table, axis=1) / count
        result: Floats = np.where(np.isfinite(table).any(axis=1), means, np.nan)
        return result


def measure_edits(
    judge: HeadReader,
    directions: Sequence[EditDirection],
    w_plus: Tensor,
    *,
    curve_heads: int = 16,
    identity_heads: int = 8,
    truth: Sequence[NDArray[np.uint8]] = (),
    report: Report = silent,
) -> EditFigures:
    """Edit heads and read what changed.

    Args:
        judge: Reads; had no part in making the directions.
        directions: K of them.
        w_plus: Heads, (M, N, W).
        curve_heads: How many of them are taken through each slider's whole range.
        identity_heads: How many are described by the face descriptor, from the front; 0 does without.
        truth: Frontal pictures (R, R, 3) of the first heads as they should be, for `added_distance`.
        report: Hears of progress; may raise to stop.

    Raises:
        TrainingError: If there is no direction or no head.
    """
    if not directions or len(w_plus) == 0:
        raise TrainingError(
            "there is nothing to measure: the model has no directions, or there are no persons; "
            "run 'goae train directions' first and name a folder of persons with --data"
        )
    shown = [judge.labels.index(name) for name in judge.readable]
    labels = tuple(judge.readable)
    names = tuple(direction.name for direction in directions)
    rig = judge.generator.preset.camera
    camera = reading_cameras(len(w_plus), rig)
    few = w_plus[:curve_heads]
    few_camera = reading_cameras(len(few), rig)
    at_rest = judge.read(few, few_camera)[:, shown].double().numpy()
    change, curves, monotone = [], [], []
    for k, direction in enumerate(directions):
        report(f"{direction.name}: one unit", 0.9 * k / len(directions))
        step = direction.offset.cpu()
        ends = [judge.read(w_plus + sign * step, camera)[:, shown].double().numpy() for sign in (-1.0, 1.0)]
        change.append((ends[1] - ends[0]).mean(axis=0) / 2)
        if direction.name not in labels:
            curves.append(np.full(2 * RANGE_STEPS + 1, np.nan))
            monotone.append(np.nan)
            continue
        report(f"{direction.name}: its range", 0.9 * (k + 0.5) / len(directions))
        column = labels.index(direction.name)
        rows = []
        for share in np.linspace(-1, 1, 2 * RANGE_STEPS + 1):
            if share == 0:
                rows.append(at_rest[:, column])
            else:
                moved = judge.read(few + float(share) * direction.limit * step, few_camera)
                rows.append(moved[:, shown[column]].double().numpy())
        curve = np.stack(rows, axis=1) - at_rest[:, column : column + 1]  # (heads, strengths)
        curves.append(curve.mean(axis=0))
        rises = (np.diff(curve, axis=1) > -FALL).all(axis=1) & (curve[:, -1] > curve[:, 0])
        monotone.append(float(rises.mean()))
    identity, added = _identity(judge, directions, w_plus[:identity_heads], truth, report)
    return EditFigures(
        names,
        labels,
        np.stack(change),
        np.stack(curves),
        np.array([direction.limit for direction in directions]),
        np.array(monotone),
        len(w_plus),
        identity,
        added,
    )


def edit_sheet(
    judge: HeadReader, direction: EditDirection, w_plus: Tensor, *, columns: int = 5, size: int = 128
) -> NDArray[np.uint8]:
    """Rows: heads (H, N, W); columns: strengths from one end of the range to the other."""
    strengths = np.linspace(-direction.limit, direction.limit, columns)
    camera = reading_cameras(len(w_plus), judge.generator.preset.camera)
    shown = []
    for strength in strengths:
        with torch.no_grad():
            picture = judge.look(
                (w_plus + float(strength) * direction.offset.cpu()).to(judge.device), camera.to(judge.device)
            )
        shown.append([to_bytes(one, size) for one in picture])
    return grid([list(row) for row in zip(*shown, strict=True)])


def write_figures(figures: EditFigures, folder: Path) -> None:
    """Write `edits.json`, `edits.md` and `edits.png` into a folder."""
    leakage = figures.leakage()
    content = {
        "persons": figures.persons,
        "labels": list(figures.labels),
        "directions": {
            name: {
                "own": _number(figures.own(name)),
                "limit": float(figures.limits[k]),
                "monotone": _number(figures.monotone[k]),
                "off_diagonal": _number(figures.off_diagonal()[k]),
                "change": [round(float(value), 4) for value in figures.change[k]],
                "curve": [_number(value) for value in figures.curves[k]],
                "identity": figures.identity.get(name),
                "added_distance": figures.added_distance.get(name),
            }
            for k, name in enumerate(figures.names)
        },
    }
    (folder / "edits.json").write_text(json.dumps(content, indent=1))
    (folder / "edits.md").write_text(as_markdown(figures))
    Image.fromarray(heat_map(leakage, figures.names, figures.labels)).save(folder / "edits.png")


def as_markdown(figures: EditFigures) -> str:
    """A table with a row for each direction."""
    table = np.abs(figures.leakage())
    lines = [
        "| attribute | own change by +1 | mean leakage | worst | rises over its range | range "
        "| descriptor moves | added to its distance |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for k, name in enumerate(figures.names):
        others = [(table[k, j], label) for j, label in enumerate(figures.labels) if label != name]
        worst = max((pair for pair in others if np.isfinite(pair[0])), default=(float("nan"), "none"))
        lines.append(
            f"| {name} | {_text(figures.own(name))} | {_text(figures.off_diagonal()[k])} "
            f"| {_text(worst[0])} {worst[1]} | {_text(figures.monotone[k], '.0%')} "
            f"| ±{figures.limits[k]:g} | {_text(figures.identity.get(name))} "
            f"| {_text(figures.added_distance.get(name), '+.3f')} |"
        )
    lines.append("")
    lines.append(
        f"{figures.persons} heads. Change in label deviations, leakage as a share of the own change; "
        f"labels the judge tells: {', '.join(figures.labels)}."
    )
    return "\n".join(lines) + "\n"


def summary(figures: EditFigures) -> dict[str, float]:
    """Means over the directions whose label pictures tell."""
    own = np.array([figures.own(name) for name in figures.names])
    told = np.isfinite(own)
    result = {
        "own change": float(np.mean(own[told])) if told.any() else float("nan"),
        "leakage": float(np.nanmean(figures.off_diagonal())) if told.any() else float("nan"),
        "monotone": float(np.nanmean(figures.monotone)) if told.any() else float("nan"),
    }
    if figures.identity:
        result["identity"] = float(np.mean(list(figures.identity.values())))
    return result


def heat_map(table: Floats, rows: Sequence[str], columns: Sequence[str]) -> NDArray[np.uint8]:
    """Numbers on colours: red above zero, blue below, white where nothing changes."""
    font = ImageFont.load_default(size=12)
    width, height = _MARGIN + _CELL * len(columns), _MARGIN + _CELL * len(rows)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for k, name in enumerate(rows):
        draw.text((6, _MARGIN + _CELL * k + _CELL // 2 - 7), name, fill="black", font=font)
    for j, name in enumerate(columns):
        label = Image.new("RGB", (_MARGIN - 8, 18), "white")
        ImageDraw.Draw(label).text((0, 1), name, fill="black", font=font)
        image.paste(label.rotate(90, expand=True), (_MARGIN + _CELL * j + _CELL // 2 - 9, 4))
    for k in range(len(rows)):
        for j in range(len(columns)):
            value = float(table[k, j])
            corner = (_MARGIN + _CELL * j, _MARGIN + _CELL * k)
            far = (corner[0] + _CELL - 2, corner[1] + _CELL - 2)
            draw.rectangle((corner, far), fill=_color(value))
            if np.isfinite(value):
                draw.text((corner[0] + 6, corner[1] + 14), f"{value:.2f}", fill="black", font=font)
    return np.asarray(image)


def _identity(
    judge: HeadReader,
    directions: Sequence[EditDirection],
    w_plus: Tensor,
    truth: Sequence[NDArray[np.uint8]],
    report: Report,
) -> tuple[dict[str, float], dict[str, float]]:
    """Mean distances of the face descriptor over heads on which a face is found."""
    moved: dict[str, list[float]] = {direction.name: [] for direction in directions}
    added: dict[str, list[float]] = {direction.name: [] for direction in directions}
    for index in range(len(w_plus)):
        report("identity", 0.9 + 0.1 * index / len(w_plus))
        head = w_plus[index : index + 1]
        picture = _frontal(judge, head)
        try:
            faces = find_faces(picture)
        except PhotoError:  # its weights are not installed
            return {}, {}
        if not faces:
            continue
        before = describe_face(picture, faces[0])
        true = describe_face(truth[index], faces[0]) if index < len(truth) else None
        for direction in directions:
            for sign in (-1.0, 1.0):
                after = describe_face(_frontal(judge, head + sign * direction.offset.cpu()), faces[0])
                moved[direction.name].append(float(np.linalg.norm(after - before)))
                if true is not None:
                    farther = np.linalg.norm(after - true) - np.linalg.norm(before - true)
                    added[direction.name].append(float(farther))
    return (
        {name: float(np.mean(values)) for name, values in moved.items() if values},
        {name: float(np.mean(values)) for name, values in added.items() if values},
    )


def _frontal(judge: HeadReader, head: Tensor) -> NDArray[np.uint8]:
    """Picture (R, R, 3) of one head from the front, over black."""
    camera: Camera = reading_cameras(1, judge.generator.preset.camera)
    with torch.no_grad():
        return to_bytes(judge.look(head.to(judge.device), camera.to(judge.device))[0])


def _number(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


def _text(value: float | None, form: str = ".2f") -> str:
    return "–" if value is None or not np.isfinite(value) else format(value, form)


def _color(value: float) -> tuple[int, int, int]:
    if not np.isfinite(value):
        return (225, 225, 225)
    strength = min(abs(value), 1.0) ** 0.6
    faded = round(255 * (1 - 0.75 * strength))
    return (255, faded, faded) if value > 0 else (faded, faded, 255)
