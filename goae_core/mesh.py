"""A triangle mesh and its files: OBJ, PLY, GLB, STL.

Axes as everywhere: x right as the viewer of the frontal camera sees it, y up, the face looks along +z. Units
are the renderer's: the head of every model lies in a cube of side `box_side` = 1 about the origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from goae_core.errors import ExportError
from goae_core.whole_file import whole_file

MESH_SUFFIXES = (".obj", ".ply", ".glb", ".stl")

_NORMALS_WANTED = {
    ".obj": {"include_normals": True},
    ".ply": {"vertex_normal": True},
    ".glb": {"include_normals": True},
}
"""What trimesh calls the wish for normals."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles with a colour and a normal at every vertex."""

    vertices: NDArray[np.float32]
    """(V, 3), world units."""
    faces: NDArray[np.int32]
    """(F, 3), indices of vertices, counter-clockwise seen from outside."""
    colors: NDArray[np.uint8]
    """(V, 3), sRGB."""
    normals: NDArray[np.float32] | None = None
    """(V, 3), outward, unit length; None: nobody worked them out."""

    @property
    def volume(self) -> float:
        """Enclosed volume in cubic world units; positive if the faces look outward."""
        a, b, c = (self.vertices[self.faces[:, k]].astype(np.float64) for k in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)

    def write(self, path: Path) -> None:
        """Write the mesh in the format that the suffix names.

        OBJ carries colours as `v x y z r g b` (0 to 1), PLY and GLB as vertex colours, each with normals; STL
        carries neither.

        Args:
            path: Ends in .obj, .ply, .glb or .stl.

        Raises:
            ExportError: If the suffix is another one, the mesh is empty, or the file cannot be written.
        """
        # A third of a second to import, and only exports need it.
        import trimesh

        suffix = mesh_suffix(path)
        if len(self.faces) == 0:
            raise ExportError("the mesh has no triangles, so there is nothing to write")
        solid = trimesh.Trimesh(
            vertices=self.vertices,
            faces=self.faces,
            vertex_normals=self.normals,
            vertex_colors=self.colors,
            process=False,  # merging vertices would lose the order, and with it colours and normals
        )
        with_normals = {} if self.normals is None else _NORMALS_WANTED.get(suffix, {})
        with whole_file(path) as part:
            solid.export(part, file_type=suffix[1:], **with_normals)


def mesh_suffix(path: Path) -> str:
    """The suffix of a mesh file in lower case.

    Raises:
        ExportError: If meshes are not written in that format.
    """
    suffix = path.suffix.lower()
    if suffix not in MESH_SUFFIXES:
        raise ExportError(f"'{path.name}' is no mesh file; end it in {', '.join(MESH_SUFFIXES)}")
    return suffix


def vertex_normals(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.float32]:
    """Average the normals of the triangles around every vertex, weighted by their areas.

    Args:
        vertices: (V, 3).
        faces: (F, 3), counter-clockwise from outside.

    Returns:
        (V, 3), unit length; (0, 0, 1) where a vertex has no area around it.
    """
    a, b, c = (vertices[faces[:, k]].astype(np.float64) for k in range(3))
    doubled_areas = np.cross(b - a, c - a)  # (F, 3): the direction is the normal, the length twice the area
    sums = np.stack(
        [
            sum(np.bincount(faces[:, k], doubled_areas[:, axis], len(vertices)) for k in range(3))
            for axis in range(3)
        ],
        axis=-1,
    )
    lengths = np.linalg.norm(sums, axis=-1, keepdims=True)
    unit = np.divide(sums, lengths, out=np.tile([0.0, 0.0, 1.0], (len(vertices), 1)), where=lengths > 0)
    normals: NDArray[np.float32] = unit.astype(np.float32)
    return normals
