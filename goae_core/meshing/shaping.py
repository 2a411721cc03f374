"""Shape: smoothing, fewer triangles, one closed body.

    Taubin's smoothing keeps the volume; quadrics decide which triangles go; what then is no closed body any
    more is taken from Manifold, whose results always are.

Sources: Taubin 1995 (a signal processing approach to fair surface design), by trimesh; Garland and Heckbert
1997 (quadric error metrics), by fast-simplification; Manifold (Lalish), by manifold3d.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from goae_core.errors import ExportError
from goae_core.mesh import Mesh, vertex_normals

if TYPE_CHECKING:
    import manifold3d

_TAUBIN = (0.5, 0.53)
_HASTE = (7, 3)  # of fast-simplification: in haste it sometimes folds two triangles onto each other
_TOLERANCES = (1e-4, 1.3)  # Manifold's first, in units, and what it grows by
_ATTEMPTS = 20


def smoothed(mesh: Mesh, passes: int) -> Mesh:
    """Smooth a closed mesh without shrinking it.

    Args:
        mesh: Its colours stay as they are.
        passes: Each inwards and outwards again; 0 changes nothing.

    Returns:
        The same triangles around moved vertices, with new normals.
    """
    if passes == 0:
        return mesh
    import trimesh
    from trimesh.smoothing import filter_taubin

    solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    filter_taubin(solid, *_TAUBIN, iterations=2 * passes)
    return _reshaped(mesh, np.asarray(solid.vertices, dtype=np.float32), mesh.faces, mesh.colors)


def simplified(mesh: Mesh, triangles: int) -> Mesh:
    """Leave out triangles where they matter least; a closed body stays one.

    Args:
        mesh: Closed.
        triangles: At most this many are left, as far as the shape allows.

    Returns:
        A mesh with colours of the nearest vertices of the given one.
    """
    if len(mesh.faces) <= triangles:
        return mesh
    import fast_simplification

    for haste in _HASTE:
        points, faces = fast_simplification.simplify(
            mesh.vertices.astype(np.float64), mesh.faces.astype(np.int32), target_count=triangles, agg=haste
        )
        faces = _unfolded(faces)
        if is_closed(faces) and len(faces) <= triangles:
            break
    else:
        points, faces = _by_manifold(mesh, triangles)
    return _recolored(mesh, points.astype(np.float32), faces.astype(np.int32))


def printable(mesh: Mesh) -> Mesh:
    """One closed body, certified by Manifold.

    Args:
        mesh: About closed.

    Returns:
        The largest body in it.

    Raises:
        ExportError: If there is none.
    """
    body = _solid(mesh.vertices, mesh.faces)
    bodies = body.decompose()
    if not bodies:
        raise ExportError(
            "the surface encloses no body that could be printed; sample it with another resolution, or with "
            "less smoothing"
        )
    whole = max(bodies, key=lambda one: float(one.volume()))
    points, faces = _arrays(whole)
    return _recolored(mesh, points, faces)


def is_closed(faces: NDArray[np.integer]) -> bool:
    """Whether every edge belongs to exactly two triangles that run along it in opposite directions."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    if (ends[:, 0] == ends[:, 1]).any():
        return False
    count = int(ends.max()) + 1
    there = np.sort(ends[:, 0] * count + ends[:, 1])
    back = np.sort(ends[:, 1] * count + ends[:, 0])
    return bool((np.diff(there) > 0).all() and np.array_equal(there, back))


def _by_manifold(mesh: Mesh, triangles: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The first of Manifold's simplifications, ever coarser, that has few enough triangles."""
    body = _solid(mesh.vertices, mesh.faces)
    tolerance, growth = _TOLERANCES
    fewest = body
    for _ in range(_ATTEMPTS):
        tried = body.simplify(tolerance)
        if tried.num_tri() < fewest.num_tri():
            fewest = tried
        if fewest.num_tri() <= triangles:
            break
        tolerance *= growth
    return _arrays(fewest)


def _unfolded(faces: NDArray[np.integer]) -> NDArray[np.integer]:
    """Without pairs of triangles that lie on each other, back to back."""
    corners = np.sort(faces, axis=1)
    _, inverse, counts = np.unique(corners, axis=0, return_inverse=True, return_counts=True)
    kept: NDArray[np.integer] = faces[counts[inverse.reshape(-1)] != 2]
    return kept


def _solid(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> manifold3d.Manifold:
    import manifold3d

    raw = manifold3d.Mesh(vert_properties=vertices.astype(np.float32), tri_verts=faces.astype(np.uint32))
    raw.merge()
    body = manifold3d.Manifold(raw)
    if body.status() != manifold3d.Error.NoError:
        raise ExportError(
            f"the surface is not closed ({body.status().name}); sample it with another resolution, or "
            "without smoothing"
        )
    return body


def _arrays(body: manifold3d.Manifold) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    raw = body.to_mesh()
    vertices = np.asarray(raw.vert_properties, dtype=np.float32)[:, :3]
    faces = np.asarray(raw.tri_verts, dtype=np.int32)
    first, second = np.asarray(raw.merge_from_vert), np.asarray(raw.merge_to_vert)
    if len(first):
        same = np.arange(len(vertices), dtype=np.int32)
        same[first] = second
        faces = same[faces]
        used, inverse = np.unique(faces, return_inverse=True)
        vertices, faces = vertices[used], inverse.reshape(-1, 3).astype(np.int32)
    return vertices, faces


def _recolored(mesh: Mesh, vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> Mesh:
    from scipy.spatial import cKDTree

    _, nearest = cKDTree(mesh.vertices).query(vertices)
    return _reshaped(mesh, vertices, faces, mesh.colors[nearest])


def _reshaped(
    mesh: Mesh, vertices: NDArray[np.float32], faces: NDArray[np.int32], colors: NDArray[np.uint8]
) -> Mesh:
    return Mesh(vertices, faces, colors, vertex_normals(vertices, faces), unit=mesh.unit)
