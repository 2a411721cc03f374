"""What symmetry gains on the side that the photo did not see, where the truth is known.

Held-out persons are inverted from their view at yaw +30 and looked at from -30 and 0 degrees: by the model
alone, with the photo's detail, and with what the detail tells of the other side. Two parts of the head are
judged apart: what the photo saw of it, and what it did not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from goae_core.camera import Camera
from goae_core.detail import carried, photo_detail
from goae_core.pipeline import Pipeline, compare
from goae_core.symmetry import with_symmetry
from goae_core.training.evaluation import VIEWS, held_out_photo, seen_by_photo
from goae_core.training.heads_dataset import RenderedPerson

PHOTO = "yaw+30"
JUDGED = ("yaw-30", "input")
WAYS = ("model", "detail", "symmetry")
PARTS = ("unseen", "seen", "head")
_LEAST_SHARE = 0.005
"""Of the head that a part must cover to be judged."""


@dataclass(frozen=True, slots=True)
class UnseenFigures:
    """One view of one person.

    Attributes:
        person: Index.
        view: Which of `JUDGED`.
        share: Of the head that the photo did not see.
        psnr: dB, by part of the head and way; without a part that is too small to judge.
    """

    person: int
    view: str
    share: float
    psnr: dict[str, dict[str, float]]


@torch.inference_mode()
def measure(
    pipeline: Pipeline,
    persons: Sequence[RenderedPerson],
    *,
    belief: float = 1.0,
    seed: int = 0,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[list[UnseenFigures]]:
    """Judge persons one after the other.

    Args:
        pipeline: The model.
        persons: Held out, at the model's image size.
        belief: In symmetry, as of `with_symmetry`.
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
        turned, places = photographed_from(person, VIEWS[PHOTO])
        inversion = pipeline.invert(held_out_photo(turned, rng, pipeline.device))
        planes, w_plus, photo = inversion.planes, inversion.w_plus, inversion.photo
        before = pipeline.generator.render(planes, w_plus, photo.camera)
        detail = photo_detail(photo, before, has_alpha=has_alpha)
        symmetric = with_symmetry(detail, before, belief)
        result = []
        for name in JUDGED:
            view = places.index(VIEWS[name])
            camera = Camera.from_label(torch.from_numpy(turned.camera[view : view + 1])).to(pipeline.device)
            rendering = pipeline.generator.render(planes, w_plus, camera)
            pictures = {
                "model": rendering.image,
                "detail": carried(detail, rendering, camera, 1.0).image,
                "symmetry": carried(symmetric, rendering, camera, 1.0).image,
            }
            result.append(_judged(turned, view, pictures, index, name))
        yield result


def table(figures: Sequence[UnseenFigures]) -> list[str]:
    """Means by view and part of the head, as lines of text."""
    lines = [
        f"{'view':<8}{'part':<8}{'persons':>8}{'share':>7}"
        + "".join(f"{way:>10}" for way in WAYS)
        + f"{'gain':>8}{'worst':>8}{'better':>8}"
    ]
    for view in JUDGED:
        for part in PARTS:
            rows = [row for row in figures if row.view == view and part in row.psnr]
            if not rows:
                continue
            unseen = float(np.mean([row.share for row in rows]))
            share = {"unseen": unseen, "seen": 1.0 - unseen, "head": 1.0}[part]
            means = [float(np.mean([row.psnr[part][way] for row in rows])) for way in WAYS]
            gains = [row.psnr[part]["symmetry"] - row.psnr[part]["detail"] for row in rows]
            lines.append(
                f"{'yaw 0' if view == 'input' else view:<8}{part:<8}{len(rows):>8}{share:>7.0%}"
                + "".join(f"{mean:>10.2f}" for mean in means)
                + f"{np.mean(gains):>+8.2f}{min(gains):>+8.2f}{np.mean([g > 0 for g in gains]):>8.0%}"
            )
    return [*lines, f"PSNR in dB of heads photographed from {PHOTO}; gain: symmetry over detail"]


def photographed_from(person: RenderedPerson, view: int) -> tuple[RenderedPerson, list[int]]:
    """The same person with another view first, and which of the person's views each now is.

    Args:
        person: With V views.
        view: Index of the one that becomes the first.
    """
    places = [view, *(k for k in range(person.views) if k != view)]
    turned = replace(
        person,
        foreground=person.foreground[:, places],
        matte=person.matte[places],
        depth=person.depth[places],
        parts=person.parts[places],
        camera=person.camera[places],
    )
    return turned, places


def _judged(
    person: RenderedPerson, view: int, pictures: dict[str, Tensor], index: int, name: str
) -> UnseenFigures:
    """PSNR of pictures of a view by part of the head."""
    seen = torch.from_numpy(seen_by_photo(person, view))[None, None].float()
    matte = torch.from_numpy(person.matte[view]).float()[None, None] / 255.0
    solid = torch.from_numpy(person.depth[view].astype(np.float32) > 0.0)[None, None].float()
    truth = torch.from_numpy(person.foreground[0, view].astype(np.float32)).permute(2, 0, 1)[None]
    truth = truth / 127.5 - 1.0
    weights = {"unseen": matte * solid * (1.0 - seen), "seen": matte * seen, "head": matte}
    total = float(matte.sum())
    psnr = {
        part: {way: compare(truth, picture.cpu(), weight)["psnr"] for way, picture in pictures.items()}
        for part, weight in weights.items()
        if float(weight.sum()) > _LEAST_SHARE * total
    }
    return UnseenFigures(index, name, float(weights["unseen"].sum()) / max(total, 1e-6), psnr)
