"""GOAE state dicts (`.pt`): which network a file holds, and whether all of it is there.

Both published files are plain dictionaries of tensors. They do not say which network they belong to; their
names do, and those must equal the names of the network that the preset describes.

Source: own-words specification of GOAE's files, sections 15 and 16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from goae_core.checkpoint import Shapes, check_weights
from goae_core.errors import CheckpointError
from goae_core.networks.afa import build_afa
from goae_core.networks.encoder import Encoder
from goae_core.presets import Preset
from goae_core.upstream.foreign_file import read_bytes
from goae_core.upstream.torch_archive import read_tensors

MAX_BYTES: Final = 4 * 2**30
"""The published encoder has about 0.46 GB."""

GoaeNetwork = Literal["encoder", "afa"]


@dataclass(frozen=True, slots=True, eq=False)
class UpstreamNetwork:
    """One of GOAE's two networks, as its file holds it."""

    network: GoaeNetwork
    weights: dict[str, Tensor]


def read_goae(path: Path, preset: Preset) -> UpstreamNetwork:
    """Read a GOAE state dict and check it against a preset, strictly.

    Args:
        path: The `.pt` file as published.
        preset: The generator's preset, which tells the names and shapes of encoder and AFA.

    Raises:
        CheckpointError: If the file is missing, truncated, foreign or hostile, holds neither network, or
            lacks a weight of it or has one too many; every missing, unexpected and misshapen one is listed.
    """
    what = f"'{path.name}'"
    weights = read_tensors(read_bytes(path, MAX_BYTES), what)
    expected = expected_networks(preset)
    shared = {network: len(shapes.keys() & weights.keys()) for network, shapes in expected.items()}
    network = max(shared, key=lambda name: shared[name])
    if shared[network] == 0:
        raise CheckpointError(
            f"{what} is neither an encoder nor an AFA: none of its {len(weights)} names "
            f"(the first is '{next(iter(weights))[:80]}') belongs to one; give GOAE's .pt files as published"
        )
    check_weights(f"the {_TITLES[network]} in {what}", expected[network], weights)
    return UpstreamNetwork(network, weights)


def expected_networks(preset: Preset) -> dict[GoaeNetwork, Shapes]:
    """Names and shapes of all weights and buffers of a preset's encoder and AFA, without making any."""
    with _Unallocated():
        encoder = Encoder(preset.encoder, preset.backbone.num_ws)
        afa = build_afa(preset)
    return {
        "encoder": {name: tuple(value.shape) for name, value in encoder.state_dict().items()},
        "afa": {name: tuple(value.shape) for name, value in afa.state_dict().items()},
    }


class _Unallocated(TorchFunctionMode):
    """Layers made inside have shapes, but no memory.

    Not `torch.device("meta")`, under which networks could not compute their own tables and rates.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever torch's function returns
        unallocated = {"device": "meta"} if func is torch.empty else {}
        return func(*args, **{**(kwargs or {}), **unallocated})


_TITLES: Final[dict[GoaeNetwork, str]] = {"encoder": "encoder", "afa": "AFA"}
