"""A discriminator of crops: it learns to tell rendered truth from renders, and they learn from it.

    adversarial   renders are moved to where the critic takes them for truth (Goodfellow et al. 2014, in the
                  hinge form of Lim and Ye 2017; spectral norms as in Miyato et al. 2018)
    features      and to where it sees in them what it sees in their truth (Wang et al. 2018, pix2pixHD,
                  section 3.2): a perceptual distance that needs no foreign network

It sees colour and coverage together, as EG3D's dual discriminator sees two pictures at once (Chan et al.
2022, section 4.3): a silhouette must fit the face in it.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

WIDTHS = (32, 64, 128, 128)
"""Channels after each halving of the crop."""
FEATURE_WEIGHT = 10.0
"""Of the distance of features beside one logit."""


class CriticNetwork(nn.Module):
    """Crops (B, 4, R, R) in [-1, 1] to features of every size and a logit for every patch."""

    def __init__(self) -> None:
        super().__init__()
        inputs = (4, *WIDTHS[:-1])
        self.halvings = nn.ModuleList(
            spectral_norm(nn.Conv2d(taken, given, 4, stride=2, padding=1))
            for taken, given in zip(inputs, WIDTHS, strict=True)
        )
        self.logit = spectral_norm(nn.Conv2d(WIDTHS[-1], 1, 3, padding=1))

    def forward(self, crop: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, 1, R / 16, R / 16), high for truth, and the features behind them."""
        features = []
        x = crop
        for halving in self.halvings:
            x = F.leaky_relu(halving(x), 0.2)
            features.append(x)
        logits: Tensor = self.logit(x)
        return logits, features


class Critic:
    """The network with its own optimiser: asked for a loss, it first learns from the same crops."""

    name = "critic"

    def __init__(
        self, device: torch.device, *, share: float = 0.3, learning_rate: float = 4e-4, seed: int = 0
    ) -> None:
        """Make a critic that knows nothing.

        Args:
            device: Where to compute.
            share: Of the regression's gradient, see `PictureTerm`.
            learning_rate: Its own.
            seed: Of its first weights.
        """
        self.share = share
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network: nn.Module = CriticNetwork()
        self.network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = device
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=learning_rate, betas=(0.5, 0.99))

    def __call__(self, picture: Tensor, target: Tensor) -> Tensor:
        """Learn from the crops; then say how far the first are from truth."""
        self._learn(picture.detach(), target.detach())
        self.network.requires_grad_(False)
        try:
            with torch.autocast(self.device.type, dtype=torch.bfloat16):
                logits, seen = self.network(picture)
                with torch.no_grad():
                    _, wanted = self.network(target)
        finally:
            self.network.requires_grad_(True)
        distances = [(a - b).float().abs().mean() for a, b in zip(seen, wanted, strict=True)]
        loss: Tensor = FEATURE_WEIGHT * torch.stack(distances).mean() - logits.float().mean()
        return loss

    def state(self) -> dict[str, Any]:
        """Weights and what the optimiser remembers."""
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])

    def _learn(self, picture: Tensor, target: Tensor) -> None:
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            logits, _ = self.network(torch.cat([picture, target]))
        false, true = logits.float().chunk(2)
        loss = F.relu(1 + false).mean() + F.relu(1 - true).mean()
        if not torch.isfinite(loss):
            return  # a bad batch must not spoil the critic for all later ones
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
