"""All commands in one searchable list, and the sheet of all shortcuts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.fitting import FittedDialog, Roll
from app.translation import mark, translate

_HANDS = (
    (mark("palette", "Left drag"), mark("palette", "Orbit")),
    (mark("palette", "Middle drag, or Shift and left drag"), mark("palette", "Pan")),
    (mark("palette", "Wheel, pinch, + and -"), mark("palette", "Zoom")),
    (mark("palette", "Arrows"), mark("palette", "Turn by 5°")),
    (mark("palette", "Double click, Home, numpad 0"), mark("palette", "The photo's view")),
    (mark("palette", "Numpad 1, 3, 7 (Ctrl: opposite)"), mark("palette", "Front, side, above")),
    (mark("palette", "Numpad 4, 6, 8, 2"), mark("palette", "Turn by 15°")),
    (mark("palette", "Numpad 9, full stop"), mark("palette", "Opposite side, centre")),
    (mark("palette", "Hold B"), mark("palette", "See what it is compared with")),
    (mark("palette", "Slider: arrows, Home"), mark("palette", "Step, reset")),
    (
        mark("palette", "Adjust: arrows, + and -, comma and full stop"),
        mark("palette", "Move, scale, turn the frame"),
    ),
    (mark("palette", "Timeline: arrows (Ctrl: keys, Alt: move)"), mark("palette", "Step by a frame")),
    (mark("palette", "Timeline: Insert, Delete"), mark("palette", "Set, delete keys")),
)


class Palette(FittedDialog):
    """Type a few letters, press Enter."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        """List what can be done now.

        Args:
            actions: All commands; those that are disabled are left out.
            parent: Owner.
        """
        super().__init__(parent)
        self.setWindowTitle(translate("Palette", "Commands"))
        self._actions = [action for action in actions if action.isEnabled()]
        self.field = QLineEdit()
        self.field.setPlaceholderText(translate("Palette", "Search commands"))
        self.field.setAccessibleName(translate("Palette", "Search commands"))
        self.field.setToolTip(translate("Palette", "Type a part of a command's name"))
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(translate("Palette", "Commands"))
        self.list.setToolTip(translate("Palette", "Enter or a click does it"))
        self.list.itemActivated.connect(self._do)
        self.list.itemClicked.connect(self._do)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.resize(460, 420)
        self._fill("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows in the field move in the list; Enter does what is chosen."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                row = min(max(self.list.currentRow() + step, 0), self.list.count() - 1)
                self.list.setCurrentRow(row)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                item = self.list.currentItem()
                if item is not None:
                    self._do(item)
                return True
        return super().eventFilter(watched, event)

    def _fill(self, text: str) -> None:
        self.list.clear()
        words = text.lower().split()
        for number, action in enumerate(self._actions):
            name = plain(action.text())
            if all(word in name.lower() for word in words):
                shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                item = QListWidgetItem(action.icon(), f"{name}    {shortcut}" if shortcut else name)
                item.setData(Qt.ItemDataRole.UserRole, number)
                item.setToolTip(action.toolTip())
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _do(self, item: QListWidgetItem) -> None:
        action = self._actions[int(item.data(Qt.ItemDataRole.UserRole))]
        self.accept()
        action.trigger()


class ShortcutSheet(FittedDialog):
    """Every key and gesture on one page."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        """List them.

        Args:
            actions: All commands; those without a shortcut are left out.
            parent: Owner.
        """
        super().__init__(parent)
        self.setWindowTitle(translate("ShortcutSheet", "Shortcuts"))
        keyed = [
            (action.shortcut().toString(QKeySequence.SequenceFormat.NativeText), plain(action.text()))
            for action in actions
            if not action.shortcut().isEmpty()
        ]
        hands = [(translate("palette", keys), translate("palette", what)) for keys, what in _HANDS]
        page = QWidget()
        columns = QBoxLayout(QBoxLayout.Direction.LeftToRight, page)
        columns.setContentsMargins(24, 20, 24, 22)
        columns.setSpacing(36)
        # Two columns of the same height, so that the sheet fits on a small screen.
        half = (len(keyed) + len(hands) + 2) // 2
        columns.addLayout(_table(translate("ShortcutSheet", "Commands"), keyed[:half]))
        right = QVBoxLayout()
        right.setSpacing(18)
        if keyed[half:]:
            right.addLayout(_table("", keyed[half:]))
        right.addLayout(_table(translate("ShortcutSheet", "Mouse and keys over the head"), hands), 1)
        columns.addLayout(right)
        self.roll = Roll(page)
        if self.roll.minimumSizeHint().width() > self.room().width():
            columns.setDirection(QBoxLayout.Direction.TopToBottom)
            columns.setSpacing(18)
        self.roll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # nothing else here takes the keys
        self.roll.setAccessibleName(translate("ShortcutSheet", "Shortcuts"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.roll)


def plain(text: str) -> str:
    """A command's name without the sign for its letter."""
    return text.replace("&", "")


def _table(title: str, rows: Sequence[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(18)
    grid.setVerticalSpacing(7)
    head = QLabel(title)
    head.setProperty("role", "heading")
    grid.addWidget(head, 0, 0, 1, 2)
    for number, (keys, what) in enumerate(rows, start=1):
        key = QLabel(keys)
        key.setProperty("role", "key")
        grid.addWidget(key, number, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(QLabel(what), number, 1)
    grid.setRowStretch(len(rows) + 1, 1)
    return grid
