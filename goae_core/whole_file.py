"""Files that are there in full or not at all.

Every result is written beside its place under another name and moved there at the end, so a stopped or failed
command leaves what was there before, and never half a file.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from goae_core.errors import ExportError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; move it to `path` when the block ends, remove it when the block raises.

    Args:
        path: Where the file shall be in the end. Missing folders are made.

    Yields:
        A path in the same folder with the same suffix; the file exists and is empty.

    Raises:
        ExportError: If the folder or the file cannot be written.
    """
    try:
        if path.is_dir():
            raise ExportError(f"'{path}' is a folder; name a file to write")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=path.suffix, prefix=f".{path.stem}-", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise ExportError(
            f"cannot write '{path}': {error.strerror or error}; choose another place"
        ) from error
    part = Path(name)
    try:
        try:
            yield part
            # mkstemp makes files that only their owner reads; a result follows the user's umask
            os.chmod(part, 0o666 & ~_umask())
            os.replace(part, path)
        except OSError as error:
            raise ExportError(
                f"cannot write '{path}': {error.strerror or error}; check space and rights"
            ) from error
    finally:
        part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
