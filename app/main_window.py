"""The main window: menus, columns, status, and the one error dialog."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QSettings, Qt, QTemporaryDir
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QMainWindow,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import recent, recovery
from app.adjust_dialog import AdjustDialog
from app.autosave import Autosave
from app.commands import Commands
from app.dialogs import TITLE, Unsaved, about_box, ask_unsaved, error_box, restore_box, sentence
from app.edit_panel import EditPanel
from app.export_panel import ExportDialog
from app.mesh_view import MeshView
from app.messages import (
    ExportRequest,
    MeshPicture,
    OpenRequest,
    PhotoPicture,
    Picture,
    Progress,
    preview_named,
)
from app.models_dialog import ModelsDialog
from app.models_library import Listed, ModelLibrary, is_model_file
from app.models_licence import licence_box
from app.models_notice import ModelNotice
from app.palette import Palette, ShortcutSheet
from app.photo_panel import PhotoPanel
from app.pose import Pose
from app.pose_bar import PoseBar
from app.recovery import Recovered
from app.session import Session
from app.settings import read_settings, write_settings
from app.settings_dialog import Choices, SettingsDialog
from app.settings_file import SettingsFile, SharedSettings, write_shared
from app.status_line import StatusLine
from app.studio import Studio
from app.theme import ThemeName, apply_theme, color, theme_name
from app.timeline_panel import TimelinePanel
from app.training_dialog import TrainingDialog
from app.training_run import TrainingEnd, TrainingRun
from app.translation import translate
from app.turntable_player import TurntablePlayer
from app.view_bar import PHOTO, ViewBar
from app.viewport import Comparison, Viewport, to_image
from app.welcome import PHOTO_SUFFIXES, Welcome
from app.worker import Worker
from goae_core.animation import MOTIONS
from goae_core.errors import GoaeError, NoFaceError, SettingsError

log = logging.getLogger(__name__)

_NARROWEST, _LOWEST = 660, 340
"""A screen of 1366 x 768 at 200 per cent, less the window's frame."""
_THREE_COLUMNS = 908
_LOW, _VERY_LOW = 580, 430


class MainWindow(QMainWindow):
    """Puts the panels together and tells them what happens; computes nothing."""

    def __init__(
        self,
        session: Session,
        studio: Studio,
        store: QSettings,
        *,
        log_file: Path | None = None,
        samples: Sequence[Path] = (),
        data: Path | None = None,
        confirm: Callable[[QWidget, str], Unsaved] = ask_unsaved,
        shared: SettingsFile | None = None,
        library: ModelLibrary | None = None,
    ) -> None:
        """Build the window; it is not shown yet.

        Args:
            session: The document.
            studio: Does the work.
            store: What is remembered between runs.
            log_file: Named in the sentence for unexpected errors.
            samples: Portraits to try.
            data: The user's folder, for recovery files and named looks; None: neither is kept.
            confirm: Asks what to do with unsaved changes.
            shared: The settings file that the command line reads too; None: there is none.
            library: Looks after the models; None: a new one, of the user's.
        """
        super().__init__()
        self.session = session
        self.studio = studio
        self._store = store
        self._log_file = log_file
        self._samples = samples
        self._data = data
        self._confirm = confirm
        self._settings = read_settings(store)
        self._shared_file = shared
        self._shared = shared.shared if shared else SharedSettings()
        self.library = library or ModelLibrary(self)
        self.models_dialog: ModelsDialog | None = None
        self.training = TrainingRun(self)
        self.training_dialog: TrainingDialog | None = None
        self.settings_dialog: SettingsDialog | None = None
        self.licence_dialog: QMessageBox | None = None
        self._known_models: tuple[str, ...] = ()
        self._pasted: QTemporaryDir | None = None
        self._close_after_saving = False
        self._then_open: OpenRequest | None = None
        self._files = Worker(self, name="files")
        self.autosave = Autosave(session, studio, self._files, data / "recovery") if data else None
        self.player = TurntablePlayer(session, self)
        self.adjust_dialog: AdjustDialog | None = None
        self.error_dialog: QMessageBox | None = None
        self.restore_dialog: QMessageBox | None = None
        self.setObjectName("main")
        self.setAcceptDrops(True)
        self.resize(1280, 820)
        self.setMinimumSize(_NARROWEST, _LOWEST)
        self._build_center()
        self.commands = Commands(self)
        self.view_bar.front_button.setDefaultAction(self.commands.front)
        self.view_bar.reset_button.setDefaultAction(self.commands.reset_pose)
        self.status = StatusLine()
        self.status.cancel_asked.connect(studio.cancel)
        self.status.training_asked.connect(self.show_training)
        self.training.ended.connect(self._on_training_ended)
        self.setStatusBar(self.status)
        self._connect()
        studio.set_preview(preview_named(self._settings.preview))
        if not self._settings.geometry.isEmpty():
            self.restoreGeometry(self._settings.geometry)
        self._show_document()
        self._look_up_recent()

    # Building

    def _build_center(self) -> None:
        self.welcome = Welcome(self._samples)
        self.viewport = Viewport()
        self.mesh_view = MeshView()
        self.pose_bar = PoseBar()
        self.photo_panel = PhotoPanel()
        self.edit_panel = EditPanel(self.session, self._data / "looks.json" if self._data else None)
        self.view_bar = ViewBar(self.session)
        self._pages = QStackedWidget()
        for page in (self.welcome, self.viewport, self.mesh_view):
            self._pages.addWidget(page)
        center = QWidget()
        column = QVBoxLayout(center)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.model_notice = ModelNotice()
        column.addWidget(self.model_notice)
        column.addWidget(self.view_bar)
        column.addWidget(self._pages, 1)
        column.addWidget(self.pose_bar)
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        for widget in (self.photo_panel, center, self.edit_panel):
            self._columns.addWidget(widget)
        self._columns.setChildrenCollapsible(False)
        self._columns.setHandleWidth(1)
        self._columns.setStretchFactor(0, 0)
        self._columns.setStretchFactor(1, 1)
        self._columns.setStretchFactor(2, 0)
        self._columns.setSizes([290, 660, 330])
        if not self._settings.panels.isEmpty():
            self._columns.restoreState(self._settings.panels)
        self.timeline = TimelinePanel(self.session)
        self._timeline_wanted = self._settings.timeline
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._columns, 1)
        rows.addWidget(self.timeline)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        session, studio = self.session, self.studio
        self.welcome.open_asked.connect(self.choose_file)
        self.welcome.paste_asked.connect(self.paste)
        self.welcome.path_asked.connect(self.open_path)
        self.welcome.models_asked.connect(self.show_models)
        for view in (self.viewport, self.mesh_view):
            view.pose_asked.connect(self._move)
            view.reset_asked.connect(session.reset_pose)
        self.viewport.flicker_changed.connect(lambda _: self._compare())
        self.photo_panel.face_chosen.connect(self._choose_face)
        self.photo_panel.adjust_asked.connect(self.show_adjust)
        self.photo_panel.optimise_asked.connect(studio.optimise)
        studio.optimised.connect(self._on_optimised)
        self.edit_panel.failed.connect(self.show_error)
        self.edit_panel.noted.connect(lambda text: self.status.show_note(text))
        bar = self.view_bar
        bar.mesh_asked.connect(self.show_mesh)
        bar.pass_chosen.connect(session.set_shown)
        bar.comparison_chosen.connect(self._choose_comparison)
        bar.reference_chosen.connect(lambda _: self._compare())
        bar.backdrop_chosen.connect(session.set_backdrop)
        bar.play_toggled.connect(self._play)
        bar.colors_toggled.connect(self.mesh_view.set_colored)
        bar.wire_toggled.connect(self.mesh_view.set_wired)
        self.timeline.export_asked.connect(lambda: self.show_export("animation"))
        self.timeline.close_asked.connect(self.toggle_timeline)
        self.timeline.player.playing_changed.connect(bar.play_button.setChecked)
        session.head_changed.connect(self._show_head)
        session.showing_changed.connect(self._show_showing)
        studio.reference_rendered.connect(
            lambda picture: self.viewport.compare_with(picture, self.view_bar.reference_name())
        )
        studio.likeness_measured.connect(self.edit_panel.show_likeness)
        session.document_changed.connect(self._show_document)
        session.model_changed.connect(self._show_model)
        session.pose_changed.connect(self._show_pose)
        session.dirty_changed.connect(self._show_title)
        session.edits_changed.connect(self._show_enabled)
        studio.opening.connect(self._on_opening)
        studio.photo_found.connect(self._on_photo)
        studio.open_ended.connect(self._on_open_ended)
        studio.picture_rendered.connect(self._on_picture)
        studio.mesh_built.connect(self._on_mesh)
        studio.mesh_failed.connect(self._on_mesh_failed)
        studio.progressed.connect(self._on_progress)
        studio.busy_changed.connect(self._on_busy)
        studio.exported.connect(self._on_exported)
        studio.saved.connect(self._on_saved)
        studio.cancelled.connect(lambda: self.status.show_note(translate("MainWindow", "Stopped")))
        studio.failed.connect(self.show_error)
        studio.went_on.connect(self._on_went_on)
        studio.face_missing.connect(self._on_face_missing)
        studio.licence_asked.connect(self._ask_licence)
        self.library.listed.connect(self._on_listed)
        self.library.failed.connect(self._on_library_failed)
        self.library.replaced.connect(self.model_notice.offer)
        self.model_notice.reload_asked.connect(self._reload_model)

    # What a person asks for

    def start(self, path: Path | None) -> None:
        """Load the model, then open the file the program was started with, if any."""
        self.studio.load_model()
        if self._shared_file is not None and self._shared_file.problem:
            self.show_error(SettingsError(self._shared_file.problem))
        if path is not None:
            self.open_path(path)
        elif self.autosave is not None:
            lost = self.autosave.lost()
            if lost:
                self._offer(lost)

    def open_path(self, path: Path) -> None:
        """Open a photo or project, after asking about unsaved changes."""
        self._open(OpenRequest(path))

    def restore(self, folder: Path, state: Recovered) -> None:
        """Open what a window that died had open, unsaved as it was."""
        autosave = self.autosave
        if autosave is not None:
            self.studio.restore(folder / state.head, state, lambda: autosave.restored(folder))

    def show_welcome(self) -> None:
        """Show the page with the recent projects; the open document stays."""
        self._pages.setCurrentWidget(self.welcome)
        self._show_columns(False)
        self._look_up_recent()

    def show_adjust(self) -> None:
        """Let the frame be set by hand, beside the window."""
        if self.adjust_dialog is None:
            self.adjust_dialog = AdjustDialog(self)
            self.adjust_dialog.adjust_asked.connect(self.studio.adjust)
        self.adjust_dialog.show_document(self.session.document)
        if self.session.document is not None and self.session.document.framing is not None:
            self.adjust_dialog.show()
            self.adjust_dialog.raise_()

    def show_palette(self) -> Palette:
        """Show all commands, to be searched."""
        own = self.commands.palette
        palette = Palette([action for action in self.commands.all if action is not own], self)
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        palette.open()
        return palette

    def show_shortcuts(self) -> ShortcutSheet:
        """Show every key."""
        sheet = ShortcutSheet(self.commands.all, self)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.open()
        return sheet

    def set_theme(self, name: ThemeName) -> None:
        """Dress in another theme, and remember it."""
        self._settings = replace(self._settings, theme=name)
        application = QGuiApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, name)
        self._show_showing()

    def show_models(self) -> ModelsDialog:
        """Show the models there are, beside the window."""
        if self.models_dialog is None:
            self.models_dialog = ModelsDialog(self.library, self)
            self.models_dialog.use_asked.connect(self._use_model)
            self.models_dialog.show_model(self.session.model)
        else:
            self.library.refresh()
        self.models_dialog.show()
        self.models_dialog.raise_()
        self.models_dialog.activateWindow()
        return self.models_dialog

    def show_training(self) -> TrainingDialog:
        """Show what can be trained, or how far it is, beside the window."""
        if self.training_dialog is None:
            kept = self._settings
            folders = (kept.training_data, kept.training_out, kept.training_pack)
            self.training_dialog = TrainingDialog(self.training, self._files, folders, self)
            self.training_dialog.told.connect(self.status.show_training)
            self.training_dialog.folders_chosen.connect(self._keep_training_folders)
        self.training_dialog.show()
        self.training_dialog.raise_()
        self.training_dialog.activateWindow()
        return self.training_dialog

    def show_settings(self) -> SettingsDialog:
        """Show the settings."""
        kept = self._settings
        dialog = SettingsDialog(
            Choices(self._shared, kept.preview, kept.theme, kept.language),
            self._shared_file or SettingsFile(Path()),
            self._known_models,
            self,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self._take_settings)
        dialog.destroyed.connect(self._forget_settings_dialog)
        self.settings_dialog = dialog
        dialog.open()
        return dialog

    def choose_file(self) -> None:
        """Let the person choose what to open."""
        photos = " ".join(f"*{suffix}" for suffix in PHOTO_SUFFIXES)
        chosen, _ = QFileDialog.getOpenFileName(
            self,
            translate("MainWindow", "Open a photo or project"),
            self._shared.photos or self._settings.open_folder,
            translate("MainWindow", "Photos and projects ({photos} *.goae);;All files (*)").format(
                photos=photos
            ),
        )
        if chosen:
            self._settings = replace(self._settings, open_folder=str(Path(chosen).parent))
            self.open_path(Path(chosen))

    def paste(self) -> None:
        """Open the picture or file in the clipboard."""
        data = QGuiApplication.clipboard().mimeData()
        path = _dropped_file(data)
        if path is not None:
            self.open_path(path)
            return
        image = QGuiApplication.clipboard().image()
        if image.isNull():
            self.status.show_note(translate("MainWindow", "The clipboard holds no picture"))
            return
        self.open_image(image)

    def open_image(self, image: QImage) -> None:
        """Open a picture that lies in no file."""
        if self._pasted is None:
            self._pasted = QTemporaryDir()
        path = Path(self._pasted.path()) / "pasted.png"
        kept = image.copy()  # written on another thread, whatever becomes of the clipboard
        self._files.submit(
            lambda _: kept.save(str(path)),
            done=lambda _: self.open_path(path),
            failed=self.show_error,
            lane="pasted",
        )

    def save(self) -> None:
        """Save where the project lies, or ask where."""
        if self.session.project is None:
            self.save_as()
        else:
            self.studio.save(self.session.project)

    def save_as(self) -> None:
        """Ask where to save, then save."""
        document = self.session.document
        if document is None:
            return
        folder = self._output_folder()
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            translate("MainWindow", "Save project"),
            str(folder / f"{document.name}.goae"),
            translate("MainWindow", "GOAE project (*.goae)"),
        )
        if chosen:
            path = Path(chosen)
            self.studio.save(path if path.suffix.lower() == ".goae" else path.with_name(path.name + ".goae"))
        else:
            self._close_after_saving = False
            self._then_open = None

    def show_export(self, kind: str = "") -> ExportDialog | None:
        """Show the export dialog; None if there is nothing to export.

        Args:
            kind: "picture", "turntable", "animation" or "mesh"; empty: what is shown.
        """
        document = self.session.document
        if document is None:
            return None
        folder = self._output_folder()
        picture = self.viewport.picture
        dialog = ExportDialog(
            document.name,
            folder if folder.is_dir() else Path.home(),
            self._settings,
            to_image(picture.color, picture.alpha) if picture else to_image(document.reconstruction),
            self,
            studio=self.studio,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        mesh = self._pages.currentWidget() is self.mesh_view
        dialog.show_kind(kind or ("mesh" if mesh else self._settings.export_kind))

        def keep() -> None:
            self._settings = dialog.settings

        def export(request: ExportRequest) -> None:
            keep()
            self.studio.export(request)

        dialog.export_asked.connect(export)
        dialog.finished.connect(keep)
        dialog.open()
        return dialog

    def show_mesh(self, shown: bool) -> None:
        """Show the mesh, or the rendered head."""
        if self.session.document is None:
            return
        self.view_bar.show_mesh(shown)
        page = self.mesh_view if shown else self.viewport
        self._pages.setCurrentWidget(page)
        self._show_columns(True)
        if shown and not self.mesh_view.prepare():
            self.studio.show_mesh(False)
            return
        self.studio.show_mesh(shown)
        page.setFocus()

    def toggle_timeline(self) -> None:
        """Show the keyframes, or put them away."""
        self._timeline_wanted = not self._timeline_wanted
        self._settings = replace(self._settings, timeline=self._timeline_wanted)
        self.timeline.player.stop()
        if self.session.document is not None and self._pages.currentWidget() is self.welcome:
            self._pages.setCurrentWidget(self.viewport)
        self._show_columns(self.session.document is not None)

    def add_key(self) -> None:
        """Keep what is seen now as a key of the animation."""
        if not self._timeline_wanted:
            self.toggle_timeline()
        self.timeline.add_key()

    def show_about(self) -> None:
        """Show version and model."""
        about_box(self, self.session.model).open()

    def show_error(self, error: Exception) -> None:
        """The one slot for everything that goes wrong: a sentence for the person, details for the log."""
        self._then_open = None
        self._close_after_saving = False
        if isinstance(error, GoaeError):
            log.warning("%s: %s", type(error).__name__, error)
            text = sentence(error)
        else:
            log.error("unexpected error", exc_info=error)
            text = translate("MainWindow", "Something unexpected went wrong. Your work is still here.")
            if self._log_file is not None:
                text += translate("MainWindow", " Details are in {log_file}.").format(log_file=self._log_file)
        self._error_box(text).open()

    def _on_went_on(self, text: str) -> None:
        """The device failed; what goes on without it is said in place of an error."""
        self._then_open = None
        self._close_after_saving = False
        self._error_box(text).open()

    # Models and settings

    def _use_model(self, name: str) -> None:
        self.studio.use_model(name, translate("MainWindow", "model {name}").format(name=name))

    def _reload_model(self, name: str) -> None:
        self.studio.use_model(name, translate("MainWindow", "new weights of {name}").format(name=name))

    def _ask_licence(self, name: str, again: Callable[[], None]) -> None:
        """A model whose terms were not accepted yet was to be used."""

        def ask(model: Listed) -> None:
            box = licence_box(self, model)
            agree = box.button(QMessageBox.StandardButton.Yes)
            box.finished.connect(lambda _: self._on_licence(name, again, agreed=box.clickedButton() is agree))
            box.destroyed.connect(self._forget_licence_dialog)
            self.licence_dialog = box
            box.open()

        self.library.look_up(name, ask)

    def _on_licence(self, name: str, again: Callable[[], None], *, agreed: bool) -> None:
        if agreed:
            self.library.accept(name, again)
        elif self.session.model is None:
            self.studio.load_default()

    def _on_listed(self, models: Sequence[Listed]) -> None:
        self._known_models = tuple(model.entry.name for model in models if not model.entry.problem)

    def _on_library_failed(self, error: Exception) -> None:
        """The dialog of the models shows a sentence itself."""
        if (
            not isinstance(error, GoaeError)
            or self.models_dialog is None
            or not self.models_dialog.isVisible()
        ):
            self.show_error(error)

    def _take_settings(self, choices: Choices, replace_broken: bool) -> None:
        """Apply what was chosen, and write the shared part to its file, off the window's thread."""
        before, self._shared = self._shared, choices.shared
        self._settings = replace(self._settings, preview=choices.quality, language=choices.language)
        if choices.theme != self._settings.theme:
            self.set_theme(theme_name(choices.theme))
        self.studio.set_preview(preview_named(choices.quality))
        if (before.device, before.threads) != (choices.shared.device, choices.shared.threads):
            self.studio.configure(choices.shared.device, choices.shared.threads)
        file = self._shared_file
        if file is not None and (choices.shared != before or replace_broken):
            self._files.submit(
                lambda _: write_shared(choices.shared, file.path, replace_broken=replace_broken),
                done=lambda _: self._on_settings_written(file),
                failed=self.show_error,
            )

    def _on_settings_written(self, file: SettingsFile) -> None:
        self._shared_file = SettingsFile(file.path, self._shared)
        self.status.show_note(translate("MainWindow", "Settings saved"))

    def _keep_training_folders(self, data: str, out: str, pack: str) -> None:
        self._settings = replace(self._settings, training_data=data, training_out=out, training_pack=pack)

    def _on_training_ended(self, end: TrainingEnd) -> None:
        """Said here too: the dialog may be closed."""
        self.status.show_training("")
        self.status.show_note(end.sentence)

    def _output_folder(self) -> Path:
        return Path(self._shared.output or self._settings.export_folder or Path.home()).expanduser()

    def _forget_settings_dialog(self) -> None:
        self.settings_dialog = None

    def _forget_licence_dialog(self) -> None:
        self.licence_dialog = None

    # What happens

    def _open(self, request: OpenRequest) -> None:
        if self.session.dirty and self.session.document is not None:
            answer = self._confirm(self, self.session.document.name)
            if answer is Unsaved.CANCEL:
                return
            if answer is Unsaved.SAVE:
                self._then_open = request
                self.save()
                return
        self.studio.open(request)

    def _choose_face(self, number: int) -> None:
        document = self.session.document
        photo = document.photo if document else None
        if photo is not None and number != photo.face:
            self._open(OpenRequest(photo.path, face=number))
            self.photo_panel.show_document(document)

    def _on_opening(self, request: OpenRequest) -> None:
        self._pages.setCurrentWidget(self.viewport)
        self.view_bar.stop_playing()
        self.view_bar.show_mesh(False)
        self.studio.show_mesh(False)
        self._show_columns(True)
        self.viewport.progress_card.begin(
            translate("MainWindow", "Opening {name}").format(name=request.path.name)
        )

    def _on_photo(self, photo: PhotoPicture) -> None:
        self.photo_panel.show_photo(photo)

    def _on_open_ended(self) -> None:
        """Well or not: what is open now is what the session holds."""
        self.viewport.progress_card.hide()
        self._show_document()

    def _on_picture(self, picture: Picture) -> None:
        self.viewport.show_picture(picture)
        self.status.show_cost(picture)

    def _on_mesh(self, mesh: MeshPicture) -> None:
        self.mesh_view.progress_card.hide()
        self.mesh_view.show_mesh(mesh)
        self.view_bar.show_counts(self.mesh_view.counts)

    def _on_mesh_failed(self, error: Exception) -> None:
        self.view_bar.show_counts("")
        if isinstance(error, GoaeError):
            log.info("no mesh: %s", error)
            self.mesh_view.clear(sentence(error))
        else:
            self.mesh_view.clear(translate("MainWindow", "The mesh could not be built."))
            self.show_error(error)

    def _on_progress(self, news: Progress) -> None:
        for place in (self.viewport.progress_card, self.mesh_view.progress_card):
            place.show_progress(news)
        self.status.show_progress(news)

    def _on_busy(self, busy: bool) -> None:
        self.status.show_busy(busy)
        self._show_enabled()

    def _on_exported(self, path: Path) -> None:
        self.status.show_note(translate("MainWindow", "Wrote {name}").format(name=path.name), path)

    def _move(self, pose: Pose) -> None:
        """The hand moves the camera: the turntable stops."""
        self.view_bar.stop_playing()
        self.session.set_pose(pose)

    def _play(self, on: bool) -> None:
        if on and self.timeline.isVisible() and not self.session.animation.empty:
            self.timeline.player.play()
        elif on and self.session.document is not None:
            kept = self._settings
            yaw, pitch = math.radians(kept.turntable_yaw), math.radians(kept.turntable_pitch)
            motion = next((known for known in MOTIONS if known == kept.turntable_motion), MOTIONS[0])
            self.player.play(motion, yaw, pitch, kept.turntable_frames / kept.turntable_fps)
        else:
            self.timeline.player.stop()
            self.player.stop()

    def _choose_comparison(self, comparison: Comparison) -> None:
        self.viewport.set_comparison(comparison)
        self._compare()

    def _compare(self) -> None:
        """Have the other side rendered while it can be seen, if it is a state and not the photo."""
        step, seen = self.view_bar.reference, self.viewport.comparison != "off" or self.viewport.flickers
        if step == PHOTO:
            self.viewport.compare_with_photo()
        else:
            self.viewport.compare_with(None, self.view_bar.reference_name())
        wanted = step != PHOTO and seen and self.session.document is not None
        self.studio.compare_with(self.session.state_at(step) if wanted else None)

    def _show_showing(self) -> None:
        showing = self.session.showing
        backdrop = showing.backdrop
        self.view_bar.show_showing(showing)
        self.viewport.set_backdrop(backdrop)
        if backdrop.kind == "color":
            self.studio.set_background(backdrop.color)
        elif backdrop.kind == "studio":
            shade = color("viewport")
            self.studio.set_background((shade.red(), shade.green(), shade.blue()))

    def _offer(self, lost: list[tuple[Path, Recovered]]) -> None:
        folder, state = lost[0]
        box = restore_box(self, state.name, len(lost))
        buttons = QMessageBox.StandardButton
        box.button(buttons.Yes).clicked.connect(lambda: self.restore(folder, state))
        box.button(buttons.No).clicked.connect(lambda: recovery.discard(folder))
        self.restore_dialog = box
        box.destroyed.connect(self._forget_restoring)
        box.open()

    def _forget_restoring(self) -> None:
        self.restore_dialog = None

    def _look_up_recent(self) -> None:
        paths = [Path(line) for line in self._settings.recent.splitlines() if line]
        self._files.submit(
            lambda _: recent.look_up(paths),
            done=self.welcome.show_recent,
            failed=lambda error: log.warning("no recent projects", exc_info=error),
            lane="recent",
        )

    def _remember(self, project: Path) -> None:
        known = [Path(line) for line in self._settings.recent.splitlines() if line]
        paths = recent.with_newest(project.absolute(), known)
        self._settings = replace(self._settings, recent="\n".join(str(path) for path in paths))

    def _on_optimised(self, gained: bool) -> None:
        self.status.show_note(
            translate("MainWindow", "Closer to the photo now; Ctrl+Z goes back")
            if gained
            else translate("MainWindow", "No gain: the head stays as it was")
        )

    def _on_saved(self, path: Path) -> None:
        self._remember(path)
        self.status.show_note(translate("MainWindow", "Saved {name}").format(name=path.name))
        self._show_title()
        if self._close_after_saving:
            self.close()
        elif self._then_open is not None:
            request, self._then_open = self._then_open, None
            self.studio.open(request)

    def _on_face_missing(self, request: OpenRequest, error: NoFaceError) -> None:
        box = self._error_box(sentence(error))
        center = box.addButton(translate("MainWindow", "Use the middle"), QMessageBox.ButtonRole.AcceptRole)
        center.setToolTip(translate("MainWindow", "Take the middle of the photo as it is"))
        center.clicked.connect(lambda: self.studio.open(replace(request, center=True)))
        box.open()

    def _error_box(self, text: str) -> QMessageBox:
        if self.error_dialog is not None:
            self.error_dialog.close()
        box = error_box(self, text)
        box.destroyed.connect(lambda: self._forget_dialog(box))
        self.error_dialog = box
        return box

    def _forget_dialog(self, box: QMessageBox) -> None:
        if self.error_dialog is box:
            self.error_dialog = None

    # Showing

    def _show_document(self) -> None:
        document = self.session.document
        if document is not None and document.project is not None:
            self._remember(document.project)
        self.photo_panel.show_document(document)
        self.mesh_view.clear()
        if document is None:
            self._pages.setCurrentWidget(self.welcome)
            self.viewport.clear()
        elif self._pages.currentWidget() is self.welcome:
            self._pages.setCurrentWidget(self.viewport)
        self._timeline_wanted = self._timeline_wanted or not self.session.animation.empty
        self._show_columns(document is not None)
        self.view_bar.choose_reference(PHOTO)
        self.viewport.set_photo(document.crop if document else None)
        if self.adjust_dialog is not None:
            self.adjust_dialog.show_document(document)
        self._show_pose()
        self._show_enabled()
        self._show_title()
        self.status.show_hint(self._hint())

    def _show_head(self) -> None:
        """The same document with another head."""
        document = self.session.document
        if document is not None:
            self.photo_panel.show_document(document)
            self.viewport.set_photo(document.crop)
            if self.adjust_dialog is not None and self.adjust_dialog.isVisible():
                self.adjust_dialog.show_document(document)
            self._show_enabled()

    def _show_columns(self, shown: bool) -> None:
        timed = shown and self._timeline_wanted
        self.timeline.setVisible(timed)
        self.edit_panel.setVisible(shown)
        # Little room is the head's: what also has a command, or can be done by hand, gives way.
        self.photo_panel.setVisible(shown and self.width() >= _THREE_COLUMNS)
        self.pose_bar.setVisible(shown and not (timed and self.height() < _LOW))
        self.view_bar.setVisible(shown and not (timed and self.height() < _VERY_LOW))

    def _show_enabled(self) -> None:
        document = self.session.document
        self.commands.enable(
            document=document is not None,
            photo=document is not None and document.framing is not None,
            edits=bool(self.session.edits),
            busy=self.studio.busy,
        )

    def _show_title(self) -> None:
        document = self.session.document
        if document is None:
            self.setWindowTitle(TITLE)
            return
        name = self.session.project.name if self.session.project else document.name
        self.setWindowTitle(f"{name}[*] – {TITLE}")
        self.setWindowModified(self.session.dirty)

    def _show_model(self) -> None:
        model = self.session.model
        self.library.watch(model)
        if model is not None and model.fingerprint:
            self.library.refresh()  # the settings offer their names
        self.model_notice.hide()
        if self.models_dialog is not None:
            self.models_dialog.show_model(model)
        if model is not None:
            self.status.show_model(model)
            self.welcome.show_model(model)
            self.status.show_hint(self._hint())
        self._show_pose()

    def _show_pose(self) -> None:
        pose, rig = self.session.pose, self.session.rig
        self.viewport.set_pose(pose)
        self.mesh_view.set_pose(pose, rig)
        self.pose_bar.set_pose(pose, rig)

    def _hint(self) -> str:
        if self.session.document is not None:
            return translate(
                "MainWindow", "Drag to orbit, middle button to pan, wheel to zoom, F1 for all keys"
            )
        return translate("MainWindow", "Ready") if self.session.model else ""

    # Qt

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept one file or picture."""
        if _dropped_file(event.mimeData()) is not None or event.mimeData().hasImage():
            event.acceptProposedAction()
            self.welcome.set_hovered(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The file went away."""
        self.welcome.set_hovered(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.welcome.set_hovered(False)
        path = _dropped_file(event.mimeData())
        if path is not None and is_model_file(path):
            event.acceptProposedAction()
            self.show_models().ask_import(_dropped_files(event.mimeData()))
        elif path is not None:
            event.acceptProposedAction()
            self.open_path(path)
        elif event.mimeData().hasImage():
            event.acceptProposedAction()
            self.open_image(QImage(event.mimeData().imageData()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, the head keeps it."""
        super().resizeEvent(event)
        self._show_columns(self.session.document is not None)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes, remember the window, stop the device thread."""
        if self.session.dirty and not self._close_after_saving and self.session.document is not None:
            answer = self._confirm(self, self.session.document.name)
            if answer is Unsaved.CANCEL:
                event.ignore()
                return
            if answer is Unsaved.SAVE:
                event.ignore()
                self._close_after_saving = True
                self.save()
                return
        write_settings(
            replace(self._settings, geometry=self.saveGeometry(), panels=self._columns.saveState()),
            self._store,
        )
        self.hide()  # the running chunk may take a moment
        self.timeline.player.stop()
        self.player.stop()
        self.studio.close()
        if self.autosave is not None:
            self.autosave.close()
        self._files.close()
        self.library.close()
        self.training.close()
        super().closeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Who comes back to the window may have trained in between."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.library.check()


def _dropped_files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def _dropped_file(data: QMimeData) -> Path | None:
    return next(iter(_dropped_files(data)), None)
