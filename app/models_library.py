"""The models on this computer: listed, imported, checked and removed, on a thread of their own."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QFileSystemWatcher, QObject, Qt, Signal

from app.jobs import Ticket
from app.messages import ModelInfo, Progress
from app.translation import translate
from app.worker import Worker
from goae_core.errors import CheckpointError

if TYPE_CHECKING:
    from goae_core.models import ModelEntry, ModelStore

log = logging.getLogger(__name__)

MODEL_SUFFIXES = (".pkl", ".pt", ".pth", ".npy")


@dataclass(frozen=True, slots=True)
class Listed:
    """A model of the list."""

    entry: ModelEntry
    card: str
    """Markdown."""
    accepted: bool
    """Its terms need not be asked about."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Files to make a model of, or to add to one."""

    paths: tuple[Path, ...]
    name: str
    licence: str = ""
    """Empty: a note that the publisher's applies."""


class ModelLibrary(QObject):
    """Looks after the folders of models; never on the window's thread, and never on the device's.

    Signals:
        listed(tuple): All models, as `Listed`.
        progressed(Progress): News of the work that runs.
        busy_changed(bool): An import, a check or a removal runs, or no longer.
        imported(str): A model of that name was made, or grew.
        verified(str, int): So many files of a model are what was written.
        removed(str): It is gone.
        replaced(str, str): Other weights than the window's bear this name now; and their fingerprint.
        cancelled(): Work was stopped on request.
        failed(Exception): One sentence for the window to show.
    """

    listed = Signal(object)
    progressed = Signal(object)
    busy_changed = Signal(bool)
    imported = Signal(str)
    verified = Signal(str, int)
    removed = Signal(str)
    replaced = Signal(str, str)
    cancelled = Signal()
    failed = Signal(object)
    _news = Signal(object)

    def __init__(
        self, parent: QObject | None = None, *, store: Callable[[], ModelStore] | None = None
    ) -> None:
        """Start the thread.

        Args:
            parent: Owner.
            store: Makes the store, on the thread; None: the user's.
        """
        super().__init__(parent)
        self._make_store = store or _user_store
        self._worker = Worker(self, name="models")
        self._running: Ticket | None = None
        self._watcher = QFileSystemWatcher(self)
        self._watched: ModelInfo | None = None
        self._watcher.directoryChanged.connect(lambda _: self._on_folder())
        # Emitted on the worker's thread: queued, so that the slot runs here.
        self._news.connect(self.progressed, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether an import, a check or a removal runs."""
        return self._running is not None

    def refresh(self) -> None:
        """List the models anew."""

        def look(stop: threading.Event) -> tuple[Listed, ...]:
            store = self._make_store()
            return tuple(
                Listed(entry, "" if entry.problem else store.card(entry.name), store.accepted(entry))
                for entry in store.list()
            )

        self._worker.submit(look, done=self.listed.emit, failed=self.failed.emit, lane="list")

    def import_(self, request: ImportRequest) -> None:
        """Make a model of files, or add them to one."""

        def work(stop: threading.Event) -> str:
            def report(line: str) -> None:
                self._news.emit(Progress(f"{line[:1].upper()}{line[1:]}"))

            entry = self._make_store().import_(
                request.paths,
                name=request.name or None,
                licence=request.licence or None,
                on_progress=report,
                should_stop=stop.is_set,
            )
            return entry.name

        self._start(work, lambda name: self.imported.emit(name))

    def verify(self, name: str) -> None:
        """Compare a model's files with what was written."""

        def work(stop: threading.Event) -> int:
            text = translate("ModelLibrary", "Verifying {name}").format(name=name)
            files = self._make_store().verify(
                name,
                on_progress=lambda share: self._news.emit(Progress(text, share)),
                should_stop=stop.is_set,
            )
            return len(files)

        self._start(work, lambda count: self.verified.emit(name, count))

    def remove(self, name: str) -> None:
        """Delete an imported model."""

        def work(stop: threading.Event) -> None:
            self._make_store().remove(name)

        self._start(work, lambda _: self.removed.emit(name))

    def accept(self, name: str, then: Callable[[], None]) -> None:
        """Remember that a model's terms were accepted, and do something."""

        def work(stop: threading.Event) -> None:
            self._make_store().accept(name)

        def done(_: None) -> None:
            self.refresh()
            then()

        self._worker.submit(work, done=done, failed=self.failed.emit)

    def look_up(self, name: str, then: Callable[[Listed], None]) -> None:
        """Find one model of the list, and do something with it."""

        def look(stop: threading.Event) -> Listed:
            store = self._make_store()
            entry = store.entry(name)
            return Listed(entry, store.card(name), store.accepted(entry))

        self._worker.submit(look, done=then, failed=self.failed.emit)

    def watch(self, model: ModelInfo | None) -> None:
        """Notice when other weights take the name of this model; None: of none."""
        self._watched = model
        if model is not None and model.fingerprint and not self._watcher.directories():
            self._worker.submit(
                lambda stop: self._folders(),
                done=self._watch_folders,
                failed=lambda error: log.warning("models are not watched", exc_info=error),
            )

    def check(self) -> None:
        """Look whether the weights of the watched model still bear its name."""
        model = self._watched
        if model is None or not model.fingerprint:
            return

        def look(stop: threading.Event) -> str:
            try:
                return self._make_store().fingerprint(model.name)
            except CheckpointError:  # being replaced just now, or removed: what is loaded stays usable
                return model.fingerprint

        def done(fingerprint: str) -> None:
            if self._watched is model and fingerprint != model.fingerprint:
                self.replaced.emit(model.name, fingerprint)

        self._worker.submit(
            look, done=done, failed=lambda e: log.warning("no check", exc_info=e), lane="check"
        )

    def cancel(self) -> None:
        """Ask the work that runs to stop at its next chunk."""
        if self._running is not None:
            self._running.cancelled.set()

    def close(self) -> None:
        """Stop the work and end the thread."""
        self._worker.close()

    def _on_folder(self) -> None:
        self.check()
        self.refresh()

    def _folders(self) -> list[str]:
        store = self._make_store()
        return [str(folder) for folder in (store.embedded, store.imported) if folder.is_dir()]

    def _watch_folders(self, folders: Sequence[str]) -> None:
        if folders:
            self._watcher.addPaths(list(folders))

    def _start(self, work: Callable[[threading.Event], Any], done: Callable[[Any], None]) -> None:
        if self._running is not None:
            return

        def end() -> None:
            self._running = None
            self.busy_changed.emit(False)
            self.refresh()

        def on_done(value: Any) -> None:  # noqa: ANN401 - whatever the work returned
            end()
            done(value)

        def on_failed(error: Exception) -> None:
            end()
            self.failed.emit(error)

        def on_dropped() -> None:
            end()
            self.cancelled.emit()

        self._running = self._worker.submit(work, done=on_done, failed=on_failed, dropped=on_dropped)
        self.busy_changed.emit(True)


def is_model_file(path: Path) -> bool:
    """Whether a path can be imported as a model or a part of one: by suffix, or as a model folder."""
    if path.is_dir():
        return (path / "model.json").is_file()
    return path.suffix.lower() in MODEL_SUFFIXES


def name_for(path: Path) -> str:
    """A name for the model that a file or folder becomes, made of its own."""
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", path.name if path.is_dir() else path.stem)
    return words.strip("-._")[:64] or "imported"


def _user_store() -> ModelStore:
    from goae_core.models import ModelStore

    return ModelStore()
