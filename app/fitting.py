"""Windows that fit the screen: what does not fit is scrolled, so that nothing is ever cut off.

At 150 and 200 per cent a laptop's screen of 1366 x 768 has 911 x 512 and 683 x 384 pixels of ours.
"""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QWidget

_FRAME = QSize(4, 34)
"""Title bar and edges, which the window manager adds."""
_LEAST_HEIGHT = 120


class FittedDialog(QDialog):
    """A dialog that opens no larger than the screen; its content has to scroll or shrink."""

    def room(self) -> QSize:
        """The largest it can be on its screen, without the window's frame."""
        return self.screen().availableSize() - _FRAME

    def setVisible(self, visible: bool) -> None:
        """Shown: as large as it likes to be or was made, within the screen."""
        if visible and not self.isVisible():
            self.ensurePolished()
            most = self.room()
            resized = self.testAttribute(Qt.WidgetAttribute.WA_Resized)
            wish = self.size() if resized else self.sizeHint().expandedTo(self.minimumSize())
            self.setMinimumSize(self.minimumSize().boundedTo(most))
            self.resize(wish.boundedTo(most))
        super().setVisible(visible)

    def grow(self) -> None:
        """Follow content that has become larger, as far as the screen goes."""
        if self.isVisible():
            self.resize(self.size().expandedTo(self.sizeHint()).boundedTo(self.room()))


class Roll(QScrollArea):
    """Content that asks for all the room it likes, and is scrolled where it gets less.

    Keys reach what is hidden: the part with the focus is brought into sight.
    """

    def __init__(self, content: QWidget, *, sideways: bool = False) -> None:
        """Show something.

        Args:
            content: What is scrolled.
            sideways: Whether it may be narrower than its content, too.
        """
        super().__init__()
        self._content = content
        self._sideways = sideways
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        policy = Qt.ScrollBarPolicy
        self.setHorizontalScrollBarPolicy(policy.ScrollBarAsNeeded if sideways else policy.ScrollBarAlwaysOff)
        self.setWidget(content)

    def sizeHint(self) -> QSize:
        """All of it."""
        return self._content.sizeHint().expandedTo(self._content.minimumSize())

    def minimumSizeHint(self) -> QSize:
        """As narrow as its content gets beside a scroll bar, and low."""
        least = self._content.minimumSizeHint().expandedTo(self._content.minimumSize())
        width = 200 if self._sideways else least.width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, min(least.height(), _LEAST_HEIGHT))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pass on that the content asks for another size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what has the focus in sight."""
        super().resizeEvent(event)
        # Qt's stubs forget that nothing may have the focus
        focused = cast(QWidget | None, self._content.focusWidget())
        if focused is not None and focused.hasFocus():
            self.ensureWidgetVisible(focused)
