"""Picture files of every kind, labels, and the way into the model's frame."""

from __future__ import annotations

import io
import json
import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageCms

import goae_core.photo as photo_module
from goae_core.camera import orbit, orbit_angles
from goae_core.camera_estimate import CANONICAL, estimate_pose, project
from goae_core.crop import Crop
from goae_core.errors import CameraError, NoFaceError, PhotoError
from goae_core.landmarks import Face
from goae_core.opencv import cv2
from goae_core.photo import align, aligned_photo, read_camera, read_photo
from goae_core.presets import preset

TINY = preset("tiny")


def _corners() -> NDArray[np.uint8]:
    """24 x 40 grey with a red block top left and a green one top right."""
    image = np.full((40, 24, 3), 100, np.uint8)
    image[:8, :8] = (200, 0, 0)
    image[:8, -8:] = (0, 200, 0)
    return image


def _assert_corners(image: NDArray[np.uint8], tolerance: int = 0) -> None:
    assert image.shape == (40, 24, 3)
    assert image.dtype == np.uint8
    for place, color in (((3, 3), (200, 0, 0)), ((3, 20), (0, 200, 0)), ((30, 12), (100, 100, 100))):
        assert np.abs(image[place].astype(int) - color).max() <= tolerance


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.png", {}), ("a.bmp", {}), ("a.tif", {}), ("a.webp", {"lossless": True}), ("a.TIFF", {})],
)
def test_lossless_formats_come_back_exactly(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    Image.fromarray(_corners()).save(tmp_path / name, **options)
    _assert_corners(read_photo(tmp_path / name))


def test_jpeg_comes_back_closely(tmp_path: Path) -> None:
    Image.fromarray(_corners()).save(tmp_path / "a.jpg", quality=98, subsampling=0)
    _assert_corners(read_photo(tmp_path / "a.jpg"), tolerance=6)


def test_the_content_counts_and_not_the_ending(tmp_path: Path) -> None:
    Image.fromarray(_corners()).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    _assert_corners(read_photo(tmp_path / "a.jpg"))


# How the stored picture has to be turned so that the tag makes it upright again.
_STORED: dict[int, Callable[[Image.Image], Image.Image]] = {
    1: lambda p: p,
    2: lambda p: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda p: p.rotate(180),
    4: lambda p: p.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda p: p.transpose(Image.Transpose.TRANSPOSE),
    6: lambda p: p.rotate(90, expand=True),
    7: lambda p: p.transpose(Image.Transpose.TRANSVERSE),
    8: lambda p: p.rotate(-90, expand=True),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_orientation_is_applied(tmp_path: Path, orientation: int, name: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    _STORED[orientation](Image.fromarray(_corners())).save(tmp_path / name, exif=exif, lossless=True)
    _assert_corners(read_photo(tmp_path / name))


def test_damaged_orientation_counts_as_upright(tmp_path: Path) -> None:
    Image.fromarray(_corners()).save(tmp_path / "a.jpg", quality=98, subsampling=0, exif=b"Exif\0\0nonsense")
    _assert_corners(read_photo(tmp_path / "a.jpg"), tolerance=6)


def test_transparency_is_laid_over_middle_grey(tmp_path: Path) -> None:
    image = np.zeros((20, 20, 4), np.uint8)
    image[:10] = (255, 0, 0, 255)
    image[10:] = (255, 0, 0, 51)  # a fifth of red over 128
    Image.fromarray(image).save(tmp_path / "a.png")
    found = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(found[0, 0], [255, 0, 0])
    assert np.abs(found[15, 5].astype(int) - [153, 102, 102]).max() <= 1


def test_palette_with_a_transparent_entry(tmp_path: Path) -> None:
    picture = Image.new("P", (20, 20), 1)
    picture.putpalette([0, 0, 255, 10, 20, 30])
    picture.paste(0, (0, 0, 10, 20))
    picture.save(tmp_path / "a.png", transparency=0)
    found = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(found[5, 5], [128, 128, 128])
    np.testing.assert_array_equal(found[5, 15], [10, 20, 30])


def test_grey_with_alpha(tmp_path: Path) -> None:
    image = np.full((20, 20, 2), (40, 255), np.uint8)
    image[:, 10:, 1] = 0
    Image.fromarray(image, mode="LA").save(tmp_path / "a.png")
    found = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(found[0, 0], [40, 40, 40])
    np.testing.assert_array_equal(found[0, 15], [128, 128, 128])


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bit_grey_keeps_its_range(tmp_path: Path, name: str) -> None:
    # 65535 * 100 / 255 = 25700
    Image.fromarray(np.full((20, 20), 25700, np.uint16)).save(tmp_path / name)
    np.testing.assert_array_equal(read_photo(tmp_path / name), np.full((20, 20, 3), 100, np.uint8))


def test_a_dark_sixteen_bit_picture_stays_dark(tmp_path: Path) -> None:
    Image.fromarray(np.full((20, 20), 257, np.uint16)).save(tmp_path / "a.png")
    assert read_photo(tmp_path / "a.png").max() == 1


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bit_colour(tmp_path: Path, name: str) -> None:
    rgb = np.tile(np.array([25700, 51400, 257], np.uint16), (20, 20, 1))
    assert cv2.imwrite(str(tmp_path / name), np.ascontiguousarray(rgb[..., ::-1]))
    np.testing.assert_array_equal(read_photo(tmp_path / name)[3, 3], [100, 200, 1])


def test_float_tiff_of_shares_of_white(tmp_path: Path) -> None:
    Image.fromarray(np.full((20, 20), 0.4, np.float32)).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif"), np.full((20, 20, 3), 102, np.uint8))


def test_bilevel_grey_and_cmyk(tmp_path: Path) -> None:
    Image.new("1", (20, 20), 1).save(tmp_path / "one.png")
    Image.new("L", (20, 20), 77).save(tmp_path / "grey.jpg")
    Image.new("CMYK", (20, 20), (255, 0, 0, 0)).save(tmp_path / "inks.jpg", quality=98)
    assert read_photo(tmp_path / "one.png").min() == 255
    assert np.abs(read_photo(tmp_path / "grey.jpg").astype(int) - 77).max() <= 1
    assert np.abs(read_photo(tmp_path / "inks.jpg").astype(int) - [0, 255, 255]).max() <= 4


def test_the_embedded_profile_is_honoured(tmp_path: Path) -> None:
    lab_free = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(_corners()).save(tmp_path / "same.png", icc_profile=lab_free)
    _assert_corners(read_photo(tmp_path / "same.png"), tolerance=1)
    Image.fromarray(_corners()).save(tmp_path / "broken.png", icc_profile=b"no profile at all")
    _assert_corners(read_photo(tmp_path / "broken.png"))


def test_the_first_frame_of_several_is_taken(tmp_path: Path) -> None:
    frames = [Image.fromarray(_corners()), Image.new("RGB", (24, 40))]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    _assert_corners(read_photo(tmp_path / "a.tif"))
    _assert_corners(read_photo(tmp_path / "a.webp"))


def _sentence(error: pytest.ExceptionInfo[Exception]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert ";" in text or ":" in text  # what happened, and what to do
    return text


def test_broken_files_are_one_sentence(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(_corners()).resize((300, 300)).save(buffer, "JPEG")
    whole = buffer.getvalue()
    broken = {
        "missing.jpg": None,
        "empty.jpg": b"",
        "text.jpg": b"hello",
        "half.jpg": whole[: len(whole) // 2],
        "header.tif": b"II*\0\x08\0\0\0",
        "page.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    }
    for name, data in broken.items():
        if data is not None:
            (tmp_path / name).write_bytes(data)
        with pytest.raises(PhotoError) as error:
            read_photo(tmp_path / name)
        assert name in _sentence(error)
    with pytest.raises(PhotoError):
        read_photo(tmp_path)


def test_a_small_file_that_unfolds_to_gigabytes_is_refused(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for side in (14_000, 60_000):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        bomb = (
            b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
        )
        (tmp_path / "bomb.png").write_bytes(bomb)
        with pytest.raises(PhotoError, match="megapixels"):
            read_photo(tmp_path / "bomb.png")


def test_a_picture_of_few_pixels_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (300, 12)).save(tmp_path / "a.png")
    with pytest.raises(PhotoError, match="300 x 12"):
        read_photo(tmp_path / "a.png")


# -------------------------------------------------------------------------- cameras


def _label(yaw: float = 0.2) -> list[float]:
    return [float(v) for v in orbit(yaw, 0.1).label()[0]]


def test_cameras_are_found_by_name(tmp_path: Path) -> None:
    path = tmp_path / "label.json"
    path.write_text(json.dumps({"labels": [["1.jpg", _label(0.1)], ["12.jpg", _label(0.3)]]}))
    for name, yaw in (("1.jpg", 0.1), ("1.png", 0.1), ("goae_12.jpg", 0.3), ("folder/12.webp", 0.3)):
        assert orbit_angles(read_camera(path, name)).yaw == pytest.approx(yaw, abs=1e-5)


def test_a_plain_list_serves_any_picture(tmp_path: Path) -> None:
    path = tmp_path / "camera.json"
    path.write_text(json.dumps(_label(-0.4)))
    camera = read_camera(path, "anything.jpg")
    torch.testing.assert_close(camera.label(), orbit(-0.4, 0.1).label())


def _changed(index: int, value: object) -> list[object]:
    numbers: list[object] = list(_label())
    numbers[index] = value
    return numbers


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no JSON"),
        ('"text"', "holds no camera labels"),
        ("[]", "holds no camera labels"),
        (json.dumps(_label()[:24]), "24 numbers"),
        (json.dumps({"labels": [["b.jpg", _label()]]}), "no camera for a.jpg"),
        (json.dumps({"labels": [["a.jpg", "x"]]}), "no list of numbers"),
        (json.dumps(_changed(3, math.nan)), "not finite"),
        (json.dumps(_changed(0, 2.0)), "no rotation"),
        (json.dumps(_changed(15, 0.0)), "0, 0, 0, 1"),
        (json.dumps(_changed(16, -4.0)), "focal length"),
    ],
)
def test_what_is_no_camera_is_refused_in_one_sentence(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "c.json").write_text(content)
    with pytest.raises(CameraError, match=message) as error:
        read_camera(tmp_path / "c.json", "a.jpg")
    _sentence(error)


def test_a_mirroring_camera_is_refused(tmp_path: Path) -> None:
    numbers = torch.tensor(_label())
    numbers[[0, 4, 8]] *= -1
    (tmp_path / "c.json").write_text(json.dumps(numbers.tolist()))
    with pytest.raises(CameraError, match="mirrors"):
        read_camera(tmp_path / "c.json", "a.jpg")


def test_a_missing_camera_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"none\.json"):
        read_camera(tmp_path / "none.json", "a.jpg")


# ------------------------------------------------------------------------ the frame


def _faces_at(
    monkeypatch: pytest.MonkeyPatch, *crops: Crop, yaw: float = 0.0, spread: float = 0.001
) -> tuple[Face, ...]:
    """Make the detector find average heads that fill these crops; they are returned."""
    faces = []
    for crop in crops:
        half = crop.side * 0.3
        (x, y) = crop.center
        landmarks = crop.to_photo(project(CANONICAL, yaw, 0.0))
        faces.append(Face((x - half, y - half, x + half, y + half), landmarks, 2.0, spread))
    monkeypatch.setattr(photo_module, "find_faces", lambda _: tuple(faces))
    # There is nothing to see in these pictures but their landmarks.
    monkeypatch.setattr(photo_module, "find_pose", lambda _, points, rig: estimate_pose(points, rig))
    return tuple(faces)


def _save(tmp_path: Path, width: int, height: int) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    return tmp_path / "p.png"


def test_center_takes_the_middle_seen_from_the_front(tmp_path: Path) -> None:
    path = _save(tmp_path, 160, 96)
    photo = aligned_photo(path, TINY, center=True)
    assert photo.crop == Crop((80.0, 48.0), 96.0)
    assert photo.pixels.shape == (1, 3, TINY.image_size, TINY.image_size)
    torch.testing.assert_close(photo.camera.label(), orbit(0.0, 0.0).label())
    assert photo.source == str(path)
    assert photo.matte is None


def test_pixels_run_from_minus_one_to_one(tmp_path: Path) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = 255
    Image.fromarray(image).save(tmp_path / "p.png")
    pixels = aligned_photo(tmp_path / "p.png", TINY, center=True).pixels
    assert pixels.dtype == torch.float32
    assert float(pixels[..., :30].max()) == -1.0
    assert float(pixels[..., 34:].min()) == 1.0


def test_the_frame_lies_behind_the_landmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    crop = Crop((210.0, 190.0), 150.0, -0.2)
    _faces_at(monkeypatch, crop, yaw=0.3)
    found, camera = align(np.zeros((400, 400, 3), np.uint8), TINY)
    assert found.side == pytest.approx(150.0, rel=0.02)
    assert found.roll == pytest.approx(-0.2, abs=0.02)
    angles = orbit_angles(camera)
    assert angles.yaw == pytest.approx(0.3, abs=0.03)
    assert angles.roll == pytest.approx(0.0, abs=1e-6)  # the crop levels the head


def test_no_face_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    _faces_at(monkeypatch)
    with pytest.raises(NoFaceError, match="--center") as error:
        align(np.zeros((100, 100, 3), np.uint8), TINY)
    _sentence(error)


def test_a_profile_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    _faces_at(monkeypatch, Crop((50.0, 50.0), 60.0), spread=0.05)
    with pytest.raises(NoFaceError, match="--center"):
        align(np.zeros((100, 100, 3), np.uint8), TINY)


def test_of_several_faces_the_largest_is_taken_and_the_notice_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _save(tmp_path, 400, 300)
    _faces_at(monkeypatch, Crop((250.0, 150.0), 200.0), Crop((80.0, 100.0), 120.0))
    photo = aligned_photo(path, TINY)
    assert photo.crop.side == pytest.approx(200, rel=0.02)
    assert photo.notice.startswith("2 faces were found")
    assert "--face N" in photo.notice
    second = aligned_photo(path, TINY, face=2)
    assert second.crop.side == pytest.approx(120, rel=0.02)
    assert second.notice == ""
    for number in (0, 3):
        with pytest.raises(PhotoError, match=f"no face {number}: 2 faces"):
            aligned_photo(path, TINY, face=number)


def test_faces_that_were_found_already_are_not_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _save(tmp_path, 400, 300)
    found = _faces_at(monkeypatch, Crop((250.0, 150.0), 200.0), Crop((80.0, 100.0), 120.0))
    _faces_at(monkeypatch)
    assert aligned_photo(path, TINY, face=2, found=found).crop.side == pytest.approx(120, rel=0.02)
    with pytest.raises(NoFaceError):
        aligned_photo(path, TINY, found=())


def test_a_tiny_face_is_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _faces_at(monkeypatch, Crop((40.0, 40.0), 20.0))
    assert "small" in aligned_photo(_save(tmp_path, 80, 80), TINY).notice


def test_an_aligned_picture_is_only_resized(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _save(tmp_path, 128, 128)
    monkeypatch.setattr(photo_module, "find_faces", lambda _: pytest.fail("nobody asked for a face"))
    photo = aligned_photo(path, TINY, aligned=True, camera=orbit(0.3, 0.1))
    size = TINY.image_size
    expected = np.asarray(Image.open(path).resize((size, size), Image.Resampling.BICUBIC), np.float32)
    found = (photo.pixels[0].permute(1, 2, 0).numpy() + 1) * 127.5
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert orbit_angles(photo.camera).yaw == pytest.approx(0.3, abs=1e-5)


def test_an_aligned_picture_without_a_label_keeps_its_lean_in_the_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _faces_at(monkeypatch, Crop((64.0, 64.0), 128.0, 0.15), yaw=-0.2)
    angles = orbit_angles(aligned_photo(_save(tmp_path, 128, 128), TINY, aligned=True).camera)
    assert angles.roll == pytest.approx(0.15, abs=0.02)
    assert angles.yaw == pytest.approx(-0.2, abs=0.03)


def test_a_leaning_camera_leaves_the_head_leaning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _faces_at(monkeypatch, Crop((64.0, 64.0), 100.0, 0.15))
    photo = aligned_photo(_save(tmp_path, 128, 128), TINY, camera=orbit(0.0, 0.0, 0.15))
    assert photo.crop.roll == pytest.approx(0.0, abs=0.02)


def test_an_aligned_picture_without_face_or_label_says_what_it_assumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _faces_at(monkeypatch)
    photo = aligned_photo(_save(tmp_path, 128, 128), TINY, aligned=True)
    assert "--camera" in photo.notice
    assert orbit_angles(photo.camera).yaw == 0.0
