"""Encoder and AFA with the recorded weights, and the recordings that show photographs.

Those recordings, and the photographs, stay in the shared folder: tests that read them skip where it is
absent.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from goae_core.networks.afa import Afa, build_afa
from goae_core.networks.encoder import Encoder
from goae_core.presets import preset
from tests.parity.conftest import manifest
from tests.parity.fill import Kind, fill

Network = TypeVar("Network", bound=nn.Module)


@cache
def encoder() -> Encoder:
    """The published encoder."""
    config = preset("ffhq512")
    return filled(Encoder(config.encoder, config.backbone.num_ws), "encoder")


@cache
def afa() -> Afa:
    """The published AFA."""
    return filled(build_afa(preset("ffhq512")), "afa")


def filled(network: Network, kind: Kind) -> Network:
    """Give a network the recorded weights."""
    unexpected = network.load_state_dict(fill(manifest(kind), kind), strict=False).unexpected_keys
    assert not unexpected
    return network.eval().requires_grad_(False)


def photo_golden(shared_dir: Path, name: str) -> dict[str, Tensor]:
    """The recorded arrays of one file that shows photographs."""
    with np.load(shared_dir / "spec" / "golden" / f"{name}.npz") as file:
        return {key: torch.from_numpy(file[key]) for key in file.files}


def as_input(picture: Tensor) -> Tensor:
    """(H, W, 3) uint8 -> (1, 3, H, W) in [-1, 1]."""
    return (picture.float() / 127.5 - 1.0).permute(2, 0, 1)[None]


def described(network: nn.Module) -> dict[str, tuple[list[int], str, str]]:
    """Shape, type and kind of every weight by name, in the form of a manifest."""
    parameters = dict(network.named_parameters())
    return {
        name: (
            list(value.shape),
            str(value.dtype).removeprefix("torch."),
            "parameter" if name in parameters else "buffer",
        )
        for name, value in network.state_dict().items()
    }


def published(kind: Kind) -> dict[str, tuple[list[int], str, str]]:
    """The same for the published network."""
    return {name: (entry["shape"], entry["dtype"], entry["kind"]) for name, entry in manifest(kind).items()}
