"""The border that colour decides."""

from __future__ import annotations

import numpy as np
import pytest

from goae_core.matte_refinement import refine_matte

SIDE = 128
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
HEAD = ((ROWS - 70) / 48) ** 2 + ((COLUMNS - 64) / 30) ** 2 < 1


def picture(seed: int = 0) -> np.ndarray:
    """A reddish ellipse with dark eyes before a bluish wall."""
    noise = np.random.default_rng(seed).normal(0, 6, (SIDE, SIDE, 3))
    colors = np.where(HEAD[..., None], (200, 140, 110), (60, 90, 160)) + noise
    return np.clip(colors, 0, 255).astype(np.uint8)


def overlap(found: np.ndarray) -> float:
    found = found > 0.5
    return float((found & HEAD).sum() / (found | HEAD).sum())


def test_leaks_and_losses_are_mended() -> None:
    # the network's faults: a bite of the head missing, a piece of wall kept beside it
    matte = HEAD.astype(np.float32)
    matte[60:110, 80:90] = 0.2
    matte[50:90, 22:36] = 0.8
    before, after = overlap(matte), overlap(refine_matte(picture(), matte))
    assert before < 0.86
    assert after > 0.97


def test_the_border_is_soft_and_the_values_are_shares() -> None:
    found = refine_matte(picture(), HEAD.astype(np.float32))
    assert found.dtype == np.float32
    assert found.min() == 0
    assert found.max() == 1
    assert ((found > 0.1) & (found < 0.9)).any()


def test_an_island_of_the_head_s_colour_is_left_out_and_a_hole_is_filled() -> None:
    colors = picture()
    colors[4:14, 4:14] = (200, 140, 110)
    colors[60:66, 56:62] = (60, 90, 160)
    matte = HEAD.astype(np.float32)
    matte[2:16, 2:16] = 0.7
    found = refine_matte(colors, matte)
    assert found[5:13, 5:13].max() < 0.01
    assert found[61:65, 57:61].min() > 0.9


def test_same_input_same_matte() -> None:
    matte = np.clip(HEAD + np.random.default_rng(1).normal(0, 0.2, HEAD.shape), 0, 1).astype(np.float32)
    np.testing.assert_array_equal(refine_matte(picture(), matte), refine_matte(picture(), matte))


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_without_head_or_background_the_matte_stays(value: float) -> None:
    matte = np.full((SIDE, SIDE), value, np.float32)
    assert refine_matte(picture(), matte) is matte


def test_where_head_and_wall_share_their_colours_the_network_is_believed() -> None:
    flat = np.full((SIDE, SIDE, 3), 120, np.uint8)
    flat[:, ::7] = 130
    flat[70:] = (20, 90, 40)
    matte = HEAD.astype(np.float32)
    assert overlap(refine_matte(flat, matte)) > 0.7
