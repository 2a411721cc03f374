"""Where the model knows nothing: the back of the head, the crown above the frame, and the cut.

A model is taught by cameras on one side of the head, whose frames end below the crown. What none of them saw,
planes fill with an echo of the face. There the surface is drawn like a skin from what surrounds it, and takes
its colours from there.

    known = max over the rig's cameras of: how squarely it looks at an egg-shaped head there, if in its frame
    skin:   minimise |known (x - x0)|^2 + stiffness |L x|^2, L the mesh's Laplacian

Source: Botsch and Sorkine 2008 (on linear variational surface deformation methods), section on thin plates.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from goae_core.camera import orbit
from goae_core.mesh import Mesh, vertex_normals
from goae_core.meshing.shaping import simplified
from goae_core.presets import CameraConfig
from goae_core.surface import distance_to_cut

_COSINES = (0.1, 0.4)  # of the angle between camera and normal: nothing known, all known
_FRAME_EDGE = (-0.06, 0.0)  # image sides inside the frame: not seen, seen
_CROWN = (0.88, 1.03)  # heights, in half frames of a level camera: still seen by many, hardly by any
_HEAD_CENTER = (0.0, 0.0, -0.04)
_HEAD_AXES = (0.20, 0.30, 0.24)  # an egg about every head: its normals do not follow the echo's relief
_CUT_REACH = (0.002, 0.01)  # units from the cut: surely on it, surely off
_STIFFNESS = 30.0
_HOLD = 0.002  # of the unknown surface on its place: relief narrower than about 0.3 units goes
_MOST_FREE = 12_000  # vertices that are solved for directly: a second; more are led by a coarser mesh
_PROXY_TRIANGLES = 24_000
_AVERAGES = 20
_VIEWS = (9, 3)  # cameras over yaw and pitch


def unknown_share(
    mesh: Mesh, rig: CameraConfig, box_side: float, floor: float | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How little a model knows of a surface.

    Args:
        mesh: In world units, as `extract_surface` made it.
        rig: The cameras that taught the model.
        box_side: Side of the model's cube.
        floor: Where the surface was cut flat.

    Returns:
        Of shape and colour, and of colour alone, (V,) each, 0 known to 1 unknown: on the cut the shape is
        right, and the colours are chance.
    """
    vertices = mesh.vertices.astype(np.float64)
    normals = (vertices - _HEAD_CENTER) / np.square(_HEAD_AXES)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True).clip(1e-9)
    known = np.zeros(len(vertices))
    for yaw in np.linspace(-rig.yaw_limit, rig.yaw_limit, _VIEWS[0]):
        for pitch in np.linspace(-rig.pitch_limit, rig.pitch_limit, _VIEWS[1]):
            camera = orbit(float(yaw), float(pitch), rig=rig)
            pose = camera.cam_to_world[0].double().numpy()
            matrix = camera.intrinsics[0].double().numpy()
            towards = pose[:3, 3] - vertices
            squarely = np.einsum("ij,ij->i", normals, towards) / np.linalg.norm(towards, axis=1)
            inside = -towards @ pose[:3, :3]
            places = inside[:, :2] / inside[:, 2:] @ matrix[:2, :2].T + matrix[:2, 2]
            within = (0.5 - np.abs(places - 0.5)).min(axis=1)
            np.maximum(known, _smooth_step(squarely, _COSINES) * _smooth_step(within, _FRAME_EDGE), out=known)
    half = rig.radius / (2.0 * rig.focal)
    known *= 1.0 - _smooth_step(vertices[:, 1] / half, _CROWN)
    cut = 1.0 - _smooth_step(distance_to_cut(mesh.vertices, box_side, floor), _CUT_REACH)
    color = np.maximum(1.0 - known, cut)
    # The crown may bulge where the box cut it; below, the cut is what one wants to see.
    shape = (1.0 - known) * np.where(vertices[:, 1] < _HEAD_CENTER[1], 1.0 - cut, 1.0)
    return shape.astype(np.float32), color.astype(np.float32)


def drawn_over(mesh: Mesh, unknown: NDArray[np.float32]) -> Mesh:
    """Draw a smooth skin over what is unknown of a surface.

    Args:
        mesh: Its known part stays exactly where it is. Closed.
        unknown: (V,) from 0 to 1.

    Returns:
        The same triangles with moved vertices and new normals.
    """
    free = np.flatnonzero(unknown > 0.0)
    if len(free) == 0 or len(free) == len(unknown):
        return mesh
    if len(free) > _MOST_FREE:
        return _drawn_over_coarsely(mesh, unknown, free)
    average = _neighbour_average(mesh)
    laplacian = (sparse.identity(len(unknown), format="csr") - average).tocsr()
    known = sparse.diags_array((1.0 - unknown[free].astype(np.float64)) ** 2 + _HOLD)
    # Stiffness counts in vertices: a finer mesh needs more of it for the same skin.
    stiff = _STIFFNESS * _fineness(mesh) ** 4
    bending = (laplacian.T @ laplacian).tocsr()
    inner = bending[free][:, free]
    fixed = np.flatnonzero(unknown <= 0.0)
    start = mesh.vertices.astype(np.float64)
    left = (known + stiff * inner).tocsc()
    right = known @ start[free] - stiff * (bending[free][:, fixed] @ start[fixed])
    vertices = mesh.vertices.copy()
    vertices[free] = splu(left, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right)
    return replace(mesh, vertices=vertices, normals=vertex_normals(vertices, mesh.faces))


def _drawn_over_coarsely(mesh: Mesh, unknown: NDArray[np.float32], free: NDArray[np.int64]) -> Mesh:
    """The skin of a mesh with fewer vertices, carried over to this one: a skin has no fine detail."""
    coarse, share, near, weight = _proxy(mesh, unknown, free)
    moved = drawn_over(coarse, share).vertices.astype(np.float64) - coarse.vertices
    places = mesh.vertices.astype(np.float64)
    places[free] += np.einsum("nk,nkc->nc", weight, moved[near])
    # what the coarser mesh left out of the relief goes in a few plain averages
    average = _neighbour_average(mesh)[free]
    for _ in range(_AVERAGES):
        places[free] += unknown[free, None] * (average @ places - places[free])
    vertices = mesh.vertices.copy()
    vertices[free] = places[free]
    return replace(mesh, vertices=vertices, normals=vertex_normals(vertices, mesh.faces))


def _proxy(
    mesh: Mesh, unknown: NDArray[np.float32], free: NDArray[np.int64]
) -> tuple[Mesh, NDArray[np.float32], NDArray[np.int64], NDArray[np.float64]]:
    """A coarser mesh, its unknown share, and for each free vertex four near ones there with their weights."""
    coarse = simplified(mesh, _PROXY_TRIANGLES)
    share = unknown[cKDTree(mesh.vertices).query(coarse.vertices)[1]]
    distance, near = cKDTree(coarse.vertices).query(mesh.vertices[free], k=4)
    weight = 1.0 / (distance + 1e-6)
    return coarse, share, near, weight / weight.sum(axis=1, keepdims=True)


def colors_spread(mesh: Mesh, unknown: NDArray[np.float32]) -> Mesh:
    """Let what is unknown take the colours around it.

    Args:
        mesh: Any.
        unknown: (V,) from 0 to 1.

    Returns:
        The same mesh; where nothing is unknown, in the same colours.
    """
    free = np.flatnonzero(unknown > 0.0)
    if len(free) == 0 or len(free) == len(unknown):
        return mesh
    if len(free) > _MOST_FREE:
        coarse, share, near, weight = _proxy(mesh, unknown, free)
        spread = colors_spread(coarse, share).colors.astype(np.float64)
        found = np.einsum("nk,nkc->nc", weight, spread[near])
        mixed = mesh.colors[free] + unknown[free, None] * (found - mesh.colors[free])
        colors = mesh.colors.copy()
        colors[free] = mixed.round().clip(0.0, 255.0).astype(np.uint8)
        return replace(mesh, colors=colors)
    average = _neighbour_average(mesh)
    laplacian = (sparse.identity(len(unknown), format="csr") - average).tocsr()[free]
    known = sparse.diags_array(((1.0 - unknown[free].astype(np.float64)) ** 2) * 0.1 + 1e-9)
    fixed = np.flatnonzero(unknown <= 0.0)
    start = mesh.colors.astype(np.float64)
    left = (laplacian[:, free] + known).tocsc()
    solved = splu(left).solve(known @ start[free] - laplacian[:, fixed] @ start[fixed])
    colors = mesh.colors.copy()
    colors[free] = solved.round().clip(0.0, 255.0).astype(np.uint8)
    return replace(mesh, colors=colors)


def _neighbour_average(mesh: Mesh) -> sparse.csr_array:
    """The matrix that replaces each vertex's value by the mean of its neighbours'."""
    count = len(mesh.vertices)
    ends = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    links = sparse.coo_array((np.ones(len(ends)), ends.T), shape=(count, count)).tocsr()
    links = links.maximum(links.T)
    degree = np.asarray(links.sum(axis=1)).clip(1.0)
    return (sparse.diags_array(1.0 / degree) @ links).tocsr()


def _fineness(mesh: Mesh) -> float:
    """Vertices across a length of 1/100 unit, at least one."""
    edges = mesh.vertices[mesh.faces[:, 0]] - mesh.vertices[mesh.faces[:, 1]]
    return max(1.0, 0.01 / float(np.linalg.norm(edges, axis=1).mean()))


def _smooth_step(x: NDArray[np.floating], limits: tuple[float, float]) -> NDArray[np.float64]:
    """0 below the limits, 1 above, a cubic between them."""
    t = np.clip((np.asarray(x, dtype=np.float64) - limits[0]) / (limits[1] - limits[0]), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
