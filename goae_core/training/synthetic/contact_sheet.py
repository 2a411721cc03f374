"""Sheets of rendered heads to look at: `python -m goae_core.training.synthetic.contact_sheet PACK OUT`.

random.png   persons, each from a view and under a light of its own
views.png    a person a row, from one profile to the other and from above and below
NAME.png     a person a row, one attribute swept over its range, everything else kept
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from goae_core.training.synthetic.background import sample_background
from goae_core.training.synthetic.head_pack import HeadPack, read_head_pack
from goae_core.training.synthetic.lighting import Light, sample_light
from goae_core.training.synthetic.person import Person, sample_person
from goae_core.training.synthetic.rendering import portrait
from goae_core.training.synthetic.viewpoint import Viewpoint, look_from, sample_viewpoints

SWEEPS: dict[str, tuple[float, ...]] = {
    "age": (8, 18, 30, 45, 60, 78),
    "gender": (0, 0.2, 0.4, 0.6, 0.8, 1),
    "smile": (0, 0.2, 0.4, 0.6, 0.8, 1),
    "mouth_open": (0, 0.1, 0.2, 0.3, 0.4, 0.55),
    "brow": (-0.6, -0.3, 0, 0.2, 0.4, 0.7),
    "weight": (0, 0.2, 0.4, 0.6, 0.8, 1),
    "skin_tone": (-3.4, -2.8, -2.2, -1.7, -1.2, -0.75),
    "hair_light": (-5, -4.2, -3.4, -2.6, -1.8, -1),
    "hair_warmth": (0, 0.2, 0.4, 0.6, 0.8, 1),
    "beard": (0, 0.2, 0.4, 0.6, 0.8, 1),
    "moustache": (0, 0.2, 0.4, 0.6, 0.8, 1),
}
"""Attributes of a Person and the values that their sheet shows."""

_VIEW_DEGREES = ((-90, 0), (-55, 5), (-25, 0), (0, 0), (25, 0), (55, 5), (90, 0), (10, 30), (-10, -30))


def random_sheet(pack: HeadPack, *, seed: int, rows: int = 5, columns: int = 6) -> NDArray[np.uint8]:
    """Return a sheet of persons (rows * 256, columns * 256, 3)."""
    pictures = []
    for index in range(rows * columns):
        rng = np.random.default_rng([seed, index])
        person, light = sample_person(rng, pack), sample_light(rng)
        pictures.append(_picture(person, pack, light, sample_viewpoints(rng, 2)[1], rng))
    return _tiled(pictures, columns)


def view_sheet(pack: HeadPack, *, seed: int, rows: int = 4) -> NDArray[np.uint8]:
    """Return a sheet of one person a row from all sides."""
    pictures = []
    for index in range(rows):
        rng = np.random.default_rng([seed, index])
        person, light = sample_person(rng, pack), sample_light(rng)
        for yaw, pitch in np.radians(_VIEW_DEGREES):
            pictures.append(_picture(person, pack, light, look_from(float(yaw), float(pitch)), rng))
    return _tiled(pictures, len(_VIEW_DEGREES))


def sweep_sheet(pack: HeadPack, attribute: str, *, seed: int, rows: int = 3) -> NDArray[np.uint8]:
    """Return a sheet in which one attribute of SWEEPS runs from left to right."""
    pictures = []
    for index in range(rows):
        rng = np.random.default_rng([seed, index])
        person, light = sample_person(rng, pack), sample_light(rng)
        for value in SWEEPS[attribute]:
            change: dict[str, Any] = {attribute: value}
            pictures.append(_picture(replace(person, **change), pack, light, look_from(0.15, 0.05), rng))
    return _tiled(pictures, len(SWEEPS[attribute]))


def _picture(
    person: Person, pack: HeadPack, light: Light, viewpoint: Viewpoint, rng: np.random.Generator
) -> NDArray[np.uint8]:
    background = sample_background(rng, 256)
    return portrait(person, pack, light, viewpoint, resolution=256, background=background)


def _tiled(pictures: Sequence[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    rows = [np.concatenate(pictures[k : k + columns], axis=1) for k in range(0, len(pictures), columns)]
    return np.concatenate(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the sheets.

    Args:
        arguments: Command line; None takes that of the process.
    """
    parser = argparse.ArgumentParser(description="Draw sheets of synthetic heads.")
    parser.add_argument("pack", type=Path, help="folder of the head pack")
    parser.add_argument("out", type=Path, help="folder for the PNG files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=4, help="rows of each sheet")
    parser.add_argument(
        "--sheet",
        action="append",
        choices=["random", "views", *SWEEPS],
        help="only this one; may be repeated",
    )
    options = parser.parse_args(arguments)
    pack = read_head_pack(options.pack)
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.sheet or ["random", "views", *SWEEPS]:
        if name == "random":
            sheet = random_sheet(pack, seed=options.seed, rows=options.rows)
        elif name == "views":
            sheet = view_sheet(pack, seed=options.seed, rows=options.rows)
        else:
            sheet = sweep_sheet(pack, name, seed=options.seed, rows=options.rows)
        Image.fromarray(sheet).save(options.out / f"{name}.png")


if __name__ == "__main__":
    main()
