"""The scripts' set-up: when it installs, when it starts anew, what it says; pip and venv are replaced."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Setup:
    """The module `environment`, pointed at a checkout of our own, with a note of what it would have done."""

    def __init__(self, environment: ModuleType, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.environment = environment
        self.done: list[str] = []
        self.breaks = False
        self.constraints = root / "constraints.txt"
        self.constraints.write_text("torch==2.13.0\n")
        (root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
        venv = root / ".venv"
        for name, value in {
            "ROOT": root,
            "VENV": venv,
            "CONSTRAINTS": self.constraints,
            "PYTHON": venv / "bin" / "python",
            "_STAMP": venv / "goae-stamp.json",
            "_UNFINISHED": venv / "goae-unfinished",
            "_create": self._create,
            "_install": self._install,
            "_quiet": lambda line: "pip 26.0",
        }.items():
            patch.setattr(environment, name, value)

    def _create(self) -> None:
        self.done.append("create")
        self.environment.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        self.environment.PYTHON.touch()
        self.environment._UNFINISHED.touch()

    def _install(self, extras: frozenset[str]) -> None:
        self.done.append("install " + ",".join(sorted(extras)))
        if self.breaks:
            raise KeyboardInterrupt

    def prepare(self, *extras: str) -> list[str]:
        self.done.clear()
        self.environment.prepare(frozenset(extras))
        return list(self.done)


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    return Setup(importlib.import_module("environment"), tmp_path, monkeypatch)


def test_first_start_creates_and_installs_the_second_does_nothing(setup: Setup) -> None:
    assert setup.prepare() == ["create", "install "]
    assert setup.prepare() == []


def test_changed_pins_are_installed_on_top(setup: Setup) -> None:
    setup.prepare()
    setup.constraints.write_text("torch==2.14.0\n")
    assert setup.prepare() == ["install "]
    assert setup.prepare() == []


def test_changed_linter_settings_install_nothing(setup: Setup) -> None:
    setup.prepare()
    project = setup.environment.ROOT / "pyproject.toml"
    project.write_text(project.read_text().replace("line-length = 110", "line-length = 100"))
    assert setup.prepare() == []
    project.write_text(project.read_text().replace('"rich>=13.9,<16"', '"rich>=14,<16"'))
    assert setup.prepare() == ["install "]


def test_extras_of_one_script_survive_the_other(setup: Setup) -> None:
    setup.prepare("dev", "train")
    assert setup.prepare() == []
    setup.constraints.write_text("")
    assert setup.prepare() == ["install dev,train"]


def test_interrupted_set_up_is_made_anew(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    setup.prepare()
    setup.breaks = True
    setup.constraints.write_text("")
    with pytest.raises(KeyboardInterrupt):
        setup.prepare()
    setup.breaks = False
    assert setup.prepare() == ["create", "install "]
    assert "interrupted" in capsys.readouterr().out


@pytest.mark.parametrize("changed", [{"place": "/elsewhere"}, {"python": "3.9"}])
def test_environment_of_another_place_or_python_is_made_anew(setup: Setup, changed: dict[str, str]) -> None:
    setup.prepare()
    stamp = setup.environment._STAMP
    stamp.write_text(json.dumps(json.loads(stamp.read_text()) | changed))
    assert setup.prepare() == ["create", "install "]


def test_unreadable_stamp_installs_again(setup: Setup) -> None:
    setup.prepare()
    setup.environment._STAMP.write_text("{half a")
    assert setup.prepare() == ["install "]


def test_announces_the_build_of_torch_and_its_size(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = setup.environment.ROOT / "torch.whl"
    wheel.write_bytes(bytes(3_000_000))
    items = [
        {"metadata": {"name": name, "version": "2.13.0"}, "download_info": {"url": wheel.as_uri()}}
        for name in ("torch", "nvidia-cublas")
    ]
    monkeypatch.setattr(
        setup.environment, "_quiet", lambda line: None if line[1] == "-c" else json.dumps({"install": items})
    )
    setup.environment._announce_torch()
    assert "torch 2.13.0 for NVIDIA GPUs and the CPU: 6 MB" in capsys.readouterr().out
    items.pop()
    setup.environment._announce_torch()
    assert "6 MB" not in capsys.readouterr().out


def test_missing_libraries_are_named_to_those_who_may_not_install_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    libraries = importlib.import_module("system_libraries")
    monkeypatch.setattr(libraries.sys, "platform", "linux")
    monkeypatch.setattr(libraries, "_loads", lambda library: library != "libxcb-cursor.so.0")
    monkeypatch.setattr(
        libraries.shutil, "which", lambda name: None if name == "Xvfb" else f"/usr/bin/{name}"
    )
    monkeypatch.setattr(libraries.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(libraries.Path, "exists", lambda path: True)
    lacking = libraries.missing_packages(window=True, virtual_display=True)
    assert lacking == ["libxcb-cursor0", "xvfb"]
    with pytest.raises(libraries.SetupError, match=r"sudo .*apt-get install .*libxcb-cursor0 xvfb"):
        libraries.provide(lacking)
    libraries.provide([])


@pytest.mark.parametrize("script", ["run.py", "test.py"])
def test_scripts_start_with_nothing_but_the_standard_library(script: str) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'packaging')!r}); sys.argv = [{script!r}]\n"
        f"import {script.removesuffix('.py')}"
    )
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()


def test_a_photo_that_is_not_there_is_bad_usage() -> None:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "run.py"), "no_such.png"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "there is no photo no_such.png" in ran.stderr
