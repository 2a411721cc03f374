"""Check everything: style, types, import contracts, tests.

    python3 packaging/test.py [PYTEST ARGUMENTS]

Makes or updates the environment in ``.venv``, then runs ruff, mypy, import-linter and pytest, the last one on
a virtual display (Linux). Ends with pytest's closing line; the exit status is 0 only if everything passed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

if sys.version_info < (3, 11):
    sys.exit("GOAE Studio needs Python 3.11 or newer: python3.11 packaging/test.py")

import environment
import system_libraries


def main() -> int:
    """Run every check and return 0 if all passed."""
    parser = argparse.ArgumentParser(description="Check style, types, import contracts, and run the tests.")
    parser.epilog = "Further arguments go to pytest: a folder, or -k NAME."
    to_pytest = parser.parse_known_args()[1]
    virtual = sys.platform == "linux"
    system_libraries.provide(system_libraries.missing_packages(window=True, virtual_display=virtual))
    environment.prepare(frozenset({"dev", "train"}))
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # sleeping threads leave the cores to the other processes
    python = str(environment.PYTHON)
    failed = [
        name
        for name, line in (
            ("ruff check", [python, "-m", "ruff", "check"]),
            ("ruff format", [python, "-m", "ruff", "format", "--check"]),
            ("mypy", [python, "-m", "mypy"]),
            ("import contracts", [environment.command("lint-imports")]),
        )
        if not _passes(name, line)
    ]
    with _display() if virtual else contextlib.nullcontext():
        passed = _passes("pytest", [python, "-m", "pytest", *to_pytest])
    if failed:
        print(f"== failed before the tests: {', '.join(failed)}")
    return 0 if passed and not failed else 1


def _passes(name: str, line: list[str]) -> bool:
    print(f"== {name}", flush=True)
    return subprocess.run(line, cwd=environment.ROOT, check=False).returncode == 0


@contextlib.contextmanager
def _display() -> Iterator[None]:
    """Start a virtual display that draws OpenGL in software, and point Qt at it."""
    if shutil.which("Xvfb") is None:
        raise system_libraries.SetupError("the tests of the window need Xvfb; install it, then start again")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1200x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()  # one line when it is ready, nothing when it dies
        if not number:
            raise system_libraries.SetupError("Xvfb did not start; try it by hand: Xvfb :99")
        os.environ.update(DISPLAY=f":{number}", QT_QPA_PLATFORM="xcb", LIBGL_ALWAYS_SOFTWARE="1")
        os.environ.pop("WAYLAND_DISPLAY", None)
        yield
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except system_libraries.SetupError as error:
        sys.exit(f"test.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
