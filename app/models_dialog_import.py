"""The question before files become a model: under which name, and on which terms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.fitting import FittedDialog
from app.models_library import ImportRequest, name_for
from app.translation import translate


class ImportDialog(FittedDialog):
    """Asks under which name files are imported, and on which terms.

    Signals:
        import_asked(ImportRequest): The person agreed.
    """

    import_asked = Signal(object)

    def __init__(self, paths: Sequence[Path], known: Sequence[str], parent: QWidget | None = None) -> None:
        """Suggest a name.

        Args:
            paths: Files and folders of models.
            known: Imported models, which encoder, AFA and directions can join.
            parent: Owner.
        """
        super().__init__(parent)
        self._paths = tuple(paths)
        self.setWindowTitle(translate("ImportDialog", "Import a model"))
        self.setMinimumWidth(470)
        whole = [path for path in paths if path.is_dir() or path.suffix.lower() == ".pkl"]
        names = QLabel("\n".join(path.name for path in paths[:8]))
        names.setToolTip("\n".join(str(path) for path in paths))
        self.name = QComboBox()
        self.name.setEditable(True)
        self.name.setAccessibleName(translate("ImportDialog", "Name of the model"))
        self.name.setToolTip(
            translate("ImportDialog", "A new name, or an imported model that the files shall join")
        )
        if whole:
            self.name.addItem(name_for(whole[0]))
        self.name.addItems([name for name in known if not whole])
        self.licence = QLineEdit()
        self.licence.setAccessibleName(translate("ImportDialog", "Licence"))
        self.licence.setPlaceholderText(translate("ImportDialog", "the publisher's licence applies"))
        self.licence.setToolTip(
            translate(
                "ImportDialog", "What the weights may be used for; empty: a note on the publisher's licence"
            )
        )
        safe = QLabel(
            translate(
                "ImportDialog",
                "No code in these files is run, and nothing is written unless every file could be read.",
            )
        )
        safe.setProperty("role", "caption")
        safe.setWordWrap(True)
        form = QFormLayout()
        form.setSpacing(10)
        form.addRow(translate("ImportDialog", "Files"), names)
        form.addRow(translate("ImportDialog", "Name"), self.name)
        form.addRow(translate("ImportDialog", "Licence"), self.licence)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.addButton(
            translate("ImportDialog", "Import"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.ok.setProperty("primary", True)
        self.ok.setDefault(True)
        self.buttons.accepted.connect(self._agree)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(14)
        layout.addLayout(form)
        layout.addWidget(safe)
        layout.addWidget(self.buttons)
        self.name.currentTextChanged.connect(self._show_enabled)
        self._show_enabled()

    def _agree(self) -> None:
        request = ImportRequest(self._paths, self.name.currentText().strip(), self.licence.text().strip())
        self.accept()
        self.import_asked.emit(request)

    def _show_enabled(self) -> None:
        self.ok.setEnabled(bool(self.name.currentText().strip()))
