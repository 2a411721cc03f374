"""A discriminator of latents: it keeps the encoder's w within the canonical latent space.

It learns to tell w that the mapping network makes, at the canonical pose, from w that the encoder says; the
encoder learns to be mistaken for the mapping (Yuan et al. 2023, GOAE, section 3.1, the canonical latent
discriminator; the non-saturating loss and R1 of Karras et al. 2020).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

R1_WEIGHT = 1.0


class LatentCritic:
    """A small network over single rows of w+, with its own optimiser: asked for a loss, it first learns."""

    name = "latent_critic"

    def __init__(
        self,
        width: int,
        device: torch.device,
        *,
        share: float = 0.1,
        learning_rate: float = 1e-3,
        seed: int = 0,
    ) -> None:
        """Make a critic that knows nothing.

        Args:
            width: Of w.
            device: Where to compute.
            share: Of the style error's gradient, see `goae_core.training.picture_terms`.
            learning_rate: Its own.
            seed: Of its first weights.
        """
        self.share = share
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = nn.Sequential(
                nn.Linear(width, width),
                nn.LeakyReLU(0.2),
                nn.Linear(width, width),
                nn.LeakyReLU(0.2),
                nn.Linear(width, 1),
            ).to(device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=learning_rate, betas=(0.0, 0.99))

    def __call__(self, picture: Tensor, target: Tensor) -> Tensor:
        """Learn from both; then say how unlike the mapping's the first are.

        Args:
            picture: What the encoder says, (G, N, W); every row is judged by itself.
            target: What the mapping says of any heads, (M, W).
        """
        # every number of w by its own spread, or the loudest of them would decide
        mean, deviation = target.mean(dim=0), target.std(dim=0).clamp_min(1e-3)
        false = (picture.flatten(0, -2).float() - mean) / deviation
        true = (target.float() - mean) / deviation
        self._learn(false.detach(), true.detach())
        self.network.requires_grad_(False)
        try:
            return F.softplus(-self.network(false)).mean()
        finally:
            self.network.requires_grad_(True)

    def state(self) -> dict[str, Any]:
        """Weights and what the optimiser remembers."""
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])

    def _learn(self, false: Tensor, true: Tensor) -> None:
        true = true.requires_grad_()
        verdict = self.network(true)
        slope = torch.autograd.grad(verdict.sum(), true, create_graph=True)[0]
        loss = F.softplus(self.network(false)).mean() + F.softplus(-verdict).mean()
        loss = loss + R1_WEIGHT / 2 * slope.square().sum(dim=1).mean()
        if not torch.isfinite(loss):
            return  # a bad batch must not spoil the critic for all later ones
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
