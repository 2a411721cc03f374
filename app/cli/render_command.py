"""`goae render`: one picture of the head."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import options
from app.cli.opened_head import OpenedHead, open_head
from app.cli.pictures import PICTURE_SUFFIXES, picture_suffix, write_depth, write_picture
from app.cli.progress import progress
from app.cli.stopping import should_stop

if TYPE_CHECKING:
    from goae_core.camera import Camera


class Pass(StrEnum):
    """What a picture shows."""

    COLOR = "color"
    DEPTH = "depth"
    NORMAL = "normal"
    VISIBILITY = "visibility"
    RESIDUAL = "residual"


def render(
    project: options.ProjectFile,
    output: Annotated[Path, options.output_option(f"Picture to write: {', '.join(PICTURE_SUFFIXES)}.")],
    yaw: Annotated[
        float | None,
        typer.Option("--yaw", metavar="DEG", min=-180, max=180, help="Camera to the side, towards +x."),
    ] = None,
    pitch: Annotated[
        float | None, typer.Option("--pitch", metavar="DEG", min=-85, max=85, help="Camera above the face.")
    ] = None,
    roll: Annotated[
        float | None,
        typer.Option("--roll", metavar="DEG", min=-180, max=180, help="Turn about the view axis."),
    ] = None,
    settings: options.Settings = None,
    shown: Annotated[Pass, typer.Option("--pass", help="What the picture shows.")] = Pass.COLOR,
    size: Annotated[
        int | None,
        typer.Option(
            "--size", metavar="N", min=16, max=4096, help="Pixels per side.", show_default="the model's"
        ),
    ] = None,
    detail: options.Detail = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Render the head from any side.

    Angles are true degrees of the camera's position about the head. Without any of them the view is the
    photo's own; with at least one of them, the others are 0.
    """
    options.checked_output(output, picture_suffix)
    if shown is Pass.DEPTH and picture_suffix(output) != ".png":
        raise typer.BadParameter("depth has 16 bits and goes into a .png", param_hint="-o")
    angles = (yaw, pitch, roll)
    if shown is Pass.RESIDUAL and any(angle is not None for angle in angles):
        raise typer.BadParameter(
            "the residual compares with the photo and so has the photo's view; leave the angles out",
            param_hint="--pass",
        )
    with progress("opening") as bar:
        head = open_head(project, options.parsed_settings(settings), device, bar)
    _write(
        head, _camera(head, angles), shown, size, head.project.detail if detail is None else detail, output
    )
    typer.echo(str(output))


def _camera(head: OpenedHead, angles: tuple[float | None, float | None, float | None]) -> Camera:
    from goae_core.camera import orbit

    if all(angle is None for angle in angles):
        return head.project.inversion.photo.camera
    yaw, pitch, roll = (math.radians(angle or 0.0) for angle in angles)
    return orbit(yaw, pitch, roll, rig=head.pipeline.preset.camera)


def _write(
    head: OpenedHead, camera: Camera, shown: Pass, size: int | None, detail: float | None, output: Path
) -> None:
    from goae_core.pipeline import RenderRequest

    request = RenderRequest(
        portrait=head.portrait,
        camera=camera,
        size=size,
        passes=tuple(dict.fromkeys(("color", shown.value))),
        photo=head.project.inversion.photo if shown is Pass.RESIDUAL else None,
        detail=detail,
    )
    frame = head.pipeline.render(request, should_stop=should_stop)
    if shown is Pass.DEPTH:
        assert frame.depth is not None  # asked for above
        write_depth(frame.depth, frame.alpha, output)
        return
    pictures = {
        Pass.COLOR: frame.color,
        Pass.NORMAL: frame.normal,
        Pass.VISIBILITY: frame.visibility,
        Pass.RESIDUAL: frame.residual,
    }
    picture = pictures[shown]
    assert picture is not None
    write_picture(picture, output)
