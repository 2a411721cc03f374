"""The bridge from the job queue to Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from app.jobs import Dropped, Failed, Finished, JobQueue, Outcome, Ticket, Work


@dataclass(frozen=True, slots=True)
class _Answers:
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]
    dropped: Callable[[], None]


class Worker(QObject):
    """Owns a job queue; brings every outcome back to the window's thread and to who asked for it.

    Signals:
        reported(Outcome): Emitted on the worker's thread; slots run on the window's.
        settled(Ticket): Emitted on the window's thread after the ticket's answer was given.
    """

    reported = Signal(object)
    settled = Signal(object)

    def __init__(self, parent: QObject | None = None, *, name: str = "device") -> None:
        """Start the thread `name`."""
        super().__init__(parent)
        self._answers: dict[Ticket, _Answers] = {}
        self.reported.connect(self._settle, Qt.ConnectionType.QueuedConnection)
        self._queue = JobQueue(self.reported.emit, name)
        self._open = True

    def submit(
        self,
        work: Work,
        *,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        dropped: Callable[[], None] = lambda: None,
        lane: str | None = None,
    ) -> Ticket:
        """Queue `work`; called on the window's thread, and so are the three answers, exactly one a ticket.

        Args:
            work: Called as work(cancelled) on the worker's thread.
            done: Receives what `work` returned.
            failed: Receives what `work` raised.
            dropped: Called when the job was superseded or stopped.
            lane: See `JobQueue.submit`.

        Raises:
            RuntimeError: If the thread is closed.
        """
        ticket = self._queue.submit(work, lane=lane)
        self._answers[ticket] = _Answers(done, failed, dropped)
        return ticket

    def close(self) -> None:
        """Stop the running job at its next chunk, drop the rest, end the thread; answers no longer come."""
        if self._open:
            self._open = False
            self._answers.clear()
            self._queue.close()

    def _settle(self, outcome: Outcome) -> None:
        answers = self._answers.pop(outcome.ticket, None)
        if answers is None:
            return
        match outcome:
            case Finished(value=value):
                answers.done(value)
            case Failed(error=error):
                answers.failed(error)
            case Dropped():
                answers.dropped()
        self.settled.emit(outcome.ticket)
