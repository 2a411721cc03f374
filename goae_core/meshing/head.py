"""From a head to a mesh file.

level of the head -> surface -> skin over what is unknown -> smoother, fewer triangles, closed
                  -> metres -> atlas and texture -> file
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from goae_core.camera import orbit
from goae_core.editing import Portrait
from goae_core.errors import ExportError, StoppedError
from goae_core.mesh import Mesh, mesh_suffix
from goae_core.meshing.options import TEXTURED_SUFFIXES, MeshOptions
from goae_core.meshing.shaping import is_closed, printable, simplified, smoothed
from goae_core.meshing.unknown import colors_spread, drawn_over, unknown_share
from goae_core.pipeline import Pipeline
from goae_core.rendering.rays import Rays, sample_rays
from goae_core.surface import head_level

OnProgress = Callable[[float, str], None]
"""Receives the share done, 0 to 1, and what is being done."""

FLOOR = -0.32
"""World y of the flat base on which the bust stands: about where the frames end, below them all is chance."""

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

    sampled = 0.4 if options.texture else 0.7
    step(0.0, "finding the level of the surface")
    level = level_of(pipeline, portrait) if options.level is None else options.level
    mesh = pipeline.surface(
        portrait,
        resolution=options.resolution,
        detail=detail,
        level=level,
        floor=FLOOR,
        should_stop=should_stop,
        on_progress=lambda share: report(sampled * share, "sampling the surface"),
    )
    step(sampled, "closing the back of the head")
    unknown_shape, unknown_color = unknown_share(
        mesh, pipeline.preset.camera, portrait.planes.box_side, FLOOR
    )
    mesh = colors_spread(drawn_over(mesh, unknown_shape), unknown_color)
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
        raise ExportError("textures are not there yet; export with colours at the vertices")
    return mesh.in_metres()


def level_of(pipeline: Pipeline, portrait: Portrait) -> float:
    """The raw density at which a head's surface lies, see `surface.head_level`."""
    planes = portrait.planes.to(pipeline.device).interleaved()

    def density(points: Tensor) -> Tensor:
        return pipeline.generator.query(planes, points[None])[0][0]

    rig = pipeline.preset.camera
    views = [sample_rays(orbit(*angles, rig=rig).to(pipeline.device), _LEVEL_RAYS) for angles in _LEVEL_VIEWS]
    rays = Rays(torch.cat([r.origins for r in views], dim=1), torch.cat([r.directions for r in views], dim=1))
    return head_level(density, rays, pipeline.preset.render)
