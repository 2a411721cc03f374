"""A head on disk: one `.goae` file that orbits, edits and exports without running encoder or AFA again.

    meta.json             version, model, preset, cameras, crop, edits, seconds
    tensors.safetensors   w+, feature map, modulation, fused planes, visibility, matte
    crop.png              the aligned photo

The three lie in one zip archive. A file that comes from elsewhere is looked through before any of it is
believed: only these names, only so many bytes, shapes as the preset says, finite numbers.
"""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO, Any, Final

import numpy as np
import safetensors
import safetensors.torch
import torch
from PIL import Image
from torch import Tensor

from goae_core.animation import Animation
from goae_core.camera import Camera
from goae_core.checkpoint import HALF_LIMIT, ModelDescription, read_description
from goae_core.crop import Crop
from goae_core.editing import Edit
from goae_core.errors import AnimationError, CameraError, CheckpointError, ExportError, ProjectError
from goae_core.generator import FeatureMap
from goae_core.inversion import Inversion
from goae_core.models import ModelStore
from goae_core.networks.afa import Modulation
from goae_core.photo import AlignedPhoto
from goae_core.presets import PlaneAxes, Preset
from goae_core.showing import Showing
from goae_core.strict_json import JsonMismatchError, from_json, to_json
from goae_core.triplane import TriPlane
from goae_core.whole_file import whole_file

FORMAT_VERSION: Final = 2
"""2 may hold an animation."""

_READ: Final = (1, FORMAT_VERSION)
_META: Final = "meta.json"
_TENSORS: Final = "tensors.safetensors"
_CROP: Final = "crop.png"
_MAX_META: Final = 2**20
_MAX_CROP: Final = 64 * 2**20
_MAX_HEADER: Final = 2**20
_MAX_TENSORS: Final = 2**31
_MAX_SIDE: Final = 4096
_DTYPES: Final = {"F16": 2, "F32": 4}
_DAMAGES: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """A head as the user left it.

    Attributes:
        inversion: The head, with all that edits need.
        edits: What the sliders say.
        model: Name of the model it was made with.
        camera: The view, B = 1.
        detail: How much of the photo's detail is shown, 0 to 1; None: as the model's preset says.
        afa: How much of AFA's work counts, 0 to 1.
        mix: How much what the photo saw counts in the mix of planes, 0 to 1.
        showing: How the window shows it.
        outdated: Whether other weights bear the model's name now than made this head: `reopening.renewed`
            computes it again.
        animation: Its keyframes.
        fingerprint: SHA-256 over the weights that made this head; empty: those that bear the name now.
    """

    inversion: Inversion
    edits: tuple[Edit, ...]
    model: str
    camera: Camera
    detail: float | None = None
    outdated: bool = False
    afa: float = 1.0
    mix: float = 1.0
    showing: Showing = field(default_factory=Showing)
    animation: Animation = field(default_factory=Animation)
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class ProjectMeta:
    """What `meta.json` says.

    Attributes:
        format: Version of this form.
        model: Name of the model.
        fingerprint: SHA-256 over the model's weights; empty if the model was in no store when this was
        written. preset: Of the model; None likewise.
        source: The photo's file name, without its folders: a project may be passed on.
        crop: From photo to frame.
        photo_camera: The input view's label, 25 numbers.
        camera: The view's label, 25 numbers.
        box_side: Side of the cube that the planes span, world units.
        axes: Which coordinates each plane sees.
        edits: What the sliders say.
        seconds: Wall time of the inversion, by stage.
        afa: How much of AFA's work counts.
        mix: How much what the photo saw counts in the mix of planes.
        detail: How much of the photo's detail is shown. The detail itself is made anew from photo and planes.
        showing: How the window shows it.
        animation: Its keyframes.
    """

    format: int
    model: str
    fingerprint: str
    preset: Preset | None
    source: str
    crop: Crop
    photo_camera: tuple[float, ...]
    camera: tuple[float, ...]
    box_side: float
    axes: PlaneAxes
    edits: tuple[Edit, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    detail: float | None = None
    afa: float = 1.0
    mix: float = 1.0
    showing: Showing = field(default_factory=Showing)
    animation: Animation = field(default_factory=Animation)


def write_project(project: Project, path: Path, *, store: ModelStore | None = None) -> None:
    """Write a project file; what lay there is replaced once the new one is complete.

    Args:
        project: The head; tensors on any device.
        path: The file.
        store: Where the model's fingerprint and preset are looked up; None: the user's.

    Raises:
        ProjectError: If it cannot be written, or the head belongs to weights that are gone.
    """
    if project.outdated:
        raise ProjectError(
            f"'{path}' was not written: the model '{project.model}' has changed since this head was "
            "computed; compute it again first"
        )
    inversion = project.inversion
    photo = inversion.photo
    description = _description(store or ModelStore(), project.model)
    now = description.fingerprint if description else ""
    # Of weights that were replaced while their head was open, nothing else is known.
    known = description is not None and project.fingerprint in ("", now)
    meta = ProjectMeta(
        format=FORMAT_VERSION,
        model=project.model,
        fingerprint=project.fingerprint or now,
        preset=description.preset if description and known else None,
        source=PurePath(photo.source).name,
        crop=photo.crop,
        photo_camera=_label(photo.camera),
        camera=_label(project.camera),
        box_side=float(inversion.planes.box_side),
        axes=inversion.planes.axes,
        edits=project.edits,
        seconds={name: float(seconds) for name, seconds in inversion.seconds.items()},
        detail=project.detail,
        afa=project.afa,
        mix=project.mix,
        showing=project.showing,
        animation=project.animation,
    )
    tensors = {name: _stored(name, tensor) for name, tensor in _tensors(inversion).items()}
    picture = io.BytesIO()
    Image.fromarray(_bytes(photo.pixels)).save(picture, "PNG")
    try:
        with whole_file(path) as part, part.open("w+b") as file:
            with zipfile.ZipFile(file, "w") as archive:
                text = json.dumps(to_json(meta), ensure_ascii=False, indent=1)
                # Fixed dates: the same head gives the same file.
                archive.writestr(zipfile.ZipInfo(_META), text, zipfile.ZIP_DEFLATED)
                archive.writestr(zipfile.ZipInfo(_TENSORS), safetensors.torch.save(tensors))
                archive.writestr(zipfile.ZipInfo(_CROP), picture.getvalue())
            file.flush()
            os.fsync(file.fileno())
    except ExportError as error:
        raise ProjectError(str(error)) from error


def read_project(path: Path, *, store: ModelStore | None = None) -> Project:
    """Read a project file.

    Args:
        path: The file.
        store: Where the model is looked up, to see that its weights are still those the head was made with;
            None: the user's. A model that is not there is no error here.

    Returns:
        The project, on the CPU in float32; its inversion has neither w-only planes nor a rendering. It is
        outdated if other weights bear the model's name now.

    Raises:
        ProjectError: If the file is missing, truncated, foreign or of another version.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            members = _members(archive, path)
            meta = _read_meta(_read(archive, members[_META], _MAX_META, path), path)
            side = meta.preset.image_size if meta.preset else None
            pixels = _read_picture(_read(archive, members[_CROP], _MAX_CROP, path), side, path)
            with archive.open(members[_TENSORS]) as stream:
                _check_header(stream, members[_TENSORS].file_size, meta, pixels.shape[-1], path)
            tensors = _load(_read(archive, members[_TENSORS], _MAX_TENSORS, path), path)
    except OSError as error:
        reason = error.strerror or error
        raise ProjectError(f"'{path}' cannot be opened: {reason}; check the path and its rights") from error
    except _DAMAGES as error:
        raise _damaged(path) from error
    return _project(meta, tensors, pixels, path, outdated=_has_changed(meta, store or ModelStore()))


def _tensors(inversion: Inversion) -> dict[str, Tensor]:
    """What a project keeps of an inversion, by the name under which it lies in the file."""
    modulation = inversion.modulation
    tensors = {
        "w_plus": inversion.w_plus,
        "features.x": inversion.features.x,
        "features.skip": inversion.features.skip,
        "modulation.scale": modulation.scale,
        "modulation.shift": modulation.shift,
        "planes": inversion.planes.features,
        "visibility": inversion.visibility,
    }
    if modulation.planes_shift is not None:
        tensors["modulation.planes_shift"] = modulation.planes_shift
    if inversion.photo.matte is not None:
        tensors["matte"] = inversion.photo.matte
    return tensors


def _project(
    meta: ProjectMeta, tensors: Mapping[str, Tensor], pixels: Tensor, path: Path, *, outdated: bool
) -> Project:
    try:
        photo_camera, camera = (
            Camera.from_label(torch.tensor([c])) for c in (meta.photo_camera, meta.camera)
        )
    except (CameraError, ValueError) as error:
        raise ProjectError(f"'{path}' holds a camera that is none ({error}); use another copy") from error
    if not (meta.crop.side > 0 and meta.box_side > 0):
        raise ProjectError(f"'{path}' holds a crop or a head without size; use another copy")
    photo = AlignedPhoto(
        pixels=pixels,
        camera=photo_camera,
        source=PurePath(meta.source).name,
        crop=meta.crop,
        matte=tensors.get("matte"),
    )
    inversion = Inversion(
        photo=photo,
        w_plus=tensors["w_plus"],
        features=FeatureMap(tensors["features.x"], tensors["features.skip"]),
        modulation=Modulation(
            tensors["modulation.scale"], tensors["modulation.shift"], tensors.get("modulation.planes_shift")
        ),
        planes=TriPlane(tensors["planes"], meta.box_side, meta.axes),
        visibility=tensors["visibility"],
        seconds=dict(meta.seconds),
    )
    if meta.detail is not None and not 0.0 <= meta.detail <= 1.0:
        raise ProjectError(f"'{path}' asks for {meta.detail:g} of the photo's detail; expected 0 to 1")
    if not (0.0 <= meta.afa <= 1.0 and 0.0 <= meta.mix <= 1.0):
        raise ProjectError(
            f"'{path}' asks for {meta.afa:g} of AFA and {meta.mix:g} of the mix; expected 0 to 1"
        )
    if not meta.showing.backdrop.valid:
        raise ProjectError(
            f"'{path}' asks for the background {list(meta.showing.backdrop.color)}; expected red, green and "
            "blue from 0 to 255"
        )
    return Project(
        inversion,
        meta.edits,
        meta.model,
        camera,
        meta.detail,
        outdated,
        afa=meta.afa,
        mix=meta.mix,
        showing=meta.showing,
        animation=meta.animation,
    )


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """The three members, and nothing else, stored or deflated."""
    members = {info.filename: info for info in archive.infolist()}
    if len(members) != len(archive.infolist()) or members.keys() != {_META, _TENSORS, _CROP}:
        raise ProjectError(
            f"'{path}' is no project: a project holds {_META}, {_TENSORS} and {_CROP} and nothing else; "
            "choose a .goae file that 'goae invert' wrote"
        )
    for info in members.values():
        if info.flag_bits & 1 or info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise ProjectError(
                f"'{path}' packs {info.filename} in a way that no project does; use another copy"
            )
    return members


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, path: Path) -> bytes:
    """Read a member whole; its checksum is compared on the way.

    The archive's word on the size is not taken: a bomb would unfold to more.
    """
    if info.file_size <= limit:
        with archive.open(info) as stream:
            data = stream.read(info.file_size + 1)
        if len(data) == info.file_size:
            return data
    raise ProjectError(
        f"'{path}' holds a {info.filename} of another size than any project's; use another copy"
    )


def _read_meta(data: bytes, path: Path) -> ProjectMeta:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error
    version = value.get("format") if isinstance(value, dict) else None
    if isinstance(version, bool) or version not in _READ:
        raise ProjectError(
            f"'{path}' has the format version {version!r}; this program reads {_READ[0]} to {_READ[-1]}, so "
            "update it, or invert the photo again"
        )
    try:
        return from_json(ProjectMeta, value, _META)
    except (AnimationError, JsonMismatchError) as error:
        raise ProjectError(f"'{path}' is not in a project's form: {error}; use another copy") from error


def _has_changed(meta: ProjectMeta, store: ModelStore) -> bool:
    """A head is only worth what its own generator makes of it: other weights would show noise."""
    description = _description(store, meta.model)
    return description is not None and bool(meta.fingerprint) and description.fingerprint != meta.fingerprint


def _read_picture(data: bytes, side: int | None, path: Path) -> Tensor:
    """The aligned photo, (1, 3, R, R) in [-1, 1]."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            width, height = picture.size
            # Looked at before the pixels are unfolded.
            if width != height or width > _MAX_SIDE or side not in (None, width) or picture.mode != "RGB":
                raise ProjectError(
                    f"'{path}' holds a photo of {width} x {height} pixels ({picture.mode}); expected "
                    f"{side or 'a square'} in colour, so use another copy"
                )
            pixels = np.asarray(picture)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise _damaged(path) from error
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1.0


def _check_header(stream: IO[bytes], size: int, meta: ProjectMeta, side: int, path: Path) -> None:
    """See what the tensors claim to be before any of them is unfolded."""
    length = int.from_bytes(stream.read(8), "little")
    if length > _MAX_HEADER:
        raise _damaged(path)
    header: Any = json.loads(stream.read(length))
    if not isinstance(header, dict):
        raise _damaged(path)
    header.pop("__metadata__", None)
    shapes = {name: tuple(entry["shape"]) for name, entry in header.items()}
    if not all(type(n) is int and 0 < n <= _MAX_SIDE for shape in shapes.values() for n in shape):
        raise _damaged(path)
    check_shapes(shapes, meta.preset, side, path)
    held = sum(math.prod(shapes[name]) * _DTYPES[entry["dtype"]] for name, entry in header.items())
    if held + 8 + length != size:
        raise _damaged(path)


def check_shapes(shapes: Mapping[str, tuple[int, ...]], preset: Preset | None, side: int, path: Path) -> None:
    """Compare the tensors' names and shapes with each other, and with the preset where it is known.

    Args:
        shapes: By name.
        preset: Of the model.
        side: Of the aligned photo, pixels.
        path: The file, for the message.

    Raises:
        ProjectError: If one is missing, unexpected or of another shape; all of them are listed.
    """
    expected = _expected_shapes(preset) if preset else _consistent_shapes(shapes)
    texels = expected["planes"][-1]
    allowed: dict[str, tuple[tuple[int, ...], ...]] = {name: (shape,) for name, shape in expected.items()}
    allowed |= {
        "visibility": ((1, 1, texels, texels), (1, 3, texels, texels)),
        "matte": ((1, 1, side, side),),
        "modulation.planes_shift": (expected["planes"],),
    }
    problems = [f"{name} is missing" for name in sorted(expected.keys() - shapes.keys())]
    for name, shape in sorted(shapes.items()):
        if name not in allowed:
            problems.append(f"{name[:60]} is unexpected")
        elif shape not in allowed[name]:
            problems.append(f"{name} has the shape {list(shape)}, expected {list(allowed[name][0])}")
    if problems:
        raise ProjectError(f"'{path}' does not fit its model: {'; '.join(problems)}; invert the photo again")


def _expected_shapes(preset: Preset) -> dict[str, tuple[int, ...]]:
    backbone = preset.backbone
    split, texels, channels = backbone.split_resolution, backbone.plane_resolution, backbone.plane_channels
    x = (1, backbone.width(split), split, split)
    return {
        "w_plus": (1, backbone.num_ws, backbone.w_dim),
        "features.x": x,
        "features.skip": (1, 3 * channels, split, split),
        "modulation.scale": x,
        "modulation.shift": x,
        "planes": (1, 3, channels, texels, texels),
        "visibility": (1, 1, texels, texels),
    }


def _consistent_shapes(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The shapes that belong to the feature map and planes that are there, whatever their sizes."""
    x, planes, w_plus = (shapes.get(name, ()) for name in ("features.x", "planes", "w_plus"))
    width, split = (x[1], x[-1]) if len(x) == 4 else (1, 1)
    channels, texels = (planes[2], planes[-1]) if len(planes) == 5 else (1, 1)
    rows, style = w_plus[1:] if len(w_plus) == 3 else (1, 1)
    return {
        "w_plus": (1, rows, style),
        "features.x": (1, width, split, split),
        "features.skip": (1, 3 * channels, split, split),
        "modulation.scale": (1, width, split, split),
        "modulation.shift": (1, width, split, split),
        "planes": (1, 3, channels, texels, texels),
        "visibility": (1, 1, texels, texels),
    }


def _load(data: bytes, path: Path) -> dict[str, Tensor]:
    try:
        tensors: dict[str, Tensor] = safetensors.torch.load(data)
    except safetensors.SafetensorError as error:
        raise _damaged(path) from error
    tensors = {name: tensor.float() for name, tensor in tensors.items()}
    if broken := sorted(name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()):
        raise ProjectError(
            f"'{path}' holds numbers that are not finite in {', '.join(broken)}; use another copy"
        )
    return tensors


def _stored(name: str, tensor: Tensor) -> Tensor:
    """The form in which a tensor lies in the file: half precision where that can hold it."""
    own = tensor.detach().cpu().float().clone(memory_format=torch.contiguous_format)
    if not torch.isfinite(own).all():
        raise ProjectError(f"this head holds numbers that are not finite in {name}; invert the photo again")
    # The style is small, and every later edit adds to it.
    if name == "w_plus" or float(own.abs().max()) > HALF_LIMIT:
        return own
    return own.half()


def _description(store: ModelStore, model: str) -> ModelDescription | None:
    """What the store knows of a model; None if it is not there, or damaged."""
    try:
        return read_description(store.folder(model))
    except CheckpointError:
        return None


def _label(camera: Camera) -> tuple[float, ...]:
    return tuple(camera.label().detach().cpu().double().flatten().tolist())


def _bytes(pixels: Tensor) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """(H, W, 3) of (1, 3, H, W) in [-1, 1]; undoes value / 127.5 - 1 exactly."""
    values = ((pixels[0].detach().cpu().float() + 1.0) * 127.5).round().clamp(0, 255)
    picture: np.ndarray[Any, np.dtype[np.uint8]] = values.byte().permute(1, 2, 0).contiguous().numpy()
    return picture


def _damaged(path: Path) -> ProjectError:
    return ProjectError(
        f"'{path}' is truncated or damaged, or no project at all; use another copy or invert the photo again"
    )
