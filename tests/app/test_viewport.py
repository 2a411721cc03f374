from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.messages import FrameRequest, Picture
from app.pose import Pose
from app.pose_bar import PoseBar
from app.theme import VIEWPORT
from app.viewport import Viewport, to_image
from goae_core.presets import CameraConfig
from tests.app.fake_engine import flat


@pytest.fixture
def viewport(qtbot: QtBot) -> Viewport:
    made = Viewport()
    qtbot.addWidget(made)
    made.resize(600, 500)
    made.pose_asked.connect(made.set_pose)
    made.show()
    return made


def drag(viewport: Viewport, right: int, down: int) -> None:
    start = QPoint(300, 250)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(viewport, start + QPoint(right, down))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=start + QPoint(right, down))


@pytest.mark.parametrize(
    ("right", "down", "yaw", "pitch"), [(100, 0, -0.5, 0.0), (-40, 0, 0.2, 0.0), (0, 100, 0.0, 0.5)]
)
def test_the_head_follows_the_hand(
    viewport: Viewport, qtbot: QtBot, right: int, down: int, yaw: float, pitch: float
) -> None:
    # the picture's side is 500 pixels: 2.5 radians a side
    with qtbot.waitSignal(viewport.pose_asked) as asked:
        drag(viewport, right, down)
    assert asked.args is not None
    assert asked.args[0].yaw == pytest.approx(yaw)
    assert asked.args[0].pitch == pytest.approx(pitch)


def test_moving_without_the_button_moves_nothing(viewport: Viewport, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(viewport.pose_asked):
        QTest.mouseMove(viewport, QPoint(100, 100))
        QTest.mousePress(viewport, Qt.MouseButton.RightButton, pos=QPoint(100, 100))
        QTest.mouseMove(viewport, QPoint(200, 100))
        QTest.mouseRelease(viewport, Qt.MouseButton.RightButton, pos=QPoint(200, 100))


@pytest.mark.parametrize(("notches", "zoom"), [(1, 1.12), (-1, 1 / 1.12)])
def test_the_wheel_zooms(viewport: Viewport, qtbot: QtBot, notches: int, zoom: float) -> None:
    event = QWheelEvent(
        QPointF(300, 250),
        QPointF(300, 250),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    with qtbot.waitSignal(viewport.pose_asked) as asked:
        QApplication.sendEvent(viewport, event)
    assert asked.args is not None
    assert asked.args[0].zoom == pytest.approx(zoom)


def test_double_click_and_home_reset(viewport: Viewport, qtbot: QtBot) -> None:
    with qtbot.waitSignal(viewport.reset_asked):
        QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(viewport.reset_asked):
        QTest.keyClick(viewport, Qt.Key.Key_Home)


def test_arrows_turn_by_five_degrees_as_the_camera_moves(viewport: Viewport, qtbot: QtBot) -> None:
    with qtbot.waitSignal(viewport.pose_asked) as asked:
        QTest.keyClick(viewport, Qt.Key.Key_Right)
    assert asked.args is not None
    assert math.degrees(asked.args[0].yaw) == pytest.approx(5)


def test_a_picture_fills_the_largest_square_in_the_middle(viewport: Viewport) -> None:
    request = FrameRequest(object(), (), Pose(), "full", VIEWPORT)
    viewport.show_picture(Picture(flat(200), 0.1, request))
    assert viewport.picture_rect().getRect() == (50.0, 0.0, 500.0, 500.0)
    shown = viewport.grab().toImage()
    scale = shown.width() / viewport.width()
    assert shown.pixelColor(round(300 * scale), round(250 * scale)) == QColor(200, 200, 200)
    assert shown.pixelColor(round(20 * scale), round(250 * scale)) == QColor(*VIEWPORT)


def test_a_picture_outlives_the_array_it_came_from() -> None:
    pixels = flat(7)
    image = to_image(pixels)
    pixels[:] = 99
    assert image.pixelColor(3, 3) == QColor(7, 7, 7)


def test_the_bar_says_when_the_camera_leaves_the_trained_range(qtbot: QtBot) -> None:
    bar = PoseBar()
    qtbot.addWidget(bar)
    bar.resize(700, 46)
    bar.set_pose(Pose(yaw=math.radians(12), pitch=math.radians(-3)), CameraConfig())
    assert bar.accessibleDescription() == "Yaw +12°, pitch -3°, zoom 100 %"
    inside = bar.grab().toImage()
    bar.set_pose(Pose(yaw=math.radians(100)), CameraConfig())
    assert bar.accessibleDescription().endswith("beyond the trained range")
    assert not amber(inside)
    assert amber(bar.grab().toImage())


def amber(image: QImage) -> bool:
    """Whether the middle row has a colour of warning."""
    row = [image.pixelColor(x, image.height() // 2) for x in range(image.width())]
    return any(color.red() > 200 and color.blue() < 120 for color in row)


def test_the_middle_button_shifts_the_picture(viewport: Viewport, qtbot: QtBot) -> None:
    start = QPoint(300, 250)
    with qtbot.waitSignal(viewport.pose_asked) as asked:
        QTest.mousePress(viewport, Qt.MouseButton.MiddleButton, pos=start)
        QTest.mouseMove(viewport, start + QPoint(50, 100))
    QTest.mouseRelease(viewport, Qt.MouseButton.MiddleButton, pos=start + QPoint(50, 100))
    assert asked.args == [Pose(right=0.1, up=-0.2)]


@pytest.mark.parametrize(
    ("key", "modifier", "yaw", "pitch"),
    [
        (Qt.Key.Key_1, Qt.KeyboardModifier.KeypadModifier, 0, 0),
        (Qt.Key.Key_3, Qt.KeyboardModifier.KeypadModifier, 90, 0),
        (
            Qt.Key.Key_3,
            Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ControlModifier,
            -90,
            0,
        ),
        (Qt.Key.Key_7, Qt.KeyboardModifier.KeypadModifier, 0, 90),
        (Qt.Key.Key_6, Qt.KeyboardModifier.KeypadModifier, 25, 20),
        (Qt.Key.Key_9, Qt.KeyboardModifier.KeypadModifier, -10, 20),
    ],
)
def test_the_numpad_looks_as_blenders(
    viewport: Viewport, qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier, yaw: float, pitch: float
) -> None:
    viewport.set_pose(Pose(math.radians(10), math.radians(20)))
    with qtbot.waitSignal(viewport.pose_asked) as asked:
        QTest.keyClick(viewport, key, modifier)
    assert asked.args is not None
    assert math.degrees(asked.args[0].yaw) == pytest.approx(yaw)
    assert math.degrees(asked.args[0].pitch) == pytest.approx(pitch)


def test_a_pinch_zooms(viewport: Viewport, qtbot: QtBot) -> None:
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        QPointF(300, 250),
        QPointF(300, 250),
        QPointF(300, 250),
        0.25,
        QPointF(),
    )
    with qtbot.waitSignal(viewport.pose_asked) as asked:
        QApplication.sendEvent(viewport, event)
    assert asked.args is not None
    assert asked.args[0].zoom == pytest.approx(1.25)
