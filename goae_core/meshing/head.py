"""From a head to a mesh file.

level of the head -> surface -> skin over what is unknown -> smoother, fewer triangles, closed
                  -> metres -> atlas and texture -> file
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.camera import orbit
from goae_core.crop import resample
from goae_core.detail import painted
from goae_core.editing import Portrait
from goae_core.errors import ExportError, PhotoError, StoppedError
from goae_core.mesh import Mesh, mesh_suffix
from goae_core.meshing.atlas import unwrapped
from goae_core.meshing.baking import Paint, View, baked
from goae_core.meshing.options import TEXTURED_SUFFIXES, MeshOptions
from goae_core.meshing.shaping import is_closed, printable, simplified, smoothed
from goae_core.meshing.unknown import colors_spread, drawn_over, unknown_share
from goae_core.photo import AlignedPhoto, read_photo
from goae_core.pipeline import Frame, Pipeline, RenderRequest
from goae_core.rendering.rays import Rays, sample_rays
from goae_core.surface import head_level

OnProgress = Callable[[float, str], None]
"""Receives the share done, 0 to 1, and what is being done."""

FLOOR = -0.32
"""World y of the flat base on which the bust stands: about where the frames end, below them all is chance."""

_SAMPLED = 0.35  # share of the whole that a textured mesh's surface takes
_FINEST = 4  # times the side of the model's frame
_SAME_PHOTO = 0.03  # mean difference of colours
_TEXTURE_VIEWS = tuple((yaw, 0.0) for yaw in (-1.25, -0.85, -0.4, 0.0, 0.4, 0.85, 1.25)) + tuple(
    (yaw, pitch) for pitch in (-0.45, 0.45) for yaw in (-0.7, 0.0, 0.7)
)
_LEVEL_VIEWS = ((0.0, 0.0), (-0.7, 0.0), (0.7, 0.0), (0.0, 0.4))
_LEVEL_RAYS = 32  # a side


def export_mesh(
    pipeline: Pipeline,
    portrait: Portrait,
    path: Path,
    options: MeshOptions = MeshOptions(),  # noqa: B008  a frozen value
    *,
    detail: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_progress: OnProgress | None = None,
) -> Mesh:
    """Write a head as a mesh in metres.

    Args:
        pipeline: Made the portrait.
        portrait: With its edits.
        path: Ends in .obj, .ply, .glb or .stl; a textured OBJ brings a .mtl and a .png along.
        options: What is wanted. A texture is for .obj and .glb only.
        detail: How much of the photo's detail is laid over, as of `RenderRequest.detail`.
        should_stop: Asked between steps.
        on_progress: See `OnProgress`.

    Returns:
        What was written.

    Raises:
        ExportError: If the suffix and the options do not go together, there is no surface, or a file cannot
            be written.
        StoppedError: If `should_stop` said so; nothing is then left behind.
    """
    checked_together(path, options)
    mesh = build_mesh(
        pipeline, portrait, options, detail=detail, should_stop=should_stop, on_progress=on_progress
    )
    if should_stop is not None and should_stop():
        raise StoppedError("the mesh was stopped before it was written")
    if on_progress is not None:
        on_progress(1.0, f"writing {path.name}")
    mesh.write(path)
    return mesh


def checked_together(path: Path, options: MeshOptions) -> None:
    """See before any work that a file can hold what is wanted.

    Raises:
        ExportError: If the suffix is no mesh's, or a texture is wanted in a file that carries none.
    """
    suffix = mesh_suffix(path)
    if options.texture and suffix not in TEXTURED_SUFFIXES:
        raise ExportError(
            f"a {suffix} file carries no texture; choose {' or '.join(TEXTURED_SUFFIXES)}, or no texture"
        )


def build_mesh(
    pipeline: Pipeline,
    portrait: Portrait,
    options: MeshOptions = MeshOptions(),  # noqa: B008  a frozen value
    *,
    detail: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_progress: OnProgress | None = None,
) -> Mesh:
    """Make a head's mesh in metres.

    Args:
        pipeline: Made the portrait.
        portrait: With its edits.
        options: What is wanted.
        detail: How much of the photo's detail is laid over, as of `RenderRequest.detail`.
        should_stop: Asked between steps.
        on_progress: See `OnProgress`.

    Returns:
        One closed body.

    Raises:
        ExportError: If there is no surface, or none that closes.
        StoppedError: If `should_stop` said so.
    """
    report = on_progress or (lambda share, text: None)

    def step(share: float, text: str) -> None:
        if should_stop is not None and should_stop():
            raise StoppedError("the mesh was stopped before it was finished")
        report(share, text)

    sampled = _SAMPLED if options.texture else 0.7
    mesh = bust(
        pipeline,
        portrait,
        options.resolution,
        level=options.level,
        detail=detail,
        should_stop=should_stop,
        on_progress=lambda share, text: report(sampled * share, text),
    )
    if options.smoothing:
        step(sampled + 0.1, "smoothing")
        mesh = smoothed(mesh, options.smoothing)
    if options.most_triangles is not None:
        step(sampled + 0.12, "leaving out triangles")
        mesh = simplified(mesh, options.most_triangles)
    if options.watertight:
        step(sampled + 0.15, "checking that the body is closed")
        mesh = printable(mesh)
        if not is_closed(mesh.faces):
            raise ExportError("the surface could not be closed; sample it with another resolution")
    if options.texture:
        mesh = textured(
            pipeline,
            portrait,
            mesh,
            options.texture,
            detail=detail,
            should_stop=should_stop,
            on_progress=lambda share, text: report(_SAMPLED + 0.2 + (0.8 - _SAMPLED) * share, text),
        )
    return mesh.in_metres()


def bust(
    pipeline: Pipeline,
    portrait: Portrait,
    resolution: int,
    *,
    level: float | None = None,
    detail: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_progress: OnProgress | None = None,
) -> Mesh:
    """Sample a head's surface down to a flat base, and draw a skin over what the model does not know.

    Args:
        pipeline: Made the portrait.
        portrait: With its edits.
        resolution: Lattice points per side.
        level: Raw density of the surface; None: found for the head.
        detail: How much of the photo's colours its vertices take, as of `RenderRequest.detail`.
        should_stop: Asked between steps.
        on_progress: See `OnProgress`.

    Returns:
        One closed body with vertex colours, in world units.

    Raises:
        ExportError: If the resolution is out of range or there is no surface.
        StoppedError: If `should_stop` said so.
    """
    report = on_progress or (lambda share, text: None)
    report(0.0, "finding the level of the surface")
    mesh = pipeline.surface(
        portrait,
        resolution=resolution,
        detail=detail,
        level=level_of(pipeline, portrait) if level is None else level,
        floor=FLOOR,
        should_stop=should_stop,
        on_progress=lambda share: report(0.05 + 0.75 * share, "sampling the surface"),
    )
    if should_stop is not None and should_stop():
        raise StoppedError("the mesh was stopped before it was finished")
    report(0.8, "closing the back of the head")
    shape, color = unknown_share(mesh, pipeline.preset.camera, portrait.planes.box_side, FLOOR)
    return colors_spread(drawn_over(mesh, shape), color)


def textured(
    pipeline: Pipeline,
    portrait: Portrait,
    mesh: Mesh,
    side: int,
    *,
    detail: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_progress: OnProgress | None = None,
) -> Mesh:
    """Lay a mesh's colours into a texture.

    Args:
        pipeline: Made the portrait.
        portrait: With its edits; they are in the pictures that are laid on.
        mesh: Of that head, in world units.
        side: Texels.
        detail: How much of the photo's detail is laid over, as of `RenderRequest.detail`. Where the photo
            saw an unedited head and its file is still there, the texture has the file's own resolution.
        should_stop: Asked between steps.
        on_progress: See `OnProgress`.

    Returns:
        The mesh with `uv` and `texture`, in world units.

    Raises:
        ExportError: If the surface does not fit the texture.
        StoppedError: If `should_stop` said so.
    """
    report = on_progress or (lambda share, text: None)
    strength = pipeline.preset.detail.strength if detail is None else detail
    angles = [orbit(*each, rig=pipeline.preset.camera) for each in _TEXTURE_VIEWS]
    photo = None if portrait.inversion is None else portrait.inversion.photo
    cameras = angles if photo is None else [*angles, photo.camera]
    views = []
    for number, camera in enumerate(cameras):
        report(0.5 * number / len(cameras), f"view {number + 1} of {len(cameras)} for the texture")
        request = RenderRequest(portrait=portrait, camera=camera, background=None, detail=strength)
        views.append(_view(pipeline.render(request, should_stop=should_stop)))
    if photo is not None and portrait.inversion is not None and portrait.planes is portrait.inversion.planes:
        finer = finer_photo(photo)
        views[-1] = replace(views[-1], finer=None if finer is None else strength * finer)
    report(0.5, "laying the surface out flat")
    flat = unwrapped(mesh, side, should_stop)
    _, unknown = unknown_share(flat, pipeline.preset.camera, portrait.planes.box_side, FLOOR)
    texture = baked(
        flat,
        views,
        side,
        unknown=unknown,
        paint=_photo_paint(pipeline, portrait, strength),
        should_stop=should_stop,
        on_progress=lambda share: report(0.6 + 0.4 * share, "baking the texture"),
    )
    return replace(flat, texture=texture)


def _view(frame: Frame) -> View:
    color = torch.from_numpy(frame.color.copy()).permute(2, 0, 1)[None].float() / 255.0
    alpha = torch.from_numpy(frame.alpha.copy())[None, None].float() / 255.0
    plain = (color / alpha.clamp(min=0.05)).clamp(max=1.0)
    return View(frame.request.camera.to("cpu"), plain, alpha)


def _photo_paint(pipeline: Pipeline, portrait: Portrait, strength: float) -> Paint | None:
    """What lays the photo over; None: nothing does."""
    detail = pipeline.photo_detail(portrait, strength)
    if detail is None:
        return None

    def paint(places: Tensor, colors: Tensor) -> Tensor:
        device = pipeline.device
        return painted(detail, places.to(device), colors.to(device), strength).cpu()

    return paint


def finer_photo(photo: AlignedPhoto) -> Tensor | None:
    """What the photo's file shows beyond the resolution of the model's frame.

    Args:
        photo: With `source` and `crop` as they were when it was read.

    Returns:
        (1, 3, r, r) differences of colours in [0, 1], r at most four times the frame's side; None if the
        file is gone, is another one by now, or has no finer resolution.
    """
    side = photo.pixels.shape[-1]
    finer_side = min(_FINEST * side, int(photo.crop.side))
    if finer_side <= side * 5 // 4:
        return None
    try:
        image = read_photo(photo.source)
    except PhotoError:
        return None
    frame = resample(image, photo.crop, finer_side)
    finer = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255.0
    coarse = F.interpolate(finer, (side, side), mode="bilinear", align_corners=False, antialias=True)
    if float((coarse - 0.5 * (photo.pixels.cpu() + 1.0)).abs().mean()) > _SAME_PHOTO:
        return None
    back = F.interpolate(coarse, (finer_side, finer_side), mode="bicubic", align_corners=False)
    return finer - back


def level_of(pipeline: Pipeline, portrait: Portrait) -> float:
    """The raw density at which a head's surface lies, see `surface.head_level`."""
    planes = portrait.planes.to(pipeline.device).interleaved()

    def density(points: Tensor) -> Tensor:
        return pipeline.generator.query(planes, points[None])[0][0]

    rig = pipeline.preset.camera
    views = [sample_rays(orbit(*angles, rig=rig).to(pipeline.device), _LEVEL_RAYS) for angles in _LEVEL_VIEWS]
    rays = Rays(torch.cat([r.origins for r in views], dim=1), torch.cat([r.directions for r in views], dim=1))
    return head_level(density, rays, pipeline.preset.render)
