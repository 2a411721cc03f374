"""How well a model inverts heads it has never seen: the figures of its model card.

Held-out persons are rendered with yaw 0, +30 and -30 degrees as their first three views. The first is put
before a random background and inverted like a photograph, matte and all; the others show what was made of the
sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from goae_core.camera import Camera
from goae_core.crop import Crop
from goae_core.inversion import Inversion
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline, compare
from goae_core.training.head_batches import pooled_depth
from goae_core.training.heads_dataset import HeadsDataset, RenderedPerson

VIEWS = {"input": 0, "yaw+30": 1, "yaw-30": 2}
"""Index of each judged view in the held-out data."""


@dataclass(frozen=True, slots=True)
class ViewFigures:
    """One view of one person."""

    view: str
    psnr: float
    """Over the head, dB."""
    ssim: float
    depth_error: float
    """Mean absolute, world units, where truth and reconstruction both have a surface."""
    iou: float
    """Of the silhouettes, opacity above one half."""


def evaluate(
    pipeline: Pipeline,
    dataset: HeadsDataset,
    *,
    persons: int = 64,
    seed: int = 0,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, list[ViewFigures]]]:
    """Invert held-out persons one after the other.

    Args:
        pipeline: The model.
        dataset: Held-out persons at the model's image size.
        persons: At most this many.
        seed: Of the backgrounds.
        should_stop: Asked between persons.

    Yields:
        The person's index and figures of each view.
    """
    rng = np.random.default_rng(seed)
    for index, person in enumerate(dataset.persons[:persons]):
        if should_stop():
            return
        photo = held_out_photo(person, rng, pipeline.device)
        yield index, judge(pipeline, pipeline.invert(photo), person)


def summary(figures: list[ViewFigures]) -> dict[str, dict[str, float]]:
    """Means by view."""
    result = {}
    for view in VIEWS:
        rows = [f for f in figures if f.view == view]
        if rows:
            names = ("psnr", "ssim", "depth_error", "iou")
            result[view] = {name: float(np.mean([getattr(row, name) for row in rows])) for name in names}
    return result


def held_out_photo(person: RenderedPerson, rng: np.random.Generator, device: torch.device) -> AlignedPhoto:
    """A person's first view before a soft random background, with its true camera.

    Args:
        person: Held out.
        rng: Draws the background.
        device: Of the pixels.
    """
    pixels = _before_background(person, rng).to(device)
    return AlignedPhoto(pixels, _camera(person, 0), "held-out head", Crop((0.5, 0.5), 1.0))


def judge(pipeline: Pipeline, inversion: Inversion, person: RenderedPerson) -> list[ViewFigures]:
    """Compare a head with the truth in all views.

    Args:
        pipeline: The model.
        inversion: Of `held_out_photo`; its own camera, corrected or not, draws the input view, the true ones
            draw the others.
        person: The truth.
    """
    portrait = pipeline.portrait(inversion)
    result = []
    for name, view in VIEWS.items():
        camera = inversion.photo.camera if view == VIEWS["input"] else _camera(person, view)
        camera = camera.to(pipeline.device)
        with torch.inference_mode():
            rendering = pipeline.generator.render(portrait.planes, portrait.w_plus, camera)
        truth = _picture(person.foreground[0, view]).to(pipeline.device)
        matte = (torch.from_numpy(person.matte[view]).float() / 255)[None, None].to(pipeline.device)
        figures = compare(truth, rendering.image, matte)
        factor = truth.shape[-1] // rendering.depth.shape[-1]
        depth = torch.from_numpy(person.depth[view].astype(np.float32))[None, None].to(pipeline.device)
        coarse = pooled_depth(depth, factor)
        both = (coarse > 0) & (rendering.opacity > 0.5)
        error = (rendering.depth - coarse).abs()[both].mean() if both.any() else torch.tensor(float("nan"))
        solid, found = F.avg_pool2d(matte, factor) > 0.5, rendering.opacity > 0.5
        iou = (solid & found).sum() / (solid | found).sum().clamp_min(1)
        result.append(ViewFigures(name, figures["psnr"], figures["ssim"], float(error), float(iou)))
    return result


def _camera(person: RenderedPerson, view: int) -> Camera:
    return Camera.from_label(torch.from_numpy(person.camera[view : view + 1]))


def _picture(foreground: np.typing.NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(foreground.astype(np.float32)).permute(2, 0, 1)[None] / 127.5 - 1


def _before_background(person: RenderedPerson, rng: np.random.Generator) -> torch.Tensor:
    """The first view before a soft random background, (1, 3, R, R) in [-1, 1]."""
    side = person.matte.shape[-1]
    coarse = torch.from_numpy(rng.uniform(0, 1, (1, 3, 6, 6))).float()
    background = F.interpolate(coarse, (side, side), mode="bicubic", align_corners=False).clamp(0, 1)
    matte = (torch.from_numpy(person.matte[0]).float() / 255)[None, None]
    color = (_picture(person.foreground[0, 0]) + 1) / 2
    return (color + (1 - matte) * background) * 2 - 1
