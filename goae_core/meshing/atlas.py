"""A flat place for every triangle, and the surface behind every texel.

Sources: unwrapping and packing by xatlas (Young; after Yuksel's and Castano's thekla_atlas).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from goae_core.errors import ExportError, StoppedError
from goae_core.mesh import Mesh
from goae_core.opencv import cv2

PADDING = 4
"""Texels between charts at 1k, more in proportion; what is dilated into."""

_POLL_S = 0.1
_BEYOND = 1.0  # the triangle's own height, at most, that its plane goes on beside it
_SUBPIXEL_BITS = 4
_TEXELS_PER_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Texels:
    """Texels of an atlas and what lies behind their centres."""

    flat: NDArray[np.int64]
    """(M,) row * side + column, row 0 on top."""
    faces: NDArray[np.int32]
    """(M,) triangles."""
    shares: NDArray[np.float32]
    """(M, 3) of the triangle's corners, summing to 1; slightly negative for texels that it only touches."""

    def interpolated(self, mesh: Mesh, values: NDArray[np.generic]) -> NDArray[np.float32]:
        """Values at the texels (M, ...) from values at the vertices (V, ...)."""
        corners = values[mesh.faces[self.faces]].astype(np.float32)
        mixed: NDArray[np.float32] = np.einsum("mk,mk...->m...", self.shares, corners)
        return mixed


def unwrapped(mesh: Mesh, side: int, should_stop: Callable[[], bool] | None = None) -> Mesh:
    """Cut a mesh into charts and lay them out on one square.

    Args:
        mesh: With normals; 20,000 triangles take some seconds, in a process of their own.
        side: Of the texture to come, texels.
        should_stop: Asked ten times a second.

    Returns:
        The mesh with `uv`; vertices on seams stand there twice, with the same colour and normal.

    Raises:
        ExportError: If the charts fit no page, or the process cannot run.
        StoppedError: If `should_stop` said so.
    """
    assert mesh.normals is not None
    with tempfile.TemporaryDirectory(prefix="goae-atlas-") as folder:
        given, made = Path(folder) / "given.npz", Path(folder) / "made.npz"
        np.savez(
            given,
            vertices=mesh.vertices,
            faces=mesh.faces.astype(np.uint32),
            normals=mesh.normals,
            side=side,
            padding=max(1, PADDING * side // 1024),
        )
        _run_unwrapping([str(given), str(made)], should_stop or (lambda: False))
        with np.load(made) as found:
            if "uv" not in found:
                raise ExportError(
                    "the surface could not be laid out on one texture; choose a larger one or fewer triangles"
                )
            origin, faces, uv = found["origin"], found["faces"], found["uv"]
    # The page need not be square: coordinates are shares of each of its sides. v is turned upwards.
    flipped = np.stack([uv[:, 0], 1.0 - uv[:, 1]], axis=-1)
    return Mesh(
        vertices=mesh.vertices[origin],
        faces=faces.astype(np.int32),
        colors=mesh.colors[origin],
        normals=mesh.normals[origin],
        uv=flipped.astype(np.float32),
        unit=mesh.unit,
    )


def _run_unwrapping(arguments: list[str], stop: Callable[[], bool]) -> None:
    program = [sys.executable, "-P", str(Path(__file__).with_name("unwrap_process.py")), *arguments]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            while process.poll() is None:
                if stop():
                    raise StoppedError("unwrapping the mesh was stopped")
                time.sleep(_POLL_S)
        finally:
            process.kill()
        if process.returncode != 0 or not Path(arguments[1]).is_file():
            said = (process.stderr.read() if process.stderr else "").strip().splitlines()[-1:]
            reason = said[0] if said else f"status {process.returncode}"
            raise ExportError(f"the surface could not be unwrapped ({reason}); is xatlas installed?")


def covered_faces(mesh: Mesh, side: int) -> NDArray[np.int32]:
    """Which triangle each texel of a texture shows, (side, side), row 0 on top; -1: none.

    Texels that a triangle only touches count as its own.
    """
    assert mesh.uv is not None
    corners = _in_texels(mesh.uv, side)[mesh.faces]  # (F, 3, 2)
    fixed = np.round(corners * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    ids = np.full((side, side), -1, dtype=np.int32)
    for number, corner in enumerate(fixed):
        cv2.fillConvexPoly(ids, corner, number, lineType=cv2.LINE_8, shift=_SUBPIXEL_BITS)
    return ids


def texels(mesh: Mesh, ids: NDArray[np.int32]) -> Iterator[Texels]:
    """What lies behind the covered texels, some 260,000 at a time.

    Args:
        mesh: With `uv`.
        ids: From `covered_faces`.

    Yields:
        Every covered texel once.
    """
    assert mesh.uv is not None
    side = ids.shape[0]
    corners = _in_texels(mesh.uv, side)
    covered = np.flatnonzero(ids.reshape(-1) >= 0)
    for start in range(0, len(covered), _TEXELS_PER_CHUNK):
        flat = covered[start : start + _TEXELS_PER_CHUNK]
        faces = ids.reshape(-1)[flat]
        places = np.stack([flat % side, flat // side], axis=-1).astype(np.float64)
        a, b, c = (corners[mesh.faces[faces, k]] for k in range(3))
        area = _cross(b - a, c - a)
        flat_triangle = np.abs(area) < 1e-9
        area = np.where(flat_triangle, 1.0, area)
        shares = np.stack(
            [_cross(b - places, c - places), _cross(c - places, a - places), _cross(a - places, b - places)],
            axis=-1,
        )
        shares = np.where(flat_triangle[:, None], 1.0 / 3.0, shares / area[:, None])
        # Texels that a triangle only touches lie beside it: its plane goes on for them, but not far.
        shares = shares.clip(-_BEYOND, 1.0 + _BEYOND)
        shares /= shares.sum(axis=1, keepdims=True)
        yield Texels(flat, faces, shares.astype(np.float32))


def dilated(texture: NDArray[np.uint8], covered: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Give every uncovered texel the colour of the covered one nearest to it.

    Then no seam shows, however a viewer filters and shrinks the texture.

    Args:
        texture: (H, W, 3).
        covered: (H, W), at least one of them set.
    """
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~covered, return_distances=False, return_indices=True)
    filled: NDArray[np.uint8] = texture[nearest[0], nearest[1]]
    return filled


def _in_texels(uv: NDArray[np.float32], side: int) -> NDArray[np.float64]:
    """Columns and rows, texel centres at whole numbers, row 0 on top."""
    return np.stack([uv[:, 0], 1.0 - uv[:, 1]], axis=-1).astype(np.float64) * side - 0.5


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return product
