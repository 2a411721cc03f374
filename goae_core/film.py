"""Films from frames: GIF, WebP, APNG, MP4, or a folder of PNG pictures.

A GIF has one palette for all its frames and a dither pattern that stands still, so that nothing shimmers
where nothing moves. Frames with alpha give films with a transparent background in every format but MP4.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from goae_core.errors import ExportError
from goae_core.whole_file import whole_file

FRAMES: Final = ""
"""Ending of a film that is a folder of pictures: none."""
FILM_SUFFIXES: Final = (".gif", ".webp", ".apng", ".mp4")
"""Endings of films that are one file."""
OPAQUE_SUFFIXES: Final = (".mp4",)
"""Endings of films that know no transparency."""

_PALETTE_PIXELS = 1 << 20  # colours are counted on about this many pixels, spread over all frames
_DITHER_SPAN = 6.0  # of 255: about the distance between neighbouring colours of a portrait's palette
_SOLID = 128  # of 255: a GIF's pixel is there or not, nothing between


def film_suffix(path: Path) -> str:
    """The suffix of a film in lower case; empty for a folder of pictures.

    Raises:
        ExportError: If films are not written in that format.
    """
    suffix = path.suffix.lower()
    if suffix not in FILM_SUFFIXES and (suffix or not path.name):
        raise ExportError(
            f"'{path.name}' is no film file; end it in {', '.join(FILM_SUFFIXES)}, or leave the ending out "
            "for a folder of PNG pictures"
        )
    return suffix


def write_film(frames: Iterable[NDArray[np.uint8]], path: Path, fps: float = 24.0) -> None:
    """Write a film that loops, in the format that the suffix names.

    MP4 and single pictures are written frame by frame; the others keep all frames in memory until the end.

    Args:
        frames: (H, W, 3) sRGB each, or (H, W, 4) with straight alpha; all of one shape, at least one.
        path: Ends in .gif, .webp, .apng or .mp4. Without an ending: a folder, new or empty, that gets
            frame_0001.png and so on.
        fps: Frames a second. GIF counts in hundredths and WebP and APNG in thousandths of a second: single
            frames are rounded, the length of the film is not.

    Raises:
        ExportError: If suffix, speed or frames do not serve, or the file cannot be written. Whatever `frames`
            raises passes through; `path` is then as it was before.
    """
    suffix = film_suffix(path)
    if not 0.1 <= fps <= 100:
        raise ExportError(f"a film runs at 0.1 to 100 frames a second, got {fps:g}")
    checked = _checked(frames, suffix)
    if suffix == FRAMES:
        with _whole_folder(path) as part:
            _write_pictures(checked, part)
        return
    with whole_file(path) as part:
        if suffix == ".mp4":
            _write_mp4(checked, part, fps)
            return
        pictures = [Image.fromarray(frame) for frame in checked]
        if not pictures:
            raise _no_frame()
        if suffix == ".gif":
            _write_gif(pictures, part, fps)
        elif suffix == ".apng":
            _write_apng(pictures, part, fps)
        else:
            _write_webp(pictures, part, fps)


def cut_out(color: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A frame with a transparent background: colour freed of the black it was laid over, and alpha.

    Args:
        color: (H, W, 3), over black.
        alpha: (H, W), 255 on the head.

    Returns:
        (H, W, 4) with straight alpha, as files want it.
    """
    share = np.maximum(alpha, 1)[..., None] / np.float32(255)
    straight = np.clip(color / share, 0, 255).round().astype(np.uint8)
    return np.dstack([straight, alpha])


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


def _checked(frames: Iterable[NDArray[np.uint8]], suffix: str) -> Iterator[NDArray[np.uint8]]:
    shape: tuple[int, ...] | None = None
    for frame in frames:
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] not in (3, 4):
            raise ExportError(
                f"a film's frame must be (H, W, 3) uint8, or (H, W, 4), got {frame.shape} {frame.dtype}"
            )
        if frame.shape[2] == 4 and suffix in OPAQUE_SUFFIXES:
            raise ExportError(
                f"a film that ends in {suffix} has no transparent background; take a colour or another format"
            )
        if shape is not None and frame.shape != shape:
            raise ExportError(
                f"a film's frames must have one size, got {shape[:2]} and then {frame.shape[:2]}"
            )
        shape = frame.shape
        yield frame


def _no_frame() -> ExportError:
    return ExportError("a film needs at least one frame")


@contextmanager
def _whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill; it takes its name when the block ends and is gone when the block raises."""
    try:
        if path.exists() and not path.is_dir():
            raise ExportError(f"'{path}' is a file; name a folder for the pictures")
        if path.is_dir() and any(path.iterdir()):
            raise ExportError(f"the folder '{path}' is not empty; name a new one for the pictures")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise ExportError(
            f"cannot write '{path}': {error.strerror or error}; choose another place"
        ) from error
    try:
        yield part
        try:
            part.chmod(path.parent.stat().st_mode & 0o777)  # mkdtemp makes folders only their owner enters
            if path.is_dir():
                path.rmdir()  # it is empty; Windows renames onto nothing that is there
            part.rename(path)
        except OSError as error:
            raise ExportError(
                f"cannot write '{path}': {error.strerror or error}; check space and rights"
            ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_pictures(frames: Iterator[NDArray[np.uint8]], folder: Path) -> None:
    count = 0
    for count, frame in enumerate(frames, start=1):
        Image.fromarray(frame).save(folder / f"frame_{count:04d}.png", compress_level=6)
    if not count:
        raise _no_frame()


def _write_gif(pictures: list[Image.Image], part: Path, fps: float) -> None:
    clear = pictures[0].mode == "RGBA"
    palette = _common_palette(pictures)
    pattern = _dither_pattern(pictures[0].height, pictures[0].width)
    colors = bytes(palette.getpalette() or ())
    free = len(colors) // 3  # the first entry behind the colours: "nothing is here"
    indexed = [_indexed(picture, palette, pattern, free) for picture in pictures]
    if clear:
        colors += bytes(3)
        for picture in indexed:
            picture.putpalette(colors)
            picture.info["transparency"] = free
    indexed[0].save(
        part,
        save_all=True,
        append_images=indexed[1:],
        duration=frame_durations_ms(len(pictures), fps, 10),
        loop=0,
        palette=colors,  # in the file once, and not with every frame
        optimize=not clear,  # what stays the same from frame to frame is written as transparent
        disposal=2 if clear else 1,  # where a head moves away, nothing stays
    )


def _common_palette(pictures: list[Image.Image]) -> Image.Image:
    """Up to 255 colours that serve all pictures, from a sample of their pixels; the last entry stays free."""
    step = max(1, round((len(pictures) * pictures[0].width * pictures[0].height / _PALETTE_PIXELS) ** 0.5))
    channels = len(pictures[0].getbands())
    sample = np.concatenate([np.asarray(p)[::step, ::step].reshape(-1, channels) for p in pictures])
    if channels == 4:
        solid = sample[sample[:, 3] >= _SOLID]
        sample = solid if len(solid) else sample[:1]
    # k-means after the median cut: flat shades of skin get the entries that a median cut gives to stray hairs
    counted = Image.fromarray(np.ascontiguousarray(sample[None, :, :3]))
    cut = counted.quantize(255, Image.Quantize.MEDIANCUT, kmeans=2)
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


def _indexed(
    picture: Image.Image, palette: Image.Image, pattern: NDArray[np.float32], free: int
) -> Image.Image:
    """The picture in the palette's colours; `free` stands where nothing is."""
    pixels = np.asarray(picture)
    dithered = np.clip(pixels[..., :3] + pattern, 0, 255).round().astype(np.uint8)
    indexed = Image.fromarray(dithered).quantize(palette=palette, dither=Image.Dither.NONE)
    if pixels.shape[2] == 3:
        return indexed
    numbers = np.where(pixels[..., 3] >= _SOLID, np.asarray(indexed), free)
    return Image.fromarray(numbers.astype(np.uint8), "P")


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


def _write_apng(pictures: list[Image.Image], part: Path, fps: float) -> None:
    pictures[0].save(
        part,
        format="PNG",
        save_all=True,
        append_images=pictures[1:],
        duration=[float(each) for each in frame_durations_ms(len(pictures), fps, 1)],
        loop=0,
        blend=0,  # a frame replaces what was there, transparency included
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
            raise _no_frame()
        for packet in stream.encode(None):
            container.mux(packet)


# Bytes of a frame at 256 pixels a side, solid and transparent, and by which power of the side they grow: a
# turntable of the first sample portrait (sway, 24 frames), measured at 128, 256 and 512 pixels.
_FRAME_BYTES: Final[dict[str, tuple[float, float, float]]] = {
    ".gif": (36e3, 35e3, 1.7),
    ".webp": (4.1e3, 8.6e3, 1.1),
    ".apng": (58e3, 73e3, 1.55),
    ".mp4": (1.7e3, 1.7e3, 1.3),
    FRAMES: (58e3, 73e3, 1.55),
}
_PICTURE_BYTES: Final[dict[str, tuple[float, float, float]]] = {
    ".png": (69e3, 89e3, 1.55),
    ".jpg": (15e3, 15e3, 1.3),
    ".webp": (8.8e3, 16e3, 1.2),
}


def estimated_film_bytes(suffix: str, side: int, frames: int, clear: bool = False) -> float:
    """About how large a film of a head will be; most are between half and twice that.

    Args:
        suffix: One of `FILM_SUFFIXES`, or `FRAMES`.
        side: Pixels per side.
        frames: How many.
        clear: Whether the background is transparent.

    Returns:
        Bytes.
    """
    return frames * _grown(_FRAME_BYTES[suffix], side, clear)


def estimated_picture_bytes(suffix: str, side: int, clear: bool = False) -> float:
    """About how large a picture of a head will be, bytes; arguments as in `estimated_film_bytes`.

    Args:
        suffix: .png, .jpg or .webp.
        side: Pixels per side.
        clear: Whether the background is transparent.
    """
    return _grown(_PICTURE_BYTES[suffix], side, clear)


def _grown(entry: tuple[float, float, float], side: int, clear: bool) -> float:
    solid, see_through, power = entry
    return float((see_through if clear else solid) * (side / 256.0) ** power)
