"""Spectacles: two rims, a bridge and temples to the ears, as tubes of quads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from goae_core.training.synthetic.person import Spectacles
from goae_core.training.synthetic.subdivision import IntArray

_TUBE_SIDES = 6
_EAR = np.array([0.222, 0.0, -0.085])
"""Where a temple ends, in world units: behind an average ear; its height follows the frame."""


def spectacles_mesh(
    frame: Spectacles,
    left_eye: NDArray[np.float64],
    right_eye: NDArray[np.float64],
    nose_front: float,
    ear_distance: float,
) -> tuple[NDArray[np.float64], IntArray]:
    """Build a frame that fits a face.

    Args:
        frame: Its form.
        left_eye: (3,) world, the subject's left eye centre (x > 0).
        right_eye: (3,) world.
        nose_front: World z of the nose tip.
        ear_distance: World distance of an ear from the middle plane.

    Returns:
        Vertices (P, 3) in world units and quads (F, 4).
    """
    span = float(left_eye[0] - right_eye[0])
    middle = 0.5 * (left_eye + right_eye)
    front = max(nose_front - 0.030, float(middle[2]) + 0.062)
    half_width, half_height = frame.width * span, frame.height * span
    height = float(middle[1]) - 0.012

    curves: list[tuple[NDArray[np.float64], bool]] = []
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    for eye in (left_eye, right_eye):
        side = np.sign(eye[0] - middle[0])
        x = eye[0] + side * 0.004 + half_width * _superellipse(np.cos(angle), frame.roundness)
        y = height + half_height * _superellipse(np.sin(angle), frame.roundness)
        # the rims follow the face around
        z = front - 0.75 * (x - middle[0] - side * 0.3 * span) ** 2
        curves.append((np.stack([x, y, z], axis=1), True))

    reach = span / 2 - 0.93 * half_width
    across = np.linspace(-1, 1, 8)
    arch = height + 0.35 * half_height + 0.010 * (1 - across**2)
    bridge = np.stack([middle[0] + reach * across, arch, np.full(8, front + 0.004)], axis=1)
    curves.append((bridge, False))

    along = np.linspace(0, 1, 14)[:, None]
    for side in (1.0, -1.0):
        hinge = np.array(
            [middle[0] + side * (span / 2 + half_width + 0.004), height + 0.45 * half_height, front - 0.010]
        )
        ear = np.array([middle[0] + side * ear_distance, height + 0.015, _EAR[2]])
        bow = np.array([side * 0.012, 0.0, 0.0]) * np.sin(np.pi * along)
        curves.append((hinge * (1 - along) + ear * along + bow, False))

    vertices, quads, start = [], [], 0
    for points, closed in curves:
        tube_vertices, tube_quads = _tube(points, frame.thickness, closed)
        vertices.append(tube_vertices)
        quads.append(tube_quads + start)
        start += len(tube_vertices)
    return np.concatenate(vertices), np.concatenate(quads).astype(np.int32)


def _superellipse(circle: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    squared: NDArray[np.float64] = np.sign(circle) * np.abs(circle) ** (2 / exponent)
    return squared


def _tube(points: NDArray[np.float64], radius: float, closed: bool) -> tuple[NDArray[np.float64], IntArray]:
    """Sweep a circle along a polyline (N, 3)."""
    tangent = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    if not closed:
        tangent[0] = points[1] - points[0]
        tangent[-1] = points[-1] - points[-2]
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.cross(tangent, [0.0, 0.0, 1.0])
    along_view = np.linalg.norm(side, axis=1) < 0.2
    side[along_view] = np.cross(tangent[along_view], [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(tangent, side)
    angle = np.arange(_TUBE_SIDES) * 2 * np.pi / _TUBE_SIDES
    ring = np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * up[:, None]
    vertices = (points[:, None] + radius * ring).reshape(-1, 3)

    count = len(points)
    here = np.arange(count if closed else count - 1)
    there = (here + 1) % count
    around = np.arange(_TUBE_SIDES)
    beside = (around + 1) % _TUBE_SIDES
    quads = np.stack(
        [
            here[:, None] * _TUBE_SIDES + around,
            here[:, None] * _TUBE_SIDES + beside,
            there[:, None] * _TUBE_SIDES + beside,
            there[:, None] * _TUBE_SIDES + around,
        ],
        axis=-1,
    )
    return vertices, quads.reshape(-1, 4).astype(np.int32)
