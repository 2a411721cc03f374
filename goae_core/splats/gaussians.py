"""Gaussians and their file.

Source: Kerbl et al. 2023 (3D Gaussian splatting, arXiv 2308.04079); the layout of the .ply is that of the
authors' release, without view dependence.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from goae_core.errors import ExportError
from goae_core.mesh import METRES_PER_UNIT
from goae_core.whole_file import whole_file

SPLATS_SUFFIX = ".ply"

_SH_ZERO = 0.5 / np.sqrt(np.pi)  # the constant spherical harmonic
_FIELDS = (
    *("x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2", "opacity"),
    *("scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"),
)
_COMMENTS = (
    "GOAE Studio: axes of a camera, as is usual for splats: x right, y down, z forward",
    "the face looks along -z; unit: metre",
)


@dataclass(frozen=True, slots=True, eq=False)
class Gaussians:
    """Soft coloured ellipsoids, N of them, in the renderer's world: y up, face along +z."""

    means: NDArray[np.float32]
    """(N, 3), world units."""
    normals: NDArray[np.float32]
    """(N, 3), unit length: each is a disc across its normal."""
    radii: NDArray[np.float32]
    """(N,) standard deviation along the disc, world units."""
    thickness: float
    """Standard deviation across the disc, in radii."""
    opacities: NDArray[np.float32]
    """(N,) at the centre, between 0 and 1."""
    colors: NDArray[np.float32]
    """(N, 3) sRGB in [0, 1], the same from everywhere."""

    def write(self, path: Path) -> None:
        """Write a .ply that splat viewers open.

        Binary, little endian: position, normal, colour as the constant spherical harmonic, opacity before the
        sigmoid, logarithms of three scales, rotation as a quaternion (w, x, y, z). Metres; turned half a turn
        about x, since splats are kept in the axes of a camera.

        Args:
            path: Ends in .ply.

        Raises:
            ExportError: If the suffix is another one, there is nothing to write, or it cannot be written.
        """
        splats_suffix(path)
        if len(self.means) == 0:
            raise ExportError("there are no splats to write; the portrait may be empty")
        header = [
            "ply",
            "format binary_little_endian 1.0",
            *(f"comment {line}" for line in _COMMENTS),
            f"element vertex {len(self.means)}",
            *(f"property float {name}" for name in _FIELDS),
            "end_header\n",
        ]
        with whole_file(path) as part:
            part.write_bytes("\n".join(header).encode("ascii") + self._table().astype("<f4").tobytes())

    def _table(self) -> NDArray[np.float32]:
        """(N, 17) numbers as in the file."""
        turned = np.array([1.0, -1.0, -1.0], dtype=np.float32)
        normals = self.normals * turned
        radius = self.radii[:, None] * METRES_PER_UNIT
        scales = np.concatenate([radius, radius, self.thickness * radius], axis=1)
        opacity = self.opacities.clip(1e-4, 1.0 - 1e-4)[:, None]
        table: NDArray[np.float32] = np.concatenate(
            [
                self.means * turned * METRES_PER_UNIT,
                normals,
                (self.colors - 0.5) / _SH_ZERO,
                np.log(opacity / (1.0 - opacity)),
                np.log(scales),
                rotations_to(normals),
            ],
            axis=1,
        ).astype(np.float32)
        return table


def splats_suffix(path: Path) -> str:
    """The suffix of a file of splats in lower case.

    Raises:
        ExportError: If splats are not written in that format.
    """
    suffix = path.suffix.lower()
    if suffix != SPLATS_SUFFIX:
        raise ExportError(f"'{path.name}' is no file of splats; end it in {SPLATS_SUFFIX}")
    return suffix


def rotations_to(normals: NDArray[np.float32]) -> NDArray[np.float32]:
    """The shortest rotations that turn +z to normals (N, 3): unit quaternions (N, 4), w first."""
    x, y, z = normals.astype(np.float64).T
    w = 1.0 + z
    opposite = w < 1e-6  # half a turn about any axis across z
    quaternions = np.stack([w, -y, x, np.zeros_like(w)], axis=-1)
    quaternions[opposite] = (0.0, 1.0, 0.0, 0.0)
    unit: NDArray[np.float32] = (quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)).astype(
        np.float32
    )
    return unit
