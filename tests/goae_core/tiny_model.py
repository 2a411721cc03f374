"""A whole model at the sizes of the `tiny` preset, with weights drawn from a seed."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

from goae_core.checkpoint import Checkpoint, NetworkName, Origin
from goae_core.editing import EditDirection
from goae_core.generator import Generator
from goae_core.networks.afa import build_afa
from goae_core.networks.encoder import Encoder
from goae_core.presets import Preset, preset


@cache
def tiny_checkpoint() -> Checkpoint:
    """The model; the same value, and so the same tensors, at every call."""
    tiny = preset("tiny")
    rows, width = tiny.backbone.num_ws, tiny.backbone.w_dim
    with torch.random.fork_rng():
        torch.manual_seed(7)
        weights: dict[NetworkName, dict[str, Tensor]] = {
            "generator": drawn(Generator(tiny)),
            "encoder": drawn(Encoder(tiny.encoder, rows)),
            "afa": drawn(build_afa(tiny)),
        }
        directions = tuple(
            EditDirection(name, "face", torch.randn(rows, width), "deviations", 3.0)
            for name in ("age", "smile")
        )
    return Checkpoint(tiny, weights, directions, Origin("tiny", "a test", {"seed": "7"}, "none"), "# Tiny\n")


def drawn(network: nn.Module) -> dict[str, Tensor]:
    """The weights of a network, every parameter drawn anew: zeros and ones would hide a mix-up."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.2 * torch.randn_like(parameter))
    return {name: value.clone() for name, value in network.state_dict().items()}


def shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    """What `check_weights` expects of a network."""
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}


def tiny() -> Preset:
    """The preset."""
    return preset("tiny")
