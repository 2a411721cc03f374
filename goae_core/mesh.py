"""A triangle mesh and its files: OBJ, PLY, GLB, STL.

Axes as everywhere: x right as the viewer of the frontal camera sees it, y up, the face looks along +z: those
of glTF. Units are the renderer's (the head of every model lies in a cube of side `box_side` = 1 about the
origin) until `Mesh.in_metres`. What holds is written into every file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from goae_core.errors import ExportError
from goae_core.whole_file import whole_file

if TYPE_CHECKING:
    import trimesh
    from trimesh.visual import TextureVisuals

MESH_SUFFIXES = (".obj", ".ply", ".glb", ".stl")

METRES_PER_UNIT = 0.356
"""Metres in one world unit.

Every head is rendered and aligned to one size, so one number serves. It is that of the head pack behind the
embedded model, whose lengths are real ones: the median of 0.1 / `MorphedHead.scale` (metres per decimetre
over world units per decimetre) over 60 sampled persons, deviation 0.027. Eyes 0.167 units apart are then 59
mm apart; those of adults are 63 mm apart, deviation 4 mm (Dodgson 2004, Variation and extrema of human
interpupillary distance).
"""

Unit = Literal[
    "world",  # the renderer's
    "metre",
]

_CONVENTION = "y up, face along +z, x to the viewer's right; unit: {unit}"
_UNITS: dict[Unit, str] = {"metre": "metre", "world": "side of the model's box"}
_STL_HEADER_BYTES = 80
_MATERIAL = "head"
_ARRAY, _ELEMENTS = 34962, 34963  # glTF: buffers of attributes, buffers of indices
_LINEAR = (
    "_LINEAR"  # what vertex colours are called until the GLB is finished: trimesh only writes sRGB bytes
)


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles with a colour and a normal at every vertex, or with a texture."""

    vertices: NDArray[np.float32]
    """(V, 3), in `unit`."""
    faces: NDArray[np.int32]
    """(F, 3), indices of vertices, counter-clockwise seen from outside."""
    colors: NDArray[np.uint8]
    """(V, 3), sRGB."""
    normals: NDArray[np.float32] | None = None
    """(V, 3), outward, unit length; None: nobody worked them out."""
    uv: NDArray[np.float32] | None = None
    """(V, 2) places in the texture, 0 to 1: u to the right, v up from the bottom. A vertex on a seam stands
    there once for each side."""
    texture: NDArray[np.uint8] | None = None
    """(H, W, 3), sRGB, the first row on top; None: the vertex colours count."""
    unit: Unit = "world"

    @property
    def volume(self) -> float:
        """Enclosed volume in cubic units; positive if the faces look outward."""
        a, b, c = (self.vertices[self.faces[:, k]].astype(np.float64) for k in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)

    @property
    def convention(self) -> str:
        """Axes and unit in one line, as every file says them."""
        return _CONVENTION.format(unit=_UNITS[self.unit])

    def in_metres(self) -> Mesh:
        """The same mesh at the size of a head, see `METRES_PER_UNIT`."""
        if self.unit == "metre":
            return self
        return replace(self, vertices=self.vertices * np.float32(METRES_PER_UNIT), unit="metre")

    def write(self, path: Path) -> None:
        """Write the mesh in the format that the suffix names.

        Without a texture OBJ carries colours as `v x y z r g b` (0 to 1), PLY and GLB as vertex colours; with
        one, OBJ gets a .mtl and a .png of the same name beside it, GLB embeds the picture, and PLY carries
        vertex colours all the same. All three have normals; STL carries neither. Colours are sRGB, except in
        GLB, whose vertex colours are linear.

        Args:
            path: Ends in .obj, .ply, .glb or .stl.

        Raises:
            ExportError: If the suffix is another one, the mesh is empty, or a file cannot be written.
        """
        suffix = mesh_suffix(path)
        if len(self.faces) == 0:
            raise ExportError("the mesh has no triangles, so there is nothing to write")
        if suffix == ".obj" and self.texture is not None:
            self._write_textured_obj(path)
            return
        content: dict[str, Callable[[], bytes]] = {
            ".obj": self._obj,
            ".ply": self._ply,
            ".glb": self._glb,
            ".stl": self._stl,
        }
        data = content[suffix]()
        with whole_file(path) as part:
            part.write_bytes(data)

    def _solid(
        self,
        visual: TextureVisuals | None = None,
        *,
        vertex_colors: NDArray[np.uint8] | None = None,
        linear: NDArray[np.float32] | None = None,
    ) -> trimesh.Trimesh:
        # A third of a second to import, and only exports need it.
        import trimesh

        return trimesh.Trimesh(
            vertices=self.vertices,
            faces=self.faces,
            vertex_normals=self.normals,
            visual=visual,
            vertex_colors=vertex_colors,
            vertex_attributes=None if linear is None else {_LINEAR: linear},
            process=False,  # merging vertices would lose the order, and with it colours and normals
        )

    def _obj(self) -> bytes:
        from trimesh.exchange.obj import export_obj

        solid = self._solid(vertex_colors=self.colors)
        text = export_obj(solid, include_normals=self.normals is not None, header=_header(self))
        return str(text).encode()

    def _write_textured_obj(self, path: Path) -> None:
        """Three files; the one that names the others comes last."""
        from PIL import Image
        from trimesh.exchange.obj import export_obj
        from trimesh.visual import TextureVisuals
        from trimesh.visual.material import SimpleMaterial

        picture = Image.fromarray(_given(self.texture))
        material = SimpleMaterial(
            image=picture, diffuse=[255, 255, 255, 255], ambient=[255, 255, 255, 255], specular=[0, 0, 0, 255]
        )
        material.name = _MATERIAL
        solid = self._solid(TextureVisuals(uv=self.uv, material=material))
        stem = path.stem.replace(" ", "_")  # many readers take a name in these files to end at a blank
        names = path.with_name(f"{stem}.mtl"), path.with_name(f"{stem}.png")
        text, files = export_obj(
            solid,
            include_normals=self.normals is not None,
            header=_header(self),
            mtl_name=names[0].name,
            return_texture=True,
        )
        library = files[names[0].name].decode()
        (drawn,) = (name for name in files if name != names[0].name)
        library = library.replace(f"map_Kd {drawn}", f"map_Kd {names[1].name}")
        with whole_file(path) as obj, whole_file(names[0]) as mtl, whole_file(names[1]) as png:
            png.write_bytes(files[drawn])
            mtl.write_bytes(library.encode())
            obj.write_bytes(str(text).encode())

    def _ply(self) -> bytes:
        from trimesh.exchange.ply import export_ply

        data: bytes = export_ply(
            self._solid(vertex_colors=self.colors), vertex_normal=self.normals is not None
        )
        begin, mark, rest = data.partition(b"comment https://github.com/mikedh/trimesh\n")
        if not mark:
            raise ExportError("the PLY header has another form than expected; install trimesh 4 or 5")
        return begin + f"comment {_header(self)}\n".encode() + rest

    def _glb(self) -> bytes:
        from PIL import Image
        from trimesh import Scene
        from trimesh.exchange.gltf import export_glb
        from trimesh.visual import TextureVisuals
        from trimesh.visual.material import PBRMaterial

        picture = None if self.texture is None else Image.fromarray(self.texture)
        if picture is not None:
            picture.format = "PNG"  # what it is embedded as
        material = PBRMaterial(
            name=_MATERIAL, baseColorTexture=picture, metallicFactor=0.0, roughnessFactor=0.9
        )
        if picture is None:
            solid = self._solid(TextureVisuals(material=material), linear=_linear(self.colors))
        else:
            solid = self._solid(TextureVisuals(uv=self.uv, material=material))

        def finish(tree: dict[str, Any]) -> None:
            tree["asset"] |= {"generator": "GOAE Studio", "extras": {"convention": self.convention}}
            for mesh in tree["meshes"]:
                for primitive in mesh["primitives"]:
                    named = primitive["attributes"]
                    if _LINEAR in named:
                        named["COLOR_0"] = named.pop(_LINEAR)
                    for accessor in named.values():
                        tree["bufferViews"][tree["accessors"][accessor]["bufferView"]]["target"] = _ARRAY
                    indices = tree["accessors"][primitive["indices"]]["bufferView"]
                    tree["bufferViews"][indices]["target"] = _ELEMENTS

        data: bytes = export_glb(
            Scene(solid), include_normals=self.normals is not None, tree_postprocessor=finish
        )
        return data

    def _stl(self) -> bytes:
        from trimesh.exchange.stl import export_stl

        data: bytes = export_stl(self._solid())
        # The header is free; one that begins with "solid" would be taken for the text format.
        header = _header(self).encode()[:_STL_HEADER_BYTES]
        return header.ljust(_STL_HEADER_BYTES) + data[_STL_HEADER_BYTES:]


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


def _header(mesh: Mesh) -> str:
    return f"GOAE Studio: {mesh.convention}"


def _linear(colors: NDArray[np.uint8]) -> NDArray[np.float32]:
    """SRGB bytes to linear light, as glTF wants vertex colours (IEC 61966-2-1)."""
    share = np.arange(256) / 255.0
    table = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    linear: NDArray[np.float32] = table.astype(np.float32)[colors]
    return linear


def _given(texture: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    if texture is None:
        raise ExportError("the mesh has no texture")
    return texture
