"""Films from frames: GIF, WebP and MP4.

A GIF has one palette for all its frames and a dither pattern that stands still, so that nothing shimmers
where nothing moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from goae_core.errors import ExportError
from goae_core.whole_file import whole_file

FILM_SUFFIXES = (".gif", ".webp", ".mp4")

_PALETTE_PIXELS = 1 << 20  # colours are counted on about this many pixels, spread over all frames
_DITHER_SPAN = 6.0  # of 255: about the distance between neighbouring colours of a portrait's palette


def film_suffix(path: Path) -> str:
    """The suffix of a film file in lower case.

    Raises:
        ExportError: If films are not written in that format.
    """
    suffix = path.suffix.lower()
    if suffix not in FILM_SUFFIXES:
        raise ExportError(f"'{path.name}' is no film file; end it in {', '.join(FILM_SUFFIXES)}")
    return suffix


def write_film(frames: Iterable[NDArray[np.uint8]], path: Path, fps: float = 24.0) -> None:
    """Write a film that loops, in the format that the suffix names.

    MP4 is written frame by frame; GIF and WebP keep all frames in memory until the end.

    Args:
        frames: (H, W, 3) sRGB each, all of one size; at least one.
        path: Ends in .gif, .webp or .mp4.
        fps: Frames a second. GIF counts in hundredths and WebP in thousandths of a second: single frames are
            rounded, the length of the film is not.

    Raises:
        ExportError: If suffix, speed or frames do not serve, or the file cannot be written. Whatever `frames`
            raises passes through; `path` is then as it was before.
    """
    suffix = film_suffix(path)
    if not 0.1 <= fps <= 100:
        raise ExportError(f"a film runs at 0.1 to 100 frames a second, got {fps:g}")
    with whole_file(path) as part:
        if suffix == ".mp4":
            _write_mp4(_checked(frames), part, fps)
            return
        pictures = [Image.fromarray(frame) for frame in _checked(frames)]
        if not pictures:
            raise ExportError("a film needs at least one frame")
        if suffix == ".gif":
            _write_gif(pictures, part, fps)
        else:
            _write_webp(pictures, part, fps)


def frame_durations_ms(count: int, fps: float, unit_ms: int) -> list[int]:
    """How long each frame stays, in whole multiples of `unit_ms`; errors of rounding never add up.

    Args:
        count: Number of frames.
        fps: Frames a second.
        unit_ms: What the format counts in.

    Returns:
        `count` numbers of milliseconds, none below one unit.
    """
    ends = [round(1000.0 * k / fps / unit_ms) for k in range(count + 1)]
    return [max(1, after - before) * unit_ms for before, after in pairwise(ends)]


def _checked(frames: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    shape: tuple[int, ...] | None = None
    for frame in frames:
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise ExportError(f"a film's frame must be (H, W, 3) uint8, got {frame.shape} {frame.dtype}")
        if shape is not None and frame.shape != shape:
            raise ExportError(
                f"a film's frames must have one size, got {shape[:2]} and then {frame.shape[:2]}"
            )
        shape = frame.shape
        yield frame


def _write_gif(pictures: list[Image.Image], part: Path, fps: float) -> None:
    palette = _common_palette(pictures)
    pattern = _dither_pattern(pictures[0].height, pictures[0].width)
    indexed = [_indexed(picture, palette, pattern) for picture in pictures]
    indexed[0].save(
        part,
        save_all=True,
        append_images=indexed[1:],
        duration=frame_durations_ms(len(pictures), fps, 10),
        loop=0,
        palette=bytes(palette.getpalette() or ()),  # in the file once, and not with every frame
        optimize=True,  # what stays the same from frame to frame is written as transparent
        disposal=1,
    )


def _common_palette(pictures: list[Image.Image]) -> Image.Image:
    """Up to 255 colours that serve all pictures, from a sample of their pixels; the last entry stays free."""
    step = max(1, round((len(pictures) * pictures[0].width * pictures[0].height / _PALETTE_PIXELS) ** 0.5))
    sample = np.concatenate([np.asarray(picture)[::step, ::step].reshape(-1, 3) for picture in pictures])
    # k-means after the median cut: flat shades of skin get the entries that a median cut gives to stray hairs
    cut = Image.fromarray(sample[None]).quantize(255, Image.Quantize.MEDIANCUT, kmeans=2)
    colors = np.unique(np.array(cut.getpalette(), dtype=np.uint8).reshape(-1, 3), axis=0)
    palette = Image.new("P", (1, 1))
    palette.putpalette(colors.tobytes())
    return palette


def _dither_pattern(height: int, width: int) -> NDArray[np.float32]:
    """Bayer's 8 x 8 ordered dither over a picture, (H, W, 1), centred on zero."""
    bayer = np.zeros((1, 1))
    for _ in range(3):
        bayer = np.block([[4 * bayer, 4 * bayer + 2], [4 * bayer + 3, 4 * bayer + 1]])
    tile = ((bayer + 0.5) / 64.0 - 0.5) * _DITHER_SPAN
    tiled = np.tile(tile, (height // 8 + 1, width // 8 + 1))[:height, :width, None]
    return np.asarray(tiled, dtype=np.float32)


def _indexed(picture: Image.Image, palette: Image.Image, pattern: NDArray[np.float32]) -> Image.Image:
    dithered = np.clip(np.asarray(picture) + pattern, 0, 255).round().astype(np.uint8)
    return Image.fromarray(dithered).quantize(palette=palette, dither=Image.Dither.NONE)


def _write_webp(pictures: list[Image.Image], part: Path, fps: float) -> None:
    pictures[0].save(
        part,
        save_all=True,
        append_images=pictures[1:],
        duration=frame_durations_ms(len(pictures), fps, 1),
        loop=0,
        quality=88,
        method=4,
    )


def _write_mp4(frames: Iterator[NDArray[np.uint8]], part: Path, fps: float) -> None:
    """H.264, yuv420p: what browsers and phones play. Odd sides grow by one repeated row or column."""
    import av

    with av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = None
        for frame in frames:
            height, width = frame.shape[:2]
            even = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            if stream is None:
                stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
                stream.width, stream.height = even.shape[1], even.shape[0]
                stream.pix_fmt = "yuv420p"
                stream.options = {"crf": "18", "preset": "medium"}
            for packet in stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")):
                container.mux(packet)
        if stream is None:
            raise ExportError("a film needs at least one frame")
        for packet in stream.encode(None):
            container.mux(packet)
