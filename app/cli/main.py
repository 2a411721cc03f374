"""The command `goae`: what its commands are called, and how it ends.

Torch, OpenCV and the networks are imported inside the commands, so that `goae --help` answers at once.
"""

from __future__ import annotations

import os

# Read when torch is imported: idle threads of its pool sleep instead of burning a core that others need.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import logging
import multiprocessing
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from app.cli import evaluate_command, models_command, options, train_command
from app.cli.animate_command import animate
from app.cli.attributes_command import attributes
from app.cli.bench_command import bench
from app.cli.detail_command import measure as measure_detail
from app.cli.endings import status_of
from app.cli.invert_command import invert
from app.cli.mesh_command import mesh
from app.cli.optimise_command import measure, optimise
from app.cli.render_command import render
from app.cli.splats_command import splats
from app.cli.stopping import ctrl_c_stops, should_stop
from app.cli.turntable_command import turntable
from app.cli.unseen_command import measure as measure_unseen
from app.settings_file import apply_environment, read_shared
from goae_core import __version__

app = typer.Typer(
    name="goae",
    help="A portrait in, a live head out: turn one photograph into a 3D head that orbits, edits and exports.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # boxes would break the one sentence of an error into lines
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(invert)
app.command()(optimise)
app.command("measure-optimise")(measure)
app.command("measure-detail")(measure_detail)
app.command("measure-unseen")(measure_unseen)
app.command()(render)
app.command()(turntable)
app.command()(animate)
app.command()(mesh)
app.command()(splats)
app.command()(attributes)
app.add_typer(evaluate_command.app, name="evaluate")
app.add_typer(models_command.app, name="models")
app.add_typer(train_command.app, name="train")
app.command()(bench)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"goae {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    pass


def run(arguments: Sequence[str]) -> int:
    """Run the command line; for tests and for `main`.

    Args:
        arguments: Without the program's name.

    Returns:
        Exit status: 0, 2 for bad usage, 1 for everything else.
    """
    logging.captureWarnings(True)  # a library's warning is nothing a user can act on
    logging.getLogger("py.warnings").addHandler(logging.NullHandler())
    command = typer.main.get_command(app)
    settings = read_shared()
    if settings.problem:
        typer.echo(f"goae: {settings.problem}", err=True)
    apply_environment(settings.shared)
    defaults = options.defaults_from(settings.shared, command)

    def call() -> None:
        with ctrl_c_stops():
            command.main(list(arguments), prog_name="goae", default_map=defaults)

    return status_of(call)


def main() -> None:
    """Entry point of the installed command."""
    status = run(sys.argv[1:])
    if should_stop() and not multiprocessing.active_children():
        # torch takes half a second to take itself apart; who pressed Ctrl-C does not wait for that
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    main()
