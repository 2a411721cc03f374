"""Between the document and the device thread: turns states into requests and answers into signals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.engine import Engine
from app.jobs import Ticket, Work
from app.messages import (
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
    Progress,
)
from app.session import Session
from app.worker import Worker
from goae_core.errors import NoFaceError

_STILL_MS = 120
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
        mesh_built(MeshPicture): A mesh of the open document.
        mesh_failed(Exception): There is none.
        progressed(Progress): News of the long job that runs.
        busy_changed(bool): Long work is under way, or no longer.
        exported(Path): A picture, film or mesh was written.
        saved(Path): The project was written.
        cancelled(): Long work was stopped on request.
        failed(Exception): Something went wrong; the window says so.
        face_missing(OpenRequest, NoFaceError): No face was found; the middle of the picture could be taken.
    """

    opening = Signal(object)
    photo_found = Signal(object)
    opened = Signal()
    open_ended = Signal()
    picture_rendered = Signal(object)
    mesh_built = Signal(object)
    mesh_failed = Signal(object)
    progressed = Signal(object)
    busy_changed = Signal(bool)
    exported = Signal(object)
    saved = Signal(object)
    cancelled = Signal()
    failed = Signal(object)
    face_missing = Signal(object, object)
    _news = Signal(object)

    def __init__(
        self, session: Session, engine: Engine, background: Color, parent: QObject | None = None
    ) -> None:
        """Start the device thread.

        Args:
            session: The document.
            engine: Touched on the device thread only.
            background: Colour behind the head.
            parent: Owner.
        """
        super().__init__(parent)
        self.session = session
        self.engine = engine
        self._background = background
        self._device = Worker(self)
        self._long: list[Ticket] = []
        self._full: Ticket | None = None
        self._mesh_wanted = False
        self._mesh_shown: tuple[Any, Edits] | None = None
        self._still = _single_shot(self, _STILL_MS, lambda: self._request_frame("full"))
        self._mesh_still = _single_shot(self, _MESH_STILL_MS, self._request_mesh)
        # Emitted on the device thread: queued, so that the slot runs here.
        self._news.connect(self._on_news, Qt.ConnectionType.QueuedConnection)
        session.pose_changed.connect(self._on_moved)
        session.edits_changed.connect(self._on_moved)
        session.edits_changed.connect(self._schedule_mesh)

    @property
    def busy(self) -> bool:
        """Whether long work is under way."""
        return bool(self._long)

    def load_model(self) -> None:
        """Load the model the engine was made for."""

        def done(model: ModelInfo) -> None:
            self.session.set_model(model)

        self._start(lambda stop: self.engine.load(self._news.emit), done)

    def open(self, request: OpenRequest) -> None:
        """Open a photo or project; the open document stays until the new one is whole."""

        def done(document: Document) -> None:
            self.session.open(document)
            self.opened.emit()

        def failed(error: Exception) -> None:
            if isinstance(error, NoFaceError) and not request.center:
                self.face_missing.emit(request, error)
            else:
                self.failed.emit(error)

        self.opening.emit(request)
        self._start(
            lambda stop: self.engine.open(request, self._news.emit, stop),
            done,
            failed=failed,
            ended=self.open_ended.emit,
        )

    def save(self, path: Path) -> None:
        """Write the open document as a project."""
        document = self.session.document
        if document is None:
            return
        edits, pose, step = self.session.edits, self.session.pose, self.session.undo_stack.index()

        def done(path: Path) -> None:
            if self.session.document is document:
                self.session.saved(path, step)
            self.saved.emit(path)

        self._start(lambda stop: self.engine.save(document, edits, pose, path, self._news.emit), done)

    def export(self, request: ExportRequest) -> None:
        """Write a picture, film or mesh of the document as it is now."""
        view = self._frame_request("full")
        if view is not None:
            self._start(
                lambda stop: self.engine.export(request, view, self._news.emit, stop), self.exported.emit
            )

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
        self._mesh_still.stop()
        self._device.close()

    def _on_moved(self) -> None:
        if self._mesh_wanted:  # OpenGL draws it; the picture is made when it is looked at again
            return
        if self._full is not None:
            self._full.cancelled.set()
        self._request_frame("draft")
        self._still.start()

    def _frame_request(self, quality: Literal["draft", "full"]) -> FrameRequest | None:
        document = self.session.document
        if document is None:
            return None
        return FrameRequest(
            document.inversion, self.session.edits, self.session.pose, quality, self._background
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
            lambda stop: self.engine.frame(request, stop), done=done, failed=self.failed.emit, lane="frame"
        )
        self._full = ticket if quality == "full" else None

    def _schedule_mesh(self) -> None:
        if self._mesh_wanted:
            self._mesh_still.start()

    def _request_mesh(self) -> None:
        document = self.session.document
        if document is None or not self._mesh_wanted:
            return
        request = MeshRequest(document.inversion, self.session.edits, _MESH_RESOLUTION)
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
            failed=self.mesh_failed.emit,
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

        def on_done(value: Any) -> None:  # noqa: ANN401 - whatever the work returned
            try:
                done(value)
            finally:
                end()

        def on_failed(error: Exception) -> None:
            end()
            (failed or self.failed.emit)(error)

        def on_dropped() -> None:
            end()
            if ticket.cancelled.is_set():
                self.cancelled.emit()

        ticket = self._device.submit(work, done=on_done, failed=on_failed, dropped=on_dropped, lane=lane)
        self._long.append(ticket)
        if len(self._long) == 1:
            self.busy_changed.emit(True)

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
