"""`goae models`: which models there are, and how others join them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from goae_core.models import ModelEntry

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
        files, name=name, licence=licence, on_progress=lambda line: typer.echo(f"{line} …", err=True)
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
            files = store.verify(name)
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
