from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from goae_core.errors import ExportError
from goae_core.mesh import METRES_PER_UNIT
from goae_core.splats.gaussians import Gaussians, rotations_to, splats_suffix


def two() -> Gaussians:
    return Gaussians(
        means=np.array([[0.1, 0.2, 0.3], [0.0, 0.0, 0.0]], np.float32),
        normals=np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], np.float32),
        radii=np.array([0.01, 0.02], np.float32),
        thickness=0.1,
        opacities=np.array([0.5, 0.9], np.float32),
        colors=np.array([[0.5, 1.0, 0.0], [0.5, 0.5, 0.5]], np.float32),
    )


def test_file_has_the_layout_that_viewers_read(tmp_path: Path) -> None:
    two().write(tmp_path / "head.ply")
    header, _, body = (tmp_path / "head.ply").read_bytes().partition(b"end_header\n")
    lines = header.decode().splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    assert "element vertex 2" in lines
    names = [line.split()[2] for line in lines if line.startswith("property")]
    assert all(line.startswith("property float ") for line in lines if line.startswith("property"))
    table = dict(zip(names, np.frombuffer(body, "<f4").reshape(2, 17).T, strict=True))
    # half a turn about x: y down, z forward; metres
    assert table["x"][0] == pytest.approx(0.1 * METRES_PER_UNIT)
    assert table["y"][0] == pytest.approx(-0.2 * METRES_PER_UNIT)
    assert table["z"][0] == pytest.approx(-0.3 * METRES_PER_UNIT)
    # colour = 1/2 + 0.28209 * f_dc
    assert table["f_dc_1"][0] == pytest.approx(0.5 / 0.28209479, rel=1e-5)
    assert table["f_dc_0"][0] == 0.0
    # sigmoid(opacity)
    assert table["opacity"][0] == pytest.approx(0.0, abs=1e-6)
    assert 1.0 / (1.0 + math.exp(-table["opacity"][1])) == pytest.approx(0.9)
    assert np.exp(table["scale_0"]) == pytest.approx(np.array([0.01, 0.02]) * METRES_PER_UNIT)
    assert np.exp(table["scale_2"]) == pytest.approx(np.array([0.001, 0.002]) * METRES_PER_UNIT)
    # the first one's disc looks along -z in the file
    assert (table["nz"][0], table["nx"][1]) == (-1.0, 1.0)


def test_rotation_turns_z_to_the_normal() -> None:
    rng = np.random.default_rng(0)
    normals = rng.normal(size=(20, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    normals[0] = (0.0, 0.0, -1.0)
    w, x, y, z = rotations_to(normals).astype(np.float64).T
    turned = np.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)], axis=-1)
    assert turned == pytest.approx(normals, abs=1e-6)
    assert w**2 + x**2 + y**2 + z**2 == pytest.approx(1.0)


def test_other_suffixes_and_emptiness_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"'head\.splat' is no file of splats; end it in \.ply"):
        two().write(tmp_path / "head.splat")
    none = np.zeros((0, 3), np.float32)
    nothing = Gaussians(none, none, none[:, 0], 0.1, none[:, 0], none)
    with pytest.raises(ExportError, match="no splats to write"):
        nothing.write(tmp_path / "head.ply")
    assert list(tmp_path.iterdir()) == []
    assert splats_suffix(Path("a.PLY")) == ".ply"
