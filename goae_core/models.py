"""The models that are there: embedded ones, and those the user imported.

Embedded models lie in `resources/models`, imported ones in the user's data directory (`GOAE_DATA_DIR`
overrides it, and `GOAE_MODELS_DIR` the folder of the models alone). Both are folders as `checkpoint.py`
describes them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Final, Literal

import appdirs

from goae_core.checkpoint import (
    PUBLISHER_LICENCE,
    Checkpoint,
    NetworkName,
    Origin,
    read_checkpoint,
    read_description,
    sha256,
    verify_checkpoint,
    write_checkpoint,
)
from goae_core.editing import EditDirection
from goae_core.errors import CheckpointError, ExportError, LicenceError, StoppedError, UnknownModelError
from goae_core.presets import PRESETS, Preset
from goae_core.upstream.directions import UpstreamDirection, read_direction
from goae_core.upstream.eg3d import read_eg3d
from goae_core.upstream.goae import read_goae
from goae_core.whole_file import whole_file

DEFAULT_MODEL: Final = "studio256"

RAW_LIMIT: Final = 2.0
"""How often a direction in raw units may be added: the published examples go to one, the rest is headroom."""
GLASSES: Final = "glass"
GLASSES_CORRECTION: Final = -0.8
"""The release adds this much of the glasses direction to every other edit (specification, section 12)."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DEVICE_NAMES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # Windows' own
_KINDS: Final = {".pkl": "generator", ".pt": "network", ".pth": "network", ".npy": "direction"}

_ACCEPTED: Final = "accepted_licences.json"
_CARD: Final = "MODEL_CARD.md"

Report = Callable[[str], None]
ShouldStop = Callable[[], bool]
Subject = Literal["person", "cat"]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model as a list shows it; its weights are not read.

    Attributes:
        name: By which `--model` finds it.
        folder: Where it lies.
        embedded: It came with the program and cannot be removed.
        preset: Name of its preset.
        networks: Which networks it has.
        directions: Names of its edit directions.
        source: Who made it, from what.
        licence: What it may be used for.
        size: Bytes of its files.
        fingerprint: SHA-256 over its weights; two models with the same weights have the same.
        problem: Why it cannot be used; empty if it can.
        subject: Whose heads it makes.
        image_size: Side of its pictures, pixels.
    """

    name: str
    folder: Path
    embedded: bool
    preset: str = ""
    networks: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""
    size: int = 0
    fingerprint: str = ""
    problem: str = ""
    subject: Subject = "person"
    image_size: int = 0

    @property
    def restricted(self) -> bool:
        """Whether its terms forbid commercial use, so that they are shown before it is used."""
        return not self.embedded and re.search(r"non-?commercial", self.licence, re.IGNORECASE) is not None


class ModelStore:
    """Lists, imports, checks, removes and loads models.

    Args:
        embedded: Folder of the models that came with the program; None: `resources/models`.
        imported: Folder of the user's models; None: `models` in the user's data directory.
    """

    def __init__(self, embedded: Path | None = None, imported: Path | None = None) -> None:
        self.embedded = embedded or Path(str(resources.files("resources"))) / "models"
        self.imported = imported or _imported_dir()

    def list(self) -> tuple[ModelEntry, ...]:
        """All models, embedded ones first, each group by name; damaged ones with their problem."""
        return tuple(
            _entry(folder, embedded)
            for root, embedded in ((self.embedded, True), (self.imported, False))
            for folder in _folders(root)
        )

    def entry(self, name: str) -> ModelEntry:
        """One model's entry.

        Raises:
            UnknownModelError: If there is none of that name.
        """
        folder = self.folder(name)
        return _entry(folder, folder.parent == self.embedded)

    def folder(self, name: str) -> Path:
        """Where a model lies.

        Raises:
            UnknownModelError: If there is none of that name; the message lists those there are.
        """
        if _NAME.fullmatch(name):
            for root in (self.embedded, self.imported):
                if (root / name).is_dir():
                    return root / name
        known = ", ".join(f.name for root in (self.embedded, self.imported) for f in _folders(root)) or "none"
        raise UnknownModelError(
            f"there is no model named '{name}'; there are: {known} ('goae models import' adds one)"
        )

    def card(self, name: str) -> str:
        """A model's card as Markdown; one that has none gets a short one of what is known of it.

        Raises:
            UnknownModelError: If there is none of that name.
            CheckpointError: If it cannot be read.
        """
        entry = self.entry(name)
        try:
            return (entry.folder / _CARD).read_text(encoding="utf-8")
        except FileNotFoundError:
            return _described(entry)
        except (OSError, UnicodeDecodeError) as error:
            raise CheckpointError(
                f"the model card of '{name}' cannot be read; check the rights of '{entry.folder}'"
            ) from error

    def fingerprint(self, name: str) -> str:
        """The fingerprint of the weights that bear a name now; its small description alone is read.

        Raises:
            UnknownModelError: If there is none of that name.
            CheckpointError: If its description cannot be read.
        """
        return read_description(self.folder(name)).fingerprint

    def accepted(self, entry: ModelEntry) -> bool:
        """Whether a model may be used without asking: its terms are free, or were accepted before."""
        return not entry.restricted or entry.fingerprint in self._accepted()

    def accept(self, name: str) -> None:
        """Remember that the user has read a model's terms and agrees; for good, and for these weights.

        Raises:
            UnknownModelError: If there is none of that name.
            CheckpointError: If it cannot be remembered.
        """
        known = sorted({*self._accepted(), self.entry(name).fingerprint})
        try:
            with whole_file(self.imported.parent / _ACCEPTED) as part:
                part.write_text(json.dumps(known, indent=1), encoding="utf-8")
        except ExportError as error:
            raise CheckpointError(str(error)) from error

    def check_accepted(self, name: str) -> None:
        """Refuse a model whose terms were not accepted yet.

        Raises:
            UnknownModelError: If there is none of that name.
            LicenceError: With its terms.
        """
        entry = self.entry(name)
        if not self.accepted(entry):
            raise LicenceError(
                f"'{name}' is for non-commercial use only, and its terms have not been accepted yet; read "
                "and accept them first",
                name,
            )

    def load(self, name: str = DEFAULT_MODEL) -> Checkpoint:
        """Read a model.

        Raises:
            UnknownModelError: If there is none of that name.
            CheckpointError: If it is damaged.
        """
        return read_checkpoint(self.folder(name))

    def verify(
        self,
        name: str,
        *,
        on_progress: Callable[[float], None] | None = None,
        should_stop: ShouldStop | None = None,
    ) -> tuple[str, ...]:
        """Compare a model's files with the SHA-256 recorded when they were written, and read it whole.

        Args:
            name: The model's.
            on_progress: Called with the share that is done, 0 to 1.
            should_stop: Asked between chunks of a few megabytes.

        Returns:
            Names of the files that were compared.

        Raises:
            UnknownModelError: If there is none of that name.
            CheckpointError: If a file differs or cannot be read.
            StoppedError: If `should_stop` said so.
        """
        folder = self.folder(name)
        files = verify_checkpoint(folder, on_progress=on_progress, should_stop=should_stop)
        read_checkpoint(folder)
        return files

    def remove(self, name: str) -> None:
        """Delete an imported model.

        Raises:
            UnknownModelError: If there is none of that name.
            CheckpointError: If it is embedded, or cannot be deleted.
        """
        folder = self.folder(name)
        if folder.parent != self.imported:
            raise CheckpointError(
                f"'{name}' came with the program and cannot be removed; only imported models can"
            )
        # Out of the list first: a half-deleted model would be listed as a damaged one.
        doomed = folder.with_name(f".{name}.removed")
        try:
            shutil.rmtree(doomed, ignore_errors=True)
            folder.rename(doomed)
            shutil.rmtree(doomed)
        except OSError as error:
            raise CheckpointError(
                f"'{folder}' cannot be removed: {error.strerror or error}; check its rights"
            ) from error

    def import_(
        self,
        paths: Sequence[Path],
        *,
        name: str | None = None,
        licence: str | None = None,
        on_progress: Report | None = None,
        should_stop: ShouldStop | None = None,
    ) -> ModelEntry:
        """Make a model of foreign files, or add to one that was imported before.

        A `.pkl` (EG3D generator) or one of our own folders makes a new model; `.pt` (GOAE encoder, AFA) and
        `.npy` (edit directions, in raw units) join it, or the imported model of that name. Nothing is written
        unless everything could be read.

        Args:
            paths: The files, in any order.
            name: The model's name; None: the folder's own, for one of our folders.
            licence: What the weights may be used for; None: a note that the publisher's licence applies.
            on_progress: Called with a line before each file that is read, and before writing.
            should_stop: Asked at the same moments; once writing has begun it is finished.

        Returns:
            The model's entry.

        Raises:
            CheckpointError: If a file is foreign, damaged or hostile, files do not belong together, or the
                name is taken or unusable.
            DirectionError: If a direction does not fit the generator.
            StoppedError: If `should_stop` said so; nothing was written.
        """

        def report(line: str) -> None:
            if should_stop is not None and should_stop():
                raise StoppedError("the import was stopped; nothing was written")
            if on_progress is not None:
                on_progress(line)

        files = _sorted(paths)
        name = name or _implied_name(files)
        checkpoint, half = self._start(files, name, report)
        checkpoint = _joined(checkpoint, files, report)
        origin = replace(checkpoint.origin, name=name, licence=licence or checkpoint.origin.licence)
        report(f"writing '{name}'")
        write_checkpoint(replace(checkpoint, origin=origin), self.imported / name, half=half)
        return self.entry(name)

    def set_directions(self, name: str, directions: Sequence[EditDirection]) -> ModelEntry:
        """Give an imported model these edit directions in place of its own.

        Raises:
            UnknownModelError: If there is no model of that name.
            CheckpointError: If it is embedded, damaged, or cannot be written.
        """
        folder = self.folder(name)
        if folder.parent != self.imported:
            raise CheckpointError(
                f"'{name}' came with the program and is not changed; only imported models are"
            )
        checkpoint = replace(read_checkpoint(folder), directions=tuple(directions))
        write_checkpoint(checkpoint, folder, half=read_description(folder).half)
        return self.entry(name)

    def _start(self, files: _Sources, name: str, report: Report) -> tuple[Checkpoint, bool]:
        """The checkpoint that the other files join, and whether it is stored in half precision."""
        self._check_name(name)
        exists = (self.imported / name).exists()
        if exists and (files.generators or files.folders):
            raise CheckpointError(
                f"there is already a model named '{name}'; choose another name, or remove it first "
                f"('goae models remove {name}')"
            )
        if files.folders:
            report(f"reading '{files.folders[0]}'")
            verify_checkpoint(files.folders[0])
            return read_checkpoint(files.folders[0]), read_description(files.folders[0]).half
        if files.generators:
            return _from_generator(files.generators[0], report), False
        if not exists:
            raise UnknownModelError(
                f"there is no imported model named '{name}' that these files could join; "
                "give the generator's .pkl file with them, or the name of an imported model"
            )
        folder = self.imported / name
        return read_checkpoint(folder), read_description(folder).half

    def _accepted(self) -> frozenset[str]:
        """Fingerprints of the models whose terms were accepted; a broken list counts as empty."""
        try:
            known = json.loads((self.imported.parent / _ACCEPTED).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return frozenset()
        return frozenset(k for k in known if isinstance(k, str)) if isinstance(known, list) else frozenset()

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name) or _DEVICE_NAMES.fullmatch(name):
            raise CheckpointError(
                f"'{name[:80]}' cannot name a model; use up to 64 letters, digits, dots, - and _, "
                "beginning with a letter or digit"
            )
        if (self.embedded / name).is_dir():
            raise CheckpointError(
                f"'{name}' is the name of a model that came with the program and is not changed; choose "
                "another name"
            )


@dataclass(frozen=True, slots=True)
class _Sources:
    """Files to import, by what they hold."""

    folders: tuple[Path, ...]
    generators: tuple[Path, ...]
    networks: tuple[Path, ...]
    directions: tuple[Path, ...]


def _sorted(paths: Sequence[Path]) -> _Sources:
    """Sort files by what their suffix says.

    Raises:
        CheckpointError: If there is none, one is missing or of no known kind, or two generators are among
            them.
    """
    if not paths:
        raise CheckpointError("there is nothing to import; name a .pkl, .pt or .npy file, or a model folder")
    kinds: dict[str, list[Path]] = {"folder": [], "generator": [], "network": [], "direction": []}
    for path in paths:
        if not path.exists():
            raise CheckpointError(f"there is no file '{path}'; check the path")
        kind = "folder" if path.is_dir() else _KINDS.get(path.suffix.lower())
        if kind is None:
            raise CheckpointError(
                f"'{path.name}' is of no kind that can be imported; expected an EG3D generator (.pkl), a "
                "GOAE encoder or AFA (.pt), an edit direction (.npy) or a model folder"
            )
        kinds[kind].append(path)
    if len(kinds["folder"]) + len(kinds["generator"]) > 1:
        raise CheckpointError(
            "a model has one generator; import one .pkl file or one model folder at a time, each under its "
            "own name"
        )
    return _Sources(*(tuple(kinds[kind]) for kind in ("folder", "generator", "network", "direction")))


def _implied_name(files: _Sources) -> str:
    if not files.folders:
        raise CheckpointError(
            "these files do not say what the model shall be called; give it a name with --name"
        )
    return files.folders[0].resolve().name


def _from_generator(path: Path, report: Report) -> Checkpoint:
    report(f"reading '{path.name}'")
    generator = read_eg3d(path)
    origin = Origin(
        name="",
        source=f"imported from the EG3D snapshot {path.name}",
        sha256={path.name: sha256(path)},
        licence=PUBLISHER_LICENCE,
    )
    return Checkpoint(generator.preset, {"generator": generator.weights}, (), origin)


def _joined(checkpoint: Checkpoint, files: _Sources, report: Report) -> Checkpoint:
    """Add networks and directions to a checkpoint; a network or direction that it has already is replaced."""
    weights = dict(checkpoint.weights)
    seen: dict[NetworkName, Path] = {}
    for path in files.networks:
        report(f"reading '{path.name}'")
        read = read_goae(path, checkpoint.preset)
        if read.network in seen:
            raise CheckpointError(
                f"'{seen[read.network].name}' and '{path.name}' both hold the same network ({read.network}); "
                "give one"
            )
        seen[read.network] = path
        weights[read.network] = read.weights
    backbone = checkpoint.preset.backbone
    read_directions = [read_direction(p, backbone.num_ws, backbone.w_dim) for p in files.directions]
    sources = {**checkpoint.origin.sha256, **{p.name: sha256(p) for p in files.networks + files.directions}}
    return replace(
        checkpoint,
        weights=weights,
        directions=with_directions(checkpoint.directions, read_directions, checkpoint.preset),
        origin=replace(checkpoint.origin, sha256=sources),
    )


def with_directions(
    present: Iterable[EditDirection], added: Iterable[UpstreamDirection], preset: Preset
) -> tuple[EditDirection, ...]:
    """Join foreign directions, in raw units, to those of a model.

    Where the preset corrects as the release does, every raw direction but the glasses themselves carries
    -0.8 of the glasses direction, as soon as the model has one.
    """
    directions: dict[str, EditDirection] = {d.name: d for d in present}
    for new in added:
        directions[new.name] = EditDirection(
            name=new.name, group="imported", offset=new.offset, unit="raw", limit=RAW_LIMIT, correction=None
        )
    corrected = preset.editing.correction == "release" and GLASSES in directions
    return tuple(
        replace(d, correction=(GLASSES, GLASSES_CORRECTION) if corrected and d.name != GLASSES else None)
        if d.unit == "raw"
        else d
        for d in directions.values()
    )


def _entry(folder: Path, embedded: bool) -> ModelEntry:
    try:
        description = read_description(folder)
    except CheckpointError as error:
        return ModelEntry(folder.name, folder, embedded, problem=str(error))
    return ModelEntry(
        name=folder.name,
        folder=folder,
        embedded=embedded,
        preset=description.preset.name,
        networks=description.networks,
        directions=tuple(d.name for d in description.directions),
        source=description.source,
        licence=description.licence,
        size=sum(entry.bytes for entry in description.files.values()),
        fingerprint=description.fingerprint,
        subject=subject_of(description.preset),
        image_size=description.preset.image_size,
    )


def subject_of(preset: Preset) -> Subject:
    """Whose heads a model makes: EG3D's models of cats circle another point than those of people."""
    return "cat" if preset.camera.pivot == PRESETS["afhqcats512"].camera.pivot else "person"


def _described(entry: ModelEntry) -> str:
    rows = (
        ("Preset", entry.preset),
        ("Networks", ", ".join(entry.networks)),
        ("Attributes", ", ".join(entry.directions) or "none"),
        ("Source", entry.source),
        ("Licence", entry.licence),
        ("Weights", f"SHA-256 {entry.fingerprint}"),
    )
    lines = [f"- **{name}:** {value}" for name, value in rows if value]
    return "\n".join([f"# {entry.name}", "", *([entry.problem] if entry.problem else lines)]) + "\n"


def _folders(root: Path) -> tuple[Path, ...]:
    if not root.is_dir():
        return ()
    return tuple(sorted(p for p in root.iterdir() if p.is_dir() and _NAME.fullmatch(p.name)))


def _imported_dir() -> Path:
    if folder := os.environ.get("GOAE_MODELS_DIR"):
        return Path(folder)
    data = os.environ.get("GOAE_DATA_DIR") or appdirs.user_data_dir("goae-studio", appauthor=False)
    return Path(data) / "models"
