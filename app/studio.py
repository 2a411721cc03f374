"""Between the document and the device thread: turns states into requests and answers into signals."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.engine import Engine
from app.jobs import Ticket, Work
from app.likeness import Likeness
from app.messages import (
    AdjustRequest,
    Color,
    Document,
    Edits,
    ExportRequest,
    FrameRequest,
    MeshPicture,
    MeshRequest,
    ModelInfo,
    OpenRequest,
    PhotoPicture,
    Picture,
    Preview,
    Progress,
    SaveRequest,
    Shot,
)
from app.recovery import Recovered
from app.session import Content, Session
from app.translation import translate
from app.trouble import head_is_lost, in_drafts, no_memory, on_processor, trouble_of
from app.worker import Worker
from goae_core.errors import CheckpointError, LicenceError, NoFaceError

log = logging.getLogger(__name__)

_STILL_MS = 120
_REST_MS = 900
_GREY: Color = (128, 128, 128)
_MESH_STILL_MS = 350
_MESH_RESOLUTION = 128


class Studio(QObject):
    """Asks the engine for what the session needs. Lives on the window's thread, never waits.

    The cycle of a picture:
        1. pose or edits change  ->  a draft is requested (newest wins), a full picture under way is stopped
        2. nothing changed for 120 ms  ->  the full picture is requested, in the same lane
        3. the answer is shown if its document is still open
    Opening, saving and exporting take no lane: nothing supersedes them, only `cancel` stops them.

    Signals:
        opening(OpenRequest): A file begins to be opened.
        photo_found(PhotoPicture): While a photo is being opened: it was read, or its face was found.
        opened(): The session holds the new document.
        open_ended(): Opening ended, well or not.
        picture_rendered(Picture): A picture of the open document.
        reference_rendered(Picture): The same view of the state it is compared with.
        likeness_measured(object): 0 to 1, how like the photo the head is; None: it cannot be told.
        mesh_built(MeshPicture): A mesh of the open document.
        mesh_failed(Exception): There is none.
        progressed(Progress): News of the long job that runs.
        busy_changed(bool): Long work is under way, or no longer.
        optimised(bool): Optimising ended; whether there was a gain.
        exported(Path): A picture, film or mesh was written.
        export_ended(Path): An export ended, well or not; after `exported`, before `failed` or `cancelled`.
        saved(Path): The project was written.
        cancelled(): Long work was stopped on request.
        failed(Exception): Something went wrong; the window says so.
        went_on(str): The device failed, and the window goes on with less; the sentence says how.
        face_missing(OpenRequest, NoFaceError): No face was found; the middle of the picture could be taken.
        licence_asked(str, object): The terms of the model of that name were not accepted yet; call the second
            to try again.
        model_used(str): The model of that name is in use now.
    """

    opening = Signal(object)
    photo_found = Signal(object)
    opened = Signal()
    open_ended = Signal()
    picture_rendered = Signal(object)
    reference_rendered = Signal(object)
    likeness_measured = Signal(object)
    mesh_built = Signal(object)
    mesh_failed = Signal(object)
    progressed = Signal(object)
    busy_changed = Signal(bool)
    optimised = Signal(bool)
    exported = Signal(object)
    export_ended = Signal(object)
    saved = Signal(object)
    cancelled = Signal()
    failed = Signal(object)
    went_on = Signal(str)
    face_missing = Signal(object, object)
    licence_asked = Signal(str, object)
    model_used = Signal(str)
    _news = Signal(object)

    def __init__(
        self,
        session: Session,
        engine: Engine,
        background: Color,
        parent: QObject | None = None,
        *,
        likeness: Likeness | None = None,
    ) -> None:
        """Start the device thread.

        Args:
            session: The document.
            engine: Touched on the device thread only.
            background: Colour behind the head in what is exported.
            parent: Owner.
            likeness: Measures it; None: a new one.
        """
        super().__init__(parent)
        self.session = session
        self.engine = engine
        self._background: Color = background
        self._device = Worker(self)
        self._eyes = Worker(self, name="likeness")
        self._likeness = likeness or Likeness()
        self._likeness_of: tuple[Any, Edits] | None = None
        self._shown = session.showing.shown
        self._reference: Content | None = None
        self._preview: Preview = "normal"
        self._long: list[Ticket] = []
        self._full: Ticket | None = None
        self._fallen = False
        self._mesh_wanted = False
        self._mesh_shown: tuple[Any, Edits] | None = None
        self._still = _single_shot(self, _STILL_MS, lambda: self._request_frame("full"))
        self._rest = _single_shot(self, _REST_MS, self._request_likeness)
        self._mesh_still = _single_shot(self, _MESH_STILL_MS, self._request_mesh)
        # Emitted on the device thread: queued, so that the slot runs here.
        self._news.connect(self._on_news, Qt.ConnectionType.QueuedConnection)
        session.pose_changed.connect(self._on_moved)
        session.edits_changed.connect(self._on_moved)
        session.head_changed.connect(self._on_moved)
        session.showing_changed.connect(self._on_showing)
        session.head_changed.connect(self._schedule_mesh)
        session.edits_changed.connect(self._schedule_mesh)

    @property
    def busy(self) -> bool:
        """Whether long work is under way."""
        return bool(self._long)

    def load_model(self) -> None:
        """Load the model the engine was made for; if it cannot be loaded, say so and load the default."""

        def failed(error: Exception) -> None:
            self._fail(error)
            if isinstance(error, CheckpointError):
                self.load_default()

        self._start(lambda stop: self.engine.load(self._news.emit), self.session.set_model, failed=failed)

    def load_default(self) -> None:
        """Load the embedded model in place of one that cannot be used."""
        self._start(lambda stop: self.engine.use(None, self._news.emit), self.session.set_model)

    def use_model(self, name: str, text: str) -> None:
        """Use the weights that bear a name now; the open photo is inverted with them.

        That is a step of the history, and undo comes back to the model before. If anything fails, everything
        stays as it was.

        Args:
            name: The model's.
            text: Of the step.
        """
        before = self.session.document

        def loaded(model: ModelInfo) -> None:
            if self.session.document is None:
                self.session.set_model(model)
            self.model_used.emit(name)

        def inverted(document: Document) -> None:
            if self.session.document is before:
                self.session.replace_head(document, text)
                self.model_used.emit(name)
            else:  # another head was opened or undone to meanwhile: it is that one's turn
                self.use_model(name, text)

        if before is None:
            self._start(lambda stop: self.engine.use(name, self._news.emit), loaded)
        else:
            self._start(
                lambda stop: self.engine.reinvert(before, name, self._news.emit, stop),
                inverted,
                ended=self.open_ended.emit,
                lane="adjust",
            )

    def configure(self, device: str, threads: int) -> None:
        """Compute on another device or with another number of threads from now on."""
        self._fallen = self._fallen and device == "cpu"

        def done(model: ModelInfo) -> None:
            document = self.session.document
            if document is None:
                self.session.set_model(model)
            else:
                self.session.set_model(replace(document.model, device=model.device))
                self._on_moved()
                self._schedule_mesh()

        self._start(lambda stop: self.engine.configure(device, threads, self._news.emit), done)

    def set_preview(self, quality: Preview) -> None:
        """How pictures are made while the hand moves, and when it rests."""
        if quality != self._preview:
            self._preview = quality
            self._on_moved()

    def open(self, request: OpenRequest) -> None:
        """Open a photo or project; the open document stays until the new one is whole."""

        def done(document: Document) -> None:
            self.session.open(document)
            self.opened.emit()

        def failed(error: Exception) -> None:
            if isinstance(error, NoFaceError) and not request.center:
                self.face_missing.emit(request, error)
            else:
                self._fail(error)

        self.opening.emit(request)
        self._likeness_of = None
        # Undo may have come back to a model that is not the engine's latest.
        asked = replace(request, model=self.session.model)
        self._start(
            lambda stop: self.engine.open(asked, self._news.emit, stop),
            done,
            failed=failed,
            ended=self.open_ended.emit,
        )

    def restore(self, head: Path, state: Recovered, done: Callable[[], None]) -> None:
        """Open a recovery file as the document it was kept of.

        Args:
            head: The project file.
            state: What was done to it.
            done: Called when it is open.
        """

        def opened(document: Document) -> None:
            project = Path(state.project) if state.project else None
            self.session.open(
                replace(
                    document,
                    name=state.name,
                    project=project,
                    edits=state.strengths,
                    view=state.pose,
                    showing=state.showing,
                    animation=state.animation,
                )
            )
            self.session.restored(project)
            done()
            self.opened.emit()

        photo = Path(state.photo) if state.photo else None
        request = OpenRequest(head, photo=photo)
        self.opening.emit(request)
        self._start(
            lambda stop: self.engine.open(request, self._news.emit, stop),
            opened,
            ended=self.open_ended.emit,
        )

    def save(self, path: Path) -> None:
        """Write the open document as a project."""
        document = self.session.document
        if document is None:
            return
        session, step = self.session, self.session.undo_stack.index()
        request = SaveRequest(path, document, session.edits, session.pose, session.showing, session.animation)

        def done(path: Path) -> None:
            if self.session.document is document:
                self.session.saved(path, step)
            self.saved.emit(path)

        self._start(lambda stop: self.engine.save(request, self._news.emit), done)

    def export(self, request: ExportRequest) -> None:
        """Write a picture, film or mesh of the document as it is now."""
        view = self._frame_request("full")
        if view is not None:
            view = replace(view, background=self._background, shown="color")
            self._start(
                lambda stop: self.engine.export(request, view, self._news.emit, stop),
                self.exported.emit,
                ended=lambda: self.export_ended.emit(request.path),
            )

    def look(self, shot: Shot, quality: Literal["draft", "full"], done: Callable[[Picture], None]) -> None:
        """See the open document from elsewhere, or with other edits: for previews.

        Args:
            shot: Camera and edits.
            quality: Of the picture.
            done: Receives the picture, over nothing; not called if a newer wish replaces this one.
        """
        request = self._frame_request(quality)
        if request is None:
            return
        wanted = replace(request, pose=shot.pose, edits=shot.edits, shown="color")
        self._device.submit(
            lambda stop: self.engine.frame(wanted, stop), done=done, failed=self._fail, lane="look"
        )

    def sample(self, resolution: int, done: Callable[[MeshPicture], None]) -> None:
        """Make a mesh of the open document, quietly: for previews; a head without one gives nothing."""
        document = self.session.document
        if document is None:
            return
        request = MeshRequest(document.inversion, self.session.edits, resolution, document.model)
        self._device.submit(
            lambda stop: self.engine.mesh(request, lambda news: None, stop),
            done=done,
            failed=lambda error: log.info("no preview of the mesh: %s", error),
            lane="sample",
        )

    def adjust(self, request: AdjustRequest) -> None:
        """Frame the open photo anew; a step of the history when it is done. The newest wish wins."""
        before = self.session.document

        def done(document: Document) -> None:
            if self.session.document is before:
                self.session.replace_head(document, translate("Studio", "adjust photo"))

        self._start(
            lambda stop: self.engine.adjust(request, self._news.emit, stop),
            done,
            ended=self.open_ended.emit,
            lane="adjust",
        )

    def optimise(self, seconds: float) -> None:
        """Bring the head closer to its photo; a step of the history if there was a gain."""
        before = self.session.document
        if before is None:
            return

        def done(document: Document) -> None:
            gained = document.inversion is not before.inversion
            if gained and self.session.document is before:
                self.session.replace_head(document, translate("Studio", "optimise"))
            self.optimised.emit(gained)

        self._start(lambda stop: self.engine.optimise(before, seconds, self._news.emit, stop), done)

    def keep(self, document: Document, path: Path, done: Callable[[Path], None]) -> None:
        """Write a head as a project, quietly: for the recovery file."""
        request = SaveRequest(path, document, (), self.session.pose)
        self._device.submit(
            lambda stop: self.engine.save(request, lambda news: None),
            done=done,
            failed=lambda error: log.warning("no recovery file: %s", error),
            lane="keep",
        )

    @property
    def background(self) -> Color:
        """The colour behind what is exported."""
        return self._background

    def set_background(self, background: Color) -> None:
        """Put another colour behind what is exported."""
        self._background = background

    def compare_with(self, content: Content | None) -> None:
        """Render the same views of another state too; None: no longer."""
        self._reference = content
        if content is not None:
            self._request_reference("draft" if self._preview == "coarse" else "full")

    def cancel(self) -> None:
        """Ask all long work to stop at its next chunk."""
        for ticket in self._long:
            ticket.cancelled.set()

    def show_mesh(self, shown: bool) -> None:
        """Keep a mesh of the document up to date instead of its picture, or the picture again."""
        if shown == self._mesh_wanted:
            return
        self._mesh_wanted = shown
        if shown:
            self._request_mesh()
        else:
            self._on_moved()

    def close(self) -> None:
        """Stop everything between chunks and end the device thread."""
        self._still.stop()
        self._rest.stop()
        self._mesh_still.stop()
        self._device.close()
        self._eyes.close()

    def _on_moved(self) -> None:
        self._rest.start()
        if self._mesh_wanted:  # OpenGL draws it; the picture is made when it is looked at again
            return
        if self._full is not None:
            self._full.cancelled.set()
        self._request_frame("full" if self._preview == "fine" else "draft")
        if self._preview == "normal":
            self._still.start()

    def _on_showing(self) -> None:
        if self.session.showing.shown != self._shown:
            self._shown = self.session.showing.shown
            self._on_moved()

    def _frame_request(
        self, quality: Literal["draft", "full"], content: Content | None = None
    ) -> FrameRequest | None:
        content = content or self.session.content
        if content.document is None:
            return None
        return FrameRequest(
            content.document.inversion,
            self.session.edits_of(content),
            self.session.pose,
            quality,
            shown=self.session.showing.shown,
            model=content.document.model,
        )

    def _request_frame(self, quality: Literal["draft", "full"]) -> None:
        request = self._frame_request(quality)
        if request is None:
            return

        def done(picture: Picture) -> None:
            document = self.session.document
            if document is not None and document.inversion is picture.request.inversion:
                self.picture_rendered.emit(picture)

        ticket = self._device.submit(
            lambda stop: self.engine.frame(request, stop), done=done, failed=self._fail_frame, lane="frame"
        )
        self._full = ticket if quality == "full" else None
        self._request_reference(quality)

    def _request_reference(self, quality: Literal["draft", "full"]) -> None:
        reference = self._reference
        request = self._frame_request(quality, reference) if reference is not None else None
        if request is None:
            return
        wanted = request

        def done(picture: Picture) -> None:
            if self._reference is reference:
                self.reference_rendered.emit(picture)

        self._device.submit(
            lambda stop: self.engine.frame(wanted, stop),
            done=done,
            failed=self._fail_frame,
            lane="reference",
        )

    def _request_likeness(self) -> None:
        """At rest: look from the photo's camera, then compare on a thread that nothing waits for."""
        document, edits = self.session.document, self.session.edits
        if document is None or self.busy or self._likeness_of == (document.inversion, edits):
            return
        request = FrameRequest(document.inversion, edits, document.pose, "full", _GREY, model=document.model)

        def current() -> bool:
            now = self.session.document
            return now is document and self.session.edits == edits

        def measured(likeness: float | None) -> None:
            if current():
                self._likeness_of = (document.inversion, edits)
                self.likeness_measured.emit(likeness)

        def seen(picture: Picture) -> None:
            if current():
                self._eyes.submit(
                    lambda _: self._likeness.measure(
                        document.crop, picture.color, document.pose, document.model.rig
                    ),
                    done=measured,
                    failed=lambda error: log.warning("no likeness", exc_info=error),
                    lane="likeness",
                )

        self._device.submit(
            lambda stop: self.engine.frame(request, stop), done=seen, failed=self._fail, lane="likeness"
        )

    def _schedule_mesh(self) -> None:
        if self._mesh_wanted:
            self._mesh_still.start()

    def _request_mesh(self) -> None:
        document = self.session.document
        if document is None or not self._mesh_wanted:
            return
        request = MeshRequest(document.inversion, self.session.edits, _MESH_RESOLUTION, document.model)
        shown = self._mesh_shown
        if shown is not None and shown[0] is request.inversion and shown[1] == request.edits:
            return

        def done(mesh: MeshPicture) -> None:
            document = self.session.document
            if document is not None and document.inversion is mesh.request.inversion:
                self._mesh_shown = (mesh.request.inversion, mesh.request.edits)
                self.mesh_built.emit(mesh)

        self._start(
            lambda stop: self.engine.mesh(request, self._news.emit, stop),
            done,
            failed=lambda error: (self._fail if trouble_of(error) else self.mesh_failed.emit)(error),
            lane="mesh",
        )

    def _start(
        self,
        work: Work,
        done: Callable[[Any], None],
        *,
        failed: Callable[[Exception], None] | None = None,
        ended: Callable[[], None] = lambda: None,
        lane: str | None = None,
    ) -> None:
        """Submit long work: the window shows its progress and can cancel it."""

        def end() -> None:
            self._long.remove(ticket)
            ended()
            if not self._long:
                self.busy_changed.emit(False)
                self._rest.start()

        def on_done(value: Any) -> None:  # noqa: ANN401 - whatever the work returned
            try:
                done(value)
            finally:
                end()

        def on_failed(error: Exception) -> None:
            end()
            if isinstance(error, LicenceError):
                self.licence_asked.emit(
                    error.name, lambda: self._start(work, done, failed=failed, ended=ended, lane=lane)
                )
            else:
                (failed or self._fail)(error)

        def on_dropped() -> None:
            end()
            if ticket.cancelled.is_set():
                self.cancelled.emit()

        ticket = self._device.submit(work, done=on_done, failed=on_failed, dropped=on_dropped, lane=lane)
        self._long.append(ticket)
        if len(self._long) == 1:
            self.busy_changed.emit(True)

    def _fail(self, error: Exception) -> None:
        """Say what went wrong; if it is the device, go on without it."""
        trouble, model = trouble_of(error), self.session.model
        if trouble is None:
            self.failed.emit(error)
        elif (model.device if model else self.engine.device_name) != "cpu":
            if not self._fallen:  # what was under way there may fail too, and needs no sentence of its own
                self._fallen = True
                log.error("the device failed", exc_info=error)
                self.went_on.emit(on_processor(trouble))
                self.configure("cpu", self.engine.threads)
        elif trouble == "memory":
            log.error("no memory", exc_info=error)
            self.went_on.emit(no_memory())
        elif trouble == "driver":
            log.error("the head is on a device that failed", exc_info=error)
            self.went_on.emit(head_is_lost())
        else:
            self.failed.emit(error)

    def _fail_frame(self, error: Exception) -> None:
        """A picture failed: where memory is short, coarse ones may do."""
        model = self.session.model
        on_cpu = model is not None and model.device == "cpu"
        if trouble_of(error) == "memory" and on_cpu and self._preview != "coarse":
            log.error("no memory", exc_info=error)
            self.went_on.emit(in_drafts())
            self.set_preview("coarse")
        else:
            self._fail(error)

    def _on_news(self, news: object) -> None:
        if isinstance(news, PhotoPicture):
            self.photo_found.emit(news)
        elif isinstance(news, Progress):
            self.progressed.emit(news)


def _single_shot(parent: QObject, delay_ms: int, action: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(delay_ms)
    timer.timeout.connect(action)
    return timer
