"""The small dialogs: unsaved changes, errors, about."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QInputDialog, QMessageBox, QWidget

from app.messages import ModelInfo
from app.theme import icon
from app.translation import translate

TITLE = "GOAE Studio"


class Unsaved(Enum):
    """What to do with changes that would be lost."""

    SAVE = "save"
    DISCARD = "discard"
    CANCEL = "cancel"


def ask_unsaved(parent: QWidget, name: str) -> Unsaved:
    """Ask the person; waits for the answer."""
    box = QMessageBox(parent)
    box.setIconPixmap(icon("save", "accent").pixmap(QSize(40, 40)))
    box.setWindowTitle(TITLE)
    box.setText(translate("dialogs", "Save the changes to {name}?").format(name=name))
    box.setInformativeText(translate("dialogs", "The attributes you set are lost otherwise."))
    buttons = QMessageBox.StandardButton
    box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
    box.setDefaultButton(buttons.Save)
    answers = {buttons.Save: Unsaved.SAVE, buttons.Discard: Unsaved.DISCARD}
    return answers.get(buttons(box.exec()), Unsaved.CANCEL)


def error_box(parent: QWidget, text: str) -> QMessageBox:
    """A sentence about what went wrong; not yet shown, gone when closed."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, TITLE, text, QMessageBox.StandardButton.Close, parent)
    box.setIconPixmap(icon("warning", "warning").pixmap(QSize(40, 40)))
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def about_box(parent: QWidget, model: ModelInfo | None) -> QMessageBox:
    """Version, model, sources; not yet shown, gone when closed."""
    from goae_core import __version__

    using = (
        translate("dialogs", "Model {name} ({preset}) on {device}.").format(
            name=model.name, preset=model.preset, device=model.device
        )
        if model
        else translate("dialogs", "No model is loaded.")
    )
    box = QMessageBox(parent)
    box.setWindowTitle(translate("dialogs", "About {title}").format(title=TITLE))
    box.setIconPixmap(parent.windowIcon().pixmap(QSize(72, 72)))
    box.setText(f"{TITLE} {__version__}")
    box.setInformativeText(
        translate(
            "dialogs",
            "A portrait in, a live head out.\n\n{using}\n\n"
            "After Yuan et al. 2023 (GOAE) and Chan et al. 2022 (EG3D). Apache-2.0.",
        ).format(using=using)
    )
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def sentence(error: Exception) -> str:
    """The error's text as a sentence: full stop, and a capital letter unless it begins with a file's name."""
    text = str(error).strip() or type(error).__name__
    first = text.split()[0]
    start = text[0].upper() + text[1:] if first.isalpha() else text
    return start + ("" if text.endswith((".", "!", "?")) else ".")


def ask_name(parent: QWidget, title: str, label: str, then: Callable[[str], None]) -> QInputDialog:
    """Ask for a name, and do something with it if one is given; does not wait.

    Args:
        parent: Owner.
        title: Of the dialog.
        label: Beside the field.
        then: Receives the name, stripped.
    """
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setLabelText(label)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.textValueSelected.connect(lambda text: then(text.strip()))
    dialog.open()
    return dialog


def restore_box(parent: QWidget, name: str, count: int) -> QMessageBox:
    """Offer what a crash left; not yet shown, gone when closed. "Yes" restores, "No" throws away."""
    box = QMessageBox(parent)
    box.setWindowTitle(TITLE)
    box.setIconPixmap(icon("clock", "accent").pixmap(QSize(40, 40)))
    box.setText(translate("dialogs", "Restore your work on {name}?").format(name=name))
    text = translate("dialogs", "The program ended without closing. Its last state was kept.")
    if count > 1:
        older = translate("dialogs", "Older ones will be offered next time: {count}.")
        text = f"{text} {older.format(count=count - 1)}"
    box.setInformativeText(text)
    buttons = QMessageBox.StandardButton
    box.setStandardButtons(buttons.Yes | buttons.No | buttons.Cancel)
    box.button(buttons.Yes).setText(translate("dialogs", "Restore"))
    box.button(buttons.No).setText(translate("dialogs", "Throw away"))
    box.button(buttons.Cancel).setText(translate("dialogs", "Later"))
    box.setDefaultButton(buttons.Yes)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box
