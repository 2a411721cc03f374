"""What the photo's detail gains where the truth is known, and what pasting would.

Held-out persons are inverted from their first view. Every view within reach is rendered four times: by the
model alone, with the detail, and with two things that detail must beat:

    card    the residual on a flat card through the head, facing the photo's camera
    pasted  the residual read by the surface's depth, with no question asked
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.camera import Camera
from goae_core.detail import PhotoDetail, carried, photo_detail, plain_colors, project, surface_points
from goae_core.pipeline import Pipeline, compare
from goae_core.rendering.rays import sample_rays
from goae_core.rendering.renderer import Rendering
from goae_core.symmetry import with_symmetry
from goae_core.training.evaluation import held_out_photo
from goae_core.training.heads_dataset import RenderedPerson
from goae_core.training.optimisation_gain import angle

DISTANCES = {"input": (0.0, 1.0), "15": (8.0, 22.0), "30": (22.0, 38.0), "45": (38.0, 52.0)}
"""Degrees between the axes of the photo's camera and the view's, from and to."""
WAYS = ("plain", "detail", "card", "pasted")


@dataclass(frozen=True, slots=True)
class DetailFigures:
    """One view of one person.

    Attributes:
        person: Index.
        distance: Which of `DISTANCES`.
        degrees: Between the axes of both cameras.
        psnr: Over the head, dB, by each of `WAYS`.
    """

    person: int
    distance: str
    degrees: float
    psnr: dict[str, float]


@torch.inference_mode()
def measure(
    pipeline: Pipeline,
    persons: Sequence[RenderedPerson],
    *,
    seed: int = 0,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[list[DetailFigures]]:
    """Judge persons one after the other.

    Args:
        pipeline: The model.
        persons: Held out, at the model's image size.
        seed: Of the backgrounds.
        should_stop: Asked between persons.

    Yields:
        Figures of each view of a person.
    """
    rng = np.random.default_rng(seed)
    has_alpha = pipeline.preset.super_resolution.image_channels == 4
    for index, person in enumerate(persons):
        if should_stop():
            return
        inversion = pipeline.invert(held_out_photo(person, rng, pipeline.device))
        photo = inversion.photo
        look = partial(pipeline.generator.render, inversion.planes, inversion.w_plus)
        before = look(photo.camera)
        detail = photo_detail(photo, before, has_alpha=has_alpha)
        detail = with_symmetry(detail, before, pipeline.preset.detail.symmetry)
        result = []
        for view in range(person.views):
            camera = Camera.from_label(torch.from_numpy(person.camera[view : view + 1])).to(pipeline.device)
            degrees = angle(photo.camera, camera)
            distance = next((name for name, (a, b) in DISTANCES.items() if a <= degrees < b), None)
            if distance is None:
                continue
            rendering = look(camera)
            side = rendering.image.shape[-1]
            pictures = {
                "plain": rendering,
                "detail": carried(detail, rendering, camera, 1.0),
                "card": _laid(detail, rendering, on_card(detail, camera, side)),
                "pasted": _laid(detail, rendering, surface_points(rendering, camera, side)),
            }
            truth = torch.from_numpy(person.foreground[0, view].astype(np.float32)).permute(2, 0, 1)[None]
            truth = (truth / 127.5 - 1.0).to(pipeline.device)
            matte = (torch.from_numpy(person.matte[view]).float() / 255)[None, None].to(pipeline.device)
            psnr = {way: compare(truth, picture.image, matte)["psnr"] for way, picture in pictures.items()}
            result.append(DetailFigures(index, distance, degrees, psnr))
        yield result


def table(figures: Sequence[DetailFigures]) -> list[str]:
    """Means by distance, as lines of text."""
    lines = [
        f"{'degrees':>8}{'views':>7}"
        + "".join(f"{way:>9}" for way in WAYS)
        + f"{'gain':>8}{'worst':>8}{'better':>8}"
    ]
    for distance in DISTANCES:
        rows = [row for row in figures if row.distance == distance]
        if not rows:
            continue
        means = [float(np.mean([row.psnr[way] for row in rows])) for way in WAYS]
        gains = [row.psnr["detail"] - row.psnr["plain"] for row in rows]
        lines.append(
            f"{distance:>8}{len(rows):>7}"
            + "".join(f"{mean:>9.2f}" for mean in means)
            + f"{np.mean(gains):>+8.2f}{min(gains):>+8.2f}{np.mean([g > 0 for g in gains]):>8.0%}"
        )
    return [
        *lines,
        "PSNR over the head in dB; views within 7 (15, 45) or 8 (30) degrees of the distance named",
    ]


def on_card(detail: PhotoDetail, camera: Camera, side: int) -> Tensor:
    """Where they lie on a card that faces the photo's camera at the head's median distance, (1, R*R, 3)."""
    axis = detail.camera.cam_to_world[:, None, :3, 2]
    eye = detail.camera.cam_to_world[:, None, :3, 3]
    rays = sample_rays(camera, side)
    ahead = ((eye + detail.depth.median() * axis - rays.origins) * axis).sum(dim=-1, keepdim=True)
    slope = (rays.directions * axis).sum(dim=-1, keepdim=True)
    return rays.origins + ahead / slope.clamp(min=1e-3) * rays.directions


def _laid(detail: PhotoDetail, rendering: Rendering, points: Tensor) -> Rendering:
    """The whole residual, read where points fall in the photo, over the head in a view."""
    side = rendering.image.shape[-1]
    places, _, _ = project(detail.camera, points, torch.zeros_like(points))
    residual = detail.bands.reshape(1, -1, 3, side, side).sum(dim=1)
    grid = (2.0 * places - 1.0).reshape(1, side, side, 2)
    read = F.grid_sample(residual, grid, padding_mode="zeros", align_corners=False)
    color = (plain_colors(rendering, has_alpha=detail.has_alpha) + read).clamp(0.0, 1.0)
    alpha = rendering.alpha if detail.has_alpha else 1.0
    return replace(rendering, image=2.0 * alpha * color - 1.0)
