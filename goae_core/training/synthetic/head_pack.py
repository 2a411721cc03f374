"""The head pack: a morphable head, and everything that it can wear, read from one folder.

Lengths are decimetres, y points up, +z out of the face and +x to the subject's left. The pack's own README
describes the files; their licences (CC0 and MIT) travel with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from goae_core.errors import TrainingError
from goae_core.training.synthetic.color import to_linear
from goae_core.training.synthetic.subdivision import (
    FloatArray,
    IntArray,
    Subdivision,
    subdivide,
    subdivide_corners,
)

ByteArray = NDArray[np.uint8]

_TONE_PATCH = (0.4004, 0.6152, 0.7617, 0.8008)
"""Rows and columns, in texture sides, of forehead and cheek skin: its mean is a texture's tone."""
_HAIRLINE = ((-0.60, -0.10, 0.10, 0.45, 0.60, 1.10), (6.60, 6.70, 7.38, 7.45, 7.85, 8.02))
"""Depth z and height y (decimetres) of the hairline on the base mesh, from the nape to the forehead."""
_SRGB_TO_LINEAR = to_linear(np.arange(256) / 255.0).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Proxy:
    """Something worn: its vertices hang on the vertices of the base mesh.

    Attributes:
        reference: (P, 3) base vertices.
        weights: (P, 3) their shares.
        offset: (P, 3) what is added, scaled with the head.
        scale: (3, 3) rows (a, b, d): along axis k lengths grow with |V[a, k] - V[b, k]| / d.
        quads: (F, 4) vertex indices.
        corners: (F, 4, 2) texture coordinates.
        hides: Base vertices that it covers completely.
    """

    reference: IntArray
    weights: FloatArray
    offset: FloatArray
    scale: FloatArray
    quads: IntArray
    corners: FloatArray
    hides: IntArray

    def fit(self, vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return its vertices (P, 3) on a morphed base mesh (V, 3), in the same units."""
        size = np.array(
            [abs(vertices[int(a), k] - vertices[int(b), k]) / d for k, (a, b, d) in enumerate(self.scale)]
        )
        hung: NDArray[np.float64] = (vertices[self.reference] * self.weights[..., None]).sum(axis=1)
        return hung + self.offset * (size if len(size) else 1.0)


@dataclass(eq=False)
class HeadPack:
    """The pack in memory. Textures are decoded when first asked for and kept.

    Attributes:
        folder: Where it lies.
        vertices: (V, 3) base mesh, decimetres.
        quads: (F, 4) its visible skin.
        corners: (F, 4, 2) texture coordinates.
        targets: Sparse morphs by name: (vertex indices, displacements).
        scans: (K, V, 3) identity modes learned from face scans, weights about N(0, 1).
        expressions: Dense morphs (V, 3) by name, weights 0..1.
        proxies: Things worn, by "kind/name".
        joints: Vertex groups whose mean is a joint.
        sha256: Of the geometry files, as a record of what a data set was made from.
    """

    folder: Path
    vertices: NDArray[np.float64]
    quads: IntArray
    corners: FloatArray
    targets: dict[str, tuple[IntArray, FloatArray]]
    scans: FloatArray
    expressions: dict[str, FloatArray]
    proxies: dict[str, Proxy]
    joints: dict[str, IntArray]
    sha256: str
    _textures: dict[tuple[str, int], ByteArray] = field(default_factory=dict, repr=False)
    _skins: dict[tuple[str, int], FloatArray] = field(default_factory=dict, repr=False)
    _heights: dict[str, FloatArray] = field(default_factory=dict, repr=False)

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the sorted names of the proxies of one kind ("hair", "clothes", ...)."""
        return tuple(sorted(n.split("/", 1)[1] for n in self.proxies if n.startswith(kind + "/")))

    @cached_property
    def skin_names(self) -> tuple[str, ...]:
        """The skins, without suffix; where one exists in two sizes it is named once."""
        return tuple(sorted({path.name.split(".")[0] for path in (self.folder / "skins").iterdir()}))

    @cached_property
    def eye_names(self) -> tuple[str, ...]:
        """The iris textures, without suffix."""
        return tuple(sorted(path.stem for path in (self.folder / "eyes").glob("*.png")))

    @cached_property
    def subdivision(self) -> Subdivision:
        """The step from the base mesh to the mesh that is drawn."""
        return subdivide(self.quads, len(self.vertices))

    @cached_property
    def refined_corners(self) -> FloatArray:
        """Texture coordinates (4F, 4, 2) of the refined skin."""
        return subdivide_corners(self.corners)

    @cached_property
    def skin_vertices(self) -> IntArray:
        """The base vertices that the skin uses; the others only carry things."""
        return np.unique(self.quads).astype(np.int32)

    @cached_property
    def skin_smoothing(self) -> sp.csr_matrix:
        """(V, V) matrix that replaces a value by the mean of its neighbours along edges."""
        edges = np.concatenate([self.quads[:, [k, (k + 1) % 4]] for k in range(4)])
        ones = np.ones(len(edges), dtype=np.float32)
        graph = sp.csr_matrix((ones, (edges[:, 0], edges[:, 1])), (len(self.vertices),) * 2)
        graph = graph + graph.T
        degree = np.asarray(graph.sum(axis=1)).ravel()
        return (sp.diags(1.0 / np.maximum(degree, 1)) @ graph).astype(np.float32).tocsr()

    @cached_property
    def mouth_corners(self) -> tuple[int, int]:
        """The vertices at the subject's left and right mouth corner: those that a smile pulls most."""
        index, delta = self.targets["expression/caucasian/mouth-corner-puller"]
        reach = np.linalg.norm(delta, axis=1)
        x = self.vertices[index, 0]
        left = int(np.argmax(np.where(x > 0, reach, -1.0)))
        right = int(np.argmax(np.where(x < 0, reach, -1.0)))
        return int(index[left]), int(index[right])

    @cached_property
    def nose_tip(self) -> int:
        """The vertex furthest out between eyes and mouth."""
        eyes = 0.5 * (self.joint("l-eye", self.vertices) + self.joint("r-eye", self.vertices))
        mouth = self.vertices[list(self.mouth_corners)].mean(axis=0)
        spot = self.vertices[self.skin_vertices]
        between = (np.abs(spot[:, 0]) < 0.03) & (spot[:, 1] < eyes[1]) & (spot[:, 1] > mouth[1])
        return int(self.skin_vertices[np.argmax(np.where(between, spot[:, 2], -np.inf))])

    def joint(self, name: str, vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the position (3,) of a joint on a morphed mesh."""
        position: NDArray[np.float64] = vertices[self.joints[name]].mean(axis=0)
        return position

    @cached_property
    def beard_mask(self) -> FloatArray:
        """(V,) where a beard grows on the base mesh: 1 chin, jaw and upper lip, 0 elsewhere."""
        x, y, z = self.vertices.T
        mouth_y = self.vertices[self.mouth_corners[0], 1]
        below_cheek = smooth_step(-y, -(mouth_y + 0.26), -(mouth_y + 0.12))
        above_throat = smooth_step(y, mouth_y - 0.62, mouth_y - 0.40)
        around_lips = smooth_step(np.hypot(x / 0.30, (y - mouth_y) / 0.13), 0.85, 1.25)
        mask = below_cheek * above_throat * smooth_step(z, -0.1, 0.45) * around_lips
        cheek = smooth_step(y - 0.55 * np.abs(x), mouth_y - 0.02, mouth_y + 0.12)
        cheek = cheek * smooth_step(np.abs(x), 0.22, 0.34) * (1 - smooth_step(np.abs(x), 0.62, 0.70))
        return np.asarray(mask * (1 - 0.9 * cheek), dtype=np.float32)

    @cached_property
    def scalp_mask(self) -> FloatArray:
        """(V,) where hair grows on the base mesh: above a line from forehead over ears to nape."""
        _, y, z = self.vertices.T
        line = np.interp(z, *_HAIRLINE)
        mask = smooth_step(y - line, -0.06, 0.12).astype(np.float32)
        for _ in range(2):
            mask = np.asarray(0.5 * mask + 0.5 * (self.skin_smoothing @ mask), dtype=np.float32)
        return mask

    def texture(self, name: str, size: int) -> ByteArray | None:
        """Return the RGBA texture (S, S, 4) of "kind/name", at most `size` pixels a side, or None."""
        key = (name, size)
        if key not in self._textures:
            path = self.folder / f"{name}.png"
            if not path.exists():
                return None
            with Image.open(path) as picture:
                rgba = picture.convert("RGBA")
            if max(rgba.size) > size:
                rgba = rgba.resize((size, size), Image.Resampling.BOX)
            self._textures[key] = np.ascontiguousarray(rgba)
        return self._textures[key]

    def skin(self, name: str, size: int) -> FloatArray:
        """Return a skin (S, S, 3) in linear light, divided by its own tone: 1 is average skin."""
        key = (name, size)
        if key not in self._skins:
            with Image.open(self._skin_path(name)) as picture:
                rgb = picture.convert("RGB")
            if rgb.size[0] != size:
                rgb = rgb.resize((size, size), Image.Resampling.LANCZOS)
            linear = _SRGB_TO_LINEAR[np.asarray(rgb)]
            top, bottom, left, right = (round(side * size) for side in _TONE_PATCH)
            tone = linear[top : max(bottom, top + 1), left : max(right, left + 1)].mean(axis=(0, 1))
            self._skins[key] = linear / np.maximum(tone, 1e-3)
        return self._skins[key]

    def skin_relief(self, name: str) -> FloatArray:
        """Return the fine lightness (1024, 1024) of a skin around its own blur, used as a height field."""
        if name not in self._heights:
            with Image.open(self._skin_path(name)) as picture:
                gray = picture.convert("L").resize((1024, 1024), Image.Resampling.LANCZOS)
            blurred = gray.filter(ImageFilter.GaussianBlur(6))
            relief = (np.asarray(gray, np.float32) - np.asarray(blurred, np.float32)) / 255.0
            self._heights[name] = np.clip(relief, -0.12, 0.12)
        return self._heights[name]

    def _skin_path(self, name: str) -> Path:
        for suffix in (".jpg", ".detail.jpg", ".png", ".512.png"):
            path = self.folder / "skins" / (name + suffix)
            if path.exists():
                return path
        raise TrainingError(
            f"the head pack in {self.folder} has no skin named {name}; it has {', '.join(self.skin_names)}"
        )


def read_head_pack(folder: Path) -> HeadPack:
    """Read the geometry of a head pack; textures follow when they are needed.

    Raises:
        TrainingError: If a file is missing or damaged.
    """
    try:
        base = dict(np.load(folder / "base.npz"))
        morphs = dict(np.load(folder / "targets.npz"))
        dense = dict(np.load(folder / "ict.npz"))
        worn = dict(np.load(folder / "proxies.npz"))
        digest = hashlib.sha256()
        for name in ("base.npz", "targets.npz", "ict.npz", "proxies.npz"):
            digest.update((folder / name).read_bytes())
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{folder} is not a head pack that can be read ({error}); "
            "expected base.npz, targets.npz, ict.npz and proxies.npz"
        ) from error

    quads = base["faces"].astype(np.int32)
    bounds = morphs["offsets"]
    targets = {
        str(name): (
            morphs["index"][bounds[k] : bounds[k + 1]].astype(np.int32),
            morphs["delta"][bounds[k] : bounds[k + 1]].astype(np.float32),
        )
        for k, name in enumerate(morphs["names"])
    }
    displacement = dense["delta"].astype(np.float32) * dense["scale"][:, None, None]
    dense_names = [str(name) for name in dense["names"]]
    return HeadPack(
        folder=folder,
        vertices=base["verts"].astype(np.float64),
        quads=quads,
        corners=base["uv"][base["uvfaces"]].astype(np.float32),
        targets=targets,
        scans=displacement[[k for k, name in enumerate(dense_names) if name.startswith("id/")]],
        expressions={
            name[3:]: displacement[k] for k, name in enumerate(dense_names) if name.startswith("ex/")
        },
        proxies=_read_proxies(worn),
        joints={name[6:]: value for name, value in base.items() if name.startswith("joint:")},
        sha256=digest.hexdigest(),
    )


def _read_proxies(worn: dict[str, NDArray[np.generic]]) -> dict[str, Proxy]:
    fields: dict[str, dict[str, NDArray[np.generic]]] = {}
    for key, value in worn.items():
        name, part = key.rsplit(":", 1)
        fields.setdefault(name, {})[part] = value
    return {
        name: Proxy(
            reference=part["ref"].astype(np.int32),
            weights=part["w"].astype(np.float32),
            offset=part["off"].astype(np.float32),
            scale=part["scale"].astype(np.float32),
            quads=part["faces"].astype(np.int32),
            corners=part["uv"].astype(np.float32)[part["uvfaces"].astype(np.int32)],
            hides=part["delete"].astype(np.int32),
        )
        for name, part in fields.items()
    }


def smooth_step(x: NDArray[np.floating], low: float, high: float) -> NDArray[np.floating]:
    """Return a smooth step from 0 at `low` to 1 at `high`."""
    t = np.clip((x - low) / (high - low), 0, 1)
    smooth: NDArray[np.floating] = t * t * (3 - 2 * t)
    return smooth
