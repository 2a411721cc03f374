"""Training and direction finding, started from the window and watched there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.fitting import FittedDialog, Roll
from app.settings_dialog import FolderField
from app.theme import icon
from app.training_curves import TrainingCurves
from app.training_run import (
    STAGES,
    TrainingEnd,
    TrainingNews,
    TrainingPlan,
    TrainingRun,
    newest_sheet,
    read_log,
)
from app.translation import mark, translate
from app.worker import Worker
from goae_core.presets import PRESETS
from goae_core.training.progress import StageName

_LOOK_MS = 3000
_STAGES: dict[StageName, tuple[str, str]] = {
    "data": (
        mark("TrainingDialog", "Render persons"),
        mark(
            "TrainingDialog",
            "Renders persons from a head pack into the data folder: what all else learns from.",
        ),
    ),
    "generator": (
        mark("TrainingDialog", "Generator"),
        mark("TrainingDialog", "Learns to make heads. The longest stage."),
    ),
    "matting": (
        mark("TrainingDialog", "Matting"),
        mark("TrainingDialog", "Learns to find the head in a photo."),
    ),
    "encoder": (
        mark("TrainingDialog", "Encoder"),
        mark("TrainingDialog", "Learns to turn a photo into a head. Needs the run's generator."),
    ),
    "afa": (
        mark("TrainingDialog", "AFA"),
        mark("TrainingDialog", "Learns to add what the encoder missed. Needs generator and encoder."),
    ),
    "attributes": (
        mark("TrainingDialog", "Attribute reader"),
        mark("TrainingDialog", "Learns to read attributes off pictures. Directions are measured with it."),
    ),
    "judge": (
        mark("TrainingDialog", "Judge"),
        mark("TrainingDialog", "A second reader, trained on other persons, that judges the directions."),
    ),
    "directions": (
        mark("TrainingDialog", "Find directions"),
        mark(
            "TrainingDialog",
            "Finds the sliders: one direction for each attribute. Needs the run's generator.",
        ),
    ),
    "pose": (
        mark("TrainingDialog", "Head pose"),
        mark("TrainingDialog", "Fits the correction of estimated poses to rendered faces."),
    ),
    "edits": (
        mark("TrainingDialog", "Measure edits"),
        mark("TrainingDialog", "Measures what each slider does to persons it has not seen, and draws it."),
    ),
    "evaluate": (
        mark("TrainingDialog", "Evaluate"),
        mark("TrainingDialog", "Inverts persons it has not seen and writes the model's figures."),
    ),
}


class TrainingDialog(FittedDialog):
    """Left: what to train, and from what. Right: how far it is, its curves, sheets and words.

    Signals:
        told(str): News for the window's status line; empty: nothing runs.
        folders_chosen(str, str, str): Training began with this data folder, run folder and head pack.
    """

    told = Signal(str)
    folders_chosen = Signal(str, str, str)

    def __init__(
        self,
        run: TrainingRun,
        files: Worker,
        folders: tuple[str, str, str] = ("", "", ""),
        parent: QWidget | None = None,
    ) -> None:
        """Follow a run.

        Args:
            run: The process; lives on when the dialog is closed.
            files: Reads logs and sheets.
            folders: Of the data, the run and the head pack, as they were last.
            parent: Owner.
        """
        super().__init__(parent)
        self.setWindowTitle(translate("TrainingDialog", "Training"))
        self.resize(1000, 640)
        self._run = run
        self._files = files
        self._shown_sheet: Path | None = None
        form = self._form(folders)
        right = self._right()
        columns = QHBoxLayout(self)
        columns.setContentsMargins(18, 18, 18, 18)
        columns.setSpacing(20)
        columns.addLayout(form, 0)
        columns.addLayout(right, 1)
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._look_for_sheet)
        run.news.connect(self._on_news)
        run.ended.connect(self._on_ended)
        self._show_stage()
        self._show_running()

    @property
    def plan(self) -> TrainingPlan:
        """What the form says."""
        return TrainingPlan(
            stage=self._stage,
            data=Path(self.data.text).expanduser(),
            out=Path(self.out.text).expanduser(),
            pack=Path(self.pack.text).expanduser() if self.pack.text and self._stage == "data" else None,
            minutes=float(self.minutes.value()) if self.minutes.value() else None,
            persons=self.persons.value(),
            preset=self.preset.currentText(),
            device=str(self.device.currentData()),
            resume=self.resume.isEnabled() and self.resume.isChecked(),
        )

    @property
    def _stage(self) -> StageName:
        return STAGES[self.stage.currentIndex()]

    def start(self) -> None:
        """Start what the form says, or say what is missing."""
        missing = self._missing()
        if missing:
            self.sentence.setText(missing)
            return
        plan = self.plan
        if not plan.resume:
            self.curves.clear()
        self.words.clear()
        self.sentence.setText(translate("TrainingDialog", "Starting …"))
        self.folders_chosen.emit(self.data.text, self.out.text, self.pack.text)
        self._run.start(plan)
        self._show_running()
        if plan.resume:
            self._files.submit(
                lambda _: read_log(plan.folder),
                done=self.curves.add,
                failed=lambda error: self.words.appendPlainText(str(error)),
                lane="training log",
            )

    def _missing(self) -> str:
        if not self.data.text or not self.out.text:
            return translate("TrainingDialog", "Choose a data folder and a run folder first.")
        if self._stage == "data" and not self.pack.text:
            return translate("TrainingDialog", "Rendering needs a head pack; choose its folder.")
        return ""

    # Building

    def _form(self, folders: tuple[str, str, str]) -> QVBoxLayout:
        self.stage = QComboBox()
        for text, _ in _STAGES.values():
            self.stage.addItem(translate("TrainingDialog", text))
        self.stage.setCurrentIndex(STAGES.index("directions"))
        self.stage.setAccessibleName(translate("TrainingDialog", "What to train"))
        self.stage.setToolTip(
            translate("TrainingDialog", "A stage of the recipe; top to bottom makes a model")
        )
        self.stage.currentIndexChanged.connect(self._show_stage)
        self.about = QLabel()
        self.about.setProperty("role", "caption")
        self.about.setWordWrap(True)
        self.about.setMinimumHeight(44)
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        choose = translate("TrainingDialog", "choose a folder")
        self.data = FolderField(
            folders[0],
            translate("TrainingDialog", "Data"),
            translate("TrainingDialog", "Folder of rendered persons"),
            choose,
        )
        self.out = FolderField(
            folders[1],
            translate("TrainingDialog", "Run"),
            translate(
                "TrainingDialog", "Folder of this run: checkpoints, logs, sheets and the growing model"
            ),
            choose,
        )
        self.pack = FolderField(
            folders[2],
            translate("TrainingDialog", "Head pack"),
            translate("TrainingDialog", "What persons are rendered from"),
            choose,
        )
        self.out.field.textChanged.connect(self._show_stage)
        self.minutes = QSpinBox()
        self.minutes.setRange(0, 100_000)
        self.minutes.setSuffix(translate("TrainingDialog", " min"))
        self.minutes.setSpecialValueText(translate("TrainingDialog", "until done"))
        self.minutes.setAccessibleName(translate("TrainingDialog", "Time"))
        self.minutes.setToolTip(translate("TrainingDialog", "Stop after this time, over all resumptions"))
        self.persons = QSpinBox()
        self.persons.setRange(1, 1_000_000)
        self.persons.setValue(2000)
        self.persons.setAccessibleName(translate("TrainingDialog", "Persons"))
        self.persons.setToolTip(translate("TrainingDialog", "How many persons to render"))
        self.preset = QComboBox()
        self.preset.addItems(list(PRESETS))
        self.preset.setCurrentText("studio256")
        self.preset.setAccessibleName(translate("TrainingDialog", "Preset"))
        self.preset.setToolTip(translate("TrainingDialog", "Sizes of the model"))
        self.device = QComboBox()
        for name in ("auto", "cpu", "cuda", "mps"):
            self.device.addItem(name if name != "auto" else translate("TrainingDialog", "automatic"), name)
        self.device.setAccessibleName(translate("TrainingDialog", "Device"))
        self.device.setToolTip(translate("TrainingDialog", "Where to train"))
        self.resume = QCheckBox(translate("TrainingDialog", "Go on where the last run stopped"))
        self.resume.setToolTip(
            translate("TrainingDialog", "Take up the run folder's checkpoint of this stage")
        )
        rows = QFormLayout()
        rows.setSpacing(9)
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.addRow(translate("TrainingDialog", "Stage"), self.stage)
        rows.addRow(self.about)
        rows.addRow(self.pack.name, self.pack)
        rows.addRow(self.data.name, self.data)
        rows.addRow(self.out.name, self.out)
        rows.addRow(translate("TrainingDialog", "Persons"), self.persons)
        rows.addRow(translate("TrainingDialog", "Time"), self.minutes)
        rows.addRow(translate("TrainingDialog", "Preset"), self.preset)
        rows.addRow(translate("TrainingDialog", "Device"), self.device)
        rows.addRow(self.resume)
        self._rows = rows
        self.start_button = QPushButton(icon("play", "on_accent"), translate("TrainingDialog", "Start"))
        self.start_button.setProperty("primary", True)
        self.start_button.setToolTip(translate("TrainingDialog", "Train in a process of its own"))
        self.start_button.clicked.connect(self.start)
        self.stop_button = QPushButton(icon("cancel"), translate("TrainingDialog", "Stop"))
        self.stop_button.setToolTip(
            translate("TrainingDialog", "Save a checkpoint and end; a second click ends it at once")
        )
        self.stop_button.clicked.connect(self._stop)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start_button, 1)
        buttons.addWidget(self.stop_button, 1)
        page = QWidget()
        page.setLayout(rows)
        rows.setContentsMargins(0, 0, 10, 0)
        column = QVBoxLayout()
        column.addWidget(Roll(page), 1)
        column.addLayout(buttons)
        return column

    def _right(self) -> QVBoxLayout:
        self.sentence = QLabel(translate("TrainingDialog", "Nothing runs."))
        self.sentence.setWordWrap(True)
        self.sentence.setAccessibleName(translate("TrainingDialog", "State of the training"))
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(translate("TrainingDialog", "Progress of the training"))
        self.curves = TrainingCurves()
        self.sheet = SheetView()
        self.words = QPlainTextEdit()
        self.words.setReadOnly(True)
        self.words.setMaximumBlockCount(2000)
        self.words.setTabChangesFocus(True)
        self.words.setAccessibleName(translate("TrainingDialog", "Log"))
        self.words.setToolTip(translate("TrainingDialog", "What the process said"))
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.addTab(self.curves, translate("TrainingDialog", "Curves"))
        self.tabs.addTab(self.sheet, translate("TrainingDialog", "Sheet"))
        self.tabs.addTab(self.words, translate("TrainingDialog", "Log"))
        self.tabs.setAccessibleName(translate("TrainingDialog", "What training shows"))
        self.tabs.setToolTip(translate("TrainingDialog", "Curves, the newest sheet of pictures, and the log"))
        self.tabs.tabBar().setToolTip(self.tabs.toolTip())
        self.tabs.currentChanged.connect(lambda _: self._look_for_sheet())
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self.sentence)
        column.addWidget(self.bar)
        column.addWidget(self.tabs, 1)
        return column

    # Showing

    def _show_stage(self) -> None:
        stage = self._stage
        self.about.setText(translate("TrainingDialog", _STAGES[stage][1]))
        self._rows.setRowVisible(self.pack, stage == "data")
        self._rows.setRowVisible(self.persons, stage == "data")
        resumable = bool(self.out.text) and replace(self.plan, resume=True).resumable
        self.resume.setEnabled(resumable)
        self.resume.setChecked(resumable)

    def _show_running(self) -> None:
        running = self._run.running
        self.start_button.setEnabled(not running)
        self.stop_button.setEnabled(running)
        for row in (self.stage, self.pack, self.data, self.out, self.persons, self.minutes, self.preset):
            row.setEnabled(not running)
        self.device.setEnabled(not running)
        if running:
            self._look.start()
            self.bar.setRange(0, 0)
            self.resume.setEnabled(False)
        else:
            self._look.stop()
            if self.bar.maximum() == 0:
                self.bar.setRange(0, 1000)
                self.bar.setValue(0)
            self._show_stage()

    def _stop(self) -> None:
        self._run.stop()
        self.sentence.setText(translate("TrainingDialog", "Saving and stopping …"))

    def _on_news(self, news: TrainingNews) -> None:
        plan = self._run.plan
        stage = translate("TrainingDialog", _STAGES[plan.stage][0]) if plan else ""
        words = translate("TrainingDialog", "{stage}: step {step}, {share:.0%}").format(
            stage=stage, step=news.step, share=news.fraction
        )
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * min(max(news.fraction, 0.0), 1.0)))
        self.sentence.setText(words)
        self.told.emit(words)
        self.curves.add([news])
        figures = "  ".join(f"{name} {value:.4g}" for name, value in news.figures.items())
        self.words.appendPlainText("  ".join(part for part in (words, news.message, figures) if part))

    def _on_ended(self, end: TrainingEnd) -> None:
        self.sentence.setText(end.sentence)
        self.words.appendPlainText(end.sentence)
        if end.kind == "done":
            self.bar.setRange(0, 1000)
            self.bar.setValue(1000)
        self._show_running()
        self._look_for_sheet()
        self.told.emit("")

    def _look_for_sheet(self) -> None:
        """Read the newest sheet, if there is a newer one, off the window's thread."""
        plan = self._run.plan
        if plan is None:
            return
        shown = self._shown_sheet

        def read() -> tuple[Path, QImage] | None:
            path = newest_sheet(plan.folder)
            return (path, QImage(str(path))) if path is not None and path != shown else None

        self._files.submit(
            lambda _: read(),
            done=self._show_sheet,
            failed=lambda error: self.words.appendPlainText(str(error)),
            lane="training sheet",
        )

    def _show_sheet(self, found: tuple[Path, QImage] | None) -> None:
        if found is not None and not found[1].isNull():
            self._shown_sheet = found[0]
            self.sheet.show_sheet(found[1], found[0].name)


class SheetView(QLabel):
    """A picture as large as there is room."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__(translate("TrainingDialog", "The first sheet is drawn after a few minutes."))
        self._image: QImage | None = None
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumSize(160, 90)
        self.setProperty("role", "caption")
        self.setAccessibleName(translate("TrainingDialog", "Sheet"))
        self.setToolTip(translate("TrainingDialog", "The newest sheet of pictures that the run has drawn"))

    @property
    def image(self) -> QImage | None:
        """What is shown, in its own size."""
        return self._image

    def show_sheet(self, image: QImage, name: str) -> None:
        """Show a picture.

        Args:
            image: The sheet.
            name: Of its file.
        """
        self._image = image
        self.setAccessibleDescription(name)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit anew."""
        self._fit()

    def _fit(self) -> None:
        if self._image is None:
            return
        scale = self.devicePixelRatioF()
        room = QSize(round(self.width() * scale), round(self.height() * scale))
        mode = Qt.TransformationMode.SmoothTransformation
        fitted = QPixmap.fromImage(self._image.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, mode))
        fitted.setDevicePixelRatio(scale)
        self.setPixmap(fitted)
