"""Runs the playhead by the clock."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from app.session import Session

_TICK_MS = 33


class TimelinePlayer(QObject):
    """Moves the session's playhead, so that a slow machine shows fewer pictures, not a slower film.

    Signals:
        playing_changed(bool): It runs, or stands.
    """

    playing_changed = Signal(bool)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        """Stand still.

        Args:
            session: Whose playhead runs.
            parent: Owner.
        """
        super().__init__(parent)
        self._session = session
        self._began = 0.0
        self._from = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        """Whether the playhead runs."""
        return self._timer.isActive()

    def play(self) -> None:
        """Run from where the playhead stands, or from the start if it stands at the end."""
        if self.playing or self._session.animation.empty:
            return
        moment, animation = self._session.moment, self._session.animation
        self._from = 0.0 if moment >= animation.seconds - 0.5 / animation.fps else moment
        self._began = time.monotonic()
        self._timer.start()
        self.playing_changed.emit(True)

    def stop(self) -> None:
        """Stand still where the playhead is."""
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def _tick(self) -> None:
        self.advance(time.monotonic() - self._began)

    def advance(self, seconds: float) -> None:
        """Show where the playhead is so long after it began to run; at the end it starts anew, or stops."""
        animation = self._session.animation
        if animation.empty:
            self.stop()
            return
        moment = self._from + seconds
        if animation.loops:
            self._session.set_moment(moment % animation.seconds)
        else:
            self._session.set_moment(moment)
            if moment >= animation.seconds:
                self.stop()
