"""Things before a face that are no part of the head: hands, microphones, telephones, cups, bars.

They exist in the photograph alone. `sample_occluder` gives one as a layer over the picture; the head's matte
and its own colours stay what they are:

    photograph's head = foreground * (1 - layer alpha),   photograph's matte = matte * (1 - layer alpha).

Shapes are heights over the picture's plane, joined smoothly and lit from one side; no mesh is needed for what
only ever hides something.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from goae_core.training.synthetic.color import skin_color, to_srgb

Floats = NDArray[np.float64]

OCCLUDERS = ("hand", "microphone", "telephone", "cup", "bar")
_SOFT = 1.2
"""Pixels over which an edge fades."""


def sample_occluder(
    rng: np.random.Generator,
    resolution: int,
    mouth: tuple[float, float],
    *,
    skin_tone: float = -1.2,
    light: tuple[float, float] = (0.3, 0.5),
) -> tuple[str, NDArray[np.uint8]]:
    """Draw something before a face.

    Args:
        rng: Decides what and where.
        resolution: R.
        mouth: Place of the mouth in picture sides, (right, down).
        skin_tone: Of a hand: logarithm of the luminance of its albedo.
        light: Rightward and upward part of the direction to most of the light.

    Returns:
        One of OCCLUDERS and its layer (R, R, 4): premultiplied sRGB and coverage.
    """
    kind = OCCLUDERS[int(rng.choice(len(OCCLUDERS), p=[0.45, 0.25, 0.12, 0.10, 0.08]))]
    axis = (np.arange(resolution) + 0.5) / resolution
    x, y = np.meshgrid(axis, axis)
    toward = np.array([light[0], light[1], max(0.35, 1 - float(np.hypot(*light)) ** 2)])
    toward /= np.linalg.norm(toward)
    draw = {"hand": _hand, "microphone": _microphone, "telephone": _telephone, "cup": _cup, "bar": _bar}[kind]
    height, inside, albedo, gloss = draw(rng, x, y, mouth, skin_tone)
    slope_y, slope_x = np.gradient(height, 1 / resolution)
    normal = np.stack([-slope_x, slope_y, np.ones_like(height)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    lit = 0.30 + 0.85 * np.clip(normal @ toward, 0, 1)
    half = toward + np.array([0.0, 0.0, 1.0])
    half /= np.linalg.norm(half)
    shine = gloss * np.clip(normal @ half, 0, 1) ** 30
    color = albedo * lit[..., None] * rng.uniform(0.8, 1.3) + shine[..., None]
    alpha = np.clip(inside * resolution / _SOFT + 0.5, 0, 1)[..., None]
    shown = 255 * to_srgb(np.clip(color, 0, 1)) * alpha
    return kind, (np.concatenate([shown, 255 * alpha], axis=-1) + 0.5).astype(np.uint8)


_Drawn = tuple[Floats, Floats, Floats, float]
"""Height (R, R), signed distance inside (R, R) in picture sides, albedo (R, R, 3), gloss."""


def _capsule(
    x: Floats, y: Floats, start: Floats, end: Floats, first: float, last: float
) -> tuple[Floats, Floats]:
    """Return the distance inside a tapered capsule and the share of the way along it."""
    axis = end - start
    along = np.clip(
        ((x - start[0]) * axis[0] + (y - start[1]) * axis[1]) / max(float(axis @ axis), 1e-9), 0, 1
    )
    away = np.hypot(x - start[0] - along * axis[0], y - start[1] - along * axis[1])
    return first + (last - first) * along - away, along


def _round(inside: Floats, radius: float) -> Floats:
    """Return the height of a rounded rim for a distance inside."""
    within = np.clip(inside / radius, 0, 1)
    return radius * np.sqrt(np.maximum(1 - (1 - within) ** 2, 0))


def _hand(rng: np.random.Generator, x: Floats, y: Floats, mouth: tuple[float, float], tone: float) -> _Drawn:
    """A palm, four fingers and a thumb, coming from below or from a side."""
    place = np.array(mouth) + rng.normal([0, -0.02], [0.16, 0.12])
    turn = rng.uniform(-1.2, 1.2)
    up = np.array([np.sin(turn), -np.cos(turn)])
    aside = np.array([-up[1], up[0]]) * rng.choice([-1, 1])
    size = rng.uniform(1.0, 1.5)
    width = 0.042 * size
    palm = place - up * 0.20 * size
    inside, _ = _capsule(x, y, palm - 0.06 * up, palm + 0.07 * up, 0.105 * size, 0.10 * size)
    height = 0.5 * _round(inside, 0.10 * size)
    crease = np.zeros_like(x)
    spread, bend = rng.uniform(0.0, 0.30), rng.uniform(-0.2, 0.5)
    nail = np.zeros_like(x)
    back = rng.random() < 0.5
    for finger in range(4):
        offset = (finger - 1.5) * 0.060 * size
        length = size * (0.17, 0.205, 0.195, 0.15)[finger] * rng.uniform(0.75, 1.05)
        base = palm + 0.08 * up * size + offset * aside
        lean = up + (finger - 1.5) * spread * aside
        lean /= np.linalg.norm(lean)
        knuckle = base + 0.55 * length * lean
        tip = knuckle + 0.45 * length * (lean + bend * aside * (finger - 1.5) * 0.3)
        for one, two, first, last in (
            (base, knuckle, width * 0.80, width * 0.72),
            (knuckle, tip, width * 0.72, width * 0.55),
        ):
            part, along = _capsule(x, y, one, two, first, last)
            over = part > -0.004
            rise = _round(part, width) + 0.012 * finger * 0.2 + 0.01
            height = np.where(over & (rise > height), rise, height)
            inside = np.maximum(inside, part)
            crease = np.maximum(crease, np.exp(-(((along - 0.97) * length / 0.006) ** 2)) * (part > 0))
        nail_part, _ = _capsule(x, y, tip - 0.010 * lean, tip + 0.008 * lean, width * 0.36, width * 0.34)
        nail = np.maximum(nail, np.clip(nail_part / 0.004, 0, 1))
    thumb_base = palm - 0.03 * up + 0.07 * aside * size
    thumb = thumb_base + size * 0.15 * (0.75 * up + rng.uniform(0.4, 1.0) * aside)
    part, _ = _capsule(x, y, thumb_base, thumb, width * 0.95, width * 0.62)
    height = np.maximum(height, _round(part, width))
    inside = np.maximum(inside, part)
    wrist, _ = _capsule(x, y, palm, palm - up * 0.6, 0.085 * size, 0.09 * size)
    height = np.maximum(height, 0.5 * _round(wrist, 0.09 * size))
    inside = np.maximum(inside, wrist)
    skin = skin_color(float(np.clip(tone + rng.normal(0, 0.15), -3.4, -0.7)))
    log = 0.05 * rng.normal(0, 1, x.shape) - (0.35 if back else 0.15) * crease
    albedo = skin * np.exp(log)[..., None]
    if back:
        albedo = albedo * (1 - 0.5 * nail[..., None]) + 0.5 * nail[..., None] * np.minimum(
            1.5 * skin + 0.05, 0.8
        )
    if rng.random() < 0.5:  # a sleeve
        sleeve = np.clip(((palm - 0.16 * up) @ up - (x * up[0] + y * up[1])) / 0.006, 0, 1)
        cloth = np.exp(rng.uniform(-4, -0.7) + rng.normal(0, 0.3, 3))
        albedo = albedo * (1 - sleeve[..., None]) + sleeve[..., None] * cloth
    return height, inside, albedo, 0.05


def _microphone(
    rng: np.random.Generator, x: Floats, y: Floats, mouth: tuple[float, float], tone: float
) -> _Drawn:
    """A ball of mesh or foam on a handle, before the chin or the mouth."""
    del tone
    head = np.array(mouth) + rng.normal([0, 0.09], [0.07, 0.05])
    turn = rng.normal(0, 0.5)
    down = np.array([np.sin(turn), np.cos(turn)])
    radius = rng.uniform(0.045, 0.085)
    ball, _ = _capsule(x, y, head, head + 0.3 * radius * down, radius, radius * 0.95)
    stick, _ = _capsule(x, y, head + 1.1 * radius * down, head + 0.9 * down, radius * 0.55, radius * 0.5)
    height = np.maximum(_round(ball, radius), _round(stick, 0.5 * radius))
    along, across = (x * down[0] + y * down[1]) / radius * 18, (x * down[1] - y * down[0]) / radius * 18
    foam = rng.random() < 0.4
    mesh = 0.55 + 0.45 * np.sign(np.sin(along) * np.sin(across))
    grain = np.exp(0.3 * rng.normal(0, 1, x.shape)) if foam else mesh
    metal = rng.choice([0.03, 0.25, 0.5])
    ball_color = np.full(3, 0.03 if foam else metal) * np.exp(
        rng.normal(0, 0.2, 3) * (rng.random() < 0.3) * 4
    )
    on_ball = (ball > stick)[..., None]
    albedo = np.where(on_ball, ball_color * grain[..., None], np.full(3, 0.02))
    return height, np.maximum(ball, stick), np.clip(albedo, 0.004, 0.8), 0.0 if foam else 0.35


def _box(x: Floats, y: Floats, place: Floats, sides: Floats, turn: float) -> Floats:
    """Return the distance inside a box with round corners."""
    corner = 0.2 * float(sides.min())
    u = np.abs((x - place[0]) * np.cos(turn) + (y - place[1]) * np.sin(turn)) - sides[0] + corner
    v = np.abs(-(x - place[0]) * np.sin(turn) + (y - place[1]) * np.cos(turn)) - sides[1] + corner
    inside: Floats = corner - np.hypot(np.maximum(u, 0), np.maximum(v, 0)) - np.minimum(np.maximum(u, v), 0)
    return inside


def _telephone(
    rng: np.random.Generator, x: Floats, y: Floats, mouth: tuple[float, float], tone: float
) -> _Drawn:
    """A flat box at the cheek."""
    del tone
    side = rng.choice([-1, 1])
    place = np.array(mouth) + np.array([side * rng.uniform(0.10, 0.30), rng.uniform(-0.20, 0.10)])
    inside = _box(x, y, place, np.array([0.085, 0.165]) * rng.uniform(0.8, 1.2), rng.normal(0, 0.4))
    color = np.exp(rng.uniform(-4.5, -0.5) + rng.normal(0, 0.15, 3))
    lens = np.hypot(x - place[0] + 0.05, y - place[1] + 0.12) < 0.018
    albedo = np.where(lens[..., None], 0.01, np.broadcast_to(color, (*x.shape, 3)))
    return 0.4 * _round(inside, 0.02), inside, albedo, 0.3


def _cup(rng: np.random.Generator, x: Floats, y: Floats, mouth: tuple[float, float], tone: float) -> _Drawn:
    """A cup at the lips."""
    del tone
    place = np.array(mouth) + np.array([rng.normal(0, 0.04), rng.uniform(0.06, 0.14)])
    half = rng.uniform(0.07, 0.12)
    inside = _box(x, y, place, np.array([half, half * rng.uniform(0.9, 1.4)]), rng.normal(0, 0.15))
    across = np.clip((x - place[0]) / half, -1, 1)
    color = np.exp(rng.uniform(-3, -0.3) + rng.normal(0, 0.3, 3))
    band = (np.abs(y - place[1]) < 0.02)[..., None] * rng.random()
    albedo = np.clip(color * (1 - band) + band * np.exp(rng.uniform(-4, -0.5, 3)), 0.01, 0.85)
    return half * np.sqrt(1 - 0.98 * across**2), inside, albedo, 0.25


def _bar(rng: np.random.Generator, x: Floats, y: Floats, mouth: tuple[float, float], tone: float) -> _Drawn:
    """Something long across the picture: a stick, a cable, the edge of a table, somebody's shoulder."""
    del tone
    turn = rng.uniform(0, np.pi)
    place = np.array(mouth) + rng.normal(0, 0.18, 2)
    radius = float(np.exp(rng.uniform(np.log(0.008), np.log(0.12))))
    way = np.array([np.cos(turn), np.sin(turn)])
    inside, _ = _capsule(x, y, place - 1.5 * way, place + 1.5 * way, radius, radius * rng.uniform(0.7, 1.3))
    color = np.exp(rng.uniform(-4, -0.5) + rng.normal(0, 0.4, 3))
    return (
        _round(inside, radius),
        inside,
        np.broadcast_to(np.clip(color, 0.01, 0.8), (*x.shape, 3)).copy(),
        0.1,
    )
