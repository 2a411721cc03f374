"""Draws a mesh with OpenGL into a picture, and shows the picture like any other.

A `QOpenGLWidget` would be shorter, but one of them in a window, even hidden, has Qt compose the whole window
by OpenGL from then on: without a graphics card every repaint of the window, those of the rendered head too,
took nine times as long. So the context here is apart from the window and draws into memory.

Context, framebuffer, shader and buffers are Qt's; what is called on them is PyOpenGL's.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import NoReturn

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QMatrix4x4,
    QOffscreenSurface,
    QOpenGLContext,
    QPainter,
    QPaintEvent,
    QSurfaceFormat,
)
from PySide6.QtOpenGL import (
    QOpenGLBuffer,
    QOpenGLFramebufferObject,
    QOpenGLFramebufferObjectFormat,
    QOpenGLShader,
    QOpenGLShaderProgram,
)
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from app.engine import vertex_normals
from app.messages import MeshPicture
from app.theme import color
from app.translation import translate
from goae_core.errors import GoaeError

_VERTEX_SHADER = """
uniform mat4 u_mvp;
uniform mat3 u_normal;
attribute vec3 a_position;
attribute vec3 a_normal;
attribute vec3 a_color;
varying vec3 v_color;
varying vec3 v_normal;
void main() {
    v_normal = u_normal * a_normal;
    v_color = a_color;
    gl_Position = u_mvp * vec4(a_position, 1.0);
}
"""
# A soft key from the upper left, a wide fill from the camera and a little rim, all in the camera's frame.
_FRAGMENT_SHADER = """
#ifdef GL_ES
precision mediump float;
#endif
uniform float u_tint;
varying vec3 v_color;
varying vec3 v_normal;
void main() {
    vec3 n = normalize(v_normal);
    if (!gl_FrontFacing) { n = -n; }
    float key = max(dot(n, normalize(vec3(-0.45, 0.55, 0.75))), 0.0);
    float fill = 0.5 + 0.5 * n.z;
    float rim = pow(1.0 - max(n.z, 0.0), 3.0);
    vec3 albedo = mix(vec3(0.72, 0.73, 0.75), v_color, u_tint);
    vec3 lit = albedo * (0.42 + 0.30 * fill + 0.42 * key) + vec3(0.07, 0.08, 0.09) * rim;
    gl_FragColor = vec4(min(lit, vec3(1.0)), 1.0);
}
"""
_ATTRIBUTES = ("a_position", "a_normal", "a_color")
_SAMPLES = 4

_PLATFORM_KEY = "PYOPENGL_PLATFORM"


class NoOpenGLError(GoaeError):
    """No context or no shader can be had; the text says what to do."""


def _no_driver(cause: BaseException | None = None) -> NoReturn:
    raise NoOpenGLError(
        "no OpenGL driver answered, so the mesh cannot be shown; install one, or export the mesh"
    ) from cause


def _lost(cause: BaseException | None = None) -> NoReturn:
    raise NoOpenGLError(
        "the OpenGL driver gave the mesh's context up; show the head and then the mesh again"
    ) from cause


def surface_format() -> QSurfaceFormat:
    """What the shader asks for: OpenGL 2.1, which every driver has."""
    wanted = QSurfaceFormat()
    wanted.setVersion(2, 1)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CompatibilityProfile)
    return wanted


def load_opengl() -> ModuleType:
    """`OpenGL.GL`, for contexts of the running Qt application.

    Imported here because it takes most of a second and opens the system's libGL: a window that shows no
    mesh needs neither. Asking the driver for errors after every call is left to `PYOPENGL_ERROR_CHECKING=1`.

    Raises:
        NoOpenGLError: If PyOpenGL or the libraries that it opens are missing.
    """
    try:
        import OpenGL

        if "PYOPENGL_ERROR_CHECKING" not in os.environ:
            OpenGL.ERROR_CHECKING = False  # read once, by the import below
        with _platform_of_qt():
            import OpenGL.GL as gl
    # Where a library is missing PyOpenGL goes on with None, and stumbles over it later.
    except (ImportError, OSError, AttributeError, TypeError) as error:
        _no_driver(error)
    return gl  # type: ignore[no-any-return]  # PyOpenGL publishes no types


@contextlib.contextmanager
def _platform_of_qt() -> Iterator[None]:
    """Have PyOpenGL open the libraries that Qt draws with.

    By itself it goes by the session (EGL under Wayland, though Qt may run on X there), or by a variable that
    people set for other programs' sake: osmesa's functions would never see our context.
    """
    wanted = {"xcb": "glx", "wayland": "egl", "wayland-egl": "egl", "eglfs": "egl"}.get(
        QGuiApplication.platformName()
    )
    before = os.environ.pop(_PLATFORM_KEY, None)
    try:
        if wanted is not None:  # elsewhere there is but one
            os.environ[_PLATFORM_KEY] = wanted
        yield
    finally:
        os.environ.pop(_PLATFORM_KEY, None)
        if before is not None:
            os.environ[_PLATFORM_KEY] = before


class MeshPainter:
    """An OpenGL context of its own, with one mesh in it. Window's thread only."""

    def __init__(self) -> None:
        """Make the context and the shader.

        Raises:
            NoOpenGLError: If OpenGL is missing, or the driver refuses.
        """
        self._gl = load_opengl()
        self._surface = QOffscreenSurface()
        self._surface.setFormat(surface_format())
        self._surface.create()
        self._context = QOpenGLContext()
        self._context.setFormat(surface_format())
        if not self._context.create():
            _no_driver()
        self._enter()
        try:
            # None unless PyOpenGL opened the library in which Qt made the context
            seen = self._gl.glGetString(self._gl.GL_VERSION) is not None
        except self._gl.Error:
            seen = False
        if not seen:
            self._context.doneCurrent()
            _no_driver()
        self._program = QOpenGLShaderProgram()
        for kind, text in (
            (QOpenGLShader.ShaderTypeBit.Vertex, _VERTEX_SHADER),
            (QOpenGLShader.ShaderTypeBit.Fragment, _FRAGMENT_SHADER),
        ):
            self._program.addShaderFromSourceCode(kind, text)
        for place, name in enumerate(_ATTRIBUTES):
            self._program.bindAttributeLocation(name, place)
        if not self._program.link():
            reason = " ".join(self._program.log().split())
            raise NoOpenGLError(f"this OpenGL driver refused our shader ({reason}); update it")
        self._vertices = QOpenGLBuffer(QOpenGLBuffer.Type.VertexBuffer)
        self._triangles = QOpenGLBuffer(QOpenGLBuffer.Type.IndexBuffer)
        self._edges = QOpenGLBuffer(QOpenGLBuffer.Type.IndexBuffer)
        self._corners = 0
        self._target: QOpenGLFramebufferObject | None = None
        self._context.doneCurrent()

    def load(self, mesh: MeshPicture) -> None:
        """Take another mesh.

        Raises:
            NoOpenGLError: If the context is lost.
        """
        normals = vertex_normals(mesh.vertices, mesh.faces) if mesh.normals is None else mesh.normals
        colors = mesh.colors.astype(np.float32) / np.float32(255)
        faces = np.ascontiguousarray(mesh.faces, np.uint32)
        edges = faces[:, [0, 1, 1, 2, 2, 0]]
        self._enter()
        _fill(self._vertices, np.hstack([mesh.vertices, normals, colors]).astype(np.float32))
        _fill(self._triangles, faces)
        _fill(self._edges, np.ascontiguousarray(edges))
        self._corners = faces.size
        self._context.doneCurrent()

    def draw(
        self, size: QSize, view: QMatrix4x4, projection: QMatrix4x4, *, tint: float, wired: bool, back: QColor
    ) -> QImage:
        """Draw the mesh.

        Args:
            size: Of the picture, pixels.
            view: World to eye.
            projection: Eye to clip.
            tint: 1 shows the mesh's own colours, 0 plain clay.
            wired: Edges, instead of faces.
            back: Colour behind the mesh.

        Raises:
            NoOpenGLError: If the context is lost.
        """
        self._enter()
        if self._target is None or self._target.size() != size:
            wanted = QOpenGLFramebufferObjectFormat()
            wanted.setAttachment(QOpenGLFramebufferObject.Attachment.CombinedDepthStencil)
            wanted.setSamples(_SAMPLES)
            self._target = QOpenGLFramebufferObject(size, wanted)
        self._target.bind()
        try:
            self._call(size, view, projection, tint=tint, wired=wired, back=back)
        except self._gl.Error as error:
            _lost(error)
        self._target.release()
        image = self._target.toImage()
        self._context.doneCurrent()
        return image

    def close(self) -> None:
        """Give the context's memory back."""
        # At the program's end Qt may have been quicker.
        if not (isValid(self._context) and isValid(self._surface)):
            return
        if self._context.makeCurrent(self._surface):
            for buffer in (self._vertices, self._triangles, self._edges):
                buffer.destroy()
            self._program.removeAllShaders()
            self._target = None
            self._context.doneCurrent()

    def _call(
        self, size: QSize, view: QMatrix4x4, projection: QMatrix4x4, *, tint: float, wired: bool, back: QColor
    ) -> None:
        gl = self._gl
        gl.glViewport(0, 0, size.width(), size.height())
        gl.glClearColor(back.redF(), back.greenF(), back.blueF(), 1.0)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT | gl.GL_DEPTH_BUFFER_BIT)
        gl.glEnable(gl.GL_DEPTH_TEST)
        program = self._program
        program.bind()
        program.setUniformValue(program.uniformLocation("u_mvp"), projection * view)
        program.setUniformValue(program.uniformLocation("u_normal"), view.normalMatrix())
        program.setUniformValue1f(program.uniformLocation("u_tint"), tint)
        self._vertices.bind()
        for place in range(len(_ATTRIBUTES)):
            program.enableAttributeArray(place)
            program.setAttributeBuffer(place, gl.GL_FLOAT, 12 * place, 3, 36)
        indices = self._edges if wired else self._triangles
        indices.bind()
        count = 2 * self._corners if wired else self._corners
        gl.glDrawElements(gl.GL_LINES if wired else gl.GL_TRIANGLES, count, gl.GL_UNSIGNED_INT, None)
        indices.release()
        self._vertices.release()
        program.release()

    def _enter(self) -> None:
        if not self._context.makeCurrent(self._surface):
            _lost()


def _fill(buffer: QOpenGLBuffer, values: np.ndarray) -> None:
    buffer.create()  # one that is there stays
    buffer.bind()
    content = values.tobytes()
    buffer.allocate(content, len(content))
    buffer.release()


class MeshCanvas(QWidget):
    """Shows what a painter draws, drawn anew when it is looked at from elsewhere."""

    def __init__(
        self,
        painter: MeshPainter,
        matrices: Callable[[], tuple[QMatrix4x4, QMatrix4x4]],
        lost: Callable[[GoaeError], None],
        parent: QWidget,
    ) -> None:
        """Start without a mesh.

        Args:
            painter: Draws.
            matrices: View and projection as they are now.
            lost: Called when nothing can be drawn any more.
            parent: Owner.
        """
        super().__init__(parent)
        self._painter = painter
        self._matrices = matrices
        self._lost = lost
        self._tint = 1.0
        self._wired = False
        self.setAccessibleName(translate("MeshCanvas", "Mesh"))
        self.setToolTip(
            translate(
                "MeshCanvas",
                "Drag to orbit, wheel to zoom, double click for the photo's view. The same camera as "
                "the head's.",
            )
        )

    def show_mesh(self, mesh: MeshPicture) -> None:
        """Show another mesh.

        Raises:
            NoOpenGLError: If the context is lost.
        """
        self._painter.load(mesh)
        self.update()

    def set_tint(self, tint: float) -> None:
        """1 shows the mesh's own colours, 0 plain clay."""
        self._tint = tint
        self.update()

    def set_wired(self, wired: bool) -> None:
        """Edges, or faces."""
        self._wired = wired
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw, and show."""
        scale = self.devicePixelRatioF()
        size = QSize(max(round(self.width() * scale), 1), max(round(self.height() * scale), 1))
        view, projection = self._matrices()
        try:
            image = self._painter.draw(
                size, view, projection, tint=self._tint, wired=self._wired, back=color("viewport")
            )
        except GoaeError as error:
            self._lost(error)
            return
        painter = QPainter(self)
        painter.drawImage(self.rect(), image)
        painter.end()
