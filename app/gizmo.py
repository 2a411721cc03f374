"""The world's axes, small, in a corner."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.pose import Pose
from app.theme import color

_ARM = 24
_AXES = (("#e2807a", "x"), ("#8fc98a", "y"), ("#6fb1e4", "z"))


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
        end = middle + QPointF(x, -y) * _ARM
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
