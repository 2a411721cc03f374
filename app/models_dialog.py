"""The dialog of the models: what there is, what it may be used for, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app.dialogs import TITLE, sentence
from app.fitting import FittedDialog
from app.messages import ModelInfo, Progress
from app.models_dialog_import import ImportDialog
from app.models_library import (
    MODEL_SUFFIXES,
    Listed,
    ModelLibrary,
    is_model_file,
)
from app.progress_card import show_fraction
from app.theme import icon
from app.translation import translate
from goae_core.errors import GoaeError

_LIST_WIDTH = 320


class ModelsDialog(FittedDialog):
    """Shows the library; what is to be done goes to it, and switching to the window.

    Signals:
        use_asked(str): Use the model of that name.
    """

    use_asked = Signal(str)

    def __init__(self, library: ModelLibrary, parent: QWidget | None = None) -> None:
        """Lay out the dialog, and have the models listed.

        Args:
            library: Does the work.
            parent: Owner.
        """
        super().__init__(parent)
        self._library = library
        self._models: tuple[Listed, ...] = ()
        self._waiting: tuple[Path, ...] = ()
        self._in_use: ModelInfo | None = None
        self._wanted = ""
        self.import_dialog: ImportDialog | None = None
        self.question: QMessageBox | None = None
        self.setWindowTitle(translate("ModelsDialog", "Models"))
        self.setAcceptDrops(True)
        self.resize(960, 600)
        columns = QHBoxLayout()
        columns.setSpacing(18)
        columns.addLayout(self._list_column())
        columns.addLayout(self._detail_column(), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(14)
        layout.addLayout(columns, 1)
        layout.addWidget(self._progress_row())
        layout.addLayout(self._foot())
        library.listed.connect(self._show_listed)
        library.progressed.connect(self._show_progress)
        library.busy_changed.connect(self._show_busy)
        library.imported.connect(self._on_imported)
        library.verified.connect(self._on_verified)
        library.removed.connect(self._on_removed)
        library.cancelled.connect(self._on_cancelled)
        library.failed.connect(self._on_failed)
        self._show_busy(library.busy)
        library.refresh()

    @property
    def selected(self) -> Listed | None:
        """The model that is looked at."""
        row = self.list.currentRow()
        return self._models[row] if 0 <= row < len(self._models) else None

    def show_model(self, model: ModelInfo | None) -> None:
        """Mark the model in use."""
        self._in_use = model
        if not self._wanted and model is not None and self.selected is None:
            self._wanted = model.name
        self._fill()

    def select(self, name: str) -> None:
        """Look at a model, as soon as it is listed."""
        self._wanted = name
        self._fill()

    def ask_import(self, paths: Sequence[Path]) -> ImportDialog | None:
        """Ask under which name files shall be imported; None if there is nothing to import, or not yet."""
        if not self._models:
            self._waiting = tuple(paths)  # until it is known which models they could join
            return None
        known = [path for path in paths if is_model_file(path)]
        if not known:
            self._say(
                translate(
                    "ModelsDialog",
                    "These are no files of a model: expected an EG3D generator (.pkl), a GOAE encoder or AFA "
                    "(.pt), edit directions (.npy) or a model folder.",
                )
            )
            return None
        imported = [m.entry.name for m in self._models if not m.entry.embedded and not m.entry.problem]
        dialog = ImportDialog(known, imported, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.import_asked.connect(self._library.import_)
        dialog.destroyed.connect(self._forget_import)
        self.import_dialog = dialog
        dialog.open()
        return dialog

    def choose_files(self) -> None:
        """Let the person choose files to import."""
        suffixes = " ".join(f"*{suffix}" for suffix in MODEL_SUFFIXES)
        files, _ = QFileDialog.getOpenFileNames(
            self,
            translate("ModelsDialog", "Import a model"),
            "",
            translate("ModelsDialog", "Model files ({suffixes});;All files (*)").format(suffixes=suffixes),
        )
        if files:
            self.ask_import([Path(file) for file in files])

    def choose_folder(self) -> None:
        """Let the person choose a model folder to import."""
        folder = QFileDialog.getExistingDirectory(self, translate("ModelsDialog", "Import a model folder"))
        if folder:
            self.ask_import([Path(folder)])

    # Building

    def _list_column(self) -> QVBoxLayout:
        self.list = QListWidget()
        self.list.setAccessibleName(translate("ModelsDialog", "Models"))
        self.list.setToolTip(translate("ModelsDialog", "Choose a model to see its card; Enter uses it"))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setIconSize(QSize(22, 22))
        self.list.setFixedWidth(_LIST_WIDTH)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(lambda _: self._show_selected())
        self.list.itemActivated.connect(lambda _: self._use())
        self.zone = QLabel(
            translate(
                "ModelsDialog", "Drop model files here to import them: .pkl, .pt, .npy or a model folder"
            )
        )
        self.zone.setProperty("role", "dropzone")
        self.zone.setWordWrap(True)
        self.zone.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.zone.setFixedWidth(_LIST_WIDTH)
        self.zone.setMinimumHeight(72)
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(self.list, 1)
        column.addWidget(self.zone)
        return column

    def _detail_column(self) -> QVBoxLayout:
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts = QLabel()
        self.facts.setProperty("role", "caption")
        self.facts.setWordWrap(True)
        self.terms = QLabel()
        self.terms.setWordWrap(True)
        self.terms.setAccessibleName(translate("ModelsDialog", "Licence"))
        self.terms.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.card = QTextBrowser()
        self.card.setOpenExternalLinks(True)
        self.card.setAccessibleName(translate("ModelsDialog", "Model card"))
        self.card.setToolTip(
            translate("ModelsDialog", "The model card: how it was made, and how well it does")
        )
        self.card.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.card.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout()
        column.setSpacing(8)
        for widget in (self.title, self.facts, self.terms):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addWidget(self.card, 1)
        return column

    def _progress_row(self) -> QWidget:
        self.note = QLabel()
        self.note.setProperty("role", "caption")
        self.note.setAccessibleName(translate("ModelsDialog", "Status"))
        self.note.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(180)
        self.bar.setAccessibleName(translate("ModelsDialog", "Progress"))
        self.cancel_button = QPushButton(icon("cancel", "muted"), translate("ModelsDialog", "Cancel"))
        self.cancel_button.setProperty("quiet", True)
        self.cancel_button.setToolTip(translate("ModelsDialog", "Stop what is being done"))
        self.cancel_button.clicked.connect(self._library.cancel)
        row = QWidget()
        inner = QHBoxLayout(row)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.note, 1)
        inner.addWidget(self.bar)
        inner.addWidget(self.cancel_button)
        row.setMinimumHeight(30)
        return row

    def _foot(self) -> QHBoxLayout:
        self.import_button = QPushButton(icon("open"), translate("ModelsDialog", "Import"))
        self.import_button.setToolTip(
            translate("ModelsDialog", "Make a model of published files, or add to one")
        )
        menu = QMenu(self.import_button)
        menu.addAction(translate("ModelsDialog", "Files…"), self.choose_files)
        menu.addAction(translate("ModelsDialog", "Model folder…"), self.choose_folder)
        self.import_button.setMenu(menu)
        self.verify_button = QPushButton(icon("tick"), translate("ModelsDialog", "Verify"))
        self.verify_button.setToolTip(
            translate("ModelsDialog", "Compare the files with the SHA-256 recorded when they were written")
        )
        self.verify_button.clicked.connect(self._verify)
        self.remove_button = QPushButton(icon("cancel"), translate("ModelsDialog", "Remove…"))
        self.remove_button.setToolTip(
            translate("ModelsDialog", "Delete an imported model from this computer")
        )
        self.remove_button.clicked.connect(self._ask_remove)
        self.use_button = QPushButton(translate("ModelsDialog", "Use this model"))
        self.use_button.setProperty("primary", True)
        self.use_button.setToolTip(
            translate("ModelsDialog", "Switch to it; the open photo is inverted with it, and undo goes back")
        )
        self.use_button.clicked.connect(self._use)
        self.use_button.setDefault(True)
        self.close_button = QPushButton(translate("ModelsDialog", "Close"))
        self.close_button.setToolTip(translate("ModelsDialog", "Back to the window"))
        self.close_button.clicked.connect(self.close)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        for button in (self.import_button, self.verify_button, self.remove_button):
            button.setAutoDefault(False)
            foot.addWidget(button)
        foot.addStretch(1)
        self.close_button.setAutoDefault(False)
        foot.addWidget(self.close_button)
        foot.addWidget(self.use_button)
        return foot

    # What a person asks for

    def _use(self) -> None:
        model = self.selected
        if model is not None and self.use_button.isEnabled():
            self.use_asked.emit(model.entry.name)

    def _verify(self) -> None:
        model = self.selected
        if model is not None:
            self._library.verify(model.entry.name)

    def _ask_remove(self) -> None:
        model = self.selected
        if model is None:
            return
        name = model.entry.name
        box = QMessageBox(self)
        box.setWindowTitle(TITLE)
        box.setIconPixmap(icon("warning", "warning").pixmap(QSize(40, 40)))
        box.setText(translate("ModelsDialog", "Remove the model {name}?").format(name=name))
        box.setInformativeText(
            translate("ModelsDialog", "{size} MB are deleted from {folder}. This cannot be undone.").format(
                size=_megabytes(model), folder=model.entry.folder
            )
        )
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Yes | buttons.Cancel)
        box.button(buttons.Yes).setText(translate("ModelsDialog", "Remove"))
        box.setDefaultButton(buttons.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.button(buttons.Yes).clicked.connect(lambda: self._library.remove(name))
        box.destroyed.connect(self._forget_question)
        self.question = box
        box.open()

    # What happens

    def _on_imported(self, name: str) -> None:
        self.select(name)
        self._say(translate("ModelsDialog", "{name} was imported.").format(name=name))

    def _on_verified(self, name: str, files: int) -> None:
        self._say(
            translate("ModelsDialog", "{name}: all {count} files are what was written.").format(
                name=name, count=files
            )
        )

    def _on_removed(self, name: str) -> None:
        self._say(translate("ModelsDialog", "{name} was removed.").format(name=name))

    def _on_cancelled(self) -> None:
        self._say(translate("ModelsDialog", "Stopped; nothing was changed."))

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, GoaeError):
            self._say(sentence(error), role="warning")

    def _forget_import(self) -> None:
        self.import_dialog = None

    def _forget_question(self) -> None:
        self.question = None

    # Showing

    def _say(self, text: str, role: str = "caption") -> None:
        self.note.setText(text)
        if self.note.property("role") != role:
            self.note.setProperty("role", role)
            self.note.style().unpolish(self.note)
            self.note.style().polish(self.note)

    def _show_progress(self, news: Progress) -> None:
        self._say(news.text)
        show_fraction(self.bar, news.fraction)

    def _show_busy(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        self.cancel_button.setVisible(busy)
        if busy:
            show_fraction(self.bar, None)
        self.import_button.setEnabled(not busy)
        self._show_selected()

    def _show_listed(self, models: tuple[Listed, ...]) -> None:
        selected = self.selected
        if selected is not None and not self._wanted:
            self._wanted = selected.entry.name
        self._models = models
        self._fill()
        if models and self._waiting:
            waiting, self._waiting = self._waiting, ()
            self.ask_import(waiting)

    def _fill(self) -> None:
        wanted = self._wanted or (self.selected.entry.name if self.selected else "")
        blocked = self.list.blockSignals(True)
        self.list.clear()
        for number, model in enumerate(self._models):
            entry = model.entry
            symbol, tint = ("warning", "warning") if entry.problem else ("head", "muted")
            if self._uses(model):
                symbol, tint = "tick", "accent"
            item = QListWidgetItem(icon(symbol, tint), f"{entry.name}\n{self._caption(model)}")
            item.setToolTip(entry.problem or entry.licence)
            self.list.addItem(item)
            if entry.name == wanted:
                self.list.setCurrentRow(number)
                self._wanted = ""
        if self._models and self.list.currentRow() < 0:
            self.list.setCurrentRow(0)
        self.list.blockSignals(blocked)
        self._show_selected()

    def _caption(self, model: Listed) -> str:
        entry = model.entry
        if entry.problem:
            return translate("ModelsDialog", "cannot be used")
        words = [
            translate("ModelsDialog", "came with the program")
            if entry.embedded
            else translate("ModelsDialog", "imported")
        ]
        if entry.subject == "cat":
            words.insert(0, translate("ModelsDialog", "cats"))
        if entry.restricted:
            words.append(translate("ModelsDialog", "non-commercial"))
        if self._uses(model):
            words.insert(0, translate("ModelsDialog", "in use"))
        return ", ".join(words)

    def _show_selected(self) -> None:
        model, busy = self.selected, self._library.busy
        usable = model is not None and not model.entry.problem and "encoder" in model.entry.networks
        self.verify_button.setEnabled(model is not None and not busy)
        in_use = model is not None and self._uses(model)
        self.remove_button.setEnabled(
            model is not None and not model.entry.embedded and not in_use and not busy
        )
        self.use_button.setEnabled(usable and not in_use and not busy)
        if model is None:
            for label in (self.title, self.facts, self.terms):
                label.clear()
            self.card.clear()
            return
        entry = model.entry
        self.title.setText(entry.name)
        self.facts.setText(self._facts(model))
        self.terms.setText(
            translate("ModelsDialog", "Licence: {text}").format(text=entry.licence) if entry.licence else ""
        )
        self.terms.setProperty("role", "warning" if entry.restricted else "caption")
        self.terms.style().unpolish(self.terms)
        self.terms.style().polish(self.terms)
        if entry.problem:
            self.card.setPlainText(entry.problem)
        else:
            self.card.setMarkdown(model.card)

    def _facts(self, model: Listed) -> str:
        entry = model.entry
        if entry.problem:
            return self._caption(model)
        facts = [
            translate("ModelsDialog", "Heads of cats") if entry.subject == "cat" else "",
            translate("ModelsDialog", "{size} × {size} pixels").format(size=entry.image_size),
            translate("ModelsDialog", "{count} attributes").format(count=len(entry.directions)),
            f"{_megabytes(model)} MB",
            entry.preset,
        ]
        if "encoder" not in entry.networks:
            facts.append(
                translate("ModelsDialog", "no encoder: it cannot invert photos until one is imported to it")
            )
        return "  ·  ".join(fact for fact in facts if fact)

    def _uses(self, model: Listed) -> bool:
        return self._in_use is not None and (
            (model.entry.name, model.entry.fingerprint) == (self._in_use.name, self._in_use.fingerprint)
        )

    # Qt

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if not self._library.busy and _files(event):
            event.acceptProposedAction()
            self._hover(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They went away."""
        self._hover(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Import what was dropped."""
        self._hover(False)
        files = _files(event)
        if files and not self._library.busy:
            event.acceptProposedAction()
            self.ask_import(files)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Work that runs goes on; what was said of the last one is forgotten."""
        if not self._library.busy:
            self.note.clear()
        super().closeEvent(event)

    def _hover(self, hovered: bool) -> None:
        self.zone.setProperty("hovered", hovered)
        self.zone.style().unpolish(self.zone)
        self.zone.style().polish(self.zone)


def _megabytes(model: Listed) -> str:
    return f"{model.entry.size / 1e6:.0f}"


def _files(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
