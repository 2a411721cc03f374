"""The model that ships: there, whole, small enough, and able to turn a portrait into a head."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from goae_core.camera import orbit
from goae_core.editing import Edit, Portrait
from goae_core.inversion import Inversion
from goae_core.models import DEFAULT_MODEL, ModelStore
from goae_core.photo import aligned_photo
from goae_core.pipeline import Pipeline, RenderRequest, build

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "resources" / "portraits" / "sample.png"
NAMED_BY_THE_README = {"age", "smile", "gender", "mouth_open", "beard", "glasses", "skin_tone", "hair_light"}

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    with torch.no_grad():
        yield build(ModelStore().load(DEFAULT_MODEL), "cpu")


@pytest.fixture(scope="module")
def inversion(pipeline: Pipeline) -> Inversion:
    return pipeline.invert(aligned_photo(SAMPLE, pipeline.preset))


def _look(pipeline: Pipeline, portrait: Portrait, yaw: float = 0.0) -> np.ndarray:
    frame = pipeline.render(RenderRequest(portrait, orbit(yaw, 0.0)))
    return frame.color.astype(float)


def test_files_are_as_recorded_and_fit_into_their_room() -> None:
    ModelStore().verify(DEFAULT_MODEL)
    models = ROOT / "resources" / "models"
    assert sum(path.stat().st_size for path in models.rglob("*") if path.is_file()) < 60_000_000
    assert (models / DEFAULT_MODEL / "MODEL_CARD.md").exists()


def test_the_sample_is_found_again_in_its_head(pipeline: Pipeline, inversion: Inversion) -> None:
    figures = pipeline.figures(inversion)
    assert figures["psnr"] > 20
    assert figures["ssim"] > 0.6


def test_afa_brings_back_what_style_alone_misses(pipeline: Pipeline, inversion: Inversion) -> None:
    assert inversion.w_planes is not None
    plain = Portrait(inversion.w_plus, inversion.w_planes, inversion.visibility)
    camera = inversion.photo.camera
    assert inversion.photo.matte is not None
    matte = inversion.photo.matte[0, 0].numpy()
    truth = inversion.photo.pixels[0].permute(1, 2, 0).numpy() * 127.5 + 127.5

    def error(portrait: Portrait) -> float:
        color = pipeline.render(RenderRequest(portrait, camera, background=None)).color
        return float((((color - truth * matte[..., None]) ** 2).mean(-1) * matte).sum() / matte.sum())

    assert error(pipeline.portrait(inversion)) < 0.5 * error(plain)


def test_a_head_fills_the_middle_and_not_the_corners(pipeline: Pipeline, inversion: Inversion) -> None:
    for yaw in (-0.5, 0.0, 0.5):
        frame = pipeline.render(RenderRequest(pipeline.portrait(inversion), orbit(yaw, 0.0)))
        size = frame.alpha.shape[0]
        assert frame.alpha[size // 3 : 2 * size // 3, size // 3 : 2 * size // 3].mean() > 240
        if yaw == 0.0:  # from the side the back of the head reaches into a corner
            assert frame.alpha[: size // 10, : size // 10].mean() < 60
            assert frame.alpha[: size // 10, -size // 10 :].mean() < 60


def test_attributes_move_the_head_and_zero_leaves_it(pipeline: Pipeline, inversion: Inversion) -> None:
    names = {direction.name for direction in pipeline.directions}
    assert names >= NAMED_BY_THE_README
    still = _look(pipeline, pipeline.portrait(inversion))
    zero = _look(pipeline, pipeline.portrait(inversion, [Edit(name, 0.0) for name in names]))
    np.testing.assert_array_equal(still, zero)
    lighter = _look(pipeline, pipeline.portrait(inversion, [Edit("skin_tone", 1.5)]))
    darker = _look(pipeline, pipeline.portrait(inversion, [Edit("skin_tone", -1.5)]))
    cheeks = slice(120, 150), slice(95, 160)
    assert lighter[cheeks].mean() > still[cheeks].mean() + 3
    assert darker[cheeks].mean() < still[cheeks].mean() - 3
