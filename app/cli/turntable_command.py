"""`goae turntable`: a film around the head."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import options
from app.cli.opened_head import OpenedHead, open_head
from app.cli.progress import Bar, progress
from app.cli.stopping import should_stop
from goae_core.film import FILM_SUFFIXES, film_suffix, write_film

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from goae_core.camera import Camera


def turntable(
    project: options.ProjectFile,
    output: Annotated[Path, options.output_option(f"Film to write: {', '.join(FILM_SUFFIXES)}.")],
    frames: Annotated[
        int, typer.Option("--frames", metavar="N", min=1, max=2000, help="Views in the loop.")
    ] = 48,
    fps: Annotated[float, typer.Option("--fps", min=1, max=60, help="Frames a second.")] = 24,
    size: Annotated[
        int, typer.Option("--size", metavar="N", min=16, max=2048, help="Pixels per side.")
    ] = 256,
    yaw: Annotated[
        float,
        typer.Option(
            "--yaw", metavar="DEG", min=0, max=180, help="Sway to each side; 180: all the way round."
        ),
    ] = 30.0,
    pitch: Annotated[
        float, typer.Option("--pitch", metavar="DEG", min=-80, max=80, help="Sway up and down.")
    ] = 8.0,
    settings: options.Settings = None,
    detail: options.Detail = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Write a looping film around the head."""
    options.checked_output(output, film_suffix)
    strengths = options.parsed_settings(settings)
    with progress("opening") as bar:
        head = open_head(project, strengths, device, bar)
        cameras = _path(head, frames, math.radians(yaw), math.radians(pitch))
        write_film(_pictures(head, cameras, size, detail, bar), output, fps)
    typer.echo(f"{output}: {frames} frames, {frames / fps:.3g} s")


def _path(head: OpenedHead, frames: int, yaw: float, pitch: float) -> list[Camera]:
    from goae_core.trajectory import circle, sway

    rig = head.pipeline.preset.camera
    if yaw >= math.pi:
        return circle(frames, pitch, rig)
    return sway(frames, yaw, pitch, rig)


def _pictures(
    head: OpenedHead, cameras: list[Camera], size: int, detail: float | None, bar: Bar
) -> Iterator[NDArray[np.uint8]]:
    from goae_core.pipeline import RenderRequest

    detail = head.project.detail if detail is None else detail
    for number, camera in enumerate(cameras):
        bar.show(number / len(cameras), f"frame {number + 1} of {len(cameras)}")
        request = RenderRequest(portrait=head.portrait, camera=camera, size=size, detail=detail)
        yield head.pipeline.render(request, should_stop=should_stop).color
    bar.show(1.0, "writing the film")
