"""What survives a crash: the head once, and a small file that says what was done to it since. No Qt.

recovery/ID/head-N.goae   the head, as a project
recovery/ID/state.json    which head, its strengths, the view; replaced at every change
recovery/ID/lock          held while the window lives (by `autosave`)
"""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from app.pose import Pose
from goae_core.animation import Animation
from goae_core.errors import AnimationError
from goae_core.showing import Showing
from goae_core.strict_json import from_json
from goae_core.whole_file import whole_file

STATE = "state.json"
LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Recovered:
    """A document as it was a moment before its window died."""

    name: str
    head: str
    """File name beside the state."""
    strengths: tuple[tuple[str, float], ...]
    pose: Pose
    project: str = ""
    """The file it was saved in; empty: none."""
    photo: str = ""
    """Where its photo lay; empty: unknown."""
    showing: Showing = field(default_factory=Showing)
    animation: Animation = field(default_factory=Animation)


def write_state(state: Recovered, folder: Path) -> None:
    """Replace the state, all or nothing.

    Raises:
        ExportError: If it cannot be written.
    """
    with whole_file(folder / STATE) as part:
        part.write_text(json.dumps(asdict(state)), "utf-8")


def read_state(folder: Path) -> Recovered | None:
    """The state in a folder; None if there is none that can be used."""
    try:
        content = json.loads((folder / STATE).read_text(encoding="utf-8"))
        state = Recovered(
            name=_words(content["name"]),
            head=Path(_words(content["head"])).name,
            strengths=tuple((_words(name), _number(value)) for name, value in content["strengths"]),
            pose=Pose(**{item.name: _number(content["pose"][item.name]) for item in fields(Pose)}),
            project=_words(content["project"]),
            photo=_words(content["photo"]),
            showing=from_json(Showing, content.get("showing", {}), "showing"),
            animation=from_json(Animation, content.get("animation", {}), "animation"),
        )
    except (AnimationError, OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    return state if (folder / state.head).is_file() else None


def folders(root: Path) -> list[Path]:
    """Every folder that a window made, the newest first."""
    try:
        found = [folder for folder in root.iterdir() if folder.is_dir()]
        return sorted(found, key=lambda folder: -folder.stat().st_mtime)
    except OSError:
        return []


def discard(folder: Path) -> None:
    """Delete a folder; what cannot be deleted is found again next time."""
    shutil.rmtree(folder, ignore_errors=True)


def _words(value: Any) -> str:  # noqa: ANN401 - whatever the file holds
    if not isinstance(value, str):
        raise TypeError(f"expected words, got {value!r}")
    return value


def _number(value: Any) -> float:  # noqa: ANN401 - whatever the file holds
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"expected a number, got {value!r}")
    return float(value)
