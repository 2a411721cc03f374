from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QVector3D
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.mesh_view import MeshView, projection_matrix, view_matrix
from app.messages import MeshPicture, MeshRequest
from app.pose import Pose
from goae_core.camera import orbit
from goae_core.presets import CameraConfig

RIG = CameraConfig()
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "pose",
    [
        Pose(),
        Pose(0.5, 0.2),
        Pose(-1.2, -0.3, roll=0.3),
        Pose(0.4, 0.1, zoom=2.0),
        Pose(0.4, zoom=1.5, right=0.2, up=-0.1),
    ],
)
def test_the_mesh_is_seen_by_the_renderers_camera(pose: Pose) -> None:
    point = torch.tensor([0.1, -0.05, 0.25, 1.0])
    camera = orbit(pose.yaw, pose.pitch, pose.roll, rig=RIG)
    x, y, z, _ = torch.linalg.inv(camera.cam_to_world[0].double()) @ point.double()
    u = RIG.focal * pose.zoom * x / z + 0.5 + pose.right
    v = RIG.focal * pose.zoom * y / z + 0.5 - pose.up
    matrix = projection_matrix(pose, RIG, 800, 500) * view_matrix(pose, RIG)
    seen = matrix.map(QVector3D(0.1, -0.05, 0.25))
    # the square picture lies in the middle, as high as the view
    assert (seen.x() * 400 / 250 + 1) / 2 == pytest.approx(float(u), abs=1e-4)
    assert (1 - seen.y()) / 2 == pytest.approx(float(v), abs=1e-4)


@pytest.fixture
def view(qtbot: QtBot, x_display: str) -> MeshView:
    made = MeshView()
    qtbot.addWidget(made)
    made.resize(400, 400)
    made.pose_asked.connect(lambda pose: made.set_pose(pose, RIG))
    with qtbot.waitExposed(made):
        made.show()
    return made


def square(z: float, color: tuple[int, int, int]) -> MeshPicture:
    """A square of side 0.3 that faces the front camera."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) * 0.15
    vertices = np.concatenate([corners, np.full((4, 1), z, np.float32)], axis=1)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    colors = np.tile(np.array(color, np.uint8), (4, 1))
    return MeshPicture(vertices, faces, colors, MeshRequest(object(), (), 2))


def middle(view: MeshView) -> QColor:
    image: QImage = view.grab().toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2)


def covered(view: MeshView) -> float:
    """The share of the middle row that the red square takes."""
    image = view.grab().toImage()
    row = [image.pixelColor(x, image.height() // 2).red() > 120 for x in range(image.width())]
    return sum(row) / len(row)


def test_a_mesh_is_drawn_bright_and_in_its_colours(view: MeshView, qtbot: QtBot) -> None:
    view.show_mesh(square(0.2, (220, 60, 60)))
    qtbot.waitUntil(lambda: middle(view).red() > 150)
    assert middle(view).blue() < 100
    assert view.counts == "4 vertices · 2 triangles"
    view.set_colored(False)
    qtbot.waitUntil(lambda: abs(middle(view).red() - middle(view).blue()) < 30)
    assert middle(view).green() > 150


def test_another_mesh_takes_the_place_of_the_first(view: MeshView, qtbot: QtBot) -> None:
    view.show_mesh(square(0.2, (220, 60, 60)))
    qtbot.waitUntil(lambda: middle(view).red() > 150)
    view.show_mesh(square(0.2, (60, 60, 220)))
    qtbot.waitUntil(lambda: middle(view).blue() > 150)


def test_wireframe_shows_edges_and_nothing_between(view: MeshView, qtbot: QtBot) -> None:
    view.show_mesh(square(0.2, (220, 60, 60)))
    qtbot.waitUntil(lambda: covered(view) > 0.3)
    view.set_wired(True)
    qtbot.waitUntil(lambda: 0 < covered(view) < 0.1)
    view.set_wired(False)
    qtbot.waitUntil(lambda: covered(view) > 0.3)


def test_the_square_covers_what_the_camera_says(view: MeshView, qtbot: QtBot) -> None:
    view.show_mesh(square(0.2, (220, 60, 60)))
    qtbot.waitUntil(lambda: middle(view).red() > 150)
    # 0.3 wide, 2.5 away, focal length 4.2647 sides
    assert covered(view) == pytest.approx(RIG.focal * 0.3 / 2.5, abs=0.02)


def test_what_other_programs_ask_of_pyopengl_does_not_reach_the_mesh(x_display: str) -> None:
    """Osmesa's functions draw into no window's context; a black picture would be all that one saw."""
    ran = subprocess.run(
        [sys.executable, "-c", _PLATFORM],
        cwd=ROOT,
        env={**os.environ, "PYOPENGL_PLATFORM": "osmesa", "XDG_SESSION_TYPE": "wayland"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["GLXPlatform", "True", "osmesa", "False"]


_PLATFORM = """
import os
from PySide6.QtWidgets import QApplication
from app.mesh_canvas import MeshPainter
application = QApplication(["test"])
painter = MeshPainter()
import OpenGL, OpenGL.platform
painter._enter()
version = painter._gl.glGetString(painter._gl.GL_VERSION)
painter.close()
name = type(OpenGL.platform.PLATFORM).__name__
print(name, version is not None, os.environ["PYOPENGL_PLATFORM"], OpenGL.ERROR_CHECKING)
"""


def test_without_a_display_a_sentence_stands_and_pyopengl_is_never_loaded() -> None:
    program = """
import sys
from PySide6.QtWidgets import QApplication
from app.mesh_view import MeshView
application = QApplication(["test"])
view = MeshView()
view.prepare()
print(view.sentence)
print([name for name in sys.modules if name.split(".")[0] == "OpenGL"])
"""
    environment = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**environment, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said, loaded = ran.stdout.splitlines()
    assert said.startswith("This display draws no OpenGL")
    assert loaded == "[]"


def test_dragging_the_mesh_orbits_as_in_the_viewport(view: MeshView, qtbot: QtBot) -> None:
    view.show_mesh(square(0.2, (220, 60, 60)))
    canvas = view.canvas
    assert canvas is not None
    with qtbot.waitSignal(view.pose_asked) as asked:
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
        QTest.mouseMove(canvas, QPoint(240, 200))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(240, 200))
    assert asked.args is not None
    assert asked.args[0].yaw == pytest.approx(-2.5 * 40 / 400)
    # from the side the square is nearly gone
    view.set_pose(Pose(yaw=math.pi / 2), RIG)
    qtbot.waitUntil(lambda: 0 < covered(view) < 0.1)


def test_the_window_shows_the_mesh_of_the_open_head(opened: MainWindow, qtbot: QtBot, x_display: str) -> None:
    with qtbot.waitSignal(opened.studio.mesh_built):
        opened.commands.mesh.trigger()
    assert opened.mesh_view.counts == "4 vertices · 2 triangles"
    assert opened.view_bar.mesh_button.isChecked()
    opened.session.set_edit("age", -1.0)
    qtbot.waitUntil(lambda: opened.mesh_view.sentence == "No surface: the head is thin air.")
    assert opened.error_dialog is None
    assert opened.mesh_view.mesh is None
    QTest.mouseClick(opened.view_bar.head_button, Qt.MouseButton.LeftButton)
    assert opened.viewport.isVisible()
