"""The mesh in OpenGL, seen by the same camera as the rendered head.

pyqtgraph.opengl is imported when the first mesh is to be shown; where OpenGL is missing stands a sentence.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QMatrix4x4,
    QOffscreenSurface,
    QOpenGLContext,
    QSurfaceFormat,
    QVector3D,
)
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from app.messages import MeshPicture
from app.orbit_hand import OrbitHand
from app.pose import Pose
from app.progress_card import ProgressCard
from app.theme import COLORS
from goae_core.presets import CameraConfig

_VERTEX_SHADER = """
uniform mat4 u_mvp;
uniform mat3 u_normal;
attribute vec4 a_position;
attribute vec3 a_normal;
attribute vec4 a_color;
varying vec4 v_color;
varying vec3 v_normal;
void main() {
    v_normal = u_normal * a_normal;
    v_color = a_color;
    gl_Position = u_mvp * a_position;
}
"""
# pyqtgraph's "shaded" lights from behind the viewer's right and leaves half of a head black. Here: a soft
# key from the upper left, a wide fill from the camera and a little rim, all in the camera's frame.
_FRAGMENT_SHADER = """
#ifdef GL_ES
precision mediump float;
#endif
uniform float u_tint;
varying vec4 v_color;
varying vec3 v_normal;
void main() {
    vec3 n = normalize(v_normal);
    if (!gl_FrontFacing) { n = -n; }
    float key = max(dot(n, normalize(vec3(-0.45, 0.55, 0.75))), 0.0);
    float fill = 0.5 + 0.5 * n.z;
    float rim = pow(1.0 - max(n.z, 0.0), 3.0);
    vec3 albedo = mix(vec3(0.72, 0.73, 0.75), v_color.rgb, u_tint);
    vec3 lit = albedo * (0.42 + 0.30 * fill + 0.42 * key) + vec3(0.07, 0.08, 0.09) * rim;
    gl_FragColor = vec4(min(lit, vec3(1.0)), 1.0);
}
"""


def set_surface_format() -> None:
    """Ask for what the mesh view needs; must run before the first window is made."""
    surface = QSurfaceFormat()
    surface.setDepthBufferSize(24)
    surface.setSamples(4)
    surface.setVersion(2, 1)
    surface.setProfile(QSurfaceFormat.OpenGLContextProfile.CompatibilityProfile)
    QSurfaceFormat.setDefaultFormat(surface)


def missing_gl() -> str | None:
    """Why no mesh can be shown here, in a sentence; None if it can."""
    if QGuiApplication.platformName() in ("offscreen", "minimal"):
        return "This display draws no OpenGL, so the mesh cannot be shown here; it can still be exported."
    context = QOpenGLContext()
    surface = QOffscreenSurface()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return (
            "No OpenGL driver answered, so the mesh cannot be shown; install one (on Debian and Ubuntu: "
            "apt install libgl1-mesa-dri), or export the mesh."
        )
    version = context.format().version()
    context.doneCurrent()
    if version < (2, 1):
        return f"The mesh view needs OpenGL 2.1, this driver has {version[0]}.{version[1]}; update it."
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
        self.setAccessibleName("Mesh")
        self._pose = Pose()
        self._rig = CameraConfig()
        self._colored = True
        self._wired = False
        self.canvas: Any = None
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
        return f"{len(self._mesh.vertices):,} vertices · {len(self._mesh.faces):,} triangles"

    def prepare(self) -> bool:
        """Make the canvas if OpenGL is there, else say why not."""
        if self.canvas is not None:
            return True
        reason = missing_gl()
        if reason is not None:
            self._sentence.setText(reason)
            return False
        self.canvas = _make_canvas(self)
        self.canvas.set_tint(1.0 if self._colored else 0.0)
        self.canvas.set_wired(self._wired)
        self._stack.addWidget(self.canvas)
        return True

    def show_mesh(self, mesh: MeshPicture) -> None:
        """Show a mesh."""
        self._mesh = mesh
        if self.prepare():
            self.canvas.show_mesh(mesh)
            self._stack.setCurrentWidget(self.canvas)

    def clear(self, sentence: str = "Building the mesh …") -> None:
        """Show a sentence in place of a mesh."""
        self._mesh = None
        self._sentence.setText(sentence)
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

    @property
    def view(self) -> tuple[Pose, CameraConfig]:
        """The camera, for the canvas."""
        return self._pose, self._rig

    def resizeEvent(self, event: object) -> None:
        """Keep the card in the middle."""
        self.progress_card.place()


def _make_canvas(owner: MeshView) -> QWidget:
    import OpenGL.GL as functions
    import pyqtgraph.opengl as gl
    from pyqtgraph.opengl import shaders

    class Item(gl.GLMeshItem):  # type: ignore[misc]  # pyqtgraph is untyped
        """The mesh; as lines when the canvas says so."""

        def paint(self) -> None:
            wired = self.view()._wired
            functions.glPolygonMode(
                functions.GL_FRONT_AND_BACK, functions.GL_LINE if wired else functions.GL_FILL
            )
            super().paint()
            functions.glPolygonMode(functions.GL_FRONT_AND_BACK, functions.GL_FILL)

    class Canvas(gl.GLViewWidget):  # type: ignore[misc]  # pyqtgraph is untyped
        """GLViewWidget with the renderer's camera and our mouse."""

        def __init__(self) -> None:
            super().__init__(owner)
            self.setBackgroundColor(COLORS["viewport"])
            self.setAccessibleName("Mesh")
            hand = OrbitHand(self, lambda: owner.view[0], lambda: min(self.width(), self.height()))
            hand.pose_asked.connect(owner.pose_asked)
            hand.reset_asked.connect(owner.reset_asked)
            self._shader = shaders.ShaderProgram(
                "goae-studio",
                [shaders.VertexShader(_VERTEX_SHADER), shaders.FragmentShader(_FRAGMENT_SHADER)],
                uniforms={"u_tint": [1.0]},
            )
            self._item: Any = None
            self._wired = False

        def show_mesh(self, mesh: MeshPicture) -> None:
            colors = np.empty((len(mesh.colors), 4), np.float32)
            colors[:, :3] = mesh.colors / np.float32(255)
            colors[:, 3] = 1.0
            data = gl.MeshData(
                vertexes=mesh.vertices, faces=mesh.faces.astype(np.uint32), vertexColors=colors
            )
            if mesh.normals is not None:  # pyqtgraph would find them in a Python loop, on this thread
                data._vertexNormals = mesh.normals
            if self._item is None:
                self._item = Item(meshdata=data, smooth=True, shader=self._shader, glOptions="opaque")
                self.addItem(self._item)
            else:
                self._item.setMeshData(meshdata=data)

        def set_wired(self, wired: bool) -> None:
            self._wired = wired
            self.update()

        def set_tint(self, tint: float) -> None:
            self._shader["u_tint"] = [tint]
            self.update()

        def viewMatrix(self) -> QMatrix4x4:
            return view_matrix(*owner.view)

        def projectionMatrix(self, region: object, viewport: object) -> QMatrix4x4:
            return projection_matrix(*owner.view, self.width(), self.height())

        def keyPressEvent(self, event: QKeyEvent) -> None:
            """Not pyqtgraph's: its keys would turn its own camera."""
            event.ignore()

        def keyReleaseEvent(self, event: QKeyEvent) -> None:
            """Not pyqtgraph's."""
            event.ignore()

    canvas: QWidget = Canvas()
    canvas.setToolTip(
        "Drag to orbit, wheel to zoom, double click for the photo's view. The same camera as the head's."
    )
    return canvas
