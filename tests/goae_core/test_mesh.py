from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from goae_core.errors import ExportError
from goae_core.mesh import METRES_PER_UNIT, Mesh, mesh_suffix, vertex_normals


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


@pytest.mark.parametrize("suffix", [".obj", ".ply"])
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


@pytest.fixture
def textured(tetrahedron: Mesh) -> Mesh:
    """Each corner at a corner of a picture of four colours: red green over blue white."""
    picture = np.zeros((8, 8, 3), dtype=np.uint8)
    picture[:4, :4], picture[:4, 4:], picture[4:, :4], picture[4:, 4:] = (
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (255, 255, 255),
    )
    uv = np.array([[0.1, 0.9], [0.9, 0.9], [0.1, 0.1], [0.9, 0.1]], dtype=np.float32)
    return replace(tetrahedron, uv=uv, texture=picture)


def test_glb_holds_linear_light_and_the_shape(tetrahedron: Mesh, tmp_path: Path) -> None:
    tetrahedron.write(tmp_path / "head.glb")
    tree, binary = read_glb(tmp_path / "head.glb")
    (primitive,) = tree["meshes"][0]["primitives"]
    colors = accessor(tree, binary, primitive["attributes"]["COLOR_0"])
    # IEC 61966-2-1: 10/255 / 12.92, and ((20/255 + 0.055) / 1.055) ** 2.4
    assert colors[3] == pytest.approx([0.003035, 0.006995, 0.012983], abs=1e-6)
    assert colors[0] == pytest.approx([1.0, 0.0, 0.0])
    assert np.array_equal(accessor(tree, binary, primitive["attributes"]["POSITION"]), tetrahedron.vertices)
    normals = accessor(tree, binary, primitive["attributes"]["NORMAL"])
    assert normals == pytest.approx(tetrahedron.normals, abs=1e-6)
    assert tree["asset"]["extras"]["convention"].startswith("y up, face along +z")
    views = {
        tree["bufferViews"][tree["accessors"][k]["bufferView"]]["target"] for k in [primitive["indices"]]
    }
    assert views == {34963}


@pytest.mark.parametrize("suffix", [".obj", ".glb"])
def test_texture_stands_the_right_way_up_in_the_file(textured: Mesh, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"my head{suffix}"
    textured.write(path)

    (read,) = trimesh.load_scene(path, process=False).geometry.values()
    assert isinstance(read, trimesh.Trimesh)
    assert isinstance(read.visual, trimesh.visual.TextureVisuals)
    colors = read.visual.to_color().vertex_colors[:, :3]
    assert colors.tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]
    assert np.array_equal(read.vertices, textured.vertices)
    expected = {"my head.obj", "my_head.mtl", "my_head.png"} if suffix == ".obj" else {"my head.glb"}
    assert {file.name for file in tmp_path.iterdir()} == expected


def test_textured_obj_names_its_material_and_picture(textured: Mesh, tmp_path: Path) -> None:
    textured.in_metres().write(tmp_path / "head.obj")
    lines = (tmp_path / "head.obj").read_text().splitlines()
    assert lines[0] == "# GOAE Studio: y up, face along +z, x to the viewer's right; unit: metre"
    assert "mtllib head.mtl" in lines
    assert "map_Kd head.png" in (tmp_path / "head.mtl").read_text().splitlines()


def test_metres_are_those_of_a_head_and_said_in_every_file(tetrahedron: Mesh, tmp_path: Path) -> None:
    metres = tetrahedron.in_metres()
    assert metres.vertices.max() == pytest.approx(0.356)
    assert metres.in_metres() is metres
    # eyes of the embedded model's heads are 0.167 units apart; those of adults 51 to 77 mm
    assert 0.051 < 0.167 * METRES_PER_UNIT < 0.077
    for suffix in (".obj", ".ply", ".stl", ".glb"):
        metres.write(tmp_path / f"head{suffix}")
        assert b"y up, face along +z" in (tmp_path / f"head{suffix}").read_bytes()
        assert b"unit: metre" in (tmp_path / f"head{suffix}").read_bytes()[:2000]


def test_ply_of_a_textured_mesh_has_vertex_colours(textured: Mesh, tmp_path: Path) -> None:
    textured.write(tmp_path / "head.ply")
    (read,) = trimesh.load_scene(tmp_path / "head.ply", process=False).geometry.values()
    assert isinstance(read, trimesh.Trimesh)
    assert isinstance(read.visual, trimesh.visual.ColorVisuals)
    assert np.array_equal(read.visual.vertex_colors[:, :3], textured.colors)


VALIDATOR = os.environ.get("GLTF_VALIDATOR", "")


@pytest.mark.skipif(
    not VALIDATOR or shutil.which("node") is None,
    reason="needs node, and in GLTF_VALIDATOR the folder of the npm package gltf-validator",
)
@pytest.mark.parametrize("kind", ["colours", "texture"])
def test_khronos_validator_finds_nothing(
    tetrahedron: Mesh, textured: Mesh, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "head.glb"
    (textured if kind == "texture" else tetrahedron).in_metres().write(path)
    program = (
        f"require({json.dumps(VALIDATOR)}).validateBytes(new Uint8Array(require('fs').readFileSync("
        f"{json.dumps(str(path))}))).then(r => console.log(JSON.stringify(r.issues)))"
    )
    ran = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    issues = json.loads(ran.stdout)
    assert issues["messages"] == []


def read_glb(path: Path) -> tuple[dict[str, Any], bytes]:
    data = path.read_bytes()
    length = int.from_bytes(data[12:16], "little")
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def accessor(tree: dict[str, Any], binary: bytes, number: int) -> NDArray[np.float32]:
    entry = tree["accessors"][number]
    view = tree["bufferViews"][entry["bufferView"]]
    width = {"VEC2": 2, "VEC3": 3, "VEC4": 4}[entry["type"]]
    values = np.frombuffer(binary, "<f4", entry["count"] * width, view.get("byteOffset", 0))
    return values.reshape(-1, width)
