"""`goae train`: the recipe of the embedded model, one command a stage."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import options
from app.cli.progress import Bar, progress
from app.cli.stopping import should_stop
from goae_core.errors import StoppedError

if TYPE_CHECKING:
    from goae_core.training.progress import Progress, StageName

app = typer.Typer(
    help="Train a model, stage by stage.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Pack = Annotated[
    Path | None,
    typer.Option("--pack", metavar="DIR", help="Head pack to render from; the stage data needs it."),
]
Data = Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder of rendered persons.")]
Out = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of this run: logs, sheets, model.")
]
Minutes = Annotated[
    float | None,
    typer.Option("--minutes", metavar="N", min=0.01, help="Stop after this time.", show_default="when done"),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where the last run stopped.")]
Persons = Annotated[int, typer.Option("--persons", metavar="N", min=1, help="How many persons to render.")]
PresetName = Annotated[str, typer.Option("--preset", metavar="NAME", help="Sizes of the model.")]
Batch = Annotated[
    int | None,
    typer.Option("--batch", metavar="N", min=1, help="Examples a step.", show_default="the stage's own"),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of everything random.")]
Workers = Annotated[int, typer.Option("--workers", metavar="N", min=1, help="Processes that render.")]
Views = Annotated[int, typer.Option("--views", metavar="N", min=1, help="Views of each rendered person.")]
Lights = Annotated[int, typer.Option("--lights", metavar="N", min=1, help="Lights of each rendered person.")]
Painted = Annotated[
    float,
    typer.Option(
        "--painted",
        metavar="SHARE",
        min=0.0,
        max=1.0,
        help="Share of persons rendered with a random pattern over skin and hair.",
    ),
]
FixedYaws = Annotated[
    list[float] | None,
    typer.Option(
        "--yaw",
        metavar="DEGREES",
        help="Take the first view of each person exactly from here; repeat for the next.",
        show_default="drawn",
    ),
]
Adversarial = Annotated[
    bool,
    typer.Option(
        "--adversarial/--no-adversarial", help="Let critics judge pictures, and the encoder's latents."
    ),
]
Perceptual = Annotated[
    Path | None,
    typer.Option(
        "--perceptual",
        metavar="FILE",
        help="Compare pictures in the features of this VGG too (.safetensors or .pth).",
        show_default="the critic's features",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print progress as lines of JSON.")]

_LINE_EVERY_S = 10.0


def _stage(name: StageName, summary: str) -> None:
    """Add the command of one stage; all take the same options."""

    def command(
        pack: Pack = None,
        data: Data = Path("runs/data"),
        out: Out = Path("runs/studio256"),
        minutes: Minutes = None,
        resume: Resume = False,
        persons: Persons = 2000,
        preset: PresetName = "studio256",
        batch: Batch = None,
        device: options.Device = options.DeviceName.AUTO,
        seed: Seed = 0,
        workers: Workers = 1,
        views: Views = 8,
        lights: Lights = 3,
        painted: Painted = 0.25,
        adversarial: Adversarial = True,
        perceptual: Perceptual = None,
        yaw: FixedYaws = None,
        as_json: AsJson = False,
    ) -> None:
        from goae_core.pipeline import choose_device
        from goae_core.training.progress import TrainingRequest
        from goae_core.training.run import STAGES

        request = TrainingRequest(
            stage=name,
            pack=pack,
            data=data,
            out=out,
            minutes=minutes,
            resume=resume,
            persons=persons,
            preset=preset,
            batch=batch,
            device=str(choose_device(device.value)),
            seed=seed,
            workers=workers,
            views=views,
            lights=lights,
            painted=painted,
            adversarial=adversarial,
            perceptual=perceptual,
            fixed_yaws=tuple(yaw or ()),
        )
        with progress(name) as bar:
            for done in _spaced(STAGES[name](request, should_stop), bar, name):
                typer.echo(_json_line(name, done) if as_json else _line(name, done))
        if should_stop():
            raise StoppedError(f"stopped; 'goae train {name} --resume' goes on from here")

    app.command(name, help=summary)(command)


_stage("data", "Render persons from a head pack: pictures, depth, mattes, cameras and labels.")
_stage("generator", "Train mapping, backbone, decoder and upscaler on rendered persons.")
_stage("matting", "Train the network that finds the head's matte.")
_stage("encoder", "Train the encoder against the run's generator.")
_stage("afa", "Train AFA behind the run's generator and encoder.")
_stage("attributes", "Train the network that reads attributes off pictures.")
_stage("judge", "Train a second one on other persons, to judge the directions.")
_stage("directions", "Find the attributes' directions; measured on pictures after the stage attributes.")
_stage("edits", "Measure what the directions do to held-out persons.")
_stage("pose", "Fit the correction of estimated poses to rendered faces: OUT/head_pose.safetensors.")
_stage("evaluate", "Invert held-out persons with the run's model and write its figures.")


def _spaced(steps: Iterator[Progress], bar: Bar, stage: str) -> Iterator[Progress]:
    """Move the bar with every step; give on one step every ten seconds, and the last one."""
    printed = -math.inf
    waiting: Progress | None = None
    for step in steps:
        bar.show(min(1.0, step.fraction), f"{stage}, step {step.step}")
        waiting = step
        if time.monotonic() - printed >= _LINE_EVERY_S:
            yield step
            printed, waiting = time.monotonic(), None
    if waiting is not None:
        yield waiting


def _line(stage: str, done: Progress) -> str:
    figures = "  ".join(f"{key} {value:.4g}" for key, value in done.figures.items())
    return "  ".join(
        part for part in (f"{stage} {done.step}", f"{done.fraction:.1%}", done.message, figures) if part
    )


def _json_line(stage: str, done: Progress) -> str:
    return json.dumps(
        {
            "stage": stage,
            "step": done.step,
            "fraction": done.fraction,
            "figures": dict(done.figures),
            "message": done.message,
        }
    )
