"""`goae mesh`: the head's surface as a file for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli import options
from app.cli.opened_head import open_head
from app.cli.progress import progress
from app.cli.stopping import should_stop
from goae_core.mesh import MESH_SUFFIXES, mesh_suffix


class TextureSize(StrEnum):
    """Side of a texture."""

    NONE = "none"
    SMALL = "1k"
    MIDDLE = "2k"
    LARGE = "4k"

    @property
    def texels(self) -> int:
        """Texels a side; 0: no texture."""
        return {"none": 0, "1k": 1024, "2k": 2048, "4k": 4096}[self.value]


def mesh(
    project: options.ProjectFile,
    output: Annotated[Path, options.output_option(f"File to write: {', '.join(MESH_SUFFIXES)}.")],
    resolution: Annotated[
        int,
        typer.Option(
            "--resolution", metavar="N", min=16, max=768, help="Sampling points per side of the box."
        ),
    ] = 256,
    texture: Annotated[
        TextureSize,
        typer.Option(
            "--texture", help="Bake the colours into a picture (.obj, .glb); none: colours at the vertices."
        ),
    ] = TextureSize.NONE,
    watertight: Annotated[
        bool, typer.Option("--watertight", help="For printing: certify that the body is closed.")
    ] = False,
    smoothing: Annotated[
        int,
        typer.Option(
            "--smooth", metavar="N", min=0, max=50, help="Passes of smoothing that keeps the volume."
        ),
    ] = 0,
    triangles: Annotated[
        int | None,
        typer.Option(
            "--triangles",
            metavar="N",
            min=500,
            help="Leave out triangles until at most this many are left.",
            show_default="all; 20,000 with a texture",
        ),
    ] = None,
    level: Annotated[
        float | None,
        typer.Option("--level", help="Raw density of the surface.", show_default="found for the head"),
    ] = None,
    settings: options.Settings = None,
    detail: options.Detail = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Write the head's surface with its colours.

    y is up, the face looks along +z, and the unit is the metre.
    """
    options.checked_output(output, mesh_suffix)
    strengths = options.parsed_settings(settings)
    with progress("opening") as bar:
        from goae_core.meshing.head import checked_together, export_mesh
        from goae_core.meshing.options import MeshOptions

        wanted = MeshOptions(resolution, texture.texels, watertight, smoothing, triangles, level)
        checked_together(output, wanted)
        head = open_head(project, strengths, device, bar)
        made = export_mesh(
            head.pipeline,
            head.portrait,
            output,
            wanted,
            detail=head.project.detail if detail is None else detail,
            should_stop=should_stop,
            on_progress=bar.show,
        )
    width, height, depth = 1000.0 * (made.vertices.max(axis=0) - made.vertices.min(axis=0))
    typer.echo(
        f"{output}: {len(made.vertices):,} vertices, {len(made.faces):,} triangles, "
        f"{width:.0f} x {height:.0f} x {depth:.0f} mm"
    )
