"""Shows a picture of the head and turns the hand's movements into poses."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from app.messages import Picture, Pixels, Progress
from app.orbit_hand import OrbitHand
from app.pose import Pose, reach
from app.theme import color
from goae_core.presets import CameraConfig

_GIZMO_ARM = 24


def to_image(pixels: Pixels) -> QImage:
    """A picture of its own memory: the array may go away.

    Args:
        pixels: (H, W, 3).
    """
    pixels = np.ascontiguousarray(pixels)
    height, width, _ = pixels.shape
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


class Viewport(QWidget):
    """The head, as rendered.

    Signals:
        pose_asked(Pose): The hand moved the camera.
        reset_asked(): Double click or Home.
    """

    pose_asked = Signal(object)
    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self.setAccessibleName("Head")
        self.setToolTip("Drag to orbit, wheel to zoom, double click for the photo's view")
        self.setMinimumSize(260, 260)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        hand = OrbitHand(self, lambda: self._pose, lambda: self.picture_rect().width())
        hand.pose_asked.connect(self.pose_asked)
        hand.reset_asked.connect(self.reset_asked)
        self._image: QImage | None = None
        self._picture: Picture | None = None
        self._pose = Pose()
        self.progress_card = ProgressCard(self)

    @property
    def picture(self) -> Picture | None:
        """What is shown."""
        return self._picture

    def show_picture(self, picture: Picture) -> None:
        """Show a picture."""
        self._picture = picture
        self._image = to_image(picture.color)
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._picture = None
        self._image = None
        self.update()

    def set_pose(self, pose: Pose) -> None:
        """Follow the session's camera."""
        self._pose = pose
        self.update()

    def picture_rect(self) -> QRectF:
        """Where the picture lies: the largest square, in the middle."""
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def sizeHint(self) -> QSize:
        """A comfortable start."""
        return QSize(640, 640)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Picture and axis gizmo."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("viewport"))
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        if self._image is not None:
            painter.drawImage(self.picture_rect(), self._image)
            paint_gizmo(painter, QPointF(46, self.height() - 46), self._pose)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the card in the middle."""
        self.progress_card.place()


def paint_gizmo(painter: QPainter, middle: QPointF, pose: Pose) -> None:
    """Draw the world's axes as the camera sees them: x red, y green, z blue (out of the face)."""
    cos_yaw, sin_yaw = math.cos(pose.yaw), math.sin(pose.yaw)
    cos_pitch, sin_pitch = math.cos(pose.pitch), math.sin(pose.pitch)
    # rows of the view: right, up, towards the viewer
    right = (cos_yaw, 0.0, -sin_yaw)
    up = (-sin_yaw * sin_pitch, cos_pitch, -cos_yaw * sin_pitch)
    near = (sin_yaw * cos_pitch, sin_pitch, cos_yaw * cos_pitch)
    axes = sorted(
        ((near[k], right[k], up[k], tint, name) for k, (tint, name) in enumerate(_AXES)), key=lambda a: a[0]
    )
    font = painter.font()
    font.setPointSizeF(7.5)
    font.setBold(True)
    painter.setFont(font)
    for depth, x, y, tint, name in axes:
        end = middle + QPointF(x, -y) * _GIZMO_ARM
        shade = QColor(tint)
        shade.setAlphaF(0.95 if depth > -0.2 else 0.45)
        painter.setPen(QPen(shade, 2))
        painter.drawLine(middle, end)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawEllipse(end, 6.5, 6.5)
        painter.setPen(color("on_accent"))
        painter.drawText(QRectF(end.x() - 7, end.y() - 7, 14, 14), Qt.AlignmentFlag.AlignCenter, name)
    painter.setBrush(Qt.BrushStyle.NoBrush)


_AXES = (("#e2807a", "x"), ("#8fc98a", "y"), ("#6fb1e4", "z"))


class PoseBar(QWidget):
    """Yaw and pitch in degrees on two scales; the trained range is bright, what lies beyond is amber."""

    _HEIGHT = 46

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start at the front."""
        super().__init__(parent)
        self._pose = Pose()
        self._rig = CameraConfig()
        self.setFixedHeight(self._HEIGHT)
        self.setAccessibleName("Camera angles")
        self.setToolTip(
            "Where the camera stands. The bright part of a scale is what the model was trained on."
        )
        self.set_pose(self._pose, self._rig)

    @property
    def text(self) -> str:
        """The angles in words."""
        yaw, pitch = _degrees(self._pose.yaw), _degrees(self._pose.pitch)
        words = f"Yaw {yaw}, pitch {pitch}, zoom {100 * self._pose.zoom:.0f} %"
        return words + (", beyond the trained range" if self._pose.beyond(self._rig) else "")

    def set_pose(self, pose: Pose, rig: CameraConfig) -> None:
        """Follow the session's camera."""
        self._pose, self._rig = pose, rig
        self.setAccessibleDescription(self.text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Two scales and the zoom."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), color("viewport"))
        painter.fillRect(0, 0, self.width(), 1, color("line"))
        yaw_reach, pitch_reach = reach(self._rig)
        scale = max((self.width() - 340) / 2, 60)
        scale = min(scale, 240)
        total = 2 * scale + 280
        left = (self.width() - total) / 2
        self._scale(painter, left, scale, "Yaw", self._pose.yaw, self._rig.yaw_limit, yaw_reach)
        self._scale(
            painter,
            left + scale + 110,
            scale,
            "Pitch",
            self._pose.pitch,
            self._rig.pitch_limit,
            pitch_reach,
        )
        painter.setPen(color("muted"))
        painter.drawText(
            QRectF(left + 2 * scale + 214, 0, 80, self.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            f"{100 * self._pose.zoom:.0f} %",
        )
        painter.end()

    def _scale(
        self,
        painter: QPainter,
        left: float,
        width: float,
        name: str,
        value: float,
        trained: float,
        end: float,
    ) -> None:
        middle = self.height() / 2
        font = painter.font()
        font.setPointSizeF(9)
        painter.setFont(font)
        painter.setPen(color("muted"))
        painter.drawText(
            QRectF(left, 0, 40, self.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            name,
        )
        start = left + 44

        def at(angle: float) -> float:
            return start + (angle + end) / (2 * end) * width

        outside = abs(value) > trained + 1e-6
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("raised"))
        painter.drawRoundedRect(QRectF(start, middle - 2, width, 4), 2, 2)
        painter.setBrush(color("warning") if outside else color("accent_dim"))
        painter.drawRoundedRect(QRectF(at(-trained), middle - 2, at(trained) - at(-trained), 4), 2, 2)
        if outside:  # the part beyond stands out, the trained one steps back
            painter.setBrush(color("accent_dim"))
            painter.drawRoundedRect(QRectF(at(-trained), middle - 2, at(trained) - at(-trained), 4), 2, 2)
            painter.setBrush(color("warning"))
            edge = trained if value > 0 else -trained
            low, high = sorted((at(edge), at(value)))
            painter.drawRect(QRectF(low, middle - 2, high - low, 4))
        painter.setPen(QPen(color("faint"), 1))
        for tick in (-trained, 0.0, trained):
            painter.drawLine(QPointF(at(tick), middle - 6), QPointF(at(tick), middle + 6))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("warning") if outside else color("text"))
        painter.drawEllipse(QPointF(at(value), middle), 5, 5)
        painter.setPen(color("warning") if outside else color("text"))
        painter.drawText(
            QRectF(start + width + 10, 0, 56, self.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            _degrees(value),
        )


def _degrees(angle: float) -> str:
    """Whole degrees with their sign, zero without."""
    whole = round(math.degrees(angle))
    return f"{whole:+d}°" if whole else "0°"


class ProgressCard(QFrame):
    """What is being done, over the middle of its parent; hidden while nothing is."""

    def __init__(self, parent: QWidget) -> None:
        """Start hidden."""
        super().__init__(parent)
        self.setProperty("card", True)
        self.setFixedWidth(320)
        self._title = QLabel()
        self._title.setProperty("role", "heading")
        self._text = QLabel()
        self._text.setProperty("role", "caption")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 18)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        layout.addWidget(self._bar)
        self.hide()

    def begin(self, title: str) -> None:
        """Show the card."""
        self._title.setText(title)
        self.show_progress(Progress(""))
        self.show()
        self.raise_()
        self.place()

    def show_progress(self, news: Progress) -> None:
        """Show news."""
        self._text.setText(news.text)
        show_fraction(self._bar, news.fraction)

    def place(self) -> None:
        """Stand in the parent's middle."""
        parent = self.parentWidget()
        if parent is not None:
            self.adjustSize()
            self.move(QPoint((parent.width() - self.width()) // 2, (parent.height() - self.height()) // 2))


def show_fraction(bar: QProgressBar, fraction: float | None) -> None:
    """Let a bar show a part of the whole, or that the end cannot be told."""
    if fraction is None:
        bar.setRange(0, 0)
    else:
        bar.setRange(0, 1000)
        bar.setValue(round(1000 * fraction))
