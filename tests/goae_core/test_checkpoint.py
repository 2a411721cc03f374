"""Model folders: written whole or not at all, read strictly."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor

from goae_core import checkpoint as checkpoints
from goae_core.checkpoint import (
    Checkpoint,
    NetworkName,
    Origin,
    check_weights,
    read_checkpoint,
    read_description,
    sha256,
    verify_checkpoint,
    write_checkpoint,
)
from goae_core.errors import CheckpointError
from goae_core.generator import Generator
from tests.goae_core.tiny_model import shapes, tiny, tiny_checkpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_checkpoint(tiny_checkpoint(), tmp_path / "models" / "tiny", half=False)
    return tmp_path / "models" / "tiny"


def test_full_precision_comes_back_bit_for_bit(folder: Path) -> None:
    written, read = tiny_checkpoint(), read_checkpoint(folder)
    assert read.preset == written.preset
    assert read.origin == written.origin
    assert read.card == written.card
    assert read.weights.keys() == written.weights.keys()
    for name in written.weights:
        assert read.weights[name].keys() == written.weights[name].keys()
        for key, tensor in written.weights[name].items():
            assert torch.equal(read.weights[name][key], tensor), key
            assert read.weights[name][key].dtype == tensor.dtype, key
    for got, expected in zip(read.directions, written.directions, strict=True):
        assert _same_fields(got, expected)
        assert torch.equal(got.offset, expected.offset)


def _same_fields(got: Any, expected: Any) -> bool:  # noqa: ANN401 - two directions
    names = ("name", "group", "unit", "limit", "correction")
    return [getattr(got, n) for n in names] == [getattr(expected, n) for n in names]


def test_half_precision_is_for_matrices_and_is_read_as_float32(tmp_path: Path) -> None:
    write_checkpoint(tiny_checkpoint(), tmp_path / "tiny")
    stored = safetensors.torch.load_file(tmp_path / "tiny" / "encoder.safetensors")
    read = read_checkpoint(tmp_path / "tiny").weights["encoder"]
    halves = 0
    for name, tensor in tiny_checkpoint().weights["encoder"].items():
        table = name.endswith(("relative_coords_table", "relative_position_index", "attn_mask"))
        halves += stored[name].dtype == torch.float16
        assert (stored[name].dtype == torch.float16) == (tensor.dim() >= 2 and not table), name
        assert read[name].dtype == tensor.dtype
        assert torch.allclose(read[name].float(), tensor.float(), rtol=5e-4, atol=1e-6)
    assert halves > 20


def test_numbers_beyond_half_precision_stay_single(tmp_path: Path) -> None:
    large = {"fits": torch.full((2, 2), 59_000.0), "does_not": torch.full((2, 2), 70_000.0)}
    write_checkpoint(replace(tiny_checkpoint(), weights={"generator": large}), tmp_path / "m")
    stored = safetensors.torch.load_file(tmp_path / "m" / "generator.safetensors")
    assert (stored["fits"].dtype, stored["does_not"].dtype) == (torch.float16, torch.float32)
    assert read_checkpoint(tmp_path / "m").weights["generator"]["does_not"][0, 0] == 70_000


def test_shared_and_strided_weights_are_written_as_they_look(tmp_path: Path) -> None:
    base = torch.arange(6.0).reshape(2, 3)
    views = {"turned": base.T, "same": base, "again": base}
    write_checkpoint(replace(tiny_checkpoint(), weights={"generator": views}), tmp_path / "m", half=False)
    read = read_checkpoint(tmp_path / "m").weights["generator"]
    assert read["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert torch.equal(read["same"], read["again"])


def test_description_holds_preset_origin_and_hashes(folder: Path) -> None:
    value = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    assert value["preset"]["backbone"]["plane_resolution"] == 32
    assert value["sources"] == {"seed": "7"}
    assert value["licence"] == "none"
    assert value["networks"] == ["generator", "encoder", "afa"]
    entry = value["files"]["generator.safetensors"]
    assert entry == {
        "bytes": (folder / "generator.safetensors").stat().st_size,
        "sha256": sha256(folder / "generator.safetensors"),
    }
    assert sorted(p.name for p in folder.parent.iterdir()) == ["tiny"]


def test_sha256_is_the_standard_one(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_fingerprint_follows_the_weights_only(tmp_path: Path) -> None:
    first = tiny_checkpoint()
    renamed = replace(first, origin=Origin("other", "x", {}, "y"), directions=(), card="")
    changed = replace(first, weights={**first.weights, "afa": {"w": torch.ones(1)}})
    prints = []
    for k, model in enumerate((first, renamed, changed)):
        write_checkpoint(model, tmp_path / str(k))
        prints.append(read_description(tmp_path / str(k)).fingerprint)
    assert prints[0] == prints[1] != prints[2]


def test_a_model_is_replaced_whole(folder: Path) -> None:
    generator_only: dict[NetworkName, Mapping[str, Tensor]] = {
        "generator": tiny_checkpoint().weights["generator"]
    }
    write_checkpoint(replace(tiny_checkpoint(), weights=generator_only, card=""), folder)
    assert sorted(p.name for p in folder.iterdir()) == [
        "directions.safetensors",
        "generator.safetensors",
        "model.json",
    ]
    assert read_checkpoint(folder).weights.keys() == {"generator"}
    assert [p.name for p in folder.parent.iterdir()] == ["tiny"]


@pytest.mark.parametrize("failing", ["_fill", "_move"])
def test_a_failed_write_leaves_the_old_model_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    before = {p.name: p.read_bytes() for p in folder.iterdir()}

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, failing, fail)
    with pytest.raises(CheckpointError, match=r"cannot write the model .*No space left on device"):
        write_checkpoint(tiny_checkpoint(), folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert [p.name for p in folder.parent.iterdir()] == ["tiny"]


def test_an_interrupted_replacement_puts_the_old_model_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def stop(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stop)
    with pytest.raises(KeyboardInterrupt):
        write_checkpoint(replace(tiny_checkpoint(), card="new"), folder)
    assert read_checkpoint(folder).card == "# Tiny\n"
    assert [p.name for p in folder.parent.iterdir()] == ["tiny"]


def test_weights_that_are_not_finite_are_neither_written_nor_read(folder: Path, tmp_path: Path) -> None:
    broken = {"good": torch.ones(2), "bad": torch.tensor([1.0, float("nan")])}
    with pytest.raises(CheckpointError, match="of 'tiny' holds numbers that are not finite in bad;"):
        write_checkpoint(replace(tiny_checkpoint(), weights={"generator": broken}), tmp_path / "m")
    assert not (tmp_path / "m").exists()
    _replace_file(folder, "generator.safetensors", safetensors.torch.save(broken))
    with pytest.raises(CheckpointError, match="not finite in bad"):
        read_checkpoint(folder)


def _replace_file(folder: Path, name: str, data: bytes) -> None:
    """Put another file into a model, and let its description know the size."""
    (folder / name).write_bytes(data)
    _edit(folder, lambda value: value["files"][name].update(bytes=len(data)))


def _edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    value = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    change(value)
    (folder / "model.json").write_text(json.dumps(value), encoding="utf-8")


def test_verify_names_the_files_that_changed(folder: Path) -> None:
    assert set(verify_checkpoint(folder)) == {
        "generator.safetensors",
        "encoder.safetensors",
        "afa.safetensors",
        "directions.safetensors",
    }
    data = bytearray((folder / "afa.safetensors").read_bytes())
    data[-1] ^= 1  # one bit of one weight
    (folder / "afa.safetensors").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"is not what was written: afa\.safetensors changed since"):
        verify_checkpoint(folder)


def test_truncated_missing_and_damaged_files_are_named(folder: Path) -> None:
    data = (folder / "afa.safetensors").read_bytes()
    (folder / "afa.safetensors").write_bytes(data[:-1])
    with pytest.raises(CheckpointError, match=r"afa.safetensors' has \d+ bytes; \d+ were written"):
        read_checkpoint(folder)
    (folder / "afa.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"is incomplete: afa\.safetensors is missing"):
        read_checkpoint(folder)
    _replace_file(folder, "afa.safetensors", b"\xff" * 8 + data[8:])
    with pytest.raises(CheckpointError, match=r"afa.safetensors' is damaged"):
        read_checkpoint(folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda v: v.update(format=2), "has the format version 2; this program reads 1"),
        (lambda v: v.update(surplus=1), r"unknown keys \(surplus\)"),
        (lambda v: v.pop("licence"), r"lacks keys \(licence\)"),
        (
            lambda v: v["preset"]["backbone"].pop("w_dim"),
            r"model.json.preset.backbone .*lacks keys \(w_dim\)",
        ),
        (lambda v: v["preset"]["render"].update(plane_axes="xyz"), "is 'xyz'; expected one of"),
        (lambda v: v["files"].update({"../x": {"bytes": 1, "sha256": ""}}), r"names a file '\.\./x'"),
        (lambda v: v["files"].pop("afa.safetensors"), r"does not name afa\.safetensors"),
        (lambda v: v["networks"].append("spy"), "expected one of 'generator'"),
        (lambda v: v["directions"][0].update(name="absent"), "the edit direction 'absent' in .* is missing"),
    ],
)
def test_a_description_of_another_form_is_refused(
    folder: Path, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    _edit(folder, change)
    with pytest.raises(CheckpointError, match=sentence):
        read_checkpoint(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '"model"'])
def test_a_description_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / "model.json").write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"is no JSON|has the format version None"):
        read_checkpoint(folder)


def test_other_folders_are_no_models(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(CheckpointError, match=r"is no model folder: it has no model.json"):
            read_checkpoint(path)


def test_check_weights_lists_all_that_does_not_fit() -> None:
    expected = {"a": (2, 3), "b": (4,), "c": (), "d": (1,)}
    one = torch.zeros(1)
    got = {"a": torch.zeros(3, 2), "c": torch.zeros(()), "d": one, "x": one, "y": one}
    with pytest.raises(CheckpointError) as caught:
        check_weights("the encoder in 'e.pt'", expected, got)
    assert str(caught.value) == (
        "the encoder in 'e.pt' does not fit: of 4 weights, 1 missing (b), 2 unexpected (x, y), "
        "1 of another shape (a: expected [2, 3], got [3, 2]); use a file that belongs to this model"
    )


def test_check_weights_refuses_infinity_and_takes_what_fits() -> None:
    check_weights("it", {"a": (1,), "n": ()}, {"a": torch.ones(1), "n": torch.tensor(3)})
    with pytest.raises(CheckpointError, match="it holds numbers that are not finite in a;"):
        check_weights("it", {"a": (1,)}, {"a": torch.tensor([float("inf")])})


def test_a_model_that_was_read_builds_its_generator(folder: Path) -> None:
    read = read_checkpoint(folder)
    generator = Generator(read.preset)
    check_weights("the generator", shapes(generator), read.weights["generator"])
    generator.load_state_dict(dict(read.weights["generator"]), strict=True)
    w_plus = torch.randn(1, tiny().backbone.num_ws, tiny().backbone.w_dim)
    planes: Tensor = generator.planes(w_plus, generator.feature_map(w_plus)).features
    assert planes.shape == (1, 3, 8, 32, 32)


def test_a_checkpoint_without_directions_or_card_has_no_files_for_them(tmp_path: Path) -> None:
    bare = Checkpoint(tiny(), {"generator": {"w": torch.ones(1)}}, (), Origin("bare", "", {}, ""))
    write_checkpoint(bare, tmp_path / "bare")
    assert sorted(p.name for p in (tmp_path / "bare").iterdir()) == ["generator.safetensors", "model.json"]
    assert read_checkpoint(tmp_path / "bare").directions == ()
