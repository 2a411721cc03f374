"""A model with random weights: its pictures are noise, its speed is that of a trained one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from goae_core.checkpoint import Checkpoint
    from goae_core.presets import Preset


def random_checkpoint(preset: Preset, seed: int = 0) -> Checkpoint:
    """All networks of a preset as they are before training, and two directions.

    Args:
        preset: Sizes; must have a matting network.
        seed: Of the weights; the global random state of torch is left as it was.

    Returns:
        A model that `build` takes.
    """
    import torch

    from goae_core.checkpoint import Checkpoint, NetworkName, Origin
    from goae_core.editing import EditDirection
    from goae_core.generator import Generator
    from goae_core.networks.afa import build_afa
    from goae_core.networks.encoder import Encoder
    from goae_core.networks.matting import MattingNetwork

    assert preset.matting is not None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weights: dict[NetworkName, dict[str, torch.Tensor]] = {
            "generator": Generator(preset).state_dict(),
            "encoder": Encoder(preset.encoder, preset.backbone.num_ws).state_dict(),
            "afa": build_afa(preset).state_dict(),
            "matting": MattingNetwork(preset.matting).state_dict(),
        }
        offsets = torch.randn(2, preset.backbone.num_ws, preset.backbone.w_dim)
    directions = tuple(
        EditDirection(name=name, group="random", offset=offset, unit="deviations", limit=3.0, correction=None)
        for name, offset in zip(("smile", "age"), offsets, strict=True)
    )
    return Checkpoint(
        preset=preset,
        weights=weights,
        directions=directions,
        origin=Origin(name=f"random-{preset.name}", source="random weights", sha256={}, licence="Apache-2.0"),
    )
