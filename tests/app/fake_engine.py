"""An engine that paints instead of computing, and waits when a test wants it to."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np

from app import messages
from app.engine import Engine, Report
from app.messages import Attribute, Document, MeshPicture, PhotoPicture, Picture, Pixels, Progress
from app.pose import Pose
from goae_core.errors import CheckpointError, ExportError, LicenceError, NoFaceError, PhotoError, StoppedError
from goae_core.presets import CameraConfig

MODEL = messages.ModelInfo(
    name="painted",
    preset="tiny",
    image_size=8,
    rig=CameraConfig(),
    attributes=(
        Attribute("smile", "expression", "deviations", 2.0),
        Attribute("mouth_open", "expression", "deviations", 2.0),
        Attribute("age", "person", "deviations", 2.0),
    ),
    device="cpu",
)
CATS = messages.ModelInfo(
    name="cats",
    preset="tiny",
    image_size=8,
    rig=CameraConfig(pivot=(0.0, 0.0, -0.06)),
    attributes=(
        Attribute("smile", "expression", "deviations", 1.0),
        Attribute("whiskers", "person", "deviations", 2.0),
    ),
    device="cpu",
    fingerprint="cats' first weights",
    subject="cat",
)
PHOTO_POSE = Pose(0.2, 0.1)
FRAMING = messages.Framing((0.5, 0.5), 0.8, 0.0, 0.2, 0.1)


def flat(value: int, side: int = 8) -> Pixels:
    """A square of one grey."""
    return np.full((side, side, 3), value, np.uint8)


class FakeEngine(Engine):
    """Answers by the file's name: "bad" cannot be read, "nobody" shows no face, "crowd" shows three.

    While `gate` is closed, opening, meshes, exports and pictures wait for it, or for being stopped.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.frames: list[messages.FrameRequest] = []
        self.opened: list[messages.OpenRequest] = []
        self.adjusted: list[messages.AdjustRequest] = []
        self.exported: list[messages.FrameRequest] = []
        self.saved: list[messages.SaveRequest] = []
        self.stopped = 0
        self.configured: list[tuple[str, int]] = []
        self.terms_open = False
        self.cats_weights = CATS.fingerprint

    def load(self, report: Report) -> messages.ModelInfo:
        report(Progress("Loading the model"))
        return MODEL

    def open(self, request: messages.OpenRequest, report: Report, stop: threading.Event) -> Document:
        self.opened.append(request)
        if "bad" in request.path.name:
            raise PhotoError(f"{request.path.name} is no picture; give a JPEG")
        photo = PhotoPicture(request.path, flat(90), faces=1)
        report(photo)
        if "nobody" in request.path.name and not request.center:
            raise NoFaceError("no face was found; or take the middle of the picture as it is")
        report(Progress("Encoding the portrait"))
        self._wait(stop)
        crowd = "crowd" in request.path.name
        return Document(
            inversion=object(),
            model=MODEL,
            name=request.path.stem,
            crop=flat(100),
            reconstruction=flat(110),
            pose=PHOTO_POSE,
            photo=PhotoPicture(
                request.path,
                flat(90),
                corners=((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)),
                faces=3 if crowd else 1,
                boxes=tuple((0.1 + 0.3 * k, 0.2, 0.3 + 0.3 * k, 0.6) for k in range(3)) if crowd else (),
                points=((0.4, 0.4),) * 5,
                face=request.face or 0,
                centered=request.center,
            ),
            framing=FRAMING,
            project=request.path if request.path.suffix == ".goae" else None,
            figures={"psnr": 20.25, "ssim": 0.75},
            seconds={"total": 1.5},
        )

    def adjust(self, request: messages.AdjustRequest, report: Report, stop: threading.Event) -> Document:
        self.adjusted.append(request)
        self._wait(stop)
        framing = request.framing or FRAMING
        return replace(
            request.document, inversion=object(), framing=framing, pose=Pose(framing.yaw, framing.pitch)
        )

    def optimise(self, document: Document, seconds: float, report: Report, stop: threading.Event) -> Document:
        report(Progress("Optimising, error 0.01", 0.5))
        self._wait(stop)
        return replace(document, inversion=object()) if seconds > 10 else document

    def use(self, model: str | None, report: Report) -> messages.ModelInfo:
        return self._model_named(model)

    def reinvert(self, document: Document, model: str, report: Report, stop: threading.Event) -> Document:
        report(Progress("Loading the model"))
        found = self._model_named(model)
        self._wait(stop)
        return replace(document, inversion=object(), model=found)

    def configure(self, device: str, threads: int, report: Report) -> messages.ModelInfo:
        self.configured.append((device, threads))
        return replace(MODEL, device="cpu" if device == "auto" else device)

    def _model_named(self, name: str | None) -> messages.ModelInfo:
        """The painted one, cats, or cats once their terms were accepted; "worse" is damaged."""
        if name == "worse":
            raise CheckpointError("the model 'worse' is damaged; import it again")
        if name == "cats" and self.terms_open:
            raise LicenceError("'cats' is for non-commercial use only; accept its terms first", "cats")
        return replace(CATS, fingerprint=self.cats_weights) if name == "cats" else MODEL

    def frame(self, request: messages.FrameRequest, stop: threading.Event) -> Picture:
        self.frames.append(request)
        self._wait(stop)
        return Picture(flat(120), 0.01, request)

    def mesh(self, request: messages.MeshRequest, report: Report, stop: threading.Event) -> MeshPicture:
        self._wait(stop)
        if dict(request.edits).get("age", 0.0) < 0:
            raise ExportError("no surface: the head is thin air")
        vertices = np.array([[-0.2, -0.2, 0], [0.2, -0.2, 0], [0.2, 0.2, 0], [-0.2, 0.2, 0]], np.float32)
        faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
        return MeshPicture(vertices, faces, np.full((4, 3), 200, np.uint8), request)

    def save(self, request: messages.SaveRequest, report: Report) -> Path:
        self.saved.append(request)
        request.path.write_text(repr(request.edits))
        return request.path

    def export(
        self,
        request: messages.ExportRequest,
        view: messages.FrameRequest,
        report: Report,
        stop: threading.Event,
    ) -> Path:
        self.exported.append(view)
        report(Progress("Frame 1 of 2", 0.5))
        self._wait(stop)
        request.path.write_bytes(b"done")
        return request.path

    def _wait(self, stop: threading.Event) -> None:
        """Look at `stop` as the core does between two chunks."""
        self.entered.set()
        while not self.gate.wait(0.005):
            if stop.is_set():
                self.stopped += 1
                raise StoppedError("stopped")
