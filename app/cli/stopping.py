"""Ctrl-C: asked politely first, then by exception, within a second in all.

The first SIGINT or SIGTERM sets a flag that long work looks at between steps. Work that has not looked within
a grace of 0.4 seconds gets an exception between two bytecodes, and so does all work at a second Ctrl-C. Either way
the blocks that write files clean up behind themselves.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_GRACE_S = 0.4

_asked = threading.Event()


class Interrupted(BaseException):
    """Ctrl-C was pressed and the work did not end by itself; no `except Exception` may hold it up."""


def should_stop() -> bool:
    """Whether the user asked to stop; the `should_stop` of everything in `goae_core`. Any thread.

    Work that hears yes is about to end by itself, perhaps after saving its state: from then on only a second
    Ctrl-C interrupts it.
    """
    if _asked.is_set() and hasattr(signal, "SIGALRM"):
        signal.setitimer(signal.ITIMER_REAL, 0)
    return _asked.is_set()


@contextmanager
def ctrl_c_stops() -> Iterator[None]:
    """Handle signals as described above while the block runs; main thread only.

    Raises:
        Interrupted: Anywhere inside the block, if the user insists or the grace is over.
    """
    _asked.clear()
    kinds = [signal.SIGINT, signal.SIGTERM]
    before = {kind: signal.signal(kind, _on_signal) for kind in kinds}
    alarm = signal.signal(signal.SIGALRM, _on_alarm) if hasattr(signal, "SIGALRM") else None
    try:
        yield
    finally:
        if hasattr(signal, "SIGALRM"):
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, alarm)
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _on_signal(number: int, frame: FrameType | None) -> None:
    if _asked.is_set() or not hasattr(signal, "SIGALRM"):
        _asked.set()
        raise Interrupted
    _asked.set()
    signal.setitimer(signal.ITIMER_REAL, _GRACE_S)


def _on_alarm(number: int, frame: FrameType | None) -> None:
    raise Interrupted
