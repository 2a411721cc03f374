"""A project file, the model it was made with, and the head as the user wants it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.cli.options import DeviceName
from app.cli.progress import Bar
from app.cli.stopping import should_stop

if TYPE_CHECKING:
    from goae_core.editing import Edit, EditDirection, Portrait
    from goae_core.inversion import Inversion
    from goae_core.pipeline import Pipeline
    from goae_core.project import Project

_STAGES = ("matte", "encode", "afa", "fuse")


@dataclass(frozen=True, slots=True, eq=False)
class OpenedHead:
    """What rendering and export start from."""

    pipeline: Pipeline
    project: Project
    portrait: Portrait
    """With the project's edits and those of the command line."""


def load_pipeline(model: str | None, device: DeviceName) -> Pipeline:
    """Build the pipeline of a model.

    Says on stderr that a model is for non-commercial use only, until its terms are accepted.

    Raises:
        UnknownModelError: If there is no such model.
        CheckpointError: If it is damaged.
        GoaeError: If the device is not there.
    """
    from goae_core.models import DEFAULT_MODEL, ModelStore
    from goae_core.pipeline import build, choose_device

    chosen = choose_device(device.value)
    store, name = ModelStore(), model or DEFAULT_MODEL
    checkpoint = store.load(name)
    if not store.accepted(store.entry(name)):
        typer.echo(
            f"goae: '{name}' is for non-commercial use only; 'goae models accept {name}' shows its terms and "
            "ends this line",
            err=True,
        )
    return build(checkpoint, chosen)


def open_project(path: Path, device: DeviceName, bar: Bar) -> tuple[Project, Pipeline]:
    """Open a project and its model; a head of a model that has changed since is computed again.

    Says so on stderr. The file itself stays as it is.

    Raises:
        ProjectError: If the file cannot be read.
        UnknownModelError: If the model it was made with is not there.
        CheckpointError: If the model has changed and can no longer invert photos.
        StoppedError: If the user asked to stop.
    """
    from goae_core.project import read_project
    from goae_core.reopening import news_of_change, renewed

    project = read_project(path)
    pipeline = load_pipeline(project.model, device)
    if project.outdated:
        typer.echo(f"goae: {path.name}: {news_of_change(project, pipeline)}", err=True)

    def show(stage: str) -> None:
        done = _STAGES.index(stage) / len(_STAGES) if stage in _STAGES else 0.0
        bar.show(done, f"computing the head again: {stage}")

    return renewed(project, pipeline, should_stop=should_stop, on_stage=show), pipeline


def open_head(path: Path, strengths: Mapping[str, float], device: DeviceName, bar: Bar) -> OpenedHead:
    """Open a project and apply edits; a strength given here replaces the project's own of the same name.

    The head has the project's shares of AFA and of the mix of planes, as in the window.

    Raises:
        ProjectError: If the file cannot be read.
        UnknownModelError: If the model it was made with is not there.
        DirectionError: If the model has no direction of a name.
    """
    project, pipeline = open_project(path, device, bar)
    edits = combined_edits(project.edits, strengths, pipeline.directions)
    return OpenedHead(pipeline, project, pipeline.portrait(_weighed(project, pipeline), edits))


def _weighed(project: Project, pipeline: Pipeline) -> Inversion:
    import torch

    from goae_core.editing import weighed

    with torch.inference_mode():
        head = project.inversion.to(pipeline.device)
        return weighed(pipeline.generator, head, afa=project.afa, mix=project.mix)


def combined_edits(
    saved: tuple[Edit, ...], strengths: Mapping[str, float], directions: tuple[EditDirection, ...]
) -> tuple[Edit, ...]:
    """The project's edits with those of the command line laid over them.

    Says so on stderr where a strength lies beyond what the direction was trained on.

    Raises:
        DirectionError: If there is no direction of a name; the message lists those there are.
    """
    from goae_core.editing import Edit
    from goae_core.errors import DirectionError

    known = {direction.name: direction for direction in directions}
    for name, strength in strengths.items():
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise DirectionError(f"this model has no attribute '{name}'; it has: {names}")
        if abs(strength) > known[name].limit:
            typer.echo(
                f"goae: {name}={strength:g} lies beyond the trained range of ±{known[name].limit:g}; "
                "expect it to look odd",
                err=True,
            )
    merged = {edit.name: edit.strength for edit in saved} | dict(strengths)
    return tuple(Edit(name, strength) for name, strength in merged.items())
