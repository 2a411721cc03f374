"""The encoder meets the numbers recorded from the authors' code.

Tolerances are ten times what an independent implementation reached.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from goae_core.networks.attention import CrossAttention
from goae_core.networks.swin import Pyramid
from tests.parity.conftest import assert_near, golden, manifest
from tests.parity.fill import fill, tensor
from tests.parity.inverters import as_input, described, encoder, photo_golden, published

pytestmark = pytest.mark.timeout(300)  # large networks, on machines that may be busy

ENCODER = 2e-5


@pytest.fixture(scope="module")
def expected(shared_dir: Path) -> dict[str, Tensor]:
    return photo_golden(shared_dir, "encoder")


@pytest.fixture(scope="module")
def photos(shared_dir: Path) -> dict[str, Tensor]:
    inputs = photo_golden(shared_dir, "inputs")
    return {"1": as_input(inputs["img1_256"]), "11": as_input(inputs["img11_256"])}


@pytest.fixture(scope="module")
def pyramid(photos: dict[str, Tensor]) -> Pyramid:
    with torch.no_grad():
        result: Pyramid = encoder().swin_model(photos["1"])
    return result


def statistics(x: Tensor) -> Tensor:
    return torch.stack([x.mean(), x.std(unbiased=False), x.min(), x.max()])


def test_weights_have_the_published_names_shapes_types_and_kinds() -> None:
    ours = described(encoder())
    assert ours == published("encoder")
    assert len(ours) == 545
    assert sum(tensor.numel() for tensor in encoder().state_dict().values()) == 114_022_710


def test_cross_attention() -> None:
    weights = {
        name.removeprefix("cross_att_coarse."): value
        for name, value in fill(
            {k: v for k, v in manifest("encoder").items() if k.startswith("cross_att_coarse.")}, "encoder"
        ).items()
    }
    attention = CrossAttention(512, heads=4, hidden=1024, dropout=0.1).eval()
    attention.load_state_dict(weights)
    result = attention(tensor("u_ca_q", 1, 3, 512), tensor("u_ca_kv", 1, 16, 512))
    expected = golden("units")["crossatt_coarse"]
    torch.testing.assert_close(result[:, :, ::8], expected, rtol=1e-5, atol=1e-5)


def test_pyramid_taps(pyramid: Pyramid, expected: dict[str, Tensor]) -> None:
    fine, mid, coarse, last = pyramid.inputs
    maps = {
        "fine": fine,
        "mid": mid,
        "coarse": coarse,
        "query": last.mT,
        "base": pyramid.output.mT,
    }
    steps = {"fine": (64, 4), "mid": (16, 8), "coarse": (4, 8), "query": (8, 1), "base": (8, 1)}
    for name, (down, right) in steps.items():
        assert_near(maps[name][:, ::down, ::right], expected[f"x_{name}"], ENCODER)
        assert_near(statistics(maps[name]), expected[f"x_{name}_stats"], ENCODER)


def test_plain_and_shifted_block(pyramid: Pyramid, expected: dict[str, Tensor]) -> None:
    swin = encoder().swin_model
    plain = swin.get_submodule("layers.0.blocks.0")(pyramid.inputs[0])
    assert_near(plain[:, ::64, ::4], expected["l0b0"], ENCODER)
    shifted = swin.get_submodule("layers.0.blocks.1")(plain)
    assert_near(shifted[:, ::64, ::4], expected["l0b1"], ENCODER)


@pytest.mark.parametrize("picture", ["1", "11"])
def test_offsets(photos: dict[str, Tensor], expected: dict[str, Tensor], picture: str) -> None:
    style = encoder().styles(photos[picture])
    assert_near(style.base[:, 0], expected[f"ws_base_{picture}"], ENCODER)
    assert_near(style.offsets(), expected[f"ws_{picture}"], ENCODER)
