"""The colours of one person: skin blended from the pack's skins, hair, eyes, brows, clothes.

All colours are linear albedo. Patterns such as freckles are fixed fields in texture space, drawn once with a
fixed
seed: a person only says how strong each one is, so that the person's numbers determine the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from goae_core.training.synthetic.color import LUMINANCE, hair_color, skin_color, to_linear
from goae_core.training.synthetic.hair_texture import hair_atlas
from goae_core.training.synthetic.hairdo import Hairdo
from goae_core.training.synthetic.head_pack import ByteArray, HeadPack
from goae_core.training.synthetic.headwear import Headwear
from goae_core.training.synthetic.patterns import cloth, overlay
from goae_core.training.synthetic.person import Person, Spectacles
from goae_core.training.synthetic.spectacles import lens_texture
from goae_core.training.synthetic.subdivision import FloatArray
from goae_core.training.synthetic.texture_kernels import accumulate, tint

_SRGB_TO_LINEAR = to_linear(np.arange(256) / 255.0).astype(np.float32)

_FACE = (0.17, 0.86, 0.63, 1.0)
"""Rows and columns, in texture sides, of head and neck in the pack's layout; fields exist only there."""
_NOSE = (0.5167, 0.875)
_LIPS = (0.5167, 0.910)
_LIP_RADII = (0.034, 0.024)
_CHEEKS = ((0.455, 0.885), (0.578, 0.885))
_EYES = ((0.479, 0.8385), (0.554, 0.8385))
_USED = ((0.17, 0.86, 0.63, 1.0), (0.0, 0.25, 0.16, 0.60), (0.35, 0.46, 0.0, 0.16), (0.85, 1.0, 0.74, 0.94))
"""Rows and columns of head, chest, ear canals and mouth in the pack's layout; the rest is not shown."""
_IRISES = ((0.295, 0.703), (0.703, 0.295))
"""Rows and columns of the irises in the pack's eye textures, in texture sides."""
_IRIS_RADIUS = 0.118
_FIRST_WRINKLE = 8
_FIELD_SEED = 20230612
_FIELD_COLORS = np.array(
    [
        [-0.02, -0.16, -0.13],  # rosy cheeks and nose
        [0.00, -0.07, -0.07],  # redness
        [-0.06, -0.08, -0.10],  # darkness
        [-0.25, -0.42, -0.52],  # freckles
        [-1.10, -1.45, -1.60],  # four sets of moles
        [-1.10, -1.45, -1.60],
        [-1.10, -1.45, -1.60],
        [-1.10, -1.45, -1.60],
        [-0.22, -0.34, -0.38],  # wrinkles of the forehead
        [-0.20, -0.32, -0.36],  # beside the eyes
        [-0.20, -0.32, -0.36],  # beside nose and mouth, and under the eyes
        [-0.03, -0.42, -0.30],  # blusher
    ],
    dtype=np.float32,
)
"""Logarithmic change of albedo where a field is 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """Linear albedo (H, W, 3) and, where something is not opaque, coverage (H, W) in 0..255."""

    albedo: FloatArray
    coverage: ByteArray | None = None


def skin_texture(person: Person, pack: HeadPack, size: int) -> Texture:
    """Blend the pack's skins into a person's, at `size` pixels a side."""
    shares = skin_shares(person, pack)
    tone = skin_color(person.skin_tone) * np.exp(
        person.skin_tint[0] * np.array([0.5, -0.4, 0.0]) + person.skin_tint[1] * np.array([0.0, 0.0, -1.0])
    )
    albedo = np.full((size, size, 3), tone, dtype=np.float32)
    for box in _USED:
        top, bottom, left, right = (round(side * size) for side in box)
        albedo[top:bottom, left:right] = 0
        for name, share in shares.items():
            whole = pack.skin(name, size)
            accumulate(albedo[top:bottom, left:right], whole[top:bottom, left:right], np.float32(share))
    fields = _fields(size)
    strengths = np.concatenate(
        [person.blotches, [person.freckles], person.moles, wrinkle_depths(person), [person.makeup.blush]]
    ).astype(np.float32)
    logs = strengths[:, None] * _FIELD_COLORS
    used = np.flatnonzero(np.abs(strengths) > 1e-3)
    lip_log = person.lips[0] * np.array([0.3, -1.0, -0.7]) + person.lips[1]
    makeup = person.makeup
    cover = np.array([makeup.lips, 0.65 * makeup.lids], dtype=np.float32)
    paints = np.stack([makeup.lip_color, makeup.lid_color]).astype(np.float32)
    for index, box in enumerate(_USED):
        top, bottom, left, right = (round(side * size) for side in box)
        tint(
            albedo[top:bottom, left:right],
            tone.astype(np.float32),
            fields[used] if index == 0 else fields[:0],
            logs[used].astype(np.float32),
            _lip_field(size),
            lip_log.astype(np.float32),
            _lid_field(size),
            cover,
            paints,
        )
    return Texture(_painted(albedo, person, 0))


def wrinkle_depths(person: Person) -> NDArray[np.float64]:
    """Return how deep (3,) the wrinkles of forehead, eyes and mouth are, 0 to about 2: age and expression."""
    by_age = float(np.interp(person.age, [28, 45, 80], [0.0, 0.35, 1.2])) * (1 + 0.6 * person.wrinkles)
    smile, raised = person.smile, max(0.0, person.brow)
    return np.array(
        [
            by_age * (0.7 + 0.8 * raised) + 0.35 * raised,
            by_age * (0.6 + 0.9 * smile) + 0.25 * smile,
            by_age * (0.7 + 0.5 * smile) + 0.30 * smile,
        ]
    )


def skin_relief(person: Person, pack: HeadPack) -> FloatArray:
    """Return the fine height field (1024, 1024) of a person's skin: pores of the chief skin, and wrinkles."""
    shares = skin_shares(person, pack)
    relief = pack.skin_relief(max(shares, key=lambda name: shares[name])) * np.float32(1 + 0.5 * person.pores)
    size = relief.shape[0]
    fields = _fields(size)[_FIRST_WRINKLE : _FIRST_WRINKLE + 3]
    depths = wrinkle_depths(person).astype(np.float32)
    top, bottom, left, right = (round(side * size) for side in _FACE)
    relief[top:bottom, left:right] -= 0.12 * np.tensordot(depths, fields, axes=1)
    return np.asarray(relief, dtype=np.float32)


def skin_shares(person: Person, pack: HeadPack) -> dict[str, float]:
    """Return the pack's skins with the shares, summing to 1, in which age, sex and tone blend them."""
    bands = {
        "young": float(np.interp(person.age, [20, 45], [1, 0])),
        "middleage": float(np.interp(person.age, [20, 45, 50, 75], [0, 1, 1, 0])),
        "old": float(np.interp(person.age, [50, 75], [0, 1])),
    }
    dark = float(np.interp(person.skin_tone, np.log([0.07, 0.18]), [1, 0]))
    shares: dict[str, float] = {}
    for band, band_share in bands.items():
        for sex, sex_share in (("female", 1 - person.gender), ("male", person.gender)):
            for is_dark, dark_share in ((True, dark), (False, 1 - dark)):
                group = [
                    name
                    for name in pack.skin_names
                    if name.startswith(band) and f"_{sex}" in name and ("_dark" in name) == is_dark
                ]
                scores = np.exp(2.0 * person.skin_mix[: len(group)])
                for name, score in zip(group, scores / max(scores.sum(), 1e-9), strict=True):
                    shares[name] = band_share * sex_share * dark_share * float(score)
    kept = {name: share for name, share in shares.items() if share > 0.04}
    if not kept:
        kept = dict.fromkeys(pack.skin_names, 1.0)
    own = (1 - float(person.stray_skins.sum())) / sum(kept.values())
    kept = {name: own * share for name, share in kept.items()}
    for name, share in zip(pack.skin_names, person.stray_skins, strict=False):
        if share > 0:
            kept[name] = kept.get(name, 0.0) + float(share)
    total = sum(kept.values())
    return {name: share / total for name, share in kept.items()}


def hair_texture(person: Person, pack: HeadPack, name: str, size: int) -> Texture:
    """Colour a hair style by its own lightness."""
    color = hair_color(person.hair_light, person.hair_warmth)
    return _strands(pack.texture(name, size), color, person, contrast=1.1)


def grown_hair_texture(person: Person, hairdo: Hairdo) -> Texture:
    """Colour hair that grows."""
    albedo, coverage = hair_atlas(
        hair_color(person.hair_light, person.hair_warmth),
        root_dark=hairdo.root_dark,
        tip_light=hairdo.tip_light,
        variation=hairdo.variation,
        grey=hairdo.grey,
        curly=hairdo.curl > 0.5,
        clumped=0.3 + 0.5 * hairdo.frizz,
    )
    return Texture(_painted(albedo, person, 1), coverage)


def whiskers_texture(person: Person) -> Texture:
    """Colour beard and moustache like the hair, or a little apart from it."""
    whiskers = person.whiskers
    color = hair_color(person.hair_light, min(1.0, 1.1 * person.hair_warmth)) * np.exp(whiskers.darkness)
    albedo, coverage = hair_atlas(
        color, root_dark=0.1, tip_light=0.1, variation=0.25, grey=whiskers.grey, curly=True, clumped=0.9
    )
    return Texture(_painted(albedo, person, 1), coverage)


def grown_brow_texture(person: Person) -> Texture:
    """Colour brows that grow: darker than the hair, never light."""
    color = hair_color(person.hair_light, 0.8 * person.hair_warmth) * np.exp(person.brow_darkness)
    color = np.minimum(color, 0.12)
    albedo, coverage = hair_atlas(
        color, root_dark=0.0, tip_light=0.3, variation=0.3, grey=0.0, curly=False, clumped=1.0
    )
    return Texture(_painted(albedo, person, 1), coverage)


def brow_texture(person: Person, pack: HeadPack, size: int) -> Texture:
    """Colour the eyebrows: darker than the hair, never light."""
    color = hair_color(person.hair_light, 0.8 * person.hair_warmth) * np.exp(person.brow_darkness)
    color = np.minimum(color, 0.12)
    brow = _strands(pack.texture(f"eyebrows/{person.brow_style}", size), color, person, contrast=1.0)
    if brow.coverage is None:
        return brow
    # the pack's brows are plucked thin; soft edges count for more
    denser = 255.0 * (brow.coverage / 255.0) ** 0.6
    return Texture(brow.albedo, denser.astype(np.uint8))


def lash_texture(person: Person, pack: HeadPack, size: int) -> Texture:
    """Colour the eyelashes, nearly black."""
    color = np.array([0.012, 0.010, 0.009])
    lashes = _strands(pack.texture(f"eyelashes/{person.lash_style}", size), color, person, contrast=1.0)
    if lashes.coverage is None:
        return lashes
    # the pack's lashes are made up; thinned, they are those of a plain face
    return Texture(lashes.albedo, ((0.42 + 0.55 * person.makeup.liner) * lashes.coverage).astype(np.uint8))


def eye_texture(person: Person, pack: HeadPack, size: int) -> Texture:
    """Blend the irises; eyeballs are greyed and darkened, since the pack's glow."""
    names = pack.eye_names
    pictures = [
        (share, picture)
        for share, name in zip(person.eyes, names, strict=True)
        if share > 0 and (picture := pack.texture(f"eyes/{name}", size)) is not None
    ]
    if not pictures:
        return plain_texture(0.3)
    rgb = sum((share * _SRGB_TO_LINEAR[p[..., :3]] for share, p in pictures), start=np.float32(0))
    lightness = np.mean(rgb, axis=2, keepdims=True)
    grey = np.clip((lightness - 0.08) / 0.2, 0.2, 0.75)
    rgb = (rgb * (1 - grey) + lightness * grey) * np.array([0.70, 0.65, 0.62])
    rgb = rgb * (1 - 0.5 * _iris_mask(rgb.shape[0]))[..., None]
    return Texture(rgb.astype(np.float32), np.ascontiguousarray(pictures[0][1][..., 3]))


def mouth_texture(person: Person, pack: HeadPack, name: str, size: int) -> Texture:
    """Teeth or tongue, a little warmer than in the pack."""
    picture = pack.texture(name, size)
    if picture is None:
        return plain_texture(0.5)
    factor = np.array([1.14, 1.09, 1.00])
    if name.startswith("teeth/"):
        light, yellow = person.teeth
        factor = factor * np.exp(light + yellow * np.array([0.1, 0.0, -1.0]))
    return Texture(np.minimum(_SRGB_TO_LINEAR[picture[..., :3]] * factor.astype(np.float32), 0.95))


def clothes_texture(person: Person, pack: HeadPack, size: int) -> Texture:
    """Tint the garment, or weave it anew and keep its folds."""
    picture = pack.texture(f"clothes/{person.clothes}", size)
    if person.cloth is not None:
        return _woven(person, picture, size)
    dye = np.exp(person.clothes_tint)
    if picture is None:
        return plain_texture(*np.clip(0.16 * dye, 0.01, 0.8))
    rgb = _SRGB_TO_LINEAR[picture[..., :3]]
    lightness = (rgb @ LUMINANCE.astype(np.float32))[..., None]
    grey = np.float32(person.clothes_grey)
    tinted = np.clip((rgb * (1 - grey) + lightness * grey) * dye.astype(np.float32), 0.004, 0.85)
    return Texture(tinted.astype(np.float32))


def _woven(person: Person, picture: ByteArray | None, size: int) -> Texture:
    woven = person.cloth
    if woven is None:
        return plain_texture(0.2)
    if picture is not None:
        size = picture.shape[0]
    albedo = cloth(woven.pattern, size, woven.scale, woven.first, woven.second)
    if picture is not None and picture.shape[0] == picture.shape[1]:
        lightness = _SRGB_TO_LINEAR[picture[..., :3]] @ LUMINANCE.astype(np.float32)
        folds = np.clip(lightness / max(float(np.median(lightness)), 1e-3), 0.3, 2.0) ** 0.5
        albedo = albedo * folds[..., None]
    return Texture(np.clip(albedo, 0.004, 0.85).astype(np.float32))


def headwear_texture(worn: Headwear, size: int) -> Texture:
    """Weave a hat or a scarf."""
    return Texture(np.clip(cloth(worn.pattern, size, worn.scale, worn.first, worn.second), 0.004, 0.85))


def glass_texture(frame: Spectacles) -> Texture:
    """Colour the lenses of spectacles."""
    albedo, coverage = lens_texture(frame)
    return Texture(albedo, coverage)


def plain_texture(red: float, green: float | None = None, blue: float | None = None) -> Texture:
    """One colour; grey if only one number is given."""
    color = [red, red if green is None else green, red if blue is None else blue]
    return Texture(np.tile(np.asarray(color, dtype=np.float32), (4, 4, 1)))


def _strands(
    picture: ByteArray | None, color: NDArray[np.float64], person: Person, *, contrast: float
) -> Texture:
    if picture is None:
        return plain_texture(*color)
    coverage = np.ascontiguousarray(picture[..., 3])
    lightness = _SRGB_TO_LINEAR[picture[..., :3]] @ LUMINANCE.astype(np.float32)
    weight = coverage / 255.0
    mean = float((lightness * weight).sum() / max(weight.sum(), 1e-6))
    relative = np.clip(lightness / max(mean, 1e-4), 0.08, 3.0) ** contrast
    albedo = relative[..., None].astype(np.float32) * color.astype(np.float32)
    return Texture(_painted(albedo, person, 1), coverage)


def _painted(albedo: FloatArray, person: Person, layer: int) -> FloatArray:
    """Multiply by the person's random colour pattern, if it has one."""
    if person.paint is None:
        return albedo
    seed, strength = person.paint
    _, pattern = overlay(np.random.default_rng([seed, layer]), albedo.shape[:2], strength)
    return np.asarray(np.clip(albedo * np.exp(np.clip(pattern, -3, 3)), 0.003, 0.9), dtype=np.float32)


@lru_cache(maxsize=3)
def _fields(size: int) -> FloatArray:
    """Return the fixed fields (12, h, w) over the face's part of a texture, in the order of _FIELD_COLORS."""
    rng = np.random.default_rng(_FIELD_SEED)
    top, bottom, left, right = (round(side * size) for side in _FACE)
    rows, columns = np.meshgrid(
        (np.arange(top, bottom) + 0.5) / size, (np.arange(left, right) + 0.5) / size, indexing="ij"
    )
    rosy = sum(_bump(rows, columns, at, 0.032) for at in _CHEEKS) + 0.7 * _bump(rows, columns, _NOSE, 0.014)
    clouds = []
    for cells in (14, 22):
        noise = Image.fromarray(rng.normal(0, 1, (cells, cells)).astype(np.float32))
        clouds.append(np.asarray(noise.resize(rows.shape[::-1], Image.Resampling.BICUBIC)))
    freckles = np.zeros(rows.shape)
    for _ in range(900):
        # over cheeks and nose, thinning out towards the jaw and the forehead
        at = (rng.normal(0.5167, 0.055), rng.normal(0.872, 0.024))
        _add_spot(freckles, at, rng.uniform(0.0009, 0.0024), rng.uniform(0.3, 1.0), size, top, left)
    moles = []
    for _ in range(4):
        spots = np.zeros(rows.shape)
        for _ in range(3):
            at = (rng.uniform(0.42, 0.61), rng.uniform(0.82, 0.955))
            _add_spot(spots, at, rng.uniform(0.0014, 0.0026), 1.0, size, top, left)
        moles.append(spots)
    wrinkles = _wrinkles(rows, columns)
    blusher = sum(_bump(rows, columns, at, 0.027) for at in _CHEEKS)
    stack = np.stack([rosy, *clouds, np.minimum(freckles, 1.2), *moles, *wrinkles, blusher])
    return np.asarray(stack, dtype=np.float32)


def _wrinkles(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return lines (h, w) across the forehead, beside the eyes, and about nose and mouth."""
    aside = rows - _NOSE[0]
    forehead = np.zeros(rows.shape)
    for line, strength in ((0.768, 0.6), (0.780, 1.0), (0.792, 0.9), (0.802, 0.6)):
        middle = line + 0.0015 * np.cos(aside / 0.016 + 40 * line) + 0.9 * aside**2
        forehead += strength * np.exp(-(((columns - middle) / 0.0013) ** 2))
    forehead *= np.exp(-((aside / 0.050) ** 4))
    eyes, mouth = np.zeros(rows.shape), np.zeros(rows.shape)
    for row, column in _EYES:
        outward = np.sign(row - _NOSE[0]) * (rows - row)
        beyond = np.maximum(outward - 0.021, 0)
        reach = np.clip(beyond / 0.004, 0, 1) * np.exp(-((beyond / 0.014) ** 2))
        for slope in (-0.5, -0.1, 0.3):
            middle = column + slope * (outward - 0.019)
            eyes += reach * np.exp(-(((columns - middle) / 0.0011) ** 2))
        bag = column + 0.0125 - 6.0 * (rows - row) ** 2
        mouth += 0.6 * np.exp(-(((columns - bag) / 0.0016) ** 2)) * np.exp(-(((rows - row) / 0.015) ** 4))
        # from the wing of the nose past the mouth's corner
        fold = np.abs(aside) - (0.0165 + 0.020 * np.clip((columns - 0.882) / 0.036, 0, 1.2))
        ends = np.clip((columns - 0.880) / 0.006, 0, 1) * np.clip((0.926 - columns) / 0.012, 0, 1)
        mouth += np.exp(-((fold / 0.0021) ** 2)) * ends * (np.sign(row - _NOSE[0]) == np.sign(aside))
    return [forehead, eyes, mouth]


def _bump(
    rows: NDArray[np.float64], columns: NDArray[np.float64], at: tuple[float, float], radius: float
) -> NDArray[np.float64]:
    squared = ((rows - at[0]) ** 2 + (columns - at[1]) ** 2) / radius**2
    bump: NDArray[np.float64] = np.exp(-squared)
    return bump


def _add_spot(
    field: NDArray[np.float64],
    at: tuple[float, float],
    radius: float,
    strength: float,
    size: int,
    top: int,
    left: int,
) -> None:
    """Add a soft dot in place; positions and radius in texture sides."""
    row, column = at[0] * size - top, at[1] * size - left
    reach = max(2, round(3 * radius * size))
    r0, c0 = max(0, round(row) - reach), max(0, round(column) - reach)
    patch = field[r0 : round(row) + reach + 1, c0 : round(column) + reach + 1]
    rows = np.arange(r0, r0 + patch.shape[0])[:, None] + 0.5 - row
    columns = np.arange(c0, c0 + patch.shape[1])[None] + 0.5 - column
    # never thinner than half a texel, or the dot would come and go with the resolution
    width = max(radius * size, 0.5)
    patch += strength * (radius * size / width) ** 2 * np.exp(-(rows**2 + columns**2) / width**2)


@lru_cache(maxsize=3)
def _iris_mask(size: int) -> FloatArray:
    """Return where the irises lie in an eye texture (S, S), 0 to 1."""
    axis = (np.arange(size) + 0.5) / size
    distance = np.min([np.hypot(axis[:, None] - row, axis[None] - column) for row, column in _IRISES], axis=0)
    return np.asarray(np.clip((_IRIS_RADIUS - distance) / 0.01, 0, 1), dtype=np.float32)


@lru_cache(maxsize=3)
def _lip_field(size: int) -> FloatArray:
    """Return where lips can be (h, w); which texels are lips their redness decides."""
    top, bottom, left, right = (round(side * size) for side in _FACE)
    rows = (np.arange(top, bottom) + 0.5)[:, None] / size
    columns = (np.arange(left, right) + 0.5)[None] / size
    distance = np.hypot((rows - _LIPS[0]) / _LIP_RADII[0], (columns - _LIPS[1]) / _LIP_RADII[1])
    return np.asarray(np.clip((1.0 - distance) / 0.25, 0, 1), dtype=np.float32)


@lru_cache(maxsize=3)
def _lid_field(size: int) -> FloatArray:
    """Return where the upper lids lie (h, w), 0 to 1."""
    top, bottom, left, right = (round(side * size) for side in _FACE)
    rows = (np.arange(top, bottom) + 0.5)[:, None] / size
    columns = (np.arange(left, right) + 0.5)[None] / size
    lids = np.zeros((bottom - top, right - left))
    for row, column in _EYES:
        lids += np.exp(-(((rows - row) / 0.021) ** 4) - ((columns - column + 0.0075) / 0.0085) ** 4)
    return np.asarray(np.clip(lids, 0, 1), dtype=np.float32)
