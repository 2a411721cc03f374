from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from goae_core.networks.superresolution import SuperResolution
from goae_core.presets import SuperResolutionConfig, SuperResolutionKind

# kind, input, output, and whether the first block doubles
KINDS: tuple[tuple[SuperResolutionKind, int, int, bool], ...] = (
    ("8XDC", 16, 64, True),
    ("8X", 16, 64, True),
    ("4X", 16, 32, False),
    ("2X", 8, 16, False),
)


def upscaler(kind: SuperResolutionKind, start: int, end: int, channels: int = 3) -> SuperResolution:
    torch.manual_seed(0)
    config = SuperResolutionConfig(
        kind=kind, input_resolution=start, output_resolution=end, widths=(6, 4), image_channels=channels
    )
    return SuperResolution(config, 5, 8)


@pytest.mark.parametrize(("kind", "start", "end", "doubles"), KINDS)
@pytest.mark.parametrize("batch", [1, 2])
def test_sizes(kind: SuperResolutionKind, start: int, end: int, doubles: bool, batch: int) -> None:
    network = upscaler(kind, start, end, channels=4)
    picture = network(
        torch.randn(batch, 4, start, start), torch.randn(batch, 5, start, start), torch.randn(batch, 3, 8)
    )
    assert picture.shape == (batch, 4, end, end)
    assert network.block0.upsample is doubles
    assert ("resample_filter" in dict(network.named_buffers())) is (kind != "8XDC")


def test_only_the_last_row_steers() -> None:
    network = upscaler("8X", 8, 32)
    image, features, w_plus = torch.randn(1, 3, 8, 8), torch.randn(1, 5, 8, 8), torch.randn(1, 4, 8)
    picture = network(image, features, w_plus)
    others = torch.cat([torch.randn(1, 3, 8), w_plus[:, 3:]], dim=1)
    assert torch.equal(network(image, features, others), picture)
    assert not torch.equal(network(image, features, w_plus + 1.0), picture)


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("side", [12, 24])
def test_other_sizes_are_resized_first(side: int, antialias: bool) -> None:
    network = upscaler("8X", 16, 64)
    network.config = replace(network.config, antialias=antialias)
    image, features, w_plus = (
        torch.randn(1, 3, side, side),
        torch.randn(1, 5, side, side),
        torch.randn(1, 2, 8),
    )
    resized = [
        F.interpolate(each, size=(16, 16), mode="bilinear", align_corners=False, antialias=antialias)
        for each in (image, features)
    ]
    assert torch.equal(network(image, features, w_plus), network(resized[0], resized[1], w_plus))


def test_a_rendering_with_opacity_has_no_grey_rim() -> None:
    network = upscaler("8X", 8, 32, channels=4)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "torgb" in name and "affine" not in name:
                parameter.zero_()
    # With nothing added, what is black and transparent everywhere stays so up to the last pixel.
    nothing = torch.full((1, 4, 8, 8), -1.0)
    picture = network(nothing, torch.randn(1, 5, 8, 8), torch.randn(1, 2, 8))
    torch.testing.assert_close(picture, torch.full((1, 4, 32, 32), -1.0))
    # Content keeps its place.
    ramp = torch.linspace(-1, 1, 8).expand(1, 4, 8, 8)
    picture = network(ramp, torch.randn(1, 5, 8, 8), torch.randn(1, 2, 8))
    assert float((picture + picture.flip(3)).detach().abs().max()) < 1e-5
    # Doubled twice, a slope of 2/7 a ray is one of 1/14 a pixel, the middle at zero.
    assert picture[0, 0, 5, 12:16].tolist() == pytest.approx([-7 / 28, -5 / 28, -3 / 28, -1 / 28])


def test_the_raw_image_is_left_alone() -> None:
    network = upscaler("2X", 8, 16)
    image = torch.randn(1, 3, 8, 8)
    before = image.clone()
    with torch.no_grad():
        network(image, torch.randn(1, 5, 8, 8), torch.randn(1, 2, 8))
    assert torch.equal(image, before)


def test_an_untrained_upscaler_enlarges() -> None:
    network = upscaler("8X", 8, 32)
    image = torch.full((1, 3, 8, 8), -1.0)
    picture = network(image, torch.randn(1, 5, 8, 8), torch.randn(1, 2, 8))[:, :, 8:-8, 8:-8]
    assert float(picture.detach().mean()) == pytest.approx(-1.0, abs=0.3)


def test_a_consistent_upscaler_gives_the_rendering_its_coarse_part_back() -> None:
    network = upscaler("8X", 16, 64)
    network = SuperResolution(replace(network.config, consistent=True), 5, 8)
    even = network.held_to(torch.full((1, 3, 16, 16), 0.5), torch.full((1, 3, 64, 64), 0.2))
    torch.testing.assert_close(even, torch.full((1, 3, 64, 64), 0.5))
    # what is finer than the rendering stays: a checkerboard has no coarse part
    board = (torch.arange(64)[:, None] + torch.arange(64)).remainder(2).float().mul(2).sub(1)
    board = board.expand(1, 3, 64, 64)
    torch.testing.assert_close(network.held_to(torch.zeros(1, 3, 16, 16), board), board)
    rendered, picture = torch.randn(1, 3, 16, 16), torch.randn(1, 3, 64, 64)

    def off(finished: torch.Tensor) -> float:
        return float((F.interpolate(finished, size=(16, 16), mode="area") - rendered).square().mean())

    assert off(network.held_to(rendered, picture)) < 0.2 * off(picture)


def test_other_upscalers_leave_the_picture_alone() -> None:
    picture = torch.randn(1, 3, 64, 64)
    assert torch.equal(upscaler("8X", 16, 64).held_to(torch.randn(1, 3, 16, 16), picture), picture)


def test_the_outline_of_a_head_is_not_held_to_the_stairs_of_its_rays() -> None:
    network = upscaler("8X", 16, 64, channels=4)
    network = SuperResolution(replace(network.config, consistent=True), 5, 8)
    rendered = torch.full((1, 4, 16, 16), -1.0)
    rendered[:, :, :, :8] = 1.0  # white and opaque on the left, nothing on the right
    picture = torch.zeros(1, 4, 64, 64)
    held = network.held_to(rendered, picture)
    torch.testing.assert_close(held[..., :20], torch.ones(1, 4, 64, 20))  # five rays in from the left
    assert torch.equal(held[..., 40:], picture[..., 40:])
