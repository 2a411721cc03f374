from __future__ import annotations

import pytest
import torch

from goae_core.networks.attributes import AttributeNetwork, histograms
from goae_core.presets import AttributesConfig

CONFIG = AttributesConfig(32, (8, 8), squeezed=4, hidden=16, labels=("age", "smile"), dropout=0.0)


def test_readings_have_a_row_a_picture_and_a_column_a_label() -> None:
    network = AttributeNetwork(CONFIG).eval()
    picture = torch.rand(3, 3, 32, 32) * 2 - 1
    assert network(picture).shape == (3, 2)
    assert network.learned_estimates(picture).shape == (3, 2)
    # estimates see the convolutions' features and, behind them, the histograms
    assert torch.equal(network.features(picture)[:, -histograms(picture).shape[1] :], histograms(picture))


def test_picture_of_another_size_is_refused_with_both_sizes() -> None:
    with pytest.raises(ValueError, match=r"\(B, 3, 32, 32\), got \(1, 3, 64, 64\)"):
        AttributeNetwork(CONFIG)(torch.zeros(1, 3, 64, 64))


def test_correction_undoes_shrinkage_and_leaning() -> None:
    network = AttributeNetwork(CONFIG).eval()
    # a label's deviation moves its own estimate by a half, and age's moves smile's by a quarter as well
    response = torch.tensor([[0.5, 0.25], [0.0, 0.5]])
    network.correct(response, torch.tensor([0.1, -0.1]), torch.tensor([True, True]))
    # S^-1 = [[2, -1], [0, 2]]
    torch.testing.assert_close(network.unmixing, torch.tensor([[2.0, -1.0], [0.0, 2.0]]))
    labels = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, -3.0]])
    estimates = labels @ response + torch.tensor([0.1, -0.1])
    network.estimates = lambda picture: estimates  # type: ignore[method-assign]
    torch.testing.assert_close(network(torch.zeros(3, 3, 32, 32)), labels)


def test_label_that_pictures_do_not_tell_reads_as_nothing() -> None:
    network = AttributeNetwork(CONFIG).eval()
    assert list(network.readable) == ["age", "smile"]
    network.correct(torch.tensor([[0.5, 0.3], [0.2, 0.01]]), torch.zeros(2), torch.tensor([True, False]))
    assert list(network.readable) == ["age"]
    torch.testing.assert_close(network.unmixing, torch.tensor([[2.0, 0.0], [0.0, 0.0]]))
    assert (network(torch.rand(2, 3, 32, 32))[:, 1] == 0).all()


def test_histograms_see_the_direction_of_an_edge_and_not_its_contrast() -> None:
    flat = histograms(torch.full((1, 3, 32, 32), -1.0))  # black, like what lies beyond the frame
    cells = 16 * 16 * 8
    assert flat[0, :cells].abs().max() == pytest.approx(0, abs=1e-6)
    picture = torch.full((1, 3, 32, 32), -0.5)
    picture[..., 16:] = 0.5  # brighter on the right: the gradient points to +x, orientation 0
    found = histograms(picture)[0, :cells].reshape(8, 16, 16)[:, 4:12, 7:9].mean(dim=(1, 2))
    # orientations at 45 degrees to it see cos 45 of it, those at right angles and behind nothing
    half = found[0] * 0.5**0.5
    torch.testing.assert_close(found, torch.stack([found[0], half, *[half * 0] * 5, half]), atol=1e-6, rtol=0)
    stronger = histograms(picture * 1.8)[0, :cells].reshape(8, 16, 16)[0, 4:12, 7:9].mean()
    assert float(stronger / found[0]) == pytest.approx(1, abs=0.05)
