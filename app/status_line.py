"""The line at the bottom: what is being done, how far it is, and a way to stop it."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QStatusBar, QWidget

from app.messages import ModelInfo, Picture, Progress
from app.progress_card import show_fraction
from app.theme import icon
from app.translation import translate

_NOTE_MS = 12_000
_TELLING = 0.05


class TimeLeft:
    """How long work still takes, judged by how long its first part took."""

    def __init__(self, began: float) -> None:
        """Begin.

        Args:
            began: Seconds on any clock.
        """
        self._began = began

    def after(self, fraction: float | None, now: float) -> str:
        """The time left in words; empty while it cannot be told.

        Args:
            fraction: What is done, 0 to 1.
            now: Seconds on the same clock.
        """
        spent = now - self._began
        if fraction is None or fraction < _TELLING or spent < 1.0:
            return ""
        seconds = spent * (1.0 - fraction) / fraction
        return (
            translate("TimeLeft", "{seconds:.0f} s left").format(seconds=seconds)
            if seconds < 90
            else translate("TimeLeft", "{seconds:.0f} min left").format(seconds=seconds / 60)
        )


class StatusLine(QStatusBar):
    """Left: a sentence, progress, cancel. Right: what the last picture cost, model and device.

    Signals:
        cancel_asked(): Stop the work.
        training_asked(): Show the training that runs.
    """

    cancel_asked = Signal()
    training_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start idle."""
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._busy = False
        self._left = TimeLeft(time.monotonic())
        self._hint = ""
        self._written: Path | None = None
        self._sentence = QLabel()
        self._sentence.setAccessibleName(translate("StatusLine", "Status"))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(180)
        self._bar.setAccessibleName(translate("StatusLine", "Progress"))
        self.cancel_button = QPushButton(icon("cancel", "muted"), translate("StatusLine", "Cancel"))
        self.cancel_button.setProperty("quiet", True)
        self.cancel_button.setToolTip(translate("StatusLine", "Stop what is being done (Esc)"))
        self.cancel_button.clicked.connect(self.cancel_asked)
        self.folder_button = QPushButton(icon("folder", "muted"), translate("StatusLine", "Show in folder"))
        self.folder_button.setProperty("quiet", True)
        self.folder_button.setToolTip(translate("StatusLine", "Open the folder the file was written to"))
        self.folder_button.clicked.connect(self._open_folder)
        for widget in (self._sentence, self._bar, self.cancel_button, self.folder_button):
            self.addWidget(widget)
        for widget in (self._bar, self.cancel_button, self.folder_button):
            widget.hide()
        self.training_button = QPushButton(icon("sparkle", "muted"), "")
        self.training_button.setProperty("quiet", True)
        self.training_button.setAccessibleName(translate("StatusLine", "Training"))
        self.training_button.setToolTip(translate("StatusLine", "Show the training that runs"))
        self.training_button.clicked.connect(self.training_asked)
        self.training_button.hide()
        self._cost = QLabel()
        self._cost.setToolTip(translate("StatusLine", "What the last picture cost"))
        self._model = QLabel(translate("StatusLine", "No model yet"))
        self._model.setToolTip(translate("StatusLine", "Model and device"))
        self.addPermanentWidget(self.training_button)
        self.addPermanentWidget(self._cost)
        self.addPermanentWidget(self._model)
        self._note_over = QTimer(self)
        self._note_over.setSingleShot(True)
        self._note_over.setInterval(_NOTE_MS)
        self._note_over.timeout.connect(self._rest)

    @property
    def text(self) -> str:
        """The sentence."""
        return self._sentence.text()

    def show_progress(self, news: Progress) -> None:
        """Say how long work goes on."""
        self._note_over.stop()
        self.folder_button.hide()
        left = self._left.after(news.fraction, time.monotonic())
        self._sentence.setText(f"{news.text}, {left}" if left else news.text)
        show_fraction(self._bar, news.fraction)

    def show_busy(self, busy: bool) -> None:
        """Long work began or ended."""
        self._busy = busy
        self._bar.setVisible(busy)
        self.cancel_button.setVisible(busy)
        if busy:
            self._left = TimeLeft(time.monotonic())
            show_fraction(self._bar, None)
        else:
            self._rest()

    def show_hint(self, hint: str) -> None:
        """What to say while nothing happens."""
        self._hint = hint
        self._rest()

    def show_note(self, text: str, written: Path | None = None) -> None:
        """Say something that stays a while; with a button to the folder of what was written."""
        self._written = written
        self.folder_button.setVisible(written is not None)
        self._sentence.setText(text)
        self._note_over.start()

    def show_cost(self, picture: Picture) -> None:
        """Say what a picture cost."""
        text = (
            translate("StatusLine", "draft, {cost:.0f} ms")
            if picture.request.quality == "draft"
            else translate("StatusLine", "{cost:.0f} ms")
        )
        self._cost.setText(text.format(cost=1000 * picture.seconds))

    def show_training(self, text: str) -> None:
        """Say how far a training is; empty: none runs."""
        self.training_button.setText(text)
        self.training_button.setVisible(bool(text))

    def show_model(self, model: ModelInfo) -> None:
        """Say which model works where."""
        self._model.setText(f"{model.name} · {model.device}")

    def _rest(self) -> None:
        if not self._busy and not self._note_over.isActive():
            self.folder_button.hide()
            self._sentence.setText(self._hint)

    def _open_folder(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.parent)))
