"""A folder of photographs: in what order, which of them may tune a model, and their faces in its frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from goae_core.camera import orbit
from goae_core.errors import PhotoError
from goae_core.head_pose import find_pose
from goae_core.landmarks import Face, find_faces
from goae_core.photo import AlignedPhoto, aligned_photo, framed, read_photo
from goae_core.presets import Preset

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
SOURCES = "SOURCES.md"
"""A table in a folder of photographs; its first column names the files."""
USABLE_SHARE = 0.4
"""A crop of fewer pixels than this share of the model's picture is too coarse to tell who somebody is; the
program warns of such heads, too."""


@dataclass(frozen=True, slots=True)
class ListedPhoto:
    """A photograph and its place in the list."""

    path: Path
    row: int
    """From 1."""

    @property
    def tunes(self) -> bool:
        """Whether figures on it may guide choices: odd rows do, even rows are kept for the report."""
        return self.row % 2 == 1


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One face of a photograph, in the model's frame."""

    listed: ListedPhoto
    number: int
    """From 1, the largest."""
    photo: AlignedPhoto
    face: Face
    """In pixels of the frame."""
    yaw: float
    """Radians, of the estimated camera."""
    pitch: float
    """Radians."""
    usable: bool
    """Whether it has pixels enough to tell who it is."""


def listed_photos(folder: Path) -> list[ListedPhoto]:
    """The photographs of a folder, in the order of its `SOURCES.md`, those not listed by name after them.

    Args:
        folder: Subfolders and hidden files are left out.

    Raises:
        PhotoError: If there is no such folder, or no photograph in it.
    """
    if not folder.is_dir():
        raise PhotoError(f"{folder} is no folder; give one with photographs in it")
    inside = {
        path.name: path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    }
    if not inside:
        raise PhotoError(f"the folder '{folder}' has no photograph in it ({', '.join(SUFFIXES)})")
    names: list[str] = []
    if (folder / SOURCES).is_file():
        text = (folder / SOURCES).read_text(encoding="utf-8")
        names = [name for name in re.findall(r"^\| *([^\s|]+) *\|", text, re.MULTILINE) if name in inside]
    ordered = dict.fromkeys([*names, *inside])
    return [ListedPhoto(inside[name], row) for row, name in enumerate(ordered, start=1)]


def subjects(listed: ListedPhoto, preset: Preset) -> list[Subject]:
    """All faces of a photograph that look at the camera, the one that `goae invert` would take first.

    Args:
        listed: The photograph.
        preset: Of the model; crops and cameras are estimated as for any photograph.

    Raises:
        PhotoError: If the file cannot be used; the sentence is that of `goae invert`.
        NoFaceError: If there is no such face.
    """
    image = read_photo(listed.path)
    faces = find_faces(image)
    seen = [face for face in faces if face.faces_camera]
    if not seen:
        aligned_photo(listed.path, preset, found=faces)
        raise PhotoError(f"{listed.path.name} shows no face that looks at the camera; give another")
    result = []
    for number, face in enumerate(seen, start=1):
        pose = find_pose(image, face.landmarks, preset.camera)
        camera = orbit(pose.yaw, pose.pitch, rig=preset.camera)
        photo = framed(image, pose.crop, camera, preset, str(listed.path))
        inside = _in_frame(face, photo, preset.image_size)
        usable = pose.crop.side >= USABLE_SHARE * preset.image_size
        result.append(Subject(listed, number, photo, inside, pose.yaw, pose.pitch, usable))
    return result


def _in_frame(face: Face, photo: AlignedPhoto, size: int) -> Face:
    """A face of the upright photo in pixels of the frame; its box is upright there."""
    left, top, right, bottom = face.box
    corners = np.array([[left, top], [right, top], [left, bottom], [right, bottom]])
    placed = photo.crop.to_frame(corners) * size
    low, high = placed.min(axis=0), placed.max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return Face(box, photo.crop.to_frame(face.landmarks) * size, face.confidence, face.spread)
