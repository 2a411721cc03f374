from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image

from goae_core.camera import orbit
from goae_core.crop import middle, resample
from goae_core.editing import Portrait
from goae_core.errors import ExportError, StoppedError
from goae_core.mesh import METRES_PER_UNIT
from goae_core.meshing.head import FLOOR, build_mesh, export_mesh, finer_photo
from goae_core.meshing.options import MeshOptions
from goae_core.meshing.shaping import is_closed
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline, build
from goae_core.splats.fitting import fit_splats
from tests.goae_core.tiny_model import tiny_checkpoint


@cache
def head() -> tuple[Pipeline, Portrait]:
    """A tiny model with a dense box, and one of its heads without a photo."""
    checkpoint = tiny_checkpoint()
    weights = {name: dict(tensors) for name, tensors in checkpoint.weights.items()}
    bias = weights["generator"]["decoder.net.2.bias"].clone()
    bias[0] = 30.0
    weights["generator"]["decoder.net.2.bias"] = bias
    pipeline = build(replace(checkpoint, weights=weights), "cpu")
    w_plus = torch.zeros(1, pipeline.preset.backbone.num_ws, pipeline.preset.backbone.w_dim)
    with torch.inference_mode():
        planes = pipeline.generator.planes(w_plus, pipeline.generator.feature_map(w_plus))
    side = planes.features.shape[-1]
    return pipeline, Portrait(w_plus, planes, torch.ones(1, 3, side, side))


def test_bust_is_closed_stands_on_its_floor_and_has_metres() -> None:
    said: list[tuple[float, str]] = []
    mesh = build_mesh(
        *head(),
        MeshOptions(resolution=32, smoothing=1, triangles=1500, watertight=True),
        on_progress=lambda *s: said.append(s),
    )
    assert mesh.unit == "metre"
    assert is_closed(mesh.faces)
    assert mesh.volume > 0
    assert len(mesh.faces) <= 1500
    lowest = mesh.vertices[:, 1].min()
    assert lowest == pytest.approx(FLOOR * METRES_PER_UNIT, abs=0.01)
    shares = [share for share, _ in said]
    assert shares == sorted(shares)
    assert "checking that the body is closed" in {text for _, text in said}


def test_textured_head_can_be_read_back(tmp_path: Path) -> None:
    made = export_mesh(
        *head(), tmp_path / "head.glb", MeshOptions(resolution=24, texture=1024, triangles=600)
    )
    made.write(tmp_path / "head.obj")
    assert made.texture is not None
    assert made.texture.shape == (1024, 1024, 3)
    assert {path.name for path in tmp_path.iterdir()} == {"head.glb", "head.obj", "head.mtl", "head.png"}
    for name in ("head.glb", "head.obj"):
        (read,) = trimesh.load_scene(tmp_path / name, process=False).geometry.values()
        assert isinstance(read, trimesh.Trimesh)
        assert isinstance(read.visual, trimesh.visual.TextureVisuals)
        assert read.vertices == pytest.approx(made.vertices, abs=1e-6)
        # apart from the seams, where vertices stand twice, the body is closed
        read.merge_vertices(merge_tex=True, merge_norm=True)
        assert read.is_watertight
        assert read.volume == pytest.approx(made.volume, rel=1e-3)


def test_stopped_export_leaves_nothing_behind(tmp_path: Path) -> None:
    texts: list[str] = []
    path = tmp_path / "head.glb"
    with pytest.raises(StoppedError):
        export_mesh(
            *head(),
            path,
            MeshOptions(resolution=24, texture=1024, triangles=600),
            should_stop=lambda: bool(texts) and texts[-1] == "laying the surface out flat",
            on_progress=lambda share, text: texts.append(text),
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".ply", ".stl"])
def test_texture_is_refused_where_the_file_has_none(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ExportError, match=rf"a {suffix} file carries no texture; choose \.obj or \.glb"):
        export_mesh(*head(), tmp_path / f"head{suffix}", MeshOptions(texture=1024))


def test_photo_beyond_the_frame_is_found_only_if_it_is_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    coarse = np.asarray(
        Image.fromarray(rng.integers(60, 190, (16, 16, 3), dtype=np.uint8)).resize(
            (256, 256), Image.Resampling.BICUBIC
        )
    ).astype(np.int64)
    pattern = 20 * ((np.add.outer(np.arange(256), np.arange(256)) % 2) * 2 - 1)
    picture = (coarse + pattern[..., None]).clip(0, 255).astype(np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(picture).save(path)
    crop = middle(256, 256)
    pixels = torch.from_numpy(resample(picture, crop, 64)).permute(2, 0, 1)[None].float() / 127.5 - 1.0
    photo = AlignedPhoto(pixels, orbit(0.0, 0.0), str(path), crop)

    finer = finer_photo(photo)
    assert finer is not None
    assert finer.shape == (1, 3, 256, 256)
    # the checkerboard is all that 64 pixels cannot hold
    expected = torch.from_numpy(pattern / 255.0).float()
    assert float((finer[0, 0] - expected)[20:-20, 20:-20].abs().mean()) < 0.02
    assert finer_photo(replace(photo, source=str(tmp_path / "gone.png"))) is None
    assert finer_photo(replace(photo, pixels=-pixels)) is None
    Image.fromarray(picture[::4, ::4]).save(path)
    assert finer_photo(replace(photo, crop=middle(64, 64))) is None


def test_splats_come_close_to_the_pictures_of_a_whole_head() -> None:
    said: list[float] = []
    made = fit_splats(*head(), resolution=32, on_progress=lambda share, text: said.append(share))
    assert len(made.gaussians.means) > 500
    assert np.isfinite(made.gaussians.colors).all()
    assert 5.0 < made.psnr < 60.0
    assert said == sorted(said)
    with pytest.raises(StoppedError):
        fit_splats(*head(), resolution=32, should_stop=lambda: True)
