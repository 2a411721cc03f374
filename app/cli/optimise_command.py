"""`goae optimise`: seconds spent on a head so that it comes closer to its photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import options
from app.cli.opened_head import load_pipeline, open_project
from app.cli.progress import progress
from app.cli.stopping import should_stop
from goae_core.errors import ExportError

if TYPE_CHECKING:
    from goae_core.inversion import Inversion
    from goae_core.optimisation import OptimisationProgress, Optimised
    from goae_core.photo import AlignedPhoto
    from goae_core.pipeline import Pipeline

MOST_SECONDS = 3600.0

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Held-out persons that 'goae train data' rendered."),
]
Photos = Annotated[
    list[Path] | None,
    typer.Option("--photo", metavar="FILE", help="A photograph to measure on; may be given several times."),
]


def optimise(
    project: options.ProjectFile,
    output: Annotated[Path, options.output_option("Project to write: .goae.")],
    seconds: Annotated[
        float,
        typer.Option("--seconds", metavar="N", min=1.0, max=MOST_SECONDS, help="How long it may take."),
    ] = 30.0,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Bring a head closer to its photo.

    The camera, if it is clearly wrong, the style, then what AFA adds are moved until the rendering meets the
    photo, held by what is known of heads. The better of before and after is written, with the edits as they
    were.
    """
    options.checked_output(output, _suffix)
    from goae_core.project import write_project

    with progress("loading the model") as bar:
        opened, pipeline = open_project(project, device, bar)

        def show(news: OptimisationProgress) -> None:
            bar.show(news.fraction, f"{project.name}: {news.stage}, error {news.mse:.4f}")

        outcome = optimised(pipeline, opened.inversion, seconds, show)
        write_project(replace(opened, inversion=outcome.inversion), output)
    typer.echo(f"{project} -> {output}  {line_of(outcome)}")


def measure(
    data: Data = None,
    photos: Photos = None,
    camera: Annotated[
        Path | None,
        typer.Option(
            "--camera", metavar="FILE", help="Label file: the photographs it lists are cropped already."
        ),
    ] = None,
    persons: Annotated[int, typer.Option("--persons", metavar="N", min=1, help="How many persons.")] = 8,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="N", min=1.0, max=MOST_SECONDS, help="For each head.")
    ] = 30.0,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps", metavar="N", min=1, help="Steps of each stage instead of seconds: repeatable."
        ),
    ] = None,
    camera_error: Annotated[
        float,
        typer.Option("--camera-error", metavar="DEG", min=0.0, help="Deviation of the persons' cameras."),
    ] = 0.0,
    model: options.Model = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Measure what optimising gains: on held-out persons from all sides, on photographs at their own view."""
    from goae_core.optimisation import OptimisationRequest
    from goae_core.training.heads_dataset import HeadsDataset
    from goae_core.training.optimisation_gain import measure as gains_of
    from goae_core.training.optimisation_gain import optimised as optimised_quietly
    from goae_core.training.optimisation_gain import person_line, photo_line, table

    if data is None and not photos:
        raise typer.BadParameter("give held-out persons, photographs, or both", param_hint="--data/--photo")
    request = OptimisationRequest(seconds=seconds, steps=None if steps is None else (steps, steps))
    with progress("loading the model") as bar:
        pipeline = load_pipeline(model, device)
        if data is not None:
            held_out = HeadsDataset(data, pipeline.preset.image_size).persons[:persons]
            gains = []
            for gain in gains_of(
                pipeline, held_out, request, camera_error=camera_error, should_stop=should_stop
            ):
                gains.append(gain)
                typer.echo(person_line(gain))
                bar.show(len(gains) / len(held_out), f"{len(gains)} of {len(held_out)} persons")
            typer.echo("\n".join(table(gains)))
        for path in photos or []:
            bar.show(0.0, path.name)
            photo = _photo(path, camera, pipeline)
            inversion = pipeline.invert(photo, should_stop=should_stop)
            outcome = optimised_quietly(pipeline, inversion, request, should_stop)
            typer.echo(photo_line(path.name, photo, outcome))


def _photo(path: Path, labels: Path | None, pipeline: Pipeline) -> AlignedPhoto:
    """A photograph, with its label if it is listed."""
    from goae_core.errors import CameraError
    from goae_core.photo import aligned_photo, read_camera

    if labels is not None:
        try:
            known = read_camera(labels, path.name)
        except CameraError:
            known = None
        if known is not None:
            return aligned_photo(path, pipeline.preset, aligned=True, camera=known)
    return aligned_photo(path, pipeline.preset)


def optimised(
    pipeline: Pipeline,
    inversion: Inversion,
    seconds: float,
    show: Callable[[OptimisationProgress], None],
) -> Optimised:
    """Optimise to the end.

    Raises:
        StoppedError: If the user asked to stop.
    """
    from goae_core.optimisation import OptimisationRequest
    from goae_core.optimisation import optimise as steps_of

    outcome = None
    for news in steps_of(pipeline, inversion, OptimisationRequest(seconds=seconds), should_stop):
        show(news)
        outcome = news.outcome
    assert outcome is not None  # the last news has it
    return outcome


def line_of(outcome: Optimised) -> str:
    """What came of it, as one line."""
    if not outcome.improved:
        return f"{outcome.seconds:.1f} s, no gain: the head stays as it was"
    before, after = outcome.before, outcome.after
    turned = f", camera turned by {outcome.turned:.1f} degrees" if outcome.turned >= 0.05 else ""
    return f"{outcome.seconds:.1f} s, {before.psnr:.1f} -> {after.psnr:.1f} dB over the head{turned}"


def report_of(outcome: Optimised) -> dict[str, Any]:
    """What STEM.json says of it: seconds, steps, whether it helped, and figures before and after."""
    return {
        "seconds": round(outcome.seconds, 4),
        "steps": list(outcome.steps),
        "improved": outcome.improved,
        "camera_turned": round(outcome.turned, 2),
        "before": asdict(outcome.before),
        "after": asdict(outcome.after),
    }


def _suffix(path: Path) -> str:
    if path.suffix.lower() != ".goae":
        raise ExportError(f"'{path}' does not end in .goae; a project's name does")
    return path.suffix
