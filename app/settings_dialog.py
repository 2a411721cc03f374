"""The settings: where is computed and how well it is shown, look, language, and folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.fitting import FittedDialog, Roll
from app.settings_file import MOST_THREADS, SettingsFile, SharedSettings
from app.theme import icon
from app.translation import mark, translate
from app.translation_files import LANGUAGES

_DEVICES = {
    "auto": mark("SettingsDialog", "Automatic: the fastest there is"),
    "cuda": mark("SettingsDialog", "NVIDIA graphics card (CUDA)"),
    "mps": mark("SettingsDialog", "Apple graphics (MPS)"),
    "cpu": mark("SettingsDialog", "Processor (CPU)"),
}
_QUALITIES = {
    "coarse": mark("SettingsDialog", "Coarse: drafts only, quickest"),
    "normal": mark("SettingsDialog", "Normal: drafts while moving, fine at rest"),
    "fine": mark("SettingsDialog", "Fine: always at full quality, slower"),
}
_THEMES = {
    "dark": mark("SettingsDialog", "Dark"),
    "light": mark("SettingsDialog", "Light"),
    "system": mark("SettingsDialog", "As the system"),
}


@dataclass(frozen=True, slots=True)
class Choices:
    """All that the dialog sets."""

    shared: SharedSettings
    quality: str
    theme: str
    language: str
    """A code, or "system"."""


class SettingsDialog(FittedDialog):
    """Asks; applies and writes nothing itself.

    Signals:
        chosen(Choices, bool): The person agreed; and whether a broken settings file is replaced.
    """

    chosen = Signal(object, bool)

    def __init__(
        self,
        choices: Choices,
        file: SettingsFile,
        models: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        """Show what is set.

        Args:
            choices: What is set now.
            file: The file that window and command line share.
            models: Names to offer.
            parent: Owner.
        """
        super().__init__(parent)
        self._file = file
        self._before = choices
        self.setWindowTitle(translate("SettingsDialog", "Settings"))
        self.setMinimumWidth(560)
        shared = choices.shared
        self.device = _combo(_DEVICES, shared.device)
        self.device.setAccessibleName(translate("SettingsDialog", "Device"))
        self.device.setToolTip(translate("SettingsDialog", "Where the networks are computed"))
        self.threads = QSpinBox()
        self.threads.setRange(0, MOST_THREADS)
        self.threads.setValue(shared.threads)
        self.threads.setSpecialValueText(
            translate("SettingsDialog", "All ({count})").format(count=os.cpu_count() or 1)
        )
        self.threads.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.threads.lineEdit().setTextMargins(7, 0, 0, 0)
        self.threads.setAccessibleName(translate("SettingsDialog", "Threads"))
        self.threads.setToolTip(
            translate("SettingsDialog", "Of the processor; 0: all. Fewer leave room for other programs.")
        )
        self.quality = _combo(_QUALITIES, choices.quality)
        self.quality.setAccessibleName(translate("SettingsDialog", "Preview quality"))
        self.quality.setToolTip(
            translate("SettingsDialog", "Of the picture in the window; exports are always fine")
        )
        self.model = QComboBox()
        self.model.addItem(translate("SettingsDialog", "The one that came with the program"), "")
        for name in models:
            self.model.addItem(name, name)
        if shared.model and self.model.findData(shared.model) < 0:
            self.model.addItem(shared.model, shared.model)
        self.model.setCurrentIndex(self.model.findData(shared.model))
        self.model.setAccessibleName(translate("SettingsDialog", "Model at the start"))
        self.model.setToolTip(
            translate("SettingsDialog", "Loaded when the program starts, and by the command line")
        )
        self.theme = _combo(_THEMES, choices.theme)
        self.theme.setAccessibleName(translate("SettingsDialog", "Theme"))
        self.theme.setToolTip(translate("SettingsDialog", "Colours of the window"))
        self.language = QComboBox()
        self.language.addItem(translate("SettingsDialog", "As the system"), "system")
        for code, name in LANGUAGES.items():
            self.language.addItem(name, code)
        self.language.setCurrentIndex(max(self.language.findData(choices.language), 0))
        self.language.setAccessibleName(translate("SettingsDialog", "Language"))
        self.language.setToolTip(translate("SettingsDialog", "Of the window; takes effect at the next start"))
        self.language_note = QLabel(
            translate("SettingsDialog", "The language changes when the program is started again.")
        )
        self.language_note.setProperty("role", "caption")
        self.language_note.hide()
        self.language.currentIndexChanged.connect(self._show_note)
        self.photos = FolderField(
            shared.photos,
            translate("SettingsDialog", "Photos"),
            translate("SettingsDialog", "Where photos are looked for first"),
            translate("SettingsDialog", "the last one used"),
        )
        self.output = FolderField(
            shared.output,
            translate("SettingsDialog", "Results"),
            translate("SettingsDialog", "Where exports go, and what the command line writes"),
            translate("SettingsDialog", "the last one used"),
        )
        self.models = FolderField(
            shared.models,
            translate("SettingsDialog", "Models"),
            translate("SettingsDialog", "Where imported models lie; takes effect at the next start"),
            translate("SettingsDialog", "the program's data folder"),
        )
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(22, 18, 22, 0)
        layout.setSpacing(8)
        layout.addWidget(_heading(translate("SettingsDialog", "Computing")))
        layout.addLayout(
            _form(
                (translate("SettingsDialog", "Device"), self.device),
                (translate("SettingsDialog", "Threads"), self.threads),
                (translate("SettingsDialog", "Preview quality"), self.quality),
                (translate("SettingsDialog", "Model at the start"), self.model),
            )
        )
        layout.addSpacing(8)
        layout.addWidget(_heading(translate("SettingsDialog", "Window")))
        layout.addLayout(
            _form(
                (translate("SettingsDialog", "Theme"), self.theme),
                (translate("SettingsDialog", "Language"), self.language),
            )
        )
        layout.addWidget(self.language_note)
        layout.addSpacing(8)
        layout.addWidget(_heading(translate("SettingsDialog", "Folders")))
        layout.addLayout(_form(*((field.name, field) for field in (self.photos, self.output, self.models))))
        layout.addSpacing(4)
        self.where = QLabel(
            translate(
                "SettingsDialog", "Device, threads, model and folders also hold for the command line: {path}"
            ).format(path=file.path)
        )
        self.where.setProperty("role", "caption")
        self.where.setWordWrap(True)
        self.where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(self.where)
        self.replace_broken = QCheckBox(
            translate("SettingsDialog", "Put the broken file aside and write a new one")
        )
        self.replace_broken.setToolTip(translate("SettingsDialog", "It is kept with .broken behind its name"))
        if file.problem:
            problem = QLabel(file.problem[:1].upper() + file.problem[1:] + ".")
            problem.setProperty("role", "warning")
            problem.setWordWrap(True)
            layout.addWidget(problem)
        self.replace_broken.setVisible(not file.readable)
        layout.addWidget(self.replace_broken)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.addButton(
            translate("SettingsDialog", "Apply"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.ok.setProperty("primary", True)
        self.ok.setDefault(True)
        self.ok.setToolTip(translate("SettingsDialog", "Take over what is set here"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setToolTip(
            translate("SettingsDialog", "Leave everything as it was")
        )
        self.buttons.accepted.connect(self._agree)
        self.buttons.rejected.connect(self.reject)
        layout.addStretch(1)
        foot = QVBoxLayout()
        foot.setContentsMargins(22, 6, 22, 16)
        foot.addWidget(self.buttons)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Roll(page), 1)
        whole.addLayout(foot)

    @property
    def choices(self) -> Choices:
        """What is set in the dialog."""
        shared = replace(
            self._before.shared,
            device=str(self.device.currentData()),
            threads=self.threads.value(),
            model=str(self.model.currentData()),
            photos=self.photos.text,
            output=self.output.text,
            models=self.models.text,
        )
        return Choices(
            shared,
            str(self.quality.currentData()),
            str(self.theme.currentData()),
            str(self.language.currentData()),
        )

    def _agree(self) -> None:
        self.accept()
        self.chosen.emit(self.choices, self.replace_broken.isChecked())

    def _show_note(self) -> None:
        self.language_note.setVisible(self.language.currentData() != self._before.language)


class FolderField(QWidget):
    """A path that can be typed or chosen."""

    def __init__(self, folder: str, name: str, tip: str, empty: str) -> None:
        """Show a folder.

        Args:
            folder: Empty: none in particular.
            name: For labels and screen readers.
            tip: What it is for.
            empty: What an empty field means.
        """
        super().__init__()
        self.name = name
        self.field = QLineEdit(folder)
        self.field.setPlaceholderText(empty)
        self.field.setAccessibleName(name)
        self.field.setToolTip(tip)
        self.button = QToolButton()
        self.button.setIcon(icon("folder"))
        self.button.setIconSize(QSize(18, 18))
        self.button.setAccessibleName(
            translate("SettingsDialog", "Choose a folder: {name}").format(name=name)
        )
        self.button.setToolTip(translate("SettingsDialog", "Choose a folder"))
        self.button.clicked.connect(self._choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(self.button)
        self.setFocusProxy(self.field)

    @property
    def text(self) -> str:
        """The folder; empty: none in particular."""
        return self.field.text().strip()

    def _choose(self) -> None:
        start = self.text or str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self, self.name, start)
        if chosen:
            self.field.setText(chosen)


def _combo(texts: dict[str, str], value: str) -> QComboBox:
    box = QComboBox()
    for key, text in texts.items():
        box.addItem(translate("SettingsDialog", text), key)
    box.setCurrentIndex(max(box.findData(value), 0))
    return box


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _form(*rows: tuple[str, QWidget]) -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(8)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for name, widget in rows:
        label = QLabel(name)
        label.setMinimumWidth(130)
        label.setBuddy(widget)
        form.addRow(label, widget)
    return form
