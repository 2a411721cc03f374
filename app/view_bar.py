"""The bar over the head: head or mesh, which pass, compared with what, before which backdrop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QColor, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QColorDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.messages import Pass
from app.session import Session
from app.theme import icon
from app.translation import mark, translate
from app.viewport import Comparison
from goae_core.showing import Backdrop, Showing

PASSES: dict[Pass, tuple[str, str]] = {
    "color": (mark("view_bar", "Colour"), mark("view_bar", "The head as it looks")),
    "depth": (mark("view_bar", "Depth"), mark("view_bar", "Near is bright")),
    "normal": (mark("view_bar", "Normals"), mark("view_bar", "Which way the surface looks")),
    "visibility": (
        mark("view_bar", "Visibility"),
        mark("view_bar", "What the photo saw is teal, what was imagined is orange"),
    ),
    "residual": (
        mark("view_bar", "Residual"),
        mark("view_bar", "What the photo has and the head lacks, from the photo's camera"),
    ),
}
_COMPARISONS: dict[Comparison, str] = {
    "off": mark("view_bar", "Off"),
    "wipe": mark("view_bar", "Wipe"),
    "side": mark("view_bar", "Side by side"),
}
_BACKDROPS = {
    "studio": mark("view_bar", "Studio"),
    "color": mark("view_bar", "Colour…"),
    "photo": mark("view_bar", "Photo"),
    "transparent": mark("view_bar", "Transparent"),
}
PHOTO = -1
_LISTED_STEPS = 14
_LEAST = 365
_Name = TypeVar("_Name", bound=str)


class ViewBar(QFrame):
    """Buttons and menus; decides nothing.

    Signals:
        mesh_asked(bool): Show the mesh, or the head.
        pass_chosen(str): One of `PASSES`.
        comparison_chosen(str): "off", "wipe" or "side".
        reference_chosen(int): Compare with the state after that many steps; -1: with the photo.
        backdrop_chosen(Backdrop): What lies behind the head.
        play_toggled(bool): Let the camera sway, or stop.
        colors_toggled(bool): The mesh in its colours, or clay.
        wire_toggled(bool): The mesh as lines.
    """

    mesh_asked = Signal(bool)
    pass_chosen = Signal(str)
    comparison_chosen = Signal(str)
    reference_chosen = Signal(int)
    backdrop_chosen = Signal(object)
    play_toggled = Signal(bool)
    colors_toggled = Signal(bool)
    wire_toggled = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """Start with the head in colour, compared with nothing."""
        super().__init__(parent)
        self.setProperty("viewbar", True)
        self._session = session
        self.reference = PHOTO
        segments = QFrame()
        segments.setProperty("segments", True)
        inner = QHBoxLayout(segments)
        inner.setContentsMargins(3, 3, 3, 3)
        inner.setSpacing(2)
        self.head_button = _segment(
            "head", translate("ViewBar", "Head"), translate("ViewBar", "The head, rendered (Ctrl+1)")
        )
        self.mesh_button = _segment(
            "mesh",
            translate("ViewBar", "Mesh"),
            translate("ViewBar", "The surface of the head as triangles (Ctrl+2)"),
        )
        group = QButtonGroup(self)
        for button in (self.head_button, self.mesh_button):
            group.addButton(button)
            inner.addWidget(button)
        self.head_button.setChecked(True)
        self.head_button.clicked.connect(lambda: self.mesh_asked.emit(False))
        self.mesh_button.clicked.connect(lambda: self.mesh_asked.emit(True))
        self.pass_button = _menu_button(
            "layers", translate("ViewBar", "Colour"), translate("ViewBar", "What is shown of the head")
        )
        self.passes = self._choices(
            self.pass_button,
            {name: translate("view_bar", text) for name, (text, _) in PASSES.items()},
            self._choose_pass,
        )
        for name, action in self.passes.items():
            action.setToolTip(translate("view_bar", PASSES[name][1]))
        self.compare_button = _menu_button(
            "compare",
            translate("ViewBar", "Compare"),
            translate("ViewBar", "Before and after: against the photo or any step of the history (hold B)"),
        )
        self._fill_compare()
        self.backdrop_button = _menu_button("backdrop", "", translate("ViewBar", "What lies behind the head"))
        self.backdrop_button.setAccessibleName(translate("ViewBar", "Background"))
        self.backdrops = self._choices(self.backdrop_button, _in_language(_BACKDROPS), self._choose_backdrop)
        self.play_button = QToolButton()
        self.play_button.setIcon(icon("play"))
        self.play_button.setCheckable(True)
        self.play_button.setAccessibleName(translate("ViewBar", "Play the turntable"))
        self.play_button.setToolTip(translate("ViewBar", "Play the turntable (Space)"))
        self.play_button.toggled.connect(self._play)
        self.colors_button = _segment(
            "",
            translate("ViewBar", "Colours"),
            translate("ViewBar", "The head's colours on the mesh, or clay"),
        )
        self.colors_button.setCheckable(True)
        self.colors_button.setChecked(True)
        self.colors_button.toggled.connect(self.colors_toggled)
        self.wire_button = _segment(
            "wire", translate("ViewBar", "Wireframe"), translate("ViewBar", "The triangles' edges")
        )
        self.wire_button.toggled.connect(self.wire_toggled)
        self.counts = QLabel()
        self.counts.setProperty("role", "caption")
        self.counts.setAccessibleName(translate("ViewBar", "Size of the mesh"))
        self.front_button = QToolButton()
        self.reset_button = QToolButton()
        bar = QHBoxLayout(self)
        bar.setContentsMargins(14, 10, 14, 6)
        bar.setSpacing(6)
        bar.addWidget(segments)
        self._of_head: tuple[QWidget, ...] = (self.pass_button, self.compare_button, self.backdrop_button)
        self._of_mesh: tuple[QWidget, ...] = (self.colors_button, self.wire_button, self.counts)
        placed: tuple[QWidget, ...] = (*self._of_head, self.colors_button, self.wire_button)
        for widget in placed:
            bar.addWidget(widget)
        bar.addStretch(1)
        last: tuple[QWidget, ...] = (self.counts, self.play_button, self.front_button, self.reset_button)
        for widget in last:
            bar.addWidget(widget)
        self.show_mesh(False)

    def show_mesh(self, shown: bool) -> None:
        """Offer what the mesh, or the head, can do."""
        self._mesh_shown = shown
        self.mesh_button.setChecked(shown)
        self.head_button.setChecked(not shown)
        self._fit()

    def show_showing(self, showing: Showing) -> None:
        """Follow the session."""
        self.passes[showing.shown].setChecked(True)
        self.pass_button.setText(translate("view_bar", PASSES[showing.shown][0]))
        self.backdrops[showing.backdrop.kind].setChecked(True)

    def minimumSizeHint(self) -> QSize:
        """Names go where there is no room for them."""
        return QSize(min(_LEAST, super().minimumSizeHint().width()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say names, or show icons only."""
        super().resizeEvent(event)
        self._fit()

    def show_counts(self, text: str) -> None:
        """Say how large the mesh is; empty: there is none."""
        self.counts.setText(text)
        self.counts.setToolTip(text)
        self._fit()

    def _fit(self) -> None:
        """Leave out as little as there is no room for: nothing, names, the mesh's size."""
        layout = self.layout()
        for names, counts in ((True, True), (False, True), (False, False)):
            self._show_parts(names=names, counts=counts)
            if layout is not None:
                layout.invalidate()
                if layout.minimumSize().width() <= self.width():
                    break

    def _show_parts(self, *, names: bool, counts: bool) -> None:
        for widget in self._of_head:
            widget.setVisible(not self._mesh_shown)
        for widget in self._of_mesh:
            widget.setVisible(self._mesh_shown)
        self.counts.setVisible(self._mesh_shown and counts)
        for segment in (self.head_button, self.mesh_button, self.wire_button):
            segment.setText(segment.accessibleName() if names else "")
        style = Qt.ToolButtonStyle
        for button in (self.pass_button, self.compare_button):
            button.setToolButtonStyle(style.ToolButtonTextBesideIcon if names else style.ToolButtonIconOnly)
        # Both are in the menu and on keys too, and one on the double click.
        self.front_button.setVisible(names)
        self.reset_button.setVisible(names)

    def stop_playing(self) -> None:
        """The camera stands still."""
        self.play_button.setChecked(False)

    def choose_comparison(self, comparison: Comparison) -> None:
        """Compare so from now on."""
        self.comparisons[comparison].trigger()

    def choose_reference(self, step: int) -> None:
        """Compare with the photo (-1) or a step of the history."""
        self.reference = step
        self.reference_chosen.emit(step)

    def reference_name(self) -> str:
        """What it is compared with, in words."""
        return self._step_name(self.reference)

    def _fill_compare(self) -> None:
        self.comparisons = self._choices(
            self.compare_button, _in_language(_COMPARISONS), self._choose_comparison
        )
        menu = self.compare_button.menu()
        menu.addSection(translate("ViewBar", "Against"))
        self._references = menu.addMenu(translate("ViewBar", "Photo"))
        self._references.aboutToShow.connect(self.fill_references)
        self.fill_references()

    def fill_references(self) -> None:
        """List the photo and the newest steps of the history."""
        menu = self._references
        menu.clear()
        count = self._session.undo_stack.count()
        steps = [PHOTO, 0, *range(max(count - _LISTED_STEPS, 0) + 1, count + 1)]
        for step in steps:
            action = menu.addAction(self._step_name(step))
            action.setCheckable(True)
            action.setChecked(step == self.reference)
            action.triggered.connect(lambda _checked=False, step=step: self._choose_step(step))

    def _step_name(self, step: int) -> str:
        if step == PHOTO:
            return translate("ViewBar", "Photo")
        if step == 0:
            return translate("ViewBar", "As opened")
        return f"{step}: {self._session.undo_stack.text(step - 1)}"

    def _choose_step(self, step: int) -> None:
        self.choose_reference(step)
        self._references.setTitle(self._step_name(step))
        if self.comparisons["off"].isChecked():
            self.choose_comparison("wipe")

    def _choose_pass(self, name: Pass) -> None:
        self.pass_chosen.emit(name)

    def _choose_comparison(self, name: Comparison) -> None:
        self.compare_button.setText(
            translate("ViewBar", "Compare") if name == "off" else translate("view_bar", _COMPARISONS[name])
        )
        self.comparison_chosen.emit(name)

    def _choose_backdrop(self, kind: str) -> None:
        if kind == "color":
            chosen = QColorDialog.getColor(
                QColor(*self._session.showing.backdrop.color), self, translate("ViewBar", "Background")
            )
            if not chosen.isValid():
                self.show_showing(self._session.showing)
                return
            self.backdrop_chosen.emit(Backdrop("color", (chosen.red(), chosen.green(), chosen.blue())))
        else:
            self.backdrop_chosen.emit(next(b for b in _PLAIN if b.kind == kind))

    def _play(self, on: bool) -> None:
        self.play_button.setIcon(icon("pause" if on else "play"))
        self.play_toggled.emit(on)

    def _choices(
        self, button: QToolButton, names: Mapping[_Name, str], chosen: Callable[[_Name], None]
    ) -> dict[_Name, QAction]:
        menu = button.menu()
        group = QActionGroup(menu)
        actions: dict[_Name, QAction] = {}
        for number, (name, text) in enumerate(names.items()):
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(number == 0)
            action.triggered.connect(partial(_call, chosen, name))
            group.addAction(action)
            actions[name] = action
        return actions


_PLAIN = (Backdrop("studio"), Backdrop("photo"), Backdrop("transparent"))


def _in_language(texts: Mapping[_Name, str]) -> dict[_Name, str]:
    return {name: translate("view_bar", text) for name, text in texts.items()}


def _call(chosen: Callable[[_Name], None], name: _Name, checked: bool = False) -> None:
    chosen(name)


def _segment(symbol: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(text)
    if symbol:
        button.setIcon(icon(symbol))
    button.setProperty("segment", True)
    button.setCheckable(True)
    button.setToolTip(tip)
    return button


def _menu_button(symbol: str, text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(symbol))
    button.setText(text)
    button.setProperty("menu", True)
    button.setToolTip(tip)
    style = Qt.ToolButtonStyle
    button.setToolButtonStyle(style.ToolButtonTextBesideIcon if text else style.ToolButtonIconOnly)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)
    menu.setToolTipsVisible(True)
    button.setMenu(menu)
    return button
