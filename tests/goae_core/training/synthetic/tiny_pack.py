"""A head pack of a few hundred vertices, written from formulas: an egg with eyes, a mouth, a cap of hair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CENTER = np.array([0.0, 7.2, 0.5])
"""Of the egg, decimetres, where the real pack's head is."""
AROUND, UP = 24, 13
EYES = {"l-eye": np.array([0.31, 7.28, 1.24]), "r-eye": np.array([-0.31, 7.28, 1.24])}
SKINS = (
    "young_lightskinned_female",
    "young_lightskinned_male",
    "young_darkskinned_female",
    "old_lightskinned_male",
)


def write_tiny_pack(folder: Path) -> Path:
    """Write the pack and return its folder."""
    for kind in ("skins", "eyes", "hair", "eyebrows", "eyelashes", "clothes"):
        (folder / kind).mkdir(parents=True)
    skin, quads, uv = _egg()
    joints = [EYES[name] + 0.01 * corner for name in ("l-eye", "r-eye") for corner in _cube()]
    vertices = np.concatenate([skin, joints]).astype(np.float32)
    count = len(skin)
    base: dict[str, Any] = {
        "verts": vertices,
        "faces": quads,
        "uv": uv,
        "uvfaces": quads,
        "joint:l-eye": np.arange(count, count + 8),
        "joint:r-eye": np.arange(count + 8, count + 16),
    }
    np.savez(folder / "base.npz", **base)
    corners = [int(np.argmin(((skin - np.array([x, 6.6, 1.35])) ** 2).sum(1))) for x in (0.27, -0.27)]
    _write_targets(folder / "targets.npz", skin, corners)
    _write_scans(folder / "ict.npz", vertices, corners)
    _write_proxies(folder / "proxies.npz", skin, quads)
    _write_textures(folder)
    return folder


def _cube() -> NDArray[np.float64]:
    return np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)


def _egg() -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float32]]:
    """A closed ring of quads, open at the crown and at the neck, with texture coordinates."""
    height = np.linspace(-1.25, 1.35, UP)
    angle = np.arange(AROUND) * 2 * np.pi / AROUND
    grid_height, grid_angle = np.meshgrid(height, angle, indexing="ij")
    points = np.stack(
        [
            0.75 * np.cos(grid_height) * np.sin(grid_angle),
            1.15 * np.sin(grid_height),
            0.90 * np.cos(grid_height) * np.cos(grid_angle),
        ],
        axis=-1,
    ).reshape(-1, 3)
    row, column = np.meshgrid(np.arange(UP - 1), np.arange(AROUND), indexing="ij")
    here, beside = row * AROUND + column, row * AROUND + (column + 1) % AROUND
    quads = np.stack([here, beside, beside + AROUND, here + AROUND], axis=-1).reshape(-1, 4)
    uv = np.stack([grid_angle / (2 * np.pi), (grid_height + 1.25) / 2.6], axis=-1).reshape(-1, 2)
    return points + CENTER, quads.astype(np.int32), uv.astype(np.float32)


def _write_targets(path: Path, skin: NDArray[np.float64], corners: list[int]) -> None:
    every = np.arange(len(skin))
    targets = {
        "expression/caucasian/mouth-corner-puller": (
            np.array(corners),
            np.array([[0.1, 0.1, 0], [-0.1, 0.1, 0]]),
        ),
        "macro/caucasian-male-young": (every, 0.02 * (skin - CENTER)),
        "nose/nose-hump-incr": (
            every,
            np.exp(-4 * ((skin - [0, 7.0, 1.4]) ** 2).sum(1))[:, None] * [0, 0, 0.2],
        ),
        "nose/nose-hump-decr": (
            every,
            np.exp(-4 * ((skin - [0, 7.0, 1.4]) ** 2).sum(1))[:, None] * [0, 0, -0.2],
        ),
    }
    np.savez(
        path,
        names=np.array(list(targets)),
        offsets=np.cumsum([0, *[len(index) for index, _ in targets.values()]]).astype(np.int32),
        index=np.concatenate([index for index, _ in targets.values()]).astype(np.uint16),
        delta=np.concatenate([delta for _, delta in targets.values()]).astype(np.float32),
    )


def _write_scans(path: Path, vertices: NDArray[np.float32], corners: list[int]) -> None:
    wide = np.zeros((len(vertices), 3))
    wide[:, 0] = 40 * (vertices[:, 0])
    smile = np.zeros((2, len(vertices), 3))
    for side, corner in enumerate(corners):
        smile[side, corner] = [100 * (1 - 2 * side), 100, 0]
    np.savez(
        path,
        names=np.array(["id/000", "ex/mouthSmile_L", "ex/mouthSmile_R"]),
        delta=np.stack([wide, *smile]).astype(np.int16),
        scale=np.full(3, 1e-3, np.float32),
    )


def _write_proxies(path: Path, skin: NDArray[np.float64], quads: NDArray[np.int32]) -> None:
    """Eyes and brows are squares before the face, hair is a copy of the crown further out."""
    fields: dict[str, Any] = {}

    def add(
        name: str, reference: NDArray[np.integer], offset: NDArray[np.floating], faces: NDArray[np.integer]
    ) -> None:
        uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
        fields[f"{name}:ref"] = np.repeat(reference[:, None], 3, axis=1).astype(np.int32)
        fields[f"{name}:w"] = np.full((len(reference), 3), 1 / 3, np.float32)
        fields[f"{name}:off"] = offset.astype(np.float32)
        fields[f"{name}:scale"] = np.zeros((0, 3), np.float32)
        fields[f"{name}:faces"] = faces.astype(np.int32)
        fields[f"{name}:uv"] = uv
        fields[f"{name}:uvfaces"] = np.tile(np.arange(4), (len(faces), 1)).astype(np.int32)
        fields[f"{name}:delete"] = np.zeros(0, np.int32)

    square = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], dtype=np.float64)
    for name, half, lift in (
        ("eyes/high-poly", 0.1, 0.0),
        ("eyebrows/plain", 0.12, 0.25),
        ("eyelashes/plain", 0.1, 0.1),
    ):
        points = np.concatenate([eye + [0, lift, 0.06] + half * square for eye in EYES.values()])
        nearest = np.array([np.argmin(((skin - point) ** 2).sum(1)) for point in points])
        add(name, nearest, points - skin[nearest], np.arange(8).reshape(2, 4))
    crown = quads[skin[quads[:, 0], 1] > 7.75]
    used, faces = np.unique(crown, return_inverse=True)
    for style, growth in (("short04", 0.06), ("long01", 0.16)):
        add(f"hair/{style}", used, growth * (skin[used] - CENTER), faces.reshape(-1, 4))
    collar = quads[skin[quads[:, 0], 1] < 6.2]
    used, faces = np.unique(collar, return_inverse=True)
    add("clothes/shirt", used, 0.1 * (skin[used] - CENTER), faces.reshape(-1, 4))
    np.savez(path, **fields)


def _write_textures(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for index, name in enumerate(SKINS):
        tone = np.array([200, 150, 120]) - 40 * index
        skin = np.clip(tone + rng.normal(0, 6, (64, 64, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(skin).save(folder / "skins" / f"{name}.png")
    soft = np.full((32, 32, 4), 120, np.uint8)
    soft[..., 3] = np.linspace(0, 255, 32)[None].astype(np.uint8)
    for name in ("hair/short04", "hair/long01", "eyebrows/plain", "eyelashes/plain"):
        Image.fromarray(soft).save(folder / f"{name}.png")
    opaque = np.full((32, 32, 4), 255, np.uint8)
    for name, color in (("blue_eye", (40, 80, 160)), ("brown_eye", (90, 50, 20))):
        opaque[..., :3] = color
        Image.fromarray(opaque).save(folder / "eyes" / f"{name}.png")
    opaque[..., :3] = (60, 90, 60)
    Image.fromarray(opaque).save(folder / "clothes" / "shirt.png")
