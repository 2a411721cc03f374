"""`goae turntable`: a film around the head."""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import options
from app.cli.films import Background, FilmLook, FilmOutput, Size, film_frame, film_output
from app.cli.opened_head import OpenedHead, open_head
from app.cli.progress import Bar, progress
from app.cli.stopping import should_stop
from goae_core.film import write_film

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from goae_core.camera import Camera


class MotionName(StrEnum):
    """Paths of the camera."""

    SWAY = "sway"
    CIRCLE = "circle"
    EIGHT = "eight"
    TILT = "tilt"


def turntable(
    project: options.ProjectFile,
    output: FilmOutput,
    motion: Annotated[
        MotionName, typer.Option("--motion", help="The camera's path; eight: a figure of eight, tilt: a nod.")
    ] = MotionName.SWAY,
    frames: Annotated[
        int, typer.Option("--frames", metavar="N", min=1, max=2000, help="Views in the loop.")
    ] = 48,
    fps: Annotated[float, typer.Option("--fps", min=1, max=60, help="Frames a second.")] = 24,
    size: Size = 256,
    yaw: Annotated[
        float,
        typer.Option("--yaw", metavar="DEG", min=0, max=180, help="To each side; 180: all the way round."),
    ] = 30.0,
    pitch: Annotated[
        float, typer.Option("--pitch", metavar="DEG", min=-80, max=80, help="Up and down.")
    ] = 8.0,
    background: Background = "grey",
    settings: options.Settings = None,
    detail: options.Detail = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Write a looping film around the head."""
    color = film_output(output, background)
    strengths = options.parsed_settings(settings)
    if yaw >= 180.0:
        motion = MotionName.CIRCLE
    with progress("opening") as bar:
        head = open_head(project, strengths, device, bar)
        cameras = _path(head, motion, frames, math.radians(yaw), math.radians(pitch))
        look = FilmLook(size, head.project.detail if detail is None else detail, color)
        write_film(_pictures(head, cameras, look, bar), output, fps)
    typer.echo(f"{output}: {frames} frames, {frames / fps:.3g} s")


def _path(head: OpenedHead, motion: MotionName, frames: int, yaw: float, pitch: float) -> list[Camera]:
    from goae_core.trajectory import turntable as path

    return path(motion.value, frames, yaw, pitch, head.pipeline.preset.camera)


def _pictures(
    head: OpenedHead, cameras: list[Camera], look: FilmLook, bar: Bar
) -> Iterator[NDArray[np.uint8]]:
    for number, camera in enumerate(cameras):
        bar.show(number / len(cameras), f"frame {number + 1} of {len(cameras)}")
        yield film_frame(head.pipeline, head.portrait, camera, look, should_stop)
    bar.show(1.0, "writing the film")
