"""Symmetry on a ridge whose one side hides the other, and on walls with patterns."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from goae_core.camera import orbit
from goae_core.crop import Crop
from goae_core.detail import PhotoDetail, blurred, carried, painted, photo_detail
from goae_core.photo import AlignedPhoto
from goae_core.symmetry import COARSE_SHARE, FINE_SHARE, PRIOR, agreement, with_symmetry
from tests.goae_core.test_detail import FRONT, RIG, SIDE, detail_of, seen, stripes, wall

RIGHT = orbit(math.radians(50.0), 0.0, rig=RIG)


def ridge(origins: Tensor, directions: Tensor) -> Tensor:
    """The solid z < 0.3 - 1.2 |x|; from 50 degrees its far side looks away: -1.2 * 0.77 + 0.64 < 0."""
    entries = []
    for side in (1.2, -1.2):
        normal = torch.tensor([side, 0.0, 1.0])
        slope = directions @ normal
        entries.append(torch.where(slope < 0.0, (0.3 - origins @ normal) / slope, -1.0))
    return torch.maximum(*entries)


def photographed(picture: Tensor, reconstruction: Tensor | None = None) -> PhotoDetail:
    """Of a photo (1, 1, R, R) of the ridge from the right; its reconstruction is grey unless given."""
    matte = torch.ones(1, 1, SIDE, SIDE)
    crop = Crop((32.0, 32.0), 64.0)
    photo = AlignedPhoto(picture.expand(1, 3, SIDE, SIDE), RIGHT, "ridge", crop, matte)
    return photo_detail(photo, seen(RIGHT, ridge, reconstruction), has_alpha=True)


def shares(*bands: float) -> Tensor:
    return torch.tensor(bands).reshape(1, 3, 1, 1).expand(1, 3, SIDE, SIDE)


def blob() -> Tensor:
    """On the side that the photo sees, with something in every band."""
    residual = torch.zeros(1, 1, SIDE, SIDE)
    residual[..., 28:36, 36:44] = 0.5
    return residual


def test_the_other_side_is_the_photo_flipped() -> None:
    detail = photographed(blob())
    left = RIGHT.mirrored()
    own = carried(detail, seen(RIGHT, ridge), RIGHT, 1.0).image
    without = carried(detail, seen(left, ridge), left, 1.0).image
    shown = carried(replace(detail, symmetry=shares(1.0, 1.0, 1.0)), seen(left, ridge), left, 1.0).image
    place = (..., slice(26, 38), slice(18, 30))  # 64 - 44 is 20
    assert float((shown - own.flip(-1))[place].abs().max()) < 0.1
    assert float(shown[place].max()) > 0.45
    assert float(without[place].max()) < 0.15  # light spreads a little


def test_what_the_photo_shows_itself_is_left_alone() -> None:
    detail = photographed(blob())
    view = orbit(math.radians(55.0), 0.0, rig=RIG)
    for camera in (RIGHT, view):
        plain = carried(detail, seen(camera, ridge), camera, 1.0).image
        shown = carried(
            replace(detail, symmetry=shares(1.0, 1.0, 1.0)), seen(camera, ridge), camera, 1.0
        ).image
        assert float((shown - plain)[..., 24:40, 34:46].abs().max()) < 0.02


def test_of_an_asymmetric_model_the_look_is_taken_not_the_residual() -> None:
    """The model has the spot on the side that is seen: no residual there, but all of it is lacking here."""
    spot = torch.zeros(1, 1, SIDE, SIDE)
    spot[..., 30:33, 39:42] = 0.5
    detail = photographed(spot, spot.expand(1, 3, -1, -1))
    assert float(detail.bands.abs().max()) < 1e-4
    left = RIGHT.mirrored()
    shown = carried(replace(detail, symmetry=shares(1.0, 1.0, 0.0)), seen(left, ridge), left, 1.0).image
    assert float(shown[..., 31, 23].max()) > 0.25


def pattern() -> Tensor:
    noise = torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(4)) - 0.5
    return blurred(noise, 2.0 / 64).mul(4.0).clamp(-0.9, 0.9)


def test_agreement_is_high_for_faces_and_low_for_painted_ones() -> None:
    view = seen(FRONT, wall(0.0))
    alike = agreement(detail_of(0.5 * (pattern() + pattern().flip(-1)), wall(0.0)), view)
    foreign = agreement(detail_of(pattern(), wall(0.0)), view)
    opposite = agreement(detail_of(0.5 * (pattern() - pattern().flip(-1)), wall(0.0)), view)
    assert float(alike[..., 8:-8, 8:-8].min()) > 0.9
    assert float(foreign.mean()) < 0.5
    assert float(opposite.mean()) < 0.05


def test_a_badge_on_one_side_is_believed_less_than_the_rest() -> None:
    picture = 0.5 * (pattern() + pattern().flip(-1))
    badge = torch.zeros(1, 1, SIDE, SIDE)
    badge[..., 26:36, 42:52] = stripes()[..., 26:36, 42:52]
    found = agreement(detail_of(picture + badge, wall(0.0)), seen(FRONT, wall(0.0)))[0, 0]
    assert float(found[31, 47]) < 0.3
    assert float(found[50, 47]) > 0.6


def test_a_blank_photo_is_given_the_benefit_of_the_doubt() -> None:
    blank = detail_of(torch.zeros(1, 1, SIDE, SIDE), wall(0.0))
    found = agreement(blank, seen(FRONT, wall(0.0)))
    assert torch.allclose(found, torch.full_like(found, PRIOR))


def test_belief_scales_the_shares_and_none_is_the_very_same_detail() -> None:
    detail, view = detail_of(torch.zeros(1, 1, SIDE, SIDE), wall(0.0)), seen(FRONT, wall(0.0))
    assert with_symmetry(detail, view, 0.0) is detail
    found = with_symmetry(detail, view, 0.5).symmetry
    assert found is not None
    assert torch.allclose(found, shares(0.5 * FINE_SHARE * PRIOR, 0.5 * PRIOR, 0.5 * COARSE_SHARE))


def test_mesh_colours_take_the_residual_of_the_other_side() -> None:
    detail = replace(photographed(torch.full((1, 1, SIDE, SIDE), 0.5)), symmetry=shares(0.0, 0.0, 0.6))
    points = torch.tensor([[0.1, 0.05, 0.18], [-0.1, 0.05, 0.18]])  # 0.3 - 1.2 * 0.1
    colors = painted(detail, points, torch.full((2, 3), 0.2), 1.0)
    # Seen: the photo's 0.75. Its mirror image: the model's 0.2 and 0.6 of the residual, 0.75 - 0.5.
    assert colors[:, 0].tolist() == pytest.approx([0.75, 0.35], abs=0.01)
