"""The export dialog: picture, turntable, animation or mesh."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.export_pages import AnimationPage, Kind, MeshPage, Page, PicturePage, TurntablePage
from app.export_preview import FilmPreview, PreviewCanvas
from app.export_progress import ExportProgress, size_words
from app.fitting import FittedDialog, Roll
from app.mesh_view import MeshView
from app.messages import Color, ExportRequest, MeshPicture, Picture, Progress, Shot
from app.settings import Settings
from app.studio import Studio
from app.theme import icon
from app.translation import translate
from app.viewport import to_image
from goae_core.film import FRAMES

_PREVIEW, _SMALL_PREVIEW = 300, 210
_ROOMY = (760, 660)
_NARROWEST = 720
_SETTLED_MS = 250
_MAX_SAMPLE = 96
_GREY: Color = (128, 128, 128)


class ExportDialog(FittedDialog):
    """Asks what to write and where, shows what it will be, and how far the writing is; writes nothing itself.

    Signals:
        export_asked(ExportRequest): The person agreed.
        cancel_asked(): What is being written shall stop.
    """

    export_asked = Signal(object)
    cancel_asked = Signal()

    def __init__(
        self,
        name: str,
        folder: Path,
        settings: Settings,
        preview: QImage | None,
        parent: QWidget | None = None,
        *,
        studio: Studio | None = None,
    ) -> None:
        """Fill in the last settings.

        Args:
            name: Of the document; file names begin with it.
            folder: Where files go unless told otherwise.
            settings: The last choices.
            preview: The current view, shown until there is a better one.
            parent: Owner.
            studio: Makes previews, and tells how far the writing is; None: neither.
        """
        super().__init__(parent)
        self.setWindowTitle(translate("ExportDialog", "Export"))
        self.setProperty("sheet", True)
        self._name = name
        self._folder = folder
        self._settings = settings
        self._studio = studio
        self._still = preview
        self._picture: QImage | None = None
        self._exporting = False
        self._closed = False
        self._writing = Path()
        self._told: tuple[tuple[str, str], ...] = ()
        self._pages_by_kind: dict[Kind, Page] = {}
        self._turntable = TurntablePage(settings)
        self._animation = AnimationPage(settings)
        self._mesh = MeshPage(settings)
        self._pages = QStackedWidget()
        most = self.room()
        roomy = most.width() >= _ROOMY[0] and most.height() >= _ROOMY[1]
        self._side = _PREVIEW if roomy else _SMALL_PREVIEW
        self.kinds = QButtonGroup(self)
        segments = self._segments((PicturePage(settings), self._turntable, self._animation, self._mesh))
        body = QHBoxLayout()
        body.setSpacing(26)
        body.addLayout(self._left_side())
        body.addWidget(self._pages, 1)
        self._form = QWidget()
        form = QVBoxLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(18)
        form.addWidget(segments, 0, Qt.AlignmentFlag.AlignHCenter)
        form.addLayout(body)
        self.progress = ExportProgress()
        self.progress.cancel_asked.connect(self._cancel)
        self.progress.again_asked.connect(self._back)
        self.progress.close_asked.connect(self.accept)
        self._foot = QStackedWidget()
        self._foot.addWidget(self._file_foot())
        self._foot.addWidget(self.progress)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(20)
        layout.addWidget(Roll(self._form, sideways=not roomy), 1)
        layout.addWidget(self._foot)
        self.setMinimumWidth(_NARROWEST if roomy else 0)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._show_preview)
        self._follow_studio()
        self.kinds.idClicked.connect(lambda number: self.show_kind(tuple(self._pages_by_kind)[number]))
        self.show_kind("picture")
        self.go.setFocus()

    @property
    def page(self) -> Page:
        """The shown kind's settings."""
        return tuple(self._pages_by_kind.values())[self._pages.currentIndex()]

    @property
    def settings(self) -> Settings:
        """The choices made here, to be kept."""
        kept = self._settings
        for page in self._pages_by_kind.values():
            kept = page.kept(kept)
        return replace(kept, export_folder=str(self._folder), export_kind=self.page.KIND)

    @property
    def exporting(self) -> bool:
        """Whether a file is being written."""
        return self._exporting

    @property
    def preview_ready(self) -> int:
        """How many frames of the film can be seen already."""
        return self._film.ready if self._film is not None else 0

    @property
    def facts(self) -> dict[str, str]:
        """What it says of the file that will be, by name."""
        return dict(self._told)

    def show_kind(self, kind: Kind | str) -> None:
        """Show the settings of a kind."""
        known = list(self._pages_by_kind)
        number = next((n for n, name in enumerate(known) if name == kind), 0)
        self.kinds.button(number).setChecked(True)
        self._pages.setCurrentIndex(number)
        self._suggest_name()
        self._refresh()

    def request(self) -> ExportRequest | None:
        """What would be written; None while something does not fit."""
        path = Path(self.path.text().strip()).expanduser()
        return None if self._trouble(path) else self.page.request(path)

    # Building

    def _segments(self, pages: tuple[Page, ...]) -> QFrame:
        segments = QFrame()
        segments.setProperty("segments", True)
        row = QHBoxLayout(segments)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(2)
        for number, page in enumerate(pages):
            button = QPushButton(icon(page.ICON, "muted"), page.title)
            button.setProperty("segment", True)
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setToolTip(page.tip)
            self.kinds.addButton(button, number)
            row.addWidget(button)
            self._pages_by_kind[page.KIND] = page
            self._pages.addWidget(page)
            page.changed.connect(self._refresh)
        return segments

    def _left_side(self) -> QVBoxLayout:
        self.canvas = PreviewCanvas(self._side)
        self.canvas.setAccessibleName(translate("ExportDialog", "Preview"))
        self.canvas.setToolTip(translate("ExportDialog", "How it will look, from quick drafts"))
        self.mesh_view = MeshView()
        self.mesh_view.setFixedSize(self._side, self._side)
        self._previews = QStackedWidget()
        self._previews.setFixedSize(self._side, self._side)
        self._previews.addWidget(self.canvas)
        self._previews.addWidget(self.mesh_view)
        self._facts = QFormLayout()
        self._facts.setContentsMargins(2, 0, 0, 0)
        self._facts.setVerticalSpacing(4)
        self._facts.setHorizontalSpacing(18)
        self._hint = QLabel()
        self._hint.setProperty("role", "caption")
        self._hint.setWordWrap(True)
        self._hint.setFixedWidth(self._side)
        self._hint.setMinimumHeight(52)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        left = QVBoxLayout()
        left.setSpacing(12)
        left.addWidget(self._previews)
        left.addLayout(self._facts)
        left.addWidget(self._hint)
        left.addStretch(1)
        return left

    def _file_foot(self) -> QWidget:
        self.path = QLineEdit()
        self.path.setAccessibleName(translate("ExportDialog", "File"))
        self.path.setToolTip(translate("ExportDialog", "Where the file is written"))
        self.path.textChanged.connect(self._refresh)
        browse = QPushButton(icon("folder", "muted"), translate("ExportDialog", "Browse…"))
        browse.setToolTip(translate("ExportDialog", "Choose folder and file name"))
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        file_row = QHBoxLayout()
        file_row.addWidget(self.path, 1)
        file_row.addWidget(browse)
        self._problem = QLabel()
        self._problem.setProperty("role", "warning")
        self._problem.setWordWrap(True)
        cancel = QPushButton(translate("ExportDialog", "Cancel"))
        cancel.setToolTip(translate("ExportDialog", "Write nothing"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.go = QPushButton(translate("ExportDialog", "Export"))
        self.go.setProperty("primary", True)
        self.go.setDefault(True)
        self.go.setToolTip(translate("ExportDialog", "Write the file"))
        self.go.clicked.connect(self._agree)
        buttons = QHBoxLayout()
        buttons.addWidget(self._problem, 1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.go)
        foot = QWidget()
        layout = QVBoxLayout(foot)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addLayout(file_row)
        layout.addLayout(buttons)
        return foot

    def _follow_studio(self) -> None:
        studio = self._studio
        self._film: FilmPreview | None = None
        if studio is None:
            return
        session = studio.session
        self._film = FilmPreview(studio.look, self)
        self._film.shown.connect(self.canvas.show_image)
        self._film.loaded.connect(self._on_loaded)
        if not session.animation.empty:
            animation = session.animation
            shots = session.shots(animation.moments())
            self._animation.set_film(shots, animation.fps, animation.seconds, loops=animation.loops)
        self.cancel_asked.connect(studio.cancel)
        studio.progressed.connect(self._on_progress)
        studio.exported.connect(self._on_exported)
        studio.export_ended.connect(self._on_export_ended)
        self.mesh_view.set_pose(session.pose, session.rig)
        self.mesh_view.pose_asked.connect(
            lambda pose: self.mesh_view.set_pose(pose.clamped(session.rig), session.rig)
        )

    # What happens

    def _trouble(self, path: Path) -> str:
        reason = self.page.trouble()
        if reason:
            return reason
        suffixes = self.page.suffixes()
        if not path.name or path.suffix.lower() not in suffixes:
            endings = ", ".join(suffix for suffix in suffixes if suffix)
            return translate("ExportDialog", "The file name has to end in one of: {endings}.").format(
                endings=endings
            )
        if not path.parent.is_dir():
            return translate("ExportDialog", "There is no folder {folder}.").format(folder=path.parent)
        if path.suffix == FRAMES and path.exists():
            return translate("ExportDialog", "{name} is there already; choose a new folder.").format(
                name=path.name
            )
        return ""

    def _suggest_name(self) -> None:
        """The document's name with the kind's mark and ending, in the folder chosen last."""
        name = f"{self._name}{self.page.MARK}{self.page.chosen_suffix()}"
        self.path.setText(str(self._folder / name))

    def _refresh(self) -> None:
        suffix = self.page.chosen_suffix()
        path = Path(self.path.text().strip())
        if path.name and path.suffix.lower() in self.page.suffixes() and path.suffix.lower() != suffix:
            if self.sender() is not self.path:
                self.path.setText(str(path.with_suffix(suffix)))
                return
            self.page.choose_suffix(path.suffix.lower())
        trouble = self._trouble(Path(self.path.text().strip()).expanduser())
        self._problem.setText(trouble)
        self._hint.setText(self.page.hint())
        self.go.setEnabled(not trouble)
        self._show_facts()
        self.grow()
        self._settled.start()
        behind = self.page.behind()
        if behind is not None:
            shown = self._studio.background if self._studio is not None else _GREY
            self.canvas.set_behind(None if behind.transparent else behind.color or shown)
        self._show_canvas()

    def _show_canvas(self) -> None:
        """The mesh once there is one, a picture until then and for every other kind."""
        mesh = self.page is self._mesh
        there = self.mesh_view.mesh is not None
        self._previews.setCurrentWidget(self.mesh_view if mesh and there else self.canvas)
        if mesh and self._studio is not None and not self._mesh.sampled:
            self.canvas.set_caption(translate("ExportDialog", "Building a preview…"))
        else:
            self.canvas.set_caption("")

    def _show_facts(self) -> None:
        while self._facts.rowCount():
            self._facts.removeRow(0)
        facts = [*self.page.facts()]
        count = self.page.bytes()
        if count:
            words = translate("ExportDialog", "about {size}").format(size=size_words(count))
            facts.append((translate("ExportDialog", "File"), words))
        self._told = tuple(facts)
        for name, value in facts:
            label, figure = QLabel(name), QLabel(value)
            label.setProperty("role", "caption")
            figure.setAccessibleName(name)
            self._facts.addRow(label, figure)

    def _show_preview(self) -> None:
        """Show what the page makes, once the hand rests."""
        studio, film = self._studio, self._film
        if studio is None or film is None or self._exporting:
            self.canvas.show_image(self._still)
            return
        session = studio.session
        if self.page is self._turntable:
            edits = session.edits
            shots = tuple(Shot(pose, edits) for pose in self._turntable.poses(session.pose))
            film.show_film(shots, self._turntable.seconds)
        elif self.page is self._animation and self._animation.shots:
            film.show_film(self._animation.shots, self._animation.seconds)
        elif self.page is self._mesh:
            film.stop()
            self.canvas.show_image(self._picture or self._still)
            self.mesh_view.prepare()
            studio.sample(min(self._mesh.resolution, _MAX_SAMPLE), self._on_sample)
        else:
            film.stop()
            self.canvas.show_image(self._picture or self._still)  # the view as it stands in the window
            if self._picture is None:
                studio.look(Shot(session.pose, session.edits), "full", self._on_look)

    def _on_look(self, picture: Picture) -> None:
        if self._closed:
            return
        self._picture = to_image(picture.color, picture.alpha)
        if self.page.KIND == "picture":
            self.canvas.show_image(self._picture)

    def _on_loaded(self, ready: int, count: int) -> None:
        text = translate("ExportDialog", "Preview {ready} of {count}").format(ready=ready, count=count)
        self.canvas.set_caption(text if ready < count else "")

    def _on_sample(self, mesh: MeshPicture) -> None:
        if self._closed:
            return
        self._mesh.set_sample(mesh.request.resolution, len(mesh.vertices), len(mesh.faces))
        if self.mesh_view.canvas is not None:
            self.mesh_view.show_mesh(mesh)
        self._show_canvas()
        self._show_facts()

    def _browse(self) -> None:
        endings = " ".join(f"*{suffix}" for suffix in self.page.suffixes() if suffix)
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            translate("ExportDialog", "Export to"),
            self.path.text(),
            f"{self.page.title} ({endings})",
        )
        if chosen:
            self.path.setText(chosen)

    def _agree(self) -> None:
        request = self.request()
        if request is None:
            return
        self._folder = request.path.parent
        self._exporting, self._writing = True, request.path
        self._form.setEnabled(False)
        if self._film is not None:
            self._film.pause(True)
        self.progress.begin(request.path)
        self._foot.setCurrentWidget(self.progress)
        self.progress.cancel_button.setFocus()
        self.export_asked.emit(request)

    def _cancel(self) -> None:
        self.progress.stopping()
        self.cancel_asked.emit()

    def _on_progress(self, news: Progress) -> None:
        if self._exporting and self.progress.cancel_button.isEnabled():
            self.progress.show_progress(news)

    def _on_exported(self, path: Path) -> None:
        if self._exporting and path == self._writing:
            self._exporting = False
            self.progress.finish(path)

    def _on_export_ended(self, path: Path) -> None:
        """Stopped, or failed: back to the form; the window says what went wrong."""
        if self._exporting and path == self._writing:
            self._back()

    def _back(self) -> None:
        self._exporting = False
        self._form.setEnabled(True)
        self._foot.setCurrentIndex(0)
        if self._film is not None:
            self._film.pause(False)
        self._refresh()
        self.go.setFocus()

    # Qt

    def done(self, result: int) -> None:
        """Closed: previews end; what is being written goes on."""
        self._closed = True
        self._settled.stop()
        if self._film is not None:
            self._film.stop()
        super().done(result)
