"""Which Gaussian shows how much on which pixel.

    ellipsoid -> ellipse on the picture -> opacity at every pixel it covers -> front to back: weights

A picture is the weights times the colours, so colours that fit pictures are a linear least squares problem.

Source: Kerbl et al. 2023 (3D Gaussian splatting), section 4; Zwicker et al. 2001 (EWA splatting).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from goae_core.camera import Camera
from goae_core.splats.gaussians import Gaussians

_LOW_PASS = 0.3  # square pixels that every ellipse grows by, as in the authors' release
_LEAST_OPACITY = 1.0 / 255.0
_MOST_OPACITY = 0.99
_REACH = 3.0  # standard deviations
_AWAY = -0.15  # cosine below which a disc shows its back, which others cover
_NEAR = 0.2  # units


def weights(gaussians: Gaussians, camera: Camera, side: int) -> sparse.csr_array:
    """How much each Gaussian shows on each pixel.

    Args:
        gaussians: N of them.
        camera: B = 1.
        side: Pixels per side, R.

    Returns:
        (R * R, N): rows sum to the picture's alpha.
    """
    pose = camera.cam_to_world[0].double().cpu().numpy()
    matrix = camera.intrinsics[0].double().cpu().numpy() * side
    rotation = pose[:3, :3]
    offset = gaussians.means.astype(np.float64) - pose[:3, 3]
    inside = offset @ rotation
    facing = -np.einsum("ij,ij->i", gaussians.normals, offset) / np.linalg.norm(offset, axis=1)
    shown = np.flatnonzero((inside[:, 2] > _NEAR) & (facing > _AWAY))
    x, y, z = inside[shown].T
    centers = np.stack([x / z, y / z], axis=-1) @ matrix[:2, :2].T + matrix[:2, 2] - 0.5
    covariance = _on_picture(gaussians, shown, rotation, matrix, x / z, y / z, z)
    a, b, c = covariance[:, 0, 0], covariance[:, 0, 1], covariance[:, 1, 1]
    determinant = a * c - b * b
    inverse = np.stack([c, -b, a], axis=-1) / determinant[:, None]
    reach = np.ceil(_REACH * np.sqrt(np.stack([a, c], axis=-1))).astype(np.int64)
    pixels, owners, opacity = _covered(centers, inverse, reach, gaussians.opacities[shown], side)
    order = np.argsort(pixels * len(shown) + np.argsort(np.argsort(z))[owners], kind="stable")
    pixels, owners, opacity = pixels[order], owners[order], opacity[order]
    passed = _light_before(pixels, opacity)
    weight = (opacity * passed).astype(np.float32)
    kept = weight > 1e-4
    return sparse.coo_array(
        (weight[kept], (pixels[kept], shown[owners[kept]])), shape=(side * side, len(gaussians.means))
    ).tocsr()


def _on_picture(
    gaussians: Gaussians,
    shown: NDArray[np.int64],
    rotation: NDArray[np.float64],
    matrix: NDArray[np.float64],
    across: NDArray[np.float64],
    down: NDArray[np.float64],
    depth: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Covariances on the picture, (M, 2, 2), square pixels."""
    normals = gaussians.normals[shown].astype(np.float64) @ rotation
    variance = gaussians.radii[shown].astype(np.float64) ** 2
    flat = 1.0 - gaussians.thickness**2
    # of a disc: variance * (I - flat * n n^T)
    world = variance[:, None, None] * (np.eye(3) - flat * normals[:, :, None] * normals[:, None, :])
    jacobian = np.zeros((len(shown), 2, 3))
    jacobian[:, 0, 0] = jacobian[:, 1, 1] = 1.0 / depth
    jacobian[:, 0, 2], jacobian[:, 1, 2] = -across / depth, -down / depth
    slope = matrix[:2, :2] @ jacobian
    result: NDArray[np.float64] = slope @ world @ slope.transpose(0, 2, 1) + _LOW_PASS * np.eye(2)
    return result


def _covered(
    centers: NDArray[np.float64],
    inverse: NDArray[np.float64],
    reach: NDArray[np.int64],
    opacities: NDArray[np.float32],
    side: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Pixels that ellipses cover, whose they are, and how opaque, (K,) each."""
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    middle = np.round(centers).astype(np.int64)
    for height in np.unique(reach[:, 1]):
        for width in np.unique(reach[reach[:, 1] == height, 0]):
            owners = np.flatnonzero((reach[:, 0] == width) & (reach[:, 1] == height))
            columns, rows = np.meshgrid(np.arange(-width, width + 1), np.arange(-height, height + 1))
            u = middle[owners, 0, None] + columns.ravel()
            v = middle[owners, 1, None] + rows.ravel()
            du, dv = u - centers[owners, 0, None], v - centers[owners, 1, None]
            p, q, r = (inverse[owners, k, None] for k in range(3))
            power = 0.5 * (p * du * du + r * dv * dv) + q * du * dv
            opacity = np.minimum(opacities[owners, None] * np.exp(-power), _MOST_OPACITY)
            kept = (opacity >= _LEAST_OPACITY) & (u >= 0) & (u < side) & (v >= 0) & (v < side)
            where = np.nonzero(kept)
            found.append((v[where] * side + u[where], owners[where[0]], opacity[where]))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    pixels, owners, opacity = (np.concatenate(part) for part in zip(*found, strict=True))
    return pixels, owners, opacity


def _light_before(pixels: NDArray[np.int64], opacity: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is left of the light when it reaches each entry; entries lie by pixel, and front to back."""
    if len(pixels) == 0:
        return np.zeros(0)
    lost = np.log1p(-opacity)
    before = np.cumsum(lost) - lost
    first = np.flatnonzero(np.diff(pixels, prepend=-1))
    counts = np.diff(np.append(first, len(pixels)))
    passed: NDArray[np.float64] = np.exp(before - np.repeat(before[first], counts))
    return passed
