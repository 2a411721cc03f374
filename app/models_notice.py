"""A line over the head: the model in use was replaced on the disk, and can be loaded anew."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.theme import icon
from app.translation import translate


class ModelNotice(QFrame):
    """Hidden until there is something to say.

    Signals:
        reload_asked(str): Load the new weights of the model of that name.
    """

    reload_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start hidden."""
        super().__init__(parent)
        self.setProperty("notice", True)
        self.setAccessibleName(translate("ModelNotice", "News of the model"))
        self._name = ""
        self._declined: set[str] = set()
        self._fingerprint = ""
        sign = QLabel()
        sign.setPixmap(icon("layers").pixmap(QSize(18, 18)))
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.reload_button = QPushButton(translate("ModelNotice", "Load the new weights"))
        self.reload_button.setToolTip(
            translate("ModelNotice", "The open photo is inverted with them; undo comes back to the old ones")
        )
        self.reload_button.clicked.connect(self._reload)
        self.keep_button = QPushButton(translate("ModelNotice", "Keep the old ones"))
        self.keep_button.setProperty("quiet", True)
        self.keep_button.setToolTip(translate("ModelNotice", "Until the program ends"))
        self.keep_button.clicked.connect(self._keep)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 7, 10, 7)
        row.setSpacing(10)
        row.addWidget(sign)
        row.addWidget(self.text, 1)
        row.addWidget(self.keep_button)
        row.addWidget(self.reload_button)
        self.hide()

    def offer(self, name: str, fingerprint: str) -> None:
        """Say that other weights bear the name now, once for each."""
        if fingerprint not in self._declined:
            self._name, self._fingerprint = name, fingerprint
            self.text.setText(
                translate(
                    "ModelNotice",
                    "The model {name} has new weights on the disk; the window still uses the old ones.",
                ).format(name=name)
            )
            self.show()

    def _reload(self) -> None:
        self.hide()
        self.reload_asked.emit(self._name)

    def _keep(self) -> None:
        self._declined.add(self._fingerprint)
        self.hide()
