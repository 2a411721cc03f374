"""The document: what is open, how it is edited and from where it is seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.messages import Attribute, Document, Edits, ModelInfo, Shot
from app.pose import Pose, reach
from app.translation import translate
from goae_core.animation import Animation
from goae_core.presets import CameraConfig
from goae_core.showing import Backdrop, Pass, Showing


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What undo and redo go through: everything the result depends on."""

    document: Document | None
    """The head; replaced when the photo is framed anew or the head improved."""
    strengths: Mapping[str, float]
    """By attribute, without those that rest."""
    animation: Animation = field(default_factory=Animation)
    """The keyframes."""

    def same(self, other: Content) -> bool:
        """Whether both give the same result."""
        return (
            self.document is other.document
            and self.strengths == other.strengths
            and self.animation == other.animation
        )


class Session(QObject):
    """The one document of a window. Knows no widget; widgets subscribe. Lives on the window's thread.

    A drag of a slider is one step of `undo_stack`: `begin_drag`, any number of `set_edit`, `end_drag`.

    Signals:
        document_changed(): Another document, or none, is open.
        head_changed(): The open document has another head.
        model_changed(): Another model is loaded.
        pose_changed(): The camera moved.
        edits_changed(): A strength changed.
        locks_changed(): Another set of attributes is locked.
        animation_changed(): There are other keyframes.
        moment_changed(): The playhead moved.
        showing_changed(): Another pass is looked at, or another background.
        dirty_changed(bool): There is something to save, or no longer.
    """

    document_changed = Signal()
    head_changed = Signal()
    model_changed = Signal()
    pose_changed = Signal()
    edits_changed = Signal()
    locks_changed = Signal()
    animation_changed = Signal()
    moment_changed = Signal()
    showing_changed = Signal()
    dirty_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        """Start without model and document."""
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self._on_clean_changed)
        self._model: ModelInfo | None = None
        self._project: Path | None = None
        self._pose = Pose()
        self._content = Content(None, {})
        self._opened = self._content
        self._before_drag: Content | None = None
        self._moment = 0.0
        self._scrubbing = False
        self._showing = Showing()

    @property
    def document(self) -> Document | None:
        """What is open."""
        return self._content.document

    @property
    def content(self) -> Content:
        """Head and strengths as they are now."""
        return self._content

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
        """Strengths that do not rest, in the model's order."""
        return self.edits_of(self._content)

    @property
    def locked(self) -> frozenset[str]:
        """Attributes that only their own slider moves."""
        return frozenset(self._showing.locked)

    @property
    def animation(self) -> Animation:
        """The keyframes."""
        return self._content.animation

    @property
    def moment(self) -> float:
        """Where the playhead stands, seconds."""
        return self._moment

    @property
    def scrubbing(self) -> bool:
        """Whether camera and strengths change right now because the playhead does."""
        return self._scrubbing

    @property
    def showing(self) -> Showing:
        """Pass, background and locks: kept in the project, no step of the history."""
        return self._showing

    @property
    def dirty(self) -> bool:
        """Whether closing would lose an edit."""
        return self.document is not None and not self.undo_stack.isClean()

    def edits_of(self, content: Content) -> Edits:
        """The strengths of a state of the history, in the model's order."""
        known, document = content.strengths, content.document
        attributes = document.model.attributes if document is not None else self.attributes
        return tuple((a.name, known[a.name]) for a in attributes if a.name in known)

    def state_at(self, step: int) -> Content:
        """The state after `step` steps of the history; 0: as it was opened."""
        if step <= 0:
            return self._opened
        command = self.undo_stack.command(min(step, self.undo_stack.count()) - 1)
        return command.after if isinstance(command, _Step) else self._opened

    def strength(self, name: str) -> float:
        """Where the slider `name` stands."""
        return self._content.strengths.get(name, self._rest(name))

    def set_model(self, model: ModelInfo) -> None:
        """Take over a loaded model."""
        self._model = model
        self.model_changed.emit()

    def open(self, document: Document) -> None:
        """Take over a document with its model, camera and edits; the undo history starts anew."""
        if document.model != self._model:
            self.set_model(document.model)
        self._before_drag = None
        self._content = self._opened = Content(document, dict(document.edits), document.animation)
        self._moment = 0.0
        self._project = document.project
        self._pose = (document.view or document.pose).clamped(self.rig)
        self.undo_stack.clear()
        self.undo_stack.setClean()
        self.document_changed.emit()
        self.edits_changed.emit()
        self.pose_changed.emit()
        self.animation_changed.emit()
        self.moment_changed.emit()
        self._show(document.showing or self._showing)

    def restored(self, project: Path | None) -> None:
        """Note that the open document comes from a recovery file: it is unsaved, and belongs in `project`."""
        self._project = project
        self.undo_stack.resetClean()

    def replace_head(self, document: Document, text: str) -> None:
        """Put another head of the same photo in place of the open one: a step of the history.

        A head of another model keeps the strengths that this model knows too, inside its sliders' ends.
        """
        strengths = self._content.strengths
        before = self._content.document
        if before is not None and not document.model.same_weights(before.model):
            spans = {a.name: a.span for a in document.model.attributes}
            strengths = {
                name: min(max(strength, spans[name][0]), spans[name][1])
                for name, strength in strengths.items()
                if name in spans
            }
        self._push(Content(document, strengths), text)

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
        self.set_pose(self.document.pose if self.document else Pose())

    def face_front(self) -> None:
        """Look at the head from straight ahead."""
        self.look_from(0.0, 0.0)

    def look_from(self, yaw: float, pitch: float) -> None:
        """Look at the head from a direction, radians, upright."""
        self.set_pose(replace(self._pose, yaw=yaw, pitch=pitch, roll=0.0))

    def set_locked(self, name: str, locked: bool) -> None:
        """Hold an attribute: reset all, random, paste and presets leave it alone."""
        names = self.locked | {name} if locked else self.locked - {name}
        self._show(replace(self._showing, locked=tuple(sorted(names))))

    def set_shown(self, shown: Pass) -> None:
        """Look at another pass."""
        self._show(replace(self._showing, shown=shown))

    def set_backdrop(self, backdrop: Backdrop) -> None:
        """Put something else behind the head."""
        self._show(replace(self._showing, backdrop=backdrop))

    def begin_drag(self) -> None:
        """From here on, changes become one step of the history."""
        if self._before_drag is None:
            self._before_drag = self._content

    def end_drag(self, text: str) -> None:
        """Enter what changed since `begin_drag` into the history, under the name `text`."""
        before, self._before_drag = self._before_drag, None
        if before is not None and not before.same(self._content):
            self.undo_stack.push(_Step(self, before, self._content, text))

    def set_edit(self, name: str, strength: float) -> None:
        """Set one slider: live during a drag, one step of the history otherwise."""
        strengths = {**self._content.strengths, name: strength}
        if strength == self._rest(name):
            del strengths[name]
        self._push(replace(self._content, strengths=strengths), self._label(name))

    def reset_edits(self) -> None:
        """Let every slider rest that is not locked."""
        self.set_look({}, translate("Session", "reset all attributes"))

    def set_look(self, strengths: Mapping[str, float], text: str) -> None:
        """Set every slider that is not locked; those that `strengths` does not name rest.

        Args:
            strengths: By attribute; held inside the sliders' ends.
            text: Name of the step.
        """
        kept = {name: s for name, s in self._content.strengths.items() if name in self.locked}
        for attribute in self.attributes:
            low, high = attribute.span
            wanted = min(max(strengths.get(attribute.name, attribute.rest), low), high)
            if attribute.name not in self.locked and wanted != attribute.rest:
                kept[attribute.name] = wanted
        self._push(replace(self._content, strengths=kept), text)

    def set_animation(self, animation: Animation, text: str) -> None:
        """Change the keyframes: live during a drag, one step of the history otherwise."""
        self._push(replace(self._content, animation=animation), text)

    def set_moment(self, moment: float) -> None:
        """Move the playhead, seconds: what has keys follows it. No step of the history."""
        self._moment = min(max(moment, 0.0), self.animation.seconds)
        self._show_moment()
        self.moment_changed.emit()

    def shot_at(self, moment: float) -> Shot:
        """What a film shows at a moment, seconds; what has no keys is as it is now."""
        return self.shots((moment,))[0]

    def shots(self, moments: Sequence[float]) -> tuple[Shot, ...]:
        """What a film shows at moments, seconds; what has no keys is as it is now."""
        animation, still = self.animation, self._content.strengths
        views = animation.views(moments, behind=reach(self.rig)[0] >= math.pi)
        strengths = animation.strengths(moments)
        rests = {a.name: a.rest for a in self.attributes}
        shots = []
        for number in range(len(moments)):
            now = {**still, **{name: found[number] for name, found in strengths.items()}}
            edits = tuple((name, now[name]) for name, rest in rests.items() if now.get(name, rest) != rest)
            pose = Pose.of(views[number]).clamped(self.rig) if views else self._pose
            shots.append(Shot(pose, edits))
        return tuple(shots)

    def undo(self) -> None:
        """One step back."""
        self.end_drag(translate("Session", "edit"))
        self.undo_stack.undo()

    def redo(self) -> None:
        """One step forth."""
        self.end_drag(translate("Session", "edit"))
        self.undo_stack.redo()

    def apply(self, content: Content) -> None:
        """Show a state without touching the history; the steps of the history do so."""
        before, self._content = self._content, content
        if content.document is not before.document:
            old, new = before.document, content.document
            if new is not None and not new.model.same_weights(self._model):
                device = self._model.device if self._model is not None else new.model.device
                self.set_model(replace(new.model, device=device))
            if old is not None and new is not None and self._pose == old.pose.clamped(self.rig):
                self._pose = new.pose.clamped(self.rig)  # who looked from the photo's camera still does
            self.head_changed.emit()
            self.pose_changed.emit()
        if content.strengths != before.strengths:
            self.edits_changed.emit()
        if content.animation != before.animation:
            self._moment = min(self._moment, content.animation.seconds)
            self.animation_changed.emit()
            if not content.animation.empty:
                self._show_moment()

    def _show_moment(self) -> None:
        self._scrubbing = True
        try:
            shot = self.shot_at(self._moment)
            self.set_pose(shot.pose)
            known = {attribute.name for attribute in self.attributes}
            others = {name: s for name, s in self._content.strengths.items() if name not in known}
            self.apply(replace(self._content, strengths={**others, **dict(shot.edits)}))
        finally:
            self._scrubbing = False

    def _show(self, showing: Showing) -> None:
        before, self._showing = self._showing, showing
        if showing.locked != before.locked:
            self.locks_changed.emit()
        if (showing.shown, showing.backdrop) != (before.shown, before.backdrop):
            self.showing_changed.emit()

    def _label(self, name: str) -> str:
        return next((a.label for a in self.attributes if a.name == name), name)

    def _rest(self, name: str) -> float:
        return next((a.rest for a in self.attributes if a.name == name), 0.0)

    def _on_clean_changed(self, clean: bool) -> None:
        self.dirty_changed.emit(not clean)

    def _push(self, after: Content, text: str) -> None:
        if after.same(self._content):
            return
        if self._before_drag is not None:
            self.apply(after)
        else:
            self.undo_stack.push(_Step(self, self._content, after, text))


class _Step(QUndoCommand):
    """From one state to the next; both are values, and share what did not change."""

    def __init__(self, session: Session, before: Content, after: Content, text: str) -> None:
        super().__init__(text)
        self.before = before
        self.after = after
        self._session = session

    def redo(self) -> None:
        self._session.apply(self.after)

    def undo(self) -> None:
        self._session.apply(self.before)
