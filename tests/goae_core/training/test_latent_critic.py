from __future__ import annotations

from copy import deepcopy

import torch

from goae_core.training.latent_critic import LatentCritic

CPU = torch.device("cpu")


def test_what_lies_off_the_space_is_pulled_back_into_it() -> None:
    torch.manual_seed(0)
    critic = LatentCritic(8, CPU, learning_rate=5e-3)
    for _ in range(150):
        said = torch.randn(16, 3, 8)
        said[..., 0] += 3.0  # the encoder errs in one number alone
        said.requires_grad_()
        loss = critic(said, torch.randn(64, 8))
    slope = torch.autograd.grad(loss, said)[0].mean(dim=(0, 1))
    assert slope[0] > 0  # downhill is back
    assert slope[0] > 3 * slope[1:].abs().max()


def test_numbers_of_any_spread_count_alike() -> None:
    loud, quiet = LatentCritic(4, CPU), LatentCritic(4, CPU)
    said, true = torch.randn(5, 2, 4), torch.randn(32, 4)
    scale = torch.tensor([100.0, 1.0, 0.1, 10.0])
    torch.testing.assert_close(loud(said * scale, true * scale), quiet(said, true), atol=1e-4, rtol=1e-4)


def test_it_goes_on_where_it_stopped() -> None:
    first, second = LatentCritic(4, CPU, seed=1), LatentCritic(4, CPU, seed=2)
    said, true = torch.randn(5, 2, 4), torch.randn(32, 4)
    first(said, true)
    second.restore(deepcopy(first.state()))
    torch.testing.assert_close(first(said, true), second(said, true))
