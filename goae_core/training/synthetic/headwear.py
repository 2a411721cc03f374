"""Hats, caps and scarves: shells about the head, swept in polar coordinates; they press the hair down.

A shell has a centre and an axis: hats open downwards, a scarf opens to the front. Its radius follows the
head's own, measured in each direction, so that it fits whoever wears it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from goae_core.training.synthetic.patterns import CLOTH_PATTERNS
from goae_core.training.synthetic.subdivision import IntArray

Floats = NDArray[np.float64]

KINDS = ("beanie", "cap", "cap_back", "scarf", "fedora")
_AROUND, _ALONG = 56, 18
_HAT_CENTER = np.array([0.0, 0.10, -0.07])
_SCARF_CENTER = np.array([0.0, 0.0, -0.07])
_VISOR = 0.19
"""World length of a cap's visor."""


@dataclass(frozen=True, slots=True, eq=False)
class Headwear:
    """Something worn on the head.

    Attributes:
        kind: One of KINDS.
        depth: 0 sits high to 1 pulled down over the forehead.
        slack: 0 tight to 1 loose.
        pattern: One of CLOTH_PATTERNS.
        scale: Repeats of the pattern.
        first: (3,) linear albedo of the ground.
        second: (3,) of the figure.
    """

    kind: str
    depth: float
    slack: float
    pattern: str
    scale: float
    first: NDArray[np.float64]
    second: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """A surface about a centre in polar coordinates.

    Attributes:
        center: (3,) world.
        frame: (3, 3) rows: two axes across, then the pole; world vector @ frame.T is local.
        edge: (A,) polar angle, radians, at which the shell ends, by azimuth.
        radius: (A, N) world distance of the head, by azimuth and from pole to edge.
    """

    center: Floats
    frame: Floats
    edge: Floats
    radius: Floats

    def press(self, points: Floats, room: float = 0.004) -> Floats:
        """Return points (P, 3) moved inwards to where the shell covers them; outside it they stay."""
        local = (points - self.center) @ self.frame.T
        distance = np.maximum(np.linalg.norm(local, axis=1), 1e-9)
        polar = np.arccos(np.clip(local[:, 2] / distance, -1, 1))
        turn = (np.arctan2(local[:, 1], local[:, 0]) / (2 * np.pi)) % 1.0
        around = np.minimum((turn * len(self.edge)).astype(int), len(self.edge) - 1)
        along = polar / self.edge[around]
        row = np.clip((along * (self.radius.shape[1] - 1)).astype(int), 0, self.radius.shape[1] - 1)
        # at the edge hair comes out gradually
        limit = self.radius[around, row] + room + 0.6 * np.maximum(along - 0.97, 0.0)
        factor = np.where((along < 1.25) & (distance > limit), limit / distance, 1.0)
        pressed: Floats = self.center + (points - self.center) * factor[:, None]
        return pressed


def sample_headwear(rng: np.random.Generator) -> Headwear:
    """Draw something to wear on the head."""
    kind = KINDS[int(rng.choice(len(KINDS), p=[0.27, 0.23, 0.13, 0.25, 0.12]))]
    first, second = sample_cloth_colors(rng)
    pattern = "plain" if rng.random() < 0.55 else CLOTH_PATTERNS[int(rng.integers(len(CLOTH_PATTERNS)))]
    if kind == "beanie" and rng.random() < 0.5:
        pattern = "knit"
    return Headwear(
        kind=kind,
        depth=float(rng.uniform(0, 1)),
        slack=float(rng.beta(1.5, 2.5)),
        pattern=pattern,
        scale=float(np.exp(rng.uniform(np.log(6), np.log(30)))),
        first=first,
        second=second,
    )


def sample_cloth_colors(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw two linear colours of cloth: dark, white, grey, faded or bright."""

    def color() -> Floats:
        kind = rng.choice(4, p=[0.3, 0.2, 0.25, 0.25])
        if kind == 0:
            return np.asarray(0.02 * np.exp(rng.normal(0, 0.5) + rng.normal(0, 0.25, 3)))
        if kind == 1:
            return np.asarray(0.6 * np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.05, 3)))
        if kind == 2:
            return np.asarray(0.15 * np.exp(rng.normal(0, 0.5) + rng.normal(0, 0.3, 3)))
        return np.asarray(np.exp(rng.uniform(-4.5, -0.6, 3)))

    return np.clip(color(), 0.006, 0.8), np.clip(color(), 0.006, 0.8)


def headwear_shell(worn: Headwear, head: Floats) -> Shell:
    """Fit the shell to a head.

    Args:
        worn: What is worn.
        head: (P, 3) world points of the head without its ears.
    """
    turn = (np.arange(_AROUND) + 0.5) / _AROUND * 2 * np.pi
    if worn.kind == "scarf":
        center = _SCARF_CENTER
        frame = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, -1.0]])
        # the opening: from the forehead along the cheeks to below the chin
        x = 0.160 * np.cos(turn)
        up = np.sin(turn)
        y = np.where(up > 0, (0.225 - 0.04 * worn.depth) * up, 0.262 * up)
        z = 0.105 - 0.085 * np.abs(np.cos(turn)) ** 1.5 - 0.035 * np.maximum(-up, 0)
        opening = np.stack([x, y, z], axis=1) - center
    else:
        center = _HAT_CENTER
        frame = np.array([[0, 0, 1.0], [1.0, 0, 0], [0, 1.0, 0]])  # azimuth 0 is the front
        front = np.interp(worn.depth, [0, 1], [0.235, 0.150])
        back = front - {"beanie": 0.14, "cap": 0.15, "cap_back": 0.08, "fedora": 0.08}[worn.kind]
        sides = -0.03 if worn.kind == "beanie" else 0.0
        height = front + (back - front) * (0.5 - 0.5 * np.cos(turn)) + sides * np.sin(turn) ** 2
        opening = np.stack([0.20 * np.sin(turn), height - center[1], 0.22 * np.cos(turn)], axis=1)
    local = opening @ frame.T
    local /= np.linalg.norm(local, axis=1, keepdims=True)
    edge = np.arccos(np.clip(local[:, 2], -1, 1))
    azimuth = np.arctan2(local[:, 1], local[:, 0]) % (2 * np.pi)
    order = np.argsort(azimuth)
    edge = np.interp(turn, azimuth[order], edge[order], period=2 * np.pi)
    radius = _radii(center, frame, edge, head)
    return Shell(center, frame, edge, radius)


def headwear_mesh(worn: Headwear, shell: Shell) -> tuple[Floats, IntArray, NDArray[np.float32]]:
    """Return vertices (P, 3), quads (F, 4) facing outwards and their texture coordinates (F, 4, 2)."""
    turn = (np.arange(_AROUND) + 0.5) / _AROUND * 2 * np.pi
    along = np.linspace(0, 1, _ALONG)
    radius = shell.radius + 0.016
    if worn.kind == "beanie":
        radius = radius + (0.005 + 0.06 * worn.slack) * np.clip(1 - along / 0.7, 0, 1)[None] ** 1.2
        cuff = np.clip((along - 0.70) / 0.06, 0, 1) * (1 - 0.5 * np.clip((along - 0.94) / 0.06, 0, 1))
        radius = radius + (0.010 + 0.006 * worn.slack) * cuff[None]
    elif worn.kind == "scarf":
        folds = np.sin(7 * turn + 2)[:, None] * along[None] + np.sin(3 * turn)[:, None] * (1 - along[None])
        radius = radius + (0.004 + 0.012 * worn.slack) * (folds + 1)
        radius = radius - 0.012 * np.clip((along - 0.95) / 0.05, 0, 1)[None]
    else:
        radius = radius + (0.012 + 0.03 * worn.slack) * np.clip(1 - along / 0.9, 0, 1)[None] ** 0.7
    polar = shell.edge[:, None] * along[None]
    local = np.stack(
        [
            np.sin(polar) * np.cos(turn)[:, None],
            np.sin(polar) * np.sin(turn)[:, None],
            np.cos(polar),
        ],
        axis=-1,
    )
    grid = shell.center + (radius[..., None] * local) @ shell.frame
    quads, corners = _grid_quads(_AROUND, _ALONG, wraps=True)
    points = grid.reshape(-1, 3)
    quads, corners = _facing_away(points, quads, corners, shell.center)
    if worn.kind in ("cap", "cap_back"):
        points, quads, corners = _joined((points, quads, corners), _visor(worn, grid[:, -1], turn))
    elif worn.kind == "fedora":
        points, quads, corners = _joined((points, quads, corners), _brim(grid[:, -1], turn))
    return points, quads, corners


_Surface = tuple[Floats, IntArray, NDArray[np.float32]]


def _visor(worn: Headwear, rim: Floats, turn: Floats) -> _Surface:
    """Return the visor of a cap, before the forehead or behind the head."""
    middle = 0.0 if worn.kind == "cap" else np.pi
    span = np.linspace(-1.15, 1.15, 25)
    place = (middle + span) % (2 * np.pi)
    inner = np.stack([np.interp(place, turn, rim[:, k], period=2 * np.pi) for k in range(3)], axis=1)
    reach = np.linspace(0, 1, 6)
    bulge = np.sqrt(np.maximum(1 - (span / 1.15) ** 2, 0.0))
    forward = np.array([0.0, -0.50 + 0.3 * worn.slack, 1.0 if worn.kind == "cap" else -1.0])
    out = inner[:, None] + (_VISOR * bulge[:, None] * reach[None])[..., None] * forward
    out[..., 1] -= 0.05 * (span[:, None] / 1.15) ** 2 * reach[None]
    quads, corners = _grid_quads(len(span), len(reach), wraps=False)
    points = out.reshape(-1, 3)
    return points, *_facing_away(points, quads, corners, np.array([0.0, -3.0, 0.0]))


def _brim(rim: Floats, turn: Floats) -> _Surface:
    """Return the brim all round a hat."""
    reach = np.linspace(0, 1, 6)
    aside = np.stack([np.sin(turn), np.zeros_like(turn), np.cos(turn)], axis=1)
    out = rim[:, None] + 0.13 * reach[None, :, None] * aside[:, None]
    out[..., 1] += (
        0.05 * (np.sin(turn) ** 2)[:, None] * reach[None] ** 2 - 0.02 * reach[None] * np.cos(turn)[:, None]
    )
    quads, corners = _grid_quads(len(turn), len(reach), wraps=True)
    points = out.reshape(-1, 3)
    return points, *_facing_away(points, quads, corners, np.array([0.0, -3.0, 0.0]))


def _joined(one: _Surface, two: _Surface) -> _Surface:
    return (
        np.concatenate([one[0], two[0]]),
        np.concatenate([one[1], two[1] + len(one[0])]).astype(np.int32),
        np.concatenate([one[2], two[2]]),
    )


def _radii(center: Floats, frame: Floats, edge: Floats, head: Floats) -> Floats:
    """Return the head's extent (A, N) in the directions of a shell's grid, smoothed like cloth."""
    turn = (np.arange(len(edge)) + 0.5) / len(edge) * 2 * np.pi
    polar = edge[:, None] * np.linspace(0, 1, _ALONG)[None]
    grid = np.stack(
        [np.sin(polar) * np.cos(turn)[:, None], np.sin(polar) * np.sin(turn)[:, None], np.cos(polar)], axis=-1
    )
    local = (head - center) @ frame.T
    distance = np.linalg.norm(local, axis=1)
    cosine = grid.reshape(-1, 3) @ (local / distance[:, None]).T  # (A*N, P)
    reach = np.where(cosine > 0.975, np.minimum(distance, 0.46)[None], 0.0).max(axis=1).reshape(polar.shape)
    reach[reach == 0] = np.median(reach[reach > 0])
    smooth = gaussian_filter(reach, (1.5, 1.0), mode=("wrap", "nearest"))
    pole = smooth[:, :1].mean()
    smooth[:, 0] = pole
    return np.asarray(
        np.maximum(smooth, gaussian_filter(reach, (0.5, 0.5), mode=("wrap", "nearest")) - 0.004)
    )


def _grid_quads(around: int, along: int, *, wraps: bool) -> tuple[IntArray, NDArray[np.float32]]:
    """Return quads and texture coordinates of a grid of vertices, row after row of `along`."""
    columns = around if wraps else around - 1
    a, n = np.repeat(np.arange(columns), along - 1), np.tile(np.arange(along - 1), columns)
    b = (a + 1) % around
    quads = np.stack([a * along + n, b * along + n, b * along + n + 1, a * along + n + 1], axis=1)
    u0, u1 = a / around, (a + 1) / around
    v0, v1 = n / (along - 1), (n + 1) / (along - 1)
    corners = np.stack(
        [np.stack([u0, v0], 1), np.stack([u1, v0], 1), np.stack([u1, v1], 1), np.stack([u0, v1], 1)], axis=1
    )
    return quads.astype(np.int32), corners.astype(np.float32)


def _facing_away(
    points: Floats, quads: IntArray, corners: NDArray[np.float32], center: Floats
) -> tuple[IntArray, NDArray[np.float32]]:
    """Turn quads, all of them one way, so that they face away from a point."""
    a, b, c = (points[quads[:, k]] for k in (0, 1, 2))
    if (np.cross(b - a, c - a) * (a - center)).sum() > 0:
        return quads, corners
    return np.ascontiguousarray(quads[:, ::-1]), np.ascontiguousarray(corners[:, ::-1])
