from __future__ import annotations

import pytest
import torch

from goae_core.networks.encoder import BASE_STAGE, COARSE_STAGE, FINE_STAGE, MID_STAGE, EncodedStyle, Encoder
from goae_core.presets import preset


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    torch.manual_seed(0)
    tiny = preset("tiny")
    return Encoder(tiny.encoder, tiny.backbone.num_ws).eval()


def test_groups_fill_their_rows() -> None:
    groups = [torch.full((1, rows, 1), value) for rows, value in ((1, 1.0), (3, 10.0), (3, 20.0), (2, 30.0))]
    style = EncodedStyle(*groups)
    expected = {
        BASE_STAGE: [1, 1, 1, 1, 1, 1, 1, 1, 1],
        COARSE_STAGE: [1, 11, 11, 11, 1, 1, 1, 1, 1],
        MID_STAGE: [1, 11, 11, 11, 21, 21, 21, 1, 1],
        FINE_STAGE: [1, 11, 11, 11, 21, 21, 21, 31, 31],
    }
    for stage, rows in expected.items():
        assert style.offsets(stage)[0, :, 0].tolist() == rows


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("name", ["tiny", "studio256"])
def test_one_row_for_every_w(name: str, batch: int) -> None:
    config = preset(name)
    network = Encoder(config.encoder, config.backbone.num_ws).eval()
    side = config.encoder.image_size
    with torch.no_grad():
        offsets = network(torch.randn(batch, 3, side, side))
    assert offsets.shape == (batch, config.backbone.num_ws, config.backbone.w_dim)


def test_base_alone_is_what_the_groups_are_added_to(encoder: Encoder) -> None:
    photo = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        alone, styles = encoder(photo, BASE_STAGE), encoder.styles(photo)
    torch.testing.assert_close(alone, styles.offsets(BASE_STAGE), rtol=1e-5, atol=1e-6)


def test_photos_of_a_batch_do_not_mix(encoder: Encoder) -> None:
    photos = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(encoder(photos)[1:], encoder(photos[1:]), rtol=1e-4, atol=1e-5)


def test_every_weight_learns(encoder: Encoder) -> None:
    encoder(torch.randn(2, 3, 64, 64)).square().sum().backward()
    idle = [
        name
        for name, parameter in encoder.named_parameters()
        if parameter.grad is None or not bool(parameter.grad.any())
    ]
    assert idle == []
