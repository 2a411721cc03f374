"""The settings of each kind of export: a page of the export dialog each."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QColorDialog, QComboBox, QFormLayout, QSpinBox, QWidget

from app.messages import (
    AnimationExport,
    Color,
    ExportRequest,
    MeshExport,
    PictureExport,
    Shot,
    TurntableExport,
)
from app.pose import Pose
from app.settings import Settings
from app.timeline_panel import MOTION_NAMES
from app.translation import mark, translate
from goae_core.animation import MOTIONS, Motion, motion_angles
from goae_core.film import FRAMES, OPAQUE_SUFFIXES, estimated_film_bytes, estimated_picture_bytes

Kind = Literal["picture", "turntable", "animation", "mesh"]

SHOWN = "shown"
TRANSPARENT = "transparent"
_OTHER = "other"
_OPAQUE = (*OPAQUE_SUFFIXES, ".jpg")
_TEXTURES = (1024, 2048, 4096)
_TEXTURED = (".obj", ".glb")
_MAX_PICTURE = 2048
_MAX_FILM = 1024
_COLORS = {
    SHOWN: mark("ExportDialog", "As it is shown"),
    "#ffffff": mark("ExportDialog", "White"),
    "#000000": mark("ExportDialog", "Black"),
    "#00b140": mark("ExportDialog", "Green screen"),
    TRANSPARENT: mark("ExportDialog", "Transparent"),
    _OTHER: mark("ExportDialog", "Another colour…"),
}
_FILMS = {
    ".gif": mark("ExportDialog", "GIF animation"),
    ".mp4": mark("ExportDialog", "MP4 video"),
    ".webp": mark("ExportDialog", "WebP animation"),
    ".apng": mark("ExportDialog", "Animated PNG, lossless"),
    FRAMES: mark("ExportDialog", "Folder of PNG pictures"),
}


@dataclass(frozen=True, slots=True)
class Behind:
    """What lies behind the head in a file."""

    transparent: bool
    color: Color | None
    """None: as it is shown."""


class Page(QWidget):
    """The settings of one kind.

    Signals:
        changed(): A setting changed.
    """

    KIND: ClassVar[Kind]
    ICON: ClassVar[str]
    MARK: ClassVar[str] = ""
    """Comes after the document's name in a file's name."""
    changed = Signal()

    def __init__(self) -> None:
        """An empty form."""
        super().__init__()
        self.formats = QComboBox()
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 4, 0, 0)
        self._form.setVerticalSpacing(11)
        self._form.setHorizontalSpacing(16)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)

    @property
    def title(self) -> str:
        """On its button."""
        raise NotImplementedError

    @property
    def tip(self) -> str:
        """What it makes."""
        raise NotImplementedError

    def suffixes(self) -> tuple[str, ...]:
        """Endings of the files."""
        return tuple(str(self.formats.itemData(k)) for k in range(self.formats.count()))

    def request(self, path: Path) -> ExportRequest:
        """What is asked for."""
        raise NotImplementedError

    def hint(self) -> str:
        """What to know about it."""
        raise NotImplementedError

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Names and values of what the file will be, but for its size."""
        raise NotImplementedError

    def bytes(self) -> float:
        """How large the file will be, about; 0 where it cannot be told."""
        raise NotImplementedError

    def kept(self, settings: Settings) -> Settings:
        """The settings with the choices made here."""
        raise NotImplementedError

    def trouble(self) -> str:
        """Why there is nothing to write; empty if there is."""
        return ""

    def behind(self) -> Behind | None:
        """What lies behind the head; None for a kind without background."""
        return None

    def chosen_suffix(self) -> str:
        """The chosen format's ending."""
        return str(self.formats.currentData())

    def choose_suffix(self, suffix: str) -> None:
        """Follow a file name typed by hand."""
        self.formats.setCurrentIndex(max(self.formats.findData(suffix), 0))

    def _number(self, name: str, value: int, low: int, high: int, unit: str, step: int = 1) -> QSpinBox:
        box = QSpinBox()
        box.setRange(low, high)
        box.setSingleStep(step)
        box.setValue(value)
        box.setSuffix(unit)
        box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        box.lineEdit().setTextMargins(5, 0, 0, 0)
        box.setAccessibleName(name)
        box.setToolTip(
            translate("ExportDialog", "{name}, {low} to {high}{unit}").format(
                name=name, low=low, high=high, unit=unit
            )
        )
        box.valueChanged.connect(self.changed)
        self._form.addRow(name, box)
        return box

    def _add_formats(self, choices: dict[str, str], chosen: str) -> None:
        box = self.formats
        for suffix, text in choices.items():
            box.addItem(text, suffix)
        box.setCurrentIndex(max(box.findData(chosen), 0))
        box.setAccessibleName(translate("ExportDialog", "Format"))
        box.setToolTip(translate("ExportDialog", "File format"))
        box.currentIndexChanged.connect(self.changed)
        self._form.addRow(translate("ExportDialog", "Format"), box)


class _HeadPage(Page):
    """A kind that shows the rendered head before something."""

    def _add_background(self, chosen: str) -> None:
        box = self.background = QComboBox()
        for value, text in _COLORS.items():
            box.addItem(translate("ExportDialog", text), value)
        box.setAccessibleName(translate("ExportDialog", "Background"))
        box.setToolTip(translate("ExportDialog", "What lies behind the head"))
        self._choose_color(chosen)
        box.activated.connect(self._on_background)
        box.currentIndexChanged.connect(self.changed)
        self._form.addRow(translate("ExportDialog", "Background"), box)

    def behind(self) -> Behind:
        """What lies behind the head."""
        chosen = self.background_chosen()
        if chosen == TRANSPARENT:
            return Behind(self.chosen_suffix() not in _OPAQUE, None)
        if chosen == SHOWN:
            return Behind(False, None)
        shade = QColor(chosen)
        return Behind(False, (shade.red(), shade.green(), shade.blue()))

    def background_chosen(self) -> str:
        """A colour as #rrggbb, `SHOWN` or `TRANSPARENT`."""
        return str(self.background.currentData())

    def _opaque_note(self) -> str:
        if self.background_chosen() == TRANSPARENT and self.chosen_suffix() in _OPAQUE:
            return translate(
                "ExportDialog", "This format knows no transparency: the background stays as it is shown. "
            )
        return ""

    def _choose_color(self, chosen: str) -> None:
        box = self.background
        if box.findData(chosen) < 0 and QColor(chosen).isValid():
            box.insertItem(box.count() - 1, chosen, chosen)
        number = box.findData(chosen)
        box.setCurrentIndex(0 if number < 0 or chosen == _OTHER else number)
        self._last = box.currentIndex()

    def _on_background(self, number: int) -> None:
        if self.background.itemData(number) != _OTHER:
            self._last = number
            return
        self.background.setCurrentIndex(self._last)
        chosen = QColorDialog.getColor(QColor(128, 128, 128), self, translate("ExportDialog", "Background"))
        if chosen.isValid():
            self._choose_color(chosen.name())


class PicturePage(_HeadPage):
    """The current view."""

    KIND = "picture"
    ICON = "photo"

    def __init__(self, settings: Settings) -> None:
        """Fill in the last settings."""
        super().__init__()
        self._add_formats(
            {".png": "PNG", ".jpg": translate("ExportDialog", "JPEG (smaller)"), ".webp": "WebP"},
            settings.picture_format,
        )
        self._size = self._number(
            translate("ExportDialog", "Size"), settings.picture_size, 64, _MAX_PICTURE, " px", 64
        )
        self._add_background(settings.picture_background)

    @property
    def title(self) -> str:
        """On its button."""
        return translate("ExportDialog", "Picture")

    @property
    def tip(self) -> str:
        """What it makes."""
        return translate("ExportDialog", "The current view as a picture")

    def request(self, path: Path) -> PictureExport:
        """What is asked for."""
        behind = self.behind()
        return PictureExport(path, self._size.value(), behind.transparent, behind.color)

    def hint(self) -> str:
        """What to know about it."""
        return self._opaque_note() + translate(
            "ExportDialog", "The head as it is seen now, rendered at full quality."
        )

    def facts(self) -> tuple[tuple[str, str], ...]:
        """What the file will be."""
        return ((translate("ExportDialog", "Picture"), _pixels(self._size.value())),)

    def bytes(self) -> float:
        """How large it will be."""
        clear = self.behind().transparent
        return estimated_picture_bytes(self.chosen_suffix(), self._size.value(), clear)

    def kept(self, settings: Settings) -> Settings:
        """The settings with the choices made here."""
        return replace(
            settings,
            picture_format=self.chosen_suffix(),
            picture_size=self._size.value(),
            picture_background=self.background_chosen(),
        )


class TurntablePage(_HeadPage):
    """A film around the head."""

    KIND = "turntable"
    ICON = "film"
    MARK = "_turntable"

    def __init__(self, settings: Settings) -> None:
        """Fill in the last settings."""
        super().__init__()
        self._add_formats(_film_formats(), settings.turntable_format)
        box = self.motion = QComboBox()
        for motion, text in MOTION_NAMES.items():
            box.addItem(translate("Motion", text), motion)
        box.setCurrentIndex(max(box.findData(settings.turntable_motion), 0))
        box.setAccessibleName(translate("ExportDialog", "Motion"))
        box.setToolTip(translate("ExportDialog", "The camera's path"))
        box.currentIndexChanged.connect(self.changed)
        self._form.addRow(translate("ExportDialog", "Motion"), box)
        self._size = self._number(
            translate("ExportDialog", "Size"), settings.turntable_size, 64, _MAX_FILM, " px", 64
        )
        self._frames = self._number(
            translate("ExportDialog", "Frames"), settings.turntable_frames, 2, 600, "", 12
        )
        self._fps = self._number(
            translate("ExportDialog", "Frames a second"), settings.turntable_fps, 1, 60, ""
        )
        self._yaw = self._number(
            translate("ExportDialog", "Yaw to each side"), settings.turntable_yaw, 0, 90, "°", 5
        )
        self._pitch = self._number(
            translate("ExportDialog", "Pitch up and down"), settings.turntable_pitch, 0, 30, "°"
        )
        self._add_background(settings.turntable_background)
        self.motion.currentIndexChanged.connect(self._enable)
        self._enable()

    @property
    def title(self) -> str:
        """On its button."""
        return translate("ExportDialog", "Turntable")

    @property
    def tip(self) -> str:
        """What it makes."""
        return translate("ExportDialog", "A film around the head")

    @property
    def seconds(self) -> float:
        """Length of the film."""
        return self._frames.value() / self._fps.value()

    def chosen_motion(self) -> Motion:
        """The camera's path."""
        return next(motion for motion in MOTIONS if motion == self.motion.currentData())

    def poses(self, base: Pose) -> tuple[Pose, ...]:
        """The cameras of the film, with the zoom and shift of `base`."""
        frames = self._frames.value()
        return tuple(
            replace(base, yaw=yaw, pitch=pitch, roll=0.0)
            for yaw, pitch in (
                motion_angles(self.chosen_motion(), 2.0 * math.pi * k / frames, *self._reach())
                for k in range(frames)
            )
        )

    def request(self, path: Path) -> TurntableExport:
        """What is asked for."""
        yaw, pitch = self._reach()
        behind = self.behind()
        return TurntableExport(
            path,
            self._size.value(),
            self._frames.value(),
            self._fps.value(),
            yaw,
            pitch,
            self.chosen_motion(),
            behind.transparent,
            behind.color,
        )

    def hint(self) -> str:
        """What to know about it."""
        if self.chosen_motion() == "circle":
            text = translate(
                "ExportDialog", "Once around the head; what lies behind was never seen, and looks so."
            )
        else:
            text = translate("ExportDialog", "The end meets the beginning. Attributes stay as they are now.")
        return self._opaque_note() + text

    def facts(self) -> tuple[tuple[str, str], ...]:
        """What the file will be."""
        return _film_facts(self._size.value(), self._frames.value(), self.seconds)

    def bytes(self) -> float:
        """How large it will be."""
        return estimated_film_bytes(
            self.chosen_suffix(), self._size.value(), self._frames.value(), self.behind().transparent
        )

    def kept(self, settings: Settings) -> Settings:
        """The settings with the choices made here."""
        return replace(
            settings,
            turntable_format=self.chosen_suffix(),
            turntable_motion=self.chosen_motion(),
            turntable_size=self._size.value(),
            turntable_frames=self._frames.value(),
            turntable_fps=self._fps.value(),
            turntable_yaw=self._yaw.value(),
            turntable_pitch=self._pitch.value(),
            turntable_background=self.background_chosen(),
        )

    def _reach(self) -> tuple[float, float]:
        return math.radians(self._yaw.value()), math.radians(self._pitch.value())

    def _enable(self) -> None:
        motion = self.chosen_motion()
        self._form.setRowVisible(self._yaw, motion in ("sway", "eight"))


class AnimationPage(_HeadPage):
    """A film of the keyframes."""

    KIND = "animation"
    ICON = "timeline"
    MARK = "_animation"

    def __init__(self, settings: Settings) -> None:
        """Fill in the last settings."""
        super().__init__()
        self._shots: tuple[Shot, ...] = ()
        self._fps = 24
        self._seconds = 0.0
        self._loops = True
        self._add_formats(_film_formats(), settings.animation_format)
        self._size = self._number(
            translate("ExportDialog", "Size"), settings.animation_size, 64, _MAX_FILM, " px", 64
        )
        self._add_background(settings.animation_background)

    @property
    def title(self) -> str:
        """On its button."""
        return translate("ExportDialog", "Animation")

    @property
    def tip(self) -> str:
        """What it makes."""
        return translate("ExportDialog", "The timeline's keyframes as a film")

    @property
    def seconds(self) -> float:
        """Length of the film."""
        return self._seconds

    @property
    def shots(self) -> tuple[Shot, ...]:
        """Its frames."""
        return self._shots

    def set_film(self, shots: tuple[Shot, ...], fps: int, seconds: float, *, loops: bool) -> None:
        """What the timeline holds.

        Args:
            shots: Every frame; none if there are no keys.
            fps: Frames a second.
            seconds: Length.
            loops: Whether the end meets the beginning.
        """
        self._shots, self._fps, self._seconds, self._loops = shots, fps, seconds, loops

    def request(self, path: Path) -> AnimationExport:
        """What is asked for."""
        behind = self.behind()
        return AnimationExport(
            path, self._size.value(), self._fps, self._shots, behind.transparent, behind.color
        )

    def trouble(self) -> str:
        """Without keys there is nothing to write."""
        if self._shots:
            return ""
        return translate("ExportDialog", "The timeline has no keys yet; open it with Ctrl+L.")

    def hint(self) -> str:
        """What to know about it."""
        loop = translate("ExportDialog", "It loops: the end leads back to the beginning. ")
        return (
            self._opaque_note()
            + (loop if self._loops else "")
            + translate("ExportDialog", "Length, speed and easing are set in the timeline.")
        )

    def facts(self) -> tuple[tuple[str, str], ...]:
        """What the file will be."""
        return _film_facts(self._size.value(), len(self._shots), self._seconds)

    def bytes(self) -> float:
        """How large it will be."""
        clear = self.behind().transparent
        return estimated_film_bytes(self.chosen_suffix(), self._size.value(), len(self._shots), clear)

    def kept(self, settings: Settings) -> Settings:
        """The settings with the choices made here."""
        return replace(
            settings,
            animation_format=self.chosen_suffix(),
            animation_size=self._size.value(),
            animation_background=self.background_chosen(),
        )


class MeshPage(Page):
    """The surface."""

    KIND = "mesh"
    ICON = "mesh"
    MARK = "_mesh"

    def __init__(self, settings: Settings) -> None:
        """Fill in the last settings."""
        super().__init__()
        self._sampled: tuple[int, int, int] | None = None
        self._add_formats(
            {
                ".obj": "Wavefront OBJ",
                ".ply": "PLY",
                ".glb": translate("ExportDialog", "glTF binary (GLB)"),
                ".stl": translate("ExportDialog", "STL (no colours)"),
            },
            settings.mesh_format,
        )
        self._resolution = self._number(
            translate("ExportDialog", "Resolution"),
            settings.mesh_resolution,
            32,
            512,
            translate("ExportDialog", " samples"),
            32,
        )
        box = self.texture = QComboBox()
        box.addItem(translate("ExportDialog", "None, colours at the vertices"), 0)
        for side in _TEXTURES:
            box.addItem(_pixels(side), side)
        box.setCurrentIndex(max(box.findData(settings.mesh_texture), 0))
        box.setAccessibleName(translate("ExportDialog", "Texture"))
        box.setToolTip(
            translate(
                "ExportDialog", "A picture of the colours, from many views and the photo; OBJ and GLB only"
            )
        )
        box.currentIndexChanged.connect(self.changed)
        self._form.addRow(translate("ExportDialog", "Texture"), box)
        self._triangles = self._number(
            translate("ExportDialog", "Triangles at most"), settings.mesh_triangles, 0, 2_000_000, "", 5000
        )
        self._triangles.setSpecialValueText(translate("ExportDialog", "All of them"))
        self._smoothing = self._number(
            translate("ExportDialog", "Smoothing"),
            settings.mesh_smoothing,
            0,
            50,
            translate("ExportDialog", " passes"),
        )
        self._watertight = QCheckBox(translate("ExportDialog", "Watertight, for printing"))
        self._watertight.setToolTip(translate("ExportDialog", "One closed body, checked before writing"))
        self._watertight.setChecked(settings.mesh_watertight)
        self._form.addRow("", self._watertight)
        self.formats.currentIndexChanged.connect(self._enable)
        self._enable()

    @property
    def title(self) -> str:
        """On its button."""
        return translate("ExportDialog", "Mesh")

    @property
    def tip(self) -> str:
        """What it makes."""
        return translate("ExportDialog", "The surface as triangles with colours")

    @property
    def sampled(self) -> bool:
        """Whether a mesh of this head has been seen."""
        return self._sampled is not None

    @property
    def resolution(self) -> int:
        """Samples a side."""
        return self._resolution.value()

    def set_sample(self, resolution: int, vertices: int, faces: int) -> None:
        """Take over the size of a mesh of this head; others grow from it by the square of the resolution."""
        self._sampled = (resolution, vertices, faces)

    def request(self, path: Path) -> MeshExport:
        """What is asked for."""
        from goae_core.meshing.options import LEAST_TRIANGLES  # brings torch, which is there by now

        most = self._triangles.value()
        return MeshExport(
            path,
            self._resolution.value(),
            self._texture(),
            max(most, LEAST_TRIANGLES) if most else None,
            self._smoothing.value(),
            self._watertight.isChecked(),
        )

    def hint(self) -> str:
        """What to know about it."""
        return translate("ExportDialog", "In metres on a flat base, y up. Attributes stay as they are now.")

    def facts(self) -> tuple[tuple[str, str], ...]:
        """What the file will be."""
        counts = self._counts()
        if counts is None:
            return ()
        vertices, faces = counts
        return (
            (translate("ExportDialog", "Vertices"), _about(vertices)),
            (translate("ExportDialog", "Triangles"), _about(faces)),
        )

    def bytes(self) -> float:
        """How large it will be, its texture included."""
        counts = self._counts()
        if counts is None:
            return 0.0
        vertex, face = _MESH_BYTES[self.chosen_suffix()]
        picture = estimated_picture_bytes(".png", self._texture()) if self._texture() else 0.0
        return counts[0] * vertex + counts[1] * face + picture

    def kept(self, settings: Settings) -> Settings:
        """The settings with the choices made here."""
        return replace(
            settings,
            mesh_format=self.chosen_suffix(),
            mesh_resolution=self._resolution.value(),
            mesh_texture=int(self.texture.currentData()),
            mesh_triangles=self._triangles.value(),
            mesh_smoothing=self._smoothing.value(),
            mesh_watertight=self._watertight.isChecked(),
        )

    def _texture(self) -> int:
        """Texels a side; 0: none, or the format carries none."""
        return int(self.texture.currentData()) if self.chosen_suffix() in _TEXTURED else 0

    def _enable(self) -> None:
        self.texture.setEnabled(self.chosen_suffix() in _TEXTURED)

    def _counts(self) -> tuple[float, float] | None:
        """Vertices and triangles, about: as many as the sample has, more by the square of the resolution."""
        if self._sampled is None:
            return None
        resolution, vertices, faces = self._sampled
        growth = (self._resolution.value() / resolution) ** 2
        from goae_core.meshing.options import TEXTURED_TRIANGLES

        most = self._triangles.value() or (TEXTURED_TRIANGLES if self._texture() else 0)
        if most:
            growth = min(growth, most / faces)
        return vertices * growth, faces * growth


_MESH_BYTES = {".obj": (107.0, 38.0), ".ply": (28.0, 13.0), ".glb": (36.0, 12.0), ".stl": (0.0, 50.0)}
"""Bytes a vertex and a triangle, with normals and colours, as measured on meshes of 40 thousand vertices."""


def _film_formats() -> dict[str, str]:
    return {suffix: translate("ExportDialog", text) for suffix, text in _FILMS.items()}


def _pixels(side: int) -> str:
    return translate("ExportDialog", "{side} × {side} pixels").format(side=side)


def _film_facts(side: int, frames: int, seconds: float) -> tuple[tuple[str, str], ...]:
    return (
        (translate("ExportDialog", "Picture"), _pixels(side)),
        (translate("ExportDialog", "Frames"), f"{frames}"),
        (
            translate("ExportDialog", "Length"),
            translate("ExportDialog", "{seconds:.1f} s").format(seconds=seconds),
        ),
    )


def _about(count: float) -> str:
    if count >= 99_500:
        return translate("ExportDialog", "about {count:.1f} million").format(count=count / 1e6)
    return translate("ExportDialog", "about {count:.0f} thousand").format(count=max(count / 1e3, 1.0))
