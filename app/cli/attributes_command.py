"""`goae attributes`: what --set can change."""

from __future__ import annotations

import typer

from app.cli import options


def attributes(model: options.Model = None) -> None:
    """List the attributes that --set changes, with their unit and trained range."""
    from goae_core.models import DEFAULT_MODEL, ModelStore

    name = model or DEFAULT_MODEL
    directions = ModelStore().load(name).directions
    if not directions:
        typer.echo(
            f"the model {name} has no attributes; 'goae models import' adds directions from .npy files"
        )
        return
    width = max(len(direction.name) for direction in directions)
    for direction in directions:
        if direction.unit == "deviations":
            unit = "standard deviations among the training heads"
        else:
            unit = "multiples of the imported vector"
        typer.echo(f"{direction.name:<{width}}  -{direction.limit:g} to {direction.limit:g}  {unit}")
