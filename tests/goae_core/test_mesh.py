from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from goae_core.errors import ExportError
from goae_core.mesh import Mesh, mesh_suffix, vertex_normals


@pytest.fixture
def tetrahedron() -> Mesh:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], dtype=np.int32)
    colors = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30]], dtype=np.uint8)
    return Mesh(vertices, faces, colors, vertex_normals(vertices, faces))


def test_volume_of_a_corner_of_the_unit_cube_is_a_sixth(tetrahedron: Mesh) -> None:
    assert tetrahedron.volume == pytest.approx(1.0 / 6.0)
    inward = Mesh(tetrahedron.vertices, tetrahedron.faces[:, ::-1], tetrahedron.colors)
    assert inward.volume == pytest.approx(-1.0 / 6.0)


def test_normals_are_weighted_by_area() -> None:
    # at vertex 0 two triangles meet: area 1/2 facing +z, area 1 facing +x
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 2]], dtype=np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)
    normals = vertex_normals(vertices, faces)

    assert normals[0] == pytest.approx(np.array([2.0, 0.0, 1.0]) / np.sqrt(5.0))
    assert normals[1] == pytest.approx([0.0, 0.0, 1.0])
    assert normals[3] == pytest.approx([1.0, 0.0, 0.0])


def test_vertex_without_area_still_has_a_unit_normal() -> None:
    vertices = np.zeros((4, 3), dtype=np.float32)
    normals = vertex_normals(vertices, np.array([[0, 1, 2]], dtype=np.int32))
    assert np.array_equal(normals, np.tile([0.0, 0.0, 1.0], (4, 1)))


@pytest.mark.parametrize("suffix", [".obj", ".ply", ".glb"])
def test_colours_and_shape_survive_the_file(tetrahedron: Mesh, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"head{suffix}"
    tetrahedron.write(path)

    (read,) = trimesh.load_scene(path, process=False).geometry.values()
    assert isinstance(read, trimesh.Trimesh)
    assert isinstance(read.visual, trimesh.visual.ColorVisuals)
    assert np.array_equal(read.vertices, tetrahedron.vertices)
    assert np.array_equal(read.faces, tetrahedron.faces)
    assert np.array_equal(read.visual.vertex_colors[:, :3], tetrahedron.colors)
    assert read.vertex_normals == pytest.approx(tetrahedron.normals, abs=1e-6)


def test_obj_says_colours_behind_positions(tetrahedron: Mesh, tmp_path: Path) -> None:
    tetrahedron.write(tmp_path / "head.obj")
    lines = (tmp_path / "head.obj").read_text().splitlines()
    second = next(line for line in lines if line.startswith("v 1"))
    assert [float(number) for number in second.split()[1:]] == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def test_stl_keeps_the_shape(tetrahedron: Mesh, tmp_path: Path) -> None:
    tetrahedron.write(tmp_path / "head.STL")
    read = trimesh.load_mesh(tmp_path / "head.STL")
    assert isinstance(read, trimesh.Trimesh)
    assert read.volume == pytest.approx(1.0 / 6.0)
    assert read.is_watertight


def test_unknown_suffix_is_refused_with_those_there_are(tetrahedron: Mesh, tmp_path: Path) -> None:
    with pytest.raises(
        ExportError, match=r"'head\.fbx' is no mesh file; end it in \.obj, \.ply, \.glb, \.stl"
    ):
        tetrahedron.write(tmp_path / "head.fbx")
    assert list(tmp_path.iterdir()) == []
    assert mesh_suffix(Path("a.GLB")) == ".glb"


def test_empty_mesh_is_not_written(tmp_path: Path) -> None:
    empty = Mesh(
        np.zeros((0, 3), dtype=np.float32), np.zeros((0, 3), dtype=np.int32), np.zeros((0, 3), dtype=np.uint8)
    )
    with pytest.raises(ExportError, match="no triangles"):
        empty.write(tmp_path / "head.obj")
    assert list(tmp_path.iterdir()) == []
