"""The foot of the export dialog while a file is being written, and after."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QSize, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.messages import Progress
from app.progress_card import show_fraction
from app.status_line import TimeLeft
from app.theme import icon
from app.translation import translate


class ExportProgress(QFrame):
    """Says what is being written, how far it is and how long it still takes; then what was written.

    Signals:
        cancel_asked(): Stop.
        again_asked(): Back to the form.
        close_asked(): Close the dialog; what is being written goes on.
    """

    cancel_asked = Signal()
    again_asked = Signal()
    close_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start idle."""
        super().__init__(parent)
        self.setProperty("card", True)
        self._left = TimeLeft(0.0)
        self._path: Path | None = None
        self._mark = QLabel()
        self._title = QLabel()
        self._title.setProperty("role", "heading")
        self._detail = QLabel()
        self._detail.setProperty("role", "caption")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(translate("ExportDialog", "Progress"))
        self.cancel_button = self._button(
            "cancel",
            translate("ExportDialog", "Cancel"),
            translate("ExportDialog", "Stop; nothing is left behind"),
        )
        self.cancel_button.clicked.connect(self.cancel_asked)
        self.background_button = self._button(
            "",
            translate("ExportDialog", "Go on in the background"),
            translate("ExportDialog", "Close the dialog; the status line shows how far it is"),
        )
        self.background_button.clicked.connect(self.close_asked)
        self.folder_button = self._button(
            "folder",
            translate("ExportDialog", "Show in folder"),
            translate("ExportDialog", "Open the folder it was written to"),
        )
        self.folder_button.clicked.connect(self._open_folder)
        self.again_button = self._button(
            "",
            translate("ExportDialog", "Export another"),
            translate("ExportDialog", "Back to the settings"),
        )
        self.again_button.clicked.connect(self.again_asked)
        self.close_button = self._button(
            "", translate("ExportDialog", "Close"), translate("ExportDialog", "Close the dialog")
        )
        self.close_button.setProperty("primary", True)
        self.close_button.clicked.connect(self.close_asked)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._mark)
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._detail)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.background_button)
        buttons.addWidget(self.folder_button)
        buttons.addStretch(1)
        for button in (self.cancel_button, self.again_button, self.close_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 13, 16, 13)
        layout.setSpacing(10)
        layout.addLayout(head)
        layout.addWidget(self.bar)
        layout.addLayout(buttons)

    @property
    def title(self) -> str:
        """What it says."""
        return self._title.text()

    @property
    def detail(self) -> str:
        """What it says beside that: the time left, or the size of the file."""
        return self._detail.text()

    def begin(self, path: Path) -> None:
        """A file begins to be written."""
        self._path = path
        self._left = TimeLeft(time.monotonic())
        self._mark.hide()
        self._title.setText(translate("ExportDialog", "Writing {name}").format(name=path.name))
        self._detail.setText("")
        show_fraction(self.bar, None)
        self._show(running=True)
        self.cancel_button.setEnabled(True)

    def show_progress(self, news: Progress) -> None:
        """Show news of it."""
        self._title.setText(news.text)
        self._detail.setText(self._left.after(news.fraction, time.monotonic()))
        show_fraction(self.bar, news.fraction)

    def stopping(self) -> None:
        """It was asked to stop, and does so at its next chunk."""
        self.cancel_button.setEnabled(False)
        self._title.setText(translate("ExportDialog", "Stopping…"))
        self._detail.setText("")

    def finish(self, path: Path) -> None:
        """The file is there."""
        self._path = path
        self._mark.setPixmap(icon("check_circle", "accent").pixmap(QSize(20, 20)))
        self._mark.show()
        self._title.setText(translate("ExportDialog", "Wrote {name}").format(name=path.name))
        self._detail.setText(size_words(written_bytes(path)))
        self._show(running=False)
        self.close_button.setFocus()

    def _show(self, *, running: bool) -> None:
        for widget in (self.bar, self.cancel_button, self.background_button):
            widget.setVisible(running)
        for widget in (self.folder_button, self.again_button, self.close_button):
            widget.setVisible(not running)

    def _open_folder(self) -> None:
        if self._path is not None:
            folder = self._path if self._path.is_dir() else self._path.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _button(self, symbol: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        if symbol:
            button.setIcon(icon(symbol, "muted"))
        button.setToolTip(tip)
        button.setAutoDefault(False)
        return button


def written_bytes(path: Path) -> int:
    """The size of a file, or of all files in a folder; 0 if it is gone."""
    try:
        if path.is_dir():
            return sum(file.stat().st_size for file in path.iterdir())
        return path.stat().st_size
    except OSError:
        return 0


def size_words(count: float) -> str:
    """Bytes as a person reads them: `640 kB`, `1.3 MB`."""
    if count < 999_500:
        return translate("Size", "{size:.0f} kB").format(size=max(count / 1e3, 1.0))
    if count < 9_950_000:
        return translate("Size", "{size:.1f} MB").format(size=count / 1e6)
    if count < 999_500_000:
        return translate("Size", "{size:.0f} MB").format(size=count / 1e6)
    return translate("Size", "{size:.1f} GB").format(size=count / 1e9)
