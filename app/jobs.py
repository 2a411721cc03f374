"""The queue in front of a thread: the device's, and the one for files. No Qt here."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from goae_core.errors import StoppedError

Work = Callable[[threading.Event], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """A submitted job; compare by identity. Setting `cancelled` asks it to stop at its next chunk."""

    work: Work
    lane: str | None
    cancelled: threading.Event


@dataclass(frozen=True, slots=True)
class Finished:
    """The job returned `value`."""

    ticket: Ticket
    value: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The job raised `error`."""

    ticket: Ticket
    error: Exception


@dataclass(frozen=True, slots=True)
class Dropped:
    """The job never ran, or stopped because it was asked to."""

    ticket: Ticket


Outcome = Finished | Failed | Dropped


class JobQueue:
    """Run jobs one at a time, in order, on one thread of their own; the networks' owns the device.

    A job in a lane replaces the job still waiting in that lane: dragging the camera leaves one
    preview waiting, not fifty. A running job is never replaced; it ends by itself or when it
    looks at its `cancelled` event and raises `StoppedError` (the core's word) or `CancelledError`.

    Every ticket gets exactly one outcome. `report` is called on that thread, or on the
    caller's for a job that `submit` or `close` drops; a Qt caller passes a signal's `emit`.
    """

    def __init__(self, report: Callable[[Outcome], None], name: str = "device") -> None:
        """Start the thread.

        Args:
            report: Receives every outcome; must not raise.
            name: The thread's.
        """
        self._report = report
        self._waiting: deque[Ticket] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._running: Ticket | None = None
        self._thread = threading.Thread(target=self._serve, name=name)
        self._thread.start()

    def submit(self, work: Work, *, lane: str | None = None) -> Ticket:
        """Queue `work`; callable from any thread.

        Args:
            work: Called as work(cancelled) on the thread; its result becomes `Finished`.
            lane: Jobs that supersede each other share a lane. None: nothing is superseded.

        Raises:
            RuntimeError: If the queue is closed.
        """
        ticket = Ticket(work, lane, threading.Event())
        with self._wake:
            if self._closing:
                raise RuntimeError("the job queue is closed; no further job can be submitted")
            replaced = [t for t in self._waiting if lane is not None and t.lane == lane]
            for old in replaced:
                self._waiting.remove(old)
            self._waiting.append(ticket)
            self._wake.notify()
        for old in replaced:
            self._report(Dropped(old))
        return ticket

    def close(self) -> None:
        """Drop what waits, ask the running job to stop, and wait for the thread. Closing twice is fine."""
        with self._wake:
            self._closing = True
            dropped = list(self._waiting)
            self._waiting.clear()
            if self._running is not None:
                self._running.cancelled.set()
            self._wake.notify()
        for ticket in dropped:
            self._report(Dropped(ticket))
        self._thread.join()

    def _serve(self) -> None:
        while (ticket := self._next()) is not None:
            self._report(_run(ticket))

    def _next(self) -> Ticket | None:
        with self._wake:
            self._running = None
            self._wake.wait_for(lambda: self._waiting or self._closing)
            if self._waiting:
                self._running = self._waiting.popleft()
            return self._running


def _run(ticket: Ticket) -> Outcome:
    if ticket.cancelled.is_set():
        return Dropped(ticket)
    try:
        return Finished(ticket, ticket.work(ticket.cancelled))
    except (StoppedError, CancelledError):
        return Dropped(ticket)
    except Exception as error:  # the one place where any failure becomes a value
        return Failed(ticket, error)
