"""What lies where: the top level, file names, sizes, and above all no photograph of a person."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import goae_core

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"app", "goae_core", "resources", "tests", "packaging"}
TEXTS = {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"}
PICTURES = {".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ico", ".svg"}
WEIGHTS_LIMIT = 60e6
FILE_LIMIT = 2e6


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a git checkout: what is not tracked does not count")
    return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def test_top_level_is_fixed(tracked: list[Path]) -> None:
    top = {path.parts[0] for path in tracked if not path.parts[0].startswith(".")}
    assert top <= FOLDERS | TEXTS


def test_no_photograph_is_tracked(tracked: list[Path]) -> None:
    """Pictures that the project rendered lie in resources, and none of them is a JPEG, as photographs are."""
    suffixes = {".jpg", ".jpeg", ".heic", ".avif", ".goae"}
    assert [path for path in tracked if path.suffix.lower() in suffixes] == []
    pictures = [path for path in tracked if path.suffix.lower() in PICTURES]
    assert [path for path in pictures if path.parts[0] != "resources"] == []


def test_goldens_made_from_photographs_stay_outside(tracked: list[Path]) -> None:
    derived = re.compile(r"^(encoder|afa|net_(edit|forward)_\d+|inputs|goae_label)\.(npz|json)$")
    assert [path for path in tracked if derived.match(path.name)] == []


def test_files_are_small_and_weights_fit_their_room(tracked: list[Path]) -> None:
    sizes = {path: (ROOT / path).stat().st_size for path in tracked}
    assert [path for path in sizes if sizes[path] > FILE_LIMIT and path.suffix != ".safetensors"] == []
    assert sum(size for path, size in sizes.items() if path.suffix == ".safetensors") <= WEIGHTS_LIMIT


def test_files_are_named_after_their_idea(tracked: list[Path]) -> None:
    vague = {"util", "utils", "helper", "helpers", "misc", "common", "tools", "stuff"}
    assert [path for path in tracked if vague & set(path.with_suffix("").parts)] == []


def test_every_test_folder_is_a_package(tracked: list[Path]) -> None:
    folders = {path.parent for path in tracked if path.parts[0] == "tests" and path.suffix == ".py"}
    assert [folder for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []


def test_version_is_the_installed_one_and_has_a_changelog_entry() -> None:
    assert importlib.metadata.version("goae-studio") == goae_core.__version__
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert any(goae_core.__version__ in heading for heading in headings)


def test_pinned_versions_lie_within_the_declared_bounds() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*declared["dependencies"], *(x for e in declared["optional-dependencies"].values() for x in e)]
    pins = {}
    for line in (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, version = line.split("==")  # versions only: an address would not split in two
            pins[_normal(name)] = version
    assert len(lines) > 20
    for requirement in map(Requirement, lines):
        assert requirement.specifier, f"{requirement.name} has no bounds"
        assert requirement.specifier.contains(pins[_normal(requirement.name)]), requirement


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
