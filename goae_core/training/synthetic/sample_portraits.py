"""The two portraits that come with the program.

Written by `python -m goae_core.training.synthetic.sample_portraits PACK resources/portraits`.
They stand in for a photograph: more than the aligned crop, the head off the middle, something behind it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from goae_core.training.synthetic.background import sample_background
from goae_core.training.synthetic.head_pack import HeadPack, read_head_pack
from goae_core.training.synthetic.lighting import Light, compose_light
from goae_core.training.synthetic.person import Person, sample_person
from goae_core.training.synthetic.rendering import portrait
from goae_core.training.synthetic.viewpoint import look_from

SIZE = 720
_CANVAS = 960
"""Pixels a side that are rendered; the portrait is a window of it."""
_ZOOM = 0.56


@dataclass(frozen=True, slots=True)
class _Sitting:
    """How one portrait was made."""

    file: str
    seed: tuple[int, int]
    yaw: float
    pitch: float
    corner: tuple[int, int]
    """Left and top pixel of the window in the canvas."""
    backdrop: int
    """Seed of the background."""
    hair_style: str
    brow_style: str
    beard: float
    smile: float
    mouth_open: float


_SITTINGS = (
    _Sitting("sample.png", (77, 16), 0.20, 0.03, (196, 60), 11, "long01", "eyebrow001", 0.0, 0.36, 0.0),
    _Sitting("sample_2.png", (77, 46), -0.24, 0.04, (28, 66), 25, "afro01", "eyebrow001", 0.42, 0.68, 0.1),
)


def _sitter(sitting: _Sitting, pack: HeadPack) -> Person:
    """Return a friendly, relaxed version of the person that the seed draws."""
    drawn = sample_person(np.random.default_rng(sitting.seed), pack)
    return replace(
        drawn,
        age=float(np.clip(drawn.age, 22, 30)),
        gender=float(round(drawn.gender)),
        weight=float(np.clip(drawn.weight, 0.3, 0.5)),
        smile=sitting.smile,
        smile_skew=0.0,
        mouth_open=sitting.mouth_open,
        brow=0.2,
        hair_style=sitting.hair_style,
        hairdo=None,
        headwear=None,
        cloth=None,
        brows=None,
        brow_style=sitting.brow_style,
        brow_darkness=0.2,
        lash_style="eyelashes01",
        lips=np.array([0.25, -0.05]),
        beard=sitting.beard,
        moustache=sitting.beard,
        makeup=replace(drawn.makeup, lips=0.0, lids=0.0, liner=0.0, blush=0.0),
        wrinkles=0.0,
        pores=0.0,
        stray_skins=np.zeros_like(drawn.stray_skins),
        eye_gloss=1.0,
        teeth=np.zeros(2),
        gloss=1.0,
        blink=0.0,
        gaze=np.zeros(2),
        spectacles=None,
        modifiers=0.7 * drawn.modifiers,
        scan=0.75 * drawn.scan,
        asymmetry=0.3 * drawn.asymmetry,
        outline=0.5 * drawn.outline,
        moles=np.zeros(4),
        blotches=0.4 * drawn.blotches,
    )


def _window_light() -> Light:
    """Return soft light from the upper left with a cool fill and a little from behind."""
    return compose_light(
        ambient=np.array([0.34, 0.35, 0.37]),
        sky=np.array([1.0, 1.02, 1.10]),
        lamps=[
            (-0.65, 0.5, 4.0, 0.55 * np.array([1.05, 1.00, 0.93])),
            (1.20, 0.2, 3.0, 0.14 * np.array([0.95, 1.00, 1.10])),
            (2.50, 0.4, 10.0, 0.22 * np.ones(3)),
        ],
        target=1.60,
    )


def sample_portrait(sitting: _Sitting, pack: HeadPack) -> NDArray[np.uint8]:
    """Render one portrait (SIZE, SIZE, 3)."""
    backdrop = Image.fromarray(sample_background(np.random.default_rng(sitting.backdrop), _CANVAS))
    backdrop = backdrop.filter(ImageFilter.GaussianBlur(14))
    canvas = portrait(
        _sitter(sitting, pack),
        pack,
        _window_light(),
        look_from(sitting.yaw, sitting.pitch),
        resolution=_CANVAS,
        background=np.asarray(backdrop),
        zoom=_ZOOM,
    )
    left, top = sitting.corner
    return canvas[top : top + SIZE, left : left + SIZE]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the portraits.

    Args:
        arguments: Command line; None takes that of the process.
    """
    parser = argparse.ArgumentParser(description="Render the sample portraits.")
    parser.add_argument("pack", type=Path, help="folder of the head pack")
    parser.add_argument("out", type=Path, help="folder for the PNG files")
    options = parser.parse_args(arguments)
    pack = read_head_pack(options.pack)
    options.out.mkdir(parents=True, exist_ok=True)
    for sitting in _SITTINGS:
        Image.fromarray(sample_portrait(sitting, pack)).save(options.out / sitting.file, optimize=True)


if __name__ == "__main__":
    main()
