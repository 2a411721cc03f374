"""Every stage learns on balls: tiny sizes, few steps, losses that come down."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from goae_core.generator import Generator
from goae_core.networks.afa import build_afa
from goae_core.networks.encoder import Encoder
from goae_core.presets import preset
from goae_core.training.afa_stage import AfaStage
from goae_core.training.encoder_stage import EncoderStage
from goae_core.training.generator_stage import GeneratorStage
from goae_core.training.heads_dataset import HeadsDataset
from goae_core.training.trainer import Schedule, Stage, Trainer

CPU = torch.device("cpu")
TINY = preset("tiny")


def _generator_stage(balls: Path) -> GeneratorStage:
    torch.manual_seed(0)
    dataset = HeadsDataset(balls, TINY.image_size)
    return GeneratorStage(Generator(TINY), TINY, dataset, dataset.latent_scale(), CPU, heads=3, views=2)


def _mean_loss(stage: Stage, fraction: float, draws: int = 4) -> float:
    rng = np.random.default_rng(5)
    return float(np.mean([float(stage.loss(rng, fraction)[0].detach()) for _ in range(draws)]))


def _step(stage: Stage, folder: Path, steps: int) -> Trainer:
    trainer = Trainer(stage, folder, Schedule(None, steps, warm_up_steps=5), seed=0, resume=False)
    for _ in trainer.run():
        pass
    return trainer


def test_generator_learns_surface_and_march(balls: Path, tmp_path: Path) -> None:
    stage = _generator_stage(balls)
    stage.learning_rate = 5e-3
    before = _mean_loss(stage, 0.0), _mean_loss(stage, 0.9)
    trainer = _step(stage, tmp_path / "run", 60)
    after = _mean_loss(stage, 0.0), _mean_loss(stage, 0.9)
    assert after[0] < 0.7 * before[0]
    assert after[1] < 0.7 * before[1]
    assert float(stage.generator.w_avg.abs().max()) > 0
    sheet = stage.sheet(trainer.averaged)
    assert sheet.shape == (6 * 64, 6 * 64, 3)
    assert sheet.std() > 5


@pytest.mark.parametrize("fraction", [0.0, 0.9])
def test_encoder_learns_and_leaves_the_generator_alone(balls: Path, tmp_path: Path, fraction: float) -> None:
    generator = Generator(TINY)
    frozen = {name: value.clone() for name, value in generator.state_dict().items()}
    dataset = HeadsDataset(balls, TINY.image_size)
    encoder = Encoder(TINY.encoder, TINY.backbone.num_ws)
    stage = EncoderStage(encoder, generator, TINY, dataset, dataset.latent_scale(), CPU, heads=3)
    loss, figures = stage.loss(np.random.default_rng(0), fraction)
    loss.backward()
    assert figures["latent"] > 0
    assert any(p.grad is not None and float(p.grad.abs().sum()) > 0 for p in encoder.parameters())
    for name, value in generator.state_dict().items():
        assert torch.equal(value, frozen[name]), name
    assert all(p.grad is None for p in generator.parameters())


def test_encoder_finds_the_style_of_a_ball(balls: Path, tmp_path: Path) -> None:
    generator = Generator(TINY)
    dataset = HeadsDataset(balls, TINY.image_size)
    torch.manual_seed(0)
    encoder = Encoder(TINY.encoder, TINY.backbone.num_ws)
    stage = EncoderStage(encoder, generator, TINY, dataset, dataset.latent_scale(), CPU, heads=2)
    before = _mean_loss(stage, 0.29)
    stage.learning_rate = 2e-3
    _step(stage, tmp_path / "run", 40)
    assert _mean_loss(stage, 0.29) < 0.9 * before


def test_afa_starts_as_nothing_and_learns(balls: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator = _generator_stage(balls)
    _step(generator, tmp_path / "generator", 30)
    dataset = HeadsDataset(balls, TINY.image_size)
    afa = build_afa(TINY)
    encoder = Encoder(TINY.encoder, TINY.backbone.num_ws)
    stage = AfaStage(afa, generator.generator, encoder, TINY, dataset, dataset.latent_scale(), CPU, heads=2)
    _, figures = stage.loss(np.random.default_rng(0), 0.0)
    assert figures["change"] == 0
    before = _mean_loss(stage, 0.5)
    trainer = _step(stage, tmp_path / "afa", 25)
    assert _mean_loss(stage, 0.5) < before
    assert stage.sheet(trainer.averaged).shape == (6 * 64, 6 * 64, 3)
