"""Every command of the window: its action, shortcut, menu and tool bar."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from app.theme import icon
from app.translation import translate
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
        self.open = make(
            translate("Commands", "Open…"),
            "open",
            window.choose_file,
            keys.Open,
            translate("Commands", "Open a photo or project"),
        )
        self.paste = make(
            translate("Commands", "Paste photo"),
            "paste",
            window.paste,
            keys.Paste,
            translate("Commands", "Open the clipboard's picture"),
        )
        self.save = make(
            translate("Commands", "Save project"),
            "save",
            window.save,
            keys.Save,
            translate("Commands", "Save the project"),
        )
        self.save_as = make(
            translate("Commands", "Save project as…"),
            None,
            window.save_as,
            "Ctrl+Shift+S",
            translate("Commands", "Save under another name"),
        )
        self.export = make(
            translate("Commands", "Export…"),
            "export",
            window.show_export,
            "Ctrl+E",
            translate("Commands", "Write a picture, film or mesh"),
        )
        self.models = make(
            translate("Commands", "Models…"),
            "layers",
            window.show_models,
            "Ctrl+M",
            translate("Commands", "List, import, verify and switch models"),
        )
        self.training = make(
            translate("Commands", "Training…"),
            "sparkle",
            window.show_training,
            None,
            translate("Commands", "Train a model, or find its directions"),
        )
        self.settings = make(
            translate("Commands", "Settings…"),
            "gear",
            window.show_settings,
            "Ctrl+,",
            translate("Commands", "Device, quality, theme, language and folders"),
        )
        self.quit = make(
            translate("Commands", "Quit"),
            None,
            window.close,
            "Ctrl+Q",
            translate("Commands", "Close the window"),
        )
        self.undo = make(
            translate("Commands", "Undo"),
            "undo",
            session.undo,
            keys.Undo,
            translate("Commands", "One step back"),
        )
        self.redo = make(
            translate("Commands", "Redo"),
            "redo",
            session.redo,
            keys.Redo,
            translate("Commands", "One step forth"),
        )
        self.reset_edits = make(
            translate("Commands", "Reset all attributes"),
            None,
            session.reset_edits,
            "Ctrl+Shift+R",
            translate("Commands", "Set every attribute to zero"),
        )
        panel = window.edit_panel
        self.random = make(
            translate("Commands", "Random look"),
            "dice",
            panel.randomize,
            "Ctrl+Shift+D",
            translate("Commands", "A look within the data's range"),
        )
        self.copy_look = make(
            translate("Commands", "Copy look"),
            "copy",
            panel.copy_look,
            "Ctrl+Shift+C",
            translate("Commands", "Copy all strengths"),
        )
        self.paste_look = make(
            translate("Commands", "Paste look"),
            "paste",
            panel.paste_look,
            "Ctrl+Shift+V",
            translate("Commands", "Take over strengths that were copied"),
        )
        self.adjust = make(
            translate("Commands", "Adjust photo…"),
            "adjust",
            window.show_adjust,
            "Ctrl+J",
            translate("Commands", "Set the frame by hand"),
        )
        self.history = make(
            translate("Commands", "History"),
            "clock",
            lambda: panel.show_history(True),
            "Ctrl+H",
            translate("Commands", "Every step since opening"),
        )
        self.attributes = make(
            translate("Commands", "Attributes"),
            "sliders",
            lambda: panel.show_history(False),
            "Ctrl+T",
            translate("Commands", "Show the sliders"),
        )
        self.head = make(
            translate("Commands", "Head"),
            "head",
            lambda: window.show_mesh(False),
            "Ctrl+1",
            translate("Commands", "Show the rendered head"),
        )
        self.mesh = make(
            translate("Commands", "Mesh"),
            "mesh",
            lambda: window.show_mesh(True),
            "Ctrl+2",
            translate("Commands", "Show the surface"),
        )
        self.reset_pose = make(
            translate("Commands", "Photo's view"),
            "reset",
            session.reset_pose,
            "Ctrl+0",
            translate("Commands", "Back to the photo's own camera"),
        )
        self.front = make(
            translate("Commands", "Front view"),
            "front",
            session.face_front,
            "Ctrl+F",
            translate("Commands", "Straight from the front"),
        )
        right = math.pi / 2
        self.side = make(
            translate("Commands", "Side view"),
            None,
            lambda: session.look_from(right, 0.0),
            None,
            translate("Commands", "From +x"),
        )
        self.other_side = make(
            translate("Commands", "Other side"),
            None,
            lambda: session.look_from(-right, 0.0),
            None,
            translate("Commands", "From -x"),
        )
        self.above = make(
            translate("Commands", "View from above"),
            None,
            lambda: session.look_from(0.0, right),
            None,
            translate("Commands", "From above"),
        )
        self.center = make(
            translate("Commands", "Centre the head"),
            None,
            lambda: session.set_pose(session.pose.centered()),
            None,
            translate("Commands", "No zoom, no pan"),
        )
        bar = window.view_bar
        self.passes = [
            make(
                translate("Commands", "Show: {text}").format(text=translate("view_bar", text)),
                None,
                bar.passes[name].trigger,
                f"Alt+{number}",
                tip,
            )
            for number, (name, (text, tip)) in enumerate(PASSES.items(), start=1)
        ]
        self.wipe = make(
            translate("Commands", "Compare: wipe"),
            "compare",
            lambda: bar.choose_comparison("wipe"),
            "Ctrl+W",
            translate("Commands", "Wipe"),
        )
        self.beside = make(
            translate("Commands", "Compare: side by side"),
            None,
            lambda: bar.choose_comparison("side"),
            "Ctrl+D",
            translate("Commands", "Both"),
        )
        self.uncompared = make(
            translate("Commands", "Compare: off"),
            None,
            lambda: bar.choose_comparison("off"),
            "Ctrl+Shift+W",
            translate("Commands", "The head alone"),
        )
        self.play = make(
            translate("Commands", "Play the turntable"),
            "play",
            bar.play_button.toggle,
            "Space",
            translate("Commands", "Let the camera sway, or stop; the timeline, while it is shown"),
        )
        self.timeline = make(
            translate("Commands", "Timeline"),
            "timeline",
            window.toggle_timeline,
            "Ctrl+L",
            translate("Commands", "Show the keyframes of camera and attributes, or put them away"),
        )
        self.add_key = make(
            translate("Commands", "Add key"),
            "key_add",
            window.add_key,
            "K",
            translate("Commands", "Keep what is seen now as a key of the animation"),
        )
        self.welcome = make(
            translate("Commands", "Welcome page"),
            None,
            window.show_welcome,
            "Ctrl+Shift+H",
            translate("Commands", "Recent projects"),
        )
        self.dark = make(
            translate("Commands", "Theme: dark"),
            None,
            lambda: window.set_theme("dark"),
            None,
            translate("Commands", "Light on dark"),
        )
        self.light = make(
            translate("Commands", "Theme: light"),
            None,
            lambda: window.set_theme("light"),
            None,
            translate("Commands", "Dark on light"),
        )
        self.system = make(
            translate("Commands", "Theme: as the system"),
            None,
            lambda: window.set_theme("system"),
            None,
            translate("Commands", "Follow"),
        )
        self.palette = make(
            translate("Commands", "All commands…"),
            "search",
            window.show_palette,
            "Ctrl+K",
            translate("Commands", "Search all commands"),
        )
        self.shortcuts = make(
            translate("Commands", "Shortcuts"),
            None,
            window.show_shortcuts,
            "F1",
            translate("Commands", "Every key on one page"),
        )
        self.cancel = make(
            translate("Commands", "Cancel work"),
            "cancel",
            window.studio.cancel,
            "Esc",
            translate("Commands", "Stop what is being done"),
        )
        self.about = make(
            translate("Commands", "About GOAE Studio"),
            None,
            window.show_about,
            None,
            translate("Commands", "Version and model"),
        )
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
            self.timeline,
            self.add_key,
            self.welcome,
            *self.passes,
        )
        stack = session.undo_stack
        stack.canUndoChanged.connect(self.undo.setEnabled)
        stack.canRedoChanged.connect(self.redo.setEnabled)
        stack.undoTextChanged.connect(self._show_undo_text)
        stack.redoTextChanged.connect(self._show_redo_text)
        for action, short in (
            (self.open, translate("Commands", "Open")),
            (self.save, translate("Commands", "Save")),
            (self.undo, translate("Commands", "Undo")),
            (self.redo, translate("Commands", "Redo")),
            (self.export, translate("Commands", "Export")),
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
            translate("Commands", "&File"): [
                self.open,
                self.paste,
                None,
                self.save,
                self.save_as,
                None,
                self.export,
                None,
                self.models,
                self.training,
                self.settings,
                None,
                self.quit,
            ],
            translate("Commands", "&Edit"): [
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
            translate("Commands", "&View"): [
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
                self.timeline,
                self.add_key,
                None,
                self.dark,
                self.light,
                self.system,
            ],
            translate("Commands", "&Help"): [self.palette, self.shortcuts, None, self.welcome, self.about],
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
        bar = QToolBar(translate("Commands", "Tools"))
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
        for action in bar.actions():
            bar.widgetForAction(action).setFocusPolicy(
                Qt.FocusPolicy.NoFocus if action.isSeparator() else Qt.FocusPolicy.TabFocus
            )
        space.setFocusPolicy(Qt.FocusPolicy.NoFocus)
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
        undo = translate("Commands", "Undo {text}").format(text=text)
        self.undo.setText(undo if text else translate("Commands", "Undo"))

    def _show_redo_text(self, text: str) -> None:
        redo = translate("Commands", "Redo {text}").format(text=text)
        self.redo.setText(redo if text else translate("Commands", "Redo"))
