"""The photograph with its crop, beside it what the model made of it."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.messages import Document, PhotoPicture, Pixels
from app.theme import color, icon
from app.translation import translate
from app.viewport import to_image
from app.welcome import rounded

_FACE = 40
_FACES_A_ROW = 4
_OPTIMISE_SECONDS = (10, 30, 60, 180)


class PhotoPanel(QFrame):
    """Left column: photo, crop, reconstruction, figures.

    Signals:
        face_chosen(int): Another face of the photo is to be used, counted from 0.
        adjust_asked(): The frame is to be set by hand.
        optimise_asked(int): So many seconds shall bring the head closer to the photo.
    """

    face_chosen = Signal(int)
    adjust_asked = Signal()
    optimise_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAccessibleName(translate("PhotoPanel", "Photo"))
        self._document: Document | None = None
        self.photo = PhotoView()
        self._name = QLabel()
        self._name.setProperty("role", "caption")
        self._pose = QLabel()
        self._pose.setProperty("role", "caption")
        self._pose.setToolTip(translate("PhotoPanel", "From where the photo was taken, as estimated"))
        self._notice = QLabel()
        self._notice.setProperty("role", "caption")
        self._notice.setWordWrap(True)
        self.faces: list[QToolButton] = []
        self._faces_group = QButtonGroup(self)
        self._faces_row = QWidget()
        faces = QVBoxLayout(self._faces_row)
        faces.setContentsMargins(0, 0, 0, 0)
        faces.setSpacing(4)
        self._count = QLabel()
        self._count.setProperty("role", "caption")
        self._count.setWordWrap(True)
        faces.addWidget(self._count)
        self._faces_grid = QGridLayout()
        self._faces_grid.setSpacing(5)
        faces.addLayout(self._faces_grid)
        self.photo.face_clicked.connect(self.face_chosen)
        self.adjust_button = QPushButton(icon("adjust", "muted"), translate("PhotoPanel", "Adjust…"))
        self.adjust_button.setProperty("quiet", True)
        self.adjust_button.setToolTip(
            translate("PhotoPanel", "Set frame, landmarks and pose by hand; the head follows (Ctrl+J)")
        )
        self.adjust_button.clicked.connect(self.adjust_asked)
        top = QHBoxLayout()
        top.addWidget(heading(translate("PhotoPanel", "Photo")))
        top.addStretch(1)
        top.addWidget(self.adjust_button)
        self.crop = Thumbnail(
            translate("PhotoPanel", "Crop"),
            translate("PhotoPanel", "The part of the photo that the model sees"),
        )
        self.reconstruction = Thumbnail(
            translate("PhotoPanel", "Reconstruction"),
            translate("PhotoPanel", "The head, rendered by the photo's camera"),
        )
        pair = QHBoxLayout()
        pair.setSpacing(10)
        pair.addWidget(self.crop)
        pair.addWidget(self.reconstruction)
        self._psnr = Figure(
            "PSNR",
            translate(
                "PhotoPanel",
                "Peak signal-to-noise ratio at the photo's view, over the head; higher is closer",
            ),
        )
        self._ssim = Figure(
            "SSIM",
            translate(
                "PhotoPanel", "Structural similarity at the photo's view, over the head; 1 is identical"
            ),
        )
        self._time = Figure(translate("PhotoPanel", "Time"), translate("PhotoPanel", "From crop to head"))
        self.figures = (self._psnr, self._ssim, self._time)
        figures = QHBoxLayout()
        figures.setSpacing(10)
        for figure in self.figures:
            figures.addWidget(figure)
        self.optimise_button = QToolButton()
        self.optimise_button.setIcon(icon("sparkle"))
        self.optimise_button.setText(translate("PhotoPanel", "Optimise"))
        self.optimise_button.setToolTip(
            translate("PhotoPanel", "Spend time on bringing the head closer to the photo")
        )
        self.optimise_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.optimise_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.optimise_button.setProperty("menu", True)
        menu = QMenu(self.optimise_button)
        for seconds in _OPTIMISE_SECONDS:
            text = f"{seconds} seconds" if seconds < 60 else f"{seconds // 60} min"
            menu.addAction(text).triggered.connect(partial(self._ask_optimise, seconds))
        self.optimise_button.setMenu(menu)
        self._below = QWidget()
        below = QVBoxLayout(self._below)
        below.setContentsMargins(0, 8, 0, 0)
        below.setSpacing(10)
        below.addLayout(pair)
        below.addSpacing(6)
        below.addWidget(rule())
        below.addSpacing(2)
        below.addLayout(figures)
        below.addWidget(self.optimise_button, 0, Qt.AlignmentFlag.AlignLeft)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.photo)
        layout.addWidget(self._name)
        layout.addWidget(self._pose)
        layout.addWidget(self._faces_row)
        layout.addWidget(self._notice)
        layout.addWidget(self._below)
        layout.addStretch(1)
        scroll = QScrollArea()
        scroll.setAccessibleName(translate("PhotoPanel", "Photo and figures"))
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self.setMinimumWidth(250)
        self.show_document(None)

    @property
    def shown_name(self) -> str:
        """The photo's name."""
        return self._name.text()

    @property
    def notice(self) -> str:
        """What the person should know of the photo."""
        return self._notice.text()

    def _ask_optimise(self, seconds: int, checked: bool = False) -> None:
        self.optimise_asked.emit(seconds)

    def show_photo(self, photo: PhotoPicture) -> None:
        """Show a photo that is being opened."""
        self.photo.show_photo(photo)
        self._name.setText(photo.path.name)
        self._show_faces(photo)
        self._below.hide()

    def show_document(self, document: Document | None) -> None:
        """Show what is open."""
        self._document = document
        self._below.setVisible(document is not None)
        self._faces_row.hide()
        self._notice.hide()
        self._pose.setVisible(document is not None)
        self.adjust_button.setVisible(document is not None)
        self.adjust_button.setEnabled(document is not None and document.framing is not None)
        self.photo.show_photo(document.photo if document else None)
        if document is None:
            self._name.setText("")
            return
        if document.photo is not None:
            self._name.setText(document.photo.path.name)
            self._show_faces(document.photo)
        else:
            self.photo.show_pixels(document.crop)
            self._name.setText(
                translate("PhotoPanel", "{name} (the photo itself is not on this machine)").format(
                    name=document.name
                )
            )
        if document.notice:
            self._notice.setText(document.notice)
            self._notice.show()
        if document.framing is not None:
            angles = (document.framing.yaw, document.framing.pitch, document.framing.turn)
            yaw, pitch, roll = (f"{math.degrees(angle):+.0f}°" for angle in angles)
            self._pose.setText(
                translate("PhotoPanel", "Pose: yaw {yaw}, pitch {pitch}, roll {roll}").format(
                    yaw=yaw, pitch=pitch, roll=roll
                )
            )
        else:
            self._pose.hide()
        self.crop.show_pixels(document.crop)
        self.reconstruction.show_pixels(document.reconstruction)
        self._psnr.show_text(_number(translate("PhotoPanel", "{value:.1f} dB"), document.figures.get("psnr")))
        self._ssim.show_text(_number(translate("PhotoPanel", "{value:.2f}"), document.figures.get("ssim")))
        seconds = document.seconds.get("total", sum(document.seconds.values()))
        self._time.show_text(
            _number(translate("PhotoPanel", "{value:.1f} s"), seconds if document.seconds else None)
        )

    def _show_faces(self, photo: PhotoPicture) -> None:
        self._notice.setText(
            translate("PhotoPanel", "The middle of the photo, taken as it is.")
            if photo.centered
            else photo.notice
        )
        self._notice.setVisible(photo.centered or bool(photo.notice))
        self._count.setText(
            translate("PhotoPanel", "{faces} faces found; which one becomes the head?").format(
                faces=photo.faces
            )
        )
        self._faces_row.setVisible(photo.faces > 1)
        for button in self.faces:
            self._faces_group.removeButton(button)
            self._faces_grid.removeWidget(button)
            button.deleteLater()
        self.faces = []
        if photo.faces < 2:
            return
        for number in range(photo.faces):
            button = QToolButton()
            button.setCheckable(True)
            button.setChecked(number == photo.face)
            button.setProperty("pictured", True)
            button.setIconSize(QSize(_FACE, _FACE))
            if number < len(photo.boxes):
                button.setIcon(QIcon(rounded(_face_image(photo, number), _FACE, self.devicePixelRatioF())))
            else:
                button.setText(str(number + 1))
            name = (
                translate("PhotoPanel", "the largest face")
                if number == 0
                else translate("PhotoPanel", "face {number}").format(number=number + 1)
            )
            button.setAccessibleName(name.capitalize())
            button.setToolTip(translate("PhotoPanel", "Make the head of {name}").format(name=name))
            button.clicked.connect(lambda _checked=False, number=number: self.face_chosen.emit(number))
            self._faces_group.addButton(button, number)
            self._faces_grid.addWidget(button, number // _FACES_A_ROW, number % _FACES_A_ROW)
            self.faces.append(button)
        self._faces_grid.setColumnStretch(_FACES_A_ROW, 1)


def _face_image(photo: PhotoPicture, number: int) -> QImage:
    """A face with some room around it."""
    height, width = photo.pixels.shape[:2]
    left, top, right, bottom = photo.boxes[number]
    room = 0.25 * (right - left) * width
    corners = (left * width - room, top * height - room, right * width + room, bottom * height + room)
    x0, y0 = max(round(corners[0]), 0), max(round(corners[1]), 0)
    x1, y1 = max(min(round(corners[2]), width), x0 + 1), max(min(round(corners[3]), height), y0 + 1)
    return to_image(photo.pixels[y0:y1, x0:x1])


class PhotoView(QWidget):
    """A photo, whole; outside its crop frame it is dimmed. Landmarks are dots, other faces boxes.

    Signals:
        face_clicked(int): Another face was clicked, counted from 0.
    """

    face_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self.setAccessibleName(translate("PhotoView", "Photo with crop frame"))
        self._image: QImage | None = None
        self._corners: tuple[tuple[float, float], ...] | None = None
        self._photo: PhotoPicture | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_photo(self, photo: PhotoPicture | None) -> None:
        """Show a photo with its frame, or nothing."""
        self._image = to_image(photo.pixels) if photo else None
        self._corners = photo.corners if photo else None
        self._photo = photo
        self.updateGeometry()
        self.update()

    def show_pixels(self, pixels: Pixels) -> None:
        """Show a picture without frame."""
        self._image, self._corners, self._photo = to_image(pixels), None, None
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """The photo keeps its proportions."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as the photo, within reason."""
        if self._image is None:
            return round(width * 0.75)
        return min(round(width * self._image.height() / max(self._image.width(), 1)), round(width * 1.2))

    def sizeHint(self) -> QSize:
        """As wide as the panel."""
        return QSize(260, self.heightForWidth(260))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Photo, dimmed outside, frame."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if self._image is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color("well"))
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
            painter.setPen(color("muted"))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, translate("PhotoView", "No photo yet")
            )
            painter.end()
            return
        target = self._target()
        outline = QPainterPath()
        outline.addRoundedRect(target, 6, 6)
        painter.setClipPath(outline)
        painter.drawImage(target, self._image)
        if self._corners is not None:
            points = [
                QPointF(target.x() + x * target.width(), target.y() + y * target.height())
                for x, y in self._corners
            ]
            frame = QPainterPath()
            frame.addPolygon(QPolygonF([*points, points[0]]))
            shade = color("window")
            shade.setAlphaF(0.62)
            painter.fillPath(outline.subtracted(frame), shade)
            painter.setPen(QPen(color("accent"), 1.5))
            painter.drawPath(frame)
            top = (points[0] + points[1]) / 2
            painter.setBrush(color("accent"))
            painter.drawEllipse(top, 2.5, 2.5)  # which side is up
        if self._photo is not None:
            painter.setPen(QPen(color("window"), 1))
            painter.setBrush(color("warning"))
            for x, y in self._photo.points:
                spot = QPointF(target.x() + x * target.width(), target.y() + y * target.height())
                painter.drawEllipse(spot, 2.6, 2.6)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color("text"), 1, Qt.PenStyle.DashLine))
            for number, box in enumerate(self._boxes(target)):
                if number != self._photo.face:
                    painter.drawRect(box)
        painter.end()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the face under the hand."""
        for number, box in enumerate(self._boxes(self._target())):
            if box.contains(event.position()):
                self.face_clicked.emit(number)
                return

    def _target(self) -> QRectF:
        size = self._image.size() if self._image is not None else QSize(1, 1)
        shown = size.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(
            (self.width() - shown.width()) / 2,
            (self.height() - shown.height()) / 2,
            shown.width(),
            shown.height(),
        )

    def _boxes(self, target: QRectF) -> list[QRectF]:
        if self._photo is None or self._photo.faces < 2:
            return []
        return [
            QRectF(
                QPointF(target.x() + box[0] * target.width(), target.y() + box[1] * target.height()),
                QPointF(target.x() + box[2] * target.width(), target.y() + box[3] * target.height()),
            )
            for box in self._photo.boxes
        ]


class Thumbnail(QWidget):
    """A square picture with a caption below."""

    _CAPTION = 22

    def __init__(self, caption: str, tip: str, parent: QWidget | None = None) -> None:
        """Start empty."""
        super().__init__(parent)
        self._caption = caption
        self._image: QImage | None = None
        self.setAccessibleName(caption)
        self.setToolTip(tip)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_pixels(self, pixels: Pixels) -> None:
        """Show a picture."""
        self._image = to_image(pixels)
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Square plus caption."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Square plus caption."""
        return width + self._CAPTION

    def sizeHint(self) -> QSize:
        """Half a panel."""
        return QSize(124, 124 + self._CAPTION)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Picture and caption."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        side = min(self.width(), self.height() - self._CAPTION)
        target = QRectF((self.width() - side) / 2, 0, side, side)
        outline = QPainterPath()
        outline.addRoundedRect(target, 6, 6)
        painter.fillPath(outline, color("well"))
        if self._image is not None:
            painter.setClipPath(outline)
            painter.drawImage(target, self._image)
            painter.setClipping(False)
        painter.setPen(color("muted"))
        font = painter.font()
        font.setPointSizeF(9)
        painter.setFont(font)
        painter.drawText(
            QRectF(0, side, self.width(), self._CAPTION), Qt.AlignmentFlag.AlignCenter, self._caption
        )
        painter.end()


class Figure(QWidget):
    """A number with its name below."""

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        """Start without number."""
        super().__init__(parent)
        self.setToolTip(tip)
        self._value = QLabel("–")
        self._value.setProperty("role", "figure")
        self._value.setAccessibleName(name)
        caption = QLabel(name)
        caption.setProperty("role", "caption")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(self._value)
        layout.addWidget(caption)

    @property
    def text(self) -> str:
        """What stands there."""
        return self._value.text()

    def show_text(self, text: str) -> None:
        """Show a number with its unit."""
        self._value.setText(text)


def _number(text: str, value: float | None) -> str:
    """A figure with its unit; a dash if there is none."""
    return "–" if value is None else text.format(value=value)


def heading(text: str) -> QLabel:
    """A panel's heading."""
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def rule() -> QFrame:
    """A thin line between two parts of a panel."""
    line = QFrame()
    line.setProperty("rule", True)
    return line
