from __future__ import annotations

import pytest
import torch
from torch import Tensor

from goae_core.presets import PlaneAxes
from goae_core.triplane import TriPlane

AXES: tuple[PlaneAxes, ...] = ("eg3d", "orthogonal")


def ramps(side: int = 8) -> Tensor:
    """Planes whose channels are the width and the height coordinate of a texel."""
    centres = (torch.arange(side) + 0.5) / side - 0.5
    v, u = torch.meshgrid(centres, centres, indexing="ij")
    return torch.stack([u, v]).expand(1, 3, 2, side, side)


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        ("eg3d", [[0.1, 0.2], [0.1, -0.3], [-0.3, 0.1]]),
        ("orthogonal", [[0.1, 0.2], [0.1, -0.3], [-0.3, 0.2]]),
    ],
)
def test_which_coordinates_each_plane_sees(axes: PlaneAxes, expected: list[list[float]]) -> None:
    planes = TriPlane(ramps(), 1.0, axes)
    found = planes.sample(torch.tensor([[[0.1, 0.2, -0.3]]]))
    torch.testing.assert_close(found[0, :, 0], torch.tensor(expected))


def test_larger_box() -> None:
    found = TriPlane(ramps(), 2.0, "orthogonal").sample(torch.tensor([[[0.2, 0.4, -0.6]]]))
    torch.testing.assert_close(found[0, 0, 0], torch.tensor([0.1, 0.2]))


def test_between_texels_and_beyond_the_border() -> None:
    features = torch.zeros(1, 3, 1, 4, 4)
    features[0, 0, 0, 1, 2] = 8.0  # row 1 (y = -0.125), column 2 (x = +0.125)
    planes = TriPlane(features, 1.0, "orthogonal")
    x = torch.tensor([0.125, 0.25, 0.1875, 0.375, 9.0])
    points = torch.stack([x, torch.full((5,), -0.125), torch.zeros(5)], dim=1)[None]
    assert planes.sample(points)[0, 0, :, 0].tolist() == pytest.approx([8.0, 4.0, 6.0, 0.0, 0.0])
    mean = [8 / 3, 4 / 3, 2.0, 0.0, 0.0]
    assert planes.mean_at(points)[0, :, 0].tolist() == pytest.approx(mean)


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("batch", [1, 2])
def test_mean_at_is_the_mean_of_the_samples(axes: PlaneAxes, batch: int) -> None:
    rng = torch.Generator().manual_seed(0)
    features = torch.randn(batch, 3, 5, 16, 16, generator=rng).requires_grad_()
    points = torch.rand(batch, 400, 3, generator=rng) * 1.4 - 0.7  # a good part lies outside
    planes = TriPlane(features, 1.0, axes)
    expected = planes.sample(points).mean(dim=1)
    gradient = torch.randn(batch, 400, 5, generator=rng)
    for ours in (planes.mean_at(points), planes.interleaved().mean_at(points)):
        assert ours.shape == (batch, 400, 5)
        torch.testing.assert_close(ours, expected, rtol=0, atol=5e-6)
        found = torch.autograd.grad(ours, features, gradient)[0]
        wanted = torch.autograd.grad(expected, features, gradient, retain_graph=True)[0]
        torch.testing.assert_close(found, wanted, rtol=0, atol=5e-5)


def test_mean_at_passes_gradients_to_points() -> None:
    points = torch.tensor([[[0.1, 0.2, -0.3]]], requires_grad=True)
    first = TriPlane(ramps(), 1.0, "orthogonal").mean_at(points)[..., 0]
    (gradient,) = torch.autograd.grad(first.sum(), points)
    # The first channel is x on the first two planes and z on the third.
    torch.testing.assert_close(gradient, torch.tensor([[[2 / 3, 0.0, 1 / 3]]]))


def test_gradient_of_samples() -> None:
    rng = torch.Generator().manual_seed(1)
    features = torch.randn(1, 3, 2, 4, 4, generator=rng, dtype=torch.float64, requires_grad=True)
    points = (torch.rand(1, 3, 3, generator=rng, dtype=torch.float64) - 0.5).requires_grad_()
    assert torch.autograd.gradcheck(lambda f, p: TriPlane(f, 1.0, "orthogonal").sample(p), (features, points))


def test_positions_far_away_read_nothing() -> None:
    planes = TriPlane(torch.ones(1, 3, 2, 4, 4), 1.0, "eg3d")
    points = torch.tensor([[[1e30, -1e30, 1e30], [0.0, 0.0, 0.0]]])
    torch.testing.assert_close(planes.mean_at(points)[0], torch.tensor([[0.0, 0.0], [1.0, 1.0]]))
