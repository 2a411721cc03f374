"""The TOML file that window and command line share: round trips, an author's comments, and what is broken."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from app.settings_file import SharedSettings, apply_environment, read_shared, settings_path, write_shared
from goae_core.errors import SettingsError

ALL = SharedSettings("cpu", "mine", 3, "/photos", "/results", "/large/models")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_what_is_written_is_read_again(path: Path) -> None:
    write_shared(ALL, path)
    read = read_shared(path)
    assert (read.shared, read.problem, read.readable) == (ALL, "", True)
    assert tomllib.loads(path.read_text())["folders"] == {
        "photos": "/photos",
        "output": "/results",
        "models": "/large/models",
    }


def test_without_a_file_there_are_defaults_and_no_complaint(path: Path) -> None:
    read = read_shared(path)
    assert (read.shared, read.problem) == (SharedSettings(), "")
    assert not path.exists()


def test_comments_order_and_unknown_keys_of_the_author_stay(path: Path) -> None:
    path.write_text(
        '# my machine\nthreads = 2  # more makes the fan loud\ncolour = "teal"\n'
        '\n[folders]\noutput = "/out" # big disk\n'
    )
    write_shared(SharedSettings(threads=2, output="/other"), path)
    text = path.read_text()
    assert text.startswith('# my machine\nthreads = 2  # more makes the fan loud\ncolour = "teal"\n')
    assert 'output = "/other" # big disk' in text
    assert read_shared(path).shared == SharedSettings(threads=2, output="/other")


@pytest.mark.parametrize("content", [b"device = cpu\n", b"[folders\n", b"\xff\xfe\x00", b"a = 1\na = 2\n"])
def test_a_broken_file_gives_one_sentence_and_defaults_and_stays_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    read = read_shared(path)
    assert read.shared == SharedSettings()
    assert not read.readable
    assert read.problem.startswith(f"the settings in '{path}' cannot be read (")
    assert "\n" not in read.problem
    with pytest.raises(SettingsError, match="is broken and is not overwritten"):
        write_shared(ALL, path)
    assert path.read_bytes() == content


def test_a_broken_file_is_put_aside_on_request(path: Path) -> None:
    path.write_text("device = cpu\n")
    write_shared(ALL, path, replace_broken=True)
    assert read_shared(path).shared == ALL
    assert (path.parent / "settings.toml.broken").read_text() == "device = cpu\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('device = "abacus"', "device is 'abacus', expected one of auto, cuda, mps, cpu"),
        ("threads = -1", "threads is -1, expected a whole number from 0 to 256"),
        ("threads = true", "threads is True, expected a whole number"),
        ("model = 4", "model is 4, expected a name in quotes"),
        ("folders = 4", "folders is 4, expected a table"),
    ],
)
def test_a_wrong_value_takes_its_default_and_the_rest_is_kept(path: Path, line: str, words: str) -> None:
    kept = 'model = "mine"\n' if "model" not in line else "threads = 7\n"
    path.write_text(kept + line + "\n")
    read = read_shared(path)
    assert words in read.problem
    assert read.readable
    assert read.shared == (SharedSettings(model="mine") if "model" not in line else SharedSettings(threads=7))
    write_shared(read.shared, path)
    assert read_shared(path).problem == ""


def test_a_folder_that_cannot_be_written_is_one_sentence(path: Path) -> None:
    blocked = path.parent / "file"
    blocked.write_text("")
    with pytest.raises(SettingsError, match="the settings were not saved in"):
        write_shared(ALL, blocked / "settings.toml")


def test_the_file_lies_in_the_data_folder_if_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOAE_DATA_DIR", str(tmp_path))
    assert settings_path() == tmp_path / "settings.toml"
    monkeypatch.delenv("GOAE_DATA_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert settings_path().name == "settings.toml"
    assert settings_path().parent.name == "goae-studio"


def test_threads_and_the_models_folder_reach_libraries_but_not_over_the_users_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.setenv("GOAE_MODELS_DIR", "")
    monkeypatch.delenv("GOAE_MODELS_DIR")
    apply_environment(ALL)
    assert os.environ["OMP_NUM_THREADS"] == "5"
    assert os.environ["GOAE_MODELS_DIR"] == "/large/models"
