"""Write persons to disk, in parallel, resumable, one file each.

    OUT/dataset.json        version, resolution, lights, views, persons written so far, names and sizes of
                            the vectors
    OUT/persons/000123.npz  the fields of `PersonPictures`, not compressed, so that a reader maps them

Person k of seed s is drawn from [s, k] alone: the same whatever the number of workers, and whichever files
exist.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from goae_core.errors import TrainingError
from goae_core.training.synthetic.features import LABEL_NAMES, identity
from goae_core.training.synthetic.head_pack import HeadPack, read_head_pack
from goae_core.training.synthetic.lighting import LIGHT_LABEL_NAMES, sample_light
from goae_core.training.synthetic.person import sample_person
from goae_core.training.synthetic.rendering import PersonPictures, render_person
from goae_core.training.synthetic.viewpoint import look_from, sample_viewpoints

VERSION = 2
"""Of the layout: 2 added labels, a longer identity, occluders and compression; a folder holds one version."""
SH_DIM = 27
PAINTED_SHARE = 0.25
_IN_FLIGHT = 2
"""Persons queued for each worker, so that none waits and a stop comes soon."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What a worker needs to know to write one person."""

    pack_dir: Path
    out_dir: Path
    index: int
    seed: int
    views: int
    lights: int
    resolution: int
    painted_share: float
    fixed_yaws: tuple[float, ...]


def write_dataset(
    pack_dir: Path,
    out_dir: Path,
    persons: int,
    *,
    seed: int = 0,
    first: int = 0,
    views: int = 8,
    lights: int = 3,
    workers: int = 2,
    resolution: int = 256,
    painted_share: float = PAINTED_SHARE,
    fixed_yaws: Sequence[float] = (),
    deadline: float | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[int]:
    """Write the persons first ... first + persons - 1 and yield how many of them are on disk.

    Files that exist are kept, so that a call repeated after an interruption goes on where it stopped.

    Args:
        pack_dir: The head pack.
        out_dir: Created if missing.
        persons: How many.
        seed: Of the data set; persons of different seeds differ.
        first: Index of the first person.
        views: Viewpoints of each person.
        lights: Environments of each person.
        workers: Processes; 0 works in this one.
        resolution: Pixels a side.
        painted_share: Share of persons with a random colour pattern on skin and hair.
        fixed_yaws: Radians; the first views are taken exactly from there, at pitch and roll 0.
        deadline: `time.monotonic()` after which no further person is begun.
        should_stop: Looked at between persons; true stops like the deadline.

    Yields:
        How many persons of this call's range are on disk, after each that is written.

    Raises:
        TrainingError: If the pack cannot be read, or `out_dir` holds a data set of another kind.
    """
    pack = read_head_pack(pack_dir)
    (out_dir / "persons").mkdir(parents=True, exist_ok=True)
    orders = [
        _Order(pack_dir, out_dir, k, seed, views, lights, resolution, painted_share, tuple(fixed_yaws))
        for k in range(first, first + persons)
    ]
    description = {
        "version": VERSION,
        "resolution": resolution,
        "lights": lights,
        "views": views,
        "label_names": list(LABEL_NAMES),
        "light_label_names": list(LIGHT_LABEL_NAMES),
        "identity_dim": len(identity(sample_person(np.random.default_rng(seed), pack), pack)),
        "sh_dim": SH_DIM,
        "seed": seed,
        "pack_sha256": pack.sha256,
    }
    _check_same_kind(out_dir, description)
    missing = [order for order in orders if not person_path(out_dir, order.index).exists()]
    done = len(orders) - len(missing)
    _write_description(out_dir, description)

    def may_go_on() -> bool:
        in_time = deadline is None or time.monotonic() < deadline
        return in_time and not (should_stop is not None and should_stop())

    for _ in _write_all(missing, workers, may_go_on, pack):
        done += 1
        _write_description(out_dir, description)
        yield done


def person_path(out_dir: Path, index: int) -> Path:
    """Return where a person lies."""
    return out_dir / "persons" / f"{index:06d}.npz"


def _write_all(
    orders: list[_Order], workers: int, may_go_on: Callable[[], bool], pack: HeadPack
) -> Iterator[int]:
    """Write persons and yield their indices in the order in which they are finished."""
    if workers == 0:
        for order in orders:
            if not may_go_on():
                return
            _write_person(order, pack)
            yield order.index
        return
    waiting = list(reversed(orders))
    running: set[Future[int]] = set()
    # a fresh interpreter per worker: forking one that holds torch's or numba's threads can hang
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_use_one_thread) as pool:
        while waiting or running:
            while waiting and len(running) < _IN_FLIGHT * workers and may_go_on():
                running.add(pool.submit(_write_in_worker, waiting.pop()))
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()


def _use_one_thread() -> None:
    """Keep the libraries in a worker from starting threads: other workers use the other cores."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"


_WORKER_PACKS: dict[Path, HeadPack] = {}
"""A worker keeps the pack with its decoded textures between persons."""


def _write_in_worker(order: _Order) -> int:
    if order.pack_dir not in _WORKER_PACKS:
        _WORKER_PACKS[order.pack_dir] = read_head_pack(order.pack_dir)
    _write_person(order, _WORKER_PACKS[order.pack_dir])
    return order.index


def _draw(order: _Order, pack: HeadPack) -> PersonPictures:
    """Draw and render the person of an order."""
    rng = np.random.default_rng([order.seed, order.index])
    person = sample_person(rng, pack, painted_share=order.painted_share)
    lights = [sample_light(rng) for _ in range(order.lights)]
    viewpoints = sample_viewpoints(rng, order.views)
    for k, yaw in enumerate(order.fixed_yaws[: order.views]):
        viewpoints[k] = look_from(yaw, 0.0)
    return render_person(
        person, pack, lights, viewpoints, resolution=order.resolution, occluder_seed=order.index
    )


def _write_person(order: _Order, pack: HeadPack) -> None:
    """Render and write; the file appears complete or not at all."""
    record = _draw(order, pack)
    path = person_path(order.out_dir, order.index)
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            _save(file, {field.name: getattr(record, field.name) for field in fields(record)})
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise TrainingError(
            f"{path} could not be written ({error}); free some space or choose another folder"
        ) from error


def _save(file: BinaryIO, arrays: dict[str, NDArray[np.generic]]) -> None:
    """Write what `numpy.load` reads; stored as it is, so that thousands of persons need not be in memory."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def _check_same_kind(out_dir: Path, description: dict[str, object]) -> None:
    """Refuse to mix persons of different kinds in one folder."""
    path = out_dir / "dataset.json"
    if not path.exists():
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TrainingError(f"{path} is damaged ({error}); delete the folder or choose another") from error
    for key, value in description.items():
        if found.get(key) != value:
            raise TrainingError(
                f"{out_dir} holds a data set with {key} = {found.get(key)}, this one has {value}; "
                "choose another folder"
            )


def _write_description(out_dir: Path, description: dict[str, object]) -> None:
    written = sum(1 for _ in (out_dir / "persons").glob("[0-9]*.npz"))
    unfinished = out_dir / f".dataset.{os.getpid()}.tmp"
    unfinished.write_text(json.dumps({**description, "persons": written}, indent=1), encoding="utf-8")
    os.replace(unfinished, out_dir / "dataset.json")
