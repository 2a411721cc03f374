"""`goae measure-unseen`: what symmetry gains on the side that a photo did not see."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import options
from app.cli.opened_head import load_pipeline
from app.cli.progress import progress
from app.cli.stopping import should_stop


def measure(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Held-out persons.")],
    persons: Annotated[int, typer.Option("--persons", metavar="N", min=1, help="How many persons.")] = 64,
    belief: Annotated[
        float, typer.Option("--belief", metavar="X", min=0.0, max=1.0, help="In symmetry, 0 to 1.")
    ] = 1.0,
    model: options.Model = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Measure what symmetry gains: held-out persons photographed from one side, seen from the other."""
    from goae_core.errors import StoppedError
    from goae_core.training.heads_dataset import HeadsDataset
    from goae_core.training.unseen_gain import measure as figures_of
    from goae_core.training.unseen_gain import table

    with progress("loading the model") as bar:
        pipeline = load_pipeline(model, device)
        held_out = HeadsDataset(data, pipeline.preset.image_size).persons[:persons]
        figures = []
        measured = figures_of(pipeline, held_out, belief=belief, should_stop=should_stop)
        for number, rows in enumerate(measured, start=1):
            figures += rows
            bar.show(number / len(held_out), f"{number} of {len(held_out)} persons")
    if should_stop():
        raise StoppedError("stopped before all persons were measured")
    typer.echo("\n".join(table(figures)))
