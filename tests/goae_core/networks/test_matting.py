"""The matting network."""

from __future__ import annotations

import pytest
import torch

from goae_core.networks.matting import MattingNetwork
from goae_core.presets import MattingConfig, preset

SMALL = MattingConfig(image_size=32, widths=(4, 6, 8))


@pytest.mark.parametrize("batch", [1, 2])
def test_a_matte_has_the_pictures_size_and_lies_between_nothing_and_all(batch: int) -> None:
    network = MattingNetwork(SMALL)
    matte = network(torch.rand(batch, 3, 32, 32) * 2 - 1).detach()
    assert matte.shape == (batch, 1, 32, 32)
    assert 0 < float(matte.min()) <= float(matte.max()) < 1


def test_the_matte_is_the_sigmoid_of_the_logits() -> None:
    network, picture = MattingNetwork(SMALL), torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(network(picture), 1 / (1 + torch.exp(-network.logits(picture))))


def test_exposure_and_contrast_hardly_matter() -> None:
    torch.manual_seed(3)
    network, picture = MattingNetwork(SMALL), torch.rand(1, 3, 32, 32) - 0.5
    darker = picture * 0.7 - 0.2
    torch.testing.assert_close(network.logits(darker), network.logits(picture), atol=0.05, rtol=0.05)


def test_pictures_of_a_batch_do_not_see_each_other() -> None:
    network, pictures = MattingNetwork(SMALL), torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(network(pictures)[:1], network(pictures[:1]), atol=1e-5, rtol=1e-5)


def test_every_parameter_learns() -> None:
    torch.manual_seed(0)
    network = MattingNetwork(SMALL)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    picture, target = torch.rand(2, 3, 32, 32), torch.rand(2, 1, 32, 32)
    for _ in range(2):  # the blocks' last layers start at zero and let nothing through at first
        optimiser.zero_grad()
        (network(picture) - target).square().mean().backward()
        optimiser.step()
    still = [n for n, p in network.named_parameters() if p.grad is None or not bool(p.grad.abs().sum() > 0)]
    assert still == []


def test_the_embedded_models_network_is_small() -> None:
    config = preset("studio256").matting
    assert config is not None
    assert sum(p.numel() for p in MattingNetwork(config).parameters()) < 1_000_000


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 1, 32, 32), (1, 3, 36, 32)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        MattingNetwork(SMALL)(torch.zeros(shape))
