"""Every command of the window: its action, shortcut, menu and tool bar."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from app.theme import icon
from app.view_bar import PASSES

if TYPE_CHECKING:
    from app.main_window import MainWindow

_Keys = QKeySequence | QKeySequence.StandardKey | str | None


class Commands(QObject):
    """The actions of one window, put into its menus and its tool bar."""

    def __init__(self, window: MainWindow) -> None:
        """Make and place them.

        Args:
            window: Does what they ask for.
        """
        super().__init__(window)
        session, keys = window.session, QKeySequence.StandardKey
        make = self._make
        self.open = make("Open…", "open", window.choose_file, keys.Open, "Open a photo or project")
        self.paste = make("Paste photo", "paste", window.paste, keys.Paste, "Open the clipboard's picture")
        self.save = make("Save project", "save", window.save, keys.Save, "Save the project")
        self.save_as = make(
            "Save project as…", None, window.save_as, "Ctrl+Shift+S", "Save under another name"
        )
        self.export = make("Export…", "export", window.show_export, "Ctrl+E", "Write a picture, film or mesh")
        self.quit = make("Quit", None, window.close, "Ctrl+Q", "Close the window")
        self.undo = make("Undo", "undo", session.undo, keys.Undo, "One step back")
        self.redo = make("Redo", "redo", session.redo, keys.Redo, "One step forth")
        self.reset_edits = make(
            "Reset all attributes", None, session.reset_edits, "Ctrl+Shift+R", "Set every attribute to zero"
        )
        panel = window.edit_panel
        self.random = make(
            "Random look", "dice", panel.randomize, "Ctrl+Shift+D", "A look within the data's range"
        )
        self.copy_look = make("Copy look", "copy", panel.copy_look, "Ctrl+Shift+C", "Copy all strengths")
        self.paste_look = make(
            "Paste look", "paste", panel.paste_look, "Ctrl+Shift+V", "Take over strengths that were copied"
        )
        self.adjust = make("Adjust photo…", "adjust", window.show_adjust, "Ctrl+J", "Set the frame by hand")
        self.history = make(
            "History", "clock", lambda: panel.show_history(True), "Ctrl+H", "Every step since opening"
        )
        self.attributes = make(
            "Attributes", "sliders", lambda: panel.show_history(False), "Ctrl+T", "Show the sliders"
        )
        self.head = make("Head", "head", lambda: window.show_mesh(False), "Ctrl+1", "Show the rendered head")
        self.mesh = make("Mesh", "mesh", lambda: window.show_mesh(True), "Ctrl+2", "Show the surface")
        self.reset_pose = make(
            "Photo's view", "reset", session.reset_pose, "Ctrl+0", "Back to the photo's own camera"
        )
        self.front = make("Front view", "front", session.face_front, "Ctrl+F", "Straight from the front")
        right = math.pi / 2
        self.side = make("Side view", None, lambda: session.look_from(right, 0.0), None, "From +x")
        self.other_side = make("Other side", None, lambda: session.look_from(-right, 0.0), None, "From -x")
        self.above = make("View from above", None, lambda: session.look_from(0.0, right), None, "From above")
        self.center = make(
            "Centre the head",
            None,
            lambda: session.set_pose(session.pose.centered()),
            None,
            "No zoom, no pan",
        )
        bar = window.view_bar
        self.passes = [
            make(f"Show {text.lower()}", None, bar.passes[name].trigger, f"Alt+{number}", tip)
            for number, (name, (text, tip)) in enumerate(PASSES.items(), start=1)
        ]
        self.wipe = make("Compare: wipe", "compare", lambda: bar.choose_comparison("wipe"), "Ctrl+W", "Wipe")
        self.beside = make(
            "Compare: side by side",
            None,
            lambda: bar.choose_comparison("side"),
            "Ctrl+D",
            "Both",
        )
        self.uncompared = make(
            "Compare: off", None, lambda: bar.choose_comparison("off"), "Ctrl+Shift+W", "The head alone"
        )
        self.play = make(
            "Play the turntable", "play", bar.play_button.toggle, "Space", "Let the camera sway, or stop"
        )
        self.welcome = make("Welcome page", None, window.show_welcome, "Ctrl+Shift+H", "Recent projects")
        self.dark = make("Theme: dark", None, lambda: window.set_theme("dark"), None, "Light on dark")
        self.light = make("Theme: light", None, lambda: window.set_theme("light"), None, "Dark on light")
        self.system = make("Theme: as the system", None, lambda: window.set_theme("system"), None, "Follow")
        self.palette = make("All commands…", "search", window.show_palette, "Ctrl+K", "Search all commands")
        self.shortcuts = make("Shortcuts", None, window.show_shortcuts, "F1", "Every key on one page")
        self.cancel = make("Cancel work", "cancel", window.studio.cancel, "Esc", "Stop what is being done")
        self.about = make("About GOAE Studio", None, window.show_about, None, "Version and model")
        self._of_document = (
            self.save,
            self.save_as,
            self.export,
            self.head,
            self.mesh,
            self.reset_pose,
            self.front,
            self.side,
            self.other_side,
            self.above,
            self.center,
            self.random,
            self.paste_look,
            self.history,
            self.attributes,
            self.wipe,
            self.beside,
            self.uncompared,
            self.play,
            self.welcome,
            *self.passes,
        )
        stack = session.undo_stack
        stack.canUndoChanged.connect(self.undo.setEnabled)
        stack.canRedoChanged.connect(self.redo.setEnabled)
        stack.undoTextChanged.connect(self._show_undo_text)
        stack.redoTextChanged.connect(self._show_redo_text)
        for action, short in (
            (self.open, "Open"),
            (self.save, "Save"),
            (self.undo, "Undo"),
            (self.redo, "Redo"),
            (self.export, "Export"),
        ):
            action.setIconText(short)
        self.undo.setEnabled(False)
        self.redo.setEnabled(False)
        self._fill_menus(window)
        window.addToolBar(self._tool_bar())

    @property
    def all(self) -> list[QAction]:
        """Every command, in the order of the menus."""
        found: list[QAction] = []
        for menu in self._menus:
            found += [action for action in menu.actions() if not action.isSeparator()]
        return found

    def enable(self, *, document: bool, photo: bool, edits: bool, busy: bool) -> None:
        """Let be chosen what makes sense now.

        Args:
            document: One is open.
            photo: It has a photo on this machine.
            edits: A slider is off zero.
            busy: Long work runs.
        """
        for action in self._of_document:
            action.setEnabled(document)
        self.reset_edits.setEnabled(document and edits)
        self.copy_look.setEnabled(document and edits)
        self.adjust.setEnabled(document and photo)
        self.cancel.setEnabled(busy)

    def _fill_menus(self, window: MainWindow) -> None:
        menus: dict[str, list[QAction | None]] = {
            "&File": [
                self.open,
                self.paste,
                None,
                self.save,
                self.save_as,
                None,
                self.export,
                None,
                self.quit,
            ],
            "&Edit": [
                self.undo,
                self.redo,
                self.history,
                None,
                self.random,
                self.copy_look,
                self.paste_look,
                self.reset_edits,
                None,
                self.adjust,
                None,
                self.cancel,
            ],
            "&View": [
                self.head,
                self.mesh,
                None,
                *self.passes,
                None,
                self.wipe,
                self.beside,
                self.uncompared,
                None,
                self.reset_pose,
                self.front,
                self.side,
                self.other_side,
                self.above,
                self.center,
                None,
                self.play,
                None,
                self.dark,
                self.light,
                self.system,
            ],
            "&Help": [self.palette, self.shortcuts, None, self.welcome, self.about],
        }
        self._menus: list[QMenu] = []
        for title, actions in menus.items():
            menu = window.menuBar().addMenu(title)
            self._menus.append(menu)
            for action in actions:
                if action is None:
                    menu.addSeparator()
                else:
                    menu.addAction(action)

    def _tool_bar(self) -> QToolBar:
        bar = QToolBar("Tools")
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.addActions([self.open, self.save])
        bar.addSeparator()
        bar.addActions([self.undo, self.redo])
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(space)
        bar.addAction(self.palette)
        bar.addAction(self.export)
        self.export.setIcon(icon("export", "on_accent"))
        bar.widgetForAction(self.export).setProperty("primary", True)
        for action in (self.undo, self.redo, self.palette):
            button = bar.widgetForAction(action)
            if isinstance(button, QToolButton):
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        return bar

    def _make(
        self, text: str, symbol: str | None, slot: Callable[[], object], keys: _Keys, tip: str
    ) -> QAction:
        action = QAction(text, self)
        if symbol is not None:
            action.setIcon(icon(symbol))
        if keys is not None:
            action.setShortcut(keys)
            shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            tip = f"{tip} ({shortcut})" if shortcut else tip
        action.setToolTip(tip)
        action.triggered.connect(lambda _checked=False: slot())
        return action

    def _show_undo_text(self, text: str) -> None:
        self.undo.setText(f"Undo {text}".strip())

    def _show_redo_text(self, text: str) -> None:
        self.redo.setText(f"Redo {text}".strip())
