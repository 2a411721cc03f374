"""A slider for every attribute, what can be done with all of them, and the history."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QUndoView,
    QVBoxLayout,
    QWidget,
)

from app.dialogs import ask_name
from app.looks import look_from_text, look_text, random_strengths, read_looks, write_looks
from app.messages import Attribute, group_label
from app.session import Session
from app.strength_slider import StrengthSlider
from app.theme import icon
from app.translation import mark, translate
from goae_core.errors import GoaeError

_UNITS = {
    "deviations": mark("edit_panel", "in standard deviations"),
    "raw": mark("edit_panel", "in multiples of the direction"),
    "share": mark("edit_panel", "as a share"),
}


class EditPanel(QFrame):
    """Right column: the attributes in their groups, acting live on the session; behind them the history.

    Signals:
        failed(Exception): A look cannot be kept.
        noted(str): Something to say in the status line.
    """

    failed = Signal(object)
    noted = Signal(str)

    def __init__(self, session: Session, looks: Path | None = None, parent: QWidget | None = None) -> None:
        """Follow the session's model and edits.

        Args:
            session: The document.
            looks: File of the named looks; None: they cannot be kept.
            parent: Owner.
        """
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAccessibleName(translate("EditPanel", "Attributes"))
        self._session = session
        self._looks = looks
        self._chance = random.Random()
        self.rows: dict[str, AttributeRow] = {}
        self._pages = QStackedWidget()
        top = QHBoxLayout()
        top.setContentsMargins(12, 10, 10, 0)
        top.setSpacing(2)
        self._tabs = QButtonGroup(self)
        tabs = QFrame()
        tabs.setProperty("segments", True)
        inner = QHBoxLayout(tabs)
        inner.setContentsMargins(3, 3, 3, 3)
        inner.setSpacing(2)
        for number, (name, symbol, tip) in enumerate(
            (
                (
                    translate("EditPanel", "Attributes"),
                    "sliders",
                    translate("EditPanel", "What can be changed about the head"),
                ),
                (
                    translate("EditPanel", "History"),
                    "clock",
                    translate("EditPanel", "Every step since the photo was opened; click one to go there"),
                ),
            )
        ):
            tab = QPushButton(icon(symbol), name)
            tab.setProperty("segment", True)
            tab.setCheckable(True)
            tab.setToolTip(tip)
            self._tabs.addButton(tab, number)
            inner.addWidget(tab)
        self._tabs.idClicked.connect(self._pages.setCurrentIndex)
        self._tabs.button(0).setChecked(True)
        top.addWidget(tabs)
        top.addStretch(1)
        self._pages.addWidget(self._attributes_page())
        self._pages.addWidget(self._history_page())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        outer.addLayout(top)
        outer.addWidget(self._pages, 1)
        self.setMinimumWidth(290)
        session.model_changed.connect(self._rebuild)
        session.document_changed.connect(self._show_strengths)
        session.document_changed.connect(self.likeness.hide)  # that of another photo says nothing here
        session.edits_changed.connect(self._show_strengths)
        session.locks_changed.connect(self._show_locks)
        self._rebuild()

    def show_history(self, shown: bool) -> None:
        """Show the history, or the attributes."""
        self._tabs.button(int(shown)).setChecked(True)
        self._pages.setCurrentIndex(int(shown))

    def show_likeness(self, likeness: float | None) -> None:
        """Show how like the photo the head is; None: it cannot be told, and nothing is shown."""
        self.likeness.setVisible(likeness is not None)
        if likeness is not None:
            self.likeness.show_share(likeness)

    def randomize(self) -> None:
        """Draw a look as the training data have it."""
        drawn = random_strengths(self._session.attributes, self._chance)
        kept = {a.name: self._session.strength(a.name) for a in self._session.attributes if a.rest != 0.0}
        self._session.set_look({**kept, **drawn}, translate("EditPanel", "random look"))

    def copy_look(self) -> None:
        """Put the strengths into the clipboard."""
        QGuiApplication.clipboard().setText(look_text(dict(self._session.edits)))
        self.noted.emit(translate("EditPanel", "Look copied"))

    def paste_look(self) -> bool:
        """Take the strengths in the clipboard; False if there are none."""
        look = look_from_text(QGuiApplication.clipboard().text())
        if look is not None:
            self._session.set_look(look, translate("EditPanel", "paste look"))
        return look is not None

    def keep_look(self, name: str) -> None:
        """Keep the strengths under a name."""
        if self._looks is None or not name:
            return
        try:
            write_looks({**read_looks(self._looks), name: dict(self._session.edits)}, self._looks)
        except GoaeError as error:
            self.failed.emit(error)
        else:
            self.noted.emit(translate("EditPanel", "Kept the look “{name}”").format(name=name))

    def forget_look(self, name: str) -> None:
        """Keep it no longer."""
        if self._looks is not None:
            try:
                looks = read_looks(self._looks)
                looks.pop(name, None)
                write_looks(looks, self._looks)
            except GoaeError as error:
                self.failed.emit(error)

    def _attributes_page(self) -> QWidget:
        page = QWidget()
        tools = QHBoxLayout()
        tools.setContentsMargins(10, 2, 10, 0)
        tools.setSpacing(0)
        self.random_button = self._tool(
            "dice",
            translate("EditPanel", "Random look"),
            translate("EditPanel", "A random look within the data's range"),
        )
        self.random_button.clicked.connect(self.randomize)
        self.copy_button = self._tool(
            "copy",
            translate("EditPanel", "Copy look"),
            translate("EditPanel", "Copy the look to the clipboard"),
        )
        self.copy_button.clicked.connect(self.copy_look)
        self.paste_button = self._tool(
            "paste",
            translate("EditPanel", "Paste look"),
            translate("EditPanel", "Paste a look that was copied"),
        )
        self.paste_button.clicked.connect(self._paste_or_say)
        self.looks_button = self._tool(
            "bookmark",
            translate("EditPanel", "Looks"),
            translate("EditPanel", "Named looks: keep this one, or take another"),
        )
        self.looks_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.looks_menu = QMenu(self.looks_button)
        self.looks_menu.aboutToShow.connect(self.fill_looks_menu)
        self.looks_button.setMenu(self.looks_menu)
        for button in (self.random_button, self.copy_button, self.paste_button, self.looks_button):
            tools.addWidget(button)
        tools.addStretch(1)
        self.reset_all = QPushButton(translate("EditPanel", "Reset all"))
        self.reset_all.setProperty("quiet", True)
        self.reset_all.setToolTip(translate("EditPanel", "Let every attribute rest that is not locked"))
        self.reset_all.clicked.connect(self._session.reset_edits)
        tools.addWidget(self.reset_all)
        self.likeness = LikenessBar()
        self.likeness.hide()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the slider that has the focus
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(tools)
        layout.addWidget(self.likeness)
        layout.addWidget(self._scroll, 1)
        return page

    def _history_page(self) -> QWidget:
        self.history = QUndoView(self._session.undo_stack)
        self.history.setEmptyLabel(translate("EditPanel", "As it was opened"))
        self.history.setAccessibleName(translate("EditPanel", "History"))
        self.history.setToolTip(translate("EditPanel", "Click a step to go back or forth to it"))
        self.history.setFrameShape(QFrame.Shape.NoFrame)
        return self.history

    @staticmethod
    def _tool(symbol: str, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(symbol))
        button.setAccessibleName(name)
        button.setToolTip(tip)
        return button

    def _paste_or_say(self) -> None:
        if not self.paste_look():
            self.noted.emit(translate("EditPanel", "The clipboard holds no look; copy one first"))

    def fill_looks_menu(self) -> None:
        """List the named looks."""
        menu = self.looks_menu
        menu.clear()
        looks: dict[str, dict[str, float]] = {}
        if self._looks is not None:
            try:
                looks = read_looks(self._looks)
            except GoaeError as error:
                self.failed.emit(error)
        for name in looks:
            menu.addAction(name).triggered.connect(partial(self._take_look, name, looks[name]))
        if looks:
            menu.addSeparator()
            forget = menu.addMenu(translate("EditPanel", "Forget"))
            for name in looks:
                forget.addAction(name).triggered.connect(partial(self._forget, name))
        keep = menu.addAction(translate("EditPanel", "Keep this look…"), self._ask_and_keep)
        keep.setEnabled(bool(self._session.edits) and self._looks is not None)

    def _take_look(self, name: str, look: dict[str, float], checked: bool = False) -> None:
        self._session.set_look(look, translate("EditPanel", "look {name}").format(name=name))

    def _forget(self, name: str, checked: bool = False) -> None:
        self.forget_look(name)

    def _ask_and_keep(self) -> None:
        ask_name(
            self,
            translate("EditPanel", "Keep this look"),
            translate("EditPanel", "Name of the look"),
            self.keep_look,
        )

    def _rebuild(self) -> None:
        self.rows = {}
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(16, 0, 8, 16)
        layout.setSpacing(0)
        groups: dict[str, list[Attribute]] = {}
        for attribute in self._session.attributes:
            groups.setdefault(attribute.group, []).append(attribute)
        if not groups:
            hint = QLabel(
                translate("EditPanel", "This model has no attributes.")
                if self._session.model
                else translate("EditPanel", "The attributes appear when the model is loaded.")
            )
            hint.setProperty("role", "caption")
            hint.setWordWrap(True)
            layout.addWidget(hint)
        for name, attributes in groups.items():
            label = QLabel(group_label(name).upper())
            label.setProperty("role", "group")
            layout.addSpacing(12)
            layout.addWidget(label)
            layout.addSpacing(4)
            for attribute in attributes:
                row = AttributeRow(attribute, self._session)
                self.rows[attribute.name] = row
                layout.addWidget(row)
        layout.addStretch(1)
        self._scroll.setWidget(content)
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        self._scroll.setMinimumWidth(content.minimumSizeHint().width() + bar)
        self._show_strengths()

    def _show_strengths(self) -> None:
        there = self._session.document is not None
        for name, row in self.rows.items():
            row.setEnabled(there)
            row.show_strength(self._session.strength(name))
        changed = there and bool(self._session.edits)
        self.reset_all.setEnabled(changed)
        self.copy_button.setEnabled(changed)
        for button in (self.random_button, self.paste_button, self.looks_button):
            button.setEnabled(there and bool(self.rows))
        if not there:
            self.likeness.hide()
        self.likeness.set_stale()

    def _show_locks(self) -> None:
        for name, row in self.rows.items():
            row.show_locked(name in self._session.locked)


class LikenessBar(QWidget):
    """How like the photo the head is, in per cent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start at nothing."""
        super().__init__(parent)
        self.setToolTip(
            translate(
                "LikenessBar",
                "Likeness to the photo at rest: 1 - distance / 0.6 of dlib's face descriptor. "
                "100 % is the same picture, 0 % a stranger.",
            )
        )
        self._text = QLabel()
        self._text.setProperty("role", "caption")
        self._text.setAccessibleName(translate("LikenessBar", "Likeness"))
        self._bar = QProgressBar()
        self._bar.setRange(0, 100)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(translate("LikenessBar", "Likeness to the photo"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 2)
        layout.setSpacing(10)
        layout.addWidget(self._text)
        layout.addWidget(self._bar, 1)

    @property
    def text(self) -> str:
        """What stands there."""
        return self._text.text()

    def show_share(self, share: float) -> None:
        """Show a likeness, 0 to 1."""
        self._text.setText(translate("LikenessBar", "Likeness {value} %").format(value=round(100 * share)))
        self._bar.setValue(round(100 * share))
        self._bar.setEnabled(True)

    def set_stale(self) -> None:
        """The head has changed since it was measured."""
        self._bar.setEnabled(False)


class AttributeRow(QWidget):
    """Lock, name, slider and number of one attribute."""

    def __init__(self, attribute: Attribute, session: Session, parent: QWidget | None = None) -> None:
        """Start at rest."""
        super().__init__(parent)
        self._attribute = attribute
        self._session = session
        low, high = attribute.span
        trained = (
            translate("AttributeRow", "; the model was trained from {low:g} to {high:g}").format(
                low=-attribute.limit, high=attribute.limit
            )
            if attribute.unit != "share"
            else ""
        )
        what = f"{attribute.text.rstrip('.')}. " if attribute.text else ""
        tip = f"{what}{attribute.label}, {translate('edit_panel', _UNITS[attribute.unit])}{trained}."
        tip += translate("AttributeRow", " Double click for {rest:g}.").format(rest=attribute.rest)
        label = QLabel(attribute.label)
        label.setToolTip(tip)
        self.lock = QToolButton()
        self.lock.setCheckable(True)
        self.lock.setAutoRaise(True)
        self.lock.setProperty("lock", True)
        self.lock.setIcon(icon("unlock", "faint"))
        self.lock.setAccessibleName(translate("AttributeRow", "Lock: {label}").format(label=attribute.label))
        self.lock.setToolTip(
            translate("AttributeRow", "Lock: reset all, random, paste and looks leave it alone")
        )
        self.lock.toggled.connect(lambda on: session.set_locked(attribute.name, on))
        self.slider = StrengthSlider(attribute)
        self.slider.setAccessibleName(attribute.label)
        self.slider.setToolTip(tip)
        self.number = QDoubleSpinBox()
        self.number.setAccessibleName(
            translate("AttributeRow", "{label}, number").format(label=attribute.label)
        )
        self.number.setToolTip(tip)
        self.number.setRange(low, high)
        self.number.setDecimals(2)
        self.number.setSingleStep(0.1)
        self.number.setKeyboardTracking(False)
        self.number.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.number.setFixedWidth(62)
        self.number.setProperty("number", True)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 1, 0, 1)
        layout.setHorizontalSpacing(6)
        layout.setColumnMinimumWidth(0, 94)
        layout.setColumnStretch(1, 1)
        layout.addWidget(label, 0, 0)
        layout.addWidget(self.slider, 0, 1)
        layout.addWidget(self.number, 0, 2)
        layout.addWidget(self.lock, 0, 3)
        label.setBuddy(self.slider)
        self.slider.drag_began.connect(session.begin_drag)
        self.slider.drag_ended.connect(lambda: session.end_drag(attribute.label))
        self.slider.strength_asked.connect(self._ask)
        self.number.valueChanged.connect(self._ask)
        self.show_locked(attribute.name in session.locked)
        self.show_strength(attribute.rest)

    def show_strength(self, strength: float) -> None:
        """Follow the session, without answering back."""
        self.slider.set_strength(strength)
        blocked = self.number.blockSignals(True)
        self.number.setValue(strength)
        self.number.blockSignals(blocked)
        beyond = self._attribute.beyond(strength)
        if self.number.property("beyond") != beyond:
            self.number.setProperty("beyond", beyond)
            self.number.style().unpolish(self.number)
            self.number.style().polish(self.number)

    def show_locked(self, locked: bool) -> None:
        """Follow the session."""
        self.lock.setChecked(locked)
        self.lock.setIcon(icon("lock", "accent") if locked else icon("unlock", "faint"))

    def _ask(self, strength: float) -> None:
        self._session.set_edit(self._attribute.name, round(strength, 2) + 0.0)
