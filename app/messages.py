"""What the window and the device thread say to each other: frozen requests one way, numpy the other.

No type here knows Qt, and none needs torch: `Document.inversion` is an opaque value to the window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from app.pose import Pose
from app.translation import mark, translate
from goae_core.animation import Animation, Motion
from goae_core.presets import CameraConfig
from goae_core.showing import Pass as Pass
from goae_core.showing import Showing

Pixels = npt.NDArray[np.uint8]
Edits = tuple[tuple[str, float], ...]
"""Names and strengths, in the model's order, without those that rest."""
Color = tuple[int, int, int]
_LABELS = {
    "afa": mark("Attribute", "AFA"),
    "age": mark("Attribute", "Age"),
    "bangs": mark("Attribute", "Bangs"),
    "beard": mark("Attribute", "Beard"),
    "black": mark("Attribute", "Black hair"),
    "blink": mark("Attribute", "Blink"),
    "brow": mark("Attribute", "Brow"),
    "detail": mark("Attribute", "Detail"),
    "gender": mark("Attribute", "Gender"),
    "glass": mark("Attribute", "Glasses"),
    "glasses": mark("Attribute", "Glasses"),
    "hair_amount": mark("Attribute", "Hair amount"),
    "hair_curl": mark("Attribute", "Hair curl"),
    "hair_light": mark("Attribute", "Hair light"),
    "hair_warmth": mark("Attribute", "Hair warmth"),
    "headwear": mark("Attribute", "Headwear"),
    "light_contrast": mark("Attribute", "Light contrast"),
    "light_hardness": mark("Attribute", "Light hardness"),
    "light_warmth": mark("Attribute", "Light warmth"),
    "light_x": mark("Attribute", "Light x"),
    "light_y": mark("Attribute", "Light y"),
    "lipstick": mark("Attribute", "Lipstick"),
    "mix": mark("Attribute", "Mix"),
    "moustache": mark("Attribute", "Moustache"),
    "mouth_open": mark("Attribute", "Mouth open"),
    "skin_tone": mark("Attribute", "Skin tone"),
    "smile": mark("Attribute", "Smile"),
    "weight": mark("Attribute", "Weight"),
}
"""Attributes that have a name in every language; those of imported models keep their own."""
_GROUPS = {
    "expression": mark("Attribute", "Expression"),
    "imported": mark("Attribute", "Imported"),
    "light": mark("Attribute", "Light"),
    "look": mark("Attribute", "Look"),
    "person": mark("Attribute", "Person"),
    "photo": mark("Attribute", "Photo"),
}
Preview = Literal["coarse", "normal", "fine"]
"""Drafts only; drafts while the hand moves and full pictures at rest; full pictures only."""


def group_label(name: str) -> str:
    """A group of attributes as a person reads it."""
    known = _GROUPS.get(name)
    return translate("Attribute", known) if known else name.replace("_", " ").strip().capitalize()


def preview_named(name: str) -> Preview:
    """The preview of that name; the normal one if there is none."""
    names: dict[str, Preview] = {"coarse": "coarse", "fine": "fine"}
    return names.get(name, "normal")


@dataclass(frozen=True, slots=True)
class Attribute:
    """A slider: one direction of the model, or how much one step of the reconstruction counts."""

    name: str
    group: str
    unit: Literal["deviations", "raw", "share"]
    limit: float
    """Trained range, to each side of zero."""
    rest: float = 0.0
    """Where the slider stands when nothing is changed."""
    low: float | None = None
    """Where it ends on the left; None: half the trained range beyond it, and likewise on the right."""
    text: str = ""
    """What it does, where the name does not say it."""

    @property
    def label(self) -> str:
        """The name as a person reads it."""
        known = _LABELS.get(self.name)
        return translate("Attribute", known) if known else self.name.replace("_", " ").strip().capitalize()

    @property
    def span(self) -> tuple[float, float]:
        """Both ends of the slider."""
        end = self.limit if self.unit == "share" else 1.5 * self.limit
        return (-end if self.low is None else self.low), end

    def beyond(self, strength: float) -> bool:
        """Whether a strength lies outside the trained range."""
        slack = 1e-9
        return abs(strength) > self.limit + slack or strength < self.span[0] - slack


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What the window knows of the loaded model."""

    name: str
    preset: str
    image_size: int
    rig: CameraConfig
    attributes: tuple[Attribute, ...]
    device: str
    fingerprint: str = ""
    """SHA-256 over its weights: another one under the same name is another model."""
    subject: Literal["person", "cat"] = "person"
    """Whose heads it makes."""

    def same_weights(self, other: ModelInfo | None) -> bool:
        """Whether both are one model, perhaps on two devices."""
        return other is not None and replace(self, device="") == replace(other, device="")


@dataclass(frozen=True, slots=True)
class Progress:
    """News of a long job."""

    text: str
    fraction: float | None = None
    """0 to 1; None while it cannot be told."""


@dataclass(frozen=True, slots=True, eq=False)
class PhotoPicture:
    """The photograph as the panel shows it."""

    path: Path
    pixels: Pixels
    """(H, W, 3), upright, made smaller if large."""
    corners: tuple[tuple[float, float], ...] | None = None
    """Corners of the crop clockwise from its top left, in picture widths and heights (0 to 1)."""
    faces: int = 0
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    """Left, top, right, bottom of every face, in picture widths and heights."""
    points: tuple[tuple[float, float], ...] = ()
    """The landmarks of the face in use, in picture widths and heights."""
    face: int = 0
    """The face in use, counted from 0, the largest first."""
    centered: bool = False
    """The middle was taken as it is, no face was looked for."""
    notice: str = ""
    """What the person should know of this photo, in whole sentences."""


News = Progress | PhotoPicture


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """An inverted photograph."""

    inversion: Any
    model: ModelInfo
    name: str
    crop: Pixels
    """(R, R, 3)."""
    reconstruction: Pixels
    """(R, R, 3), seen by the photo's camera."""
    pose: Pose
    """The photo's camera."""
    view: Pose | None = None
    """The camera the person left the project with; None: the photo's."""
    photo: PhotoPicture | None = None
    """None: a project whose photograph is not on this machine."""
    framing: Framing | None = None
    """Of the photo; None without one."""
    project: Path | None = None
    edits: Edits = ()
    showing: Showing | None = None
    """How the person left the project; None: as the window shows heads now."""
    animation: Animation = field(default_factory=Animation)
    notice: str = ""
    """What the person should know of how it was opened, in whole sentences."""
    figures: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Open a photograph or a project."""

    path: Path
    face: int | None = None
    """Counted from 0, the largest first; None: the largest that looks at the camera."""
    center: bool = False
    aligned: bool = False
    photo: Path | None = None
    """For a project: where its photo lay; None: perhaps beside it."""
    model: ModelInfo | None = field(default=None, compare=False)
    """For a photo: with which model; None: the one in use."""


@dataclass(frozen=True, slots=True, eq=False)
class SaveRequest:
    """Write a document as a project."""

    path: Path
    document: Document
    edits: Edits
    view: Pose
    showing: Showing = field(default_factory=Showing)
    animation: Animation = field(default_factory=Animation)


@dataclass(frozen=True, slots=True)
class Framing:
    """Where in the photo the frame lies and from where its head is seen, set by hand."""

    center: tuple[float, float]
    """Picture widths and heights."""
    side: float
    """Of the square, picture widths."""
    turn: float
    """Radians; positive turns the square clockwise in the photo."""
    yaw: float
    """Radians, of the camera."""
    pitch: float
    """Radians, of the camera."""

    def corners(self, aspect: float) -> tuple[tuple[float, float], ...]:
        """Corners clockwise from the top left, in picture widths and heights.

        Args:
            aspect: The picture's width by its height.
        """
        cos, sin, half = math.cos(self.turn), math.sin(self.turn), self.side / 2
        x, y = self.center
        return tuple(
            (x + half * (u * cos - v * sin), y + half * (u * sin + v * cos) * aspect)
            for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        )


@dataclass(frozen=True, slots=True, eq=False)
class AdjustRequest:
    """Invert the photo of a document anew, framed by hand."""

    document: Document
    framing: Framing | None = None
    """None: found from `points`."""
    points: tuple[tuple[float, float], ...] = ()
    """Five landmarks set by hand, in picture widths and heights."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameRequest:
    """Everything that one picture depends on."""

    inversion: Any
    edits: Edits
    pose: Pose
    quality: Literal["draft", "full"]
    background: Color | None = None
    """None: over nothing, with alpha."""
    shown: Pass = "color"
    model: ModelInfo | None = None
    """That made the head; None: the one in use."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A finished picture."""

    color: Pixels
    """(R, R, 3); with alpha: over black."""
    seconds: float
    request: FrameRequest
    alpha: npt.NDArray[np.uint8] | None = None
    """(R, R); None: opaque."""


@dataclass(frozen=True, slots=True, eq=False)
class MeshRequest:
    """Everything that one mesh depends on."""

    inversion: Any
    edits: Edits
    resolution: int
    model: ModelInfo | None = None
    """That made the head; None: the one in use."""


@dataclass(frozen=True, slots=True, eq=False)
class MeshPicture:
    """A finished mesh."""

    vertices: npt.NDArray[np.float32]
    """(V, 3), world units."""
    faces: npt.NDArray[np.int32]
    """(F, 3)."""
    colors: Pixels
    """(V, 3)."""
    request: MeshRequest
    normals: npt.NDArray[np.float32] | None = None
    """(V, 3), unit length; None: to be found from the triangles."""


@dataclass(frozen=True, slots=True)
class PictureExport:
    """Write the current view."""

    path: Path
    size: int
    transparent: bool
    background: Color | None = None
    """None: as it is shown."""


@dataclass(frozen=True, slots=True)
class TurntableExport:
    """Write a film that sways around the head."""

    path: Path
    size: int
    frames: int
    fps: int
    yaw: float
    """Radians to each side."""
    pitch: float
    """Radians up and down."""
    motion: Motion = "sway"
    transparent: bool = False
    background: Color | None = None
    """None: as it is shown."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame of an animation."""

    pose: Pose
    edits: Edits


@dataclass(frozen=True, slots=True)
class AnimationExport:
    """Write a film of the keyframes."""

    path: Path
    size: int
    fps: int
    shots: tuple[Shot, ...]
    transparent: bool = False
    background: Color | None = None
    """None: as it is shown."""


@dataclass(frozen=True, slots=True)
class MeshExport:
    """Write the surface, in metres; see `goae_core.meshing.options.MeshOptions`."""

    path: Path
    resolution: int
    texture: int = 0
    """Texels a side; 0: colours at the vertices."""
    triangles: int | None = None
    """At most so many; None: as many as there are."""
    smoothing: int = 0
    """Passes."""
    watertight: bool = False


ExportRequest = PictureExport | TurntableExport | AnimationExport | MeshExport
