"""A model as a value, and its folder: `model.json` beside safetensors files.

    model.json                what the model is: preset, origin, licence, and every file with its size and
    SHA-256 generator.safetensors     and encoder, afa, matting, attributes: as many as the model has
    directions.safetensors    the edit directions' offsets, by name
    MODEL_CARD.md             optional: how it was made, and how well it does

A folder is written beside its place and moved there whole, so a failure leaves what was there before.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from goae_core.editing import EditDirection
from goae_core.errors import CheckpointError, StoppedError
from goae_core.presets import Preset
from goae_core.strict_json import JsonMismatchError, from_json, to_json

NetworkName = Literal["generator", "encoder", "afa", "matting", "attributes"]
Shapes = Mapping[str, tuple[int, ...]]

NETWORKS: Final[tuple[NetworkName, ...]] = ("generator", "encoder", "afa", "matting", "attributes")
FORMAT_VERSION: Final = 1
PUBLISHER_LICENCE: Final = (
    "The licence of the files' publisher applies. NVIDIA's EG3D models and GOAE's networks are for "
    "non-commercial research; read their licences before you use or share anything made with them."
)
HALF_LIMIT: Final = 6.0e4
"""Half precision ends at 65504; numbers beyond this would come back as infinity, or nearly so."""

_DESCRIPTION: Final = "model.json"
_CARD: Final = "MODEL_CARD.md"
_DIRECTIONS: Final = "directions.safetensors"
_MAX_DESCRIPTION: Final = 4 * 2**20
_CHUNK: Final = 4 * 2**20

# Tables that a network computes by itself and compares or indexes with: rounding them would change what they
# say.
_CONSTANTS: Final = (
    "resample_filter",
    "relative_coords_table",
    "relative_position_index",
    "attn_mask",
    "num_batches_tracked",
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a model comes from.

    Attributes:
        name: The model's name, by which `--model` finds it.
        source: One line: who made it, from what.
        sha256: SHA-256 of every file it was made of, by file name.
        licence: What its weights may be used for.
    """

    name: str
    source: str
    sha256: Mapping[str, str]
    licence: str


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Everything that makes a model.

    Attributes:
        preset: Sizes and behaviour.
        weights: By network, the tensors by dotted name; CPU, float32 where they are numbers to compute with.
        directions: Edit directions.
        origin: Where it comes from.
        card: Text of its model card; empty if it has none.
    """

    preset: Preset
    weights: Mapping[NetworkName, Mapping[str, Tensor]]
    directions: tuple[EditDirection, ...]
    origin: Origin
    card: str = ""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of a model folder as `model.json` records it: bytes, and SHA-256 in hexadecimal digits."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DirectionEntry:
    """An edit direction without its offset, which lies in `directions.safetensors` under its name."""

    name: str
    group: str
    unit: Literal["deviations", "raw"]
    limit: float
    correction: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What `model.json` says.

    Attributes:
        format: Version of this form.
        name: The model's name.
        preset: All of it, not only its name, so that it outlives changes of the presets.
        half: Whether matrices are stored in half precision.
        networks: Which networks the folder holds.
        files: Every other file, by name.
        directions: Edit directions, in the order of their sliders.
        source: See `Origin`.
        sources: See `Origin.sha256`.
        licence: See `Origin`.
    """

    format: int
    name: str
    preset: Preset
    half: bool
    networks: tuple[NetworkName, ...]
    source: str
    licence: str
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    directions: tuple[DirectionEntry, ...] = ()

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the networks' hashes: the same for the same weights, whatever name or directions."""
        hashes = "".join(
            f"{name} {self.files[f'{name}.safetensors'].sha256}\n" for name in sorted(self.networks)
        )
        return hashlib.sha256(hashes.encode()).hexdigest()


def check_weights(network_name: str, expected: Shapes, got: Mapping[str, Tensor]) -> None:
    """Compare weights with what a network needs, by name and shape.

    Args:
        network_name: The network, as the message should call it ("the encoder in 'x.pt'").
        expected: Shape of every parameter and buffer, by dotted name.
        got: The weights.

    Raises:
        CheckpointError: If one is missing, unexpected, of another shape or not finite; all of them are
            listed.
    """
    problems = []
    if missing := sorted(expected.keys() - got.keys()):
        problems.append(f"{len(missing)} missing ({', '.join(missing)})")
    if unexpected := sorted(got.keys() - expected.keys()):
        problems.append(f"{len(unexpected)} unexpected ({', '.join(unexpected)})")
    misshapen = [
        f"{name}: expected {list(shape)}, got {list(got[name].shape)}"
        for name, shape in sorted(expected.items())
        if name in got and tuple(got[name].shape) != tuple(shape)
    ]
    if misshapen:
        problems.append(f"{len(misshapen)} of another shape ({'; '.join(misshapen)})")
    if problems:
        raise CheckpointError(
            f"{network_name} does not fit: of {len(expected)} weights, {', '.join(problems)}; "
            "use a file that belongs to this model"
        )
    check_finite(network_name, got)


def check_finite(network_name: str, weights: Mapping[str, Tensor]) -> None:
    """Refuse weights that hold infinities or no numbers at all.

    Raises:
        CheckpointError: Naming every such tensor.
    """
    if broken := sorted(
        n for n, t in weights.items() if t.is_floating_point() and not torch.isfinite(t).all()
    ):
        raise CheckpointError(
            f"{network_name} holds numbers that are not finite in {', '.join(broken)}; the file is damaged "
            "or its training failed, so use another"
        )


def write_checkpoint(checkpoint: Checkpoint, folder: Path, *, half: bool = True) -> None:
    """Write a model folder; one that is there already is replaced once the new one is complete.

    Args:
        checkpoint: The model.
        folder: Its place; missing parents are made.
        half: Store matrices and kernels in half precision: half the size, about three digits. Vectors,
            scalars, integers, constant tables and whatever half precision cannot hold stay as they are.

    Raises:
        CheckpointError: If weights are not finite, or the folder cannot be written.
    """
    for name, weights in checkpoint.weights.items():
        check_finite(f"the {name} of '{checkpoint.origin.name}'", weights)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".part", dir=folder.parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        _fill(part, checkpoint, half)
        os.chmod(
            part, 0o755
        )  # mkdtemp's folder is its owner's only; a model is for every user of the machine
        _move(part, folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read a model folder; weights come as float32 whatever they are stored in.

    Names, sizes and numbers are checked; whether they fit the networks is checked when those are built, and
    whether the files are the ones that were written by `verify_checkpoint`.

    Raises:
        CheckpointError: If the folder is missing, incomplete, damaged or of another version.
    """
    description = read_description(folder)
    weights: dict[NetworkName, dict[str, Tensor]] = {}
    for name in description.networks:
        weights[name] = _read_tensors(folder, f"{name}.safetensors", description)
        check_finite(f"the {name} in '{folder}'", weights[name])
    offsets = _read_tensors(folder, _DIRECTIONS, description) if description.directions else {}
    origin = Origin(description.name, description.source, dict(description.sources), description.licence)
    card = folder / _CARD
    return Checkpoint(
        description.preset,
        weights,
        tuple(_direction(entry, offsets, description.preset, folder) for entry in description.directions),
        origin,
        card.read_text(encoding="utf-8") if card.is_file() else "",
    )


def read_description(folder: Path) -> ModelDescription:
    """Read `model.json`, and see that every file it names is there with its size.

    Raises:
        CheckpointError: If the folder is no model folder, is incomplete, or of another version.
    """
    path = folder / _DESCRIPTION
    try:
        if not path.is_file():
            raise CheckpointError(
                f"'{folder}' is no model folder: it has no {_DESCRIPTION}; choose another folder"
            )
        if path.stat().st_size > _MAX_DESCRIPTION:
            raise CheckpointError(f"'{path}' is larger than any model's description; it was not read")
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(
            f"'{path}' cannot be read: {error.strerror or error}; check its rights"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"'{path}' is damaged: it is no JSON; import the model again") from error
    version = value.get("format") if isinstance(value, dict) else None
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"'{path}' has the format version {version!r}; this program reads {FORMAT_VERSION}, "
            "so import the model again or update the program"
        )
    try:
        description = from_json(ModelDescription, value, _DESCRIPTION)
    except JsonMismatchError as error:
        raise CheckpointError(f"'{path}' is not in its form: {error}; import the model again") from error
    _check_files(folder, description)
    return description


def verify_checkpoint(
    folder: Path,
    *,
    on_progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[str, ...]:
    """Compare every file of a model folder with the SHA-256 that was recorded when it was written.

    Args:
        folder: The model's.
        on_progress: Called with the share of the bytes that were compared, 0 to 1.
        should_stop: Asked between chunks of a few megabytes.

    Returns:
        Names of the files that were compared.

    Raises:
        CheckpointError: If the folder cannot be read, or naming every file that differs.
        StoppedError: If `should_stop` said so.
    """
    description = read_description(folder)
    total, done = max(sum(entry.bytes for entry in description.files.values()), 1), 0

    def count(read: int) -> None:
        nonlocal done
        done += read
        if on_progress is not None:
            on_progress(min(done / total, 1.0))

    changed = [
        name
        for name, entry in description.files.items()
        if sha256(folder / name, on_read=count, should_stop=should_stop) != entry.sha256
    ]
    if changed:
        raise CheckpointError(
            f"the model in '{folder}' is not what was written: {', '.join(sorted(changed))} changed since; "
            "import it again"
        )
    return tuple(description.files)


def sha256(
    path: Path,
    *,
    on_read: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> str:
    """SHA-256 of a file, in hexadecimal digits.

    Args:
        path: The file.
        on_read: Called with the number of bytes of each chunk.
        should_stop: Asked before each chunk.

    Raises:
        CheckpointError: If it cannot be read.
        StoppedError: If `should_stop` said so.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if should_stop is not None and should_stop():
                    raise StoppedError(f"checking '{path.name}' was stopped")
                digest.update(chunk)
                if on_read is not None:
                    on_read(len(chunk))
            return digest.hexdigest()
    except OSError as error:
        raise CheckpointError(
            f"'{path}' cannot be read: {error.strerror or error}; check its rights"
        ) from error


def _fill(folder: Path, checkpoint: Checkpoint, half: bool) -> None:
    """Write all files of a model into an empty folder, the description last."""
    networks = tuple(name for name in NETWORKS if name in checkpoint.weights)
    files: dict[str, FileEntry] = {}
    for name in networks:
        stored = {k: _stored(k, v, half) for k, v in checkpoint.weights[name].items()}
        files[f"{name}.safetensors"] = _save(folder / f"{name}.safetensors", stored)
    if checkpoint.directions:
        offsets = {
            d.name: d.offset.detach().cpu().float().contiguous().clone() for d in checkpoint.directions
        }
        files[_DIRECTIONS] = _save(folder / _DIRECTIONS, offsets)
    if checkpoint.card:
        (folder / _CARD).write_text(checkpoint.card, encoding="utf-8")
    origin = checkpoint.origin
    description = ModelDescription(
        format=FORMAT_VERSION,
        name=origin.name,
        preset=checkpoint.preset,
        half=half,
        networks=networks,
        source=origin.source,
        licence=origin.licence,
        files=files,
        sources=dict(origin.sha256),
        directions=tuple(
            DirectionEntry(d.name, d.group, d.unit, d.limit, d.correction) for d in checkpoint.directions
        ),
    )
    with (folder / _DESCRIPTION).open("w", encoding="utf-8") as file:
        json.dump(to_json(description), file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def _save(path: Path, tensors: dict[str, Tensor]) -> FileEntry:
    safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})
    with path.open("rb") as file:
        os.fsync(file.fileno())
    os.chmod(path, 0o644)
    return FileEntry(path.stat().st_size, sha256(path))


def _stored(name: str, tensor: Tensor, half: bool) -> Tensor:
    """The form in which a tensor lies in its file."""
    # safetensors refuses views and shared memory
    own = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
    if not half or own.dim() < 2 or not own.is_floating_point() or name.endswith(_CONSTANTS):
        return own
    if own.numel() and float(own.abs().max()) > HALF_LIMIT:
        return own
    return own.half()


def _move(part: Path, folder: Path) -> None:
    """Put a finished folder in its place; if that fails, the old one stands there again."""
    if not folder.exists():
        part.rename(folder)
        return
    # Two renames, because no system replaces a full folder in one.
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".old", dir=folder.parent))
    try:
        folder.rename(old / folder.name)
        try:
            part.rename(folder)
        except BaseException:
            (old / folder.name).rename(folder)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _read_tensors(folder: Path, name: str, description: ModelDescription) -> dict[str, Tensor]:
    if name not in description.files:
        raise CheckpointError(
            f"'{folder / _DESCRIPTION}' does not name {name}, which the model needs; import it again"
        )
    try:
        tensors: dict[str, Tensor] = safetensors.torch.load_file(folder / name)
    except (OSError, safetensors.SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"'{folder / name}' is damaged and cannot be read; import the model again"
        ) from error
    # Copies: the file is mapped into memory, and a mapped file cannot be replaced on Windows.
    return {
        k: v.to(torch.float32, copy=True) if v.is_floating_point() else v.clone() for k, v in tensors.items()
    }


def _direction(
    entry: DirectionEntry, offsets: Mapping[str, Tensor], preset: Preset, folder: Path
) -> EditDirection:
    shape = (preset.backbone.num_ws, preset.backbone.w_dim)
    offset = offsets.get(entry.name)
    if offset is None or tuple(offset.shape) != shape or not torch.isfinite(offset).all():
        raise CheckpointError(
            f"the edit direction '{entry.name}' in '{folder}' is missing or does not have the shape "
            f"{list(shape)}; import the model again"
        )
    return EditDirection(
        name=entry.name,
        group=entry.group,
        offset=offset,
        unit=entry.unit,
        limit=entry.limit,
        correction=entry.correction,
    )


def _check_files(folder: Path, description: ModelDescription) -> None:
    allowed = {f"{name}.safetensors" for name in NETWORKS} | {_DIRECTIONS}
    for name, entry in description.files.items():
        # The folder may come from anywhere: nothing outside it is opened on its word.
        if name not in allowed:
            raise CheckpointError(f"'{folder / _DESCRIPTION}' names a file '{name[:80]}' that no model has")
        path = folder / name
        if not path.is_file():
            raise CheckpointError(f"'{folder}' is incomplete: {name} is missing; import the model again")
        if path.stat().st_size != entry.bytes:
            raise CheckpointError(
                f"'{path}' has {path.stat().st_size} bytes; {entry.bytes} were written, so it is truncated "
                "or changed: import the model again"
            )
    needed = {f"{name}.safetensors" for name in description.networks}
    if needed - description.files.keys():
        raise CheckpointError(
            f"'{folder / _DESCRIPTION}' does not name "
            f"{', '.join(sorted(needed - description.files.keys()))}; import the model again"
        )


def _unwritable(folder: Path, error: OSError) -> CheckpointError:
    return CheckpointError(
        f"cannot write the model '{folder}': {error.strerror or error}; check space and rights, nothing was "
        "changed"
    )
