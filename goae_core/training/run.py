"""The stages of training as the command line asks for them.

    data        head pack -> rendered persons                          DATA/
    generator   rendered persons -> generator                         OUT/generator/
    matting     rendered persons -> matting network                   OUT/matting/
    encoder     rendered persons, generator -> encoder                OUT/encoder/
    afa         rendered persons, generator (, encoder) -> AFA        OUT/afa/
    attributes  rendered persons -> network that reads attributes     OUT/attributes/
    judge       the same, on the other half of the persons            OUT/judge/
    directions  rendered persons, generator (, attributes) -> edit directions    OUT/model/
    edits       held-out persons, directions, judge -> their figures  OUT/edits/
    pose        rendered persons -> correction of estimated poses     OUT/head_pose.safetensors
    evaluate    held-out persons, the whole model -> its figures       OUT/evaluation.json

Each stage ends by writing what there is so far as one model folder, OUT/model/, which `goae models import`
takes.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from goae_core.camera import orbit
from goae_core.checkpoint import Checkpoint, NetworkName, Origin, read_checkpoint, write_checkpoint
from goae_core.errors import TrainingError
from goae_core.generator import Generator
from goae_core.networks.afa import build_afa
from goae_core.networks.attributes import AttributeNetwork
from goae_core.networks.encoder import Encoder
from goae_core.networks.matting import MattingNetwork
from goae_core.pipeline import build
from goae_core.presets import Preset, preset
from goae_core.training.afa_stage import AfaStage
from goae_core.training.attribute_stage import AttributeStage, Half, calibrate, half_of, solve_last_layer
from goae_core.training.critic import Critic
from goae_core.training.directions_stage import DirectionFit, fit_directions
from goae_core.training.edit_evaluation import EditFigures, edit_sheet, measure_edits, write_figures
from goae_core.training.edit_evaluation import summary as edit_summary
from goae_core.training.encoder_stage import EncoderStage
from goae_core.training.evaluation import PersonRecord, evaluate, summary
from goae_core.training.generator_stage import GeneratorStage
from goae_core.training.head_pose_fit import (
    PoseSample,
    fit_correction,
    held_out_errors,
    pose_samples,
    write_correction,
)
from goae_core.training.head_reading import HeadReader
from goae_core.training.heads_dataset import HeadsDataset, LatentScale
from goae_core.training.latent_critic import LatentCritic
from goae_core.training.matting_stage import MattingStage
from goae_core.training.perceptual import read_perceptual
from goae_core.training.picture_terms import PictureTerm
from goae_core.training.progress import Progress, TrainingRequest
from goae_core.training.reported_work import Report, reported
from goae_core.training.trainer import Schedule, Stage, Trainer

LICENCE = "Apache-2.0; made from the CC0 and MIT licensed parts listed in resources/licences/heads"
RENDERER_NEEDS = "numba>=0.61,<1"
"""What the extra `train` of pyproject.toml names: rendering heads needs it, the other stages do not."""
StopCheck = Callable[[], bool]


def never() -> bool:
    """Nobody asks to stop."""
    return False


def train_data(request: TrainingRequest, should_stop: StopCheck = never) -> Iterator[Progress]:
    """Render persons until there are as many as asked for or the minutes are over.

    Raises:
        TrainingError: If no head pack is named or it cannot be read.
    """
    if request.pack is None:
        raise TrainingError("rendering needs a head pack; name its folder with --pack DIR")
    try:
        from goae_core.training.synthetic.dataset_writer import write_dataset
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
        raise TrainingError(
            "rendering heads needs numba, which is not installed; "
            f'type: {python} -m pip install "{RENDERER_NEEDS}"'
        ) from error
    deadline = None if request.minutes is None else time.monotonic() + 60 * request.minutes
    finished = write_dataset(
        request.pack,
        request.data,
        request.persons,
        seed=request.seed,
        views=request.views,
        lights=request.lights,
        workers=request.workers,
        painted_share=request.painted,
        fixed_yaws=[math.radians(yaw) for yaw in request.fixed_yaws],
        deadline=deadline,
        should_stop=should_stop,
    )
    for done in finished:
        yield Progress(done, done / max(request.persons, 1), message=f"{done} persons")


def train_generator(request: TrainingRequest, should_stop: StopCheck = never) -> Iterator[Progress]:
    """Train mapping, backbone, decoder and upscaler."""
    sizes, dataset, scale, device = _set_out(request)
    generator = Generator(sizes).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    stage = GeneratorStage(
        generator,
        sizes,
        dataset,
        scale,
        device,
        heads=request.batch or 8,
        seed=request.seed,
        terms=_picture_terms(request, device),
    )
    yield from _train(stage, request, should_stop)


def train_encoder(request: TrainingRequest, should_stop: StopCheck = never) -> Iterator[Progress]:
    """Train the encoder against the run's generator."""
    sizes, dataset, scale, device = _set_out(request)
    encoder = Encoder(sizes.encoder, sizes.backbone.num_ws).to(device)
    generator = _generator(request, sizes, device)
    stage = EncoderStage(
        encoder,
        generator,
        sizes,
        dataset,
        scale,
        device,
        heads=request.batch or 4,
        seed=request.seed,
        latent_critic=LatentCritic(sizes.backbone.w_dim, device) if request.adversarial else None,
        terms=_picture_terms(request, device),
    )
    yield from _train(stage, request, should_stop)


def train_afa(request: TrainingRequest, should_stop: StopCheck = never) -> Iterator[Progress]:
    """Train AFA, decoder and upscaler behind the run's generator, and its encoder if there is one."""
    sizes, dataset, scale, device = _set_out(request)
    afa = build_afa(sizes).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    encoder = None
    if (request.out / "encoder" / "checkpoint.pt").exists():
        encoder = Encoder(sizes.encoder, sizes.backbone.num_ws).to(device).eval()
        encoder.load_state_dict(_trained_weights(request.out, "encoder"))
    generator = _generator(request, sizes, device)
    stage = AfaStage(
        afa,
        generator,
        encoder,
        sizes,
        dataset,
        scale,
        device,
        heads=request.batch or 4,
        seed=request.seed,
        terms=_picture_terms(request, device),
    )
    yield from _train(stage, request, should_stop)


def train_matting(request: TrainingRequest, should_stop: StopCheck = never) -> Iterator[Progress]:
    """Train the network that finds the head's matte."""
    sizes, device = preset(request.preset), torch.device(request.device)
    if sizes.matting is None:
        raise TrainingError(f"the preset {sizes.name} has no matting network; there is nothing to train")
    torch.manual_seed(request.seed)
    network = MattingNetwork(sizes.matting).to(device)
    stage = MattingStage(
        network, sizes, HeadsDataset(request.data, sizes.image_size), device, batch=request.batch or 8
    )
    yield from _train(stage, request, should_stop)


def train_attributes(request: TrainingRequest, should_stop: StopCheck = never) -> Iterator[Progress]:
    """Train the network that reads attributes, on every other person."""
    yield from _train_reader(request, "attributes", "guide", should_stop)


def train_judge(request: TrainingRequest, should_stop: StopCheck = never) -> Iterator[Progress]:
    """Train its judge, on the persons that it has not seen."""
    yield from _train_reader(request, "judge", "judge", should_stop)


def train_directions(request: TrainingRequest, should_stop: StopCheck = never) -> Iterator[Progress]:
    """Find the edit directions and write them into the model; minutes where an attribute network guides."""
    sizes, device = preset(request.preset), torch.device(request.device)
    dataset = HeadsDataset(request.data, sizes.image_size, pictures=False)
    scale = _latent_scale(request, dataset)
    folder = export_model(request.out, sizes)
    generator = _exported_generator(request.out, sizes, device)
    reader = None
    if (request.out / "attributes" / "checkpoint.pt").exists():
        network = _reading_network(request.out, "attributes", sizes, device)
        reader = HeadReader(generator, network, device, should_stop=should_stop)

    def work(report: Report) -> DirectionFit:
        return fit_directions(generator, sizes, dataset, scale, device, reader=reader, report=report)

    fit = yield from reported(work)
    model = read_checkpoint(folder)
    write_checkpoint(
        Checkpoint(model.preset, model.weights, fit.directions, model.origin, model.card), folder
    )
    known = {"determination": fit.determination, "reach": fit.reach, "rows": fit.rows}
    (request.out / "directions.json").write_text(json.dumps(known, indent=1))
    yield Progress(1, 1.0, fit.determination, f"{len(fit.directions)} directions")


def measure_directions(request: TrainingRequest, should_stop: StopCheck = never) -> Iterator[Progress]:
    """Measure what the model's directions do to held-out persons; figures, heat map and sheets."""
    model, device = read_checkpoint(request.out / "model"), torch.device(request.device)
    sizes = model.preset  # a preset may have grown labels since the run was trained
    generator = _exported_generator(request.out, sizes, device)
    name = "judge" if (request.out / "judge" / "checkpoint.pt").exists() else "attributes"
    network = _reading_network(request.out, name, sizes, device)
    judge = HeadReader(generator, network, device, should_stop=should_stop)
    dataset = HeadsDataset(request.data, sizes.image_size)
    people = dataset.clean()[: request.persons]
    latents = torch.from_numpy(
        np.stack(
            [_latent_scale(request, dataset).latent(person, 0, sizes.backbone.z_dim) for person in people]
        )
    )
    front = orbit(0.0, 0.0, rig=sizes.camera).label().expand(len(latents), -1).to(device)
    with torch.no_grad():
        w_plus = generator.map(latents.to(device), front).cpu()
    truth = [person.foreground[0, 0] for person in people]
    folder = request.out / "edits"
    folder.mkdir(parents=True, exist_ok=True)

    def work(report: Report) -> EditFigures:
        few = max(4, len(w_plus) // 6)
        return measure_edits(
            judge, model.directions, w_plus, curve_heads=few, identity_heads=few, truth=truth, report=report
        )

    figures = yield from reported(work)
    write_figures(figures, folder)
    for direction in model.directions:
        Image.fromarray(edit_sheet(judge, direction, w_plus[:4])).save(folder / f"{direction.name}.png")
    yield Progress(1, 1.0, edit_summary(figures), f"read by the {name} network; see {folder}")


def train_pose(request: TrainingRequest, should_stop: StopCheck = never) -> Iterator[Progress]:
    """Fit what corrects the pose of a face, and write it to OUT/head_pose.safetensors.

    Finding the faces takes the time; when the minutes are over, what was found is fitted. It takes the place
    of resources/alignment/head_pose.safetensors.

    Raises:
        TrainingError: If hardly any rendered head has a face that is found.
    """
    persons = HeadsDataset(request.data, preset(request.preset).image_size).clean()[: request.persons]
    start, limit = time.monotonic(), math.inf if request.minutes is None else 60 * request.minutes

    def elapsed() -> float:
        return (time.monotonic() - start) / limit

    samples: list[PoseSample] = []
    rng = np.random.default_rng(request.seed)
    for sample in pose_samples(persons, rng, lambda: should_stop() or elapsed() >= 1.0):
        samples.append(sample)
        fraction = max(sample.person / len(persons), min(1.0, elapsed()))
        yield Progress(len(samples), fraction, message=f"{len(samples)} heads aligned")
    if should_stop():
        return
    request.out.mkdir(parents=True, exist_ok=True)
    write_correction(fit_correction(samples), request.out / "head_pose.safetensors")
    yield Progress(len(samples), 1.0, held_out_errors(samples), "mean errors in degrees on persons held out")


def evaluate_model(request: TrainingRequest, should_stop: StopCheck = never) -> Iterator[Progress]:
    """Invert held-out persons with OUT/model, as `goae evaluate heads` does, and write means by view."""
    pipeline = build(read_checkpoint(request.out / "model"), request.device)
    dataset = HeadsDataset(request.data, pipeline.preset.image_size)
    count = min(request.persons, len(dataset.persons))
    records: list[PersonRecord] = []
    for record in evaluate(pipeline, dataset, persons=count, seed=request.seed, should_stop=should_stop):
        records.append(record)
        latest = {f"{view.view} psnr": view.psnr for view in record.views}
        done = record.person + 1
        yield Progress(done, done / count, latest, f"person {record.person}")
    means = summary(records)
    (request.out / "evaluation.json").write_text(json.dumps(means, indent=1))
    flat = {f"{view} {name}": value for view, row in means.items() for name, value in row.items()}
    yield Progress(count, 1.0, flat, f"means over {len(records)} persons")


STAGES: dict[str, Callable[[TrainingRequest, StopCheck], Iterator[Progress]]] = {
    "data": train_data,
    "generator": train_generator,
    "matting": train_matting,
    "encoder": train_encoder,
    "afa": train_afa,
    "attributes": train_attributes,
    "judge": train_judge,
    "directions": train_directions,
    "pose": train_pose,
    "edits": measure_directions,
    "evaluate": evaluate_model,
}


def export_model(out: Path, sizes: Preset) -> Path:
    """Gather the averaged weights of every stage that has run into OUT/model/.

    Returns:
        The folder.
    """
    folder = out / "model"
    networks: tuple[NetworkName, ...] = ("generator", "encoder", "afa", "matting", "attributes")
    weights = {
        name: _trained_weights(out, name) for name in networks if (out / name / "checkpoint.pt").exists()
    }
    if "afa" in weights:
        # that stage went on training the generator's last two networks
        together = weights.pop("afa")
        weights["afa"] = {
            name.removeprefix("afa."): value for name, value in together.items() if name.startswith("afa.")
        }
        later = {name: value for name, value in together.items() if not name.startswith("afa.")}
        weights["generator"] = {**weights["generator"], **later}
    directions = read_checkpoint(folder).directions if (folder / "model.json").exists() else ()
    origin = Origin(name=sizes.name, source="goae train", sha256={}, licence=LICENCE)
    write_checkpoint(Checkpoint(sizes, weights, directions, origin), folder)
    return folder


def _train(stage: Stage, request: TrainingRequest, should_stop: StopCheck) -> Iterator[Progress]:
    schedule = Schedule(minutes=request.minutes, steps=stage.default_steps)
    trainer = Trainer(stage, request.out / stage.name, schedule, seed=request.seed, resume=request.resume)
    try:
        yield from trainer.run(should_stop)
    finally:
        export_model(request.out, preset(request.preset))


def _train_reader(
    request: TrainingRequest, name: str, half: Half, should_stop: StopCheck
) -> Iterator[Progress]:
    sizes, device = preset(request.preset), torch.device(request.device)
    if sizes.attributes is None:
        raise TrainingError(f"the preset {sizes.name} reads no attributes; there is nothing to train")
    dataset = HeadsDataset(request.data, sizes.attributes.image_size)
    scale = _latent_scale(request, dataset)
    torch.manual_seed(request.seed)
    network = AttributeNetwork(sizes.attributes).to(device)
    stage = AttributeStage(
        network, half_of(dataset.persons, half), scale, device, name=name, batch=request.batch or 32
    )
    yield from _train(stage, request, should_stop)
    network.load_state_dict(_trained_weights(request.out, name))
    solve_last_layer(stage, request.seed)
    # what it has not been trained on shows how its estimates are drawn towards the mean
    unseen = half_of(dataset.persons, "judge" if half == "guide" else "guide")
    found = calibrate(network, unseen, scale, device)
    network.correct(found.response, found.offset, found.readable)
    _replace_trained_weights(request.out, name, network.state_dict())
    (request.out / f"{name}.json").write_text(json.dumps(found.determination, indent=1))
    export_model(request.out, sizes)
    yield Progress(1, 1.0, found.determination, f"R^2 on {len(unseen)} other persons")


def _set_out(request: TrainingRequest) -> tuple[Preset, HeadsDataset, LatentScale, torch.device]:
    """What a stage on rendered heads starts from, in the order in which stages take it.

    Seeds torch: the network made next has the same first weights at every run.
    """
    sizes = preset(request.preset)
    dataset = HeadsDataset(request.data, sizes.image_size)
    scale = _latent_scale(request, dataset)
    torch.manual_seed(request.seed)
    return sizes, dataset, scale, torch.device(request.device)


def _picture_terms(request: TrainingRequest, device: torch.device) -> list[PictureTerm]:
    terms: list[PictureTerm] = []
    if request.adversarial:
        terms.append(Critic(device, seed=request.seed))
    if request.perceptual is not None:
        terms.append(read_perceptual(request.perceptual).to(device))
    return terms


def _latent_scale(request: TrainingRequest, dataset: HeadsDataset) -> LatentScale:
    # fixed by the first stage that runs, for z must mean the same to all of them
    path = request.out / "latent.json"
    if not path.exists():
        request.out.mkdir(parents=True, exist_ok=True)
        dataset.latent_scale().write(path)
    return LatentScale.read(path)


def _generator(request: TrainingRequest, sizes: Preset, device: torch.device) -> Generator:
    return _frozen_generator(_trained_weights(request.out, "generator"), sizes, device)


def _exported_generator(out: Path, sizes: Preset, device: torch.device) -> Generator:
    """The generator as the model has it: with what later stages made of its last networks."""
    return _frozen_generator(read_checkpoint(out / "model").weights["generator"], sizes, device)


def _frozen_generator(weights: Mapping[str, Tensor], sizes: Preset, device: torch.device) -> Generator:
    generator = Generator(sizes)
    generator.load_state_dict(weights)
    frozen: nn.Module = generator.requires_grad_(False).eval().to(device)
    return frozen.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _reading_network(out: Path, name: str, sizes: Preset, device: torch.device) -> AttributeNetwork:
    if sizes.attributes is None:
        raise TrainingError(f"the preset {sizes.name} reads no attributes; nothing can be measured")
    network = AttributeNetwork(sizes.attributes)
    network.load_state_dict(_trained_weights(out, name))
    return network.to(device)


def _trained_weights(out: Path, stage: str) -> dict[str, Tensor]:
    path = out / stage / "checkpoint.pt"
    if not path.exists():
        raise TrainingError(f"{path} is missing; run 'goae train {stage} --out {out}' first")
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    averaged: dict[str, Tensor] = state["averaged"]
    return averaged


def _replace_trained_weights(out: Path, stage: str, weights: dict[str, Tensor]) -> None:
    """Put finished weights where `_trained_weights` finds them; what a resumption needs stays."""
    path = out / stage / "checkpoint.pt"
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    state["averaged"] = weights
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)
