from __future__ import annotations

import torch
import torch.nn.functional as F

from goae_core.networks.splatting import splat

ONE = torch.zeros(1, dtype=torch.int64)


def centre(index: float, size: int) -> float:
    return (2.0 * index + 1.0) / size - 1.0


def test_a_point_on_a_texel_fills_that_texel() -> None:
    plane = splat(torch.tensor([[7.0]]), torch.tensor([[centre(2, 4), centre(1, 4)]]), ONE, 1, 4)
    expected = torch.zeros(1, 4, 4, 1)
    expected[0, 1, 2] = 7.0  # the width axis comes first in places, last in the plane
    torch.testing.assert_close(plane, expected)


def test_a_point_between_texels_is_shared() -> None:
    place = torch.tensor([[centre(1.25, 4), centre(0.5, 4)]])
    plane = splat(torch.tensor([[8.0]]), place, ONE, 1, 4)[0, :, :, 0]
    # 3/4 and 1/4 across, 1/2 and 1/2 down.
    torch.testing.assert_close(plane[:2, 1:3], torch.tensor([[3.0, 1.0], [3.0, 1.0]]))
    assert float(plane.sum()) == 8.0


def test_what_falls_outside_is_lost() -> None:
    places = torch.tensor([[-1.0, centre(0, 2)], [5.0, 0.0]])
    plane = splat(torch.tensor([[4.0], [1.0]]), places, torch.zeros(2, dtype=torch.int64), 1, 2)
    # The edge lies half a texel from the first centre.
    torch.testing.assert_close(plane[0, :, :, 0], torch.tensor([[2.0, 0.0], [0.0, 0.0]]))


def test_it_is_the_transpose_of_sampling() -> None:
    values, places = torch.randn(30, 3).double(), 2.4 * torch.rand(30, 2).double() - 1.2
    sample = torch.arange(30) % 2
    planes = torch.randn(2, 3, 5, 5).double()
    sampled = torch.stack(
        [
            F.grid_sample(planes[b : b + 1], place[None, None, None], align_corners=False)[0, :, 0, 0]
            for b, place in zip(sample.tolist(), places, strict=True)
        ]
    )
    spread = splat(values, places, sample, 2, 5).permute(0, 3, 1, 2)
    torch.testing.assert_close((spread * planes).sum(), (values * sampled).sum())


def test_gradient() -> None:
    places, sample = 2.0 * torch.rand(6, 2).double() - 1.0, torch.arange(6) % 2
    values = torch.randn(6, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda rows: splat(rows, places, sample, 2, 3), (values,))
