"""What the commands that write films have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import options
from goae_core.film import FILM_SUFFIXES, OPAQUE_SUFFIXES, cut_out, film_suffix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from goae_core.camera import Camera
    from goae_core.editing import Portrait
    from goae_core.pipeline import Pipeline

TRANSPARENT = "transparent"

FilmOutput = Annotated[
    Path,
    options.output_option(
        f"Film to write: {', '.join(FILM_SUFFIXES)}; without an ending, a new folder of PNG pictures."
    ),
]
Size = Annotated[int, typer.Option("--size", metavar="N", min=16, max=2048, help="Pixels per side.")]
Background = Annotated[
    str,
    typer.Option(
        "--background",
        metavar="COLOUR",
        help="Behind the head: a colour such as white, #00b140 or rgb(20,30,40), or 'transparent'.",
    ),
]


@dataclass(frozen=True, slots=True)
class FilmLook:
    """What all frames of a film share."""

    size: int
    detail: float | None
    background: tuple[int, int, int] | None
    """None: transparent."""


def film_output(path: Path, background: str) -> tuple[int, int, int] | None:
    """See before any work that a film can be written so.

    Args:
        path: What the user named.
        background: A colour, or `TRANSPARENT`.

    Returns:
        Red, green and blue, 0 to 255; None: transparent.

    Raises:
        typer.BadParameter: If the file's name or the colour does not serve, or both do not go together.
    """
    from PIL import ImageColor

    if not path.suffix and path.is_dir() and any(path.iterdir()):
        raise typer.BadParameter(f"the folder '{path}' is not empty; name a new one", param_hint="-o")
    if path.suffix or not path.is_dir():
        options.checked_output(path, film_suffix)
    if background == TRANSPARENT:
        if path.suffix.lower() in OPAQUE_SUFFIXES:
            raise typer.BadParameter(
                f"a film that ends in {path.suffix} has no transparent background; take a colour, or .webp",
                param_hint="--background",
            )
        return None
    try:
        red, green, blue = ImageColor.getrgb(background)[:3]
    except ValueError as error:
        raise typer.BadParameter(
            f"'{background}' is no colour; write a name, #rrggbb or '{TRANSPARENT}'",
            param_hint="--background",
        ) from error
    return red, green, blue


def film_frame(
    pipeline: Pipeline,
    portrait: Portrait,
    camera: Camera,
    look: FilmLook,
    should_stop: Callable[[], bool],
) -> NDArray[np.uint8]:
    """One frame, (H, W, 3), or (H, W, 4) where the background is transparent.

    Raises:
        StoppedError: If the user asked to stop.
    """
    from goae_core.pipeline import RenderRequest

    request = RenderRequest(
        portrait=portrait, camera=camera, size=look.size, detail=look.detail, background=look.background
    )
    frame = pipeline.render(request, should_stop=should_stop)
    return frame.color if look.background is not None else cut_out(frame.color, frame.alpha)
