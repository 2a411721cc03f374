"""Hair that grows: roots on the skin, strands combed, pulled down and kept off the head, soft ribbons.

A ribbon stands for a few hundred hairs. All of a head's strands are grown at once, step by step; the nearest
vertex of the head tells each where the surface is. The roots are fixed places of the base mesh, found once
per pack, and so is every random number of a root: a hairdo changes continuously with its parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from goae_core.training.synthetic.hairdo import Brows, Hairdo, Whiskers
from goae_core.training.synthetic.head_pack import HeadPack, smooth_step
from goae_core.training.synthetic.subdivision import FloatArray, IntArray

Floats = NDArray[np.float64]

SCALP_ROOTS = 3000
FACE_ROOTS = 3000
BROW_ROOTS = 3600
ATLAS_COLUMNS = 16
"""Ribbons with different strands and shades that lie side by side in a hair texture."""
_ROOT_SEED = 20261122
_CROWN = np.array([0.0, 8.28, -0.10])
"""Where hair whorls on the base mesh, decimetres."""
_BROW_HEIGHT = 0.118
"""World y above which hair may hang before the face."""
_CHIN_HEIGHT = -0.26


@dataclass(frozen=True, slots=True, eq=False)
class Roots:
    """Fixed places on the base mesh.

    Attributes:
        corners: (N, 4) base vertices.
        weights: (N, 4) their shares.
        place: (N, 3) on the neutral base mesh, decimetres.
        chance: (N, 8) independent uniform numbers.
    """

    corners: IntArray
    weights: Floats
    place: Floats
    chance: Floats

    def on(self, values: NDArray[np.floating]) -> Floats:
        """Carry vertex values (V, C) to the roots (N, C)."""
        carried: Floats = (values[self.corners] * self.weights[..., None]).sum(axis=1)
        return carried


@dataclass(frozen=True, slots=True, eq=False)
class Ribbons:
    """N strands of K nodes.

    Attributes:
        nodes: (N, K, 3) world, from the root to the tip.
        outward: (N, K, 3) unit, away from the head.
        width: (N, K) world.
        column: (N,) of the atlas.
        twist: (N,) radians by which a ribbon is turned about itself.
    """

    nodes: Floats
    outward: Floats
    width: Floats
    column: IntArray
    twist: Floats


@dataclass(frozen=True, slots=True, eq=False)
class HairMesh:
    """Ribbons as triangles, and a sparser copy that casts shadows and gathers light.

    Attributes:
        positions: (P, 3).
        triangles: (T, 3).
        corner_uv: (T, 3, 2).
        normals: (P, 3) unit.
        strands: (P, 3) unit direction of the hair.
        light_from: (P,) the shadow vertex whose light each vertex takes.
        shadow_positions: (Q, 3).
        shadow_normals: (Q, 3), zero where a vertex only casts shadows.
        shadow_triangles: (T', 3).
        shadow_uv: (T', 3, 2).
    """

    positions: FloatArray
    triangles: IntArray
    corner_uv: FloatArray
    normals: FloatArray
    strands: FloatArray
    light_from: IntArray
    shadow_positions: FloatArray
    shadow_normals: FloatArray
    shadow_triangles: IntArray
    shadow_uv: FloatArray


class Surface:
    """The skin that hair grows on and must not enter."""

    def __init__(self, positions: Floats, normals: Floats) -> None:
        """Take vertices (V, 3) in world units with outward unit normals."""
        self._positions = positions
        self._normals = normals
        self._tree = cKDTree(positions)

    def nearest(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the distance (N,) above the tangent plane of the nearest vertex, and its normal (N, 3)."""
        _, index = self._tree.query(points, eps=0.2)
        normal = self._normals[index]
        height: Floats = ((points - self._positions[index]) * normal).sum(axis=1)
        return height, normal


def scalp_density(place: NDArray[np.floating], hairdo: Hairdo) -> Floats:
    """Return how densely hair grows, 0 to 1, at places (N, 3) of the neutral base mesh, decimetres."""
    x, y, z = np.abs(place[:, 0]), place[:, 1], place[:, 2]
    line = np.interp(z, (-0.60, -0.10, 0.10, 0.45, 0.62, 1.10), (6.55, 6.66, 7.34, 7.38, 7.65, 7.73))
    front = smooth_step(z, 0.35, 0.85)
    line = line + hairdo.hairline * front
    # receding starts above the temples and leaves a tongue in the middle
    line = line + 0.42 * hairdo.temples * front * np.exp(-(((x - 0.42) / 0.24) ** 2))
    density = smooth_step(y - line, -0.05, 0.07)
    # ears
    density = density * (1 - smooth_step(x, 0.74, 0.80) * (1 - smooth_step(y, 7.55, 7.65)))
    if hairdo.crown > 0:
        distance = np.hypot(np.hypot(x, 0.75 * (z - 0.35)), 0.6 * (y - 8.45))
        reach = 0.80 * hairdo.crown
        density = density * smooth_step(distance, reach - 0.25, reach + 0.1)
    return np.asarray(density, dtype=np.float64)


def beard_density(
    place: NDArray[np.floating], mouth_height: float, whiskers: Whiskers
) -> tuple[Floats, Floats]:
    """Return how densely beard and moustache grow, each (N,) from 0 to 1, at places (N, 3) in decimetres."""
    x, y, z = np.abs(place[:, 0]), place[:, 1], place[:, 2]
    up = y - mouth_height
    lips = smooth_step(np.hypot(x / 0.31, up / 0.115), 0.9, 1.2)
    front = smooth_step(z, -0.1, 0.3)
    throat = smooth_step(up, -0.66, -0.42)
    # from the ear down along the jaw, below a line that falls from the sideburns to the mouth's corner
    cheek_line = 0.02 + whiskers.cheek_line + 0.95 * smooth_step(x, 0.38, 0.80)
    cheeks = smooth_step(cheek_line - up, -0.08, 0.10)
    beard = cheeks * throat * front * lips * (1 - smooth_step(x, 0.76, 0.84) * smooth_step(up, 0.3, 0.5))
    if whiskers.shape == "goatee":
        beard = beard * (1 - smooth_step(x, 0.24, 0.36))
    elif whiskers.shape == "chinstrap":
        beard = beard * smooth_step(np.hypot(x / 0.62, (up + 0.02) / 0.42), 0.78, 0.98)
    above_lip = smooth_step(up, 0.02, 0.09) * (1 - smooth_step(up, 0.25, 0.31))
    moustache = above_lip * (1 - smooth_step(x, 0.30, 0.42)) * lips * smooth_step(z, 1.0, 1.2)
    beard = beard * (1 - smooth_step(up, 0.02, 0.1) * (1 - smooth_step(x, 0.34, 0.46)))
    return np.asarray(beard, dtype=np.float64), np.asarray(moustache, dtype=np.float64)


def grow_hair(
    hairdo: Hairdo, roots: Roots, world: Floats, normals: Floats, surface: Surface
) -> Ribbons | None:
    """Grow a hairdo on one head; None if nothing is long enough to be seen as more than a shade.

    Args:
        hairdo: Its form.
        roots: Of the scalp.
        world: (V, 3) base mesh in world units.
        normals: (V, 3) of it.
        surface: The same, for collisions.
    """
    place, chance = roots.place, roots.chance
    kept = scalp_density(place, hairdo) * (0.35 + 0.65 * hairdo.density) > chance[:, 0]
    on_top = smooth_step(place[:, 1], 7.72, 8.12)
    length = hairdo.length_side + (hairdo.length_top - hairdo.length_side) * on_top
    at_front = smooth_step(place[:, 2], 0.75, 1.05) * smooth_step(place[:, 1], 7.7, 7.95)
    length = length * (1 + (hairdo.fringe - 1) * at_front)
    length = length * np.exp(0.22 * (chance[:, 1] - 0.5) - 0.5 * hairdo.frizz * chance[:, 2] ** 4)
    kept &= length > 0.017  # what is shorter is a shade on the skin
    # long hair overlaps: fewer strands, wider ones
    from_part = np.abs(place[:, 0] - 0.38 * hairdo.part)
    kept &= (
        (chance[:, 7] < np.interp(length, [0.08, 0.25], [1.0, 0.5]))
        | (from_part < 0.16 * hairdo.parted)
        | (at_front > 0.3)
    )
    if kept.sum() < 8:
        return None
    place, chance, length, on_top, at_front = (
        place[kept],
        chance[kept],
        length[kept],
        on_top[kept],
        at_front[kept],
    )
    start = roots.on(world)[kept]
    outward = _unit(roots.on(normals)[kept])
    side = np.where(place[:, 0] - 0.38 * hairdo.part + 0.02 * (chance[:, 3] - 0.5) > 0, 1.0, -1.0)

    comb = _combing(hairdo, place, outward, on_top, at_front, side)
    lift = 0.12 + 0.75 * hairdo.lift + 0.25 * hairdo.frizz * (chance[:, 4] - 0.5)
    direction = _unit(comb * (1 - lift)[:, None] + outward * lift[:, None])
    tie = _tie_place(hairdo) if hairdo.tie else None
    if tie is not None:
        direction = _unit(comb + 0.1 * outward)
        distance = np.linalg.norm(start - tie, axis=1)
        tail = 0.02 if hairdo.tie == "bun" else 0.6 * hairdo.length_side
        length = 1.35 * distance + tail

    steps = int(np.clip(np.ceil(length.max() / (0.022 + 0.022 * (hairdo.curl < 0.15))), 4, 18))
    step = length / steps
    thickness = (0.006 + 0.05 * hairdo.volume) * np.minimum(1.0, length / 0.12)
    layer = 0.004 + chance[:, 5] * thickness
    if tie is not None:
        layer = 0.003 + 0.012 * chance[:, 5]
    # tight curls carry themselves, and so does short hair
    weight = 7.0 * (1 - 0.75 * hairdo.curl) * (1 - 0.5 * hairdo.lift)
    nodes = np.empty((len(start), steps + 1, 3))
    away = np.empty_like(nodes)
    nodes[:, 0], away[:, 0] = start - 0.004 * outward, outward
    # parted hair keeps the forehead free, too
    clear_above = _BROW_HEIGHT + (0.07 if hairdo.sweep > -0.2 else 0.0) * hairdo.parted
    position = start
    for k in range(1, steps + 1):
        travelled = step * (k - 1)
        pull = np.zeros_like(direction)
        pull[:, 1] = -weight * np.minimum(1.0, travelled / 0.05)
        pull += comb * (8.0 * np.exp(-travelled / 0.10))[:, None]
        if tie is not None:
            toward = tie - position
            distance = np.linalg.norm(toward, axis=1, keepdims=True)
            arrived = distance[:, 0] < 0.035
            pull = np.where(arrived[:, None], [0.0, -30.0, -2.0], 30.0 * toward / np.maximum(distance, 1e-6))
        direction = _unit(direction + step[:, None] * pull)
        position = position + step[:, None] * direction
        if tie is None:
            position = _clear_face(position, side, hairdo.face_open + 0.02 * chance[:, 6], clear_above)
        height, normal = surface.nearest(position)
        margin = layer * np.minimum(1.0, travelled / 0.04 + 0.35) + np.where(
            position[:, 1] < -0.33, 0.02, 0.0
        )
        lack = np.maximum(margin - height, 0.0)
        position = position + lack[:, None] * normal
        inward = np.minimum((direction * normal).sum(axis=1), 0.0) * (lack > 0)
        direction = _unit(direction - inward[:, None] * normal)
        nodes[:, k], away[:, k] = position, normal
    if hairdo.tie == "bun" and tie is not None:
        nodes, away, length, chance = _with_bun(nodes, away, length, chance, tie, hairdo.length_side)
    nodes = _curled(nodes, away, length, hairdo, chance, keep=0.35 if hairdo.tie else 1.0)
    along = np.linspace(0, 1, nodes.shape[1])
    width = np.interp(length, [0.02, 0.06, 0.25], [0.006, 0.010, 0.022]) + 0.005 * hairdo.curl
    width = width[:, None] * (1.0 - 0.45 * along**2)
    width = width * (0.75 + 0.5 * chance[:, 3:4]) / np.sqrt(max(hairdo.density, 0.5))
    column = (chance[:, 6] * ATLAS_COLUMNS).astype(np.int32)
    twist = (chance[:, 4] - 0.5) * (1.2 + 2.0 * max(hairdo.curl, hairdo.frizz))
    return Ribbons(nodes, away, width, column, twist)


def grow_whiskers(
    whiskers: Whiskers,
    beard: float,
    moustache: float,
    roots: Roots,
    mouth_height: float,
    world: Floats,
    normals: Floats,
    surface: Surface,
) -> Ribbons | None:
    """Grow beard and moustache; None where they are no more than stubble.

    Args:
        whiskers: Their form.
        beard: 0 to 1; strands appear above 0.45.
        moustache: 0 to 1, likewise.
        roots: Of the lower face.
        mouth_height: y of the mouth's corners on the neutral base mesh, decimetres.
        world: (V, 3) base mesh in world units.
        normals: (V, 3) of it.
        surface: The same, for collisions.
    """
    place, chance = roots.place, roots.chance
    beard_here, moustache_here = beard_density(place, mouth_height, whiskers)
    is_moustache = moustache_here > beard_here
    strength = np.where(is_moustache, moustache, beard)
    density = np.where(is_moustache, moustache_here, beard_here)
    grown = smooth_step(strength, 0.40, 0.75)
    low = smooth_step(mouth_height - place[:, 1], 0.05, 0.45) * (
        1 - 0.5 * smooth_step(np.abs(place[:, 0]), 0.2, 0.7)
    )
    length = np.where(
        is_moustache, whiskers.moustache_length, 0.012 + (whiskers.length - 0.008) * (0.35 + 0.65 * low)
    )
    length = length * grown * (0.75 + 0.5 * chance[:, 1])
    kept = (density * (0.4 + 0.6 * strength) > chance[:, 0]) & (length > 0.007)
    if kept.sum() < 8:
        return None
    place, chance, length, is_moustache = place[kept], chance[kept], length[kept], is_moustache[kept]
    start = roots.on(world)[kept]
    outward = _unit(roots.on(normals)[kept])
    aside = np.clip(place[:, 0] / 0.12, -1, 1)
    down = np.stack([0.15 * aside, -np.ones(len(start)), 0.1 * np.ones(len(start))], axis=1)
    across = np.stack([1.1 * aside, -0.75 * np.ones(len(start)), np.zeros(len(start))], axis=1)
    comb = np.where(is_moustache[:, None], across, down) + 0.7 * (chance[:, 2:5] - 0.5)
    comb = _unit(comb - (comb * outward).sum(axis=1, keepdims=True) * outward)
    direction = _unit(comb + 0.22 * outward)
    steps = 4
    step = length / steps
    nodes = np.empty((len(start), steps + 1, 3))
    away = np.empty_like(nodes)
    nodes[:, 0], away[:, 0] = start - 0.002 * outward, outward
    position = start
    for k in range(1, steps + 1):
        direction = _unit(direction + step[:, None] * (10.0 * comb + np.array([0.0, -8.0, 0.0])))
        position = position + step[:, None] * direction
        height, normal = surface.nearest(position)
        lack = np.maximum(0.003 + 0.010 * chance[:, 5] * np.minimum(1, length / 0.03) - height, 0.0)
        position = position + lack[:, None] * normal
        nodes[:, k], away[:, k] = position, normal
    wave = 0.15 * length[:, None] * np.sin(np.linspace(0, 3, steps + 1)[None] + 9 * chance[:, 6:7])
    nodes[..., 0] += wave * np.linspace(0, 1, steps + 1)[None]
    # short whiskers are single hairs, long ones hang together
    width = np.interp(length, [0.010, 0.045], [0.0036, 0.0085])[:, None] * (0.7 + 0.6 * chance[:, 7:8])
    width = width * np.linspace(1.0, 0.55, steps + 1)
    column = (chance[:, 6] * ATLAS_COLUMNS).astype(np.int32)
    return Ribbons(nodes, away, width, column, (chance[:, 4] - 0.5) * 2.2)


def ribbon_mesh(ribbons: Ribbons) -> HairMesh:
    """Turn strands into ribbons of triangles."""
    nodes = ribbons.nodes
    count, rows, _ = nodes.shape
    tangent = np.gradient(nodes, axis=1)
    tangent = _unit(tangent)
    across = _unit(np.cross(tangent, ribbons.outward))
    facing = np.cross(across, tangent)
    turn = ribbons.twist[:, None, None]
    aside = np.cos(turn) * across + np.sin(turn) * facing
    half = 0.5 * ribbons.width[..., None] * aside
    positions = np.stack([nodes - half, nodes + half], axis=2).reshape(-1, 3)
    # shaded like a volume of hair rather than like paper
    normal = _unit(0.8 * ribbons.outward + 0.35 * (np.cos(turn) * facing - np.sin(turn) * across))
    triangles, uv = _strips(rows, ribbons.column)

    keep = np.arange(0, count, 2)
    thin = np.unique(np.concatenate([np.arange(0, rows, 2), [rows - 1]]))
    wide = 1.7 * half[keep][:, thin]
    casters = np.stack([nodes[keep][:, thin] - wide, nodes[keep][:, thin] + wide], axis=2).reshape(-1, 3)
    shadow_triangles, shadow_uv = _strips(len(thin), ribbons.column[keep])
    gathering = np.concatenate([nodes.reshape(-1, 3) + 0.004 * ribbons.outward.reshape(-1, 3), casters])
    gathering_normals = np.concatenate([normal.reshape(-1, 3), np.zeros_like(casters)])
    return HairMesh(
        positions=positions.astype(np.float32),
        triangles=triangles,
        corner_uv=uv,
        normals=np.repeat(normal.reshape(-1, 3), 2, axis=0).astype(np.float32),
        strands=np.repeat(tangent.reshape(-1, 3), 2, axis=0).astype(np.float32),
        light_from=np.repeat(np.arange(count * rows, dtype=np.int32), 2),
        shadow_positions=gathering.astype(np.float32),
        shadow_normals=gathering_normals.astype(np.float32),
        shadow_triangles=shadow_triangles + count * rows,
        shadow_uv=shadow_uv,
    )


def grow_brows(brows: Brows, roots: Roots, world: Floats, normals: Floats) -> Ribbons | None:
    """Grow eyebrows; they follow the skin that raises and frowns them.

    Args:
        brows: Their form.
        roots: Of the brow ridge.
        world: (V, 3) base mesh in world units.
        normals: (V, 3) of it.
    """
    place, chance = roots.place, roots.chance
    inside, along, off = _brow_density(place, brows)
    kept = inside * (0.30 + 0.7 * brows.density) > chance[:, 0]
    if kept.sum() < 4:
        return None
    place, chance, along, off = place[kept], chance[kept], along[kept], off[kept]
    start, outward = roots.on(world)[kept], _unit(roots.on(normals)[kept])
    # upright above the nose, lying down towards the temples, both edges towards the middle
    rise = np.interp(along, [0, 0.2, 0.6, 1.0], [1.3, 0.55, 0.05, -0.35]) - 0.35 * np.clip(off, -1, 1)
    rise = rise + (0.3 + 1.0 * brows.bushy) * (chance[:, 1] - 0.5)
    comb = np.stack([np.sign(place[:, 0]), rise, np.zeros(len(place))], axis=1)
    comb = _unit(comb - (comb * outward).sum(axis=1, keepdims=True) * outward)
    length = (0.012 + 0.011 * brows.bushy) * (0.7 + 0.6 * chance[:, 2])
    distance = np.linspace(0, 1, 3)[None] * length[:, None]
    lift = 0.002 + 0.003 * chance[:, 5]
    nodes = start[:, None] + distance[..., None] * comb[:, None]
    nodes = nodes + (lift[:, None] + distance * (0.10 + 0.2 * brows.bushy))[..., None] * outward[:, None]
    nodes[..., 1] -= 4.0 * distance**2
    away = np.broadcast_to(outward[:, None], nodes.shape).copy()
    width = 0.0034 * (0.7 + 0.6 * chance[:, 3:4]) * np.linspace(1, 0.5, 3)[None]
    column = (chance[:, 6] * ATLAS_COLUMNS).astype(np.int32)
    return Ribbons(nodes, away, width, column, (chance[:, 4] - 0.5) * 1.2)


def _brow_density(place: NDArray[np.floating], brows: Brows) -> tuple[Floats, Floats, Floats]:
    """Return how densely brows grow (N,), how far along them a place is, and how far above their middle."""
    along = (np.abs(place[:, 0]) - 0.10) / (0.50 * brows.tail)
    arch = (0.035 + 0.065 * brows.arch) * np.sin(np.pi * np.clip(0.15 + 0.85 * along, 0, 1.15))
    middle = 7.375 + arch - 0.03 * along - 0.03 * brows.lowered
    half = 0.040 * brows.thickness * np.interp(along, [0, 0.15, 0.55, 1.0], [0.75, 1.0, 0.85, 0.25])
    off = (place[:, 1] - middle) / half
    inside = (
        smooth_step(along, -0.03, 0.05) * (1 - smooth_step(along, 0.9, 1.02)) * np.exp(-((off / 0.85) ** 4))
    )
    return np.asarray(inside), along, off


def brow_roots(pack: HeadPack) -> Roots:
    """Return the places where brows can grow."""
    return _pack_roots(pack)[2]


def scalp_roots(pack: HeadPack) -> Roots:
    """Return the places where hair can grow on the scalp."""
    return _pack_roots(pack)[0]


def face_roots(pack: HeadPack) -> Roots:
    """Return the places where whiskers can grow."""
    return _pack_roots(pack)[1]


@lru_cache(maxsize=2)
def _pack_roots(pack: HeadPack) -> tuple[Roots, Roots, Roots]:
    rng = np.random.default_rng(_ROOT_SEED)
    center = pack.vertices[pack.quads].mean(axis=1)
    mouth = float(pack.vertices[pack.mouth_corners[0], 1])
    is_scalp = (center[:, 1] > np.interp(center[:, 2], (-0.6, 0.1, 0.7, 1.1), (6.4, 7.2, 7.5, 7.8))) & (
        (np.abs(center[:, 0]) < 0.80) | (center[:, 1] > 7.6)
    )
    widest = Whiskers("full", 0.1, 0.05, 0.25, 0.0, 0.0)
    corners = pack.vertices[pack.quads].reshape(-1, 3)
    bearded = np.maximum(*beard_density(corners, mouth, widest)).reshape(-1, 4).max(axis=1)
    is_face = bearded > 0.02
    is_brow = (np.abs(center[:, 1] - 7.41) < 0.12) & (center[:, 2] > 0.85) & (np.abs(center[:, 0]) < 0.68)
    return (
        _scatter_roots(pack, np.flatnonzero(is_scalp), SCALP_ROOTS, rng),
        _scatter_roots(pack, np.flatnonzero(is_face), FACE_ROOTS, rng),
        _scatter_roots(pack, np.flatnonzero(is_brow), BROW_ROOTS, rng, _where_brows_can_be),
    )


def _where_brows_can_be(place: Floats) -> Floats:
    """Return where (N,) the thickest brows of any arch grow."""
    shapes = [Brows(2.0, arch, 1.1, 1.0, 0.0, 0.0) for arch in (0.0, 0.5, 1.0)]
    densities: Floats = np.max([_brow_density(place, brows)[0] for brows in shapes], axis=0)
    return densities


def _scatter_roots(
    pack: HeadPack,
    quads: NDArray[np.integer],
    count: int,
    rng: np.random.Generator,
    density: Callable[[Floats], Floats] | None = None,
) -> Roots:
    """Spread roots evenly over quads, or the part of them where a density is above zero.

    Of many places those are taken in turn that no place taken before is close to.
    """
    if not len(quads):
        empty = np.zeros((0, 4))
        return Roots(empty.astype(np.int32), empty, np.zeros((0, 3)), np.zeros((0, 8)))
    corners = pack.vertices[pack.quads[quads]]
    area = np.linalg.norm(np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]), axis=1)
    chosen = rng.choice(len(quads), size=8 * count, p=area / area.sum())
    s, t = rng.random((2, 8 * count))
    weights = np.stack([(1 - s) * (1 - t), s * (1 - t), s * t, (1 - s) * t], axis=1)
    places = (corners[chosen] * weights[..., None]).sum(axis=1)
    share = 1.0
    if density is not None:
        inside = density(places) > 0.02
        chosen, weights, places, share = chosen[inside], weights[inside], places[inside], float(inside.mean())
    spacing = 0.78 * np.sqrt(0.5 * share * area.sum() / count)
    tree = cKDTree(places)
    is_free = np.ones(len(places), dtype=bool)
    taken: list[int] = []
    for index, near in enumerate(tree.query_ball_point(places, spacing)):
        if is_free[index] and len(taken) < count:
            taken.append(index)
            is_free[near] = False
    rest = np.flatnonzero(is_free)[: max(0, count - len(taken))]
    picked = np.concatenate([np.asarray(taken, dtype=np.int64), rest])
    return Roots(
        corners=pack.quads[quads[chosen[picked]]],
        weights=weights[picked],
        place=places[picked],
        chance=rng.random((len(picked), 8)),
    )


def _combing(
    hairdo: Hairdo,
    place: Floats,
    outward: Floats,
    on_top: NDArray[np.floating],
    at_front: NDArray[np.floating],
    side: Floats,
) -> Floats:
    """Return the direction (N, 3) along the skin in which each root's hair is combed."""
    tie = _tie_place(hairdo) if hairdo.tie else None
    whorl = place - _CROWN
    whorl = whorl / np.maximum(np.linalg.norm(whorl, axis=1, keepdims=True), 1e-6)
    if tie is not None:
        # base mesh decimetres and world units share axes; the tie's place needs no more than that here
        toward = np.stack(
            [
                -place[:, 0],
                3.2 * (tie[1] - 0.07) + 7.28 - place[:, 1],
                3.2 * (tie[2] - 0.115) + 1.245 - place[:, 2],
            ],
            axis=1,
        )
        comb = _unit(toward)
    else:
        down = np.array([0.0, -1.0, -0.25])
        radial = whorl * on_top[:, None] + down * (1 - on_top)[:, None]
        aside = np.stack([side, -0.25 + 0.22 * at_front, -0.25 - 0.15 * at_front], axis=1)
        split = (hairdo.parted * on_top)[:, None]
        comb = radial * (1 - split) + 1.2 * aside * split
        toward_back = np.array([0.0, 0.25, -1.0])
        toward_front = np.array([0.0, -0.1, 1.0])
        back = max(hairdo.sweep, 0.0) * (0.25 + 0.75 * on_top)
        front = max(-hairdo.sweep, 0.0) * on_top * (1 - 0.7 * hairdo.parted)
        comb = comb + 1.3 * back[:, None] * toward_back + 1.2 * front[:, None] * toward_front
    comb = comb - (comb * outward).sum(axis=1, keepdims=True) * outward
    return _unit(comb + 1e-4)


def _tie_place(hairdo: Hairdo) -> Floats:
    """Return where hair is gathered, in world units: behind the head, from the nape to the top."""
    angle = np.interp(hairdo.tie_height, [0, 1], [-0.55, 1.25])
    return np.array([0.0, 0.10 + 0.30 * np.sin(angle), -0.10 - 0.24 * np.cos(angle)])


def _clear_face(position: Floats, side: Floats, limit: Floats, above: float) -> Floats:
    """Push what hangs before the face, below the height `above`, to its side."""
    x, y, z = position.T
    low = 1 - smooth_step(y, above - 0.02, above + 0.05)
    high = smooth_step(y, _CHIN_HEIGHT - 0.12, _CHIN_HEIGHT)
    needed = limit * low * (0.35 + 0.65 * high) * (z > 0.02)
    cleared = position.copy()
    # by and by: a strand that jumped would be a zigzag
    cleared[:, 0] = np.where(side * x < needed, x + 0.55 * (side * needed - x), x)
    # beside the face hair hangs no further forward than the cheeks, before the chest it may
    furthest = 0.075 + 0.10 * (1 - high)
    cleared[:, 2] = np.where(low * (z > furthest) > 0, z + 0.5 * low * (furthest - z), z)
    return cleared


def _with_bun(
    nodes: Floats, away: Floats, length: Floats, chance: Floats, tie: Floats, size: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Add strands wound about a ball where hair is gathered."""
    count, rows = 110, nodes.shape[1]
    rng = np.random.default_rng(_ROOT_SEED)
    axis = _unit(rng.normal(0, 1, (count, 3)) * [0.5, 0.5, 0.5] + [0.0, 0.35, -1.0])
    first = _unit(np.cross(axis, rng.normal(0, 1, (count, 3))))
    second = np.cross(axis, first)
    tilt = rng.uniform(-0.9, 0.9, (count, 1, 1))
    angle = np.linspace(0, 2.6, rows)[None, :, None]
    ring = np.cos(angle) * first[:, None] + np.sin(angle) * second[:, None]
    out = _unit(np.sqrt(1 - tilt**2) * ring + tilt * axis[:, None])
    radius = np.interp(size, [0.14, 0.45], [0.05, 0.10])
    center = tie + radius * 0.75 * (tie - np.array([0.0, 0.08, -0.10])) / 0.28
    wound = center + radius * out * rng.uniform(0.85, 1.0, (count, 1, 1))
    return (
        np.concatenate([nodes, wound]),
        np.concatenate([away, out]),
        np.concatenate([length, np.full(count, 2.6 * radius)]),
        np.concatenate([chance, rng.random((count, 8))]),
    )


def _curled(
    nodes: Floats, away: Floats, length: Floats, hairdo: Hairdo, chance: Floats, keep: float
) -> Floats:
    """Wind strands about their own line, and let them stray."""
    along = np.linspace(0, 1, nodes.shape[1])[None]
    distance = along * length[:, None]
    tangent = _unit(np.gradient(nodes, axis=1))
    across = _unit(np.cross(tangent, away))
    shaped = nodes
    if hairdo.curl > 0:
        size = hairdo.curl_size
        radius = keep * hairdo.curl * (0.22 * size + 0.004) * np.clip(distance / (1.2 * size), 0, 1)
        # neighbours curl together, the more the looser the curl
        phase = 2 * np.pi * (distance / size + chance[:, 3:4] * (0.25 + 0.75 * hairdo.curl))
        shaped = shaped + (radius * np.cos(phase))[..., None] * across
        shaped = shaped + (radius * (1 + np.sin(phase)) * 0.7)[..., None] * away
    stray = keep * (0.004 + 0.03 * hairdo.frizz) * np.minimum(1.0, length / 0.10)
    stray = stray * (1 + 3.0 * (chance[:, 2] > 0.96))
    slow = 2 * np.pi * (along * (0.6 + 1.2 * chance[:, 1:2]) + chance[:, 5:6])
    shaped = shaped + (stray[:, None] * along * np.sin(slow))[..., None] * across
    strayed: Floats = shaped + (0.6 * stray[:, None] * along * (1 + np.cos(slow + 1.3)))[..., None] * away
    return strayed


def _strips(rows: int, column: IntArray) -> tuple[IntArray, FloatArray]:
    """Return triangles and texture coordinates of strips of `rows` pairs of vertices, one strip a column."""
    count = len(column)
    strip = (np.arange(count)[:, None] * (2 * rows) + 2 * np.arange(rows - 1)[None]).ravel()
    quads = np.stack([strip, strip + 1, strip + 3, strip + 2], axis=1)
    left = (column[:, None] + 0.04) / ATLAS_COLUMNS
    right = (column[:, None] + 0.96) / ATLAS_COLUMNS
    low = np.arange(rows - 1)[None] / (rows - 1)
    high = np.arange(1, rows)[None] / (rows - 1)
    shape = (count, rows - 1)
    corner = [
        np.stack([np.broadcast_to(u, shape), np.broadcast_to(v, shape)], axis=-1)
        for u, v in ((left, low), (right, low), (right, high), (left, high))
    ]
    uv = np.stack(corner, axis=2).reshape(-1, 4, 2)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    corner_uv = np.concatenate([uv[:, [0, 1, 2]], uv[:, [0, 2, 3]]])
    return triangles.astype(np.int32), corner_uv.astype(np.float32)


def _unit(vectors: Floats) -> Floats:
    length = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    unit: Floats = vectors / np.maximum(length, 1e-9)
    return unit
