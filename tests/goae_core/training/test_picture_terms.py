"""What is asked of pictures beside the regression."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from goae_core.errors import CheckpointError
from goae_core.training.critic import Critic
from goae_core.training.perceptual import PerceptualFeatures, read_perceptual
from goae_core.training.picture_terms import added_terms


class _Brightness:
    name = "brightness"
    share = 0.5

    def __call__(self, picture: Tensor, target: Tensor) -> Tensor:
        return 1000.0 * picture.mean()

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        pass


def _picture(side: int = 32) -> Tensor:
    return torch.linspace(-1, 1, 4 * side * side).reshape(1, 4, side, side).requires_grad_()


def test_a_term_pulls_with_its_share_of_the_regression_whatever_its_own_scale() -> None:
    picture = _picture()
    regression = (picture - 0.25).square().mean()
    pull = torch.autograd.grad(regression, picture, retain_graph=True)[0].norm()
    total, figures = added_terms([_Brightness()], regression, picture, torch.zeros_like(picture))
    own = torch.autograd.grad(total, picture)[0].norm()
    assert float(own / pull) == pytest.approx(0.5, rel=1e-4)
    assert figures["brightness"] == pytest.approx(0.0, abs=1e-3)  # the picture's mean is zero


def test_the_rim_is_not_looked_at() -> None:
    picture = _picture()
    total, _ = added_terms([_Brightness()], picture.square().mean(), picture, picture.detach(), rim=4)
    slope = torch.autograd.grad(total, picture)[0]
    assert float(slope[..., :4, :].abs().max()) == 0.0
    assert float(slope[..., 4:-4, 4:-4].abs().min()) > 0.0


def test_no_term_adds_nothing() -> None:
    picture = _picture()
    total, figures = added_terms([], picture.square().mean(), picture, picture.detach())
    assert float(total) == 0.0
    assert figures == {}


def test_a_critic_learns_to_prefer_truth_and_pulls_towards_it() -> None:
    torch.manual_seed(0)
    critic = Critic(torch.device("cpu"), learning_rate=2e-3)
    stripes = torch.ones(4, 4, 64, 64)
    stripes[..., ::2] = -1.0
    blur = torch.zeros(4, 4, 64, 64, requires_grad=True)
    for _ in range(25):
        loss = critic(blur, stripes)
    true, false = critic.network(stripes)[0].mean(), critic.network(blur)[0].mean()
    assert true.item() > false.item() + 0.5
    # a step down the slope brings the pictures' columns apart in the way of the stripes
    slope = torch.autograd.grad(loss, blur)[0]
    contrast = (slope[..., 16:48, 17:48:2] - slope[..., 16:48, 16:48:2]).mean()
    assert float(contrast) < 0.0


def test_a_critic_goes_on_where_it_stopped() -> None:
    first, second = Critic(torch.device("cpu"), seed=1), Critic(torch.device("cpu"), seed=2)
    picture, target = torch.zeros(2, 4, 32, 32), torch.ones(2, 4, 32, 32)
    first(picture.requires_grad_(), target)
    second.restore(deepcopy(first.state()))
    assert first(picture, target).item() == pytest.approx(second(picture, target).item(), abs=1e-4)


def _stack() -> dict[str, Tensor]:
    weights = {}
    for number, taken, given in ((0, 3, 4), (2, 4, 4), (5, 4, 8)):
        weights[f"features.{number}.weight"] = torch.randn(given, taken, 3, 3)
        weights[f"features.{number}.bias"] = torch.zeros(given)
    return weights


def test_perceptual_features_follow_the_layers_numbers_and_vanish_for_equal_pictures() -> None:
    torch.manual_seed(0)
    features = PerceptualFeatures(_stack())
    assert features.pooled_before == [False, False, True]  # 2 -> 5: a pooling lies between
    picture = torch.rand(2, 4, 16, 16) * 2 - 1
    assert float(features(picture, picture)) == pytest.approx(0.0, abs=1e-6)
    changed = picture.clone()
    changed[:, 3] = 0.0  # coverage is not looked at
    assert float(features(changed, picture)) == pytest.approx(0.0, abs=1e-6)
    changed[:, :3, 4:8, 4:8] *= -1
    assert float(features(changed, picture)) > 1e-3


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_network_is_read_from_either_format(tmp_path: Path, suffix: str) -> None:
    weights = {**_stack(), "classifier.0.weight": torch.zeros(2, 2)}
    path = tmp_path / f"vgg{suffix}"
    save_file(weights, path) if suffix == ".safetensors" else torch.save(weights, path)
    read = read_perceptual(path)
    torch.testing.assert_close(read.convolutions[2].weight, weights["features.5.weight"])


def test_what_is_no_such_network_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"features\.N\.weight"):
        PerceptualFeatures({"conv.weight": torch.zeros(3)})
    crooked = _stack()
    crooked["features.5.weight"] = torch.zeros(8, 3, 3, 3)
    with pytest.raises(CheckpointError, match=r"features\.5"):
        PerceptualFeatures(crooked)
    broken = tmp_path / "vgg.safetensors"
    broken.write_bytes(b"\x10" * 64)
    with pytest.raises(CheckpointError, match="damaged"):
        read_perceptual(broken)
