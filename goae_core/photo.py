"""From a picture file to a portrait in the model's frame, with the camera that took it.

file -> read_photo -> upright sRGB -> align -> crop and camera -> resample -> AlignedPhoto
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageCms
from torch import Tensor

from goae_core.camera import LABEL_SIZE, Camera, orbit, orbit_angles
from goae_core.camera_estimate import HeadPose
from goae_core.crop import Crop, middle, resample
from goae_core.errors import CameraError, NoFaceError, PhotoError
from goae_core.head_pose import find_pose
from goae_core.landmarks import Face, find_faces
from goae_core.opencv import cv2
from goae_core.presets import CameraConfig, Preset

__all__ = [
    "AlignedPhoto",
    "Crop",
    "align",
    "aligned_photo",
    "framed",
    "read_camera",
    "read_photo",
    "resample",
]

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
# A hundred-megapixel camera's picture still opens; a small file that unfolds to gigabytes does not.
MAX_PIXELS = 160_000_000
MIN_SIDE = 16
# Transparent parts are laid over middle grey: it frames bright and dark hair alike.
_BACKDROP = (128, 128, 128)
_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True, eq=False)
class AlignedPhoto:
    """A portrait in the model's frame."""

    pixels: Tensor
    """(1, 3, R, R) in [-1, 1], R the preset's image size."""
    camera: Camera
    """One camera (B = 1)."""
    source: str
    """Where the photo came from, for people to read."""
    crop: Crop
    """Which square of the upright photo this is."""
    matte: Tensor | None = None
    """(1, 1, R, R) in [0, 1], 1 on the head; None until the pipeline has found it."""
    notice: str = ""
    """What the user should know, in whole sentences: other faces, a small face; usually empty."""


def read_photo(path: Path | str) -> NDArray[np.uint8]:
    """Read a picture file as it is meant to be seen.

    JPEG, PNG, WebP, BMP and TIFF. The orientation tag is applied, colours are brought from the embedded
    profile to sRGB, grey, palette, CMYK and 16 bits become three channels of 8, transparency is laid over
    middle grey. Of several frames the first is taken.

    Args:
        path: The file.

    Returns:
        (H, W, 3), upright.

    Raises:
        PhotoError: If the file is missing, no such picture, damaged, too large (over 160 megapixels) or
            smaller than 16 pixels.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise PhotoError(
            f"{path} cannot be opened ({reason.lower()}); give the path of a picture file"
        ) from error
    image = _decode(data, path)
    if min(image.shape[:2]) < MIN_SIDE:
        raise PhotoError(
            f"{path} has only {image.shape[1]} x {image.shape[0]} pixels; "
            f"give a picture of at least {MIN_SIDE} x {MIN_SIDE}"
        )
    return image


def align(
    image: NDArray[np.uint8], preset: Preset, *, face: int | None = None, center: bool = False
) -> tuple[Crop, Camera]:
    """Choose the crop and estimate the camera under which a photo's head fits the model's frame.

    Args:
        image: (H, W, 3) upright sRGB.
        preset: The model's.
        face: Which face, from 1 for the largest; None takes the largest that looks at the camera.
        center: Take the largest square in the middle, seen from the front, without looking for a face.

    Returns:
        Crop, and one upright camera: a head that leans is levelled by the crop's roll.

    Raises:
        NoFaceError: If no face is found, or none that shows both eyes.
        PhotoError: If there is no face of that number.
    """
    crop, camera, _ = _align(image, preset, face, center)
    return crop, camera


def aligned_photo(
    path: Path | str,
    preset: Preset,
    *,
    face: int | None = None,
    center: bool = False,
    aligned: bool = False,
    camera: Camera | None = None,
    found: tuple[Face, ...] | None = None,
) -> AlignedPhoto:
    """Read a photo and bring it into a model's frame.

    Args:
        path: The picture file.
        preset: The model's.
        face: Which face, from 1 for the largest; None takes the largest that looks at the camera.
        center: Take the middle of the picture as it is, seen from the front, without looking for a face.
        aligned: The picture already is in the model's frame and is only resized.
        camera: One known camera instead of the estimate.
        found: The upright photo's faces, where `find_faces` has looked already; None: it is asked.

    Returns:
        The portrait, without a matte.

    Raises:
        NoFaceError: If a face is needed and none is found.
        PhotoError: If the file cannot be used, or there is no face of that number.
    """
    image = read_photo(path)
    if aligned:
        crop = middle(image.shape[1], image.shape[0])
        notice = ""
        if camera is None:
            camera, notice = _camera_of_frame(image, crop, preset.camera)
        frame = _resized(image, crop, preset.image_size)
    else:
        crop, estimate, notice = _align(image, preset, face, center, found)
        if camera is None:
            camera = estimate
        else:
            # The crop levels the head; a label that says the head leans wants it left leaning.
            crop = Crop(crop.center, crop.side, crop.roll - orbit_angles(camera).roll)
        frame = resample(image, crop, preset.image_size)
    return AlignedPhoto(_to_tensor(frame), camera, str(path), crop, notice=notice)


def framed(
    image: NDArray[np.uint8], crop: Crop, camera: Camera, preset: Preset, source: str = ""
) -> AlignedPhoto:
    """Bring a photo into a model's frame by a crop and a camera that somebody chose.

    Args:
        image: (H, W, 3) upright sRGB.
        crop: The square to take.
        camera: One camera (B = 1).
        preset: The model's.
        source: Where the photo came from.

    Returns:
        The portrait, without a matte.

    Raises:
        ValueError: If the crop is no finite square.
    """
    frame = resample(image, crop, preset.image_size)
    return AlignedPhoto(_to_tensor(frame), camera, source, crop)


def _to_tensor(frame: NDArray[np.uint8]) -> Tensor:
    """(R, R, 3) bytes to (1, 3, R, R) in [-1, 1]."""
    return (torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 127.5 - 1.0).contiguous()


def read_camera(path: Path | str, name: str) -> Camera:
    """Read a picture's camera from a label file.

    Args:
        path: JSON: GOAE's ``{"labels": [[file, [25 numbers]], ...]}``, or a plain list of 25 numbers for any
            picture.
        name: The picture's file name. Its ending is ignored, and so is what stands before the last "_" or
            "-" if the whole name is not listed.

    Returns:
        One camera (B = 1), float32.

    Raises:
        CameraError: If the file cannot be read, lists no such picture, or the numbers describe no camera.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CameraError(f"{path} cannot be opened ({reason}); give the path of a camera file") from error
    except (ValueError, RecursionError) as error:
        raise CameraError(f"{path} is no JSON file; give one in the form of GOAE's label.json") from error
    label = _numbers(_label_of(content, Path(path), name), Path(path))
    if not np.allclose(label[12:16], [0.0, 0.0, 0.0, 1.0], atol=1e-4):
        raise CameraError(
            f"the camera in {path} ends its pose with {label[12:16].tolist()} instead of 0, 0, 0, 1; "
            "give a row-major camera-to-world matrix"
        )
    camera = Camera.from_label(torch.from_numpy(label).float()[None])
    if float(torch.linalg.det(camera.cam_to_world[0, :3, :3])) < 0:
        raise CameraError(
            f"the camera in {path} mirrors the world; give a rotation with x right, y down and z forward"
        )
    return camera


def _align(
    image: NDArray[np.uint8],
    preset: Preset,
    number: int | None,
    center: bool,
    found: tuple[Face, ...] | None = None,
) -> tuple[Crop, Camera, str]:
    """Crop, camera, and what the user should know."""
    if center:
        return middle(image.shape[1], image.shape[0]), orbit(0.0, 0.0, rig=preset.camera), ""
    faces = find_faces(image) if found is None else found
    chosen, notice = _choose(faces, number)
    pose = find_pose(image, chosen.landmarks, preset.camera)
    if pose.crop.side < 0.4 * preset.image_size:
        notice = _joined(
            notice,
            f"The head is small: {pose.crop.side:.0f} pixels are enlarged to {preset.image_size}, "
            "so the result is soft.",
        )
    return pose.crop, _camera(pose, preset.camera), notice


def _choose(faces: tuple[Face, ...], number: int | None) -> tuple[Face, str]:
    """The face that was asked for, or the largest, and a sentence about the others."""
    if not faces:
        raise NoFaceError(
            "no face was found in the picture; give one that shows a face from the front, "
            "or take the middle of the picture as it is with --center"
        )
    if number is not None and not 1 <= number <= len(faces):
        count = "one face was" if len(faces) == 1 else f"{len(faces)} faces were"
        raise PhotoError(
            f"there is no face {number}: {count} found; --face counts from 1, the largest, to {len(faces)}"
        )
    candidates = [face for face in faces if face.faces_camera] if number is None else [faces[number - 1]]
    chosen = candidates[0] if candidates else faces[0]
    if not chosen.faces_camera:
        raise NoFaceError(
            "the face in the picture is turned too far to the side to find its eyes; "
            "give one that shows both eyes, or take the middle of the picture as it is with --center"
        )
    if number is not None or len(faces) == 1:
        return chosen, ""
    position = next(index for index, face in enumerate(faces, start=1) if face is chosen)
    which = "the largest" if position == 1 else f"number {position}, the largest that looks at the camera,"
    return (
        chosen,
        f"{len(faces)} faces were found and {which} is taken; --face N (1 to {len(faces)}) takes another.",
    )


def _camera(pose: HeadPose, rig: CameraConfig) -> Camera:
    return orbit(pose.yaw, pose.pitch, rig=rig)


def _camera_of_frame(image: NDArray[np.uint8], crop: Crop, rig: CameraConfig) -> tuple[Camera, str]:
    """The camera of a picture whose crop is given: its roll is the camera's, the crop cannot turn."""
    faces = [face for face in find_faces(image) if face.faces_camera]
    if not faces:
        return orbit(0.0, 0.0, rig=rig), (
            "No face was found in the aligned picture, so it is taken as seen from the front; "
            "--camera FILE gives the camera."
        )
    pose = find_pose(image, faces[0].landmarks, rig)
    return orbit(pose.yaw, pose.pitch, pose.crop.roll - crop.roll, rig=rig), ""


def _resized(image: NDArray[np.uint8], crop: Crop, size: int) -> NDArray[np.uint8]:
    """The middle square, resized as the official release does (bicubic, antialiased)."""
    side = int(crop.side)
    left, top = (image.shape[1] - side) // 2, (image.shape[0] - side) // 2
    square = Image.fromarray(image[top : top + side, left : left + side])
    return np.asarray(square.resize((size, size), Image.Resampling.BICUBIC)).copy()


def _joined(first: str, second: str) -> str:
    return f"{first} {second}" if first else second


# ------------------------------------------------------------------------------------------------ reading pic


def _decode(data: bytes, path: Path) -> NDArray[np.uint8]:
    """Bytes to upright sRGB."""
    try:
        with catch_warnings():
            # Pillow warns about large pictures and odd tags; the size is judged here, and tags are read
            # leniently.
            simplefilter("ignore")
            with Image.open(BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise PhotoError(
                        f"{path} has {picture.width} x {picture.height} pixels; "
                        f"give a picture of at most {MAX_PIXELS // 1_000_000} megapixels"
                    )
                picture.load()
                # Only now: PNG may keep its tags behind the pixels, and TIFF is turned while loading.
                orientation = _orientation(picture)
                return np.ascontiguousarray(_upright(_to_rgb(picture), orientation))
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise PhotoError(
            f"{path} unfolds to more than {MAX_PIXELS // 1_000_000} megapixels; give a smaller picture"
        ) from error
    except Exception as error:  # decoders of damaged files raise nearly anything
        image = _decode_deep_tiff(data)
        if image is None:
            raise PhotoError(
                f"{path} is no picture that can be read: it is damaged or of another kind; "
                "give a JPEG, PNG, WebP, BMP or TIFF file"
            ) from error
        return image


def _decode_deep_tiff(data: bytes) -> NDArray[np.uint8] | None:
    """Colour TIFFs of 16 bits or floats, which Pillow does not know; None if it is none of these."""
    if data[:4] not in (b"II*\0", b"MM\0*"):
        return None
    try:
        values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    # OpenCV promises a picture, but gives None for what it cannot read.
    if values is None or values.ndim != 3 or values.shape[2] not in (3, 4) or values.size > 4 * MAX_PIXELS:
        return None
    levels = _to_8_bits(values).astype(np.float64)
    rgb = levels[..., 2::-1]
    if levels.shape[2] == 4:
        share = levels[..., 3:] / 255
        rgb = rgb * share + np.array(_BACKDROP) * (1 - share)
    return np.ascontiguousarray(np.rint(rgb), dtype=np.uint8)


def _orientation(picture: Image.Image) -> int:
    """The orientation tag, 1 (upright) to 8; damaged metadata count as upright."""
    try:
        return int(picture.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # metadata of any program and camera; the picture itself may be sound
        return 1


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _to_rgb(picture: Image.Image) -> Image.Image:
    """Any mode to 8-bit sRGB."""
    if picture.mode.startswith(("I", "F")):
        grey = _to_8_bits(np.asarray(picture))
        return Image.fromarray(grey).convert("RGB")
    if picture.mode in ("LA", "La", "PA", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    if picture.mode in ("P", "RGBA", "1"):
        profile = picture.info.get("icc_profile")
        picture = picture.convert("RGB")
        picture.info["icc_profile"] = profile
    rgb = _to_srgb(picture)
    if alpha is not None:
        rgb = Image.composite(rgb, Image.new("RGB", rgb.size, _BACKDROP), alpha)
    return rgb


def _to_srgb(picture: Image.Image) -> Image.Image:
    """Apply the embedded colour profile; one that is missing or damaged leaves the numbers as they are."""
    profile = picture.info.get("icc_profile")
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                picture,
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")


def _to_8_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Deep integers and floats to 8 bits: floats up to 1 are shares of white, others of their range."""
    numbers = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    brightest = float(numbers.max(initial=0.0))
    if values.dtype.kind == "f" and brightest <= 1.0:
        white = 1.0
    elif brightest <= 255 and values.dtype != np.uint16:
        white = 255.0
    else:
        white = 65535.0 if brightest <= 65535 else brightest
    return np.asarray(np.rint(np.clip(numbers / white, 0.0, 1.0) * 255), dtype=np.uint8)


# -------------------------------------------------------------------------------------------------- reading c


def _label_of(content: object, path: Path, name: str) -> object:
    """The entry for a picture in a label file's content."""
    if isinstance(content, dict) and "labels" in content:
        content = content["labels"]
    if isinstance(content, list) and content and all(isinstance(v, int | float) for v in content):
        return content
    pairs = list(content.items()) if isinstance(content, dict) else content
    if not (
        isinstance(pairs, list) and all(isinstance(p, list | tuple) and len(p) == 2 for p in pairs) and pairs
    ):
        raise CameraError(
            f"{path} holds no camera labels; give a list of {LABEL_SIZE} numbers, "
            'or {"labels": [[file, [' + str(LABEL_SIZE) + " numbers]], ...]}"
        )
    labels = {Path(str(file)).stem: label for file, label in pairs}
    stem = Path(name).stem
    short = stem.replace("-", "_").rpartition("_")[2]
    for candidate in (stem, short):
        if candidate in labels:
            return labels[candidate]
    known = ", ".join(list(labels)[:8]) + (", ..." if len(labels) > 8 else "")
    raise CameraError(f"{path} has no camera for {name}; it lists {known}: name the picture like one of them")


def _numbers(label: object, path: Path) -> NDArray[np.float64]:
    """The 25 finite numbers of a label."""
    if not isinstance(label, list) or not all(
        isinstance(v, int | float) and not isinstance(v, bool) for v in label
    ):
        raise CameraError(f"the camera in {path} is no list of numbers; give {LABEL_SIZE} of them")
    if len(label) != LABEL_SIZE:
        raise CameraError(
            f"the camera in {path} has {len(label)} numbers; "
            f"give {LABEL_SIZE}: 16 of the pose and 9 of the intrinsics"
        )
    if not all(math.isfinite(v) for v in label):
        raise CameraError(f"the camera in {path} holds numbers that are not finite; correct the file")
    return np.array(label, dtype=np.float64)
