"""Where the camera stands, in degrees."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.pose import Pose, reach
from app.theme import color
from app.translation import translate
from goae_core.presets import CameraConfig


class PoseBar(QWidget):
    """Yaw and pitch in degrees on two scales; the trained range is bright, what lies beyond is amber."""

    _HEIGHT = 46

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start at the front."""
        super().__init__(parent)
        self._pose = Pose()
        self._rig = CameraConfig()
        self.setFixedHeight(self._HEIGHT)
        self.setAccessibleName(translate("PoseBar", "Camera angles"))
        self.setToolTip(
            translate(
                "PoseBar",
                "Where the camera stands. The bright part of a scale is what the model was trained on.",
            )
        )
        self.set_pose(self._pose, self._rig)

    @property
    def text(self) -> str:
        """The angles in words."""
        yaw, pitch = _degrees(self._pose.yaw), _degrees(self._pose.pitch)
        words = translate("PoseBar", "Yaw {yaw}, pitch {pitch}, zoom {value:.0f} %").format(
            yaw=yaw, pitch=pitch, value=100 * self._pose.zoom
        )
        return words + (
            translate("PoseBar", ", beyond the trained range") if self._pose.beyond(self._rig) else ""
        )

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
        zoomed = self.width() >= 420  # there is room for the zoom
        around = 280 if zoomed else 214
        scale = min(max((self.width() - around - 20) / 2, 40), 240)
        total = 2 * scale + around
        left = (self.width() - total) / 2
        self._scale(
            painter, left, scale, translate("PoseBar", "Yaw"), self._pose.yaw, self._rig.yaw_limit, yaw_reach
        )
        self._scale(
            painter,
            left + scale + 110,
            scale,
            translate("PoseBar", "Pitch"),
            self._pose.pitch,
            self._rig.pitch_limit,
            pitch_reach,
        )
        if zoomed:
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
