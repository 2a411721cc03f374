"""`goae animate`: a film of keyframes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import options
from app.cli.films import Background, FilmLook, FilmOutput, Size, film_frame, film_output
from app.cli.opened_head import combined_edits, open_project
from app.cli.progress import Bar, progress
from app.cli.stopping import should_stop
from app.pose import reach
from goae_core.animation import Animation
from goae_core.errors import AnimationError
from goae_core.film import write_film
from goae_core.strict_json import JsonMismatchError, from_json, to_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from goae_core.camera import Camera
    from goae_core.editing import EditDirection, Portrait
    from goae_core.pipeline import Pipeline
    from goae_core.project import Project

_SHARES = ("detail", "afa", "mix")


def animate(
    project: options.ProjectFile,
    output: FilmOutput,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys",
            metavar="FILE",
            help="Keyframes as JSON, in the form that --print-keys shows.",
            show_default="the project's own",
        ),
    ] = None,
    print_keys: Annotated[
        bool, typer.Option("--print-keys", help="Print the keyframes as JSON and write nothing.")
    ] = False,
    size: Size = 256,
    background: Background = "grey",
    settings: options.Settings = None,
    detail: options.Detail = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Write the keyframes of a project as a film.

    They are set in the window's timeline, or written by hand: angles in radians, moments in seconds. What has
    no keys is as the project has it.
    """
    color = film_output(output, background)
    strengths = options.parsed_settings(settings)
    given = _read(keys) if keys is not None else None
    with progress("opening") as bar:
        head, pipeline = open_project(project, device, bar)
        animation = head.animation if given is None else given
        if print_keys:
            typer.echo(json.dumps(to_json(animation), indent=1))
            return
        if animation.empty:
            raise AnimationError(
                f"'{project.name}' has no keyframes; set some in the window's timeline, or give --keys FILE"
            )
        shots = _Shots(head, pipeline, animation, strengths, detail)
        write_film(_pictures(shots, FilmLook(size, None, color), bar), output, animation.fps)
    count = animation.frame_count
    typer.echo(f"{output}: {count} frames, {animation.seconds:.3g} s")


def _read(path: Path) -> Animation:
    try:
        return from_json(Animation, json.loads(path.read_text(encoding="utf-8")), path.name)
    except OSError as error:
        raise AnimationError(f"'{path}' cannot be read: {error.strerror or error}; check the path") from error
    except JsonMismatchError as error:
        raise AnimationError(f"{error}; 'goae animate --print-keys' shows the form") from error
    except (ValueError, RecursionError) as error:
        raise AnimationError(f"'{path}' is no JSON; 'goae animate --print-keys' shows the form") from error


class _Shots:
    """The head, frame by frame; it is decoded anew only where a strength has changed."""

    def __init__(
        self,
        project: Project,
        pipeline: Pipeline,
        animation: Animation,
        strengths: Mapping[str, float],
        detail: float | None,
    ) -> None:
        self.pipeline = pipeline
        self.moments = animation.moments()
        self._project = project
        self._animation = animation
        self._detail = detail
        moving = {track.name for track in animation.tracks}
        directions: tuple[EditDirection, ...] = pipeline.directions
        known = {direction.name for direction in directions}
        unknown = sorted(moving - known - set(_SHARES))
        if unknown:
            names = ", ".join(sorted(known)) or "none"
            raise AnimationError(
                f"the keyframes move '{unknown[0]}', which this model does not have; it has: {names}"
            )
        still = {name: strength for name, strength in strengths.items() if name not in moving}
        self._edits = combined_edits(project.edits, still, directions)
        self._decoded: tuple[dict[str, float], Portrait] | None = None

    def at(self, moment: float) -> tuple[Portrait, Camera, float | None]:
        """Head, camera and share of the photo's detail at a moment, seconds."""
        from goae_core.trajectory import camera_of

        strengths = self._animation.strengths_at(moment)
        detail = strengths.pop("detail", self._project.detail if self._detail is None else self._detail)
        rig = self.pipeline.preset.camera
        view = self._animation.view_at(moment, behind=reach(rig)[0] >= math.pi)
        camera = self._project.camera if view is None else camera_of(view, rig)
        if self._decoded is None or self._decoded[0] != strengths:
            self._decoded = (strengths, self._portrait(strengths))
        return self._decoded[1], camera, detail

    def _portrait(self, strengths: Mapping[str, float]) -> Portrait:
        import torch

        from goae_core.editing import Edit, weighed

        afa, mix = (strengths.get(name, getattr(self._project, name)) for name in ("afa", "mix"))
        edits = {edit.name: edit.strength for edit in self._edits} | {
            name: strength for name, strength in strengths.items() if name not in _SHARES
        }
        with torch.inference_mode():
            inversion = self._project.inversion.to(self.pipeline.device)
            head = weighed(self.pipeline.generator, inversion, afa=afa, mix=mix)
        return self.pipeline.portrait(head, tuple(Edit(name, strength) for name, strength in edits.items()))


def _pictures(shots: _Shots, look: FilmLook, bar: Bar) -> Iterator[NDArray[np.uint8]]:
    count = len(shots.moments)
    for number, moment in enumerate(shots.moments):
        bar.show(number / count, f"frame {number + 1} of {count}")
        portrait, camera, detail = shots.at(moment)
        yield film_frame(shots.pipeline, portrait, camera, replace(look, detail=detail), should_stop)
    bar.show(1.0, "writing the film")
