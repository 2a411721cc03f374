"""Spectacles: rims, a bridge and temples to the ears as tubes of quads, and lenses, clear or tinted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from goae_core.training.synthetic.person import Spectacles
from goae_core.training.synthetic.subdivision import IntArray

_TUBE_SIDES = 6
_RIM_POINTS = 40
_LENS_RINGS = 4
_LENS_SIDE = 48
"""Texels a side of the lenses' texture."""
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
    for rim in _rims(frame, left_eye, right_eye, front, height):
        if frame.rim == "full":
            curves.append((rim, True))
        elif frame.rim == "half":
            upper = rim[:, 1] > height - 0.1 * half_height
            start = int(np.flatnonzero(upper & ~np.roll(upper, 1))[0])
            curves.append((np.roll(rim, -start, axis=0)[: int(upper.sum())], False))

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


def lens_mesh(
    frame: Spectacles, left_eye: NDArray[np.float64], right_eye: NDArray[np.float64], nose_front: float
) -> tuple[NDArray[np.float64], IntArray, NDArray[np.float32]]:
    """Build both lenses of a frame; the arguments are those of `spectacles_mesh`.

    Returns:
        Vertices (P, 3), quads (F, 4) and texture coordinates (F, 4, 2); each lens fills the texture.
    """
    span = float(left_eye[0] - right_eye[0])
    middle = 0.5 * (left_eye + right_eye)
    front = max(nose_front - 0.030, float(middle[2]) + 0.062)
    height = float(middle[1]) - 0.012
    vertices, quads, corners = [], [], []
    start = 0
    for rim in _rims(frame, left_eye, right_eye, front, height):
        center = rim.mean(axis=0)
        share = np.linspace(0.02, 1, _LENS_RINGS)
        rings = center + share[:, None, None] * (rim - center)[None]  # (rings, points, 3)
        # curved outwards: highlights wander over it
        rings[..., 2] += 0.010 * (1 - share[:, None] ** 2)
        size = np.array([2.2 * frame.width * span, 2.2 * frame.height * span])
        place = (rings[..., :2] - center[:2]) / size + 0.5
        ring, point = np.meshgrid(np.arange(_LENS_RINGS - 1), np.arange(len(rim)), indexing="ij")
        here, there = ring * len(rim) + point, ring * len(rim) + (point + 1) % len(rim)
        quad = np.stack([here, there, there + len(rim), here + len(rim)], axis=-1).reshape(-1, 4)
        vertices.append(rings.reshape(-1, 3))
        quads.append(quad + start)
        corners.append(place.reshape(-1, 2)[quad])
        start += len(rings.reshape(-1, 3))
    # rims run anticlockwise seen from the front; from the middle outwards that faces the eye
    turned = np.concatenate(quads)[:, ::-1]
    return (
        np.concatenate(vertices),
        np.ascontiguousarray(turned).astype(np.int32),
        np.ascontiguousarray(np.concatenate(corners)[:, ::-1]).astype(np.float32),
    )


def lens_texture(frame: Spectacles) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return a lens's albedo (S, S, 3) and coverage (S, S): its tint, and a window mirrored in it."""
    axis = (np.arange(_LENS_SIDE) + 0.5) / _LENS_SIDE
    across, down = np.meshgrid(axis, axis)
    tint = frame.tint * (1 - frame.fade * np.clip((down - 0.3) / 0.6, 0, 1))
    slant = across + 0.35 * down
    window = np.clip((slant - 0.42) / 0.03, 0, 1) * np.clip((0.78 - slant) / 0.03, 0, 1)
    window = window * np.clip((0.55 - down) / 0.05, 0, 1) * np.clip((down - 0.16) / 0.05, 0, 1)
    window = window * (1 - 0.8 * (np.abs(slant - 0.6) < 0.012))  # the bar between its panes
    mirrored = frame.reflection * (0.10 + 0.75 * window)
    cover = 1 - (1 - tint) * (1 - mirrored)
    color = np.array(frame.tint_color) * (tint * (1 - mirrored))[..., None] + 0.45 * mirrored[..., None]
    albedo = color / np.maximum(cover, 1e-3)[..., None]
    return albedo.astype(np.float32), np.clip(255 * cover, 0, 249).astype(np.uint8)


def _rims(
    frame: Spectacles,
    left_eye: NDArray[np.float64],
    right_eye: NDArray[np.float64],
    front: float,
    height: float,
) -> list[NDArray[np.float64]]:
    """Return the outlines (40, 3) of the left and the right lens."""
    span = float(left_eye[0] - right_eye[0])
    middle = 0.5 * (left_eye + right_eye)
    angle = np.linspace(0, 2 * np.pi, _RIM_POINTS, endpoint=False)
    rims = []
    for eye in (left_eye, right_eye):
        side = np.sign(eye[0] - middle[0])
        cosine, sine = (
            _superellipse(np.cos(angle), frame.roundness),
            _superellipse(np.sin(angle), frame.roundness),
        )
        outer = side * cosine
        # pilots' glasses hang down on the outside, others sweep up there like cats' eyes
        low, high = np.maximum(-sine, 0), np.maximum(sine, 0)
        x = eye[0] + side * 0.004 + frame.width * span * cosine * (1 - 0.18 * frame.drop * low)
        y = height + frame.height * span * (sine - 0.35 * frame.drop * low * (0.6 + 0.4 * outer))
        y = y + frame.height * span * 0.45 * frame.sweep * high * np.maximum(outer, 0)
        # the rims follow the face around
        z = front - 0.75 * (x - middle[0] - side * 0.3 * span) ** 2
        rims.append(np.stack([x, y, z], axis=1))
    return rims


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
