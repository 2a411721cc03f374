"""Smooth surfaces from the pack's coarse quads: one Catmull-Clark step as a sparse matrix.

The step is linear in the vertex positions, so it is computed once per pack and then applied to any shape, and
to any quantity that lives on vertices (irradiance, masks).

Source: Catmull and Clark 1978, "Recursively generated B-spline surfaces on arbitrary topological meshes".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Subdivision:
    """One refinement of a quad mesh.

    Attributes:
        matrix: (V', V) sparse; refined positions = matrix @ coarse positions.
        quads: (4F, 4) vertex indices of the refined mesh. Quad f of the coarse mesh becomes the
            quads f, f + F, f + 2F and f + 3F.
    """

    matrix: sp.csr_matrix
    quads: IntArray


def subdivide(quads: IntArray, vertex_count: int) -> Subdivision:
    """Return the Catmull-Clark step of a quad mesh, open boundaries kept in place.

    Args:
        quads: (F, 4) vertex indices; a repeated index makes a triangle of a quad.
        vertex_count: V. Vertices that no quad uses are passed through unchanged.
    """
    face_count = len(quads)
    corners = np.arange(4 * face_count)
    edges = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    edges = np.sort(edges, axis=1)
    unique_edges, edge_of_corner = np.unique(edges, axis=0, return_inverse=True)
    edge_of_corner = edge_of_corner.reshape(4, face_count).T  # (F, 4)
    edge_count = len(unique_edges)
    faces_at_edge = np.bincount(edge_of_corner.ravel(), minlength=edge_count)
    on_boundary = faces_at_edge == 1

    face_points = _averages(np.repeat(np.arange(face_count), 4), quads.ravel(), (face_count, vertex_count))
    midpoints = _averages(
        np.repeat(np.arange(edge_count), 2), unique_edges.ravel(), (edge_count, vertex_count)
    )
    face_mean_at_edge = (
        _averages(edge_of_corner.ravel(), corners // 4, (edge_count, face_count)) @ face_points
    )
    own_share = np.where(on_boundary, 1.0, 0.5)
    edge_points = sp.diags(own_share) @ midpoints + sp.diags(1.0 - own_share) @ face_mean_at_edge

    faces_at_vertex = _averages(quads.ravel(), corners // 4, (vertex_count, face_count))
    edge_ends = np.repeat(np.arange(edge_count), 2)
    edges_at_vertex = _averages(unique_edges.ravel(), edge_ends, (vertex_count, edge_count))
    valence = np.bincount(quads.ravel(), minlength=vertex_count).astype(np.float64)
    safe_valence = np.maximum(valence, 1.0)
    inner = (
        sp.diags(1.0 / safe_valence) @ (faces_at_vertex @ face_points)
        + sp.diags(2.0 / safe_valence) @ (edges_at_vertex @ midpoints)
        + sp.diags((safe_valence - 3.0) / safe_valence)
    )
    rim_ends = unique_edges[on_boundary].ravel()
    rim_edges = np.repeat(np.flatnonzero(on_boundary), 2)
    at_rim = np.zeros(vertex_count, dtype=bool)
    at_rim[rim_ends] = True
    rim = 0.5 * (_averages(rim_ends, rim_edges, (vertex_count, edge_count)) @ midpoints) + 0.5 * sp.eye(
        vertex_count
    )
    unused = valence == 0
    vertex_points = (
        sp.diags((~at_rim & ~unused).astype(float)) @ inner
        + sp.diags((at_rim & ~unused).astype(float)) @ rim
        + sp.diags(unused.astype(float))
    )

    matrix = sp.vstack([vertex_points, face_points, edge_points]).tocsr().astype(np.float32)
    centre = vertex_count + np.arange(face_count)
    edge_index = vertex_count + face_count + edge_of_corner
    refined = np.concatenate(
        [
            np.stack([quads[:, k], edge_index[:, k], centre, edge_index[:, (k + 3) % 4]], axis=1)
            for k in range(4)
        ]
    )
    return Subdivision(matrix, refined.astype(np.int32))


def _averages(
    rows: NDArray[np.integer], columns: NDArray[np.integer], shape: tuple[int, int]
) -> sp.csr_matrix:
    """Return the matrix whose row r averages the listed columns of r."""
    counts = np.bincount(rows, minlength=shape[0])
    return sp.csr_matrix((1.0 / counts[rows], (rows, columns)), shape)


def subdivide_corners(corners: FloatArray) -> FloatArray:
    """Refine values at quad corners bilinearly, (F, 4, C) -> (4F, 4, C), in the order of `subdivide`."""
    centre = corners.mean(axis=1)
    middle = 0.5 * (corners + np.roll(corners, -1, axis=1))
    refined = [
        np.stack([corners[:, k], middle[:, k], centre, middle[:, (k + 3) % 4]], axis=1) for k in range(4)
    ]
    return np.asarray(np.concatenate(refined), dtype=np.float32)


def triangulate(quads: IntArray, corners: FloatArray) -> tuple[IntArray, FloatArray]:
    """Split quads into triangles and drop those without area.

    Args:
        quads: (F, 4) vertex indices.
        corners: (F, 4, C) values at the corners.

    Returns:
        (T, 3) vertex indices and (T, 3, C) corner values.
    """
    order = ([0, 1, 2], [0, 2, 3])
    triangles = np.concatenate([quads[:, k] for k in order])
    values = np.concatenate([corners[:, k] for k in order])
    a, b, c = triangles.T
    proper = (a != b) & (b != c) & (a != c)
    return triangles[proper].astype(np.int32), values[proper].astype(np.float32)


def vertex_normals(positions: FloatArray, triangles: IntArray) -> FloatArray:
    """Return unit normals (V, 3), averaged over the adjacent triangles by area; zero where there are none."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    face_normals = np.cross(b - a, c - a)
    normals = np.zeros((len(positions), 3))
    for corner in range(3):
        for axis in range(3):
            normals[:, axis] += np.bincount(triangles[:, corner], face_normals[:, axis], len(positions))
    length = np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return np.asarray(normals / length, dtype=np.float32)
