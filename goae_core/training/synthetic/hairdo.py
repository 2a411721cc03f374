"""Grown hair as numbers: a hairdo for the scalp, a beard for the face, brows that no pack has.

Everything is continuous, and the roots are the same on every head, so that a hairdo's numbers determine its
picture. Lengths are world units (a head is about 0.65 high).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHORTEST, LONGEST = 0.004, 0.80
"""World lengths between which hair is drawn; the amount of hair is their logarithm, 0 to 1."""
TIES = ("", "ponytail", "bun")
"""How long hair can be gathered."""
BEARD_SHAPES = ("full", "goatee", "chinstrap")


@dataclass(frozen=True, slots=True, eq=False)
class Hairdo:
    """Hair that grows from the scalp.

    Attributes:
        length_top: World length above the temples.
        length_side: World length at the sides and the back.
        fringe: Factor on the length at the forehead, 0.3 to 1.2.
        part: Where it is parted: -1 far on the subject's right, 0 in the middle, 1 far on the left.
        parted: 0 combed from the crown to all sides, 1 to the sides of the parting.
        sweep: -1 combed forward, 1 back.
        lift: 0 lies flat, 1 stands up.
        volume: 0 a thin layer, 1 a thick one.
        curl: 0 straight to 1 tightly curled.
        curl_size: World length of one turn of a curl.
        frizz: 0 combed, 1 every strand on its own.
        face_open: World x that hair hanging beside the face keeps free.
        hairline: Decimetres by which the forehead's hairline lies higher than the average.
        temples: 0 to 1, how far it recedes above the temples.
        crown: 0 to 1, how much of the crown is bald; 1 leaves a rim.
        density: 0.4 thin to 1 dense.
        root_dark: Logarithm by which roots are darker than the lengths.
        tip_light: Logarithm by which tips are lighter.
        variation: Deviation of the logarithm of the strands' lightness.
        grey: Share of grey strands, 0 to 1.
        tie: One of TIES.
        tie_height: 0 at the nape to 1 on the top.
    """

    length_top: float
    length_side: float
    fringe: float
    part: float
    parted: float
    sweep: float
    lift: float
    volume: float
    curl: float
    curl_size: float
    frizz: float
    face_open: float
    hairline: float
    temples: float
    crown: float
    density: float
    root_dark: float
    tip_light: float
    variation: float
    grey: float
    tie: str
    tie_height: float

    @property
    def amount(self) -> float:
        """0 bald to 1 long: the logarithm of the mean length, less what is bald or thin."""
        length = 0.4 * self.length_top + 0.6 * self.length_side
        grown = np.log(max(length, SHORTEST) / SHORTEST) / np.log(LONGEST / SHORTEST)
        return float((0.06 + 0.94 * grown) * (1 - 0.45 * self.crown) * (0.75 + 0.25 * self.density))


@dataclass(frozen=True, slots=True, eq=False)
class Whiskers:
    """How a beard and a moustache are worn; how dense they are is said by the person's labels.

    Attributes:
        shape: One of BEARD_SHAPES.
        length: World length of the beard on the chin.
        moustache_length: World length of the moustache.
        cheek_line: Decimetres by which the beard's upper edge lies higher than the average.
        grey: Share of grey hairs.
        darkness: Logarithm by which they are lighter or darker than the hair.
    """

    shape: str
    length: float
    moustache_length: float
    cheek_line: float
    grey: float
    darkness: float


@dataclass(frozen=True, slots=True, eq=False)
class Brows:
    """Eyebrows drawn hair by hair.

    Attributes:
        thickness: Share of the average, 0.4 to 2.2.
        arch: 0 straight to 1 arched.
        tail: Share of the average length, 0.75 to 1.1.
        density: 0.3 sparse to 1 dense.
        bushy: 0 combed to 1 bushy.
        lowered: Height in shares of the average thickness; below 0 lies higher.
    """

    thickness: float
    arch: float
    tail: float
    density: float
    bushy: float
    lowered: float


def sample_hairdo(rng: np.random.Generator) -> Hairdo:
    """Draw a hairdo: cropped, short, medium, long or frizzy, with everything between."""
    kind = rng.choice(5, p=[0.08, 0.25, 0.18, 0.35, 0.14])
    shortest, longest = ((0.005, 0.02), (0.03, 0.10), (0.07, 0.2), (0.22, 0.78), (0.03, 0.16))[kind]
    top = float(np.exp(rng.uniform(np.log(shortest), np.log(longest))))
    side = {
        0: top * rng.uniform(0.5, 1.0),
        1: min(top, float(np.exp(rng.uniform(np.log(0.008), np.log(0.05))))),
        2: rng.uniform(0.05, 0.20),
        3: max(top - 0.08, 0.14),
        4: top * rng.uniform(0.5, 1.1),
    }[int(kind)]
    is_long, is_frizzy = kind == 3, kind == 4
    curl = rng.uniform(0.55, 1.0) if is_frizzy else (rng.uniform(0.1, 0.8) if rng.random() < 0.35 else 0.0)
    curl_size = (
        rng.uniform(0.02, 0.06) if is_frizzy else float(np.exp(rng.uniform(np.log(0.06), np.log(0.2))))
    )
    tied = TIES[1 + int(rng.integers(2))] if is_long and rng.random() < 0.33 else ""
    balding = rng.random() < (0.25 if kind < 2 else 0.06)
    parted = rng.uniform(0.5, 1.0) if (is_long or rng.random() < 0.45) else rng.uniform(0, 0.3)
    sweep = rng.uniform(-0.15, 0.6) if is_long else rng.uniform(-1, 1)
    return Hairdo(
        length_top=top,
        length_side=float(side),
        fringe=float(rng.uniform(0.35, 0.6) if is_long and rng.random() < 0.2 else rng.uniform(0.75, 1.15)),
        part=float(np.clip(rng.normal(0, 0.55), -1, 1)) if rng.random() < 0.7 else 0.0,
        parted=float(parted),
        sweep=float(sweep),
        lift=float(rng.uniform(0.3, 0.9) if is_frizzy else rng.beta(1.2, 3.0)),
        volume=float(rng.beta(1.6, 2.2)),
        curl=float(curl),
        curl_size=float(curl_size),
        frizz=float(rng.beta(1.3, 3.0)),
        face_open=float(rng.uniform(0.125, 0.185)),
        hairline=float(rng.normal(0.0, 0.06)),
        temples=float(rng.uniform(0.2, 0.9) if balding or rng.random() < 0.25 else rng.uniform(0, 0.25)),
        crown=float(rng.uniform(0.2, 1.0)) if balding else 0.0,
        density=float(rng.uniform(0.6, 1.0)),
        root_dark=float(rng.uniform(0.0, 0.5))
        + (float(rng.uniform(0.4, 1.2)) if rng.random() < 0.1 else 0.0),
        tip_light=float(rng.uniform(0.0, 0.35))
        + (float(rng.uniform(0.3, 1.0)) if rng.random() < 0.12 else 0.0),
        variation=float(rng.uniform(0.08, 0.4)),
        grey=float(rng.uniform(0, 0.9)) if rng.random() < 0.25 else 0.0,
        tie=tied,
        tie_height=float(rng.uniform(0, 1)),
    )


def sample_whiskers(rng: np.random.Generator) -> Whiskers:
    """Draw how whiskers are worn."""
    return Whiskers(
        shape=BEARD_SHAPES[int(rng.choice(3, p=[0.62, 0.26, 0.12]))],
        length=float(np.exp(rng.uniform(np.log(0.008), np.log(0.12 if rng.random() < 0.3 else 0.04)))),
        moustache_length=float(np.exp(rng.uniform(np.log(0.010), np.log(0.028)))),
        cheek_line=float(rng.normal(0.0, 0.07)),
        grey=float(rng.uniform(0, 0.9)) if rng.random() < 0.3 else 0.0,
        darkness=float(rng.normal(-0.15, 0.25)),
    )


def sample_brows(rng: np.random.Generator) -> Brows:
    """Draw brows."""
    return Brows(
        thickness=float(np.clip(np.exp(rng.normal(-0.10, 0.34)), 0.4, 2.2)),
        arch=float(rng.uniform(0, 1)),
        tail=float(rng.uniform(0.78, 1.08)),
        density=float(rng.uniform(0.35, 1.0)),
        bushy=float(rng.beta(1.2, 2.5)),
        lowered=float(rng.normal(0, 0.3)),
    )


def describe_hairdo(hairdo: Hairdo | None) -> NDArray[np.float64]:
    """Return a hairdo as numbers (HAIRDO_DIM,), zeros for none; what is seen most counts most."""
    if hairdo is None:
        return np.zeros(HAIRDO_DIM)
    shown = float(np.clip(hairdo.length_top / 0.06, 0.2, 1.0))  # short hair hides how it is combed
    values = [
        2.0,
        2.0 * (_log_length(hairdo.length_top) - 0.5) / 0.28,
        2.0 * (_log_length(hairdo.length_side) - 0.5) / 0.28,
        1.5 * shown * hairdo.part,
        1.5 * shown * (2 * hairdo.parted - 1),
        1.5 * shown * hairdo.sweep / 0.55,
        shown * (hairdo.fringe - 0.9) / 0.2,
        shown * (hairdo.lift - 0.35) / 0.2,
        1.3 * shown * (hairdo.volume - 0.42) / 0.22,
        2.0 * shown * hairdo.curl,
        shown * np.log(hairdo.curl_size / 0.08) / 0.6 * min(1.0, 3 * hairdo.curl),
        shown * (hairdo.frizz - 0.3) / 0.2,
        shown * (hairdo.face_open - 0.155) / 0.017,
        hairdo.hairline / 0.06,
        1.5 * (hairdo.temples - 0.25) / 0.25,
        3.0 * hairdo.crown,
        (hairdo.density - 0.8) / 0.12,
        (hairdo.root_dark - 0.3) / 0.3,
        (hairdo.tip_light - 0.25) / 0.28,
        0.7 * (hairdo.variation - 0.24) / 0.1,
        2.0 * hairdo.grey,
        *[2.0 * (hairdo.tie == tie) for tie in TIES[1:]],
        1.5 * (2 * hairdo.tie_height - 1) * (hairdo.tie != ""),
    ]
    return np.asarray(values, dtype=np.float64)


HAIRDO_DIM = 24


def describe_whiskers(whiskers: Whiskers, beard: float, moustache: float) -> NDArray[np.float64]:
    """Return what labels leave open about whiskers (8,), scaled by how dense they are: zeros without any."""
    return np.array(
        [
            *[2.0 * min(1.0, 1.5 * beard) * (whiskers.shape == shape) for shape in BEARD_SHAPES],
            1.5 * beard * np.log(whiskers.length / 0.02) / 0.6,
            moustache * np.log(whiskers.moustache_length / 0.017) / 0.3,
            beard * whiskers.cheek_line / 0.07,
            2.0 * max(beard, moustache) * whiskers.grey,
            max(beard, moustache) * (whiskers.darkness + 0.15) / 0.25,
        ]
    )


def describe_brows(brows: Brows | None) -> NDArray[np.float64]:
    """Return drawn brows as numbers (7,), zeros for none."""
    if brows is None:
        return np.zeros(7)
    return np.array(
        [
            1.5,
            1.5 * (np.log(brows.thickness) + 0.1) / 0.34,
            (brows.arch - 0.5) / 0.29,
            0.6 * (brows.tail - 0.93) / 0.09,
            (brows.density - 0.68) / 0.19,
            0.7 * (brows.bushy - 0.32) / 0.2,
            0.5 * brows.lowered / 0.3,
        ]
    )


def _log_length(length: float) -> float:
    return float(np.log(length / SHORTEST) / np.log(LONGEST / SHORTEST))
