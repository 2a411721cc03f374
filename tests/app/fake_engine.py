"""An engine that paints instead of computing, and waits when a test wants it to."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from app.engine import Engine, Report
from app.messages import (
    Attribute,
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
    Pixels,
    Progress,
)
from app.pose import Pose
from goae_core.errors import ExportError, NoFaceError, PhotoError, StoppedError
from goae_core.presets import CameraConfig

MODEL = ModelInfo(
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
PHOTO_POSE = Pose(0.2, 0.1)


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
        self.frames: list[FrameRequest] = []
        self.opened: list[OpenRequest] = []
        self.stopped = 0

    def load(self, report: Report) -> ModelInfo:
        report(Progress("Loading the model"))
        return MODEL

    def open(self, request: OpenRequest, report: Report, stop: threading.Event) -> Document:
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
                face=request.face or 0,
                centered=request.center,
            ),
            project=request.path if request.path.suffix == ".goae" else None,
            figures={"psnr": 20.25, "ssim": 0.75},
            seconds={"total": 1.5},
        )

    def frame(self, request: FrameRequest, stop: threading.Event) -> Picture:
        self.frames.append(request)
        self._wait(stop)
        return Picture(flat(120), 0.01, request)

    def mesh(self, request: MeshRequest, report: Report, stop: threading.Event) -> MeshPicture:
        self._wait(stop)
        if dict(request.edits).get("age", 0.0) < 0:
            raise ExportError("no surface: the head is thin air")
        vertices = np.array([[-0.2, -0.2, 0], [0.2, -0.2, 0], [0.2, 0.2, 0], [-0.2, 0.2, 0]], np.float32)
        faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
        return MeshPicture(vertices, faces, np.full((4, 3), 200, np.uint8), request)

    def save(self, document: Document, edits: Edits, pose: Pose, path: Path, report: Report) -> Path:
        path.write_text(repr(edits))
        return path

    def export(
        self, request: ExportRequest, view: FrameRequest, report: Report, stop: threading.Event
    ) -> Path:
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
