"""Attributes of a head as directions of w+, and heads changed along them.

    edited w+ = w+ + sum over edits of strength * offset        (and the release's corrections)
    X'        = scale * X(w+) + shift + (X(edited w+) - X(w+))
    planes    = fuse(planes(edited w+), planes(X') + planes_shift, visibility)

AFA's work is kept and the change of the features carried along on top of it. Before expressions it gives way
where they act (`EditingConfig.yielding`), which the paper does not.

Source: Yuan et al. 2023 (GOAE), section 3.4, arXiv 2303.12326.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.errors import DirectionError
from goae_core.fusion import fuse
from goae_core.generator import Generator
from goae_core.inversion import Inversion, modulated_planes, see
from goae_core.networks.afa import Modulation
from goae_core.triplane import TriPlane

YIELDING_QUANTILE = 0.9
"""Share of a plane's texels that an edit leaves alone: what changes more than the rest is where it acts."""

DirectionUnit = Literal[
    "deviations",  # strength 1 is one standard deviation of the label over the training heads
    "raw",  # strength 1 is the offset itself
]


@dataclass(frozen=True, slots=True, eq=False)
class EditDirection:
    """A direction of w+ that changes one attribute.

    Attributes:
        name: Unique within a model.
        group: Heading under which a window shows it.
        offset: (N, W), added to w+ once per unit of strength.
        unit: What strength 1 means.
        limit: Largest strength to either side that is known to work.
        correction: Another direction's name and how much of it comes along with this one, whatever the
            strength. Heeded where the preset's correction is "release" (there: glasses, -0.8).
    """

    name: str
    group: str
    offset: Tensor
    unit: DirectionUnit
    limit: float
    correction: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """How far to go along one direction.

    Attributes:
        name: Of the direction.
        strength: In the direction's unit.
    """

    name: str
    strength: float


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """All that rendering needs of a head, B = 1.

    Attributes:
        w_plus: (1, N, W); its last row steers the super-resolution.
        planes: Fused planes.
        visibility: (1, 1 or 3, S, S), what the photo saw.
        inversion: What it was made of, before edits; None: it is shown without the photo's detail.
    """

    w_plus: Tensor
    planes: TriPlane
    visibility: Tensor
    inversion: Inversion | None = None


def edited_w_plus(
    generator: Generator, w_plus: Tensor, directions: Sequence[EditDirection], edits: Sequence[Edit]
) -> Tensor:
    """Move w+ along directions; several edits add up.

    Under the release's correction each edit that is listed also brings its direction's correction along, even
    at strength zero.

    Args:
        generator: Its preset names the correction.
        w_plus: (1, N, W).
        directions: Those of the model.
        edits: What to change.

    Returns:
        (1, N, W).

    Raises:
        DirectionError: If an edit, or a correction that applies, names a direction the model does not have.
    """
    by_name = {direction.name: direction for direction in directions}
    corrects = generator.preset.editing.correction == "release"
    offset = torch.zeros_like(w_plus)
    for edit in edits:
        direction = _find(by_name, edit.name)
        offset = offset + edit.strength * direction.offset.to(w_plus)
        if corrects and direction.correction is not None:
            name, share = direction.correction
            offset = offset + share * _find(by_name, name).offset.to(w_plus)
    return w_plus + offset


def apply_edits(
    generator: Generator, inversion: Inversion, directions: Sequence[EditDirection], edits: Sequence[Edit]
) -> Portrait:
    """Change a head without running encoder or AFA again.

    With decoding "edited" (ours) the edited w+ decodes throughout and what the photo saw stays what it was:
    moving a slider costs two upper halves of synthesis and no rendering. With "unedited" (the release) the w+
    before the edit decodes the refined features, and visibility is found anew from a rendering of them.

    Args:
        generator: Its preset names the behaviour.
        inversion: The head.
        directions: Those of the model.
        edits: What to change. None at all, or only zero strengths: exactly the unedited head.

    Returns:
        The changed head.

    Raises:
        DirectionError: If an edit names a direction that the model does not have.
    """
    by_name = {direction.name: direction for direction in directions}
    for edit in edits:
        _find(by_name, edit.name)
    moved = [edit for edit in edits if edit.strength != 0.0]
    if not moved:
        return Portrait(inversion.w_plus, inversion.planes, inversion.visibility)
    w_edited = edited_w_plus(generator, inversion.w_plus, directions, moved)
    yielding = [edit for edit in moved if by_name[edit.name].group in generator.preset.editing.yielding]
    if not yielding:
        return decode_edit(generator, inversion, w_edited)
    w_yielding = w_edited
    if len(yielding) < len(moved):
        w_yielding = edited_w_plus(generator, inversion.w_plus, directions, yielding)
    strength = sum(abs(edit.strength) for edit in yielding)
    return decode_edit(generator, inversion, w_edited, (w_yielding, strength))


def weighed(generator: Generator, inversion: Inversion, *, afa: float = 1.0, mix: float = 1.0) -> Inversion:
    """Let AFA, or what the photo saw, count for less in a head.

        scale' = 1 + afa (scale - 1),  shift' = afa shift;  visibility' = mix visibility

    Args:
        generator: That of the head.
        inversion: The head.
        afa: 0 leaves the features as w+ makes them, 1 is AFA's work in full.
        mix: 0 leaves the planes as w+ makes them, 1 mixes them by what the photo saw. Where the preset's
            decoding is "unedited" edits find the visibility anew and forget this.

    Returns:
        A head whose edits and pictures follow; the very same one if both are 1.
    """
    if afa == 1.0 and mix == 1.0:
        return inversion
    full = inversion.modulation
    modulation = Modulation(
        1.0 + afa * (full.scale - 1.0),
        afa * full.shift,
        None if full.planes_shift is None else afa * full.planes_shift,
    )
    features, visibility = inversion.features, mix * inversion.visibility
    x = modulation.apply(features.x)
    refined = modulated_planes(generator, inversion.w_plus, x, features.skip, modulation)
    planes = fuse(generator.planes(inversion.w_plus, features), refined, visibility)
    return replace(inversion, modulation=modulation, visibility=visibility, planes=planes)


def kept_share(before: TriPlane, after: TriPlane, strength: float) -> Tensor:
    """How much of AFA's work stays on each texel under an edit that moves what AFA corrected.

        change = |after - before|, its mean over 3 x 3 texels, in units of its 0.9 quantile
        kept   = 1 - (1 - exp(-2 strength)) sigmoid(4 (change - 1))

    Args:
        before: w-only planes of the unedited head.
        after: w-only planes under the edit.
        strength: Of the edit, so that nothing is lost at zero and the slider moves without a jump.

    Returns:
        (1, 3, S, S) in (0, 1].
    """
    moved = (after.features - before.features).float().norm(dim=2)
    change = F.avg_pool2d(moved, 3, stride=1, padding=1)
    usual = change.flatten(2).quantile(YIELDING_QUANTILE, dim=2)[..., None, None].clamp_min(1e-6)
    lost = (1.0 - math.exp(-2.0 * strength)) * torch.sigmoid(4.0 * (change / usual - 1.0))
    return 1.0 - lost


def decode_edit(
    generator: Generator,
    inversion: Inversion,
    w_edited: Tensor,
    yielding: tuple[Tensor, float] | None = None,
) -> Portrait:
    """Build the head of an edited w+, with AFA's work carried along.

    Args:
        generator: Its preset names the behaviour, see `apply_edits`.
        inversion: The head before the edit.
        w_edited: (1, N, W).
        yielding: w+ (1, N, W) under those edits alone before which AFA gives way, and their strength; heeded
            by the decoding "edited". None: there are none.

    Returns:
        The edited head.
    """
    features, modulation = inversion.features, inversion.modulation
    edited = generator.feature_map(w_edited)
    w_planes = generator.planes(w_edited, edited)
    x = modulation.apply(features.x) + (edited.x - features.x)
    if generator.preset.editing.decoding == "edited":
        refined = modulated_planes(generator, w_edited, x, edited.skip, modulation)
        share = seen = inversion.visibility
        if yielding is not None:
            w_yielding, strength = yielding
            after = w_planes
            if w_yielding is not w_edited:  # else a slider's step would pay for the same planes twice
                after = generator.planes(w_yielding, generator.feature_map(w_yielding))
            share = seen * kept_share(generator.planes(inversion.w_plus, features), after, strength)
    else:
        refined = modulated_planes(generator, inversion.w_plus, x, edited.skip, modulation)
        share = seen = see(generator, refined, inversion.w_plus, inversion.photo.camera).visibility
    return Portrait(w_edited, fuse(w_planes, refined, share), seen)


def _find(by_name: dict[str, EditDirection], name: str) -> EditDirection:
    try:
        return by_name[name]
    except KeyError:
        known = ", ".join(sorted(by_name)) or "none"
        raise DirectionError(f"the model has no attribute named '{name}'; it has: {known}") from None
