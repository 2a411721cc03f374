"""Keeps a recovery file of the open document, and finds those of windows that died."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from app import recovery
from app.messages import Document
from app.recovery import Recovered
from app.session import Session
from app.studio import Studio
from app.worker import Worker

log = logging.getLogger(__name__)

_HEAD_DELAY_MS = 600
_POSE_DELAY_MS = 700


class Autosave(QObject):
    """Writes the head once it is there, and the state at every change; all of it off the window's thread.

    Signals:
        written(): The recovery file holds the present state.
    """

    written = Signal()

    def __init__(self, session: Session, studio: Studio, files: Worker, root: Path) -> None:
        """Follow the session.

        Args:
            session: The document.
            studio: Writes heads.
            files: Writes states; closed by its owner after `close`.
            root: Folder of all windows' recovery folders.
        """
        super().__init__(session)
        self._session = session
        self._studio = studio
        self._root = root
        self._folder: Path | None = None
        self._lock: QLockFile | None = None
        self._heads: list[tuple[Document, str]] = []
        self._written: set[str] = set()
        self._obsolete: list[Path] = []
        self._files = files
        self._head_timer = _timer(self, _HEAD_DELAY_MS, self._write_head)
        self._pose_timer = _timer(self, _POSE_DELAY_MS, self._write_state)
        session.document_changed.connect(self._begin)
        session.head_changed.connect(self._on_head)
        session.edits_changed.connect(self._on_edits)
        session.animation_changed.connect(self._write_state)
        session.locks_changed.connect(self._write_state)
        session.showing_changed.connect(self._write_state)
        session.pose_changed.connect(self._pose_timer.start)

    @property
    def folder(self) -> Path | None:
        """Where the open document is kept."""
        return self._folder

    def lost(self) -> list[tuple[Path, Recovered]]:
        """Documents whose windows died, the newest first; empty folders are swept away."""
        found = []
        for folder in recovery.folders(self._root):
            if folder == self._folder:
                continue
            lock = QLockFile(str(folder / recovery.LOCK))
            if not lock.tryLock(0):
                continue  # its window lives
            state = recovery.read_state(folder)
            lock.unlock()
            if state is None:
                recovery.discard(folder)
            else:
                found.append((folder, state))
        return found

    def close(self, *, keep: bool = False) -> None:
        """Stop; delete the recovery file unless `keep`, and what was restored from."""
        self._head_timer.stop()
        self._pose_timer.stop()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None
        if not keep:
            for folder in (self._folder, *self._obsolete):
                if folder is not None:
                    recovery.discard(folder)
        self._folder = None

    def restored(self, folder: Path) -> None:
        """What lay in a folder is open now, and kept in ours: once that is written, the folder goes."""
        self._obsolete.append(folder)

    def _begin(self) -> None:
        """Another document: its predecessor's file goes when the new one's is there."""
        self._heads.clear()
        self._written.clear()
        self._on_head()

    def _on_head(self) -> None:
        document = self._session.document
        if document is None:
            return
        if self._name_of(document) is None:
            self._heads.append((document, f"head-{uuid.uuid4().hex[:8]}.goae"))
        self._head_timer.start()

    def _on_edits(self) -> None:
        """While the playhead runs, wait until it stands: nothing is lost but its place."""
        if self._session.scrubbing:
            self._pose_timer.start()
        else:
            self._write_state()

    def _name_of(self, document: Document) -> str | None:
        return next((name for known, name in self._heads if known is document), None)

    def _write_head(self) -> None:
        document = self._session.document
        if document is None:
            return
        name = self._name_of(document)
        if name is None or name in self._written:
            self._write_state()
            return
        try:
            folder = self._claimed()
        except OSError as error:
            log.warning("no recovery file: %s", error)
            return

        def done(path: Path) -> None:
            self._written.add(path.name)
            self._write_state()

        self._studio.keep(document, folder / name, done)

    def _claimed(self) -> Path:
        if self._folder is None:
            self._folder = self._root / uuid.uuid4().hex
            self._folder.mkdir(parents=True)
            self._lock = QLockFile(str(self._folder / recovery.LOCK))
            self._lock.setStaleLockTime(0)  # however long the window stands open
            self._lock.tryLock(0)
        return self._folder

    def _write_state(self) -> None:
        document, folder = self._session.document, self._folder
        name = self._name_of(document) if document is not None else None
        if document is None or folder is None or name not in self._written:
            return
        project = self._session.project
        state = Recovered(
            name=document.name,
            head=name or "",
            strengths=self._session.edits,
            pose=self._session.pose,
            project=str(project.absolute()) if project else "",
            photo=str(document.photo.path.absolute()) if document.photo else "",
            showing=self._session.showing,
            animation=self._session.animation,
        )
        keep = {known for _, known in self._heads}
        obsolete, self._obsolete = self._obsolete, []

        def write() -> None:
            recovery.write_state(state, folder)
            for old in folder.glob("head-*.goae"):
                if old.name not in keep:
                    old.unlink(missing_ok=True)
            for old in obsolete:
                recovery.discard(old)

        self._files.submit(
            lambda _: write(),
            done=lambda _: self.written.emit(),
            failed=lambda error: log.warning("no recovery file: %s", error),
            lane="state",
        )


def _timer(parent: QObject, delay_ms: int, action: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(delay_ms)
    timer.timeout.connect(action)
    return timer
