"""A person and a light as vectors: what the networks are conditioned on.

`labels` are the attributes that people name and edit. `identity` is everything else, scaled to about unit
variance; together with the light they determine the picture, up to the third order of the light and the
views.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goae_core.training.synthetic.hairdo import describe_brows, describe_hairdo, describe_whiskers
from goae_core.training.synthetic.head_pack import HeadPack
from goae_core.training.synthetic.headwear import KINDS
from goae_core.training.synthetic.lighting import Light
from goae_core.training.synthetic.patterns import CLOTH_PATTERNS
from goae_core.training.synthetic.person import (
    ASYMMETRY_DEVIATION,
    BROW_MODIFIER_DEVIATION,
    LONG_STYLES,
    MODIFIER_DEVIATION,
    MODIFIERS,
    OUTLINE_DEVIATION,
    RIMS,
    SCAN_DEVIATION,
    SKIN_TINT_DEVIATIONS,
    Person,
)

LABEL_NAMES = (
    "age",
    "gender",
    "smile",
    "mouth_open",
    "brow",
    "blink",
    "glasses",
    "weight",
    "skin_tone",
    "hair_light",
    "hair_warmth",
    "hair_amount",
    "beard",
    "hair_curl",
    "moustache",
    "lipstick",
    "headwear",
)
_CHOICE = 2.0
"""Value of a chosen entry among choices; 0 elsewhere. Rare choices would explode if truly standardised."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """One person under one light.

    Attributes:
        labels: (17,) raw values in the order of LABEL_NAMES.
        light_labels: (4,) in the order of LIGHT_LABEL_NAMES.
        light_sh: (27,) the light's spherical harmonics, of order 1.
        identity: (D,) of about unit variance; D depends on the pack only.
    """

    labels: NDArray[np.float32]
    light_labels: NDArray[np.float32]
    light_sh: NDArray[np.float32]
    identity: NDArray[np.float32]


def features(person: Person, light: Light, pack: HeadPack) -> Features:
    """Describe a person under a light."""
    return Features(labels(person), light.labels, light.harmonics, identity(person, pack))


def labels(person: Person) -> NDArray[np.float32]:
    """Return the values (17,) of LABEL_NAMES."""
    values = {
        "glasses": float(person.spectacles is not None),
        "hair_amount": person.hair_amount,
        "headwear": float(person.headwear is not None),
    }
    return np.array(
        [values[name] if name in values else getattr(person, name) for name in LABEL_NAMES], dtype=np.float32
    )


def identity(person: Person, pack: HeadPack) -> NDArray[np.float32]:
    """Return everything (D,) that the labels leave open about a person's look."""
    brow_weights = np.array([stem.startswith("eyebrows") for stem, _, _ in MODIFIERS])
    deviations = np.where(brow_weights, BROW_MODIFIER_DEVIATION, MODIFIER_DEVIATION)
    clothes = tuple(n for n in pack.names("clothes") if not n.startswith("fedora"))
    long_hair = person.hair_style in LONG_STYLES
    blocks: list[NDArray[np.float64]] = [
        (person.ethnicity - 1 / 3) / 0.33,
        _scalars((person.muscle - 0.5) / 0.09),
        person.gaze / 0.07,
        person.modifiers / deviations,
        person.outline / OUTLINE_DEVIATION,
        person.asymmetry / ASYMMETRY_DEVIATION,
        person.scan / SCAN_DEVIATION,
        _scalars(person.smile_skew / 0.087 * person.smile),
        person.skin_mix,
        person.skin_tint / SKIN_TINT_DEVIATIONS,
        _scalars(2.0 * person.freckles),
        person.blotches,
        2.0 * person.moles,
        person.lips / np.array([0.16, 0.13]),
        _scalars(np.log(person.gloss) / 0.35),
        _choice("grown" if person.hairdo is not None else person.hair_style, ("", *pack.names("hair"))),
        _scalars(
            (1.0 if person.hair_mirrored else -1.0) if person.hair_style else 0.0,
            (person.hair_volume - 1.04) / 0.03 if person.hair_style else 0.0,
            (person.hair_length - 0.5) / 0.29 if long_hair else 0.0,
            0.0 if person.hair_style or person.hairdo is not None else 2.0 * person.scalp_shade,
        ),
        _CHOICE * person.eyes,
        _choice("drawn" if person.brows is not None else person.brow_style, pack.names("eyebrows")),
        _scalars((person.brow_darkness + 0.35) / 0.3),
        _choice(person.lash_style, pack.names("eyelashes")),
        _choice(person.clothes, clothes),
        person.clothes_tint / 0.5 * (person.cloth is None),
        _scalars((person.clothes_grey - 0.5) / 0.29 * (person.cloth is None)),
        _spectacles(person),
        _cloth(person),
        _headwear(person),
        _makeup(person),
        _scalars(person.wrinkles / 0.5, 0.7 * person.pores / 0.5, 0.5 * np.log(person.eye_gloss) / 0.3),
        0.7 * person.teeth / np.array([0.15, 0.12]),
        5.0 * person.stray_skins,
        describe_hairdo(person.hairdo),
        describe_whiskers(person.whiskers, person.beard, person.moustache),
        describe_brows(person.brows),
    ]
    return np.concatenate(blocks).astype(np.float32)


def _scalars(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def _choice(chosen: str, names: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([_CHOICE if name == chosen else 0.0 for name in names])


def _spectacles(person: Person) -> NDArray[np.float64]:
    """Return the frame's form and colour and its lenses (18,), zeros without one."""
    frame = person.spectacles
    if frame is None:
        return np.zeros(18)
    color = (np.log(np.array(frame.color)) + 3.0) / 1.3
    form = [
        (frame.width - 0.415) / 0.026,
        (frame.height - 0.31) / 0.046,
        (frame.roundness - 3.5) / 0.87,
        (frame.thickness - 0.0033) / 0.0010,
    ]
    tint_color = frame.tint * (np.log(np.array(frame.tint_color)) + 3.3) / 0.9
    lenses = [2.0 * frame.drop, 2.0 * frame.sweep, 3.0 * frame.tint, frame.tint * frame.fade, *tint_color]
    return np.concatenate([form, color, _choice(frame.rim, RIMS), lenses, [3.0 * frame.reflection]])


def _cloth(person: Person) -> NDArray[np.float64]:
    """Return what clothes are woven of (17,), zeros for the pack's own."""
    woven = person.cloth
    if woven is None:
        return np.zeros(17)
    return np.concatenate([[1.0], _weave(woven.pattern, woven.scale, woven.first, woven.second)])


def _headwear(person: Person) -> NDArray[np.float64]:
    """Return what is worn on the head (23,), zeros for nothing."""
    worn = person.headwear
    if worn is None:
        return np.zeros(23)
    form = [(worn.depth - 0.5) / 0.29, (worn.slack - 0.38) / 0.2]
    return np.concatenate(
        [1.5 * _choice(worn.kind, KINDS), form, _weave(worn.pattern, worn.scale, worn.first, worn.second)]
    )


def _weave(
    pattern: str, scale: float, first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a pattern of cloth (16,)."""
    has_figure = pattern != "plain"
    return np.concatenate(
        [
            0.6 * _choice(pattern, CLOTH_PATTERNS),
            [0.5 * (np.log(scale) - 3.0) * has_figure],
            (np.log(first) + 2.5) / 1.3,
            0.6 * (np.log(second) + 2.5) / 1.3 * has_figure,
        ]
    )


def _makeup(person: Person) -> NDArray[np.float64]:
    """Return what is painted on the face (9,), but for how much of it the lips bear, which is a label."""
    makeup = person.makeup
    return np.concatenate(
        [
            makeup.lips * np.log(makeup.lip_color / np.array([0.32, 0.035, 0.045])) / 0.45,
            [2.0 * makeup.lids],
            makeup.lids * (np.log(makeup.lid_color) + 2.6) / 0.9,
            [1.5 * makeup.liner, 1.5 * makeup.blush],
        ]
    )
