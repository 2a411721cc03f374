"""The square of a photo that becomes a model's frame, and cutting it out.

Pixel coordinates are continuous: x to the right, y down, (0, 0) the photo's top left corner, so the centre of
the first pixel lies at (0.5, 0.5). Frame coordinates run from 0 to 1 over the cut-out square in the same way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goae_core.opencv import cv2

# Beyond the photo's edge the mirrored picture fades into a blurred one over this share of the frame's side.
_FADE = 0.06
_BLUR = 0.05
# Samples per output pixel and axis; a photo that is larger still is first averaged down.
_MAX_SUPERSAMPLING = 4


@dataclass(frozen=True, slots=True)
class Crop:
    """A square in a photo, possibly turned and partly outside of it.

    photo = center + side * turn(roll) @ (frame - 1/2)
    """

    center: tuple[float, float]
    """Pixels in the upright photo, (x, y)."""
    side: float
    """Pixels, positive."""
    roll: float = 0.0
    """Radians; positive turns the square clockwise in the photo, as for a head that leans clockwise."""

    def to_photo(self, frame: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map frame coordinates (..., 2) to pixels of the photo (..., 2)."""
        return np.asarray(self.center) + self.side * ((frame - 0.5) @ self._turn().T)

    def to_frame(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map pixels of the photo (..., 2) to frame coordinates (..., 2)."""
        return np.asarray((pixels - np.asarray(self.center)) @ self._turn() / self.side + 0.5)

    def _turn(self) -> NDArray[np.float64]:
        cos, sin = math.cos(self.roll), math.sin(self.roll)
        return np.array([[cos, -sin], [sin, cos]])


def middle(width: int, height: int) -> Crop:
    """The largest upright square in the middle of a photo."""
    return Crop((width / 2, height / 2), float(min(width, height)))


def resample(image: NDArray[np.uint8], crop: Crop, size: int) -> NDArray[np.uint8]:
    """Cut a crop out of a photo, free of aliasing.

    Small squares are enlarged by cubic interpolation. Large ones are sampled on a finer grid and averaged.
    What lies outside the photo is its mirror image, ever more blurred, so that no hard edge invites a network
    to see one.

    Args:
        image: (H, W, 3) photo.
        crop: The square.
        size: Pixels per side of the result.

    Returns:
        (size, size, 3).

    Raises:
        ValueError: If `size` is below 1, or the crop is no finite square.
    """
    if size < 1:
        raise ValueError(f"the frame needs at least 1 pixel per side, got {size}")
    if not (math.isfinite(crop.side + crop.roll + sum(crop.center)) and crop.side > 0):
        raise ValueError(f"the crop must be a finite square with a positive side, got {crop}")
    outside = _distance_outside(image.shape[1], image.shape[0], crop, size)
    image, crop = _cut(image, crop)
    image, crop = _shrink(image, crop, size)
    supersampling = min(max(math.ceil(crop.side / size), 1), _MAX_SUPERSAMPLING)
    fine = size * supersampling
    # OpenCV counts pixel centres from 0: its coordinate is ours less one half.
    corner, right, below = crop.to_photo(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    across, down = (right - corner) / fine, (below - corner) / fine
    start = corner + (across + down) / 2 - 0.5
    frame = cv2.warpAffine(
        image,
        np.stack([across, down, start], axis=1),
        (fine, fine),
        flags=(cv2.INTER_CUBIC if crop.side < size else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    if supersampling > 1:
        frame = cv2.resize(frame, (size, size), interpolation=cv2.INTER_AREA)
    if outside.max() > 0:
        blurred = cv2.GaussianBlur(frame, (0, 0), max(_BLUR * size, 0.5)).astype(np.float32)
        share = np.clip(outside / _FADE, 0.0, 1.0)[..., None]
        frame = np.rint(frame * (1 - share) + blurred * share)
    return np.ascontiguousarray(frame, dtype=np.uint8)


def _distance_outside(width: int, height: int, crop: Crop, size: int) -> NDArray[np.float32]:
    """How far each pixel of the frame lies outside the photo, in frame sides, (size, size)."""
    ticks = (np.arange(size) + 0.5) / size
    pixels = crop.to_photo(np.stack(np.meshgrid(ticks, ticks), axis=-1))
    beyond = np.maximum(np.maximum(-pixels, pixels - np.array([width, height])), 0.0)
    return np.asarray(beyond.max(axis=-1) / crop.side, dtype=np.float32)


def _cut(image: NDArray[np.uint8], crop: Crop) -> tuple[NDArray[np.uint8], Crop]:
    """Drop what the crop cannot see, so that a small face in a large photo costs little.

    Nothing is dropped where the crop reaches beyond the photo: its mirror image starts at the photo's own
    edge.
    """
    reach = crop.side * math.sqrt(0.5) + 8
    (x, y), (height, width) = crop.center, image.shape[:2]
    left, top = math.floor(x - reach), math.floor(y - reach)
    right, bottom = math.ceil(x + reach), math.ceil(y + reach)
    if left < 0 or top < 0 or right > width or bottom > height:
        return image, crop
    return image[top:bottom, left:right], Crop((x - left, y - top), crop.side, crop.roll)


def _shrink(image: NDArray[np.uint8], crop: Crop, size: int) -> tuple[NDArray[np.uint8], Crop]:
    """Average a photo down until supersampling alone reaches every pixel of it."""
    excess = crop.side / (size * _MAX_SUPERSAMPLING)
    if excess <= 1:
        return image, crop
    height, width = image.shape[:2]
    small = max(round(width / excess), 1), max(round(height / excess), 1)
    image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    # Rounding makes the two factors differ by less than a pixel over the whole photo.
    across, down = small[0] / width, small[1] / height
    return image, Crop(
        (crop.center[0] * across, crop.center[1] * down), crop.side * (across + down) / 2, crop.roll
    )
