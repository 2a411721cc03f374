"""Every stage learns on balls: tiny sizes, few steps, losses that come down."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from goae_core.generator import Generator
from goae_core.networks.afa import build_afa
from goae_core.networks.attention import CrossAttention
from goae_core.networks.encoder import Encoder
from goae_core.presets import preset
from goae_core.training.afa_stage import AfaStage
from goae_core.training.encoder_stage import EncoderStage, LabelTargets, ridge, silence
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


@pytest.mark.parametrize(("fraction", "figure"), [(0.0, "labels"), (0.6, "latent"), (0.95, "latent")])
def test_encoder_learns_and_leaves_the_generator_alone(balls: Path, fraction: float, figure: str) -> None:
    generator = Generator(TINY)
    frozen = {name: value.clone() for name, value in generator.state_dict().items()}
    dataset = HeadsDataset(balls, TINY.image_size)
    encoder = Encoder(TINY.encoder, TINY.backbone.num_ws)
    stage = EncoderStage(encoder, generator, TINY, dataset, dataset.latent_scale(), CPU, heads=3)
    loss, figures = stage.loss(np.random.default_rng(0), fraction)
    loss.backward()
    assert figures[figure] > 0
    assert any(p.grad is not None and float(p.grad.abs().sum()) > 0 for p in encoder.parameters())
    for name, value in generator.state_dict().items():
        assert torch.equal(value, frozen[name]), name
    assert all(p.grad is None for p in generator.parameters())


def _encoder_stage(balls: Path) -> EncoderStage:
    torch.manual_seed(0)
    generator = Generator(TINY)
    dataset = HeadsDataset(balls, TINY.image_size)
    encoder = Encoder(TINY.encoder, TINY.backbone.num_ws)
    return EncoderStage(encoder, generator, TINY, dataset, dataset.latent_scale(), CPU, heads=1)


def test_encoder_finds_the_labels_and_then_the_style_of_a_ball(balls: Path, tmp_path: Path) -> None:
    stage = _encoder_stage(balls)
    stage.learning_rate = 2e-3
    before = _mean_loss(stage, 0.0)
    trainer = Trainer(
        stage, tmp_path / "run", Schedule(None, 100, warm_up_steps=5, log_every=1), seed=0, resume=False
    )
    for _ in trainer.run(lambda: trainer.step == 44):  # all of the labels, nothing of w
        pass
    assert _mean_loss(stage, 0.0) < 0.9 * before
    for _ in trainer.run(lambda: trainer.step == 70):
        pass
    assert _mean_loss(stage, 0.6) < 0.95  # the mean ball has 1


def test_w_that_the_data_holds_leaves_one_of_the_mean_head_unexplained(balls: Path) -> None:
    stage = _encoder_stage(balls)
    people = stage.dataset.clean()
    latent = np.stack(
        [stage.scale.latent(p, k, TINY.backbone.z_dim) for p in people for k in range(p.lights)]
    )
    camera = torch.zeros(len(latent), 25)
    w = stage.generator.map(torch.from_numpy(latent), camera)[:, 0]
    metric = stage.metric()
    off = w - w.mean(dim=0)
    assert float(((off @ metric) * off).sum(dim=1).mean()) == pytest.approx(1.0, rel=0.1)
    assert float(torch.linalg.eigvalsh(metric).min()) > 0


def test_a_restored_encoder_stage_does_not_solve_its_last_layer_again(balls: Path) -> None:
    stage, resumed = _encoder_stage(balls), _encoder_stage(balls)

    def last(of: EncoderStage) -> torch.Tensor:
        layer = of.encoder.mapper_base_channel[-1]
        assert isinstance(layer, torch.nn.Linear)
        return layer.weight

    fresh = last(stage).detach().clone()
    stage.loss(np.random.default_rng(0), 0.6)
    assert not torch.equal(last(stage), fresh)
    resumed.restore(stage.state())
    resumed.loss(np.random.default_rng(0), 0.6)
    assert torch.equal(last(resumed), fresh)


def test_a_painted_or_mirrored_head_teaches_only_what_it_shows(balls: Path) -> None:
    dataset = HeadsDataset(balls, TINY.image_size)
    targets = LabelTargets(dataset.persons, dataset.latent_scale(), 32)
    person = dataset.persons[0]
    plain, weight = targets.of(person, 0, 1, mirrored=False)
    mirrored, symmetric = targets.of(person, 0, 1, mirrored=True)
    # age, smile, glasses, light_x, yaw, pitch, then light: the second view stands at yaw 0.4
    assert plain[4] == pytest.approx(0.4 / 0.6, abs=1e-4)
    assert plain[5] == pytest.approx(0.1 / 0.15, abs=1e-4)
    np.testing.assert_allclose(mirrored[:6], plain[:6] * [1, 1, 1, -1, -1, 1])
    assert weight.tolist() == pytest.approx([1.0] * 6 + [0.2] * 26)
    assert symmetric.tolist() == [1.0] * 6 + [0.0] * 26


def test_ridge_finds_the_line_and_the_penalty_shrinks_it() -> None:
    features = torch.tensor([[0.0], [1.0], [2.0], [3.0]])  # mean square about the mean: 1.25
    weight, bias = ridge(features, 2 * features + 1, 0.0)
    assert (weight.item(), bias.item()) == pytest.approx((2.0, 1.0))
    weight, bias = ridge(features, 2 * features + 1, 1.0)
    assert (weight.item(), bias.item()) == pytest.approx((1.0, 2.5))


def test_a_silent_cross_attention_says_nothing_and_learns() -> None:
    torch.manual_seed(0)
    attention = CrossAttention(8, 2, 16, 0.0)
    query, tokens = torch.randn(2, 3, 8), torch.randn(2, 5, 8)
    assert float(attention(query, tokens).detach().abs().mean()) > 0.5
    silence(attention)
    said = attention(query, tokens)
    torch.testing.assert_close(said.detach(), torch.zeros(2, 3, 8), atol=1e-6, rtol=0)
    (said - 1).square().sum().backward()
    assert all(
        layer.weight.grad is not None and layer.weight.grad.any()
        for layer in (attention.linear1, attention.linear2)
    )


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
