"""``python -m app.drag_recorder [PHOTO]``: a minute of dragging, and how long the window's thread pauses.

Opens a photo, then drags the camera and a slider in turns, thirty movements a second, and prints the median
and the worst pause of the window's thread, how many movements a newer frame answered, and how soon. With
``--mesh`` the mesh is looked at before, so that OpenGL has drawn into the window once. Needs a display;
``xvfb-run -a -s "-screen 0 1600x1000x24"`` makes one.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QWidget

    from app.main_window import MainWindow
    from app.messages import Edits, Picture
    from app.pose import Pose

_PATIENCE_S = 240.0
_BEAT_MS = 5
_MOVE_MS = 33
_MOVES = 20


@dataclass(frozen=True, slots=True)
class DragRecord:
    """What a stretch of dragging showed."""

    seconds: float
    drags: int
    """Movements of the hand."""
    answered: int
    """Frames that answered them; a frame answers every movement before it that no other did."""
    median_pause: float
    """Seconds between two turns of the window's event loop, which a timer wakes every 5 ms."""
    worst_pause: float
    median_delay: float
    """Seconds from a movement to the frame that shows it; NaN if there is none."""
    work: float
    """Seconds of processor time that the window's thread took for each movement: no other program's load."""
    longest_work: float
    """Seconds of its processor time in one go, between two turns of the event loop: the worst pause on a
    machine that has nothing else to do."""

    @property
    def share(self) -> float:
        """Of the movements that a frame of their own answered, 0 to 1."""
        return min(self.answered / max(self.drags, 1), 1.0)

    def __str__(self) -> str:
        """The line for the note."""
        return (
            f"{self.drags} drags in {self.seconds:.0f} s: pauses of the window's thread median "
            f"{1000 * self.median_pause:.0f} ms, worst {1000 * self.worst_pause:.0f} ms; "
            f"{100 * self.share:.0f} % of the drags answered by a newer frame, "
            f"{1000 * self.median_delay:.0f} ms after the hand (median); "
            f"{1000 * self.work:.1f} ms of the window thread's own work a movement, "
            f"{1000 * self.longest_work:.0f} ms at most in one go"
        )


def spin(milliseconds: int) -> None:
    """Let the window live."""
    from PySide6.QtCore import QEventLoop, Qt, QTimer

    loop = QEventLoop()
    timer = QTimer()
    timer.setSingleShot(True)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(loop.quit)
    timer.start(milliseconds)
    loop.exec()


def wait(window: MainWindow, condition: Callable[[], bool]) -> None:
    """Let the window live until something holds.

    Raises:
        TimeoutError: If it does not come to hold within four minutes.
    """
    end = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"the window did not get there; it says: {window.status.text}")
        spin(20)


def record_drags(window: MainWindow, seconds: float) -> DragRecord:
    """Drag the camera, then a slider, again and again, and watch the window's thread.

    Args:
        window: Shows a document's head.
        seconds: How long.
    """
    from PySide6.QtCore import QPoint, Qt, QTimer
    from PySide6.QtTest import QTest

    session = window.session
    pauses: list[float] = []
    delays: list[float] = []
    moved: dict[tuple[Pose, Edits], float] = {}
    answered = 0
    works: list[float] = []
    last, last_worked = time.perf_counter(), time.thread_time()

    def beat() -> None:
        nonlocal last, last_worked
        now, worked = time.perf_counter(), time.thread_time()
        pauses.append(now - last)
        works.append(worked - last_worked)
        last, last_worked = now, worked

    def on_picture(picture: Picture) -> None:
        nonlocal answered
        when = moved.pop((picture.request.pose, picture.request.edits), None)
        if when is not None:
            answered += 1
            delays.append(time.perf_counter() - when)

    clock = QTimer()
    clock.setTimerType(Qt.TimerType.PreciseTimer)
    clock.timeout.connect(beat)
    window.studio.picture_rendered.connect(on_picture)
    view, drags = window.viewport, 0
    # Not a share of the photo: those make the head anew, an attribute only edits it.
    names = [a.name for a in session.attributes if a.unit != "share"]
    sliders = [window.edit_panel.rows[name].slider for name in names]
    slider = next(s for s in sliders if not s.visibleRegion().isEmpty())
    clock.start(_BEAT_MS)
    began, worked = time.monotonic(), time.thread_time()

    def hold(widget: QWidget, place: Callable[[float], QPoint]) -> None:
        nonlocal drags
        middle = widget.rect().center()
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=middle)
        for step in range(_MOVES):
            before = session.pose, session.edits
            QTest.mouseMove(widget, middle + place(step / 3))
            if (session.pose, session.edits) != before:
                moved[session.pose, session.edits] = time.perf_counter()
                drags += 1
            spin(_MOVE_MS)
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=middle)

    while time.monotonic() < began + seconds:
        hold(view, lambda turn: QPoint(round(60 * math.sin(turn)), round(20 * math.sin(turn))))
        hold(slider, lambda turn: QPoint(round(30 * math.sin(turn)), 0))
    clock.stop()
    window.studio.picture_rendered.disconnect(on_picture)
    return DragRecord(
        time.monotonic() - began,
        drags,
        answered,
        statistics.median(pauses),
        max(pauses),
        statistics.median(delays) if delays else math.nan,
        (time.thread_time() - worked) / max(drags, 1),
        max(works),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Open a window, drag, print.

    Args:
        argv: Arguments without the program's name; None: the process's own.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        prog="python -m app.drag_recorder", description="Pauses of the window while the hand drags."
    )
    parser.add_argument("photo", type=Path, nargs="?", help="a portrait of ours is taken otherwise")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--mesh", action="store_true", help="look at the mesh before")
    parser.add_argument("--model")
    parser.add_argument("--device", default="auto")
    arguments = parser.parse_args(argv)

    from PySide6.QtWidgets import QApplication

    from app.__main__ import assemble
    from app.dialogs import Unsaved
    from app.engine import Engine
    from app.settings import settings_store
    from app.theme import apply_theme, resource

    application = QApplication(sys.argv[:1])
    apply_theme(application)
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        window = assemble(
            Engine(model=arguments.model, device=arguments.device),
            settings_store(folder / "settings.ini"),
            data=folder,
            confirm=lambda parent, name: Unsaved.DISCARD,
        )
        window.resize(1440, 900)
        window.show()
        try:
            window.start(arguments.photo or resource("portraits/sample.png"))
            wait(window, lambda: window.session.document is not None and window.viewport.picture is not None)
            if arguments.mesh:
                window.show_mesh(True)
                wait(window, lambda: window.mesh_view.mesh is not None or not window.studio.busy)
                spin(1000)
                window.show_mesh(False)
            wait(window, lambda: not window.studio.busy)
            spin(2500)  # likeness and recovery file are done
            sys.stdout.write(f"{record_drags(window, arguments.seconds)}\n")
        finally:
            window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
