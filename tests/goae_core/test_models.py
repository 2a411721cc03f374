"""The store: what users import, where it goes, and that a refusal leaves nothing behind."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import appdirs
import numpy as np
import pytest
import torch
from torch import Tensor

from goae_core.camera import orbit
from goae_core.checkpoint import PUBLISHER_LICENCE, Origin, read_checkpoint, sha256, write_checkpoint
from goae_core.editing import EditDirection
from goae_core.errors import (
    CheckpointError,
    DirectionError,
    GoaeError,
    LicenceError,
    StoppedError,
    UnknownModelError,
)
from goae_core.generator import Generator
from goae_core.models import ModelStore, subject_of, with_directions
from goae_core.presets import Preset, preset
from goae_core.upstream.directions import UpstreamDirection
from tests.goae_core.tiny_model import drawn, tiny_checkpoint
from tests.goae_core.upstream.snapshots import small_preset, snapshot

ROWS, WIDTH = small_preset().backbone.num_ws, small_preset().backbone.w_dim


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    write_checkpoint(tiny_checkpoint(), tmp_path / "embedded" / "tiny")
    return ModelStore(tmp_path / "embedded", tmp_path / "imported")


@pytest.fixture(scope="module")
def generator_weights() -> dict[str, Tensor]:
    torch.manual_seed(3)
    return drawn(Generator(small_preset()))


@pytest.fixture
def files(tmp_path: Path, generator_weights: dict[str, Tensor]) -> Path:
    """A folder with a published model: generator and directions."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / "eg3d.pkl").write_bytes(snapshot(generator_weights, small_preset()))
    for k, name in enumerate(("age", "glass")):
        np.save(folder / f"{name}.npy", np.full((1, ROWS, WIDTH), k + 1, np.float32))
    torch.save(torch.full((1, ROWS, WIDTH), 3.0), folder / "black.npy")
    return folder


def _left(store: ModelStore) -> list[str]:
    return sorted(p.name for p in store.imported.iterdir()) if store.imported.exists() else []


def test_a_published_generator_becomes_a_model(
    store: ModelStore, files: Path, generator_weights: dict[str, Tensor]
) -> None:
    lines: list[str] = []
    entry = store.import_([files / "eg3d.pkl"], name="mine", on_progress=lines.append)
    assert lines == ["reading 'eg3d.pkl'", "writing 'mine'"]
    assert entry.folder == store.imported / "mine"
    assert sorted(p.name for p in entry.folder.iterdir()) == ["generator.safetensors", "model.json"]
    assert _left(store) == ["mine"]
    assert (entry.preset, entry.networks, entry.embedded) == ("eg3d-2x-128", ("generator",), False)

    read = store.load("mine")
    assert read.preset == small_preset()
    assert read.origin == Origin(
        "mine",
        "imported from the EG3D snapshot eg3d.pkl",
        {"eg3d.pkl": sha256(files / "eg3d.pkl")},
        PUBLISHER_LICENCE,
    )
    assert "non-commercial" in PUBLISHER_LICENCE
    assert read.weights["generator"].keys() == generator_weights.keys()
    assert all(torch.equal(read.weights["generator"][n], t) for n, t in generator_weights.items())
    assert store.verify("mine") == ("generator.safetensors",)


def test_the_imported_model_renders_what_its_weights_render(
    store: ModelStore, files: Path, generator_weights: dict[str, Tensor]
) -> None:
    store.import_([files / "eg3d.pkl"], name="mine")
    read = store.load("mine")
    camera = orbit(-0.4, 0.2)
    w_plus = torch.randn(1, ROWS, WIDTH)

    def picture(made_of: Preset, weights: Any) -> Tensor:  # noqa: ANN401 - a state dict
        network = Generator(made_of).eval()
        network.load_state_dict(dict(weights), strict=True)
        with torch.inference_mode():
            planes = network.planes(w_plus, network.feature_map(w_plus))
            return network.render(planes, w_plus, camera).image

    assert torch.equal(
        picture(read.preset, read.weights["generator"]), picture(small_preset(), generator_weights)
    )


def test_directions_join_at_once_or_later_and_carry_the_releases_correction(
    store: ModelStore, files: Path
) -> None:
    store.import_([files / "age.npy", files / "eg3d.pkl"], name="mine")
    (age,) = store.load("mine").directions
    assert (age.name, age.unit, age.correction) == (
        "age",
        "raw",
        None,
    )  # there are no glasses to subtract yet
    assert torch.equal(age.offset, torch.ones(ROWS, WIDTH))

    before = store.entry("mine").fingerprint
    entry = store.import_([files / "glass.npy", files / "black.npy"], name="mine")
    assert entry.directions == ("age", "glass", "black")
    assert entry.fingerprint == before
    by_name = {d.name: d for d in store.load("mine").directions}
    assert by_name["age"].correction == ("glass", -0.8)
    assert by_name["black"].correction == ("glass", -0.8)
    assert by_name["glass"].correction is None
    assert by_name["black"].offset.unique().tolist() == [3.0]
    assert set(store.load("mine").origin.sha256) == {"eg3d.pkl", "age.npy", "glass.npy", "black.npy"}
    assert store.verify("mine") == ("generator.safetensors", "directions.safetensors")


def test_directions_of_our_own_keep_their_unit_and_are_not_corrected() -> None:
    own = EditDirection("smile", "face", torch.ones(2, 3), "deviations", 3.0, None)
    added = [UpstreamDirection("glass", torch.ones(2, 3)), UpstreamDirection("age", torch.ones(2, 3))]
    smile, glass, age = with_directions([own], added, preset("ffhq512"))
    assert smile is own
    assert (glass.unit, glass.correction, age.correction) == ("raw", None, ("glass", -0.8))
    assert all(d.correction is None for d in with_directions([own], added, preset("studio256")))


def test_encoder_and_afa_join_the_model_of_their_size(store: ModelStore, tmp_path: Path) -> None:
    part = replace(tiny_checkpoint(), weights={"generator": tiny_checkpoint().weights["generator"]})
    write_checkpoint(part, tmp_path / "part")
    for network in ("encoder", "afa"):
        torch.save(dict(tiny_checkpoint().weights[network]), tmp_path / f"{network}_x.pt")
    entry = store.import_([tmp_path / "part", tmp_path / "afa_x.pt", tmp_path / "encoder_x.pt"], name="mine")
    assert entry.networks == ("generator", "encoder", "afa")
    read = store.load("mine").weights["encoder"]
    assert read.keys() == tiny_checkpoint().weights["encoder"].keys()


def test_one_of_our_folders_is_taken_under_its_own_name_or_another(store: ModelStore, tmp_path: Path) -> None:
    write_checkpoint(tiny_checkpoint(), tmp_path / "theirs")
    entry = store.import_([tmp_path / "theirs"])
    assert entry.name == "theirs"
    other = store.import_([tmp_path / "theirs"], name="other", licence="for tests only")
    assert other.fingerprint == entry.fingerprint  # nothing was rounded twice
    assert (other.licence, entry.licence) == ("for tests only", "none")
    assert read_checkpoint(store.imported / "theirs").card == "# Tiny\n"


def test_lists_embedded_first_and_damaged_ones_with_their_problem(store: ModelStore, files: Path) -> None:
    store.import_([files / "eg3d.pkl"], name="zebra")
    (store.imported / "broken").mkdir()
    (store.imported / ".tmp-rest.part").mkdir()
    entries = store.list()
    assert [(e.name, e.embedded) for e in entries] == [("tiny", True), ("broken", False), ("zebra", False)]
    assert "is no model folder" in entries[1].problem
    assert [e.problem for e in (entries[0], entries[2])] == ["", ""]
    assert entries[0].directions == ("age", "smile")
    assert entries[2].size == (store.imported / "zebra" / "generator.safetensors").stat().st_size


def test_remove_deletes_imported_models_only(store: ModelStore, files: Path) -> None:
    store.import_([files / "eg3d.pkl"], name="mine")
    store.remove("mine")
    assert _left(store) == []
    with pytest.raises(CheckpointError, match="'tiny' came with the program and cannot be removed"):
        store.remove("tiny")
    with pytest.raises(UnknownModelError, match=r"there is no model named 'mine'; there are: tiny \("):
        store.remove("mine")
    assert store.folder("tiny").is_dir()


@pytest.mark.parametrize(
    "name", ["../tiny", "", ".", "..", "a/b", "/etc", ".hidden", "x" * 65, "con", "LPT1.x", "a b"]
)
def test_names_that_are_no_names_are_refused(store: ModelStore, files: Path, name: str) -> None:
    with pytest.raises(UnknownModelError, match="there is no model named"):
        store.folder(name)
    if name:
        with pytest.raises(CheckpointError, match="cannot name a model"):
            store.import_([files / "eg3d.pkl"], name=name)
    assert _left(store) == []


def _hostile(path: Path, victim: Path) -> Path:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {victim}",)

    path.write_bytes(pickle.dumps({"G_ema": Evil()}))
    return path


@pytest.mark.parametrize(
    "case", ["hostile", "truncated", "foreign", "misfit", "missing", "suffix", "nothing", "both"]
)
def test_a_refusal_writes_and_runs_nothing(store: ModelStore, files: Path, tmp_path: Path, case: str) -> None:
    victim = tmp_path / "victim"
    good = files / "eg3d.pkl"
    wrong = files / "wrong.npy"
    np.save(wrong, np.ones((1, 2, 3), np.float32))
    (files / "cut.pkl").write_bytes(good.read_bytes()[:-100])
    (files / "page.pkl").write_bytes(b"<html>404</html>")
    (files / "notes.txt").write_text("hello")
    paths, sentence = {
        "hostile": (
            [_hostile(files / "evil.pkl", victim)],
            r"asks for the Python global '(posix|nt)\.system'",
        ),
        "truncated": ([files / "cut.pkl"], "is truncated"),
        "foreign": ([files / "page.pkl"], "is no pickle"),
        "misfit": ([good, wrong], r"wrong.npy' has the shape \[1, 2, 3\]"),
        "missing": ([good, files / "absent.npy"], "there is no file .*absent.npy"),
        "suffix": ([good, files / "notes.txt"], "'notes.txt' is of no kind that can be imported"),
        "nothing": ([], "there is nothing to import"),
        "both": ([good, files / "cut.pkl"], "a model has one generator"),
    }[case]
    with pytest.raises(GoaeError, match=sentence) as caught:
        store.import_(paths, name="mine")
    assert "\n" not in str(caught.value)
    assert _left(store) == []
    assert not victim.exists()


def test_a_refused_addition_leaves_the_model_as_it_was(store: ModelStore, files: Path) -> None:
    store.import_([files / "eg3d.pkl"], name="mine")
    before = {p.name: p.read_bytes() for p in (store.imported / "mine").iterdir()}
    np.save(files / "wrong.npy", np.ones((1, 2, 3), np.float32))
    with pytest.raises(DirectionError, match="belongs to another model"):
        store.import_([files / "age.npy", files / "wrong.npy"], name="mine")
    torch.save(dict(tiny_checkpoint().weights["encoder"]), files / "encoder.pt")
    with pytest.raises(CheckpointError, match=r"the encoder in 'encoder.pt' does not fit"):
        store.import_([files / "encoder.pt"], name="mine")
    assert {p.name: p.read_bytes() for p in (store.imported / "mine").iterdir()} == before
    assert _left(store) == ["mine"]


def test_taken_and_missing_names_are_said(store: ModelStore, files: Path, tmp_path: Path) -> None:
    store.import_([files / "eg3d.pkl"], name="mine")
    with pytest.raises(CheckpointError, match=r"already a model named 'mine'.*goae models remove mine"):
        store.import_([files / "eg3d.pkl"], name="mine")
    with pytest.raises(CheckpointError, match="'tiny' is the name of a model that came with the program"):
        store.import_([files / "age.npy"], name="tiny")
    with pytest.raises(
        UnknownModelError, match="no imported model named 'other' that these files could join"
    ):
        store.import_([files / "age.npy"], name="other")
    with pytest.raises(CheckpointError, match="give it a name with --name"):
        store.import_([files / "eg3d.pkl"])
    write_checkpoint(tiny_checkpoint(), tmp_path / "theirs")
    (tmp_path / "theirs" / "afa.safetensors").write_bytes(
        bytes((tmp_path / "theirs" / "afa.safetensors").stat().st_size)
    )
    with pytest.raises(CheckpointError, match=r"is not what was written: afa.safetensors"):
        store.import_([tmp_path / "theirs"])
    assert _left(store) == ["mine"]


def test_two_files_with_the_same_network_are_refused(store: ModelStore, tmp_path: Path) -> None:
    write_checkpoint(tiny_checkpoint(), tmp_path / "theirs")
    for name in ("one.pt", "two.pt"):
        torch.save(dict(tiny_checkpoint().weights["afa"]), tmp_path / name)
    with pytest.raises(CheckpointError, match=r"'one.pt' and 'two.pt' both hold the same network \(afa\)"):
        store.import_([tmp_path / "theirs", tmp_path / "one.pt", tmp_path / "two.pt"])


def test_imported_models_lie_in_the_users_data_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GOAE_DATA_DIR", raising=False)
    usual = Path(appdirs.user_data_dir("goae-studio", appauthor=False))
    assert ModelStore().imported == usual / "models"
    monkeypatch.setenv("GOAE_DATA_DIR", str(tmp_path))
    assert ModelStore().imported == tmp_path / "models"
    assert ModelStore().embedded.parts[-2:] == ("resources", "models")


def test_a_store_without_models_is_empty(tmp_path: Path) -> None:
    empty = ModelStore(tmp_path / "a", tmp_path / "b")
    assert empty.list() == ()
    with pytest.raises(UnknownModelError, match="there are: none"):
        empty.load("studio256")


def test_terms_that_forbid_commercial_use_are_accepted_once_and_for_these_weights(
    store: ModelStore, files: Path
) -> None:
    free, official = store.entry("tiny"), store.import_([files / "eg3d.pkl"], name="official")
    assert (free.restricted, official.restricted) == (False, True)
    store.check_accepted("tiny")
    with pytest.raises(LicenceError, match="'official' is for non-commercial use only") as refusal:
        store.check_accepted("official")
    assert refusal.value.name == "official"
    assert not store.accepted(official)
    store.accept("official")
    again = ModelStore(store.embedded, store.imported)  # another run of the program
    again.check_accepted("official")
    assert again.accepted(official)
    assert not again.accepted(replace(official, fingerprint="other weights"))


def test_a_broken_list_of_accepted_terms_asks_again(store: ModelStore, files: Path) -> None:
    official = store.import_([files / "eg3d.pkl"], name="official")
    store.accept("official")
    (store.imported.parent / "accepted_licences.json").write_text("{not json")
    assert not store.accepted(official)
    store.accept("official")
    assert store.accepted(official)


def test_a_model_without_a_card_gets_one_of_what_is_known(store: ModelStore, files: Path) -> None:
    store.import_([files / "eg3d.pkl"], name="mine")
    card = store.card("mine")
    assert card.startswith("# mine\n")
    assert "- **Source:** imported from the EG3D snapshot eg3d.pkl" in card
    assert f"SHA-256 {store.entry('mine').fingerprint}" in card
    (store.imported / "mine" / "MODEL_CARD.md").write_text("# Made by us")
    assert store.card("mine") == "# Made by us"


def test_verifying_tells_how_far_it_is_and_stops(store: ModelStore) -> None:
    shares: list[float] = []
    store.verify("tiny", on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    with pytest.raises(StoppedError):
        store.verify("tiny", should_stop=lambda: True)


def test_an_import_that_is_stopped_leaves_nothing(store: ModelStore, files: Path) -> None:
    lines: list[str] = []
    with pytest.raises(StoppedError):
        store.import_(
            [files / "eg3d.pkl"],
            name="mine",
            on_progress=lines.append,
            should_stop=lambda: lines == ["reading 'eg3d.pkl'"],
        )
    assert _left(store) == []


def test_the_fingerprint_follows_the_weights_that_bear_the_name(store: ModelStore) -> None:
    before = store.fingerprint("tiny")
    model = tiny_checkpoint()
    generator = dict(model.weights["generator"])
    generator["decoder.net.2.bias"] = generator["decoder.net.2.bias"] + 1.0
    write_checkpoint(
        replace(model, weights={**model.weights, "generator": generator}), store.embedded / "tiny"
    )
    assert store.fingerprint("tiny") != before
    assert store.fingerprint("tiny") == store.entry("tiny").fingerprint


def test_cats_are_told_from_people_by_what_their_camera_circles() -> None:
    assert [subject_of(preset(name)) for name in ("ffhq512", "afhqcats512", "studio256")] == [
        "person",
        "cat",
        "person",
    ]


def test_the_folder_of_the_models_can_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOAE_DATA_DIR", str(tmp_path / "data"))
    assert ModelStore().imported == tmp_path / "data" / "models"
    monkeypatch.setenv("GOAE_MODELS_DIR", str(tmp_path / "large"))
    assert ModelStore().imported == tmp_path / "large"
