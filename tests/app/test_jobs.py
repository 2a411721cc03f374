from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError

import pytest

from app.jobs import Dropped, Failed, Finished, JobQueue, Outcome, Ticket
from goae_core.errors import StoppedError

PATIENCE_S = 10.0


class Bench:
    """A queue, what it reported, and a first job that holds the thread until told to let go."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self._changed = threading.Condition()
        self.started = threading.Event()
        self.go_on = threading.Event()
        self.queue = JobQueue(self._report)

    def hold(self) -> Ticket:
        """Occupy the thread."""

        def work(cancelled: threading.Event) -> str:
            self.started.set()
            while not self.go_on.wait(0.002):
                if cancelled.is_set():
                    raise StoppedError("stopped")
            return "held"

        ticket = self.queue.submit(work)
        assert self.started.wait(PATIENCE_S)
        return ticket

    def wait_for(self, count: int) -> list[Outcome]:
        """Wait until `count` outcomes are there."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.outcomes) >= count, PATIENCE_S)
        return self.outcomes

    def _report(self, outcome: Outcome) -> None:
        with self._changed:
            self.outcomes.append(outcome)
            self._changed.notify_all()


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.go_on.set()
    made.queue.close()


def give(value: object) -> Callable[[threading.Event], object]:
    return lambda cancelled: value


def test_jobs_run_in_order_on_one_thread_that_is_not_ours(bench: Bench) -> None:
    names: list[str] = []
    tickets = [
        bench.queue.submit(lambda cancelled: names.append(threading.current_thread().name)) for _ in range(3)
    ]
    assert [outcome.ticket for outcome in bench.wait_for(3)] == tickets
    assert names == ["device"] * 3


def test_a_result_becomes_finished_and_an_error_becomes_failed(bench: Bench) -> None:
    error = ValueError("no")

    def fail(cancelled: threading.Event) -> None:
        raise error

    good, bad = bench.queue.submit(give(7)), bench.queue.submit(fail)
    assert bench.wait_for(2) == [Finished(good, 7), Failed(bad, error)]


def test_the_newest_job_of_a_lane_replaces_the_waiting_one_and_never_the_running_one(bench: Bench) -> None:
    running = bench.hold()
    replaced = [bench.queue.submit(give(n), lane="frame") for n in range(5)]
    newest = bench.queue.submit(give("newest"), lane="frame")
    bench.go_on.set()
    outcomes = bench.wait_for(7)
    assert outcomes[:5] == [Dropped(ticket) for ticket in replaced]
    assert outcomes[5:] == [Finished(running, "held"), Finished(newest, "newest")]


def test_lanes_do_not_disturb_each_other_nor_jobs_without_a_lane(bench: Bench) -> None:
    held = bench.hold()
    tickets = [
        bench.queue.submit(give("frame"), lane="frame"),
        bench.queue.submit(give("mesh"), lane="mesh"),
        bench.queue.submit(give("export")),
        bench.queue.submit(give("export")),
    ]
    bench.go_on.set()
    assert [outcome.ticket for outcome in bench.wait_for(5)] == [held, *tickets]
    assert all(isinstance(outcome, Finished) for outcome in bench.outcomes)


def test_a_ticket_cancelled_while_it_waits_never_runs(bench: Bench) -> None:
    bench.hold()
    ran: list[int] = []
    ticket = bench.queue.submit(lambda cancelled: ran.append(1))
    ticket.cancelled.set()
    bench.go_on.set()
    assert bench.wait_for(2)[1] == Dropped(ticket)
    assert ran == []


@pytest.mark.parametrize("error", [StoppedError("stopped"), CancelledError()])
def test_a_job_that_says_it_was_stopped_is_dropped_not_failed(bench: Bench, error: Exception) -> None:
    def work(cancelled: threading.Event) -> None:
        raise error

    ticket = bench.queue.submit(work)
    assert bench.wait_for(1) == [Dropped(ticket)]


def test_closing_stops_the_running_job_drops_the_rest_and_answers_every_ticket_once(bench: Bench) -> None:
    tickets = [bench.hold(), *(bench.queue.submit(give(n)) for n in range(3))]
    bench.queue.close()
    assert sorted(map(id, tickets)) == sorted(id(outcome.ticket) for outcome in bench.outcomes)
    assert all(isinstance(outcome, Dropped) for outcome in bench.outcomes)


def test_a_closed_queue_takes_no_job_and_may_be_closed_again(bench: Bench) -> None:
    bench.queue.close()
    bench.queue.close()
    with pytest.raises(RuntimeError, match="closed"):
        bench.queue.submit(give(1))
