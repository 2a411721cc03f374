"""What Qt and OpenGL need from the operating system on Linux, and how to get it on Debian and Ubuntu.

Wheels bring their own libraries except those that belong to the display server and its drivers. Whether one
is there is asked of the loader itself, so that a library from any source counts.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

WINDOW_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""What PySide6's window plugin loads: file name of the library, Debian's package of it."""


class SetupError(Exception):
    """The environment can't be made ready; the message is one sentence for the person at the terminal."""


def missing_packages(*, window: bool, virtual_display: bool) -> list[str]:
    """Return Debian's names of what this machine lacks.

    Args:
        window: Whether a Qt window is to open.
        virtual_display: Whether it opens on a display of our own (Xvfb).

    Returns:
        Package names, sorted; empty outside Linux.
    """
    if sys.platform != "linux":
        return []
    wanted = set()
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        wanted.add(f"python3.{sys.version_info.minor}-venv")  # Debian ships Python without it
    if sys.version_info >= (3, 13) and not _compiles():  # PyMCubes has wheels for 3.11 and 3.12
        wanted.update({"g++", f"python3.{sys.version_info.minor}-dev"})
    if window:
        wanted.update(package for library, package in WINDOW_LIBRARIES.items() if not _loads(library))
    if virtual_display and shutil.which("Xvfb") is None:
        wanted.add("xvfb")
    return sorted(wanted)


def provide(packages: list[str]) -> None:
    """Install missing system packages where we may, or say what to type; elsewhere than on Debian, name them.

    Args:
        packages: What `missing_packages` returned.

    Raises:
        SetupError: If the packages are not there afterwards.
    """
    if not packages:
        return
    names = " ".join(packages)
    if shutil.which("apt-get") is None or not Path("/etc/debian_version").exists():
        # Another display server may do without them, so this is no reason to stop.
        print(f"== this system seems to lack libraries; Debian's names for them are: {names}", flush=True)
        return
    line = f"apt-get update && apt-get install -y --no-install-recommends {names}"
    if os.geteuid() != 0:
        raise SetupError(
            f"this system lacks libraries; type this line, then start again:\n  sudo sh -c '{line}'"
        )
    print(f"== installing system libraries: {names}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(
        ["apt-get", "update"], env=environment, check=False
    )  # one dead source is no reason to stop
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if subprocess.run(install, env=environment, check=False).returncode != 0:
        raise SetupError(f"apt-get could not install what is missing; mend that, then type:\n  {line}")


def _compiles() -> bool:
    header = Path(sysconfig.get_path("include")) / "Python.h"
    return shutil.which("c++") is not None and header.exists()


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
