"""`goae evaluate`: the figures of the model card beside their goals, and sheets to look at."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import options
from app.cli.endings import FailedError, sentence_of
from app.cli.opened_head import load_pipeline
from app.cli.progress import Bar, progress
from app.cli.stopping import should_stop
from goae_core.errors import PhotoError, StoppedError

if TYPE_CHECKING:
    from goae_core.evaluation.contact_sheets import ContactSheets
    from goae_core.evaluation.goals import Figure
    from goae_core.evaluation.journal import Journal
    from goae_core.evaluation.photo_figures import FaceRecord
    from goae_core.evaluation.photographs import ListedPhoto, Subject
    from goae_core.pipeline import Pipeline

LABELS = "goae_label.json"
"""Cameras of cropped photographs, looked for beside them."""

app = typer.Typer(
    help="Measure a model: photographs, persons whose other sides are known, edits; and make contact sheets.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Model = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="NAME|DIR", help="Model to measure: its name, or the folder training wrote it to."
    ),
]
Photos = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of photographs.")]
Heads = Annotated[Path, typer.Argument(metavar="DATA", help="Held-out persons of 'goae train data'.")]
Labels = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        metavar="FILE",
        help="Cameras of those photographs that are cropped already.",
        show_default=f"DIR/{LABELS}",
    ),
]
Out = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for records and sheets.")]
Persons = Annotated[int, typer.Option("--persons", metavar="N", min=1, help="How many persons.")]
Limit = Annotated[
    int | None, typer.Option("--limit", metavar="N", min=1, help="The first N photographs alone.")
]
Run = Annotated[
    Path,
    typer.Option("--run", metavar="DIR", help="Run whose directions are measured, read by its judge."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Keep what an earlier run of the same command has measured.")
]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print the table as it stands in a model card.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of backgrounds and cameras.")]

_OUT = Path("runs/evaluation")


@app.command()
def photos(
    folder: Photos,
    labels: Labels = None,
    output: Out = _OUT,
    limit: Limit = None,
    resume: Resume = False,
    markdown: Markdown = False,
    model: Model = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Measure on photographs: closeness and camera on crops with known cameras, identity on all faces.

    Odd rows of the folder's SOURCES.md may be used for tuning, so their figures stand apart.
    """
    with _measuring("loading the model") as bar:
        bench = _load(model, device)
        figures = _crops(bench, folder, labels, output, limit, resume, bar)
        figures += _faces(bench, folder, output, limit, resume, bar, sheets=False)
    _tell(figures, markdown)


@app.command()
def heads(
    data: Heads,
    persons: Persons = 100,
    output: Out = _OUT,
    seed: Seed = 0,
    resume: Resume = False,
    markdown: Markdown = False,
    model: Model = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Measure on held-out persons, photographed badly: views whose truth is known, depth, camera."""
    with _measuring("loading the model") as bar:
        bench = _load(model, device)
        figures = _heads(bench, data, persons, output, seed, resume, bar)
    _tell(figures, markdown)


@app.command()
def edits(
    data: Heads,
    run: Run,
    persons: Persons = 100,
    markdown: Markdown = False,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Measure what the directions of a run do to held-out persons, as 'goae train edits' does."""
    with progress("edits") as bar:
        figures = _edits(data, run, persons, device, bar)
    _tell(figures, markdown)


@app.command()
def sheet(
    folder: Photos,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for the pages and their index.")
    ],
    limit: Limit = None,
    resume: Resume = False,
    model: Model = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """Make contact sheets: each photograph, its head, with detail, turned, older, smiling."""
    with _measuring("loading the model") as bar:
        bench = _load(model, device)
        _walk(bench.pipeline, folder, None, _sheets(bench, folder, output, resume), limit, bar)
    typer.echo(f"{output / 'index.html'}")


@app.command("all")
def everything(
    folder: Photos,
    data: Annotated[Path, typer.Option("--data", metavar="DATA", help="Held-out persons.")],
    labels: Labels = None,
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="DIR", help="Run whose edits are measured.", show_default="no edits"),
    ] = None,
    persons: Persons = 100,
    output: Out = _OUT,
    limit: Limit = None,
    seed: Seed = 0,
    resume: Resume = False,
    markdown: Markdown = False,
    model: Model = None,
    device: options.Device = options.DeviceName.AUTO,
) -> None:
    """All of it: photographs, contact sheets (in one pass), held-out persons and edits."""
    with _measuring("loading the model") as bar:
        bench = _load(model, device)
        figures = _crops(bench, folder, labels, output, limit, resume, bar)
        figures += _faces(bench, folder, output, limit, resume, bar, sheets=True)
        figures += _heads(bench, data, persons, output, seed, resume, bar)
        if run is not None:
            figures += _edits(data, run, persons, device, bar)
    _tell(figures, markdown)
    typer.echo(f"{output / 'sheets' / 'index.html'}")


@dataclass(frozen=True, slots=True, eq=False)
class _Bench:
    """A model, and what tells its weights from all others."""

    pipeline: Pipeline
    fingerprint: str

    def made_with(self, data: Path) -> dict[str, str]:
        """What decides the records: weights and data."""
        name = self.pipeline.model
        return {"model": name, "weights": self.fingerprint, "data": str(data.resolve())}


def _load(model: str | None, device: options.DeviceName) -> _Bench:
    """A model by its name, or by the folder that training wrote it to."""
    from goae_core.checkpoint import read_checkpoint, read_description
    from goae_core.models import DEFAULT_MODEL, ModelStore
    from goae_core.pipeline import build, choose_device

    folder = Path(model or DEFAULT_MODEL)
    if (folder / "model.json").is_file():
        pipeline = build(read_checkpoint(folder), choose_device(device.value))
        return _Bench(pipeline, read_description(folder).fingerprint)
    return _Bench(load_pipeline(model, device), ModelStore().fingerprint(model or DEFAULT_MODEL))


def _crops(
    bench: _Bench,
    folder: Path,
    labels: Path | None,
    output: Path,
    limit: int | None,
    resume: bool,
    bar: Bar,
) -> list[Figure]:
    """Photographs with published cameras; nothing where there is no label file and none is asked for."""
    from goae_core.errors import CameraError
    from goae_core.evaluation.journal import Journal
    from goae_core.evaluation.photo_figures import CropRecord, crop_figures, measure_crop
    from goae_core.evaluation.photographs import listed_photos
    from goae_core.photo import read_camera

    known = folder / LABELS if labels is None else labels
    if labels is None and not known.is_file():
        return []
    cameras = {}
    for listed in listed_photos(folder)[:limit]:
        try:
            cameras[listed.path] = read_camera(known, listed.path.name)
        except CameraError:
            if not known.is_file():
                raise
    made_with = bench.made_with(folder)
    journal = Journal(output / "crops.json", CropRecord, made_with, crop_figures, resume=resume)
    done = {record.file for record in journal.records}
    for number, (path, camera) in enumerate(cameras.items()):
        if path.name not in done:
            _check_stop()
            bar.show(number / len(cameras), f"{path.name}: input view")
            journal.add(measure_crop(bench.pipeline, path, camera))
    return journal.finish()


def _faces(
    bench: _Bench,
    folder: Path,
    output: Path,
    limit: int | None,
    resume: bool,
    bar: Bar,
    *,
    sheets: bool,
) -> list[Figure]:
    """Identity on all usable faces, and the contact sheets of the same heads if they are wanted."""
    from goae_core.evaluation.journal import Journal
    from goae_core.evaluation.photo_figures import FaceRecord, face_figures

    made_with = bench.made_with(folder)
    journal = Journal(output / "faces.json", FaceRecord, made_with, face_figures, resume=resume)
    pages = _sheets(bench, folder, output / "sheets", resume) if sheets else None
    _walk(bench.pipeline, folder, journal, pages, limit, bar)
    return journal.finish()


def _sheets(bench: _Bench, folder: Path, output: Path, resume: bool) -> ContactSheets:
    from goae_core.evaluation.contact_sheets import ContactSheets, columns

    return ContactSheets(output, columns(bench.pipeline), bench.made_with(folder), resume=resume)


def _walk(
    pipeline: Pipeline,
    folder: Path,
    journal: Journal[FaceRecord] | None,
    sheets: ContactSheets | None,
    limit: int | None,
    bar: Bar,
) -> None:
    """Take every photograph once, invert its faces, and hand the heads on to whoever wants them."""
    from goae_core.evaluation.photo_figures import FaceRecord
    from goae_core.evaluation.photographs import listed_photos, subjects

    records = [] if journal is None else journal.records
    # Work stops between two faces: of the photograph measured last some may be missing, of none before it.
    described = {record.file for record in records} - {records[-1].file if records else ""}
    listed = listed_photos(folder)[:limit]
    for number, photo in enumerate(listed):
        name = photo.path.name
        describes = journal is not None and name not in described
        shows = sheets is not None and not sheets.has(name)
        if not (describes or shows):
            continue
        _check_stop()
        bar.show(number / len(listed), name)
        try:
            found = subjects(photo, pipeline.preset)
        except PhotoError as error:
            if journal is not None and all(record.file != name for record in records):
                journal.add(FaceRecord(name, photo.row, failure=sentence_of(error)))
            if sheets is not None and shows:
                sheets.fail(name, sentence_of(error))
            continue
        _hand_on(pipeline, photo, found, journal if describes else None, sheets if shows else None)


def _hand_on(
    pipeline: Pipeline,
    photo: ListedPhoto,
    found: Sequence[Subject],
    journal: Journal[FaceRecord] | None,
    sheets: ContactSheets | None,
) -> None:
    """All usable faces of a photograph to the journal, but those it has; the first to the sheets."""
    from goae_core.evaluation import contact_sheets
    from goae_core.evaluation.photo_figures import FaceRecord, caption, measure_face

    name = photo.path.name
    known = [] if journal is None else [record.face for record in journal.records if record.file == name]
    for subject in found:
        measures = journal is not None and subject.usable and subject.number not in known
        shows = sheets is not None and subject.number == 1
        if not (measures or shows):
            continue
        _check_stop()
        inversion = pipeline.invert(subject.photo, should_stop=should_stop)
        record = None
        if journal is not None and measures:
            record = measure_face(pipeline, subject, inversion)
            journal.add(record)
        if sheets is not None and shows:
            sheets.add(name, caption(subject, record), contact_sheets.row(pipeline, subject, inversion))
    if journal is not None and not known and not any(subject.usable for subject in found):
        few = "its faces have too few pixels to tell who they are"
        journal.add(FaceRecord(name, photo.row, failure=few))


def _heads(
    bench: _Bench, data: Path, persons: int, output: Path, seed: int, resume: bool, bar: Bar
) -> list[Figure]:
    from goae_core.evaluation.journal import Journal
    from goae_core.training.evaluation import PersonRecord, evaluate, figures_of
    from goae_core.training.heads_dataset import HeadsDataset

    dataset = HeadsDataset(data, bench.pipeline.preset.image_size)
    count = min(persons, len(dataset.persons))
    made_with = {**bench.made_with(data), "seed": str(seed)}
    journal = Journal(output / "heads.json", PersonRecord, made_with, figures_of, resume=resume)
    done = {record.person for record in journal.records}
    records = evaluate(
        bench.pipeline,
        dataset,
        persons=persons,
        seed=seed,
        done=lambda person: person in done,
        should_stop=should_stop,
    )
    for record in records:
        journal.add(record)
        bar.show((record.person + 1) / count, f"person {record.person + 1} of {count}")
    _check_stop()
    return journal.finish()


def _edits(data: Path, run: Path, persons: int, device: options.DeviceName, bar: Bar) -> list[Figure]:
    """What `goae train edits` measures, as figures with goals."""
    from goae_core.checkpoint import read_checkpoint
    from goae_core.pipeline import choose_device
    from goae_core.training.edit_figures import figures_of_file
    from goae_core.training.progress import TrainingRequest
    from goae_core.training.run import measure_directions

    request = TrainingRequest(
        stage="edits",
        pack=None,
        data=data,
        out=run,
        minutes=None,
        resume=False,
        persons=persons,
        preset=read_checkpoint(run / "model").preset.name,
        batch=None,
        device=str(choose_device(device.value)),
        seed=0,
        workers=1,
    )
    for step in measure_directions(request, should_stop):
        bar.show(step.fraction, f"edits: {step.message}")
    return figures_of_file(run / "edits" / "edits.json")


@contextmanager
def _measuring(text: str) -> Iterator[Bar]:
    """Show progress, and tell who stops the work that it can go on."""
    try:
        with progress(text) as bar:
            yield bar
    except StoppedError as error:
        raise StoppedError(
            "stopped; what was measured is kept, and the same command with --resume goes on from there"
        ) from error


def _check_stop() -> None:
    if should_stop():
        raise StoppedError("stopped")


def _tell(figures: Sequence[Figure], as_markdown: bool) -> None:
    from goae_core.evaluation.goals import markdown, table

    if not figures:
        raise FailedError("nothing was measured: the folder has no label file and no face that can be used")
    command = shlex.join(["goae", *sys.argv[1:]])
    typer.echo("\n".join(markdown(figures, command) if as_markdown else [command, *table(figures)]))
