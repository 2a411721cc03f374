"""How a head is looked at: what a project remembers of the window, and no picture depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Pass = Literal["color", "depth", "normal", "visibility", "residual"]
BackdropKind = Literal[
    "studio",  # the window's own shade
    "color",
    "photo",
    "transparent",
]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What lies behind the head."""

    kind: BackdropKind = "studio"
    color: tuple[int, int, int] = (128, 128, 128)
    """Red, green, blue, 0 to 255; seen where `kind` is "color"."""

    @property
    def valid(self) -> bool:
        """Whether the colour is one."""
        return all(0 <= value <= 255 for value in self.color)


@dataclass(frozen=True, slots=True)
class Showing:
    """Which pass is looked at, before what, and which sliders are held."""

    shown: Pass = "color"
    backdrop: Backdrop = Backdrop()
    locked: tuple[str, ...] = ()
    """Attributes that only their own slider moves, sorted."""
