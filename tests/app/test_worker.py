from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.worker import Worker


@pytest.fixture
def device(qapp: QApplication) -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


def test_work_runs_on_the_device_thread_and_its_answer_on_ours(device: Worker, qtbot: QtBot) -> None:
    threads: list[str] = []
    answers: list[object] = []

    def done(value: object) -> None:
        answers.append((value, threading.current_thread() is threading.main_thread()))

    def work(cancelled: threading.Event) -> int:
        threads.append(threading.current_thread().name)
        return 5

    with qtbot.waitSignal(device.settled):
        device.submit(work, done=done, failed=answers.append)
    assert threads == ["device"]
    assert answers == [(5, True)]


def test_a_failure_comes_back_as_the_error_itself(device: Worker, qtbot: QtBot) -> None:
    error = ValueError("no")
    failures: list[Exception] = []

    def work(cancelled: threading.Event) -> None:
        raise error

    with qtbot.waitSignal(device.settled):
        device.submit(work, done=lambda value: None, failed=failures.append)
    assert failures == [error]


def test_after_closing_no_answer_comes_and_no_work_is_taken(device: Worker, qtbot: QtBot) -> None:
    answers: list[object] = []
    started = threading.Event()

    def work(cancelled: threading.Event) -> int:
        started.set()
        assert cancelled.wait(10)
        return 1

    device.submit(work, done=answers.append, failed=answers.append, dropped=lambda: answers.append(None))
    assert started.wait(10)
    device.close()
    device.close()
    QApplication.processEvents()
    assert answers == []
    with pytest.raises(RuntimeError, match="closed"):
        device.submit(work, done=answers.append, failed=answers.append)


def test_emitting_a_signal_costs_no_reference_to_true(qapp: QApplication) -> None:
    # PySide6 6.12.0 returns True from emit() without a reference of its own. Under Python 3.11, where True
    # is not immortal, a few hundred camera moves then end the whole program.
    class Bell(QObject):
        rung = Signal()

    bell = Bell()
    before = sys.getrefcount(True)
    for _ in range(50):
        bell.rung.emit()
    assert sys.getrefcount(True) - before > -25
