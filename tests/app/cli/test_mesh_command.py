"""`goae mesh` and `goae splats` from their arguments to their files, on a tiny model."""

from __future__ import annotations

from pathlib import Path

import pytest
import trimesh

from app.cli.main import run
from app.cli.mesh_command import TextureSize


def test_textures_have_the_sides_their_names_say() -> None:
    assert {size.value: size.texels for size in TextureSize} == {
        "none": 0,
        "1k": 1024,
        "2k": 2048,
        "4k": 4096,
    }


def test_printable_mesh_is_closed_small_and_in_metres(
    head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "head.stl"
    options = [
        "--resolution",
        "32",
        "--watertight",
        "--smooth",
        "1",
        "--triangles",
        "1000",
        "--device",
        "cpu",
    ]
    assert run(["mesh", str(head), "-o", str(path), *options]) == 0
    mesh = trimesh.load_mesh(path)
    assert isinstance(mesh, trimesh.Trimesh)
    assert mesh.is_watertight
    assert mesh.body_count == 1
    assert len(mesh.faces) <= 1000
    assert 0.1 < mesh.extents.max() < 0.4
    width, height, depth = (round(1000.0 * side) for side in mesh.extents)
    assert f"{width} x {height} x {depth} mm" in capsys.readouterr().out


def test_texture_where_there_is_none_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["mesh", "missing.goae", "-o", str(tmp_path / "a.ply"), "--texture", "2k"]) == 1
    assert "a .ply file carries no texture; choose .obj or .glb" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_splats_are_written_and_compared(
    head: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "head.ply"
    assert run(["splats", str(head), "-o", str(path), "--resolution", "32", "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert "dB against the neural rendering" in said
    count = int(said.split(":")[1].split("splats")[0].replace(",", ""))
    data = path.read_bytes()
    header, _, body = data.partition(b"end_header\n")
    assert f"element vertex {count}".encode() in header
    assert len(body) == 17 * 4 * count
    assert run(["splats", str(head), "-o", str(tmp_path / "head.obj")]) == 2
