"""Projects that were open lately, with their pictures. No Qt."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from app.messages import Pixels

_CROP = "crop.png"
_MAX_CROP = 16 * 2**20
_MAX_SIDE = 4096
_THUMBNAIL = 160
LIMIT = 8


@dataclass(frozen=True, slots=True, eq=False)
class Recent:
    """A project that was open lately."""

    path: Path
    thumbnail: Pixels | None
    """(S, S, 3), small; None: the file does not say."""


def with_newest(path: Path, paths: Iterable[Path]) -> tuple[Path, ...]:
    """The list with `path` in front, once."""
    return (path, *(known for known in paths if known != path))[:LIMIT]


def look_up(paths: Iterable[Path]) -> tuple[Recent, ...]:
    """What is still there of a list; reads files, so not for the window's thread."""
    return tuple(Recent(path, thumbnail(path)) for path in paths if path.is_file())


def thumbnail(path: Path) -> Pixels | None:
    """The aligned photo inside a project, small; None if there is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(_CROP)
            if info.file_size > _MAX_CROP:
                return None
            data = archive.read(info)
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            if max(picture.size) > _MAX_SIDE:
                return None
            small = picture.convert("RGB")
            small.thumbnail((_THUMBNAIL, _THUMBNAIL))
            return np.asarray(small).copy()
    except (OSError, KeyError, ValueError, SyntaxError, RuntimeError, zipfile.BadZipFile):
        return None
