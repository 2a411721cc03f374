"""Ctrl-C: asked politely first, then by exception, within a second in all.

The first SIGINT or SIGTERM sets a flag that long work looks at between steps. Work that has not looked within
a grace of 0.25 seconds gets an exception between two bytecodes, and so does all work at a second Ctrl-C.
Either way the blocks that write files clean up behind themselves.
"""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_GRACE_S = 0.25

_asked = threading.Event()
_heard = threading.Event()


class Interrupted(BaseException):
    """Ctrl-C was pressed and the work did not end by itself; no `except Exception` may hold it up."""


def should_stop() -> bool:
    """Whether the user asked to stop; the `should_stop` of everything in `goae_core`. Any thread.

    Work that hears yes is about to end by itself, perhaps after saving its state: from then on only a second
    Ctrl-C interrupts it.
    """
    if not _asked.is_set():
        return False
    _heard.set()
    return True


@contextmanager
def ctrl_c_stops() -> Iterator[None]:
    """Handle signals as described above while the block runs; main thread only.

    Raises:
        Interrupted: Anywhere inside the block, if the user insists or the grace is over.
    """
    _asked.clear()
    _heard.clear()
    before = {kind: signal.signal(kind, _on_signal) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        _heard.set()  # a watchdog that still waits has nothing left to do
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _on_signal(number: int, frame: FrameType | None) -> None:
    if _asked.is_set():
        _heard.set()
        raise Interrupted
    _asked.set()
    threading.Thread(target=_insist_after_grace, name="ctrl-c", daemon=True).start()


def _insist_after_grace() -> None:
    """Press Ctrl-C again if nobody listened."""
    if _heard.wait(_GRACE_S):
        return
    if hasattr(signal, "pthread_kill"):  # unlike the other way it also wakes a sleeping system call
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main(signal.SIGINT)
