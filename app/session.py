"""The document: what is open, how it is edited and from where it is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.messages import Attribute, Document, Edits, ModelInfo
from app.pose import Pose
from goae_core.presets import CameraConfig


class Session(QObject):
    """The one document of a window. Knows no widget; widgets subscribe. Lives on the window's thread.

    A drag of a slider is one step of `undo_stack`: `begin_drag`, any number of `set_edit`, `end_drag`.

    Signals:
        document_changed(): Another document, or none, is open.
        model_changed(): Another model is loaded.
        pose_changed(): The camera moved.
        edits_changed(): A strength changed.
        dirty_changed(bool): There is something to save, or no longer.
    """

    document_changed = Signal()
    model_changed = Signal()
    pose_changed = Signal()
    edits_changed = Signal()
    dirty_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        """Start without model and document."""
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self._on_clean_changed)
        self._document: Document | None = None
        self._model: ModelInfo | None = None
        self._project: Path | None = None
        self._pose = Pose()
        self._strengths: dict[str, float] = {}
        self._before_drag: dict[str, float] | None = None

    @property
    def document(self) -> Document | None:
        """What is open."""
        return self._document

    @property
    def model(self) -> ModelInfo | None:
        """The loaded model."""
        return self._model

    @property
    def project(self) -> Path | None:
        """The file that `Save` writes."""
        return self._project

    @property
    def pose(self) -> Pose:
        """The camera."""
        return self._pose

    @property
    def rig(self) -> CameraConfig:
        """The rig of the loaded model, or the usual one before there is any."""
        return self._model.rig if self._model else CameraConfig()

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The sliders there are."""
        return self._model.attributes if self._model else ()

    @property
    def edits(self) -> Edits:
        """Strengths other than zero, in the model's order."""
        return tuple((a.name, s) for a in self.attributes if (s := self._strengths.get(a.name, 0.0)) != 0.0)

    @property
    def dirty(self) -> bool:
        """Whether closing would lose an edit."""
        return self._document is not None and not self.undo_stack.isClean()

    def strength(self, name: str) -> float:
        """How far the slider `name` is from zero."""
        return self._strengths.get(name, 0.0)

    def set_model(self, model: ModelInfo) -> None:
        """Take over a loaded model."""
        self._model = model
        self.model_changed.emit()

    def open(self, document: Document) -> None:
        """Take over a document with its model, camera and edits; the undo history starts anew."""
        if document.model != self._model:
            self.set_model(document.model)
        self._before_drag = None
        self._document = document
        self._project = document.project
        self._pose = (document.view or document.pose).clamped(self.rig)
        self._strengths = dict(document.edits)
        self.undo_stack.clear()
        self.undo_stack.setClean()
        self.document_changed.emit()
        self.edits_changed.emit()
        self.pose_changed.emit()

    def saved(self, path: Path, step: int) -> None:
        """Note that the document, as it was at `step` of the history, lies in `path`."""
        self._project = path
        if step == self.undo_stack.index():
            self.undo_stack.setClean()

    def set_pose(self, pose: Pose) -> None:
        """Move the camera, within the window's limits."""
        pose = pose.clamped(self.rig)
        if pose != self._pose:
            self._pose = pose
            self.pose_changed.emit()

    def reset_pose(self) -> None:
        """Return to the photo's camera."""
        self.set_pose(self._document.pose if self._document else Pose())

    def face_front(self) -> None:
        """Look at the head from straight ahead."""
        self.set_pose(replace(self._pose, yaw=0.0, pitch=0.0, roll=0.0))

    def begin_drag(self) -> None:
        """From here on, changes become one step of the history."""
        if self._before_drag is None:
            self._before_drag = dict(self._strengths)

    def end_drag(self, text: str) -> None:
        """Enter what changed since `begin_drag` into the history, under the name `text`."""
        before, self._before_drag = self._before_drag, None
        if before is not None and before != self._strengths:
            self.undo_stack.push(_ChangeEdits(self, before, dict(self._strengths), text))

    def set_edit(self, name: str, strength: float) -> None:
        """Set one slider: live during a drag, one step of the history otherwise."""
        after = {**self._strengths, name: strength}
        if strength == 0.0:
            del after[name]
        self._change(after, f"{name.replace('_', ' ')}")

    def reset_edits(self) -> None:
        """Set every slider to zero."""
        self._change({}, "reset all attributes")

    def undo(self) -> None:
        """One step back."""
        self.end_drag("edit")
        self.undo_stack.undo()

    def redo(self) -> None:
        """One step forth."""
        self.end_drag("edit")
        self.undo_stack.redo()

    def apply_edits(self, strengths: dict[str, float]) -> None:
        """Set all strengths without touching the history; the steps of the history do so."""
        if strengths != self._strengths:
            self._strengths = dict(strengths)
            self.edits_changed.emit()

    def _on_clean_changed(self, clean: bool) -> None:
        self.dirty_changed.emit(not clean)

    def _change(self, after: dict[str, float], text: str) -> None:
        if after == self._strengths:
            return
        if self._before_drag is not None:
            self.apply_edits(after)
        else:
            self.undo_stack.push(_ChangeEdits(self, dict(self._strengths), after, text))


class _ChangeEdits(QUndoCommand):
    def __init__(
        self, session: Session, before: dict[str, float], after: dict[str, float], text: str
    ) -> None:
        super().__init__(text)
        self._session = session
        self._before = before
        self._after = after

    def redo(self) -> None:
        self._session.apply_edits(self._after)

    def undo(self) -> None:
        self._session.apply_edits(self._before)
