"""Options that several commands share, and what their values mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from app.settings_file import SharedSettings
from goae_core.errors import ExportError


class DeviceName(StrEnum):
    """Where the networks run."""

    AUTO = "auto"
    CUDA = "cuda"
    MPS = "mps"
    CPU = "cpu"


Model = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="Model to use; see 'goae models list'.")
]
Device = Annotated[
    DeviceName, typer.Option("--device", help="Where to compute; auto takes the fastest there is.")
]
ProjectFile = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="A .goae file that 'goae invert' wrote.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=STRENGTH",
        help="Change an attribute; may be given several times. 'goae attributes' lists the names.",
    ),
]
Detail = Annotated[
    float | None,
    typer.Option(
        "--detail",
        metavar="SHARE",
        min=0.0,
        max=1.0,
        help="How much of the photo's detail is laid over the model's picture; 0: none.",
        show_default="the project's",
    ),
]


def defaults_from(shared: SharedSettings, command: object) -> dict[str, Any]:
    """What options say that are not given: for every command its own, in the form of click's `default_map`.

    Args:
        shared: The settings file.
        command: A command, or a group of them.
    """
    commands: Mapping[str, object] | None = getattr(command, "commands", None)
    if commands is not None:
        return {name: defaults_from(shared, inner) for name, inner in commands.items()}
    said = {"device": shared.device, "model": shared.model or None}
    if getattr(command, "name", None) == "invert" and shared.output:
        said["output"] = str(Path(shared.output).expanduser())
    names = {parameter.name for parameter in getattr(command, "params", ())}
    return {name: value for name, value in said.items() if name in names and value is not None}


def output_option(help_text: str) -> typer.models.OptionInfo:
    """The option -o of a command that writes one file."""
    option: typer.models.OptionInfo = typer.Option("-o", "--output", metavar="FILE", help=help_text)
    return option


def parsed_settings(settings: list[str] | None) -> dict[str, float]:
    """Read `NAME=STRENGTH` texts; the last of several for one name counts.

    Raises:
        typer.BadParameter: If one of them is not of that form.
    """
    strengths: dict[str, float] = {}
    for setting in settings or []:
        name, equals, number = setting.partition("=")
        try:
            strength = float(number)
        except ValueError:
            strength = math.nan
        if not (equals and name.strip() and math.isfinite(strength)):
            raise typer.BadParameter(
                f"'{setting}' is not NAME=STRENGTH, for example smile=2", param_hint="--set"
            )
        strengths[name.strip()] = strength
    return strengths


def checked_output(path: Path, suffix_of: Callable[[Path], str]) -> Path:
    """See before any work that the output's name can be written.

    Args:
        path: What the user named.
        suffix_of: Raises `ExportError` for a suffix it does not know.

    Raises:
        typer.BadParameter: If it cannot.
    """
    try:
        suffix_of(path)
    except ExportError as error:
        raise typer.BadParameter(str(error), param_hint="-o") from error
    if path.is_dir():
        raise typer.BadParameter(f"'{path}' is a folder; name a file", param_hint="-o")
    return path
