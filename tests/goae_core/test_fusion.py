from __future__ import annotations

import pytest
import torch
from torch import Tensor

from goae_core.fusion import blur, fuse, visibility
from goae_core.presets import FusionConfig, PlaneAxes
from goae_core.triplane import TriPlane

XY, ALL = FusionConfig(planes="xy"), FusionConfig(planes="all")
# exp(-x**2 / 4.5) for x = 0 to 4 is 1, 0.8007, 0.4111, 0.1353, 0.0286; over both sides they sum to 3.7514.
TAPS = (0.26657, 0.21345, 0.10959, 0.03608, 0.00762)


def planes(size: int = 32, batch: int = 1, value: float = 0.0, axes: PlaneAxes = "orthogonal") -> TriPlane:
    return TriPlane(torch.full((batch, 3, 2, size, size), value), 1.0, axes)


def wall(z: float, *, rays: int = 64, side: float = 0.9) -> tuple[Tensor, Tensor]:
    """Points all over a square that faces the camera."""
    line = side * ((torch.arange(rays) + 0.5) / rays - 0.5)
    y, x = torch.meshgrid(-line, line, indexing="ij")
    return torch.stack([x, y, torch.full_like(x, z)])[None], torch.ones(1, 1, rays, rays)


def test_blur_has_the_taps_of_the_release() -> None:
    dot = torch.zeros(1, 1, 17, 17)
    dot[0, 0, 8, 8] = 1.0
    row = blur(dot, 1.5)[0, 0, 8]
    expected = torch.tensor([TAPS[0] * t for t in (*TAPS[::-1], *TAPS[1:])])
    torch.testing.assert_close(row[4:13], expected, rtol=0, atol=1e-5)
    assert not row[:4].any()


def test_blur_reflects_at_the_edges_and_keeps_what_is_even() -> None:
    torch.testing.assert_close(blur(torch.full((1, 2, 9, 9), 0.7), 1.5), torch.full((1, 2, 9, 9), 0.7))
    edge = torch.zeros(1, 1, 9, 9)
    edge[..., 1] = 1.0
    # Column 0 sees column 1 on both sides.
    torch.testing.assert_close(float(blur(edge, 1.5)[0, 0, 4, 0]), 2 * TAPS[1], rtol=0, atol=1e-4)


def test_release_marks_even_the_background_and_clamps_what_lies_beyond() -> None:
    # All rays far to the lower left share the first texel: 1 mark, at most TAPS[0] squared after the blur.
    points, nothing = torch.full((1, 3, 5, 5), -3.0), torch.zeros(1, 1, 40, 40)
    seen = visibility(points, nothing[..., :5, :5], planes(), XY)
    assert seen.shape == (1, 1, 32, 32)
    assert not seen.any()
    line = torch.linspace(-0.25, 0.2499, 40)  # texel 8, cut off from 8.0, to texel 23, cut off from 23.99
    y, x = torch.meshgrid(line, line, indexing="ij")
    seen = visibility(torch.stack([x, y, torch.zeros_like(x)])[None], nothing, planes(), XY)[0, 0]
    # The first blur lifts texels 7 and 24 to (1 - TAPS[0]) / 2 = 0.367, above the threshold; then, inwards:
    torch.testing.assert_close(float(seen[16, 16]), 1.0, rtol=0, atol=1e-5)
    edge = 0.5 + 0.5 * TAPS[0]
    for column in (7, 24):
        torch.testing.assert_close(float(seen[16, column]), edge, rtol=0, atol=1e-4)
    for column in (6, 25):
        torch.testing.assert_close(float(seen[16, column]), 1.0 - edge, rtol=0, atol=1e-4)
    # Beyond the right side everything is marked in the last column, which reflection does not widen.
    beyond = visibility(torch.stack([x + 2.0, y, x])[None], nothing, planes(), XY)
    assert not beyond.any()
    # With the column before it the two pass: TAPS[0] + 2 TAPS[1] + TAPS[1] is above the threshold.
    spread = torch.where(x > 0, x + 2.0, 0.45)
    seen = visibility(torch.stack([spread, y, x])[None], nothing, planes(), XY)[0, 0]
    assert float(seen[16, 31]) > 0.5


def test_a_wall_is_seen_from_the_front_and_as_a_line_from_the_sides() -> None:
    points, opacity = wall(z=0.0)
    front, top, side = visibility(points, opacity, planes(), ALL)[0]
    torch.testing.assert_close(front[4:28, 4:28], torch.ones(24, 24), rtol=0, atol=1e-5)
    # z = 0 lies between texels 15 and 16. With neighbours rows 14 to 17 are marked; the first blur lifts 13
    # and 18 (0.367) above the threshold, not 12 and 19; of six rows the second leaves 0.949 in the middle.
    middle = TAPS[0] + 2 * TAPS[1] + 2 * TAPS[2] + TAPS[3]
    torch.testing.assert_close(top[16, 8:24], torch.full((16,), middle), rtol=0, atol=1e-4)
    torch.testing.assert_close(side[8:24, 16], torch.full((16,), middle), rtol=0, atol=1e-4)
    assert not top[:8].any()
    assert not side[:, 24:].any()


def test_the_background_is_not_seen() -> None:
    points, opacity = wall(z=0.0)
    assert not visibility(points, 0.4 * opacity, planes(), ALL).any()
    # Nor is what lies beyond the planes, where the release would mark their edge.
    assert not visibility(points + 2.0, opacity, planes(), ALL).any()


def test_samples_of_a_batch_do_not_mix() -> None:
    points, opacity = wall(z=0.2)
    both = visibility(torch.cat([points, points * 0.5]), opacity.repeat(2, 1, 1, 1), planes(batch=2), ALL)
    assert torch.equal(both[1:], visibility(points * 0.5, opacity, planes(), ALL))
    assert not torch.equal(both[0], both[1])


def test_one_channel_mixes_the_frontal_plane_only() -> None:
    seen = torch.full((1, 1, 8, 8), 0.25)
    fused = fuse(planes(8, value=1.0), planes(8, value=5.0), seen).features
    assert fused[0, :, 0, 0, 0].tolist() == [2.0, 5.0, 5.0]


def test_three_channels_mix_every_plane() -> None:
    seen = torch.tensor([0.0, 0.25, 1.0]).reshape(1, 3, 1, 1).expand(1, 3, 8, 8)
    fused = fuse(planes(8, value=1.0), planes(8, value=5.0), seen)
    assert fused.features[0, :, 0, 0, 0].tolist() == [1.0, 2.0, 5.0]
    assert fused.axes == "orthogonal"


@pytest.mark.parametrize("channels", [1, 3])
def test_mix_gradient(channels: int) -> None:
    seen = torch.rand(1, channels, 3, 3, dtype=torch.float64)

    def mix(plain: Tensor, refined: Tensor) -> Tensor:
        return fuse(TriPlane(plain, 1.0, "eg3d"), TriPlane(refined, 1.0, "eg3d"), seen).features

    features = [torch.randn(1, 3, 2, 3, 3, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    assert torch.autograd.gradcheck(mix, features)
