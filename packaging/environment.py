"""The virtual environment of this checkout: made when missing, mended when outdated, reused otherwise.

``packaging/run.py`` and ``packaging/test.py`` share it. It lies in ``.venv`` at the project's root, and a
stamp inside says what it was made from: dependencies, pinned versions, Python, place. When the stamp no
longer fits, pip brings the environment up to date; when a set-up was interrupted, or the checkout has moved,
it is made anew.

Needs nothing but Python's standard library.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from system_libraries import SetupError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
_STAMP = VENV / "goae-stamp.json"
_UNFINISHED = VENV / "goae-unfinished"
_OLDEST_PIP = (25, 3)  # from here on a dry run reads a wheel's metadata and leaves the wheel where it is


def command(name: str) -> str:
    """Return the path of a console script in the environment, such as ``goae``."""
    return str(PYTHON.with_name(name + PYTHON.suffix))


def prepare(extras: frozenset[str] = frozenset()) -> None:
    """Make the environment hold this checkout, its dependencies and those of the named extras.

    Args:
        extras: Names from ``[project.optional-dependencies]``.

    Raises:
        SetupError: If pip or venv fail; what they printed stands above.
    """
    with _alone():
        stamp = _read_stamp()
        if _must_be_made_anew(stamp):
            _create()
            stamp = {}
        extras |= frozenset(
            stamp.get("extras", ())
        )  # what one script asked for, the other does not take away
        wanted = {"recipe": _recipe(), "extras": sorted(extras), "place": str(ROOT), "python": _version()}
        if stamp == wanted:
            return
        _UNFINISHED.touch()
        _install(extras)
        _STAMP.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
        _UNFINISHED.unlink()


def _recipe() -> str:
    """Return a digest of everything that decides what pip installs."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)
    parts = [declared["build-system"], declared["project"], declared["tool"]["setuptools"]]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    digest.update(CONSTRAINTS.read_bytes())
    return digest.hexdigest()


def _version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _read_stamp() -> dict[str, Any]:
    try:
        stamp = json.loads(_STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _must_be_made_anew(stamp: dict[str, Any]) -> bool:
    if not VENV.exists():
        return True
    if _UNFINISHED.exists():
        print("== the last set-up was interrupted: starting it again", flush=True)
        return True
    if stamp and (stamp.get("place") != str(ROOT) or stamp.get("python") != _version()):
        print("== the environment was made in another place or by another Python: making it anew", flush=True)
        return True
    works = PYTHON.exists() and _quiet([str(PYTHON), "-m", "pip", "--version"]) is not None
    if not works:
        print("== the environment in .venv does not work: making it anew", flush=True)
    return not works


def _create() -> None:
    print(f"== making the environment {VENV} with Python {sys.version.split()[0]}", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir(parents=True)
    _UNFINISHED.touch()
    _must("venv", [sys.executable, "-m", "venv", str(VENV)])


def _install(extras: frozenset[str]) -> None:
    installer = _quiet([str(PYTHON), "-m", "pip", "--version"]) or "pip 0.0"
    if tuple(int(part) for part in installer.split()[1].split(".")[:2]) < _OLDEST_PIP:
        _must("pip", [*_pip("install"), "--upgrade", "pip"])
    _announce_torch()
    target = str(ROOT) + (f"[{','.join(sorted(extras))}]" if extras else "")
    _must("pip", [*_pip("install"), "--editable", target])


def _pip(verb: str) -> list[str]:
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    return [str(PYTHON), "-m", "pip", verb, "--disable-pip-version-check", *quiet, "-c", str(CONSTRAINTS)]


def _announce_torch() -> None:
    """Say which build of torch pip would take, and how much that loads, before gigabytes start to come."""
    if _quiet([str(PYTHON), "-c", "import importlib.metadata as m; m.version('torch')"]) is not None:
        return
    report = _quiet([*_pip("install"), "--quiet", "--dry-run", "--report", "-", "torch"])
    if report is None:
        return  # the installation that follows fails in the same way, and says why
    loads = {item["metadata"]["name"]: item for item in json.loads(report)["install"]}
    version = loads["torch"]["metadata"]["version"]
    on_gpu = any(name.startswith("nvidia-") for name in loads)
    sizes = [_size(item["download_info"]["url"]) for item in loads.values()]
    total = sum(size for size in sizes if size is not None)
    size = f"{total / 1e6:,.0f} MB" if None not in sizes else f"at least {total / 1e6:,.0f} MB"
    kind = "for NVIDIA GPUs and the CPU" if on_gpu else "for Apple's GPU and the CPU"
    if not on_gpu and sys.platform != "darwin":
        kind = "for the CPU"
    print(f"== torch {version} {kind}: {size} with what it needs", flush=True)
    if on_gpu and sys.platform == "linux" and not Path("/proc/driver/nvidia").exists():
        print(
            "   No NVIDIA driver was found here. The build for the CPU alone is about 200 MB;"
            "\n   to take that one, stop now and start again with, in front,"
            "\n   PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu",
            flush=True,
        )


def _size(url: str) -> int | None:
    """Return the bytes behind a wheel's address, or None where the server does not say."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "file":
        return Path(urllib.request.url2pathname(parts.path)).stat().st_size
    if parts.scheme not in ("http", "https"):
        return None
    try:
        request = urllib.request.Request(url, method="HEAD")
        with urllib.request.urlopen(request, timeout=10) as answer:
            length = answer.headers.get("Content-Length")
    except (OSError, urllib.error.URLError):
        return None
    return int(length) if length else None


def _must(what: str, line: list[str]) -> None:
    if subprocess.run(line, env=_environment(), check=False).returncode != 0:
        raise SetupError(f"{what} failed while the environment was set up; the reason stands above.")


def _quiet(line: list[str]) -> str | None:
    """Return what a command prints, or None where it fails."""
    ran = subprocess.run(line, env=_environment(), check=False, capture_output=True, text=True)
    return ran.stdout if ran.returncode == 0 else None


def _environment() -> dict[str, str]:
    """Return the variables for pip: ours less those that would lead it into another environment."""
    led_astray = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_USER")
    kept = {name: value for name, value in os.environ.items() if name not in led_astray}
    return {**kept, "PYTHONNOUSERSITE": "1", "PIP_NO_INPUT": "1", "PYTHONWARNINGS": "ignore"}


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let one script at a time work on the environment."""
    with (ROOT / ".venv.lock").open("w") as file:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("== another script sets the environment up: waiting for it", flush=True)
                fcntl.flock(file, fcntl.LOCK_EX)
        yield
