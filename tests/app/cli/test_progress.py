from __future__ import annotations

import io
import sys

import pytest

from app.cli import progress as module
from app.cli.progress import duration, progress


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


def test_seconds_as_a_person_reads_them() -> None:
    assert [duration(s) for s in (0.4, 59.4, 59.6, 185, 3599.6, 7800)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "3 min 5 s",
        "1 h 0 min",
        "2 h 10 min",
    ]


def test_pipe_gets_a_line_now_and_then_with_the_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module, "_LINE_EVERY_S", 15.0)
    with progress("rendering") as bar:
        for second in range(1, 21):
            clock.now = 100.0 + second
            bar.show(second / 40.0, f"frame {second}")
    out, err = capsys.readouterr()
    assert out == ""
    # 15 of 40 seconds have gone when the first line is due
    assert err == "frame 15: 38%, 25 s left\n"


def test_quick_work_says_nothing_to_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("rendering") as bar:
        bar.show(0.0)
        bar.show(1.0)
    assert capsys.readouterr() == ("", "")


def test_terminal_gets_a_bar_that_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("rendering") as bar:
        bar.show(0.5, "frame 5")
    assert "frame 5" in terminal.getvalue()
    assert "50%" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[2K")  # the line is erased
