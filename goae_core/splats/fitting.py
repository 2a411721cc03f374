"""From a head to Gaussians: discs on its surface, in colours that make pictures of them the renderer's.

    surface -> a disc at every vertex -> how opaque: where the pictures are transparent, so are the discs
            -> colours: least squares over all pixels of all views (linear, so a few products suffice)

Source: ours; the Gaussians are those of Kerbl et al. 2023, the solver is LSMR (Fong and Saunders 2011).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import lsmr

from goae_core.camera import Camera, orbit
from goae_core.editing import Portrait
from goae_core.errors import StoppedError
from goae_core.mesh import Mesh
from goae_core.meshing.head import OnProgress, bust
from goae_core.pipeline import Pipeline, RenderRequest
from goae_core.splats.gaussians import Gaussians
from goae_core.splats.rasterizing import weights

SPLATS_RESOLUTION = 160
"""Sampling points per side of the box: some 40,000 splats."""

_YAWS, _PITCHES = (-1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2), (-0.3, 0.3)
_FITTED = [(yaw, _PITCHES[number % 2]) for number, yaw in enumerate(_YAWS)] + [
    (0.0, 0.0),
    (-0.6, 0.0),
    (0.6, 0.0),
]
_CHECKED = [(-0.5, 0.1), (-0.2, -0.1), (0.2, 0.1), (0.5, -0.1)]
_RADIUS = 0.62  # of the mean edge at a vertex: neighbours overlap without gaps
_THICKNESS = 0.15
_OPACITY = 0.97
_LEAST_OPACITY = 0.02
_HOLD = 1.0  # of a colour on what the surface says, in weights of a pixel
_STEPS = 25
_HEAD = (0.8, 0.98)  # opacity of a pixel: its colour does not count, it does


@dataclass(frozen=True, slots=True, eq=False)
class FittedSplats:
    """Gaussians, and how close they come."""

    gaussians: Gaussians
    psnr: float
    """Against the neural rendering over grey, in decibels, from views that were not fitted."""


def fit_splats(
    pipeline: Pipeline,
    portrait: Portrait,
    *,
    resolution: int = SPLATS_RESOLUTION,
    detail: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_progress: OnProgress | None = None,
) -> FittedSplats:
    """Fit Gaussians to a head.

    Args:
        pipeline: Made the portrait.
        portrait: With its edits.
        resolution: Of the surface that carries them; their number grows with its square.
        detail: How much of the photo's detail is laid over, as of `RenderRequest.detail`.
        should_stop: Asked between steps.
        on_progress: Receives the share done, and what is being done.

    Returns:
        The Gaussians and their figure.

    Raises:
        ExportError: If there is no surface.
        StoppedError: If `should_stop` said so.
    """
    report = on_progress or (lambda share, text: None)

    def step(share: float, text: str) -> None:
        if should_stop is not None and should_stop():
            raise StoppedError("fitting the splats was stopped")
        report(share, text)

    surface = bust(
        pipeline,
        portrait,
        resolution,
        detail=detail,
        should_stop=should_stop,
        on_progress=lambda share, text: report(0.2 * share, text),
    )
    rig = pipeline.preset.camera
    cameras = [orbit(*angles, rig=rig) for angles in _FITTED]
    if portrait.inversion is not None:
        cameras.append(portrait.inversion.photo.camera.to("cpu"))
    unseen = [orbit(*angles, rig=rig) for angles in _CHECKED]
    pictures = []
    for number, camera in enumerate([*cameras, *unseen]):
        step(0.2 + 0.3 * number / (len(cameras) + len(unseen)), "rendering views")
        request = RenderRequest(portrait=portrait, camera=camera, background=None, detail=detail)
        frame = pipeline.render(request, should_stop=should_stop)
        solid = (
            frame.alpha
            if pipeline.preset.super_resolution.image_channels == 4
            else np.full_like(frame.alpha, 255)
        )
        pictures.append(np.concatenate([frame.color, solid[..., None]], axis=-1).astype(np.float32) / 255.0)

    def watch(share: float) -> None:
        step(0.5 + 0.4 * share, "fitting the splats")

    gaussians = fitted(discs(surface), cameras, pictures[: len(cameras)], watch)
    step(0.95, "comparing")
    errors = [
        _error(gaussians, camera, picture)
        for camera, picture in zip(unseen, pictures[len(cameras) :], strict=True)
    ]
    report(1.0, "comparing")
    return FittedSplats(gaussians, -10.0 * math.log10(max(sum(errors) / len(errors), 1e-12)))


def discs(surface: Mesh) -> Gaussians:
    """A Gaussian at every vertex of a surface, as wide as its neighbours are far.

    Args:
        surface: In world units, with normals.
    """
    assert surface.normals is not None
    count = len(surface.vertices)
    ends = np.concatenate([surface.faces[:, [0, 1]], surface.faces[:, [1, 2]], surface.faces[:, [2, 0]]])
    lengths = np.linalg.norm(surface.vertices[ends[:, 0]] - surface.vertices[ends[:, 1]], axis=1)
    both = np.concatenate([ends[:, 0], ends[:, 1]])
    mean = np.bincount(both, np.tile(lengths, 2), count) / np.bincount(both, minlength=count).clip(1)
    return Gaussians(
        means=surface.vertices,
        normals=surface.normals,
        radii=(_RADIUS * mean).clip(1e-5).astype(np.float32),
        thickness=_THICKNESS,
        opacities=np.full(count, _OPACITY, dtype=np.float32),
        colors=surface.colors.astype(np.float32) / 255.0,
    )


def fitted(
    gaussians: Gaussians,
    cameras: Sequence[Camera],
    pictures: Sequence[NDArray[np.float32]],
    watch: Callable[[float], None],
) -> Gaussians:
    """Find opacities and colours with which Gaussians look like pictures.

    Args:
        gaussians: In their places; their colours hold where no picture shows them.
        cameras: B = 1 each.
        pictures: (R, R, 4) in [0, 1] each: colours times alpha, and alpha.
        watch: Receives the share done; may raise to stop.

    Returns:
        The same Gaussians, otherwise opaque and coloured.
    """
    side = pictures[0].shape[0]
    shown, solid = np.zeros(len(gaussians.means)), np.zeros(len(gaussians.means))
    for number, (camera, picture) in enumerate(zip(cameras, pictures, strict=True)):
        watch(0.4 * number / len(cameras))
        matrix = weights(gaussians, camera, side)
        shown += matrix.sum(axis=0)
        solid += matrix.T @ picture[..., 3].ravel()
    share = np.divide(solid, shown, out=np.ones_like(solid), where=shown > 0.05)
    opacities = (_OPACITY * share).clip(_LEAST_OPACITY, _OPACITY).astype(np.float32)
    gaussians = replace(gaussians, opacities=opacities)
    matrices = []
    for number, camera in enumerate(cameras):
        watch(0.4 + 0.4 * number / len(cameras))
        matrices.append(weights(gaussians, camera, side))
    hold = sparse.identity(len(opacities), format="csr", dtype=np.float32) * np.float32(math.sqrt(_HOLD))
    # Where an outline of the splats lies beside the renderer's, no colour may make up for it.
    counts = [_head_share(picture) for picture in pictures]
    views = sparse.vstack(
        [sparse.diags_array(count) @ matrix for count, matrix in zip(counts, matrices, strict=True)],
        format="csr",
    )
    system = sparse.vstack([views, hold], format="csr")
    covered = views.sum(axis=1)
    before = gaussians.colors
    colors = np.empty_like(before)
    for channel in range(3):
        watch(0.8 + 0.2 * channel / 3.0)
        plain = np.concatenate(
            [(picture[..., channel] / picture[..., 3].clip(0.05)).ravel() for picture in pictures]
        )
        lacking = covered * plain - views @ before[:, channel]
        change = lsmr(system, np.concatenate([lacking, np.zeros(len(before))]), maxiter=_STEPS)[0]
        colors[:, channel] = before[:, channel] + change
    return replace(gaussians, colors=colors.clip(0.0, 1.0))


def _head_share(picture: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much the colours of a picture's pixels count, (R * R,)."""
    t = ((picture[..., 3].ravel().astype(np.float64) - _HEAD[0]) / (_HEAD[1] - _HEAD[0])).clip(0.0, 1.0)
    share: NDArray[np.float64] = t * t * (3.0 - 2.0 * t)
    return share


def drawn(gaussians: Gaussians, camera: Camera, side: int) -> NDArray[np.float32]:
    """A picture of Gaussians, (side, side, 4): colours times alpha, and alpha, all in [0, 1]."""
    matrix = weights(gaussians, camera, side)
    color = np.concatenate([gaussians.colors, np.ones((len(gaussians.colors), 1), np.float32)], axis=1)
    picture: NDArray[np.float32] = (matrix @ color).reshape(side, side, 4)
    return picture


def _error(gaussians: Gaussians, camera: Camera, picture: NDArray[np.float32]) -> float:
    """Mean square difference from a picture, both over middle grey."""
    own = drawn(gaussians, camera, picture.shape[0])
    over = [each[..., :3] + 0.5 * (1.0 - each[..., 3:]) for each in (own, picture)]
    return float(np.square(over[0] - over[1]).mean())
