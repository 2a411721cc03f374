from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from goae_core.errors import ExportError, StoppedError
from goae_core.film import film_suffix, frame_durations_ms, write_film

Frame = NDArray[np.uint8]


def portrait_like(count: int, height: int = 48, width: int = 64) -> list[Frame]:
    """A shaded skin-coloured disc that moves over flat grey."""
    rows, columns = np.mgrid[0:height, 0:width]
    frames = []
    for k in range(count):
        distance = np.hypot(columns - width / 2 - 8 * np.sin(2 * np.pi * k / count), rows - height / 2)
        shade = np.clip(1.0 - distance / 40.0, 0.0, 1.0)[..., None]
        disc = np.array([230.0, 180.0, 150.0]) * shade
        frames.append(np.where(distance[..., None] < 20, disc, 128.0).round().astype(np.uint8))
    return frames


def test_rounded_durations_never_drift() -> None:
    # 24 frames a second are 41.67 ms each; GIF counts in 10 ms
    assert frame_durations_ms(6, 24.0, 10) == [40, 40, 40, 50, 40, 40]
    assert sum(frame_durations_ms(48, 24.0, 10)) == 2000
    assert sum(frame_durations_ms(7, 30.0, 1)) == 233
    assert frame_durations_ms(3, 1000.0, 10) == [10, 10, 10]


def test_gif_loops_with_one_palette_and_close_colours(tmp_path: Path) -> None:
    frames = portrait_like(12)
    write_film(frames, tmp_path / "turn.gif", fps=24)

    with Image.open(tmp_path / "turn.gif") as gif:
        assert gif.info["loop"] == 0
        shown = [np.asarray(frame.convert("RGB")).astype(int) for frame in ImageSequence.Iterator(gif)]
    assert len(shown) == 12
    for original, got in zip(frames, shown, strict=True):
        assert np.abs(got - original).mean() < 3.0
    assert _color_tables((tmp_path / "turn.gif").read_bytes()) == (True, 0)


def test_gif_does_not_flicker_where_nothing_moves(tmp_path: Path) -> None:
    write_film(portrait_like(12), tmp_path / "turn.gif")
    with Image.open(tmp_path / "turn.gif") as gif:
        shown = np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)])
    corner = shown[:, :, :3]  # the disc never comes here
    assert (corner == corner[:1]).all()


def test_webp_holds_every_frame(tmp_path: Path) -> None:
    frames = portrait_like(7)
    write_film(frames, tmp_path / "turn.webp", fps=10)
    with Image.open(tmp_path / "turn.webp") as film:
        assert film.info["loop"] == 0
        shown = [np.asarray(frame.convert("RGB")).astype(int) for frame in ImageSequence.Iterator(film)]
        assert len(shown) == 7
    assert np.abs(shown[2] - frames[2]).mean() < 4.0


def test_mp4_is_h264_that_browsers_play_even_from_odd_sizes(tmp_path: Path) -> None:
    frames = portrait_like(10, height=47, width=63)
    write_film(iter(frames), tmp_path / "turn.mp4", fps=12.5)

    with av.open(str(tmp_path / "turn.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == Fraction(25, 2)
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(shown) == 10
    assert shown[0].shape == (48, 64, 3)
    assert np.abs(shown[4][:47, :63].astype(int) - frames[4]).mean() < 4.0


def test_apng_holds_every_frame_exactly(tmp_path: Path) -> None:
    frames = portrait_like(5)
    write_film(frames, tmp_path / "turn.apng", fps=10)
    with Image.open(tmp_path / "turn.apng") as film:
        assert (film.format, film.info["loop"], film.info["duration"]) == ("PNG", 0, 100.0)
        shown = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(film)]
    assert np.array_equal(shown, frames)


def test_a_name_without_ending_is_a_folder_of_pictures(tmp_path: Path) -> None:
    frames = cut_out(3)
    write_film(frames, tmp_path / "turn", fps=10)
    names = [path.name for path in sorted((tmp_path / "turn").iterdir())]
    assert names == ["frame_0001.png", "frame_0002.png", "frame_0003.png"]
    assert np.array_equal(np.asarray(Image.open(tmp_path / "turn" / "frame_0002.png")), frames[1])
    with pytest.raises(ExportError, match="not empty; name a new one"):
        write_film(frames, tmp_path / "turn")
    assert [path.name for path in tmp_path.iterdir()] == ["turn"]


def cut_out(count: int) -> list[Frame]:
    """The disc alone: transparent around it."""
    made = []
    for frame in portrait_like(count):
        alpha = np.where((frame == 128).all(axis=-1), 0, 255).astype(np.uint8)
        made.append(np.dstack([frame, alpha]))
    return made


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".apng"])
def test_a_transparent_film_leaves_no_trail_where_the_head_was(tmp_path: Path, suffix: str) -> None:
    frames = cut_out(8)
    write_film(frames, tmp_path / f"turn{suffix}", fps=10)
    with Image.open(tmp_path / f"turn{suffix}") as film:
        shown = [np.asarray(frame.convert("RGBA")).astype(int) for frame in ImageSequence.Iterator(film)]
    assert len(shown) == 8
    for original, got in zip(frames, shown, strict=True):
        assert np.array_equal(got[..., 3] >= 128, original[..., 3] >= 128)
        solid = original[..., 3] == 255
        assert np.abs(got[solid][:, :3] - original[solid][:, :3]).mean() < 5.0
    if suffix == ".gif":
        assert _color_tables((tmp_path / "turn.gif").read_bytes()) == (True, 0)


def test_mp4_knows_no_transparency(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"ends in \.mp4 has no transparent background"):
        write_film(cut_out(2), tmp_path / "turn.mp4")


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mp4", ".apng", ""])
def test_stopped_film_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    def stopping() -> Iterator[Frame]:
        yield from portrait_like(3)
        raise StoppedError("stopped")

    with pytest.raises(StoppedError):
        write_film(stopping(), tmp_path / f"turn{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mp4", ".apng", ""])
def test_film_without_frames_is_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ExportError, match="at least one frame"):
        write_film([], tmp_path / f"turn{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_frames_of_two_sizes_or_kinds_are_refused(tmp_path: Path) -> None:
    small, large = portrait_like(1, 16, 16)[0], portrait_like(1, 32, 16)[0]
    with pytest.raises(ExportError, match=r"one size, got \(16, 16\) and then \(32, 16\)"):
        write_film([small, large], tmp_path / "turn.gif")
    with pytest.raises(ExportError, match=r"must be \(H, W, 3\) uint8"):
        write_film([small[..., 0]], tmp_path / "turn.mp4")


def test_unknown_suffix_and_impossible_speed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"'turn\.avi' is no film file"):
        film_suffix(tmp_path / "turn.avi")
    with pytest.raises(ExportError, match=r"0\.1 to 100 frames a second, got 0"):
        write_film(portrait_like(1), tmp_path / "turn.gif", fps=0)


def _color_tables(data: bytes) -> tuple[bool, int]:
    """Whether a GIF has a global colour table, and how many local ones; walks over the file's blocks."""
    table_bit, size_bits = 0x80, 0x07
    global_table = bool(data[10] & table_bit)
    at = 13 + (3 * (2 << (data[10] & size_bits)) if global_table else 0)
    local = 0

    def over_sub_blocks(at: int) -> int:
        while data[at]:
            at += data[at] + 1
        return at + 1

    while data[at] != 0x3B:  # trailer
        if data[at] == 0x21:  # extension
            at = over_sub_blocks(at + 2)
            continue
        assert data[at] == 0x2C  # picture
        flags = data[at + 9]
        at += 10
        if flags & table_bit:
            local += 1
            at += 3 * (2 << (flags & size_bits))
        at = over_sub_blocks(at + 1)
    return global_table, local
