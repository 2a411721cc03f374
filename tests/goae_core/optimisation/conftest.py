"""A tiny model whose heads are known, and a photo of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from goae_core.camera import Camera, orbit
from goae_core.crop import Crop
from goae_core.inversion import Inversion
from goae_core.networks.afa import build_afa
from goae_core.networks.equalized import EqualizedLinear
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline, build
from goae_core.presets import preset
from goae_core.triplane import TriPlane
from tests.goae_core.tiny_model import tiny_checkpoint

RIG = preset("tiny").camera


@pytest.fixture(scope="package")
def pipeline() -> Iterator[Pipeline]:
    """A model whose heads are a ball with dents, in colours that depend on w; its AFA adds nothing yet."""
    checkpoint = tiny_checkpoint()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        untrained = build_afa(checkpoint.preset).state_dict()
    model = build(replace(checkpoint, weights={**checkpoint.weights, "afa": untrained}), "cpu")
    generator = model.generator
    learned = generator.query

    def query(planes: TriPlane, points: Tensor) -> tuple[Tensor, Tensor]:
        density, colors = learned(planes, points)
        ball = 300.0 * (0.28 - points.norm(dim=-1, keepdim=True))
        return 10.0 * density + ball, torch.sigmoid(60.0 * (colors - middle))

    last = generator.decoder.net[2]
    upscaler = generator.superresolution
    assert isinstance(last, EqualizedLinear)
    with torch.no_grad():
        last.weight[1:] *= 5.0
        for layer in generator.backbone.modules():
            if isinstance(layer, EqualizedLinear):
                layer.weight.mul_(5.0)  # of deviation one again: pictures depend on w
        for block in (upscaler.block0, upscaler.block1):
            # As after training: the finished picture is the rendering, enlarged.
            block.torgb.weight.mul_(0.01)
            block.torgb.bias.mul_(0.01)
        w_plus = generator.w_avg.expand(1, checkpoint.preset.backbone.num_ws, -1)
        points = torch.rand(1, 500, 3, generator=torch.Generator().manual_seed(5)) - 0.5
        middle = learned(generator.planes(w_plus, generator.feature_map(w_plus)), points)[1].mean(dim=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generator, "query", query)
        yield model


@pytest.fixture(scope="package")
def inversion(pipeline: Pipeline) -> Inversion:
    """A head whose photo shows it some way from what the encoder says."""
    camera = orbit(0.1, 0.0, rig=RIG)
    blank = AlignedPhoto(torch.zeros(1, 3, 64, 64), camera, "a style", Crop((32.0, 32.0), 64.0))
    first = pipeline.invert(replace(blank, matte=torch.ones(1, 1, 64, 64)))
    one, other = torch.randn(2, 1, 512, generator=torch.Generator().manual_seed(3))
    label = camera.label()
    shift = pipeline.generator.map(one, label) - pipeline.generator.map(other, label)
    pixels, matte = shown(pipeline, first.w_plus + shift, camera)
    return replace(first, photo=replace(blank, pixels=pixels, matte=matte))


def shown(pipeline: Pipeline, w_plus: Tensor, camera: Camera) -> tuple[Tensor, Tensor]:
    """A style's head over black, and its matte."""
    generator = pipeline.generator
    with torch.inference_mode():
        rendering = generator.render(generator.planes(w_plus, generator.feature_map(w_plus)), w_plus, camera)
    # A hard matte: a soft one would lay the head, which is over black already, over black once more.
    return rendering.image.clamp(-1.0, 1.0), (rendering.alpha > 0.5).float()
