"""Work that reports by a call, as steps that somebody else goes through."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from goae_core.errors import StoppedError
from goae_core.training.progress import Progress

Report = Callable[[str, float], None]
"""Hears what is being done and which share of the whole is behind it; may raise to stop."""

T = TypeVar("T")


def silent(message: str, fraction: float) -> None:
    """Nobody listens."""


def reported(work: Callable[[Report], T]) -> Generator[Progress, None, T]:
    """Do work that reports by a call, and give its reports on as steps.

    The work runs on a thread of its own; whoever leaves off listening stops it at its next report.

    Args:
        work: Gets the call to report with: a message and the share that is done.

    Returns:
        What the work returned.
    """
    said: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()
    heard = threading.Event()
    heard.set()

    def report(message: str, fraction: float) -> None:
        if not heard.is_set():
            raise StoppedError("stopped")
        said.put(Progress(round(1000 * fraction), fraction, message=message))

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work, report)
        future.add_done_callback(lambda _: said.put(None))
        try:
            while (step := said.get()) is not None:
                yield step
        finally:
            heard.clear()
        return future.result()
