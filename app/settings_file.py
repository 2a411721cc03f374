"""What the window and the command line share: one TOML file in the user's configuration folder. No Qt.

    device = "auto"        # auto, cuda, mps or cpu
    model = ""             # as `goae models list` names it; empty: the embedded one
    threads = 0            # of the processor; 0: as many as there are

    [folders]
    photos = ""            # where photos are looked for first
    output = ""            # where results go unless told otherwise
    models = ""            # where imported models lie; empty: the data folder

Options of the command line win over the file. A file that is broken changes nothing, is reported in one
sentence, and is never overwritten unless the user says so.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import appdirs
import tomlkit
from tomlkit.items import Table

from goae_core.errors import ExportError, SettingsError
from goae_core.whole_file import whole_file

DEVICES: Final = ("auto", "cuda", "mps", "cpu")
MOST_THREADS: Final = 256
_FOLDERS: Final = "folders"
_FOLDER_KEYS: Final = ("photos", "output", "models")
_HEAD: Final = "What GOAE Studio and the command goae share; options of the command line win over it."


@dataclass(frozen=True, slots=True)
class SharedSettings:
    """What the file says."""

    device: str = "auto"
    """One of `DEVICES`."""
    model: str = ""
    """Empty: the embedded one."""
    threads: int = 0
    """0: as many as there are."""
    photos: str = ""
    """Folder; empty: none in particular. So are the next two."""
    output: str = ""
    models: str = ""


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file that was read.

    Attributes:
        path: Where it lies, or would.
        shared: What it says, with defaults for what it does not say or says wrongly.
        problem: One sentence if something in it is wrong; empty otherwise.
        readable: Whether it is TOML at all; one that is not is overwritten only on request.
    """

    path: Path
    shared: SharedSettings = SharedSettings()
    problem: str = ""
    readable: bool = True


def settings_path() -> Path:
    """Where the file lies: in `GOAE_DATA_DIR` if that is set, else in the user's configuration folder."""
    folder = os.environ.get("GOAE_DATA_DIR") or appdirs.user_config_dir("goae-studio", appauthor=False)
    return Path(folder) / "settings.toml"


def read_shared(path: Path | None = None) -> SettingsFile:
    """Read the file; never fails.

    Args:
        path: None: the usual place.
    """
    path = path or settings_path()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return SettingsFile(path)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it is no text"
        problem = (
            f"the settings in '{path}' cannot be read ({_small(reason)}), so the defaults are used; "
            "mend or delete that file"
        )
        return SettingsFile(path, problem=problem, readable=False)
    except OSError as error:
        problem = (
            f"the settings in '{path}' cannot be read ({error.strerror or error}), so the defaults are used; "
            "check its rights"
        )
        return SettingsFile(path, problem=problem, readable=False)
    shared, wrong = _taken(content)
    problem = ""
    if wrong:
        problem = f"in '{path}' {'; '.join(wrong)}; the default is used, so mend that line"
    return SettingsFile(path, shared, problem)


def write_shared(shared: SharedSettings, path: Path | None = None, *, replace_broken: bool = False) -> None:
    """Write what differs into the file; comments, order and unknown keys of its author stay.

    Args:
        shared: What it shall say.
        path: None: the usual place.
        replace_broken: Put a file that is no TOML aside, under the same name with `.broken` behind it.

    Raises:
        SettingsError: If the file is broken and shall not be replaced, or cannot be written.
    """
    path = path or settings_path()
    before = read_shared(path)
    try:
        if not before.readable:
            if not replace_broken:
                raise SettingsError(
                    f"the settings were not saved, for '{path}' is broken and is not overwritten; mend or "
                    "delete that file"
                )
            os.replace(path, path.with_name(path.name + ".broken"))
        document = _document(path)
        _put(document, shared, before.shared, unsaid=bool(before.problem))
        with whole_file(path) as part:
            part.write_text(tomlkit.dumps(document), encoding="utf-8")
    except (OSError, ExportError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(
            f"the settings were not saved in '{path}': {reason}; check the rights of its folder"
        ) from error


def apply_environment(shared: SharedSettings) -> None:
    """Let libraries and processes started from here know: threads and the models' folder.

    What the user has set in the environment stays. To be called before torch is imported.
    """
    if shared.threads:
        os.environ.setdefault("OMP_NUM_THREADS", str(shared.threads))
    if shared.models:
        os.environ.setdefault("GOAE_MODELS_DIR", str(Path(shared.models).expanduser()))


def _taken(content: Mapping[str, Any]) -> tuple[SharedSettings, list[str]]:
    """The settings, and what is wrong with the rest, in words."""
    shared, wrong = SharedSettings(), []
    device = content.get("device", shared.device)
    if device in DEVICES:
        shared = replace(shared, device=device)
    else:
        wrong.append(f"device is {device!r}, expected one of {', '.join(DEVICES)}")
    model = content.get("model", shared.model)
    if isinstance(model, str):
        shared = replace(shared, model=model.strip())
    else:
        wrong.append(f"model is {model!r}, expected a name in quotes")
    threads = content.get("threads", shared.threads)
    if isinstance(threads, int) and not isinstance(threads, bool) and 0 <= threads <= MOST_THREADS:
        shared = replace(shared, threads=threads)
    else:
        wrong.append(f"threads is {threads!r}, expected a whole number from 0 to {MOST_THREADS}")
    folders = content.get(_FOLDERS, {})
    if not isinstance(folders, dict):
        return shared, [*wrong, f"{_FOLDERS} is {folders!r}, expected a table"]
    paths: dict[str, str] = {}
    for key in _FOLDER_KEYS:
        folder = folders.get(key, "")
        if isinstance(folder, str):
            paths[key] = folder.strip()
        else:
            paths[key] = ""
            wrong.append(f"{_FOLDERS}.{key} is {folder!r}, expected a path in quotes")
    photos, output, models = (paths[key] for key in _FOLDER_KEYS)
    return replace(shared, photos=photos, output=output, models=models), wrong


def _document(path: Path) -> tomlkit.TOMLDocument:
    """The file as its author wrote it; a new one with a word on what it is."""
    if path.exists():
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    document = tomlkit.document()
    document.add(tomlkit.comment(_HEAD))
    return document


def _put(
    document: tomlkit.TOMLDocument, shared: SharedSettings, before: SharedSettings, *, unsaid: bool
) -> None:
    """Write every key that is new, or whose value changed.

    Args:
        document: Changed in place.
        shared: What it shall say.
        before: What it said.
        unsaid: It said something wrong, in place of which a default was taken: every key is written.
    """
    for key in ("device", "model", "threads"):
        if unsaid or key not in document or getattr(shared, key) != getattr(before, key):
            document[key] = getattr(shared, key)
    table = document.get(_FOLDERS)
    if not isinstance(table, Table):
        document.pop(_FOLDERS, None)
        table = tomlkit.table()
        document[_FOLDERS] = table
    for key in _FOLDER_KEYS:
        if unsaid or key not in table or getattr(shared, key) != getattr(before, key):
            table[key] = getattr(shared, key)


def _small(reason: str) -> str:
    """A parser's reason inside a sentence."""
    return reason[:1].lower() + reason[1:].rstrip(".")
