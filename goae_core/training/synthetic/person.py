"""A person as numbers: everything about a head that does not depend on light or camera.

Attributes are drawn independently of each other, so that a network can learn what each one does. The
exceptions: beards grow on men only, and what hangs on a choice (the length of long hair, the frame of
spectacles) is drawn with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from goae_core.training.synthetic.hairdo import (
    Brows,
    Hairdo,
    Whiskers,
    sample_brows,
    sample_hairdo,
    sample_whiskers,
)
from goae_core.training.synthetic.head_pack import HeadPack
from goae_core.training.synthetic.headwear import Headwear, sample_cloth_colors, sample_headwear
from goae_core.training.synthetic.patterns import CLOTH_PATTERNS

MODIFIERS: tuple[tuple[str, str, str], ...] = (
    ("cheek/*-cheek-bones", "incr", "decr"),
    ("cheek/*-cheek-inner", "incr", "decr"),
    ("cheek/*-cheek-trans", "up", "down"),
    ("cheek/*-cheek-volume", "incr", "decr"),
    ("chin/chin-bones", "incr", "decr"),
    ("chin/chin-cleft", "incr", "decr"),
    ("chin/chin-height", "incr", "decr"),
    ("chin/chin-jaw-drop", "incr", "decr"),
    ("chin/chin-prognathism", "incr", "decr"),
    ("chin/chin-prominent", "incr", "decr"),
    ("chin/chin-width", "incr", "decr"),
    ("ears/*-ear-flap", "incr", "decr"),
    ("ears/*-ear-lobe", "incr", "decr"),
    ("ears/*-ear-scale", "incr", "decr"),
    ("ears/*-ear-wing", "incr", "decr"),
    ("eyebrows/eyebrows-angle", "up", "down"),
    ("eyebrows/eyebrows-trans", "up", "down"),
    ("eyes/*-eye-bag", "incr", "decr"),
    ("eyes/*-eye-corner1", "up", "down"),
    ("eyes/*-eye-corner2", "up", "down"),
    ("eyes/*-eye-epicanthus", "in", "out"),
    ("eyes/*-eye-eyefold", "convex", "concave"),
    ("eyes/*-eye-height1", "incr", "decr"),
    ("eyes/*-eye-height2", "incr", "decr"),
    ("eyes/*-eye-height3", "incr", "decr"),
    ("eyes/*-eye-scale", "incr", "decr"),
    ("forehead/forehead-nubian", "incr", "decr"),
    ("forehead/forehead-scale-vert", "incr", "decr"),
    ("forehead/forehead-temple", "incr", "decr"),
    ("forehead/forehead-trans", "forward", "backward"),
    ("head/head-fat", "incr", "decr"),
    ("head/head-scale-depth", "incr", "decr"),
    ("head/head-scale-horiz", "incr", "decr"),
    ("head/head-scale-vert", "incr", "decr"),
    ("mouth/mouth-angles", "up", "down"),
    ("mouth/mouth-cupidsbow", "incr", "decr"),
    ("mouth/mouth-laugh-lines", "in", "out"),
    ("mouth/mouth-lowerlip-height", "incr", "decr"),
    ("mouth/mouth-lowerlip-volume", "incr", "decr"),
    ("mouth/mouth-scale-depth", "incr", "decr"),
    ("mouth/mouth-scale-horiz", "incr", "decr"),
    ("mouth/mouth-scale-vert", "incr", "decr"),
    ("mouth/mouth-upperlip-height", "incr", "decr"),
    ("mouth/mouth-upperlip-volume", "incr", "decr"),
    ("neck/neck-scale-depth", "incr", "decr"),
    ("neck/neck-scale-horiz", "incr", "decr"),
    ("nose/nose-base", "up", "down"),
    ("nose/nose-compression", "compress", "uncompress"),
    ("nose/nose-curve", "convex", "concave"),
    ("nose/nose-flaring", "incr", "decr"),
    ("nose/nose-greek", "incr", "decr"),
    ("nose/nose-hump", "incr", "decr"),
    ("nose/nose-nostrils-width", "incr", "decr"),
    ("nose/nose-point", "up", "down"),
    ("nose/nose-point-width", "incr", "decr"),
    ("nose/nose-scale-depth", "incr", "decr"),
    ("nose/nose-scale-horiz", "incr", "decr"),
    ("nose/nose-scale-vert", "incr", "decr"),
    ("nose/nose-septumangle", "incr", "decr"),
    ("nose/nose-volume", "incr", "decr"),
    ("nose/nose-width2", "incr", "decr"),
    ("nose/nose-width3", "incr", "decr"),
)
"""Pairs of opposite targets: (stem, suffix for positive, suffix for negative weights); "*" is both sides."""

HEAD_OUTLINES = ("oval", "round", "square", "rectangular", "diamond", "triangular", "invertedtriangular")
"""Targets of the head's outline that have no opposite: weights from 0 up."""

ASYMMETRIES = (
    "brown-1", "brown-2", "cheek-1", "cheek-2", "ear-1", "jaw-1", "jaw-2", "jaw-3", "mouth-1", "mouth-2",
    "nose-1", "nose-2", "nose-4", "temple-1", "top-1",
)  # fmt: skip
"""Targets that push one side of the face: positive weights to the left, negative to the right."""

SCAN_MODES = 40
"""Identity modes from face scans that are used; the later ones change the face by under 0.2 mm."""

MODIFIER_DEVIATION = 0.19
BROW_MODIFIER_DEVIATION = 0.10
ASYMMETRY_DEVIATION = 0.14
SCAN_DEVIATION = 0.85
SKIN_TINT_DEVIATIONS = np.array([0.045, 0.045])
OUTLINE_MEAN, OUTLINE_DEVIATION = -0.12, 0.25

HAIR_AMOUNT: dict[str, float] = {
    "": 0.0, "short04": 0.25, "short01": 0.32, "short02": 0.38, "short03": 0.42, "afro01": 0.5,
    "ponytail01": 0.45, "braid01": 0.5, "bob01": 0.65, "bob02": 0.65, "long01": 0.6,
}  # fmt: skip
"""How much hair a style has at its shortest; long styles add up to 0.4 with their length."""

HAIR_CURL: dict[str, float] = {"afro01": 0.9, "short01": 0.3, "short02": 0.5}
"""How curled the pack's styles are, where they are not straight."""

GROWN_HAIR_SHARE, DRAWN_BROWS_SHARE = 0.66, 0.6
"""How often hair is grown and brows are drawn instead of being taken from the pack."""

HEADWEAR_SHARE = 0.15
STRAY_SKINS = 22
"""Skins of the pack that a share of can be mixed in, whatever a person's age, sex and tone."""

LONG_STYLES = ("long01", "ponytail01", "braid01")
"""Styles whose hanging part can be shortened."""

_HAIR_SHARE: dict[str, float] = {
    "": 0.09, "short04": 0.17, "short01": 0.14, "short02": 0.15, "afro01": 0.07, "ponytail01": 0.12,
    "long01": 0.17, "braid01": 0.05, "bob02": 0.02, "bob01": 0.01, "short03": 0.01,
}  # fmt: skip
"""How often each style is drawn; bob01, bob02 and short03 fall over an eye and stay rare."""

RIMS = ("full", "half", "none")
"""Frames all round, only above, and lenses without one."""

_BROWN_EYES = ("brown_eye", "brownlight_eye")


@dataclass(frozen=True, slots=True, eq=False)
class Spectacles:
    """A frame. Sizes are shares of the distance between the eyes."""

    width: float
    """Half width of a lens: 0.36 to 0.47."""
    height: float
    """Half height of a lens: 0.22 to 0.40."""
    roundness: float
    """Exponent of the superellipse: 2 round, 5 nearly rectangular."""
    thickness: float
    """Radius of the rim in world units: 0.0015 to 0.0050."""
    color: tuple[float, float, float]
    """Linear albedo."""
    rim: str
    """One of RIMS."""
    drop: float
    """0 to 1, how far the lenses hang down on the outside, as pilots' do."""
    sweep: float
    """0 to 1, how far they rise there, like cats' eyes."""
    tint: float
    """Coverage of the lenses: 0 clear to 0.97 black."""
    fade: float
    """0 an even tint to 1 clear below."""
    tint_color: tuple[float, float, float]
    """Linear albedo of the tint."""
    reflection: float
    """0 coated lenses to 0.6, a window mirrored in them."""


@dataclass(frozen=True, slots=True, eq=False)
class Cloth:
    """What clothes are woven of.

    Attributes:
        pattern: One of CLOTH_PATTERNS.
        scale: Repeats over the garment's texture.
        first: (3,) linear albedo of the ground.
        second: (3,) of the figure.
    """

    pattern: str
    scale: float
    first: NDArray[np.float64]
    second: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Makeup:
    """What is painted on a face.

    Attributes:
        lips: 0 bare to 1 covered.
        lip_color: (3,) linear albedo of the lipstick.
        lids: 0 to 1, shadow on the upper lids.
        lid_color: (3,) linear albedo of it.
        liner: 0 to 1, dark lines along the lids.
        blush: 0 to 1, red on the cheeks.
    """

    lips: float
    lip_color: NDArray[np.float64]
    lids: float
    lid_color: NDArray[np.float64]
    liner: float
    blush: float


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One head. Tuples and arrays hold weights around zero where nothing else is said.

    Attributes:
        age: Years.
        gender: 0 female to 1 male.
        smile: 0 to 1.
        mouth_open: 0 to 0.6.
        brow: Negative frowns, positive raises; about -0.6 to 0.6.
        blink: 0 open to 0.35; lids half down.
        weight: 0 thin to 1 heavy.
        muscle: 0 to 1.
        skin_tone: Natural logarithm of the luminance of the mean linear skin albedo.
        hair_light: Natural logarithm of the luminance of the hair's linear albedo.
        hair_warmth: 0 grey, 0.4 brown, 1 red.
        beard: 0 none, 0.4 stubble, 1 dense.
        ethnicity: Shares (3,) of the African, Asian and Caucasian face shapes.
        gaze: Radians (2,) that the eyes turn: to the subject's left, and down.
        modifiers: Weights (len(MODIFIERS),).
        outline: Weights (len(HEAD_OUTLINES),), at least 0.
        asymmetry: Weights (len(ASYMMETRIES),).
        scan: Weights (SCAN_MODES,).
        smile_skew: How much more the left mouth corner rises, -0.2 to 0.2.
        skin_mix: (4,) scores; the softmax blends the up to four skins of one age, sex and tone.
        skin_tint: (2,) logarithmic shift of redness and yellowness.
        freckles: 0 to 1.
        blotches: (3,) strengths of three fixed patterns of colour change.
        moles: (4,) strengths, 0 to 1, of four fixed sets of moles.
        lips: (2,) lips' logarithmic redness and darkness.
        gloss: Factor on the skin's highlight.
        hair_style: Name in the pack, "" for none.
        hair_mirrored: Whether the style is parted on the other side.
        hair_volume: Factor on the hair's distance from the skull.
        hair_length: 0 to 1, of the hanging part of LONG_STYLES.
        scalp_shade: 0 to 1, hair roots seen on a scalp without a style.
        eyes: Shares of the iris textures, in the order of the pack.
        brow_style: Name in the pack.
        brow_darkness: Logarithmic shift of the eyebrows against the hair.
        lash_style: Name in the pack.
        clothes: Name in the pack.
        clothes_tint: (3,) logarithmic colour factors.
        clothes_grey: 0 the texture's colours, 1 only its lightness.
        spectacles: The frame, or None.
        paint: Seed and strength of a colour pattern that no skin has, or None.
        hairdo: Hair that grows, instead of a style of the pack, or None.
        whiskers: How a beard and a moustache are worn.
        moustache: 0 none, 0.4 stubble, 1 dense.
        brows: Eyebrows drawn instead of taken from the pack, or None.
        headwear: What is worn on the head, or None.
        cloth: What the clothes are woven of, or None for what the pack's are.
        makeup: Lips, lids and cheeks that are painted.
        wrinkles: How much deeper wrinkles are than the age lets expect, about -1 to 1.
        pores: How rough the skin is, about -1 to 1.
        stray_skins: Shares (22,) of skins of another age, sex or tone; they sum to less than one half.
        eye_gloss: Factor on the highlights of the eyes.
        teeth: (2,) logarithmic lightness and yellowness of the teeth.
    """

    age: float
    gender: float
    smile: float
    mouth_open: float
    brow: float
    blink: float
    weight: float
    muscle: float
    skin_tone: float
    hair_light: float
    hair_warmth: float
    beard: float
    ethnicity: NDArray[np.float64]
    gaze: NDArray[np.float64]
    modifiers: NDArray[np.float64]
    outline: NDArray[np.float64]
    asymmetry: NDArray[np.float64]
    scan: NDArray[np.float64]
    smile_skew: float
    skin_mix: NDArray[np.float64]
    skin_tint: NDArray[np.float64]
    freckles: float
    blotches: NDArray[np.float64]
    moles: NDArray[np.float64]
    lips: NDArray[np.float64]
    gloss: float
    hair_style: str
    hair_mirrored: bool
    hair_volume: float
    hair_length: float
    scalp_shade: float
    eyes: NDArray[np.float64]
    brow_style: str
    brow_darkness: float
    lash_style: str
    clothes: str
    clothes_tint: NDArray[np.float64]
    clothes_grey: float
    spectacles: Spectacles | None
    paint: tuple[int, float] | None
    hairdo: Hairdo | None
    whiskers: Whiskers
    moustache: float
    brows: Brows | None
    headwear: Headwear | None
    cloth: Cloth | None
    makeup: Makeup
    wrinkles: float
    pores: float
    stray_skins: NDArray[np.float64]
    eye_gloss: float
    teeth: NDArray[np.float64]

    @property
    def lipstick(self) -> float:
        """0 bare lips to 1 covered."""
        return self.makeup.lips

    @property
    def hair_curl(self) -> float:
        """0 straight to 1 tightly curled; 0 without hair."""
        return self.hairdo.curl if self.hairdo is not None else HAIR_CURL.get(self.hair_style, 0.0)

    @property
    def hair_amount(self) -> float:
        """0 bald to 1 long."""
        if self.hairdo is not None:
            return self.hairdo.amount
        length = 0.4 * self.hair_length if self.hair_style in LONG_STYLES else 0.0
        return HAIR_AMOUNT.get(self.hair_style, 0.5) + length


def sample_person(rng: np.random.Generator, pack: HeadPack, *, painted_share: float = 0.0) -> Person:
    """Draw a person.

    Args:
        rng: The only source of chance: the same state gives the same person.
        pack: Whose hair, brows, clothes and eyes there are to choose from.
        painted_share: Probability of a painted texture; the rest of the person does not depend on it.
    """
    gender = _gender(rng)
    brow_weights = np.array([stem.startswith("eyebrows") for stem, _, _ in MODIFIERS])
    deviations = np.where(brow_weights, BROW_MODIFIER_DEVIATION, MODIFIER_DEVIATION)
    hair_style = _pick_hair(rng, pack)
    beard = float(np.clip(rng.uniform(-0.6, 1.0), 0, 1))
    wears_glasses = rng.random() < 0.22
    spectacles = _spectacles(rng)
    painted = rng.random() < painted_share
    paint = (int(rng.integers(2**31)), float(rng.uniform(0.2, 0.65)))
    drawn = Person(
        age=float(rng.uniform(5, 17) if rng.random() < 0.10 else rng.uniform(17, 82)),
        gender=gender,
        smile=_sometimes(rng, 0.70, 1.0),
        mouth_open=_sometimes(rng, 0.35, 0.55),
        brow=float(np.clip(rng.normal(0.05, 0.24), -0.6, 0.7)),
        blink=_sometimes(rng, 0.30, 0.35),
        weight=float(np.clip(rng.normal(0.5, 0.22), 0, 1)),
        muscle=float(rng.uniform(0.35, 0.65)),
        skin_tone=_skin_tone(rng),
        hair_light=_hair_light(rng),
        hair_warmth=_hair_warmth(rng),
        beard=beard if gender > 0.5 else 0.0,
        ethnicity=_ethnicity(rng),
        gaze=rng.normal(0, 0.07, 2),
        modifiers=np.clip(rng.normal(0, deviations), -0.75, 0.75),
        outline=np.maximum(0, rng.normal(OUTLINE_MEAN, OUTLINE_DEVIATION, len(HEAD_OUTLINES))),
        asymmetry=np.clip(rng.normal(0, ASYMMETRY_DEVIATION, len(ASYMMETRIES)), -0.4, 0.4),
        scan=np.clip(rng.normal(0, SCAN_DEVIATION, SCAN_MODES), -2.1, 2.1),
        smile_skew=float(rng.uniform(-0.15, 0.15)),
        skin_mix=rng.normal(0, 1, 4),
        skin_tint=rng.normal(0, SKIN_TINT_DEVIATIONS),
        freckles=_sometimes(rng, 0.22, 0.7),
        blotches=rng.normal(0, 1, 3),
        moles=np.where(rng.random(4) < 0.12, rng.uniform(0.2, 0.8, 4), 0.0),
        lips=rng.normal([0.0, 0.0], [0.16, 0.13]),
        gloss=float(np.exp(rng.normal(0, 0.35))),
        hair_style=hair_style,
        hair_mirrored=bool(rng.random() < 0.5),
        hair_volume=float(min(1.0 + abs(rng.normal(0, 0.05)), 1.15)),
        hair_length=float(rng.random()),
        scalp_shade=_sometimes(rng, 0.6, 0.9),
        eyes=_eyes(rng, pack),
        brow_style=_pick(rng, pack.names("eyebrows")),
        brow_darkness=float(rng.normal(-0.35, 0.3)),
        lash_style=_pick(rng, pack.names("eyelashes")),
        clothes=_pick(rng, tuple(n for n in pack.names("clothes") if not n.startswith("fedora"))),
        clothes_tint=rng.normal(0, 0.35) + rng.normal(0, 0.35, 3),
        clothes_grey=float(rng.random()),
        spectacles=spectacles if wears_glasses else None,
        paint=paint if painted else None,
        hairdo=None,
        whiskers=sample_whiskers(rng),
        moustache=0.0,
        brows=None,
        headwear=None,
        cloth=None,
        makeup=Makeup(0.0, np.array([0.3, 0.03, 0.03]), 0.0, np.array([0.1, 0.06, 0.05]), 0.0, 0.0),
        wrinkles=0.0,
        pores=0.0,
        stray_skins=np.zeros(STRAY_SKINS),
        eye_gloss=1.0,
        teeth=np.zeros(2),
    )
    # what came later is drawn last: the rest of a seed's person stays as it was
    drawn = _with_lenses(rng, _with_grown_hair(rng, drawn))
    return _with_surface(rng, _with_cloth(rng, drawn))


def _with_cloth(rng: np.random.Generator, person: Person) -> Person:
    """Draw headwear and the clothes' cloth."""
    wears, headwear = rng.random() < HEADWEAR_SHARE, sample_headwear(rng)
    is_woven = rng.random() < 0.75
    first, second = sample_cloth_colors(rng)
    pattern = CLOTH_PATTERNS[int(rng.integers(len(CLOTH_PATTERNS)))] if rng.random() < 0.6 else "plain"
    cloth = Cloth(pattern, float(np.exp(rng.uniform(np.log(8), np.log(60)))), first, second)
    return replace(person, headwear=headwear if wears else None, cloth=cloth if is_woven else None)


def _with_surface(rng: np.random.Generator, person: Person) -> Person:
    """Draw make-up, wrinkles, pores, gloss, eyes and teeth."""
    hue = rng.normal([0, 0, 0], [0.35, 0.5, 0.5])
    makeup = Makeup(
        lips=float(np.clip(rng.uniform(0.2, 1.1), 0, 1))
        if rng.random() < (0.45 if person.gender < 0.5 else 0.05)
        else 0.0,
        lip_color=np.clip(np.array([0.32, 0.035, 0.045]) * np.exp(hue), 0.005, 0.7),
        lids=float(rng.uniform(0.1, 0.9)) if rng.random() < (0.4 if person.gender < 0.5 else 0.04) else 0.0,
        lid_color=np.exp(rng.uniform(-4, -1.2) + rng.normal(0, 0.35, 3)),
        liner=float(rng.uniform(0.2, 1)) if rng.random() < (0.4 if person.gender < 0.5 else 0.04) else 0.0,
        blush=float(rng.uniform(0.1, 1)) if rng.random() < (0.4 if person.gender < 0.5 else 0.08) else 0.0,
    )
    stray = np.zeros(STRAY_SKINS)
    chosen = rng.choice(STRAY_SKINS, 2, replace=False)
    shares = rng.uniform(0.05, 0.22, 2)
    if rng.random() < 0.6:
        stray[chosen] = shares
    return replace(
        person,
        makeup=makeup,
        wrinkles=float(np.clip(rng.normal(0, 0.5), -1, 1)),
        pores=float(np.clip(rng.normal(0, 0.5), -1, 1)),
        stray_skins=stray,
        gloss=person.gloss * float(np.exp(rng.uniform(0.3, 1.0)) if rng.random() < 0.2 else 1.0),
        eye_gloss=float(np.exp(rng.normal(0, 0.3))),
        teeth=rng.normal([0.0, 0.0], [0.15, 0.12]),
    )


def _with_grown_hair(rng: np.random.Generator, person: Person) -> Person:
    """Draw hair that grows; the chances are used up whether it is worn or not."""
    is_grown = rng.random() < GROWN_HAIR_SHARE
    hairdo = sample_hairdo(rng)
    is_drawn = rng.random() < DRAWN_BROWS_SHARE
    brows = sample_brows(rng)
    follows_beard, own = rng.random() < 0.6, float(np.clip(rng.uniform(-0.8, 1.0), 0, 1))
    moustache = (
        float(np.clip(person.beard + rng.normal(0, 0.08), 0, 1)) if follows_beard and person.beard else own
    )
    # of those whom the pack would leave bald some stay so
    is_bald = not person.hair_style and rng.random() < 0.5
    return replace(
        person,
        hairdo=hairdo if is_grown and not is_bald else None,
        hair_style="" if is_grown else person.hair_style,
        moustache=moustache if person.gender > 0.5 else 0.0,
        brows=brows if is_drawn else None,
    )


def _sometimes(rng: np.random.Generator, share: float, top: float) -> float:
    """Return 0, or with probability `share` a number in [0, top]."""
    value = rng.uniform(0, top)
    return float(value) if rng.random() < share else 0.0


def _pick(rng: np.random.Generator, names: tuple[str, ...]) -> str:
    """Return one of the names, or "" if there are none."""
    index = int(rng.integers(max(len(names), 1)))
    return names[index] if names else ""


def _gender(rng: np.random.Generator) -> float:
    """Return mostly nearly 0 or nearly 1, one time in eight anything between."""
    side = float(rng.random() < 0.5)
    near = abs(side - min(abs(rng.normal(0, 0.08)), 0.4))
    between = rng.uniform(0, 1)
    return float(between if rng.random() < 0.125 else near)


def _ethnicity(rng: np.random.Generator) -> NDArray[np.float64]:
    shares = rng.dirichlet([0.7, 0.7, 0.7])
    pure = np.eye(3)[rng.integers(3)]
    return np.asarray(0.8 * pure + 0.2 * shares if rng.random() < 0.5 else shares)


def _skin_tone(rng: np.random.Generator) -> float:
    kind = rng.choice(3, p=[0.52, 0.26, 0.22])
    center, spread = ((0.36, 0.18), (0.19, 0.25), (0.075, 0.33))[kind]
    return float(np.clip(rng.normal(np.log(center), spread), np.log(0.030), np.log(0.50)))


def _hair_light(rng: np.random.Generator) -> float:
    kind = rng.choice(3, p=[0.40, 0.33, 0.27])
    dark = rng.normal(np.log(0.011), 0.3)
    brown = rng.normal(np.log(0.045), 0.4)
    light = rng.uniform(np.log(0.11), np.log(0.42))
    return float(np.clip((dark, brown, light)[kind], np.log(0.006), np.log(0.45)))


def _hair_warmth(rng: np.random.Generator) -> float:
    kind = rng.choice(3, p=[0.22, 0.68, 0.10])
    value = (rng.uniform(0, 0.15), rng.normal(0.45, 0.12), rng.normal(0.85, 0.08))[kind]
    return float(np.clip(value, 0, 1))


def _pick_hair(rng: np.random.Generator, pack: HeadPack) -> str:
    styles = ("", *pack.names("hair"))
    share = np.array([_HAIR_SHARE.get(style, 0.03) for style in styles])
    return str(styles[rng.choice(len(styles), p=share / share.sum())])


def _eyes(rng: np.random.Generator, pack: HeadPack) -> NDArray[np.float64]:
    names = pack.eye_names
    share = np.array([8.0 if name in _BROWN_EYES else 1.0 for name in names])
    first, second = rng.choice(len(names), size=2, p=share / share.sum())
    mix = rng.uniform(0, 0.5) if rng.random() < 0.4 else 0.0
    shares = np.zeros(len(names))
    shares[first] += 1 - mix
    shares[second] += mix
    return shares


def _spectacles(rng: np.random.Generator) -> Spectacles:
    kind = rng.choice(4, p=[0.50, 0.2, 0.2, 0.1])
    dark = np.full(3, 0.015) * np.exp(rng.normal(0, 0.3))
    tortoise = np.array([0.10, 0.045, 0.018]) * np.exp(rng.normal(0, 0.4))
    metal = np.array([0.36, 0.33, 0.28]) * np.exp(rng.normal(0, 0.3))
    colored = np.exp(rng.uniform(-4.5, -1, 3))
    color = (dark, tortoise, metal, colored)[kind]
    return Spectacles(
        width=float(rng.uniform(0.37, 0.46)),
        height=float(rng.uniform(0.23, 0.39)),
        roundness=float(rng.uniform(2.0, 5.0)),
        thickness=float(rng.uniform(0.0016, 0.0022) if kind == 2 else rng.uniform(0.0022, 0.0050)),
        color=(float(color[0]), float(color[1]), float(color[2])),
        rim="full",
        drop=0.0,
        sweep=0.0,
        tint=0.0,
        fade=0.0,
        tint_color=(0.02, 0.02, 0.02),
        reflection=0.0,
    )


def _with_lenses(rng: np.random.Generator, person: Person) -> Person:
    """Draw what spectacles have besides their form; the chances are used up whether they are worn or not."""
    kind = rng.choice(4, p=[0.48, 0.12, 0.12, 0.28])  # clear in a frame, half, rimless, tinted
    shape = rng.choice(4, p=[0.6, 0.15, 0.15, 0.1])
    sun = rng.random() < 0.65
    dark = 0.02 * np.exp(rng.normal(0, 0.4, 3))
    bright = np.exp(rng.uniform(-3.5, -1.0, 3))
    color = dark if sun else bright
    tint = rng.uniform(0.75, 0.97) if sun else rng.uniform(0.2, 0.6)
    fade, large, drop = rng.uniform(0, 1), rng.uniform(1.0, 1.15), rng.uniform(0.4, 1)
    reflection = rng.uniform(0.08, 0.35) if rng.random() < 0.35 else rng.uniform(0, 0.06)
    frame = person.spectacles
    if frame is None:
        return person
    tinted = kind == 3
    return replace(
        person,
        spectacles=replace(
            frame,
            width=min(frame.width * (large if tinted else 1.0), 0.47),
            height=min(frame.height * (large if tinted else 1.0), 0.40),
            roundness=2.4 if shape == 1 else frame.roundness,
            rim=(RIMS[0], RIMS[1], RIMS[2], RIMS[0])[kind],
            drop=float(drop) if shape == 1 else 0.0,
            sweep=float(drop) if shape == 2 else 0.0,
            tint=float(tint) if tinted else 0.0,
            fade=float(fade) if tinted and fade > 0.5 else 0.0,
            tint_color=(float(color[0]), float(color[1]), float(color[2])),
            reflection=float(reflection),
        ),
    )
