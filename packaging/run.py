"""Start GOAE Studio; where there is no display, show what it does with one portrait.

    python3 packaging/run.py [PHOTO]

With a display the window opens, with the photo in it if one is named. Without one (no ``DISPLAY`` and no
``WAYLAND_DISPLAY`` on Linux) the command line turns the photo, or the sample portrait, into a head: pictures,
a turntable and a mesh in ``output/``. The first start makes the environment in ``.venv``; that takes minutes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit("GOAE Studio needs Python 3.11 or newer: python3.11 packaging/run.py")

import environment
import system_libraries

SAMPLE = environment.ROOT / "resources" / "portraits" / "sample.png"
OUTPUT = environment.ROOT / "output"


def main() -> int:
    """Run the program and return its exit status."""
    parser = argparse.ArgumentParser(description="Start GOAE Studio.")
    parser.add_argument(
        "photo", nargs="?", type=Path, help="the portrait to open (default: none, or the sample)"
    )
    parser.add_argument(
        "--no-window", action="store_true", help="use the command line even where a display is"
    )
    asked = parser.parse_args()
    if asked.photo is not None and not asked.photo.exists():
        parser.error(f"there is no photo {asked.photo}; name a picture file")
    window = _has_display() and not asked.no_window
    system_libraries.provide(system_libraries.missing_packages(window=window, virtual_display=False))
    environment.prepare()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if window:
        return _run("-m", "app", *([str(asked.photo)] if asked.photo else []))
    return _show(asked.photo or SAMPLE)


def _has_display() -> bool:
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _show(photo: Path) -> int:
    """Turn a photo into pictures, a turntable and a mesh, one command after the other."""
    project = OUTPUT / f"{photo.stem}.goae"
    turntable = OUTPUT / f"{photo.stem}_turntable.gif"
    mesh = OUTPUT / f"{photo.stem}.obj"
    OUTPUT.mkdir(exist_ok=True)
    for arguments in (
        ["invert", str(photo), "-o", str(OUTPUT)],
        ["turntable", str(project), "-o", str(turntable)],
        ["mesh", str(project), "-o", str(mesh)],
    ):
        print("== goae " + " ".join(arguments), flush=True)
        if status := subprocess.run([environment.command("goae"), *arguments], check=False).returncode:
            return status
    print("\nThere is no display, so no window opened. What was made:")
    for made, what in (
        (OUTPUT / f"{photo.stem}_reconstruction.png", "the head, seen as in the photo"),
        (OUTPUT / f"{photo.stem}_views.png", "photo, reconstruction, and the head from five sides"),
        (turntable, "the head turning"),
        (mesh, "its surface, with colours"),
        (project, "the head itself: goae render, turntable and mesh go on from it"),
    ):
        print(f"  {made}  {what}")
    return 0


def _run(*arguments: str) -> int:
    return subprocess.run([str(environment.PYTHON), *arguments], check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except system_libraries.SetupError as error:
        sys.exit(f"run.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
