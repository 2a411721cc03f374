"""The mesh in OpenGL, seen by the same camera as the rendered head.

OpenGL is touched when the first mesh is to be shown; where it is missing stands a sentence.
"""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QMatrix4x4, QOffscreenSurface, QOpenGLContext, QVector3D
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from app.dialogs import sentence
from app.mesh_canvas import MeshCanvas, MeshPainter, surface_format
from app.messages import MeshPicture
from app.orbit_hand import OrbitHand
from app.pose import Pose
from app.progress_card import ProgressCard
from app.translation import translate
from goae_core.errors import GoaeError
from goae_core.presets import CameraConfig


def missing_gl() -> str | None:
    """Why no mesh can be shown here, in a sentence; None if it can."""
    if QGuiApplication.platformName() in ("offscreen", "minimal"):
        return translate(
            "mesh_view",
            "This display draws no OpenGL, so the mesh cannot be shown here; it can still be exported.",
        )
    context = QOpenGLContext()
    context.setFormat(surface_format())
    surface = QOffscreenSurface()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return translate(
            "mesh_view",
            "No OpenGL driver answered, so the mesh cannot be shown; install one (on Debian and Ubuntu: "
            "apt install libgl1-mesa-dri), or export the mesh.",
        )
    version = context.format().version()
    context.doneCurrent()
    if version < (2, 1):
        return translate(
            "mesh_view", "The mesh view needs OpenGL 2.1, this driver has {version}.{version2}; update it."
        ).format(version=version[0], version2=version[1])
    return None


def view_matrix(pose: Pose, rig: CameraConfig) -> QMatrix4x4:
    """World to eye for OpenGL (x right, y up, z towards the viewer): the renderer's camera."""
    eye = QVector3D(
        math.sin(pose.yaw) * math.cos(pose.pitch),
        math.sin(pose.pitch),
        math.cos(pose.yaw) * math.cos(pose.pitch),
    )
    eye *= rig.radius
    view = QMatrix4x4()
    # roll > 0 turns the picture's content as the renderer does
    view.rotate(-math.degrees(pose.roll), 0, 0, 1)
    view.lookAt(eye, QVector3D(*rig.pivot), QVector3D(0, 1, 0))
    return view


def projection_matrix(pose: Pose, rig: CameraConfig, width: int, height: int) -> QMatrix4x4:
    """Eye to clip: the square picture fills the shorter side, as in the viewport."""
    near, far = 0.1, 10.0
    half = near * 0.5 / (rig.focal * pose.zoom)
    side = min(width, height)
    x, y = half * width / side, half * height / side
    right, up = 2 * half * pose.right, 2 * half * pose.up
    projection = QMatrix4x4()
    projection.frustum(-x - right, x - right, -y - up, y - up, near, far)
    return projection


class MeshView(QWidget):
    """The surface of the head.

    Signals:
        pose_asked(Pose): The hand moved the camera.
        reset_asked(): Double click or Home.
    """

    pose_asked = Signal(object)
    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start empty; OpenGL is touched at the first mesh."""
        super().__init__(parent)
        self.setAccessibleName(translate("MeshView", "Mesh"))
        self._pose = Pose()
        self._rig = CameraConfig()
        self._colored = True
        self._wired = False
        self.canvas: MeshCanvas | None = None
        self._mesh: MeshPicture | None = None
        self._sentence = QLabel()
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setWordWrap(True)
        self._sentence.setProperty("role", "caption")
        self._sentence.setContentsMargins(60, 0, 60, 0)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._sentence)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._stack)
        self.progress_card = ProgressCard(self)

    @property
    def sentence(self) -> str:
        """What stands in place of a mesh."""
        return self._sentence.text()

    @property
    def mesh(self) -> MeshPicture | None:
        """What is shown."""
        return self._mesh

    @property
    def counts(self) -> str:
        """Vertices and faces in words."""
        if self._mesh is None:
            return ""
        return translate("MeshView", "{vertices:,} vertices · {faces:,} triangles").format(
            vertices=len(self._mesh.vertices), faces=len(self._mesh.faces)
        )

    def prepare(self) -> bool:
        """Make the canvas if OpenGL is there, else say why not."""
        if self.canvas is not None:
            return True
        reason = missing_gl()
        if reason is not None:
            self._sentence.setText(reason)
            return False
        try:
            painter = MeshPainter()
        except GoaeError as error:
            self._sentence.setText(sentence(error))
            return False
        canvas = MeshCanvas(painter, self._matrices, self._lose, self)
        hand = OrbitHand(canvas, lambda: self._pose, lambda: min(canvas.width(), canvas.height()))
        hand.pose_asked.connect(self.pose_asked)
        hand.reset_asked.connect(self.reset_asked)
        canvas.destroyed.connect(painter.close)
        canvas.set_tint(1.0 if self._colored else 0.0)
        canvas.set_wired(self._wired)
        self._stack.addWidget(canvas)
        self.canvas = canvas
        return True

    def show_mesh(self, mesh: MeshPicture) -> None:
        """Show a mesh."""
        self._mesh = mesh
        if self.prepare() and self.canvas is not None:
            try:
                self.canvas.show_mesh(mesh)
            except GoaeError as error:
                self._lose(error)
            else:
                self._stack.setCurrentWidget(self.canvas)

    def clear(self, sentence: str | None = None) -> None:
        """Show a sentence in place of a mesh; None: that it is being built."""
        self._mesh = None
        self._sentence.setText(sentence or translate("MeshView", "Building the mesh …"))
        self._stack.setCurrentWidget(self._sentence)

    def set_pose(self, pose: Pose, rig: CameraConfig) -> None:
        """Follow the session's camera."""
        self._pose, self._rig = pose, rig
        if self.canvas is not None:
            self.canvas.update()

    def set_colored(self, colored: bool) -> None:
        """Vertex colours, or plain clay that shows the shape."""
        self._colored = colored
        if self.canvas is not None:
            self.canvas.set_tint(1.0 if colored else 0.0)

    def set_wired(self, wired: bool) -> None:
        """The triangles' edges, or their faces."""
        self._wired = wired
        if self.canvas is not None:
            self.canvas.set_wired(wired)

    def resizeEvent(self, event: object) -> None:
        """Keep the card in the middle."""
        self.progress_card.place()

    def _matrices(self) -> tuple[QMatrix4x4, QMatrix4x4]:
        width, height = max(self.width(), 1), max(self.height(), 1)
        return view_matrix(self._pose, self._rig), projection_matrix(self._pose, self._rig, width, height)

    def _lose(self, error: GoaeError) -> None:
        """The driver gave up: say so, and try with a new context at the next mesh."""
        canvas, self.canvas = self.canvas, None
        if canvas is not None:
            QTimer.singleShot(0, canvas, canvas.deleteLater)  # perhaps it is being painted
        self.clear(sentence(error))
