"""The program as a process, for tests that kill it: ``python -m tests.app.window_process STEP [PHOTO]``.

work PHOTO   opens the photo, edits, turns, locks; prints "kept" when the recovery file holds all of it; waits
restore      accepts the offer that the program makes at its start; prints what came back as JSON; ends

Both run the program's own `main`; a hand of ours does in the window what a person would.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from app.__main__ import main
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
    sys.exit(main(_MODEL, shown=_restore))
