"""From a person's numbers to the vertices of the head, standing where the cameras look.

The neutral head decides where the head stands and how large it is, so that an expression moves the face and
nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goae_core.training.synthetic.head_pack import HeadPack
from goae_core.training.synthetic.person import ASYMMETRIES, HEAD_OUTLINES, MODIFIERS, SCAN_MODES, Person

EYE_HEIGHT = 0.070
"""World y of the point between the eyes."""
EYE_FRONT = 0.115
"""World z of the point between the eyes."""
EYE_DISTANCE = 0.167
"""World distance between the eyes of an average head."""
EYE_TO_MOUTH = 1.04
"""Distance from eyes to mouth as a multiple of EYE_DISTANCE; both set the size of a head half each."""

PROPORTIONS = {
    "mouth/mouth-trans-up": 0.65,
    "nose/nose-trans-up": 0.50,
    "nose/nose-scale-horiz-decr": 0.35,
    "nose/nose-volume-decr": 0.25,
    "nose/nose-scale-vert-decr": 0.15,
    "chin/chin-height-incr": 0.10,
    "eyebrows/eyebrows-angle-up": 0.35,
}
"""Targets that every head gets: the pack's mouths and noses sit low, its noses are large, its brows stern.

These and the constants above were set by projecting the landmarks of mean heads into aligned photographs with
their published cameras, until eyes, nose and mouth corners agreed.
"""

_ETHNICITIES = ("african", "asian", "caucasian")
_AGE_ANCHORS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "baby": ((1, 10), (1, 0)),
    "child": ((1, 10, 25), (0, 1, 0)),
    "young": ((10, 25, 90), (0, 1, 0)),
    "old": ((25, 90), (0, 1)),
}


@dataclass(frozen=True, slots=True, eq=False)
class MorphedHead:
    """The base mesh of one person.

    Attributes:
        vertices: (V, 3) in the pack's decimetres, with expression.
        scale: World units per decimetre.
        shift: (3,) world = vertices * scale + shift.
    """

    vertices: NDArray[np.float64]
    scale: float
    shift: NDArray[np.float64]

    @property
    def world(self) -> NDArray[np.float64]:
        """(V, 3) vertices in world units."""
        return self.to_world(self.vertices)

    def to_world(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Place points (..., 3) given in the pack's decimetres."""
        return points * self.scale + self.shift


def morph(person: Person, pack: HeadPack) -> MorphedHead:
    """Morph the base mesh into a person and place it in the world."""
    vertices = pack.vertices.copy()
    _add_macros(vertices, person, pack)
    # children's faces vary less, and grown-up features on them look wrong
    variation = float(np.interp(person.age, [5, 16], [0.45, 1.0]))
    _add_features(vertices, person, pack, variation)
    modes = min(SCAN_MODES, len(pack.scans))
    if modes:
        weights = (variation * person.scan[:modes]).astype(np.float32)
        vertices += np.tensordot(weights, pack.scans[:modes], axes=1)
    scale, shift = _placement(vertices, pack)
    _add_expression(vertices, person, pack)
    return MorphedHead(vertices, scale, shift)


def landmarks(head: MorphedHead, pack: HeadPack) -> NDArray[np.float32]:
    """Return five world points (5, 3), from left to right as a frontal picture shows them.

    The eye centre at the left of the picture (the subject's right), the other eye centre, the nose tip, the
    mouth corner at the left of the picture, the other mouth corner.
    """
    world = head.world
    left_corner, right_corner = pack.mouth_corners
    points = [
        pack.joint("r-eye", world),
        pack.joint("l-eye", world),
        world[pack.nose_tip],
        world[right_corner],
        world[left_corner],
    ]
    return np.asarray(points, dtype=np.float32)


def _add(vertices: NDArray[np.float64], pack: HeadPack, name: str, weight: float) -> None:
    """Add one target in place; a pack without it, or a weight near zero, changes nothing."""
    if abs(weight) < 1e-4 or name not in pack.targets:
        return
    index, delta = pack.targets[name]
    vertices[index] += weight * delta


def _add_macros(vertices: NDArray[np.float64], person: Person, pack: HeadPack) -> None:
    """Age, sex, ethnicity, weight and muscle: their factors multiply."""
    ages = {name: float(np.interp(person.age, *anchors)) for name, anchors in _AGE_ANCHORS.items()}
    sexes = {"male": person.gender, "female": 1.0 - person.gender}
    weights = _three_way(person.weight, "weight")
    muscles = _three_way(person.muscle, "muscle")
    for sex, sex_share in sexes.items():
        for age, age_share in ages.items():
            share = sex_share * age_share
            for ethnicity, part in zip(_ETHNICITIES, person.ethnicity, strict=True):
                _add(vertices, pack, f"macro/{ethnicity}-{sex}-{age}", share * float(part))
            for muscle, muscle_share in muscles.items():
                for weight, weight_share in weights.items():
                    name = f"macro/universal-{sex}-{age}-{muscle}-{weight}"
                    _add(vertices, pack, name, share * muscle_share * weight_share)
    _add(vertices, pack, "head/head-age-incr", float(np.clip((person.age - 50) / 45, 0, 0.8)))


def _three_way(value: float, name: str) -> dict[str, float]:
    """Split a value in [0, 1] into shares of the pack's min, average and max shapes."""
    return {
        f"min{name}": max(0.0, 1 - 2 * value),
        f"average{name}": 1 - abs(2 * value - 1),
        f"max{name}": max(0.0, 2 * value - 1),
    }


def _add_features(vertices: NDArray[np.float64], person: Person, pack: HeadPack, variation: float) -> None:
    for name, weight in PROPORTIONS.items():
        _add(vertices, pack, name, weight)
    for (stem, positive, negative), weight in zip(MODIFIERS, person.modifiers, strict=True):
        name = f"{stem}-{positive if weight > 0 else negative}"
        for side in ("l-", "r-") if "*-" in name else ("",):
            _add(vertices, pack, name.replace("*-", side), variation * abs(float(weight)))
    for outline, weight in zip(HEAD_OUTLINES, person.outline, strict=True):
        _add(vertices, pack, f"head/head-{outline}", variation * float(weight))
    for place, weight in zip(ASYMMETRIES, person.asymmetry, strict=True):
        _add(vertices, pack, f"asym/asym-{place}-{'l' if weight > 0 else 'r'}", abs(float(weight)))


def _add_expression(vertices: NDArray[np.float64], person: Person, pack: HeadPack) -> None:
    """Smile, open mouth, brows and lids, from the scan-based shapes."""
    smile, grin, raised = person.smile, max(0.0, person.smile - 0.3), max(0.0, person.brow)
    weights = {
        "cheekSquint": 0.60 * smile,
        "mouthUpperUp": 0.65 * grin,
        "mouthLowerDown": 0.50 * grin,
        "mouthDimple": 0.25 * smile,
        "eyeSquint": 0.18 * smile,
        "eyeBlink": person.blink,
        # the pack's neutral face has heavy lids and low brows
        "eyeWide": 0.30,
        "browInnerUp": 0.36 + raised,
        "browOuterUp": 0.05 + 0.70 * raised,
        "browDown": max(0.0, -person.brow),
    }
    sided = {f"{name}_{side}": weight for name, weight in weights.items() for side in "LR"}
    sided["mouthSmile_L"] = smile * (1 + person.smile_skew)
    sided["mouthSmile_R"] = smile * (1 - person.smile_skew)
    sided["jawOpen"] = 0.42 * person.mouth_open + 0.12 * grin
    for name, weight in sided.items():
        if weight > 1e-3 and name in pack.expressions:
            vertices += weight * pack.expressions[name]


def _placement(neutral: NDArray[np.float64], pack: HeadPack) -> tuple[float, NDArray[np.float64]]:
    """Return scale and shift that bring a neutral head's eyes and mouth to where the cameras expect them."""
    left, right = pack.joint("l-eye", neutral), pack.joint("r-eye", neutral)
    eyes = 0.5 * (left + right)
    mouth = neutral[list(pack.mouth_corners)].mean(axis=0)
    eye_distance = float(np.linalg.norm(left - right))
    eye_to_mouth = float(np.linalg.norm((eyes - mouth)[:2]))
    size = 0.5 * eye_distance / EYE_DISTANCE + 0.5 * eye_to_mouth / (EYE_DISTANCE * EYE_TO_MOUTH)
    scale = 1.0 / size
    shift = np.array([0.0, EYE_HEIGHT, EYE_FRONT]) - scale * eyes
    shift[0] = 0.0
    return scale, shift
