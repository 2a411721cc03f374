"""A dressed person as flat arrays, ready for the light and the rasterizer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from goae_core.training.synthetic.color import hair_color
from goae_core.training.synthetic.hair_growth import (
    HairMesh,
    Ribbons,
    Surface,
    beard_density,
    brow_roots,
    face_roots,
    grow_brows,
    grow_hair,
    grow_whiskers,
    ribbon_mesh,
    scalp_density,
    scalp_roots,
)
from goae_core.training.synthetic.head_pack import ByteArray, HeadPack
from goae_core.training.synthetic.headwear import Headwear, Shell, headwear_mesh, headwear_shell
from goae_core.training.synthetic.morphing import MorphedHead, landmarks, morph
from goae_core.training.synthetic.person import LONG_STYLES, Person
from goae_core.training.synthetic.spectacles import lens_mesh, spectacles_mesh
from goae_core.training.synthetic.subdivision import FloatArray, IntArray, triangulate, vertex_normals
from goae_core.training.synthetic.texturing import (
    Texture,
    brow_texture,
    clothes_texture,
    eye_texture,
    glass_texture,
    grown_brow_texture,
    grown_hair_texture,
    hair_texture,
    headwear_texture,
    lash_texture,
    mouth_texture,
    plain_texture,
    skin_relief,
    skin_texture,
    whiskers_texture,
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
        eye_gloss: Factor on the eyes' highlight.
        shadow_mesh: The coarse skin and everything else: casts shadows and gathers light.
        shadow_normals: (V', 3) of it.
        shadow_material: (V',) Material.
        light_from: (V - refined skin vertices,) the vertex of the shadow mesh whose light each takes.
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
    eye_gloss: float
    shadow_mesh: Mesh
    shadow_normals: FloatArray
    shadow_material: NDArray[np.int8]
    light_from: IntArray
    coarse_count: int
    landmarks: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    positions: FloatArray
    triangles: IntArray
    corner_uv: FloatArray
    material: Material
    texture: Texture
    hair: HairMesh | None = None
    """Grown hair brings its own normals, directions and shadow geometry."""


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
    shadow_parts = [
        _Part(coarse, coarse_triangles, coarse_uv, Material.SKIN, skin),
        *[_shadow_part(part) for part in worn],
    ]

    all_coarse, _ = triangulate(pack.quads, pack.corners)
    all_refined, _ = triangulate(pack.subdivision.quads, pack.refined_corners)
    worn_normals = [_normals(part) for part in worn]
    mesh = _merge(parts)
    fuzz = np.zeros(len(mesh.positions), dtype=np.float32)
    fuzz[: len(refined)] = pack.subdivision.matrix @ _root_density(person, pack)
    albedo, albedo_shape = _flatten([part.texture.albedo for part in parts])
    starts = np.cumsum([len(coarse), *[len(part.positions) for part in shadow_parts[1:]]])
    light_from = [
        start + (part.hair.light_from if part.hair is not None else np.arange(len(part.positions)))
        for start, part in zip(starts[:-1], worn, strict=True)
    ]
    shadow_normals = [
        part.hair.shadow_normals if part.hair is not None else normals
        for part, normals in zip(worn, worn_normals, strict=True)
    ]
    return Scene(
        mesh=mesh,
        normals=np.concatenate([vertex_normals(refined, all_refined), *worn_normals]),
        strands=np.concatenate([np.zeros_like(refined), *[_strand_directions(part) for part in worn]]),
        material=_per_triangle(parts, [int(part.material) for part in parts]).astype(np.int8),
        two_sided=_per_triangle(parts, [part.material in _TWO_SIDED for part in parts]).astype(np.bool_),
        vertex_material=_per_vertex(parts),
        albedo=albedo,
        albedo_shape=albedo_shape,
        albedo_id=_per_triangle(parts, list(range(len(parts)))).astype(np.int32),
        fuzz=np.clip(fuzz, 0, 1),
        fuzz_color=_root_color(person),
        relief=skin_relief(person, pack),
        gloss=person.gloss,
        eye_gloss=0.5 * person.eye_gloss,
        shadow_mesh=_merge(shadow_parts, [part.material in _CASTS_SHADOW for part in shadow_parts]),
        shadow_normals=np.concatenate([vertex_normals(coarse, all_coarse), *shadow_normals]),
        shadow_material=_per_vertex(shadow_parts),
        light_from=np.concatenate([np.zeros(0, np.int64), *light_from]).astype(np.int32),
        coarse_count=len(coarse),
        landmarks=landmarks(head, pack),
    )


def _shadow_part(part: _Part) -> _Part:
    """Return what stands for a part in the shadow mesh."""
    hair = part.hair
    if hair is None:
        return part
    return _Part(hair.shadow_positions, hair.shadow_triangles, hair.shadow_uv, part.material, part.texture)


def _grown_parts(person: Person, pack: HeadPack, head: MorphedHead, shell: Shell | None) -> list[_Part]:
    """Return hair, whiskers and brows that grow."""
    normals = vertex_normals(head.vertices.astype(np.float32), triangulate(pack.quads, pack.corners)[0])
    surface = Surface(head.world[pack.skin_vertices], normals[pack.skin_vertices].astype(np.float64))
    outward = normals.astype(np.float64)
    grown: list[tuple[Ribbons | None, Material, Texture]] = []
    if person.hairdo is not None:
        ribbons = grow_hair(person.hairdo, scalp_roots(pack), head.world, outward, surface)
        grown.append((ribbons, Material.HAIR, grown_hair_texture(person, person.hairdo)))
    if max(person.beard, person.moustache) > 0.4:
        mouth = float(pack.vertices[pack.mouth_corners[0], 1])
        ribbons = grow_whiskers(
            person.whiskers,
            person.beard,
            person.moustache,
            face_roots(pack),
            mouth,
            head.world,
            outward,
            surface,
        )
        grown.append((ribbons, Material.HAIR, whiskers_texture(person)))
    if person.brows is not None:
        ribbons = grow_brows(person.brows, brow_roots(pack), head.world, outward)
        grown.append((ribbons, Material.BROW, grown_brow_texture(person)))
    parts = []
    for ribbons, material, texture in grown:
        if ribbons is None:
            continue
        if shell is not None and material == Material.HAIR:
            ribbons = replace(
                ribbons, nodes=shell.press(ribbons.nodes.reshape(-1, 3)).reshape(ribbons.nodes.shape)
            )
        mesh = ribbon_mesh(ribbons)
        parts.append(_Part(mesh.positions, mesh.triangles, mesh.corner_uv, material, texture, mesh))
    return parts


def _worn_parts(person: Person, pack: HeadPack, head: MorphedHead, size: int) -> list[_Part]:
    """Return eyes, mouth, brows, lashes, hair, clothes, headwear and spectacles, where there are any."""
    world = head.world
    shell = _fitted_shell(person, pack, world)
    wanted: list[tuple[str, Material, Texture]] = [
        ("eyes/high-poly", Material.EYE, eye_texture(person, pack, min(size, 512))),
        ("teeth/teeth_base", Material.TEETH, mouth_texture(person, pack, "teeth/teeth", size // 2)),
        ("tongue/tongue01", Material.TEETH, mouth_texture(person, pack, "tongue/tongue01", size // 2)),
        (f"eyebrows/{person.brow_style}", Material.BROW, brow_texture(person, pack, size // 4)),
        (f"eyelashes/{person.lash_style}", Material.BROW, lash_texture(person, pack, size // 2)),
        (f"clothes/{person.clothes}", Material.CLOTHES, clothes_texture(person, pack, size)),
    ]
    if person.hair_style and person.hairdo is None:
        name = f"hair/{person.hair_style}"
        wanted.append((name, Material.HAIR, hair_texture(person, pack, name, size)))
    parts = []
    for name, material, texture in wanted:
        if name not in pack.proxies or (person.brows is not None and name.startswith("eyebrows/")):
            continue
        proxy = pack.proxies[name]
        positions = head.to_world(proxy.fit(head.vertices))
        if material == Material.EYE:
            positions = _turn_eyes(positions, person, pack, world)
        if material == Material.HAIR:
            positions = _shape_hair(positions, person)
            if shell is not None:
                positions = shell.press(positions)
        triangles, uv = triangulate(proxy.quads, proxy.corners)
        parts.append(_Part(positions.astype(np.float32), triangles, uv, material, texture))
    parts += _grown_parts(person, pack, head, shell)
    if person.headwear is not None and shell is not None:
        parts.append(_headwear_part(person.headwear, shell, size // 2))
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
        if max(person.spectacles.tint, person.spectacles.reflection) > 0.03:
            eyes = pack.joint("l-eye", world), pack.joint("r-eye", world)
            vertices, quads, corners = lens_mesh(person.spectacles, *eyes, float(world[pack.nose_tip][2]))
            triangles, uv = triangulate(quads, corners)
            lenses = glass_texture(person.spectacles)
            parts.append(_Part(vertices.astype(np.float32), triangles, uv, Material.GLASSES, lenses))
    return parts


def _headwear_part(worn: Headwear, shell: Shell, size: int) -> _Part:
    vertices, quads, corners = headwear_mesh(worn, shell)
    triangles, uv = triangulate(quads, corners)
    texture = headwear_texture(worn, size)
    return _Part(vertices.astype(np.float32), triangles, uv, Material.CLOTHES, texture)


def _fitted_shell(person: Person, pack: HeadPack, world: NDArray[np.float64]) -> Shell | None:
    """Return the shell of what is worn on the head."""
    if person.headwear is None:
        return None
    neutral = pack.vertices[pack.skin_vertices]
    is_ear = (np.abs(neutral[:, 0]) > 0.76) & (neutral[:, 1] < 7.65) & (neutral[:, 1] > 6.6)
    return headwear_shell(person.headwear, world[pack.skin_vertices][~is_ear])


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
    scalp: NDArray[np.floating]
    if person.hairdo is not None:
        # cropped hair is a shade on the skin; under longer hair the shade hides the scalp
        shade = 0.65 + 0.30 * min(1.0, person.hairdo.length_side / 0.03)
        scalp = shade * person.hairdo.density * scalp_density(pack.vertices, person.hairdo)
    else:
        scalp = (0.85 if person.hair_style else person.scalp_shade) * pack.scalp_mask
    mouth = float(pack.vertices[pack.mouth_corners[0], 1])
    beard, moustache = beard_density(pack.vertices, mouth, person.whiskers)
    stubble = np.maximum(_stubble(person.beard) * beard, _stubble(person.moustache) * moustache)
    return np.asarray(np.maximum(stubble, scalp), dtype=np.float32)


def _stubble(density: float) -> float:
    """Return how dark whiskers of a density shade the skin; dense ones are hairs of their own."""
    return float(np.interp(density, [0, 0.4, 0.75, 1], [0, 0.5, 0.6, 0.62]))


def _root_color(person: Person) -> FloatArray:
    color = 0.6 * hair_color(person.hair_light, 0.8 * person.hair_warmth)
    return np.asarray(np.minimum(color, 0.14) + 0.003, dtype=np.float32)


def _normals(part: _Part) -> FloatArray:
    """Return vertex normals (P, 3); hair's point away from the skull, as if the cards were a volume."""
    if part.hair is not None:
        return part.hair.normals
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
    if part.hair is not None:
        return part.hair.strands
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


def _per_vertex(parts: list[_Part]) -> NDArray[np.int8]:
    """Return the material of each vertex."""
    return np.concatenate([np.full(len(part.positions), int(part.material), np.int8) for part in parts])


def _flatten(pictures: list[NDArray[_Number]]) -> tuple[NDArray[_Number], NDArray[np.int64]]:
    """Lay at least one picture end to end; returns the buffer and (K, 3) offset, height and width of each."""
    starts = np.cumsum([0, *[picture.size for picture in pictures[:-1]]])
    shape = [[start, *picture.shape[:2]] for start, picture in zip(starts, pictures, strict=True)]
    return np.concatenate([picture.ravel() for picture in pictures]), np.asarray(shape, np.int64)
