"""`goae models`: which models there are, and how others join them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import options
from app.cli.progress import progress
from app.cli.stopping import should_stop

if TYPE_CHECKING:
    from goae_core.models import ModelEntry
    from goae_core.training.derived_directions import Derivation

app = typer.Typer(help="List, import, verify and remove models.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A model's name; see 'goae models list'.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON a model.")]


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the models that are there, with their networks, attributes and licence."""
    from goae_core.models import ModelStore

    entries = ModelStore().list()
    if as_json:
        for entry in entries:
            typer.echo(json.dumps(_as_json(entry), ensure_ascii=False))
        return
    if not entries:
        typer.echo("there are no models; 'goae models import' adds one")
    for entry in entries:
        typer.echo(_described(entry))


@app.command("import")
def import_models(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES...",
            help="EG3D generator (.pkl) or model folder; GOAE encoder and AFA (.pt); edit directions (.npy).",
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Name of the new model, or of an imported one that the files shall join.",
            show_default="a folder's own",
        ),
    ] = None,
    licence: Annotated[
        str | None,
        typer.Option(
            "--licence",
            metavar="TEXT",
            help="What the weights may be used for.",
            show_default="a note that the publisher's licence applies",
        ),
    ] = None,
) -> None:
    """Make a model of published files, or add encoder, AFA and edit directions to one.

    Nothing that a file contains is run, and nothing is written unless every file could be read.
    """
    from goae_core.models import ModelStore

    entry = ModelStore().import_(
        files,
        name=name,
        licence=licence,
        on_progress=lambda line: typer.echo(f"{line} …", err=True),
        should_stop=should_stop,
    )
    typer.echo(_described(entry))
    typer.echo(f"  in {entry.folder}")


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAMES]...", help="Models to check; none: all of them.")
    ] = None,
) -> None:
    """Compare models with the SHA-256 recorded when they were written, and read them whole."""
    from goae_core.errors import CheckpointError
    from goae_core.models import ModelStore

    store = ModelStore()
    failed = []
    wanted = names or [entry.name for entry in store.list()]
    for name in wanted:
        try:
            files = store.verify(name, should_stop=should_stop)
        except CheckpointError as error:
            if len(wanted) == 1:
                raise
            typer.echo(f"{name}: {error}", err=True)
            failed.append(name)
        else:
            typer.echo(f"{name}: {len(files)} files are what was written")
    if failed:
        raise CheckpointError(
            f"{len(failed)} of {len(wanted)} models cannot be trusted: {', '.join(failed)}; import them again"
        )


@app.command()
def derive(
    name: Name,
    samples: Annotated[
        int, typer.Option("--samples", metavar="N", min=30, help="Heads of the model to look at.")
    ] = 300,
    heads: Annotated[
        int,
        typer.Option("--heads", metavar="N", min=0, help="Heads to correct the directions on; 0: none."),
    ] = 6,
    device: options.Device = options.DeviceName.AUTO,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the samples.")] = 0,
) -> None:
    """Derive an imported model's attributes (smile, age, ...) from samples of its own weights.

    The embedded model's attribute network reads them. Directions imported from .npy files stay. A model as
    large as ffhq512 takes about 20 s a head on a CPU, and well under a second on a GPU.
    """
    from goae_core.models import ModelStore
    from goae_core.pipeline import choose_device
    from goae_core.training.derived_directions import derive_directions, merged, reader_of
    from goae_core.training.reported_work import reported

    store = ModelStore()
    model = store.load(name)
    reader = reader_of(model, store.load(), choose_device(device.value), should_stop)

    def work(report: Callable[[str, float], None]) -> Derivation:
        return derive_directions(reader, samples=samples, heads=heads, seed=seed, report=report)

    with progress("derive") as bar:
        steps = reported(work)
        try:
            while True:
                step = next(steps)
                bar.show(min(1.0, step.fraction), step.message)
        except StopIteration as end:
            found = end.value
    entry = store.set_directions(name, merged(model.directions, found.directions))
    for label, value in found.foretold.items():
        shown = "a slider" if any(d.name == label for d in found.directions) else "not shown by this model"
        typer.echo(f"  {label}: foretold {value:.2f}, {shown}")
    typer.echo(_described(entry))


@app.command()
def accept(name: Name) -> None:
    """Accept the terms of a model that is for non-commercial use only; window and commands remember it."""
    from goae_core.models import ModelStore

    store = ModelStore()
    entry = store.entry(name)
    typer.echo(entry.licence)
    store.accept(name)
    typer.echo(f"the terms of {name} are accepted")


@app.command()
def remove(name: Name) -> None:
    """Delete an imported model."""
    from goae_core.models import ModelStore

    ModelStore().remove(name)
    typer.echo(f"{name} was removed")


def _described(entry: ModelEntry) -> str:
    """A model in a few lines, the first of which stands alone."""
    kind = "embedded" if entry.embedded else "imported"
    if entry.problem:
        return f"{entry.name} ({kind}): cannot be used: {entry.problem}"
    lines = [
        f"{entry.name} ({kind}): {entry.preset}, {', '.join(entry.networks)}, {entry.size / 1e6:.0f} MB",
        f"  attributes: {', '.join(entry.directions) or 'none'}",
        f"  source: {entry.source}",
        f"  licence: {entry.licence}",
    ]
    return "\n".join(lines)


def _as_json(entry: ModelEntry) -> dict[str, object]:
    return {
        "name": entry.name,
        "embedded": entry.embedded,
        "preset": entry.preset,
        "networks": entry.networks,
        "attributes": entry.directions,
        "source": entry.source,
        "licence": entry.licence,
        "bytes": entry.size,
        "fingerprint": entry.fingerprint,
        "folder": str(entry.folder),
        "problem": entry.problem,
    }
