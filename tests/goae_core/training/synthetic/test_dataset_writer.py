from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from goae_core.errors import TrainingError
from goae_core.training.heads_dataset import HeadsDataset
from goae_core.training.synthetic.dataset_writer import person_path, write_dataset
from goae_core.training.synthetic.head_pack import read_head_pack


def _write(pack_dir: Path, out: Path, persons: int = 2, **options: object) -> list[int]:
    settings: dict[str, object] = {
        "views": 2,
        "lights": 1,
        "workers": 0,
        "resolution": 32,
        "seed": 3,
        **options,
    }
    return list(write_dataset(pack_dir, out, persons, **settings))  # type: ignore[arg-type]


def _same(one: Path, two: Path) -> bool:
    with np.load(one) as a, np.load(two) as b:
        return set(a.files) == set(b.files) and all(np.array_equal(a[name], b[name]) for name in a.files)


def test_a_person_depends_on_seed_and_index_only(pack_dir: Path, tmp_path: Path) -> None:
    assert _write(pack_dir, tmp_path / "a") == [1, 2]
    assert _write(pack_dir, tmp_path / "b", persons=1, first=1) == [1]
    assert _same(person_path(tmp_path / "a", 1), person_path(tmp_path / "b", 1))
    assert not _same(person_path(tmp_path / "a", 0), person_path(tmp_path / "a", 1))


def test_workers_write_the_same_files(pack_dir: Path, tmp_path: Path) -> None:
    _write(pack_dir, tmp_path / "here")
    assert _write(pack_dir, tmp_path / "there", workers=2) == [1, 2]
    for index in range(2):
        assert _same(person_path(tmp_path / "here", index), person_path(tmp_path / "there", index))


def test_the_description_names_what_the_files_hold(pack_dir: Path, tmp_path: Path) -> None:
    _write(pack_dir, tmp_path)
    description = json.loads((tmp_path / "dataset.json").read_text())
    with np.load(person_path(tmp_path, 0)) as record:
        assert description["persons"] == 2
        assert record["labels"].shape == (len(description["label_names"]),)
        assert record["light_labels"].shape == (1, len(description["light_label_names"]))
        assert record["identity"].shape == (description["identity_dim"],)
        assert record["light_sh"].shape == (1, description["sh_dim"])
        assert record["foreground"].shape == (1, 2, 32, 32, 3)
    assert description["pack_sha256"] == read_head_pack(pack_dir).sha256
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_second_call_goes_on_where_the_first_stopped(pack_dir: Path, tmp_path: Path) -> None:
    calls = iter([False, True])
    assert _write(pack_dir, tmp_path, persons=3, should_stop=lambda: next(calls)) == [1]
    person_path(tmp_path, 0).write_bytes(b"kept")
    assert _write(pack_dir, tmp_path, persons=3) == [2, 3]
    assert person_path(tmp_path, 0).read_bytes() == b"kept"
    assert _write(pack_dir, tmp_path, persons=3) == []


def test_nothing_is_begun_after_the_deadline(pack_dir: Path, tmp_path: Path) -> None:
    assert _write(pack_dir, tmp_path, deadline=0.0) == []
    assert json.loads((tmp_path / "dataset.json").read_text())["persons"] == 0


def test_fixed_views_are_exact(pack_dir: Path, tmp_path: Path) -> None:
    _write(pack_dir, tmp_path, persons=1, fixed_yaws=(0.0, math.radians(30)))
    with np.load(person_path(tmp_path, 0)) as record:
        position = record["camera"][:, [3, 7, 11]]
    assert position == pytest.approx(np.array([[0, 0, 2.7], [1.35, 0, 2.7 * math.sqrt(0.75)]]), abs=1e-6)


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (1.0, 1)])
def test_painted_share(pack_dir: Path, tmp_path: Path, share: float, expected: int) -> None:
    _write(pack_dir, tmp_path, persons=1, painted_share=share)
    with np.load(person_path(tmp_path, 0)) as record:
        assert int(record["painted"]) == expected


def test_kinds_are_not_mixed(pack_dir: Path, tmp_path: Path) -> None:
    _write(pack_dir, tmp_path, persons=1)
    with pytest.raises(TrainingError, match="views = 2, this one has 3; choose another folder"):
        _write(pack_dir, tmp_path, persons=1, views=3)


def test_folders_of_the_first_layout_are_read_and_never_added_to(pack_dir: Path, tmp_path: Path) -> None:
    _write(pack_dir, tmp_path, persons=1)
    new = HeadsDataset(tmp_path, 16).persons[0]
    assert new.occluder is not None
    assert new.occluder.shape == (1, 16, 16, 4)

    path = person_path(tmp_path, 0)
    with np.load(path) as record:
        arrays = {name: record[name] for name in record.files if name != "occluder"}
    np.savez(path, **arrays)
    description = json.loads((tmp_path / "dataset.json").read_text())
    (tmp_path / "dataset.json").write_text(json.dumps({**description, "version": 1}))
    assert HeadsDataset(tmp_path, 16).persons[0].occluder is None
    with pytest.raises(TrainingError, match="version = 1, this one has 2; choose another folder"):
        _write(pack_dir, tmp_path, persons=2)


def test_a_damaged_description_is_named(pack_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(TrainingError, match=r"dataset\.json is damaged"):
        _write(pack_dir, tmp_path, persons=1)


def test_a_folder_that_is_no_pack_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="is not a head pack that can be read"):
        _write(tmp_path, tmp_path / "out", persons=1)
