"""GOAE's state dicts: known by their names, held to every one of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from goae_core.errors import CheckpointError
from goae_core.networks.afa import build_afa
from goae_core.networks.encoder import Encoder
from goae_core.presets import preset
from goae_core.upstream.goae import expected_networks, read_goae
from tests.goae_core.tiny_model import shapes, tiny, tiny_checkpoint


def _write(path: Path, weights: dict[str, Tensor]) -> Path:
    torch.save(weights, path)
    return path


@pytest.mark.parametrize("network", ["encoder", "afa"])
def test_a_file_is_known_by_its_names_whatever_it_is_called(tmp_path: Path, network: str) -> None:
    weights = dict(tiny_checkpoint().weights[network])  # type: ignore[index]  # one of the two
    read = read_goae(_write(tmp_path / "something.pt", weights), tiny())
    assert read.network == network
    assert read.weights.keys() == weights.keys()
    assert all(torch.equal(read.weights[name], weights[name]) for name in weights)


def test_the_weights_that_were_read_build_the_network(tmp_path: Path) -> None:
    encoder = Encoder(tiny().encoder, tiny().backbone.num_ws).eval()
    encoder.load_state_dict(dict(tiny_checkpoint().weights["encoder"]))
    read = read_goae(_write(tmp_path / "e.pt", encoder.state_dict()), tiny())
    other = Encoder(tiny().encoder, tiny().backbone.num_ws).eval()
    other.load_state_dict(read.weights, strict=True)
    photo = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        assert torch.equal(other(photo), encoder(photo))


def test_every_missing_surplus_and_misshapen_weight_is_listed(tmp_path: Path) -> None:
    weights = dict(tiny_checkpoint().weights["afa"])
    names = sorted(weights)
    weights["surplus.weight"] = torch.zeros(1)
    weights["another"] = torch.zeros(1)
    del weights[names[0]], weights[names[5]]
    weights[names[9]] = torch.zeros(1, 2, 3)
    with pytest.raises(CheckpointError) as caught:
        read_goae(_write(tmp_path / "a.pt", weights), tiny())
    message = str(caught.value)
    assert message.startswith("the AFA in 'a.pt' does not fit")
    assert f"2 missing ({names[0]}, {names[5]})" in message
    assert "2 unexpected (another, surplus.weight)" in message
    assert f"{names[9]}: expected" in message
    assert "got [1, 2, 3]" in message


def test_weights_of_another_size_and_of_another_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"the encoder in 'e.pt' does not fit"):
        read_goae(_write(tmp_path / "e.pt", dict(tiny_checkpoint().weights["encoder"])), preset("studio256"))
    with pytest.raises(
        CheckpointError, match=r"'x.pt' is neither an encoder nor an AFA: none of its 1 names"
    ):
        read_goae(_write(tmp_path / "x.pt", {"features.0.weight": torch.zeros(1)}), tiny())


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    weights = {name: tensor.clone() for name, tensor in tiny_checkpoint().weights["afa"].items()}
    name = next(name for name, tensor in weights.items() if tensor.is_floating_point())
    weights[name].view(-1)[0] = float("inf")
    with pytest.raises(CheckpointError, match=f"not finite in {name}"):
        read_goae(_write(tmp_path / "a.pt", weights), tiny())


@pytest.mark.parametrize("network", ["encoder", "afa"])
def test_the_official_preset_expects_the_published_names_and_shapes(shared_dir: Path, network: str) -> None:
    text = (shared_dir / "spec" / f"manifest_{network}.json").read_text(encoding="utf-8")
    manifest = {name: tuple(entry["shape"]) for name, entry in json.loads(text).items()}
    assert expected_networks(preset("ffhq512"))[network] == manifest  # type: ignore[index]  # one of the two


@pytest.mark.parametrize("name", ["tiny", "studio256"])
def test_expectations_are_those_of_the_networks(name: str) -> None:
    expected = expected_networks(preset(name))
    assert expected["afa"] == shapes(build_afa(preset(name)))
    assert expected["encoder"] == shapes(Encoder(preset(name).encoder, preset(name).backbone.num_ws))
