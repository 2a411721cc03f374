"""`goae splats`: the head as Gaussian splats."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from app.cli import options
from app.cli.opened_head import open_head
from app.cli.progress import progress
from app.cli.stopping import should_stop


def splats(
    project: options.ProjectFile,
    output: Annotated[Path, options.output_option("File to write: .ply.")],
    resolution: Annotated[
        int,
        typer.Option(
            "--resolution",
            metavar="N",
            min=32,
            max=384,
            help="Sampling points per side of the box; the number of splats grows with its square.",
        ),
    ] = 160,
    settings: options.Settings = None,
    detail: options.Detail = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Write the head as Gaussian splats, and print how close they come to the neural rendering.

    The .ply has the layout of 3D Gaussian splatting, and its axes: y down, the face looks along -z. Metres.
    """
    from goae_core.splats.gaussians import splats_suffix

    options.checked_output(output, splats_suffix)
    strengths = options.parsed_settings(settings)
    with progress("opening") as bar:
        from goae_core.splats.fitting import fit_splats

        head = open_head(project, strengths, device, bar)
        start = time.perf_counter()
        made = fit_splats(
            head.pipeline,
            head.portrait,
            resolution=resolution,
            detail=head.project.detail if detail is None else detail,
            should_stop=should_stop,
            on_progress=bar.show,
        )
        made.gaussians.write(output)
    typer.echo(
        f"{output}: {len(made.gaussians.means):,} splats in {time.perf_counter() - start:.1f} s, "
        f"{made.psnr:.1f} dB against the neural rendering"
    )
