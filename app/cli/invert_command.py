"""`goae invert`: photographs to heads."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import options
from app.cli.endings import FailedError, sentence_of
from app.cli.inversion_report import write_results
from app.cli.opened_head import load_pipeline
from app.cli.optimise_command import MOST_SECONDS, optimised, report_of
from app.cli.progress import Bar, progress
from app.cli.stopping import should_stop
from goae_core.errors import PhotoError, StoppedError

if TYPE_CHECKING:
    from goae_core.photo import AlignedPhoto
    from goae_core.pipeline import Pipeline

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
_OWN_ENDINGS = ("_reconstruction.png", "_views.png")
_STEPS = ("crop", "matte", "encode", "afa", "fuse", "optimise", "views")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Framing:
    """How the head is found in a photo."""

    face: int | None
    """Which face, the largest is 1; None: the largest."""
    center: bool
    """Take the middle as it is."""
    aligned: bool
    """The photo is cropped already."""
    camera: Path | None
    """Labels of photos that are cropped already."""
    optimise: float | None = None
    """Seconds to spend on each head afterwards; None: none."""


def invert(
    photos: Annotated[
        list[Path], typer.Argument(metavar="PHOTO|FOLDER...", help="Photographs, or folders of photographs.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write to; made if missing.")
    ] = Path(),
    model: options.Model = None,
    device: options.Device = options.DeviceName.AUTO,
    face: Annotated[
        int | None,
        typer.Option("--face", metavar="N", min=1, help="Which face, the largest is 1.", show_default="1"),
    ] = None,
    center: Annotated[
        bool, typer.Option("--center", help="Look for no face; take the middle of the picture as it is.")
    ] = False,
    aligned: Annotated[bool, typer.Option("--aligned", help="The pictures are cropped already.")] = False,
    camera: Annotated[
        Path | None,
        typer.Option(
            "--camera", metavar="FILE", help="Cameras of cropped pictures, in the form of GOAE's label.json."
        ),
    ] = None,
    optimise: Annotated[
        float | None,
        typer.Option(
            "--optimise",
            metavar="SECONDS",
            min=1.0,
            max=MOST_SECONDS,
            help="Then bring each head closer to its photo for so long.",
            show_default="none",
        ),
    ] = None,
) -> None:
    """Turn photographs into heads.

    For each photo STEM.jpg this writes STEM.goae (the head, for all other commands), STEM_reconstruction.png,
    STEM_views.png and STEM.json.
    """
    if sum((face is not None, center, aligned or camera is not None)) > 1:
        raise typer.BadParameter(
            "they exclude each other: --face picks one of those found, the others look for none",
            param_hint="--face, --center and --aligned/--camera",
        )
    if output.exists() and not output.is_dir():
        raise typer.BadParameter(f"'{output}' is a file; name a folder", param_hint="-o")
    found = photos_in(photos)
    with progress("loading the model") as bar:
        pipeline = load_pipeline(model, device)
        framing = Framing(face, center, aligned or camera is not None, camera, optimise)
        _invert_all(found, pipeline, framing, output, bar)


def photos_in(paths: Sequence[Path]) -> list[Path]:
    """The photographs that the user named, those of a folder by name.

    Hidden files are left out, and so are pictures that an earlier `goae invert` wrote.

    Raises:
        PhotoError: If a folder has no photograph in it.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(file for file in path.iterdir() if _is_photo(file))
        if not inside:
            raise PhotoError(f"the folder '{path}' has no photograph in it ({', '.join(PHOTO_SUFFIXES)})")
        found.extend(inside)
    return list(dict.fromkeys(found))


def _is_photo(file: Path) -> bool:
    if file.suffix.lower() not in PHOTO_SUFFIXES or file.name.startswith(".") or not file.is_file():
        return False
    return not any(
        file.name.endswith(ending) and file.with_name(file.name.removesuffix(ending) + ".goae").exists()
        for ending in _OWN_ENDINGS
    )


def stems_of(photos: Sequence[Path]) -> list[str]:
    """A name for the results of each photo; a number tells photos of one name apart: `me`, `me-2`."""
    taken: set[str] = set()
    stems = []
    for photo in photos:
        stem, number = photo.stem, 1
        while stem.lower() in taken:  # some file systems see no difference
            number += 1
            stem = f"{photo.stem}-{number}"
        taken.add(stem.lower())
        stems.append(stem)
    return stems


def _invert_all(photos: list[Path], pipeline: Pipeline, framing: Framing, output: Path, bar: Bar) -> None:
    failed = 0
    for number, (photo, stem) in enumerate(zip(photos, stems_of(photos), strict=True)):

        def show(step: str, within: float = 0.0, number: int = number, photo: Path = photo) -> None:
            done = number + (_STEPS.index(step) + within) / len(_STEPS) if step in _STEPS else number
            bar.show(done / len(photos), f"{photo.name}: {step}")

        try:
            typer.echo(_invert_one(photo, stem, pipeline, framing, output, show))
        except StoppedError:
            raise
        except Exception as error:  # one bad photo never stops the others
            if len(photos) == 1:
                raise
            failed += 1
            typer.echo(f"goae: {photo.name}: {sentence_of(error)}", err=True)
    if failed:
        raise FailedError(f"{failed} of {len(photos)} photos failed, see above; the others are done")


def _invert_one(
    photo: Path, stem: str, pipeline: Pipeline, framing: Framing, output: Path, show: Callable[..., None]
) -> str:
    """Invert a photo and write what there is to write; return the line to print."""
    start = time.perf_counter()
    show("crop")
    framed = _framed(photo, pipeline, framing)
    if framed.notice:
        typer.echo(f"goae: {photo.name}: {framed.notice}", err=True)
    cropped = time.perf_counter()
    inversion = pipeline.invert(framed, should_stop=should_stop, on_stage=show)
    seconds = {"crop": cropped - start, **inversion.seconds, "total": time.perf_counter() - start}
    more: dict[str, Any] = {}
    if framing.optimise is not None:
        show("optimise")
        outcome = optimised(
            pipeline, inversion, framing.optimise, lambda news: show("optimise", news.fraction)
        )
        inversion, more = outcome.inversion, {"optimised": report_of(outcome)}
        seconds |= {"optimise": outcome.seconds, "total": time.perf_counter() - start}
    show("views")
    figures = write_results(pipeline, inversion, seconds, output, stem, more)
    quality = f"{figures['psnr']:.1f} dB over the head"
    return f"{photo.name} -> {output / stem}.goae  {seconds['total']:.1f} s, {quality}"


def _framed(photo: Path, pipeline: Pipeline, framing: Framing) -> AlignedPhoto:
    from goae_core.photo import aligned_photo, read_camera

    camera = None if framing.camera is None else read_camera(framing.camera, photo.name)
    return aligned_photo(
        photo,
        pipeline.preset,
        face=framing.face,
        center=framing.center,
        aligned=framing.aligned,
        camera=camera,
    )
