"""Picture files that the command line writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from goae_core.errors import ExportError
from goae_core.whole_file import whole_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def picture_suffix(path: Path) -> str:
    """The suffix of a picture file in lower case.

    Raises:
        ExportError: If pictures are not written in that format.
    """
    suffix = path.suffix.lower()
    if suffix not in PICTURE_SUFFIXES:
        raise ExportError(f"'{path.name}' is no picture file; end it in {', '.join(PICTURE_SUFFIXES)}")
    return suffix


def write_picture(pixels: NDArray[np.uint8], path: Path) -> None:
    """Write (H, W), (H, W, 3) or (H, W, 4) uint8 in the format that the suffix names.

    Raises:
        ExportError: If the file cannot be written.
    """
    from PIL import Image

    picture_suffix(path)
    with whole_file(path) as part:
        Image.fromarray(pixels).save(part, quality=95)  # PNG knows no quality and heeds none


def write_depth(depth: NDArray[np.float32], alpha: NDArray[np.uint8], path: Path) -> None:
    """Write distances as a grey picture of 16 bits: near is bright, the background black.

    The file's texts `near` and `far` hold the distances, world units, of white and of the darkest grey (1).

    Args:
        depth: (H, W), along the viewing ray, world units.
        alpha: (H, W), 0 to 255; what is less than half opaque is background.
        path: Ends in .png.

    Raises:
        ExportError: If the file cannot be written.
    """
    import numpy as np
    from PIL import Image, PngImagePlugin

    solid = (alpha >= 128) & np.isfinite(depth)
    near, far = (float(depth[solid].min()), float(depth[solid].max())) if solid.any() else (0.0, 1.0)
    nearness = (far - depth) / max(far - near, 1e-6)
    grey = np.where(solid, 1 + np.clip(nearness, 0.0, 1.0) * 65534, 0).round().astype(np.uint16)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("near", f"{near:.6f}")
    texts.add_text("far", f"{far:.6f}")
    with whole_file(path) as part:
        Image.fromarray(grey).save(part, pnginfo=texts)
