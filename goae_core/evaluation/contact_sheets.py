"""Photographs and their heads side by side, for people to look at, face by face.

A row for each photograph: the crop, the model's head, the head with the photo's detail, the head turned, and
two edits. Rows are kept as files of their own, so that a sheet that was stopped goes on.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from goae_core.camera import orbit
from goae_core.editing import Edit
from goae_core.evaluation.photographs import Subject
from goae_core.inversion import Inversion
from goae_core.pipeline import Pipeline
from goae_core.whole_file import whole_file

YAWS = (-30, -15, 15, 30)
"""Degrees from which heads are shown, at their own pitch."""
EDITS = ("age", "smile")
"""Shown as far as their sliders go; a model without one leaves its column out."""
CELL = 192
"""Pixels per side of a picture."""
ROWS = 8
"""Photographs on a page."""
_STRIP = 18
_QUALITY = 92

Picture = NDArray[np.uint8]


def columns(pipeline: Pipeline) -> list[str]:
    """What the pictures of a row show."""
    return [
        "photograph",
        "head",
        "with detail",
        *(f"yaw {yaw:+d}" for yaw in YAWS),
        *(f"{edit.name} {edit.strength:+g}" for edit in _edits(pipeline)),
    ]


def row(pipeline: Pipeline, subject: Subject, inversion: Inversion) -> list[Picture]:
    """Pictures (CELL, CELL, 3) in the order of `columns`; turned and edited ones have the photo's detail."""
    camera = inversion.photo.camera
    portrait = pipeline.portrait(inversion)
    renderings = list(pipeline.look(portrait, camera, details=(0.0, 1.0)))
    for yaw in YAWS:
        turned = orbit(math.radians(yaw), subject.pitch, rig=pipeline.preset.camera)
        renderings += pipeline.look(portrait, turned, details=(1.0,))
    for edit in _edits(pipeline):
        renderings += pipeline.look(pipeline.portrait(inversion, [edit]), camera, details=(1.0,))
    pixels = (inversion.photo.pixels[0].permute(1, 2, 0).cpu().numpy() + 1.0) * 127.5
    photo = Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8))
    small = np.asarray(photo.resize((CELL, CELL), Image.Resampling.LANCZOS))
    return [small, *(pipeline.picture(rendering, size=CELL) for rendering in renderings)]


class ContactSheets:
    """Pages of rows in a folder, with an index to open in a browser.

    Args:
        folder: Made if it is missing.
        titles: Of the columns.
        made_with: Model and photographs; rows of other ones are never mixed in.
        resume: Keep the rows of an earlier run with the same.
    """

    def __init__(
        self, folder: Path, titles: Sequence[str], made_with: Mapping[str, str], *, resume: bool = False
    ) -> None:
        self.folder = folder
        self._titles = list(titles)
        self._made_with = {**made_with, "columns": ", ".join(titles)}
        self._rows: list[dict[str, str]] = []
        self._failures: dict[str, str] = {}
        if resume:
            self._take_up()

    @property
    def failures(self) -> dict[str, str]:
        """Sentences by file name."""
        return dict(self._failures)

    def has(self, file: str) -> bool:
        """Whether a photograph is on the sheets or among the failures."""
        return file in self._failures or any(entry["file"] == file for entry in self._rows)

    def add(self, file: str, caption: str, pictures: Sequence[Picture]) -> None:
        """Put a photograph on the sheets, under its name and a caption.

        Raises:
            ExportError: If the folder cannot be written to.
        """
        strip = np.full((_STRIP, CELL * len(pictures), 3), 255, np.uint8)
        labelled = Image.fromarray(np.concatenate([np.concatenate(list(pictures), axis=1), strip], axis=0))
        _text(labelled, (4, CELL + 2), f"{file}   {caption}")
        path = self.folder / "rows" / f"{len(self._rows):03d}.png"
        with whole_file(path) as part:
            labelled.save(part)
        self._rows.append({"file": file, "caption": caption, "row": path.name})
        self._write_page((len(self._rows) - 1) // ROWS)
        self._write_index()

    def fail(self, file: str, sentence: str) -> None:
        """List a photograph that gave no head, and why.

        Raises:
            ExportError: If the folder cannot be written to.
        """
        self._failures[file] = sentence
        self._write_index()

    def pages(self) -> list[Path]:
        """The pages there are, in order."""
        return [self._page(number) for number in range(math.ceil(len(self._rows) / ROWS))]

    def _page(self, number: int) -> Path:
        return self.folder / f"page_{number + 1:02d}.jpg"

    def _write_page(self, number: int) -> None:
        head = Image.new("RGB", (CELL * len(self._titles), _STRIP), "white")
        for column, title in enumerate(self._titles):
            _text(head, (CELL * column + 4, 2), title)
        strips = [np.asarray(head)]
        for entry in self._rows[number * ROWS : (number + 1) * ROWS]:
            with Image.open(self.folder / "rows" / entry["row"]) as picture:
                strips.append(np.asarray(picture.convert("RGB")))
        with whole_file(self._page(number)) as part:
            Image.fromarray(np.concatenate(strips, axis=0)).save(part, quality=_QUALITY)

    def _write_index(self) -> None:
        content = {"made_with": self._made_with, "rows": self._rows, "failures": self._failures}
        with whole_file(self.folder / "sheet.json") as part:
            part.write_text(json.dumps(content, indent=1), encoding="utf-8")
        lines = [
            "<!doctype html><meta charset='utf-8'><title>Contact sheets</title>",
            "<style>body{font:15px sans-serif;margin:2em;background:#eee}img{max-width:100%}</style>",
            f"<h1>{len(self._rows)} photographs</h1>",
            *(f"<p>{html.escape(name)}: {html.escape(text)}</p>" for name, text in self._made_with.items()),
            *(f"<p><img src='{page.name}' alt='{page.name}'></p>" for page in self.pages()),
        ]
        if self._failures:
            items = (
                f"<li><b>{html.escape(file)}</b>: {html.escape(sentence)}</li>"
                for file, sentence in self._failures.items()
            )
            lines += ["<h2>Photographs that gave no head</h2>", "<ul>", *items, "</ul>"]
        with whole_file(self.folder / "index.html") as part:
            part.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _take_up(self) -> None:
        try:
            content = json.loads((self.folder / "sheet.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if content.get("made_with") == self._made_with:
            self._rows, self._failures = list(content["rows"]), dict(content["failures"])


def _edits(pipeline: Pipeline) -> list[Edit]:
    limits = {direction.name: direction.limit for direction in pipeline.directions}
    return [Edit(name, limits[name]) for name in EDITS if name in limits]


def _text(image: Image.Image, corner: tuple[int, int], text: str) -> None:
    ImageDraw.Draw(image).text(corner, text, fill="black", font=ImageFont.load_default(size=12))
