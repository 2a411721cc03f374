"""Photo detail: what the model cannot hold is carried from the photo into every view that may show it.

    residual = photo's foreground - reconstruction, both as plain colours, in bands from coarse to fine
    view     = reconstruction + strength * sum over bands of weight_band * residual_band(where it was seen)

Each pixel of a view is a point of the reconstruction's surface; the point is projected into the photo and the
residual is read there. Three questions decide how much of it counts:

    seen    Is it the point that the photo shows, or does something lie in front of it? Distances are
            compared.
    facing  Does the photo show it as large as the view does? A patch grazing in the photo has nothing to
            give.
    sure    How far off may the place be? The depth's uncertainty times the parallax between both views is an
            error in pixels; a band counts as long as the error is small beside the size of its features.

The coarse band, light and tone, is alike near by: it asks less strictly, and spreads a little into what the
photo did not see, so that no seam parts the two. On held-out heads that is most of the gain at 30 degrees.

At the photo's own camera every pixel projects onto itself whatever its depth: nothing is uncertain, all bands
count in full, and the head is the photo.

What the photo did not see, its mirror image may have seen, see `goae_core.symmetry`. The same questions are
put to it, and it fills in where it is surer than the photo itself.

Sources: ours. The foreground's colours at a soft edge are those of Forte 2021 (approximate fast foreground
colour estimation, arXiv 2006.14970); bands as in Burt and Adelson 1983 (a multiresolution spline).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from goae_core.camera import Camera
from goae_core.opencv import cv2
from goae_core.rendering.rays import sample_rays
from goae_core.rendering.renderer import Rendering

if TYPE_CHECKING:
    from goae_core.photo import AlignedPhoto

# Lengths in the picture are fractions of its side, so that every resolution behaves alike.
BAND_WIDTHS = (2.0 / 256, 8.0 / 256)
"""Deviations of the Gaussians that part the residual into fine, middle and coarse."""
TOLERANCES = (1.5 / 256, 5.0 / 256, 24.0 / 256)
"""Error of the place at which a band of fine, middle, coarse still counts exp(-1/2)."""
OUTLINE_TOLERANCE = 4.0 / 256
"""The same for outlines: they belong to no place on the surface and go as soon as the head turns."""
SPREAD_WIDTH = 24.0 / 256
"""Deviation of the Gaussian that carries the coarse band on, from what the photo saw to what it did not."""

_SOLID = 0.5
# World units; the box has side 1 and a head is about 0.5 wide.
_DEPTH_DEVIATION = 0.008  # of a smooth surface
_EDGE_DEVIATION = 1.5  # per unit of bend in the depth
_EMPTY_DEVIATION = 0.1  # beside the head, and of outlines
_SPREAD_SHARE = 0.85
_SPREAD_LEAST = 0.05  # share of what was seen around a place below which nothing arrives there
_GAP = (0.02, 0.06)  # distance between both surfaces: certainly the same, certainly another
_FRAME = (0.0, 6.0 / 256)  # beyond the photo's edge
_SOFT_EDGE = 2.5 / 256
_LOOSE_GAP = (0.1, 0.25)  # for the coarse band, which is alike near by
_LOOSE_FACING = (0.0, 0.3)
_FACING = (0.25, 0.7)  # area in the photo per area in the view
_EDGE_CHANGE = 0.05  # of an edit, colours in [0, 1], what is finer than the coarse band
_COLOR_CHANGE = 0.3  # the rest
_DEPTH_CHANGE = 0.03  # world units
_LEAST_CONTRAST = 0.01
_MOVEMENT_GAIN = (0.0, 0.005)  # by which edges must agree better
_FARTHEST = 12.0 / 256  # that an edit moves something, sides
_CHANGE_REACH = 2.0 / 256
_PAINTED_COSINES = (0.2, 0.5)  # of the angle between the surface's normal and the photo's ray
_TORN = (0.2, 0.6)  # difference of matte and alpha: a soft edge, two outlines
_MORPHED = 0.1  # weight of either outline below which the other is as good as all
_OUTLINE_SOFTNESS = 1.0 / 256
_HELD = 16.0 / 256  # from the model's outline, at which the photo's goes twice as soon
_HEAD_REACH = (0.45, 0.55)  # from the origin, world units: certainly head, certainly background
_FOREGROUND_REACH = (24.0 / 256, 3.0 / 256)


@dataclass(frozen=True, slots=True, eq=False)
class PhotoDetail:
    """What a photo shows beyond its reconstruction, B = 1, ready to be carried into any view.

    Attributes:
        camera: The photo's.
        bands: Residuals in [-1, 1] for colours in [0, 1], fine to coarse, (1, 3 * bands, R, R).
        matte: Of the head in the photo, (1, 1, R, R) in [0, 1]; None: the model paints a background.
        base: Plain colours of the reconstruction in the photo's view, in [0, 1], (1, 3, R, R): with all bands
            they are the photo's.
        depth: Of the surface in the photo's view, along the unit ray, (1, 1, R, R), extended beyond the head.
        has_alpha: Whether pictures of the model are heads over black.
        symmetry: How much each band of each place counts on the other side of the face, where the photo does
            not show that side itself, fine to coarse, (1, 3, R, R) in [0, 1]; None: nothing does.
    """

    camera: Camera
    bands: Tensor
    matte: Tensor | None
    base: Tensor
    depth: Tensor
    has_alpha: bool
    symmetry: Tensor | None = None

    def mirrored(self) -> PhotoDetail:
        """The same of the flipped photo, as seen by a flipped camera: it shows the other side of the head."""
        matte = None if self.matte is None else self.matte.flip(-1)
        return replace(
            self,
            camera=self.camera.mirrored(),
            bands=self.bands.flip(-1),
            matte=matte,
            base=self.base.flip(-1),
            depth=self.depth.flip(-1),
            symmetry=None if self.symmetry is None else self.symmetry.flip(-1),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the pixels of a view find in a photo, B = 1.

    Attributes:
        bands: Residuals, fine to coarse, (1, 3, R, R) each.
        base: What the reconstruction has there, (1, 3, R, R) in [0, 1].
        matte: (1, 1, R, R); None if the detail has none.
        symmetry: How much each band counts on the other side, (1, 3, R, R); None if the detail has none.
        weights: How much each band counts, (1, 1, R, R) each, in [0, 1].
        same: Whether it is the point that the photo shows and shows well, (1, 1, R, R) in [0, 1].
        framed: Whether it lies within the picture, (1, 1, R, R) in [0, 1].
        shift: By how many image sides the place moves per world unit of depth, (1, 1, R, R).
    """

    bands: tuple[Tensor, ...]
    base: Tensor
    matte: Tensor | None
    symmetry: Tensor | None
    weights: tuple[Tensor, ...]
    same: Tensor
    framed: Tensor
    shift: Tensor


def photo_detail(photo: AlignedPhoto, rendering: Rendering, *, has_alpha: bool) -> PhotoDetail:
    """Find what a reconstruction lacks.

    Args:
        photo: With its matte, if the model mattes.
        rendering: The reconstruction from the photo's camera.
        has_alpha: Whether pictures of the model are heads over black.

    Returns:
        The detail.
    """
    pixels = 0.5 * (photo.pixels + 1.0)
    if photo.matte is not None:
        pixels = _foreground(pixels, photo.matte)
    base = plain_colors(rendering, has_alpha=has_alpha)
    matte = photo.matte if has_alpha else None
    depth, _ = surface_depth(rendering, pixels.shape[-1])
    return PhotoDetail(photo.camera, torch.cat(parted(pixels - base), dim=1), matte, base, depth, has_alpha)


def with_edit(detail: PhotoDetail, before: Rendering, after: Rendering) -> PhotoDetail:
    """Let an edit win over the photo where it acts.

    What the edit moves takes its detail along: the movement is found between the two reconstructions, which
    show the same skin. What then still looks different has changed, and its detail goes. A mere change of
    colour is less of a reason: detail is what the photo differs by, and may lie on any colour. New edges are.

    Args:
        detail: Of the unedited head.
        before: The unedited head from the photo's camera.
        after: The edited one.

    Returns:
        The detail of the edited head.
    """
    side = detail.depth.shape[-1]
    depth, _ = surface_depth(after, side)
    base = plain_colors(after, has_alpha=detail.has_alpha)
    movement = _movement(base, detail.base)
    # Where things look no more alike for it, nothing has moved.
    gain = _edge_change(base, detail.base) - _edge_change(base, _moved((detail.base,), movement)[0])
    movement = movement * _smooth_step(blurred(gain, BAND_WIDTHS[1]), _MOVEMENT_GAIN)
    alpha, base_before, depth_before, bands = _moved(
        (before.alpha, detail.base, detail.depth, detail.bands), movement
    )
    change = torch.maximum(
        _edge_change(base, base_before) / _EDGE_CHANGE,
        blurred((base - base_before).abs().amax(dim=1, keepdim=True), BAND_WIDTHS[1]) / _COLOR_CHANGE,
    )
    # Beside the head there is no depth, only its continuation.
    on_both = torch.minimum(after.alpha, alpha) if detail.has_alpha else 1.0
    change = torch.maximum(change, on_both * (depth - depth_before).abs() / _DEPTH_CHANGE)
    if detail.has_alpha:
        change = torch.maximum(change, (after.alpha - alpha).abs() / _COLOR_CHANGE)
    kept = torch.exp(-0.5 * blurred(change, _CHANGE_REACH) ** 2)
    matte = detail.matte
    if matte is not None:
        # An outline that the edit leaves alone stays the photo's, wherever the model sees it.
        matte = (_moved((matte,), movement)[0] + after.alpha - alpha).clamp(0.0, 1.0)
    return replace(detail, bands=kept * bands, matte=matte, base=base, depth=depth)


def carried(detail: PhotoDetail, rendering: Rendering, camera: Camera, strength: float) -> Rendering:
    """Add a photo's detail to a view.

    Args:
        detail: Of the head that is shown.
        rendering: The view.
        camera: Of the view.
        strength: 0 leaves the very same rendering, 1 adds all.

    Returns:
        The rendering with another image and alpha.
    """
    if strength == 0.0:
        return rendering
    here = read(detail, rendering, camera)
    *finer, coarse = here.bands
    added = _spread(coarse, here.weights[-1], rendering.alpha)
    for band, weight in zip(finer, here.weights, strict=False):
        added = added + weight * band
    color = plain_colors(rendering, has_alpha=detail.has_alpha)
    if detail.symmetry is not None:
        added = added + _other_side(detail, here, rendering, camera, color + added)
    color = (color + strength * added).clamp(0.0, 1.0)
    if not detail.has_alpha:
        return replace(rendering, image=2.0 * color - 1.0)
    alpha = rendering.alpha
    if here.matte is not None:
        fading = here.shift * _EMPTY_DEVIATION / OUTLINE_TOLERANCE
        alpha = _outlined(alpha, here.matte, strength * here.framed * torch.exp(-0.5 * fading**2))
    return replace(rendering, image=2.0 * alpha * color - 1.0, alpha=alpha)


def read(detail: PhotoDetail, rendering: Rendering, camera: Camera) -> Reading:
    """Find the points of a view in the photo, and how much each may take from it.

    Args:
        detail: Of the photo, or of its mirror image.
        rendering: The view.
        camera: Of the view.

    Returns:
        The reading.
    """
    side = rendering.image.shape[-1]
    depth, deviation = surface_depth(rendering, side)
    rays = sample_rays(camera, side)
    points = rays.origins + depth.flatten(2).mT * rays.directions
    places, distance, shift = project(detail.camera, points, rays.directions)
    grid = (2.0 * places - 1.0).reshape(1, side, side, 2)
    nothing = detail.depth[:, :0]
    sources = [
        detail.depth,
        detail.base,
        detail.bands,
        nothing if detail.matte is None else detail.matte,
        nothing if detail.symmetry is None else detail.symmetry,
    ]
    found = F.grid_sample(torch.cat(sources, dim=1), grid, padding_mode="border", align_corners=False)
    there, base, bands, matte, symmetry = found.split([layer.shape[1] for layer in sources], dim=1)

    gap = (distance.reshape(1, 1, side, side) - there).abs()
    shift = shift.reshape(1, 1, side, side)
    sure = shift * deviation
    beyond = ((places - 0.5).abs() - 0.5).amax(dim=-1).reshape(1, 1, side, side)
    framed = 1.0 - _smooth_step(beyond, _FRAME)
    facing = _facing(places.reshape(1, side, side, 2))
    same, alike = (
        _softened(
            framed * (1.0 - _smooth_step(gap, gaps)) * _smooth_step(facing, facings),
            max(1, round(_SOFT_EDGE * side)),
        )
        for gaps, facings in ((_GAP, _FACING), (_LOOSE_GAP, _LOOSE_FACING))
    )
    weights = tuple(
        trust * torch.exp(-0.5 * (sure / tolerance) ** 2)
        for trust, tolerance in zip((same, same, alike), TOLERANCES, strict=True)
    )
    return Reading(
        bands=bands.split(3, dim=1),
        base=base,
        matte=None if detail.matte is None else matte,
        symmetry=None if detail.symmetry is None else symmetry,
        weights=weights,
        same=same,
        framed=framed,
        shift=shift,
    )


def painted(detail: PhotoDetail, points: Tensor, colors: Tensor, strength: float) -> Tensor:
    """Give points of the surface the colours that the photo shows there.

    A point counts as shown if the photo's camera sees it, and not from too flat an angle.

    Args:
        detail: Of the head.
        points: (M, 3), world units.
        colors: The model's, in [0, 1], (M, 3).
        strength: 0 leaves the very same colours.

    Returns:
        (M, 3) in [0, 1].
    """
    if strength == 0.0:
        return colors
    bands = detail.bands.split(3, dim=1)
    shown, weight = _at_points(detail, points, detail.base + sum(bands))
    added = weight * (shown - colors)
    if detail.symmetry is not None:
        lent = sum(share * band for share, band in zip(detail.symmetry.split(1, dim=1), bands, strict=True))
        assert isinstance(lent, Tensor)
        mirror = points.new_tensor([-1.0, 1.0, 1.0])
        read_there, other = _at_points(detail, mirror * points, lent)
        added = added + (1.0 - weight) * other * read_there
    return (colors + strength * added).clamp(0.0, 1.0)


def _at_points(detail: PhotoDetail, points: Tensor, layers: Tensor) -> tuple[Tensor, Tensor]:
    """Layers of the photo (1, C, R, R) at points (M, 3), (M, C), and how well it shows them, (M, 1)."""
    places, distance, _ = project(detail.camera, points[None], torch.zeros_like(points[None]))
    layers = torch.cat([detail.depth, _cosines(detail), layers], dim=1)
    grid = (2.0 * places - 1.0)[:, None]
    found = F.grid_sample(layers, grid, padding_mode="border", align_corners=False)[0, :, 0].mT
    seen = 1.0 - _smooth_step((distance[0, :, None] - found[:, :1]).abs(), _GAP)
    inside = ((places[0] > 0.0) & (places[0] < 1.0)).all(dim=-1, keepdim=True)
    return found[:, 2:], seen * inside * _smooth_step(found[:, 1:2], _PAINTED_COSINES)


def surface_depth(rendering: Rendering, side: int) -> tuple[Tensor, Tensor]:
    """Depth of a view at its pixels, and how far it may be off.

    The depth is extended from the head into the emptiness beside it.

    Args:
        rendering: The view, B = 1.
        side: Pixels, R.

    Returns:
        Depth along the unit ray, and its deviation, (1, 1, R, R) each, world units.
    """
    solid = (rendering.opacity > _SOLID).to(rendering.depth.dtype)
    if not bool(solid.any()):  # nothing to extend from
        solid = torch.ones_like(solid)
    depth = _extended(rendering.depth, solid)
    smooth = F.avg_pool2d(F.pad(depth, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    bend = F.max_pool2d((depth - smooth).abs(), 3, stride=1, padding=1)
    deviation = _DEPTH_DEVIATION + _EDGE_DEVIATION * bend + _EMPTY_DEVIATION * (1.0 - solid)
    return (
        F.interpolate(depth, (side, side), mode="bicubic", align_corners=False),
        F.interpolate(deviation, (side, side), mode="bilinear", align_corners=False),
    )


def surface_points(rendering: Rendering, camera: Camera, side: int) -> Tensor:
    """Where the pixels of a view lie on the surface, row by row, (1, R*R, 3), world units.

    Args:
        rendering: The view, B = 1.
        camera: Of the view.
        side: Pixels, R.
    """
    rays = sample_rays(camera, side)
    return rays.origins + surface_depth(rendering, side)[0].flatten(2).mT * rays.directions


def blurred(picture: Tensor, width: float) -> Tensor:
    """Blur with a Gaussian whose deviation is `width` sides; edges are repeated.

    Args:
        picture: (B, C, R, R).
        width: In sides.

    Returns:
        The same shape.
    """
    sigma = width * picture.shape[-1]
    reach = max(1, round(3.0 * sigma))
    offset = torch.arange(-reach, reach + 1, dtype=picture.dtype, device=picture.device)
    taps = torch.exp(-(offset**2) / (2.0 * sigma**2))
    taps = taps / taps.sum()
    channels = picture.shape[1]
    along = F.pad(picture, (reach, reach, 0, 0), mode="replicate")
    along = F.conv2d(along, taps.reshape(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
    along = F.pad(along, (0, 0, reach, reach), mode="replicate")
    return F.conv2d(along, taps.reshape(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)


def parted(picture: Tensor) -> tuple[Tensor, ...]:
    """Part a picture into bands, fine to coarse, whose sum it is.

    Args:
        picture: (B, C, R, R).

    Returns:
        Three of the same shape.
    """
    bands, rest = [], picture
    for width in BAND_WIDTHS:
        coarse = blurred(rest, width)
        bands.append(rest - coarse)
        rest = coarse
    return (*bands, rest)


def plain_colors(rendering: Rendering, *, has_alpha: bool) -> Tensor:
    """Colours in [0, 1] as they are before alpha dims them, extended softly beyond the head."""
    color = 0.5 * (rendering.image.clamp(-1.0, 1.0) + 1.0)
    if not has_alpha:
        return color
    alpha = rendering.alpha
    side = color.shape[-1]
    small = F.adaptive_avg_pool2d(torch.cat([color, alpha], dim=1), max(side // 16, 4))
    around = torch.cat([small[:, :3] * small[:, 3:], small[:, 3:] ** 2], dim=1)
    around = F.avg_pool2d(F.pad(around, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    mean = F.interpolate(
        around[:, :3] / around[:, 3:].clamp(min=1e-3), (side, side), mode="bilinear", align_corners=False
    )
    rest = 0.5 * (1.0 - alpha)
    return ((color + rest * mean) / (alpha + rest).clamp(min=1e-3)).clamp(0.0, 1.0)


def _foreground(pixels: Tensor, matte: Tensor) -> Tensor:
    """Colours of the head alone, in [0, 1], where its soft edge is mixed with the background.

    Blur fusion: F = F' + matte * (pixels - matte * F' - (1 - matte) * B'), F' and B' the mean of either side.
    """
    front, back = pixels, pixels
    for reach in _FOREGROUND_REACH:
        front_mean = blurred(front * matte, reach) / blurred(matte, reach).clamp(min=1e-4)
        behind = 1.0 - matte
        back_mean = blurred(back * behind, reach) / blurred(behind, reach).clamp(min=1e-4)
        front = front_mean + matte * (pixels - matte * front_mean - behind * back_mean)
        front, back = front.clamp(0.0, 1.0), back_mean.clamp(0.0, 1.0)
    return front


def _extended(values: Tensor, known: Tensor) -> Tensor:
    """Fill values (B, C, r, r) that are not known (B, 1, r, r: 0) from the nearest that are (1)."""
    if values.shape[-1] <= 2 or bool(known.all()):
        total = known.sum(dim=(2, 3), keepdim=True)
        mean = (values * known).sum(dim=(2, 3), keepdim=True) / total.clamp(min=1e-6)
        return torch.where(known > 0.0, values, mean)
    weight = F.avg_pool2d(known, 2, ceil_mode=True)
    mean = F.avg_pool2d(values * known, 2, ceil_mode=True) / weight.clamp(min=1e-6)
    coarse = _extended(mean, (weight > 0.0).to(values.dtype))
    around = F.interpolate(coarse, values.shape[2:], mode="bilinear", align_corners=False)
    return torch.where(known > 0.0, values, around)


def project(camera: Camera, points: Tensor, directions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where points fall in a picture, and how far they move in it when they move along directions.

    Args:
        camera: B = 1.
        points: (1, N, 3), world units.
        directions: (1, N, 3), unit length.

    Returns:
        Places (1, N, 2), u then v in image sides; distances from the camera (1, N); movement in image sides
        per world unit (1, N).
    """
    pose, intrinsics = camera.cam_to_world.float(), camera.intrinsics.float()
    offset = points - pose[:, None, :3, 3]
    inside = offset @ pose[:, :3, :3]  # the transpose of the rotation, from the right
    along = directions @ pose[:, :3, :3]
    z = inside[..., 2:].clamp(min=1e-3)
    flat = inside[..., :2] / z
    slide = (along[..., :2] - flat * along[..., 2:]) / z
    matrix = intrinsics[:, :2, :2]
    places = flat @ matrix.mT + intrinsics[:, None, :2, 2]
    return places, offset.norm(dim=-1), (slide @ matrix.mT).norm(dim=-1)


def _softened(weight: Tensor, reach: int) -> Tensor:
    """Turn steps into slopes that rise within what was high: nowhere does a weight (1, 1, R, R) grow.

    Depth comes from few rays, and no step between two of them may show.
    """
    size = 2 * reach + 1
    lowest = -F.max_pool2d(-weight, size, stride=1, padding=reach)
    return F.avg_pool2d(F.pad(lowest, (reach,) * 4, mode="replicate"), size, stride=1)


def _other_side(
    detail: PhotoDetail, here: Reading, rendering: Rendering, camera: Camera, color: Tensor
) -> Tensor:
    """What the flipped photo adds to a view where the photo itself does not count, (1, 3, R, R).

    Light falls on one side other than on the other, so of the coarse band the residual is taken: what the
    model missed there it will have missed here. Of the finer ones the look itself, for there the model is
    blurred where no photo helped it.
    """
    there = read(detail.mirrored(), rendering, camera)
    assert there.symmetry is not None  # else nobody asks
    *lacking, _ = parted(there.base - color)
    added = torch.zeros_like(color)
    for band, lack, share, own, other in zip(
        there.bands,
        (*lacking, None),
        there.symmetry.split(1, dim=1),
        here.weights,
        there.weights,
        strict=True,
    ):
        # only what the flipped photo is surer of: two doubtful places would make a double image
        weight = share * (other - own).clamp(min=0.0)
        added = added + weight * (band if lack is None else band + lack)
    if detail.has_alpha:
        return added
    side = color.shape[-1]
    far = surface_points(rendering, camera, side).norm(dim=-1).reshape(1, 1, side, side)
    return (1.0 - _smooth_step(far, _HEAD_REACH)) * added  # what lies behind a head has no mirror image


def _outlined(alpha: Tensor, matte: Tensor, weight: Tensor) -> Tensor:
    """Move the head's outline from the model's to the photo's, (1, 1, R, R) each; weight 1 gives the matte.

    Where one is solid and the other empty a mean of the two would be a veil: there the outline moves instead,
    by the mean of the distances from both. What lies far from the model's outline, a long strand or a piece
    of wall that the matte kept, has nothing to hold it and goes sooner.
    """
    side = alpha.shape[-1]
    torn = _smooth_step((matte - alpha).abs(), _TORN)
    if not bool(torn.any()):
        return (alpha + weight * (matte - alpha)).clamp(0.0, 1.0)
    # with the soft edges of what is torn: half of an edge is a line
    reach = max(1, round(_SOFT_EDGE * side))
    torn = F.avg_pool2d(F.max_pool2d(torn, 4 * reach + 1, 1, 2 * reach), 2 * reach + 1, 1, reach)
    from_model = _outline_distance(alpha)
    weight = weight ** (1.0 + from_model.abs() / (_HELD * side))
    mean = alpha + weight * (matte - alpha)
    distance = torch.lerp(from_model, _outline_distance(matte), weight)
    moved = (0.5 + distance / (2.0 * _OUTLINE_SOFTNESS * side)).clamp(0.0, 1.0)
    between = (torch.minimum(weight, 1.0 - weight) / _MORPHED).clamp(max=1.0)
    return (mean + between * torn * (moved - mean)).clamp(0.0, 1.0)


def _outline_distance(alpha: Tensor) -> Tensor:
    """Pixels to where an alpha (1, 1, R, R) passes one half, positive inside, up to a quarter of the side."""
    side = alpha.shape[-1]
    inside = (alpha[0, 0] > 0.5).to(torch.uint8).cpu().numpy()
    within, beyond = (
        cv2.distanceTransform(part, cv2.DIST_L2, cv2.DIST_MASK_5) for part in (inside, 1 - inside)
    )
    distance = np.clip(within - beyond, -side / 4.0, side / 4.0)
    return blurred(torch.from_numpy(distance).to(alpha)[None, None], _OUTLINE_SOFTNESS)


def _spread(band: Tensor, weight: Tensor, alpha: Tensor) -> Tensor:
    """A coarse band (1, 3, R, R) where it counts by its weight (1, 1, R, R), and its fading mean beyond.

    The model's unseen side is then lit and toned as the seen one, and no seam parts them.
    """
    side = band.shape[-1]
    cells = max(side // 8, 8)
    inner = weight * alpha
    small = F.adaptive_avg_pool2d(torch.cat([inner * band, inner], dim=1), cells)
    around = blurred(small, SPREAD_WIDTH)
    mean = around[:, :3] / (around[:, 3:] + _SPREAD_LEAST)
    beyond = F.interpolate(mean, (side, side), mode="bilinear", align_corners=False)
    return weight * band + _SPREAD_SHARE * (1.0 - weight) * beyond


def _movement(after: Tensor, before: Tensor) -> Tensor:
    """Where each pixel of a picture was before an edit, (1, 2, R, R) pixels to the right and down.

    Dense inverse search (Kroeger et al. 2016) on local contrast, which a change of colour leaves alone.
    """
    side = after.shape[-1]
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = search.calc(_contrast(after), _contrast(before), np.zeros((side, side, 2), np.float32))
    found = torch.from_numpy(flow).permute(2, 0, 1)[None].to(after)
    limit = _FARTHEST * side
    return blurred(found.clamp(-limit, limit), _CHANGE_REACH)


def _contrast(picture: Tensor) -> NDArray[np.uint8]:
    """What a picture's greys differ by from their surroundings, in units of how much they usually do."""
    grey = picture.mean(dim=1, keepdim=True)
    fine = grey - blurred(grey, BAND_WIDTHS[1])
    usual = (blurred(fine**2, BAND_WIDTHS[1]) + _LEAST_CONTRAST**2).sqrt()
    scaled: NDArray[np.uint8] = (
        (128.0 + 48.0 * fine / usual).clamp(0.0, 255.0)[0, 0].round().to(torch.uint8).cpu().numpy()
    )
    return scaled


def _moved(layers: tuple[Tensor, ...], movement: Tensor) -> tuple[Tensor, ...]:
    """Layers (1, C, R, R) as they look after a movement."""
    side = movement.shape[-1]
    at = (torch.arange(side, dtype=movement.dtype, device=movement.device) + 0.5) / side
    v, u = torch.meshgrid(at, at, indexing="ij")
    grid = 2.0 * (torch.stack([u, v], dim=-1)[None] + movement.permute(0, 2, 3, 1) / side) - 1.0
    moved = F.grid_sample(torch.cat(layers, dim=1), grid, padding_mode="border", align_corners=False)
    return tuple(torch.split(moved, [layer.shape[1] for layer in layers], dim=1))


def _edge_change(after: Tensor, before: Tensor) -> Tensor:
    """How much what is finer than the coarse band differs, (1, 1, R, R)."""
    difference = after - before
    return (difference - blurred(difference, BAND_WIDTHS[1])).abs().amax(dim=1, keepdim=True)


def _cosines(detail: PhotoDetail) -> Tensor:
    """How squarely the surface looks at the photo's camera, 1 head on and 0 grazing, (1, 1, R, R)."""
    side = detail.depth.shape[-1]
    rays = sample_rays(detail.camera, side)
    directions = rays.directions.mT.reshape(1, 3, side, side)
    smooth = blurred(detail.depth, _CHANGE_REACH)
    points = F.pad(smooth * directions, (1, 1, 1, 1), mode="replicate")
    right = points[:, :, 1:-1, 2:] - points[:, :, 1:-1, :-2]
    down = points[:, :, 2:, 1:-1] - points[:, :, :-2, 1:-1]
    normals = F.normalize(torch.linalg.cross(right, down, dim=1), dim=1)
    return (normals * directions).sum(dim=1, keepdim=True).abs()


def _facing(places: Tensor) -> Tensor:
    """A patch's area in the photo per area in the view, (1, 1, R, R); negative where it is turned over.

    Args:
        places: In the photo, per pixel of the view, (1, R, R, 2), image sides.
    """
    side = places.shape[1]
    smooth = places.permute(0, 3, 1, 2) * side
    padded = F.pad(smooth, (1, 1, 1, 1), mode="replicate")
    right = 0.5 * (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2])
    down = 0.5 * (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1])
    # A replicated border halves the step there.
    right[..., 0] *= 2.0
    right[..., -1] *= 2.0
    down[..., 0, :] *= 2.0
    down[..., -1, :] *= 2.0
    area = right[:, :1] * down[:, 1:] - right[:, 1:] * down[:, :1]
    return F.avg_pool2d(F.pad(area, (2, 2, 2, 2), mode="replicate"), 5, stride=1)


def _smooth_step(x: Tensor, limits: tuple[float, float]) -> Tensor:
    """0 below the limits, 1 above, a cubic between them."""
    low, high = limits
    t = ((x - low) / (high - low)).clamp(0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
