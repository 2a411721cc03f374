from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.cli.pictures import picture_suffix, write_depth, write_picture
from goae_core.errors import ExportError


def test_png_keeps_every_value(tmp_path: Path) -> None:
    pixels = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    write_picture(pixels, tmp_path / "head.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "head.png")), pixels)


def test_lossy_formats_stay_close(tmp_path: Path) -> None:
    pixels = np.full((16, 16, 3), (200, 150, 120), dtype=np.uint8)
    for name in ("head.jpg", "head.webp"):
        write_picture(pixels, tmp_path / name)
        assert np.abs(np.asarray(Image.open(tmp_path / name)).astype(int) - pixels).max() < 6


def test_unknown_suffix_is_refused() -> None:
    with pytest.raises(ExportError, match=r"'head\.gif' is no picture file; end it in \.png"):
        picture_suffix(Path("head.gif"))


def test_depth_is_bright_where_near_and_can_be_read_back(tmp_path: Path) -> None:
    depth = np.array([[2.0, 2.5], [3.0, 9.0]], dtype=np.float32)
    alpha = np.array([[255, 255], [128, 127]], dtype=np.uint8)
    write_depth(depth, alpha, tmp_path / "depth.png")

    with Image.open(tmp_path / "depth.png") as picture:
        grey = np.asarray(picture).astype(np.int64)
        near, far = (float(picture.info[name]) for name in ("near", "far"))
    assert (near, far) == (2.0, 3.0)
    # 1 + 65534 * (3 - 2.5) = 32768; 9.0 lies behind nothing that is half opaque
    assert grey.tolist() == [[65535, 32768], [1, 0]]


def test_depth_of_nothing_is_black(tmp_path: Path) -> None:
    write_depth(np.full((2, 2), np.inf, np.float32), np.zeros((2, 2), np.uint8), tmp_path / "depth.png")
    assert not np.asarray(Image.open(tmp_path / "depth.png")).any()
