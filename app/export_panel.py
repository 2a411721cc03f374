"""The export dialog: picture, turntable or mesh."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.messages import ExportRequest, MeshExport, PictureExport, TurntableExport
from app.settings import Settings
from app.theme import icon

_PREVIEW = 210
_MAX_SIDE = 2048


class ExportDialog(QDialog):
    """Asks what to write and where; writes nothing itself.

    Signals:
        export_asked(ExportRequest): The person agreed.
    """

    export_asked = Signal(object)

    def __init__(
        self,
        name: str,
        folder: Path,
        settings: Settings,
        preview: QImage | None,
        parent: QWidget | None = None,
    ) -> None:
        """Fill in the last settings.

        Args:
            name: Of the document; file names begin with it.
            folder: Where files go unless told otherwise.
            settings: The last choices.
            preview: The current view.
            parent: Owner.
        """
        super().__init__(parent)
        self.setWindowTitle("Export")
        self._name = name
        self._settings = settings
        self._kinds = (_PicturePage(settings), _TurntablePage(settings), _MeshPage(settings))
        self._pages = QStackedWidget()
        segments = QFrame()
        segments.setProperty("segments", True)
        row = QHBoxLayout(segments)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(2)
        self.kinds = QButtonGroup(self)
        for number, page in enumerate(self._kinds):
            button = QPushButton(icon(page.ICON, "muted"), page.TITLE)
            button.setProperty("segment", True)
            button.setCheckable(True)
            button.setToolTip(page.TIP)
            self.kinds.addButton(button, number)
            row.addWidget(button)
            self._pages.addWidget(page)
            page.changed.connect(self._refresh)
        picture = QLabel()
        picture.setFixedSize(_PREVIEW, _PREVIEW)
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        picture.setAccessibleName("The current view")
        if preview is not None:
            scale = self.devicePixelRatioF()
            pixmap = QPixmap.fromImage(preview).scaled(
                QSize(_PREVIEW, _PREVIEW) * scale,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            pixmap.setDevicePixelRatio(scale)
            picture.setPixmap(pixmap)
        self._hint = QLabel()
        self._hint.setProperty("role", "caption")
        self._hint.setWordWrap(True)
        self._hint.setFixedWidth(_PREVIEW)
        self._hint.setMinimumHeight(64)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(picture)
        left.addWidget(self._hint)
        left.addStretch(1)
        body = QHBoxLayout()
        body.setSpacing(22)
        body.addLayout(left)
        body.addWidget(self._pages, 1)
        self.path = QLineEdit()
        self.path.setAccessibleName("File")
        self.path.setToolTip("Where the file is written")
        self.path.textChanged.connect(self._refresh)
        browse = QPushButton(icon("folder", "muted"), "Browse…")
        browse.setToolTip("Choose folder and file name")
        browse.clicked.connect(self._browse)
        file_row = QHBoxLayout()
        file_row.addWidget(self.path, 1)
        file_row.addWidget(browse)
        self._problem = QLabel()
        self._problem.setProperty("role", "warning")
        self._problem.setWordWrap(True)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        self.go = QPushButton("Export")
        self.go.setProperty("primary", True)
        self.go.setDefault(True)
        self.go.clicked.connect(self._agree)
        buttons = QHBoxLayout()
        buttons.addWidget(self._problem, 1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 20, 22, 18)
        layout.setSpacing(16)
        layout.addWidget(segments, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(body)
        layout.addLayout(file_row)
        layout.addLayout(buttons)
        self.setMinimumWidth(620)
        self._folder = folder
        self.kinds.idClicked.connect(self.show_kind)
        self.show_kind(0)

    @property
    def page(self) -> _Page:
        """The shown kind's settings."""
        return self._kinds[self._pages.currentIndex()]

    @property
    def settings(self) -> Settings:
        """The choices made here, to be kept."""
        kept = self._settings
        for page in self._kinds:
            kept = page.kept(kept)
        return replace(kept, export_folder=str(self._folder))

    def show_kind(self, number: int) -> None:
        """Show picture (0), turntable (1) or mesh (2)."""
        self.kinds.button(number).setChecked(True)
        self._pages.setCurrentIndex(number)
        self.path.setText(str(self._folder / f"{self._name}{self.page.MARK}{self.page.suffixes()[0]}"))
        self._refresh()

    def request(self) -> ExportRequest | None:
        """What would be written; None while the file name does not fit."""
        path = Path(self.path.text().strip()).expanduser()
        return None if self._trouble(path) else self.page.request(path)

    def _trouble(self, path: Path) -> str:
        if not path.name or path.suffix.lower() not in self.page.suffixes():
            return f"The file name has to end in {' or '.join(self.page.suffixes())}."
        if not path.parent.is_dir():
            return f"There is no folder {path.parent}."
        return ""

    def _refresh(self) -> None:
        suffix = self.page.chosen_suffix()
        path = Path(self.path.text().strip())
        if suffix and path.suffix.lower() in self.page.suffixes() and path.suffix.lower() != suffix:
            if self.sender() is not self.path:
                self.path.setText(str(path.with_suffix(suffix)))
                return
            self.page.choose_suffix(path.suffix.lower())
        trouble = self._trouble(Path(self.path.text().strip()).expanduser())
        self._problem.setText(trouble)
        self._hint.setText(self.page.hint())
        self.go.setEnabled(not trouble)

    def _browse(self) -> None:
        endings = " ".join(f"*{suffix}" for suffix in self.page.suffixes())
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Export to", self.path.text(), f"{self.page.TITLE} ({endings})"
        )
        if chosen:
            self.path.setText(chosen)

    def _agree(self) -> None:
        request = self.request()
        if request is not None:
            self._folder = request.path.parent
            self.export_asked.emit(request)
            self.accept()


class _Page(QWidget):
    """The settings of one kind."""

    TITLE = ""
    ICON = ""
    TIP = ""
    MARK = ""
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._format = QComboBox()
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 4, 0, 0)
        self._form.setVerticalSpacing(11)
        self._form.setHorizontalSpacing(16)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)

    def suffixes(self) -> tuple[str, ...]:
        """Endings of the files."""
        return tuple(str(self._format.itemData(k)) for k in range(self._format.count()))

    def request(self, path: Path) -> ExportRequest:
        raise NotImplementedError

    def hint(self) -> str:
        raise NotImplementedError

    def kept(self, settings: Settings) -> Settings:
        raise NotImplementedError

    def chosen_suffix(self) -> str:
        """The chosen format's ending."""
        return str(self._format.currentData())

    def choose_suffix(self, suffix: str) -> None:
        """Follow a file name typed by hand."""
        self._format.setCurrentIndex(max(self._format.findData(suffix), 0))

    def _number(self, name: str, value: int, low: int, high: int, unit: str, step: int = 1) -> QSpinBox:
        box = QSpinBox()
        box.setRange(low, high)
        box.setSingleStep(step)
        box.setValue(value)
        box.setSuffix(unit)
        box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        box.lineEdit().setTextMargins(5, 0, 0, 0)
        box.setAccessibleName(name)
        box.setToolTip(f"{name}, {low} to {high}{unit}")
        box.valueChanged.connect(self.changed)
        self._form.addRow(name, box)
        return box

    def _formats(self, choices: dict[str, str]) -> None:
        box = self._format
        for suffix, text in choices.items():
            box.addItem(text, suffix)
        box.setAccessibleName("Format")
        box.setToolTip("File format")
        box.currentIndexChanged.connect(self.changed)
        self._form.addRow("Format", box)


class _PicturePage(_Page):
    TITLE = "Picture"
    ICON = "photo"
    TIP = "The current view as a picture"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._formats({".png": "PNG", ".jpg": "JPEG (smaller, no transparency)", ".webp": "WebP"})
        self._size = self._number("Size", settings.picture_size, 64, _MAX_SIDE, " px", 64)
        self._transparent = QCheckBox("Transparent background")
        self._transparent.setToolTip("Leave out the background; the head keeps its soft edge")
        self._transparent.setChecked(settings.transparent)
        self._form.addRow("", self._transparent)

    def request(self, path: Path) -> PictureExport:
        transparent = self._transparent.isChecked() and path.suffix.lower() != ".jpg"
        return PictureExport(path, self._size.value(), transparent)

    def hint(self) -> str:
        return "The head as it is seen now, rendered at full quality."

    def kept(self, settings: Settings) -> Settings:
        return replace(settings, picture_size=self._size.value(), transparent=self._transparent.isChecked())


class _TurntablePage(_Page):
    TITLE = "Turntable"
    ICON = "film"
    TIP = "A film that sways around the head"
    MARK = "_turntable"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._formats({".gif": "GIF animation", ".mp4": "MP4 video", ".webp": "WebP animation"})
        self._size = self._number("Size", settings.turntable_size, 64, 1024, " px", 64)
        self._frames = self._number("Frames", settings.turntable_frames, 2, 600, "")
        self._fps = self._number("Frames a second", settings.turntable_fps, 1, 60, "")
        self._yaw = self._number("Yaw to each side", settings.turntable_yaw, 0, 90, "°", 5)
        self._pitch = self._number("Pitch up and down", settings.turntable_pitch, 0, 30, "°")

    def request(self, path: Path) -> TurntableExport:
        return TurntableExport(
            path,
            self._size.value(),
            self._frames.value(),
            self._fps.value(),
            math.radians(self._yaw.value()),
            math.radians(self._pitch.value()),
        )

    def hint(self) -> str:
        seconds = self._frames.value() / self._fps.value()
        return f"{seconds:.1f} seconds, the end meets the beginning. Attributes are kept as they are now."

    def kept(self, settings: Settings) -> Settings:
        return replace(
            settings,
            turntable_size=self._size.value(),
            turntable_frames=self._frames.value(),
            turntable_fps=self._fps.value(),
            turntable_yaw=self._yaw.value(),
            turntable_pitch=self._pitch.value(),
        )


class _MeshPage(_Page):
    TITLE = "Mesh"
    ICON = "mesh"
    TIP = "The surface as triangles with colours"
    MARK = "_mesh"

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._formats(
            {
                ".obj": "Wavefront OBJ",
                ".ply": "PLY",
                ".glb": "glTF binary (GLB)",
                ".stl": "STL (no colours)",
            }
        )
        self._resolution = self._number("Resolution", settings.mesh_resolution, 32, 512, " samples", 32)

    def request(self, path: Path) -> MeshExport:
        return MeshExport(path, self._resolution.value())

    def hint(self) -> str:
        million = self._resolution.value() ** 3 / 1e6
        return f"The density is sampled at {million:.1f} million points. Attributes are kept as they are now."

    def kept(self, settings: Settings) -> Settings:
        return replace(settings, mesh_resolution=self._resolution.value())
