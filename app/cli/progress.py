"""Progress of long work, on stderr: a bar with the time left on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_LINE_EVERY_S = 15.0


class Bar(Protocol):
    """One piece of long work."""

    def show(self, fraction: float, text: str | None = None) -> None:
        """Say how much is done.

        Args:
            fraction: 0 to 1.
            text: What is being done now; None: as before.
        """


@contextmanager
def progress(text: str) -> Iterator[Bar]:
    """Show progress while the block runs, and nothing of it afterwards.

    On a terminal everything printed meanwhile appears above the bar.

    Args:
        text: What is being done.

    Yields:
        The bar; starts at 0.
    """
    if not sys.stderr.isatty():
        yield _Lines(text)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        yield _Drawn(display, text)


class _Drawn:
    def __init__(self, display: object, text: str) -> None:
        from rich.progress import Progress

        assert isinstance(display, Progress)
        self._display = display
        self._task = display.add_task(text, total=1.0)

    def show(self, fraction: float, text: str | None = None) -> None:
        self._display.update(self._task, completed=fraction, description=text)


class _Lines:
    """For logs and pipes: a line when the work takes long, and then not more often than every 15 seconds."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._start = self._last = time.monotonic()

    def show(self, fraction: float, text: str | None = None) -> None:
        self._text = self._text if text is None else text
        now = time.monotonic()
        if now - self._last < _LINE_EVERY_S:
            return
        self._last = now
        left = f", {duration((now - self._start) * (1 - fraction) / fraction)} left" if fraction > 0 else ""
        print(f"{self._text}: {fraction:.0%}{left}", file=sys.stderr, flush=True)  # noqa: T201


def duration(seconds: float) -> str:
    """Seconds as a person reads them: `42 s`, `3 min 5 s`, `2 h 10 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
