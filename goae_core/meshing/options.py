"""What may be asked of a mesh."""

from __future__ import annotations

from dataclasses import dataclass

from goae_core.errors import ExportError
from goae_core.surface import RESOLUTION_RANGE

TEXTURE_SIZES = (1024, 2048, 4096)
"""Sides a texture may have, texels."""
TEXTURED_SUFFIXES = (".obj", ".glb")
"""Files that carry a texture; the others carry vertex colours, and STL none."""
TEXTURED_TRIANGLES = 20_000
"""What a textured mesh is simplified to unless asked otherwise: the texture holds the detail, and unwrapping
takes seconds instead of minutes."""
LEAST_TRIANGLES = 500


@dataclass(frozen=True, slots=True)
class MeshOptions:
    """One mesh to make; every field has a default that serves.

    Attributes:
        resolution: Sampling points per side of the box, 64 to 512 are sensible.
        texture: Side of the texture in texels, one of `TEXTURE_SIZES`; 0: colours at the vertices.
        watertight: For printing: one closed body, certified. (Without it the body is closed too, as a rule.)
        smoothing: Passes of smoothing that keeps the volume, 0 to 50.
        triangles: At most this many; None: all of them, or `TEXTURED_TRIANGLES` with a texture.
        level: Raw density of the surface; None: found for the head.
    """

    resolution: int = 256
    texture: int = 0
    watertight: bool = False
    smoothing: int = 0
    triangles: int | None = None
    level: float | None = None

    def __post_init__(self) -> None:
        least, most = RESOLUTION_RANGE
        if not least <= self.resolution <= most:
            raise ExportError(
                f"the mesh resolution must be {least} to {most} points a side, got {self.resolution}"
            )
        if self.texture not in (0, *TEXTURE_SIZES):
            sizes = ", ".join(map(str, TEXTURE_SIZES))
            raise ExportError(f"a texture has {sizes} texels a side, or 0 for none, got {self.texture}")
        if not 0 <= self.smoothing <= 50:
            raise ExportError(f"a mesh is smoothed in 0 to 50 passes, got {self.smoothing}")
        if self.triangles is not None and self.triangles < LEAST_TRIANGLES:
            raise ExportError(f"a mesh keeps at least {LEAST_TRIANGLES} triangles, got {self.triangles}")

    @property
    def most_triangles(self) -> int | None:
        """The number of triangles to simplify to; None: leave all."""
        if self.triangles is None and self.texture:
            return TEXTURED_TRIANGLES
        return self.triangles
