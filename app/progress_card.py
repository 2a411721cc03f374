"""What is being done, for who looks at the middle of the window."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.messages import Progress
from app.translation import translate


class ProgressCard(QFrame):
    """What is being done, over the middle of its parent; hidden while nothing is."""

    def __init__(self, parent: QWidget) -> None:
        """Start hidden."""
        super().__init__(parent)
        self.setProperty("card", True)
        self.setFixedWidth(320)
        self._title = QLabel()
        self._title.setProperty("role", "heading")
        self._text = QLabel()
        self._text.setProperty("role", "caption")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(translate("ProgressCard", "Progress"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 18)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        layout.addWidget(self._bar)
        self.hide()

    def begin(self, title: str) -> None:
        """Show the card."""
        self._title.setText(title)
        self.show_progress(Progress(""))
        self.show()
        self.raise_()
        self.place()

    def show_progress(self, news: Progress) -> None:
        """Show news."""
        self._text.setText(news.text)
        show_fraction(self._bar, news.fraction)

    def place(self) -> None:
        """Stand in the parent's middle."""
        parent = self.parentWidget()
        if parent is not None:
            self.adjustSize()
            self.move(QPoint((parent.width() - self.width()) // 2, (parent.height() - self.height()) // 2))


def show_fraction(bar: QProgressBar, fraction: float | None) -> None:
    """Let a bar show a part of the whole, or that the end cannot be told."""
    if fraction is None:
        bar.setRange(0, 0)
    else:
        bar.setRange(0, 1000)
        bar.setValue(round(1000 * fraction))
