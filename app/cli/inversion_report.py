"""What `goae invert` leaves of a photo: the project, two pictures and the figures."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.pictures import write_picture
from app.cli.stopping import should_stop
from goae_core.whole_file import whole_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from goae_core.camera import Camera
    from goae_core.inversion import Inversion
    from goae_core.photo import AlignedPhoto, Crop
    from goae_core.pipeline import Pipeline

VIEW_YAWS = (-30, -15, 0, 15, 30)
"""Degrees of the views beside photo and reconstruction."""


def write_results(
    pipeline: Pipeline,
    inversion: Inversion,
    seconds: Mapping[str, float],
    folder: Path,
    stem: str,
    more: Mapping[str, Any] | None = None,
) -> dict[str, float]:
    """Write STEM.goae, STEM_reconstruction.png, STEM_views.png and STEM.json.

    Args:
        pipeline: That made the inversion.
        inversion: Of one photo.
        seconds: Per stage, and in total.
        folder: Made if missing.
        stem: Of the file names.
        more: What else STEM.json says.

    Returns:
        mse (pixels in [-1, 1]), psnr (dB) and ssim at the input view over the head, of the model's own
        picture, and detail_mse and so on with the photo's detail.

    Raises:
        ExportError: If a file cannot be written.
        StoppedError: If the user asked to stop.
    """
    import numpy as np

    from goae_core.project import Project, write_project

    figures = dict(pipeline.figures(inversion))
    views = _views(pipeline, inversion)
    reconstruction = views[1]
    # the project comes last: where it is, all the rest is there too
    write_picture(reconstruction, folder / f"{stem}_reconstruction.png")
    write_picture(np.concatenate(views, axis=1), folder / f"{stem}_views.png")
    content = {**report(pipeline, inversion, seconds, figures), **(more or {})}
    _write_json(content, folder / f"{stem}.json")
    project = Project(inversion=inversion, edits=(), model=pipeline.model, camera=inversion.photo.camera)
    write_project(project, folder / f"{stem}.goae")
    return figures


def report(
    pipeline: Pipeline, inversion: Inversion, seconds: Mapping[str, float], figures: Mapping[str, float]
) -> dict[str, Any]:
    """What STEM.json holds.

    Returns:
        Numbers and texts by name; None stands for a figure that is not finite.
    """
    photo = inversion.photo
    return {
        "photo": photo.source,
        "model": pipeline.model,
        "device": str(pipeline.device),
        "camera": _camera(photo.camera),
        "crop": _crop(photo.crop),
        "seconds": {stage: round(time_s, 4) for stage, time_s in seconds.items()},
        **{name: value if math.isfinite(value) else None for name, value in figures.items()},
    }


def _views(pipeline: Pipeline, inversion: Inversion) -> list[NDArray[np.uint8]]:
    """The photo's crop, the model's own reconstruction of it, and the head from the sides, (R, R, 3) each.

    The sides carry the photo's detail; in the photo's view, that would only be the photo again.
    """
    from goae_core.camera import orbit
    from goae_core.pipeline import RenderRequest

    portrait = pipeline.portrait(inversion)
    around = [orbit(math.radians(yaw), 0.0, rig=pipeline.preset.camera) for yaw in VIEW_YAWS]
    requests = [
        RenderRequest(portrait=portrait, camera=inversion.photo.camera, detail=0.0),
        *(RenderRequest(portrait=portrait, camera=camera) for camera in around),
    ]
    rendered = [pipeline.render(request, should_stop=should_stop).color for request in requests]
    return [_pixels(inversion.photo), *rendered]


def _pixels(photo: AlignedPhoto) -> NDArray[np.uint8]:
    import torch

    pixels = ((photo.pixels[0] + 1.0) * 127.5).round().clamp(0.0, 255.0).to(torch.uint8)
    array: NDArray[np.uint8] = pixels.permute(1, 2, 0).cpu().numpy()
    return array


def _camera(camera: Camera) -> dict[str, float]:
    """Angles in degrees, lengths in world units and image sides."""
    from goae_core.camera import orbit_angles

    angles = orbit_angles(camera)
    return {
        "yaw": _degrees(angles.yaw),
        "pitch": _degrees(angles.pitch),
        "roll": _degrees(angles.roll),
        "radius": round(angles.radius, 4),
        "focal": round(float(camera.intrinsics[0, 0, 0]), 4),
    }


def _crop(crop: Crop) -> dict[str, Any]:
    """Pixels of the upright photo, and degrees."""
    return {
        "center": [round(float(v), 2) for v in crop.center],
        "side": round(float(crop.side), 2),
        "roll": _degrees(float(crop.roll)),
    }


def _degrees(radians: float) -> float:
    return round(math.degrees(radians), 3) + 0.0  # never -0.0


def _write_json(content: Mapping[str, Any], path: Path) -> None:
    with whole_file(path) as part:
        part.write_text(
            json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
        )
