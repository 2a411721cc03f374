"""The bytes of a file that a user hands over, within bounds."""

from __future__ import annotations

from pathlib import Path

from goae_core.errors import CheckpointError


def read_bytes(path: Path, limit: int) -> bytes:
    """Read a file whole.

    Args:
        path: The file.
        limit: Most bytes that any file of its kind has.

    Raises:
        CheckpointError: If it is missing, empty, no file, unreadable or larger than `limit`.
    """
    try:
        if not path.is_file():
            raise CheckpointError(f"there is no file '{path}'; check the path")
        size = path.stat().st_size
        if size > limit:
            raise CheckpointError(
                f"'{path.name}' has {size / 2**20:.0f} MiB; a file of its kind has at most "
                f"{limit / 2**20:.0f} MiB, so it was not read"
            )
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"'{path}' cannot be read: {error.strerror or error}; check its rights"
        ) from error
    if not data:
        raise CheckpointError(f"'{path.name}' is empty; get the file again")
    return data
