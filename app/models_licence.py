"""The question before the first use of a model whose terms forbid commercial use."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from app.dialogs import TITLE
from app.models_library import Listed
from app.theme import icon
from app.translation import translate


def licence_box(parent: QWidget, model: Listed) -> QMessageBox:
    """Show a model's terms before its first use; not yet shown, gone when closed. "Yes" accepts them."""
    box = QMessageBox(parent)
    box.setWindowTitle(TITLE)
    box.setIconPixmap(icon("warning", "warning").pixmap(QSize(40, 40)))
    box.setText(translate("licence", "{name} is for non-commercial use only").format(name=model.entry.name))
    box.setInformativeText(
        translate(
            "licence",
            "{terms}\n\nSource: {source}.\n\nYou are asked once; the answer is remembered for these weights.",
        ).format(terms=model.entry.licence, source=model.entry.source.rstrip("."))
    )
    buttons = QMessageBox.StandardButton
    box.setStandardButtons(buttons.Yes | buttons.Cancel)
    box.button(buttons.Yes).setText(translate("licence", "Accept and use it"))
    box.setDefaultButton(buttons.Cancel)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box
