"""Rendered persons: pictures, mattes, depths, cameras, labels, and the latent z made from them.

The format is that of `goae_core.training.synthetic`: one `.npz` a person. Files that a renderer adds while
training runs are picked up by `refresh`. Arrays that lie uncompressed in their file are mapped, not read:
thousands of persons take no more memory than the system spares for them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from goae_core.errors import TrainingError
from goae_core.training.mapped_arrays import read_arrays

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

LABEL_WEIGHT = 3.0
"""How much a label weighs in z beside an identity number: a few labels decide more of the picture than two
hundred shape modes, and the mapping network should not have to find that out first."""


@dataclass(frozen=True, slots=True, eq=False)
class RenderedPerson:
    """One person under L lights from V views, pictures R pixels square."""

    foreground: Bytes
    """(L, V, R, R, 3), the head over black in sRGB; rgb = foreground + (1 - matte) * background."""
    matte: Bytes
    """(V, R, R), coverage by the head."""
    depth: NDArray[np.float16]
    """(V, R, R), distance along the unit ray, world units; 0 where there is no head."""
    parts: NDArray[np.int8]
    """(V, R, R): 0 skin, 1 eye, 2 hair, 3 clothes, 4 teeth, 5 brows and lashes, 6 glasses, -1 none."""
    camera: Floats
    """(V, 25), camera labels."""
    labels: Floats
    """(K,), attributes in their own units."""
    light_labels: Floats
    """(L, K2), attributes of each light."""
    light_sh: Floats
    """(L, 27), the environment."""
    identity: Floats
    """(D,), all else that determines the look, of about unit variance."""
    landmarks: Floats
    """(5, 3), world positions of eyes, nose tip and mouth corners."""
    painted: bool
    """Whether skin and hair carry a random pattern that no label describes."""
    occluder: Bytes | None = None
    """(K, R, R, 4), hands and the like before the head: premultiplied sRGB and coverage.

    A photograph of any view may have one over it: its head is foreground * (1 - coverage), its matte is
    matte * (1 - coverage). None in data sets of version 1."""

    @property
    def lights(self) -> int:
        """Number of lights, L."""
        return int(self.foreground.shape[0])

    @property
    def views(self) -> int:
        """Number of views, V."""
        return int(self.foreground.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class LatentScale:
    """Mean and deviation of every label, fixed once per run; turns a person into the generator's z."""

    label_names: tuple[str, ...]
    mean: Floats
    """(K + K2,)"""
    deviation: Floats
    """(K + K2,)"""
    label_weight: float = LABEL_WEIGHT
    """What each label weighs in z beside an identity number."""

    def standardise(self, person: RenderedPerson, light: int) -> Floats:
        """All labels in deviations, (K + K2,)."""
        values = np.concatenate([person.labels, person.light_labels[light]])
        return ((values - self.mean) / self.deviation).astype(np.float32)

    def latent(self, person: RenderedPerson, light: int, z_dim: int) -> Floats:
        """The latent (z_dim,) of a person under a light.

        Labels in deviations times `LABEL_WEIGHT`, identity, environment, a one, zeros; what varies is held
        within four deviations, before it is weighed. The one keeps the scale of the rest readable after the
        mapping network has normalised z.

        Raises:
            TrainingError: If the description does not fit into z.
        """
        parts = [
            self.label_weight * np.clip(self.standardise(person, light), -4.0, 4.0),
            np.clip(person.identity, -4.0, 4.0),
            np.clip(person.light_sh[light], -4.0, 4.0),
            np.ones(1, np.float32),
        ]
        values = np.concatenate(parts).astype(np.float32)
        if len(values) > z_dim:
            raise TrainingError(
                f"a person takes {len(values)} numbers, the preset's z has {z_dim}; raise z_dim"
            )
        return np.pad(values, (0, z_dim - len(values)))

    def write(self, path: Path) -> None:
        """Save as JSON."""
        content = {
            "label_names": list(self.label_names),
            "mean": self.mean.tolist(),
            "deviation": self.deviation.tolist(),
            "label_weight": self.label_weight,
        }
        path.write_text(json.dumps(content, indent=1))

    @classmethod
    def read(cls, path: Path) -> LatentScale:
        """Read what `write` wrote."""
        content = json.loads(path.read_text())
        return cls(
            tuple(content["label_names"]),
            np.asarray(content["mean"], np.float32),
            np.asarray(content["deviation"], np.float32),
            float(content.get("label_weight", 1.0)),  # runs from before the weight had none
        )


class HeadsDataset:
    """All persons of a data folder."""

    def __init__(self, folder: Path, image_size: int, *, pictures: bool = True) -> None:
        """Read what is there.

        Args:
            folder: Written by `goae train data`.
            image_size: Pictures are box-averaged to this side, which must divide theirs.
            pictures: False reads what describes the persons alone, in seconds: they then have no views.

        Raises:
            TrainingError: If the folder holds no data set or no person yet.
        """
        self.folder = folder
        self.image_size = image_size
        self.pictures = pictures
        self.persons: list[RenderedPerson] = []
        self._read: set[str] = set()
        header = folder / "dataset.json"
        if not header.exists():
            raise TrainingError(
                f"{folder} holds no data set; render one with 'goae train data --data {folder}'"
            )
        content = json.loads(header.read_text())
        self.label_names: tuple[str, ...] = (*content["label_names"], *content["light_label_names"])
        self.refresh()
        if not self.persons:
            raise TrainingError(f"{folder} holds no person yet; let 'goae train data' run first")

    def refresh(self) -> int:
        """Read persons rendered since; returns how many there are."""
        for path in sorted((self.folder / "persons").glob("*.npz")):
            if path.name not in self._read:
                try:
                    read = _read_person(path, self.image_size) if self.pictures else _read_description(path)
                    self.persons.append(read)
                except (OSError, ValueError, KeyError, BadZipFile) as error:
                    raise TrainingError(f"{path} is damaged ({error}); delete it and render again") from error
                self._read.add(path.name)
        return len(self.persons)

    def clean(self) -> list[RenderedPerson]:
        """Persons whose look their labels describe."""
        return [person for person in self.persons if not person.painted]

    def latent_scale(self) -> LatentScale:
        """Label statistics over the persons read so far."""
        rows = np.stack(
            [
                np.concatenate([person.labels, person.light_labels[light]])
                for person in self.persons
                for light in range(person.lights)
            ]
        )
        deviation = np.maximum(rows.std(axis=0), 1e-3)
        return LatentScale(
            self.label_names, rows.mean(axis=0).astype(np.float32), deviation.astype(np.float32)
        )


def _read_person(path: Path, image_size: int) -> RenderedPerson:
    arrays = read_arrays(path)
    factor = arrays["matte"].shape[-1] // image_size
    if factor < 1 or arrays["matte"].shape[-1] % image_size:
        raise ValueError(f"pictures of {arrays['matte'].shape[-1]} pixels do not divide into {image_size}")
    if factor > 1:
        arrays["foreground"] = _box(arrays["foreground"], factor, axis=2)
        arrays["matte"] = _box(arrays["matte"], factor, axis=1)
        # depth and parts are labels: a pixel takes one of its samples, never their mean
        arrays["depth"] = arrays["depth"][:, factor // 2 :: factor, factor // 2 :: factor]
        arrays["parts"] = arrays["parts"][:, factor // 2 :: factor, factor // 2 :: factor]
    painted = bool(arrays.pop("painted", np.zeros(())))
    occluder = arrays.pop("occluder", None)
    if occluder is not None and factor > 1:
        occluder = _box(occluder, factor, axis=1)
    names = [name for name in RenderedPerson.__slots__ if name not in ("painted", "occluder")]
    return RenderedPerson(painted=painted, occluder=occluder, **{name: arrays[name] for name in names})


def _read_description(path: Path) -> RenderedPerson:
    """A person without pictures."""
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        names = ("labels", "light_labels", "light_sh", "identity", "landmarks")
        arrays = {name: file[name] for name in names}
        painted = bool(file["painted"]) if "painted" in file.files else False
    lights = len(arrays["light_labels"])
    return RenderedPerson(
        foreground=np.zeros((lights, 0, 0, 0, 3), np.uint8),
        matte=np.zeros((0, 0, 0), np.uint8),
        depth=np.zeros((0, 0, 0), np.float16),
        parts=np.zeros((0, 0, 0), np.int8),
        camera=np.zeros((0, 25), np.float32),
        painted=painted,
        **arrays,
    )


def _box(pictures: Bytes, factor: int, axis: int) -> Bytes:
    shape = list(pictures.shape)
    shape[axis : axis + 2] = [shape[axis] // factor, factor, shape[axis + 1] // factor, factor]
    means = pictures.reshape(shape).mean(axis=(axis + 1, axis + 3))
    rounded: Bytes = (means + 0.5).astype(np.uint8)
    return rounded
