"""AFA meets the numbers recorded from the authors' code.

Tolerances are ten times what an independent implementation reached.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from goae_core.networks.afa import AttentionAfa, Modulation
from tests.parity.conftest import assert_near
from tests.parity.fill import tensor
from tests.parity.inverters import afa, as_input, described, photo_golden, published

pytestmark = pytest.mark.timeout(300)  # large networks, on machines that may be busy

AFA = 6e-5
UNITS = (0, 2, 8)


@pytest.fixture(scope="module")
def features() -> Tensor:
    return tensor("afa_feature_map", 1, 512, 32, 32)


@pytest.fixture(scope="module")
def inner() -> dict[str, Tensor]:
    """What the residual encoder's parts gave, filled by `modulation`."""
    return {}


@pytest.fixture(scope="module")
def modulation(shared_dir: Path, features: Tensor, inner: dict[str, Tensor]) -> Modulation:
    network = afa()
    assert isinstance(network, AttentionAfa)

    def keep(name: str, part: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            inner[name] = output

        return part.register_forward_hook(note)

    parts = {f"body{k}": network.get_submodule(f"body.{k}") for k in UNITS} | {"kv_map": network.output_layer}
    handles = [keep(name, part) for name, part in parts.items()]
    inputs = photo_golden(shared_dir, "inputs")
    with torch.no_grad():
        result: Modulation = network(as_input(inputs["img1_512"]), as_input(inputs["img11_512"]), features)
    for handle in handles:
        handle.remove()
    return result


@pytest.fixture(scope="module")
def expected(shared_dir: Path) -> dict[str, Tensor]:
    return photo_golden(shared_dir, "afa")


def statistics(x: Tensor) -> Tensor:
    return torch.stack([x.mean(), x.std(unbiased=False), x.min(), x.max()])


def test_weights_have_the_published_names_shapes_types_and_kinds() -> None:
    ours = described(afa())
    assert ours == published("afa")
    assert len(ours) == 174
    assert sum(value.numel() for value in afa().state_dict().values()) == 12_105_813


def test_residual_encoder(
    modulation: Modulation, inner: dict[str, Tensor], expected: dict[str, Tensor]
) -> None:
    assert_near(inner["body0"][:, ::8, ::16, ::16], expected["body0"], AFA)
    assert_near(inner["body2"][:, ::8, ::16, ::16], expected["body2"], AFA)
    assert_near(inner["body8"][:, ::16, ::4, ::4], expected["body8"], AFA)
    assert_near(inner["kv_map"][:, ::16, ::4, ::4], expected["kv_map"], AFA)
    assert_near(statistics(inner["kv_map"]), expected["kv_stats"], AFA)


def test_modulation(modulation: Modulation, features: Tensor, expected: dict[str, Tensor]) -> None:
    results = {"gamma": modulation.scale, "beta": modulation.shift, "adain": modulation.apply(features)}
    for name, value in results.items():
        assert_near(value[:, ::8], expected[name], AFA)
        assert_near(statistics(value), expected[f"{name}_stats"], AFA)
    assert modulation.planes_shift is None
