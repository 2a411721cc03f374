"""`goae mesh`: the head's surface as a file for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import options
from app.cli.opened_head import open_head
from app.cli.progress import progress
from app.cli.stopping import should_stop
from goae_core.mesh import MESH_SUFFIXES, mesh_suffix


def mesh(
    project: options.ProjectFile,
    output: Annotated[Path, options.output_option(f"File to write: {', '.join(MESH_SUFFIXES)}.")],
    resolution: Annotated[
        int,
        typer.Option(
            "--resolution", metavar="N", min=16, max=768, help="Sampling points per side of the box."
        ),
    ] = 256,
    settings: options.Settings = None,
    detail: options.Detail = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Write the head's surface with its colours.

    y is up, the face looks along +z, and the unit is the side of the model's box.
    """
    options.checked_output(output, mesh_suffix)
    strengths = options.parsed_settings(settings)
    with progress("opening") as bar:
        head = open_head(project, strengths, device, bar)
        bar.show(0.0, "sampling the surface")
        surface = head.pipeline.surface(
            head.portrait,
            resolution=resolution,
            detail=head.project.detail if detail is None else detail,
            should_stop=should_stop,
            on_progress=bar.show,
        )
        surface.write(output)
    typer.echo(f"{output}: {len(surface.vertices):,} vertices, {len(surface.faces):,} triangles")
