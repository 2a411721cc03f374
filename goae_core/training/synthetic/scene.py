"""A dressed person as flat arrays, ready for the light and the rasterizer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from goae_core.training.synthetic.color import hair_color
from goae_core.training.synthetic.head_pack import ByteArray, HeadPack
from goae_core.training.synthetic.morphing import MorphedHead, landmarks, morph
from goae_core.training.synthetic.person import LONG_STYLES, Person
from goae_core.training.synthetic.spectacles import spectacles_mesh
from goae_core.training.synthetic.subdivision import FloatArray, IntArray, triangulate, vertex_normals
from goae_core.training.synthetic.texturing import (
    Texture,
    brow_texture,
    clothes_texture,
    eye_texture,
    hair_texture,
    lash_texture,
    mouth_texture,
    plain_texture,
    skin_shares,
    skin_texture,
)

SKULL_CENTER = np.array([0.0, 0.08, -0.12])
"""World point that hair grows away from."""
_HAIR_HANGS_FROM = -0.02
"""World y below which a long style's hair hangs freely and can be shortened."""


_Number = TypeVar("_Number", bound=np.generic)


class Material(IntEnum):
    """What a triangle is made of; also the part label of a pixel. Background is -1."""

    SKIN = 0
    EYE = 1
    HAIR = 2
    CLOTHES = 3
    TEETH = 4
    BROW = 5
    GLASSES = 6


_TWO_SIDED = (Material.HAIR, Material.CLOTHES, Material.TEETH, Material.BROW, Material.GLASSES)
_CASTS_SHADOW = (Material.SKIN, Material.HAIR, Material.CLOTHES, Material.GLASSES)


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles with textures, as the kernels read them. V vertices, T triangles.

    Attributes:
        positions: (V, 3) world.
        triangles: (T, 3).
        corner_uv: (T, 3, 2); v grows upwards.
        coverage_id: (T,) index into the coverage maps, -1 opaque.
        coverage: All coverage maps, flat.
        coverage_shape: (C, 3) offset, height and width of each.
    """

    positions: FloatArray
    triangles: IntArray
    corner_uv: FloatArray
    coverage_id: IntArray
    coverage: ByteArray
    coverage_shape: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One person in the world, without light.

    Attributes:
        mesh: Everything that is drawn; the refined skin's vertices come first.
        normals: (V, 3) unit.
        strands: (V, 3) unit direction of hair strands, zero off the hair.
        material: (T,) Material.
        two_sided: (T,) whether both sides are drawn.
        vertex_material: (V,).
        albedo: All albedo textures, flat, linear.
        albedo_shape: (K, 3) offset, height and width of each.
        albedo_id: (T,) index into them.
        fuzz: (V,) how densely hair roots cover the skin, 0 to 1.
        fuzz_color: (3,) their linear albedo.
        relief: (1024, 1024) fine height field of the skin, in its texture's layout.
        gloss: Factor on the skin's highlight.
        shadow_mesh: The coarse skin and everything else: casts shadows and gathers light.
        shadow_normals: (V', 3) of it.
        coarse_count: Number of coarse skin vertices, which come first in shadow_mesh.
        landmarks: (5, 3) world; see `morphing.landmarks`.
    """

    mesh: Mesh
    normals: FloatArray
    strands: FloatArray
    material: NDArray[np.int8]
    two_sided: NDArray[np.bool_]
    vertex_material: NDArray[np.int8]
    albedo: FloatArray
    albedo_shape: NDArray[np.int64]
    albedo_id: IntArray
    fuzz: FloatArray
    fuzz_color: FloatArray
    relief: FloatArray
    gloss: float
    shadow_mesh: Mesh
    shadow_normals: FloatArray
    coarse_count: int
    landmarks: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    positions: FloatArray
    triangles: IntArray
    corner_uv: FloatArray
    material: Material
    texture: Texture


def build_scene(person: Person, pack: HeadPack, *, texture_size: int = 1024) -> Scene:
    """Morph, dress and colour a person.

    Args:
        person: Who.
        pack: From what.
        texture_size: Pixels a side of the skin; other textures are at most half of it. 1024 suits pictures of
            256 pixels, 2048 larger ones.
    """
    head = morph(person, pack)
    world = head.world
    worn = _worn_parts(person, pack, head, texture_size // 2)

    hidden = np.zeros(len(world), dtype=bool)
    if person.clothes:
        hidden[pack.proxies[f"clothes/{person.clothes}"].hides] = True
    shown = ~hidden[pack.quads].all(axis=1)
    coarse = world.astype(np.float32)
    refined = (pack.subdivision.matrix @ coarse).astype(np.float32)
    triangles, uv = triangulate(
        pack.subdivision.quads[np.tile(shown, 4)], pack.refined_corners[np.tile(shown, 4)]
    )
    skin = skin_texture(person, pack, texture_size)
    parts = [_Part(refined, triangles, uv, Material.SKIN, skin), *worn]

    coarse_triangles, coarse_uv = triangulate(pack.quads[shown], pack.corners[shown])
    shadow_parts = [_Part(coarse, coarse_triangles, coarse_uv, Material.SKIN, skin), *worn]

    all_coarse, _ = triangulate(pack.quads, pack.corners)
    all_refined, _ = triangulate(pack.subdivision.quads, pack.refined_corners)
    worn_normals = [_normals(part) for part in worn]
    mesh = _merge(parts)
    fuzz = np.zeros(len(mesh.positions), dtype=np.float32)
    fuzz[: len(refined)] = pack.subdivision.matrix @ _root_density(person, pack)
    shares = skin_shares(person, pack)
    albedo, albedo_shape = _flatten([part.texture.albedo for part in parts])
    return Scene(
        mesh=mesh,
        normals=np.concatenate([vertex_normals(refined, all_refined), *worn_normals]),
        strands=np.concatenate([np.zeros_like(refined), *[_strand_directions(part) for part in worn]]),
        material=_per_triangle(parts, [int(part.material) for part in parts]).astype(np.int8),
        two_sided=_per_triangle(parts, [part.material in _TWO_SIDED for part in parts]).astype(np.bool_),
        vertex_material=np.concatenate(
            [np.full(len(part.positions), int(part.material), np.int8) for part in parts]
        ),
        albedo=albedo,
        albedo_shape=albedo_shape,
        albedo_id=_per_triangle(parts, list(range(len(parts)))).astype(np.int32),
        fuzz=np.clip(fuzz, 0, 1),
        fuzz_color=_root_color(person),
        relief=pack.skin_relief(max(shares, key=lambda name: shares[name])),
        gloss=person.gloss,
        shadow_mesh=_merge(shadow_parts, [part.material in _CASTS_SHADOW for part in shadow_parts]),
        shadow_normals=np.concatenate([vertex_normals(coarse, all_coarse), *worn_normals]),
        coarse_count=len(coarse),
        landmarks=landmarks(head, pack),
    )


def _worn_parts(person: Person, pack: HeadPack, head: MorphedHead, size: int) -> list[_Part]:
    """Return eyes, mouth, brows, lashes, hair, clothes and spectacles, where pack and person have them."""
    world = head.world
    wanted: list[tuple[str, Material, Texture]] = [
        ("eyes/high-poly", Material.EYE, eye_texture(person, pack, min(size, 512))),
        ("teeth/teeth_base", Material.TEETH, mouth_texture(pack, "teeth/teeth", size // 2)),
        ("tongue/tongue01", Material.TEETH, mouth_texture(pack, "tongue/tongue01", size // 2)),
        (f"eyebrows/{person.brow_style}", Material.BROW, brow_texture(person, pack, size // 4)),
        (f"eyelashes/{person.lash_style}", Material.BROW, lash_texture(person, pack, size // 2)),
        (f"clothes/{person.clothes}", Material.CLOTHES, clothes_texture(person, pack, size)),
    ]
    if person.hair_style:
        name = f"hair/{person.hair_style}"
        wanted.append((name, Material.HAIR, hair_texture(person, pack, name, size)))
    parts = []
    for name, material, texture in wanted:
        if name not in pack.proxies:
            continue
        proxy = pack.proxies[name]
        positions = head.to_world(proxy.fit(head.vertices))
        if material == Material.EYE:
            positions = _turn_eyes(positions, person, pack, world)
        if material == Material.HAIR:
            positions = _shape_hair(positions, person)
        triangles, uv = triangulate(proxy.quads, proxy.corners)
        parts.append(_Part(positions.astype(np.float32), triangles, uv, material, texture))
    if person.spectacles is not None:
        skin = world[pack.skin_vertices]
        beside = skin[np.abs(skin[:, 1] - world[pack.nose_tip][1]) < 0.06]
        vertices, quads = spectacles_mesh(
            person.spectacles,
            pack.joint("l-eye", world),
            pack.joint("r-eye", world),
            float(world[pack.nose_tip][2]),
            float(np.abs(beside[:, 0]).max()) - 0.012,
        )
        triangles, uv = triangulate(quads, np.zeros((len(quads), 4, 2), np.float32))
        frame = plain_texture(*person.spectacles.color)
        parts.append(_Part(vertices.astype(np.float32), triangles, uv, Material.GLASSES, frame))
    return parts


def _turn_eyes(
    positions: NDArray[np.float64], person: Person, pack: HeadPack, world: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turn both eyeballs about their centres."""
    aside, down = person.gaze
    turn_aside = np.array([[np.cos(aside), 0, np.sin(aside)], [0, 1, 0], [-np.sin(aside), 0, np.cos(aside)]])
    turn_down = np.array([[1, 0, 0], [0, np.cos(down), -np.sin(down)], [0, np.sin(down), np.cos(down)]])
    turned = positions.copy()
    for joint, is_side in (("l-eye", positions[:, 0] > 0), ("r-eye", positions[:, 0] <= 0)):
        center = pack.joint(joint, world)
        turned[is_side] = (positions[is_side] - center) @ (turn_aside @ turn_down).T + center
    return turned


def _shape_hair(positions: NDArray[np.float64], person: Person) -> NDArray[np.float64]:
    """Mirror, puff up and shorten a hair style."""
    is_long = person.hair_style in LONG_STYLES
    # a long style puffed up as a whole would stand off the cheeks
    volume = 1 + (0.35 if is_long else 1.0) * (person.hair_volume - 1)
    shaped: NDArray[np.float64] = SKULL_CENTER + (positions - SKULL_CENTER) * volume
    if person.hair_mirrored:
        shaped[:, 0] *= -1
    if is_long:
        share = 0.5 + 0.5 * person.hair_length
        hanging = np.minimum(shaped[:, 1] - _HAIR_HANGS_FROM, 0.0)
        shaped[:, 1] += (share - 1.0) * hanging
    return shaped


def _root_density(person: Person, pack: HeadPack) -> FloatArray:
    """Return how densely beard and scalp hair shade each base vertex (V,), 0 to 1."""
    scalp = 0.85 if person.hair_style else person.scalp_shade
    density = np.maximum(person.beard * pack.beard_mask, scalp * pack.scalp_mask)
    return np.asarray(density, dtype=np.float32)


def _root_color(person: Person) -> FloatArray:
    color = 0.6 * hair_color(person.hair_light, 0.8 * person.hair_warmth)
    return np.asarray(np.minimum(color, 0.14) + 0.003, dtype=np.float32)


def _normals(part: _Part) -> FloatArray:
    """Return vertex normals (P, 3); hair's point away from the skull, as if the cards were a volume."""
    normals = vertex_normals(part.positions, part.triangles)
    if part.material != Material.HAIR:
        return normals
    outward = part.positions - SKULL_CENTER
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    facing = np.sign((normals * outward).sum(axis=1, keepdims=True))
    blend = 0.75 * outward + 0.25 * normals * facing
    length = np.maximum(np.linalg.norm(blend, axis=1, keepdims=True), 1e-9)
    return np.asarray(blend / length, dtype=np.float32)


def _strand_directions(part: _Part) -> FloatArray:
    """Return the direction (P, 3) in which hair runs: its texture's v axis, upwards. Zero for other parts."""
    directions = np.zeros_like(part.positions)
    if part.material != Material.HAIR:
        return directions
    a, b, c = (part.positions[part.triangles[:, k]] for k in range(3))
    uv = part.corner_uv
    side1, side2 = b - a, c - a
    uv1, uv2 = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    area = uv1[:, 0] * uv2[:, 1] - uv2[:, 0] * uv1[:, 1]
    along = (uv1[:, :1] * side2 - uv2[:, :1] * side1) / np.where(np.abs(area) < 1e-9, 1.0, area)[:, None]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    along *= np.where(along[:, 1:2] < 0, -1.0, 1.0)
    for corner in range(3):
        np.add.at(directions, part.triangles[:, corner], along)
    length = np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-9)
    return np.asarray(directions / length, dtype=np.float32)


def _merge(parts: list[_Part], kept: list[bool] | None = None) -> Mesh:
    """Join parts into one mesh. Vertices of parts that are not kept stay, without their triangles."""
    starts = np.cumsum([0, *[len(part.positions) for part in parts]])
    keep = kept if kept is not None else [True] * len(parts)
    coverages: list[ByteArray] = []
    ids = []
    for part in parts:
        coverage = part.texture.coverage
        if coverage is not None and int(coverage.min()) < 250:
            ids.append(len(coverages))
            coverages.append(coverage)
        else:
            ids.append(-1)
    chosen = [k for k, used in enumerate(keep) if used]
    flat, shape = _flatten(coverages or [np.zeros((1, 1), np.uint8)])
    return Mesh(
        positions=np.ascontiguousarray(np.concatenate([part.positions for part in parts])),
        triangles=np.concatenate([parts[k].triangles + starts[k] for k in chosen]).astype(np.int32),
        corner_uv=np.ascontiguousarray(np.concatenate([parts[k].corner_uv for k in chosen])),
        coverage_id=_per_triangle([parts[k] for k in chosen], [ids[k] for k in chosen]).astype(np.int32),
        coverage=flat,
        coverage_shape=shape,
    )


def _per_triangle(parts: list[_Part], values: list[int]) -> NDArray[np.int64]:
    """Repeat one value per part for each of its triangles."""
    return np.repeat(np.asarray(values, dtype=np.int64), [len(part.triangles) for part in parts])


def _flatten(pictures: list[NDArray[_Number]]) -> tuple[NDArray[_Number], NDArray[np.int64]]:
    """Lay at least one picture end to end; returns the buffer and (K, 3) offset, height and width of each."""
    starts = np.cumsum([0, *[picture.size for picture in pictures[:-1]]])
    shape = [[start, *picture.shape[:2]] for start, picture in zip(starts, pictures, strict=True)]
    return np.concatenate([picture.ravel() for picture in pictures]), np.asarray(shape, np.int64)
