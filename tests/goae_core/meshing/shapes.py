"""Meshes with known answers."""

from __future__ import annotations

import numpy as np
import torch
import trimesh
from torch import Tensor

from goae_core.mesh import Mesh, vertex_normals
from goae_core.surface import extract_surface


def ball(subdivisions: int = 3, radius: float = 0.2) -> Mesh:
    """A sphere about the origin; every vertex is coloured by its place."""
    solid = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    vertices, faces = solid.vertices.astype(np.float32), solid.faces.astype(np.int32)
    return Mesh(vertices, faces, place_colors(vertices), vertex_normals(vertices, faces))


def place_colors(
    vertices: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Red grows along x, green along y, blue along z, all from 0 at -0.5 to 255 at 0.5."""
    return ((vertices + 0.5) * 255.0).round().astype(np.uint8)


def marched_egg(resolution: int) -> Mesh:
    """What marching cubes make of a head-like body."""

    def egg(points: Tensor) -> Tensor:
        axes = torch.tensor([0.18, 0.26, 0.22])
        density: Tensor = 20.0 + 100.0 * (1.0 - torch.linalg.vector_norm(points / axes, dim=-1))
        return density

    return extract_surface(egg, lambda points: points + 0.5, resolution=resolution, level=20.0)
