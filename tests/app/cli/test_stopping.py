from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.cli import stopping
from app.cli.stopping import Interrupted, ctrl_c_stops, should_stop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to whole consoles only")


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def interrupted() -> Iterator[None]:
    with pytest.raises(Interrupted), ctrl_c_stops():
        yield


def test_flag_is_down_at_first_and_up_after_ctrl_c() -> None:
    with ctrl_c_stops():
        assert not should_stop()
        press_ctrl_c()
        assert should_stop()
    with ctrl_c_stops():
        assert not should_stop()


def test_work_that_does_not_look_is_interrupted_after_the_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_GRACE_S", 0.02)
    with interrupted():
        press_ctrl_c()
        while True:
            time.sleep(0.001)


def test_work_that_looked_may_finish_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_GRACE_S", 0.02)
    with ctrl_c_stops():
        press_ctrl_c()
        assert should_stop()
        time.sleep(0.1)  # five times the grace: an interrupt would have come


def test_second_ctrl_c_interrupts_at_once() -> None:
    with interrupted():
        press_ctrl_c()
        assert should_stop()
        press_ctrl_c()
        pytest.fail("the second one must not be ignored")


def test_termination_is_heard_as_well() -> None:
    with ctrl_c_stops():
        os.kill(os.getpid(), signal.SIGTERM)
        assert should_stop()


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)]
    with ctrl_c_stops():
        press_ctrl_c()
    assert [signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)] == before
