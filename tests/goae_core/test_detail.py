"""Photo detail on scenes of planes, whose pictures can be worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from goae_core.camera import Camera, orbit
from goae_core.crop import Crop
from goae_core.detail import PhotoDetail, blurred, carried, painted, photo_detail, surface_depth, with_edit
from goae_core.photo import AlignedPhoto
from goae_core.presets import CameraConfig
from goae_core.rendering.rays import sample_rays
from goae_core.rendering.renderer import Rendering

SIDE = 64
RIG = CameraConfig(pivot=(0.0, 0.0, 0.0))
FRONT = orbit(0.0, 0.0, rig=RIG)  # at z = 2.7, looking along -z
Depths = Callable[[Tensor, Tensor], Tensor]
"""Origins and directions of rays, (M, 3) each, to depths (M,)."""


def wall(z: float) -> Depths:
    return lambda origins, directions: (z - origins[:, 2]) / directions[:, 2]


def card_before_wall(origins: Tensor, directions: Tensor) -> Tensor:
    """A card of half side 0.1 at z = 0.3 in front of a wall at z = 0."""
    near = wall(0.3)(origins, directions)
    place = origins + near[:, None] * directions
    return torch.where((place[:, :2].abs() < 0.1).all(dim=1), near, wall(0.0)(origins, directions))


def aside(shift: float) -> Camera:
    pose = FRONT.cam_to_world.clone()
    pose[:, 0, 3] += shift
    return Camera(pose, FRONT.intrinsics)


def seen(camera: Camera, depths: Depths, image: Tensor | None = None) -> Rendering:
    """A rendering of an opaque scene, grey unless an image (1, 3, R, R) in [-1, 1] is given."""
    rays = sample_rays(camera, SIDE)
    depth = depths(rays.origins[0], rays.directions[0]).reshape(1, 1, SIDE, SIDE)
    ones = torch.ones_like(depth)
    grey = torch.zeros(1, 3, SIDE, SIDE) if image is None else image
    return Rendering(grey, ones, grey, grey, depth, ones, rays.origins, rays.directions)


def detail_of(residual: Tensor, depths: Depths) -> PhotoDetail:
    """Of a photo that is a grey reconstruction plus a residual (1, 1 or 3, R, R)."""
    pixels = residual.expand(1, 3, SIDE, SIDE)
    photo = AlignedPhoto(pixels, FRONT, "planes", Crop((32.0, 32.0), 64.0), torch.ones(1, 1, SIDE, SIDE))
    return photo_detail(photo, seen(FRONT, depths), has_alpha=True)


def stripes() -> Tensor:
    """Two pixels up, two down: all of it is fine, none of it coarse."""
    columns = torch.arange(SIDE) // 2 % 2
    return (0.6 * columns.float() - 0.3).expand(1, 1, SIDE, SIDE).clone()


def test_at_the_photos_camera_the_head_is_the_photo() -> None:
    residual = 0.8 * torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(3)) - 0.4
    detail = detail_of(residual, card_before_wall)
    shown = carried(detail, seen(FRONT, card_before_wall), FRONT, 1.0)
    assert float((shown.image - residual).abs().max()) < 1e-3
    half = carried(detail, seen(FRONT, card_before_wall), FRONT, 0.5)
    assert float((half.image - 0.5 * residual).abs().max()) < 1e-3


def test_models_that_paint_a_background_show_the_photo_background_and_all() -> None:
    photo = AlignedPhoto(_pattern(), FRONT, "x", Crop((32.0, 32.0), 64.0))
    detail = photo_detail(photo, seen(FRONT, wall(0.0)), has_alpha=False)
    shown = carried(detail, seen(FRONT, wall(0.0)), FRONT, 1.0)
    assert float((shown.image - photo.pixels).abs().max()) < 1e-3
    assert torch.equal(shown.alpha, torch.ones_like(shown.alpha))


def test_nothing_of_it_is_the_very_same_rendering() -> None:
    rendering = seen(aside(0.1), wall(0.2))
    assert carried(detail_of(stripes(), wall(0.2)), rendering, aside(0.1), 0.0) is rendering


def test_a_spot_lands_where_worked_out() -> None:
    residual = torch.zeros(1, 1, SIDE, SIDE)
    residual[..., 30:33, 40:43] = 0.5  # centre: row 31, column 41
    # The wall is 2.5 ahead. 8 of 64 pixels are 1/8 side: aside = 1/8 * 2.5 / 4.2647.
    camera = aside(0.125 * 2.5 / RIG.focal)
    shown = carried(detail_of(residual, wall(0.2)), seen(camera, wall(0.2)), camera, 1.0)
    spot = (shown.image[0, 0] - 0.0).clamp(min=0.1) - 0.1
    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    assert float((spot * rows).sum() / spot.sum()) == pytest.approx(31.0, abs=0.1)
    assert float((spot * columns).sum() / spot.sum()) == pytest.approx(41.0 - 8.0, abs=0.1)


def test_what_the_photo_did_not_see_gets_nothing() -> None:
    camera = aside(0.4)
    detail = detail_of(stripes(), card_before_wall)
    view = seen(camera, card_before_wall)
    added = carried(detail, view, camera, 1.0).image[0, 0].abs()
    rays = sample_rays(camera, SIDE)
    points = rays.origins[0] + view.depth.reshape(-1, 1) * rays.directions[0]
    # A line from the photo's eye, 2.7 away, to the wall passes z = 0.3 at 2.4 / 2.7 of its way.
    on_wall = points[:, 2] < 0.01
    hidden = (on_wall & ((points[:, :2] * 2.4 / 2.7).abs() < 0.08).all(dim=1)).reshape(SIDE, SIDE)
    in_sight = ((points[:, 0] > 0.16) & (points[:, 0] < 0.25)).reshape(SIDE, SIDE)
    assert int(hidden.sum()) > 10
    assert float(added[hidden].max()) < 0.02
    assert float(added[in_sight].mean()) > 0.15


def test_a_patch_that_grazes_in_the_photo_gives_nothing() -> None:
    def steep(origins: Tensor, directions: Tensor) -> Tensor:
        """The plane x = 0.15 - 0.1 z, almost along the photo's rays."""
        normal = torch.tensor([1.0, 0.0, 0.1])
        return (0.15 - origins @ normal) / (directions @ normal)

    camera = orbit(math.radians(-80.0), 0.0, rig=RIG)
    detail = detail_of(stripes(), lambda o, d: steep(o, d).clamp(2.2, 3.2))
    added = carried(detail, seen(camera, steep), camera, 1.0).image.abs()
    assert float(added.max()) < 0.05


def test_fine_bands_go_before_coarse_ones_as_the_head_turns() -> None:
    spot = torch.zeros(1, 1, SIDE, SIDE)
    spot[..., 24:40, 24:40] = 0.4
    thin = (0.6 * (torch.arange(SIDE) % 2).float() - 0.3).expand(1, 1, SIDE, SIDE)
    for residual, least, most in ((thin, 0.0, 0.4), (blurred(spot, 6.0 / 64), 0.6, 1.0)):
        detail = detail_of(residual, wall(0.0))
        camera = orbit(math.radians(45.0), 0.0, rig=RIG)
        view = seen(camera, wall(0.0))
        middle = carried(detail, view, camera, 1.0).image[..., 28:36, 28:36].abs().mean()
        share = float(middle / residual[..., 28:36, 28:36].abs().mean())
        assert least <= share <= most


def test_outlines_follow_the_matte_at_the_input_view_and_the_model_elsewhere() -> None:
    matte = torch.ones(1, 1, SIDE, SIDE)
    matte[..., :20] = 0.0
    photo = AlignedPhoto(torch.zeros(1, 3, SIDE, SIDE), FRONT, "x", Crop((32.0, 32.0), 64.0), matte)
    detail = photo_detail(photo, seen(FRONT, wall(0.0)), has_alpha=True)
    assert torch.allclose(carried(detail, seen(FRONT, wall(0.0)), FRONT, 1.0).alpha, matte, atol=1e-4)
    camera = orbit(math.radians(30.0), 0.0, rig=RIG)
    assert float(carried(detail, seen(camera, wall(0.0)), camera, 1.0).alpha.min()) > 0.95


def test_between_two_outlines_there_is_an_outline_and_never_a_veil() -> None:
    columns = torch.arange(SIDE).float().expand(1, 1, SIDE, SIDE)
    matte, alpha = (columns >= 16).float(), (columns >= 28).float()
    photo = AlignedPhoto(torch.zeros(1, 3, SIDE, SIDE), FRONT, "x", Crop((32.0, 32.0), 64.0), matte)
    detail = photo_detail(photo, seen(FRONT, wall(0.0)), has_alpha=True)
    found = []
    for degrees in (1.0, 3.0, 5.0, 8.0, 20.0):
        camera = orbit(math.radians(degrees), 0.0, rig=RIG)
        view = replace(seen(camera, wall(0.0)), alpha=alpha)
        row = carried(detail, view, camera, 1.0).alpha[0, 0, 32]
        assert int(((row > 0.1) & (row < 0.9)).sum()) <= 3
        found.append(float(SIDE - row.sum()))
    # It moves from the photo's, which a turn of the wall shifts a little, to the model's.
    assert found == sorted(found)
    assert found[0] == pytest.approx(16.5, abs=1.0)
    assert found[-1] == pytest.approx(28.0, abs=0.1)
    assert 18.0 < found[2] < 27.0


def test_what_lies_far_from_the_models_outline_goes_sooner() -> None:
    columns = torch.arange(SIDE).float().expand(1, 1, SIDE, SIDE)
    alpha = (columns >= 40).float()
    camera = orbit(math.radians(4.0), 0.0, rig=RIG)
    shares = []
    for edge in (36, 8):
        matte = (columns >= edge).float()
        photo = AlignedPhoto(torch.zeros(1, 3, SIDE, SIDE), FRONT, "x", Crop((32.0, 32.0), 64.0), matte)
        detail = photo_detail(photo, seen(FRONT, wall(0.0)), has_alpha=True)
        row = carried(detail, replace(seen(camera, wall(0.0)), alpha=alpha), camera, 1.0).alpha[0, 0, 32]
        shares.append(float((row.sum() - 24.0) / (40 - edge)))
    assert shares[1] < 0.6 * shares[0]


def test_soft_edges_take_nothing_of_the_background_along() -> None:
    """A black head before a white wall: the mixed pixels of its edge must come out black."""
    matte = ((torch.arange(SIDE).float() - 20.0) / 8.0).clamp(0.0, 1.0).expand(1, 1, SIDE, SIDE)
    pixels = (2.0 * (1.0 - matte) - 1.0).expand(1, 3, SIDE, SIDE)  # black where matte is 1
    photo = AlignedPhoto(pixels, FRONT, "x", Crop((32.0, 32.0), 64.0), matte)
    detail = photo_detail(photo, seen(FRONT, wall(0.0)), has_alpha=True)
    shown = carried(detail, seen(FRONT, wall(0.0)), FRONT, 1.0)
    assert float((0.5 * (shown.image + 1.0)).max()) < 0.1  # 0.25 if nothing were done


def _pattern(shift: int = 0) -> Tensor:
    """Soft blobs, moved to the right, in [-1, 1]."""
    noise = torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(5)) - 0.5
    return blurred(noise, 3.0 / 64).roll(shift, dims=-1).mul(6.0).clamp(-0.9, 0.9).expand(1, 3, -1, -1)


def test_an_edit_wins_where_it_acts_and_nowhere_else() -> None:
    before = seen(FRONT, wall(0.0), _pattern())
    photo = AlignedPhoto(
        _pattern() + 0.1 * stripes(), FRONT, "x", Crop((32.0, 32.0), 64.0), torch.ones(1, 1, SIDE, SIDE)
    )
    detail = photo_detail(photo, before, has_alpha=True)
    image = _pattern().clone()
    image[..., 26:38, 26:38] = stripes()[..., 26:38, 26:38] * 2.0  # new edges
    after = seen(FRONT, wall(0.0), image)
    edited = with_edit(detail, before, after)
    shown = carried(edited, after, FRONT, 1.0).image
    assert float((shown - image)[..., 28:36, 28:36].abs().max()) < 0.02
    untouched = (shown - photo.pixels)[..., 10:54, 48:60].abs()
    assert float(untouched.max()) < 0.02


def test_detail_goes_along_with_what_an_edit_moves() -> None:
    before, after = (seen(FRONT, wall(0.0), _pattern(shift)) for shift in (0, 2))
    spot = torch.zeros(1, 1, SIDE, SIDE)
    spot[..., 31:34, 31:34] = 0.3
    photo = AlignedPhoto(
        _pattern() + spot, FRONT, "x", Crop((32.0, 32.0), 64.0), torch.ones(1, 1, SIDE, SIDE)
    )
    edited = with_edit(photo_detail(photo, before, has_alpha=True), before, after)
    added = (carried(edited, after, FRONT, 1.0).image - after.image)[0, 0].clamp(min=0.1) - 0.1
    columns = torch.arange(SIDE).expand(SIDE, SIDE)
    assert float((added * columns).sum() / added.sum()) == pytest.approx(32.0 + 2.0, abs=0.5)


def test_an_edit_that_changes_nothing_changes_nothing() -> None:
    before = seen(FRONT, wall(0.0), _pattern())
    photo = AlignedPhoto(
        _pattern() + 0.1 * stripes(), FRONT, "x", Crop((32.0, 32.0), 64.0), torch.ones(1, 1, SIDE, SIDE)
    )
    detail = photo_detail(photo, before, has_alpha=True)
    same = with_edit(detail, before, before)
    assert float((same.bands - detail.bands).abs().max()) < 0.02


def test_depth_is_carried_on_beside_the_head() -> None:
    rendering = seen(FRONT, wall(0.0))
    opacity = rendering.opacity.clone()
    opacity[..., :32] = 0.0
    depth = torch.where(opacity > 0.0, rendering.depth, 9.0)
    hollow = Rendering(
        rendering.image, opacity, rendering.raw, rendering.features, depth, opacity,
        rendering.origins, rendering.directions,
    )  # fmt: skip
    found, deviation = surface_depth(hollow, SIDE)
    assert float(found[..., :24].max()) < 2.8
    assert float(deviation[..., :24].min()) > float(deviation[..., 40:].max())


def test_points_take_the_photos_colour_where_it_saw_them() -> None:
    detail = detail_of(torch.full((1, 1, SIDE, SIDE), 0.5), card_before_wall)  # 0.75 in [0, 1]
    points = torch.tensor([[0.0, 0.0, 0.3], [0.0, 0.0, 0.0], [0.22, 0.0, 0.0], [0.9, 0.0, 0.0]])
    model = torch.full((4, 3), 0.2)
    colors = painted(detail, points, model, 1.0)
    # On the card; on the wall behind it; on the wall beside it; out of the picture.
    assert colors[:, 0].tolist() == pytest.approx([0.75, 0.2, 0.75, 0.2], abs=0.01)
    assert painted(detail, points, model, 0.0) is model
    assert painted(detail, points[:1], model[:1], 0.5)[0, 0] == pytest.approx(0.475, abs=0.01)


def test_blur_keeps_the_mean_and_has_its_width() -> None:
    point = torch.zeros(1, 2, SIDE, SIDE)
    point[:, 0, 32, 32] = 1.0
    soft = blurred(point, 4.0 / SIDE)
    columns = torch.arange(SIDE) - 32.0
    assert float(soft[0, 0].sum()) == pytest.approx(1.0, abs=1e-4)
    assert float((soft[0, 0].sum(dim=0) * columns**2).sum()) == pytest.approx(16.0, rel=0.05)
    assert float(soft[0, 1].abs().max()) == 0.0
