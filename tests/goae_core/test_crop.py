"""Cutting a turned square out of a photo."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from goae_core.crop import Crop, middle, resample


def _ramp(width: int, height: int) -> NDArray[np.uint8]:
    """Red grows with x by 2 a pixel, green with y."""
    x, y = np.meshgrid(np.arange(width) * 2, np.arange(height) * 2)
    return np.stack([x, y, np.full_like(x, 7)], axis=-1).astype(np.uint8)


def test_frame_corners_land_where_a_quarter_turn_puts_them() -> None:
    crop = Crop((50.0, 40.0), 20.0, math.pi / 2)
    # frame x points down in the photo, frame y to the left
    corners = crop.to_photo(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]))
    np.testing.assert_allclose(corners, [[60, 30], [60, 50], [40, 30], [50, 40]], atol=1e-12)


def test_to_frame_undoes_to_photo() -> None:
    crop = Crop((3.0, -7.0), 55.5, 0.3)
    frame = np.random.default_rng(0).random((6, 2))
    np.testing.assert_allclose(crop.to_frame(crop.to_photo(frame)), frame, atol=1e-12)


def test_middle_takes_the_largest_square() -> None:
    assert middle(640, 480) == Crop((320.0, 240.0), 480.0)


def test_a_crop_at_photo_resolution_copies_pixels() -> None:
    image = _ramp(64, 48)
    np.testing.assert_array_equal(resample(image, Crop((30.0, 20.0), 16.0), 16), image[12:28, 22:38])


def test_averaging_down_gives_each_cells_mean() -> None:
    image = _ramp(64, 64)
    frame = resample(image, Crop((32.0, 32.0), 32.0), 8).astype(int)
    # cell 0 covers columns 16..19 with reds 32, 34, 36, 38
    assert np.abs(frame[0, 0] - [35, 35, 7]).max() <= 1
    assert np.abs(np.diff(frame[..., 0], axis=1) - 8).max() <= 1


def test_a_large_photo_is_shrunk_without_aliasing() -> None:
    stripes = np.zeros((1024, 1024, 3), np.uint8)
    stripes[:, ::2] = 255
    frame = resample(stripes, Crop((512.0, 512.0), 1024.0), 32)
    assert np.abs(frame.astype(int) - 127).max() <= 4


def test_a_turn_of_the_photo_and_of_the_crop_cancel() -> None:
    image = np.random.default_rng(1).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    turned = np.ascontiguousarray(np.rot90(image, -1))  # clockwise; (x, y) goes to (40 - y, x)
    straight = resample(image, Crop((30.0, 20.0), 20.0), 20)
    again = resample(turned, Crop((40.0 - 20.0, 30.0), 20.0, math.pi / 2), 20)
    assert np.abs(straight.astype(int) - again.astype(int)).max() <= 1


def test_beyond_the_edge_lies_the_blurred_mirror_image_and_no_black() -> None:
    image = np.full((50, 50, 3), 200, np.uint8)
    image[:, :10] = 90
    frame = resample(image, Crop((0.0, 25.0), 50.0), 50)
    np.testing.assert_array_equal(frame[:, 26:33], image[:, 1:8])
    assert frame.min() >= 89
    # the mirrored edge between 90 and 200, sharp inside, is gone at 10 pixels outside
    assert np.abs(np.diff(frame[25, 10:20, 0].astype(int))).max() < 40


def test_a_small_photo_is_enlarged_smoothly() -> None:
    frame = resample(_ramp(16, 16), Crop((8.0, 8.0), 8.0), 64)
    assert frame.shape == (64, 64, 3)
    assert set(np.diff(frame[32, 8:56, 0].astype(int))) <= {0, 1}


@pytest.mark.parametrize(
    "crop", [Crop((0.0, 0.0), 0.0), Crop((math.nan, 0.0), 5.0), Crop((0.0, 0.0), math.inf)]
)
def test_an_impossible_square_is_refused(crop: Crop) -> None:
    with pytest.raises(ValueError, match="finite square"):
        resample(_ramp(16, 16), crop, 8)


def test_no_pixels_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 pixel"):
        resample(_ramp(16, 16), Crop((8.0, 8.0), 8.0), 0)
