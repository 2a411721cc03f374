"""The program as a process, for tests that kill it: ``python -m tests.app.window_process STEP [PHOTO]``.

work PHOTO   opens the photo, edits, turns, locks; prints "kept" when the recovery file holds all of it; waits
watch        does nothing itself; prints what the window holds, and where things are on the screen, as a
             line of JSON whenever any of it changes
restore      accepts the offer that the program makes at its start; prints what came back as JSON; ends

Both run the program's own `main`; a hand of ours does in the window what a person would.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from app.__main__ import main
from app.export_panel import ExportDialog
from app.main_window import MainWindow
from app.messages import OpenRequest
from app.recovery import read_state

_TURN = 0.25
_MODEL = ["--model", "random-tiny", "--device", "cpu"]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _work(photo: Path) -> Callable[[MainWindow], None]:
    def act(window: MainWindow) -> None:
        session, autosave = window.session, window.autosave
        assert autosave is not None

        def edit() -> None:
            session.set_edit("smile", 1.5)
            session.look_from(_TURN, 0.0)
            session.set_locked("age", True)
            session.set_shown("depth")

        def tell() -> None:
            state = read_state(autosave.folder) if autosave.folder else None
            if state is not None and (state.pose, state.showing) == (session.pose, session.showing):
                _say("kept")

        window.studio.opened.connect(edit)
        autosave.written.connect(tell)
        window.session.model_changed.connect(
            lambda: window.studio.open(OpenRequest(photo, center=True)),
            Qt.ConnectionType.SingleShotConnection,
        )

    return act


def _center(widget: QWidget) -> tuple[int, int]:
    place = widget.mapToGlobal(widget.rect().center())
    return place.x(), place.y()


def _watch(window: MainWindow) -> None:
    session, last = window.session, [""]
    written: list[str] = []
    window.studio.exported.connect(lambda path: written.append(str(path)))

    def look() -> None:
        picture = window.viewport.picture
        dialog = QApplication.activeModalWidget()
        places = {"viewport": _center(window.viewport)}
        row = window.edit_panel.rows.get("smile")
        if row is not None and row.isVisible():
            places["smile"] = _center(row.slider)
        if isinstance(dialog, ExportDialog):
            places["export"] = _center(dialog.go)
        state = {
            "window": int(window.winId()),
            "model": session.model is not None,
            "open": session.document.name if session.document else "",
            "yaw": round(math.degrees(session.pose.yaw), 3),
            "edits": session.edits,
            "steps": session.undo_stack.index(),
            "picture": picture is not None and picture.request.quality,
            "shown_yaw": round(math.degrees(picture.request.pose.yaw), 3) if picture else None,
            "dialog": type(dialog).__name__ if dialog else "",
            "written": written,
            "places": places,
        }
        line = json.dumps(state)
        if line != last[0]:
            last[0] = line
            _say(line)

    clock = QTimer(window)
    clock.timeout.connect(look)
    clock.start(100)


def _restore(window: MainWindow) -> None:
    session = window.session

    def agree() -> None:
        box = window.restore_dialog
        if box is None:
            QTimer.singleShot(50, window, agree)
            return
        QTest.mouseClick(box.button(QMessageBox.StandardButton.Yes), Qt.MouseButton.LeftButton)

    def tell() -> None:
        state = {
            "edits": session.edits,
            "yaw": session.pose.yaw,
            "shown": session.showing.shown,
            "locked": session.showing.locked,
            "unsaved": session.dirty,
        }
        _say(json.dumps(state))
        session.undo_stack.setClean()  # nobody is there to be asked
        QTimer.singleShot(0, window, window.close)

    window.studio.opened.connect(tell)
    agree()


if __name__ == "__main__":
    if sys.argv[1] == "work":
        sys.exit(main(_MODEL, shown=_work(Path(sys.argv[2]))))
    sys.exit(main(_MODEL, shown={"watch": _watch, "restore": _restore}[sys.argv[1]]))
