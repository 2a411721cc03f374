from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from goae_core.camera import orbit
from goae_core.crop import Crop
from goae_core.evaluation import identity
from goae_core.evaluation.identity import expected_face
from goae_core.evaluation.photo_figures import (
    CropRecord,
    FaceRecord,
    caption,
    crop_figures,
    face_figures,
    measure_face,
)
from goae_core.evaluation.photographs import ListedPhoto, Subject
from goae_core.landmarks import Face
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline, build
from tests.goae_core.tiny_model import tiny_checkpoint


def _crop(mse: float, yaw: float) -> CropRecord:
    return CropRecord("a.jpg", mse, 20.0, 0.7, 0.001, 30.0, 0.9, yaw, -yaw, 0.5)


def test_crops_are_averaged_and_the_cameras_median_is_of_sizes() -> None:
    figures = {f.key: f for f in crop_figures([_crop(0.01, -2.0), _crop(0.02, 4.0), _crop(0.03, 9.0)])}
    assert figures["input.mse"].value == pytest.approx(0.02)
    assert figures["input.mse"].verdict == "missed"
    assert figures["input.detail_psnr"].verdict == "met"
    assert figures["camera.labels.yaw"].value == 4.0
    assert figures["camera.labels.pitch"].value == 4.0
    assert all(math.isnan(figure.value) for figure in crop_figures([]))


def test_odd_rows_tune_and_even_rows_are_reported() -> None:
    def face(row: int, distances: tuple[float, ...], *unfound: str) -> FaceRecord:
        plain, detailed, first, second, third, fourth = distances
        return FaceRecord(
            "a", row, 1, 200.0, 0.0, 0.0, plain, detailed, (first, second), (third, fourth), unfound
        )

    records = [
        face(1, (0.1, 0.05, 0.2, 0.3, 0.1, 0.1)),
        face(2, (0.5, 0.2, 0.6, 0.7, 0.4, 0.5), "+25 plain", "-25 plain", "+0 detail"),
        face(2, (0.3, 0.3, 0.4, 0.5, 0.3, 0.4)),
        FaceRecord("c", 4, failure="no face"),
    ]
    figures = {figure.key: figure for figure in face_figures(records)}
    assert figures["identity.input.tune"].value == 0.1
    assert figures["identity.input.report"].value == pytest.approx(0.4)
    assert figures["identity.side.report"].value == pytest.approx(0.55)
    assert figures["identity.side.report"].over == 4
    assert "no face found in 2" in figures["identity.side.report"].note
    assert "no face found" not in figures["identity.input.report"].note
    assert "no face found in 1" in figures["identity.input_detail.report"].note
    assert figures["identity.side_detail.report"].value == pytest.approx(0.4)


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    pipeline = build(tiny_checkpoint(), "cpu")
    monkeypatch.setattr(pipeline, "matte", lambda pixels: torch.ones_like(pixels[:, :1]))
    return pipeline


@pytest.fixture
def subject(pipeline: Pipeline) -> Subject:
    rig, size = pipeline.preset.camera, pipeline.preset.image_size
    generator = torch.Generator().manual_seed(4)
    pixels = torch.rand(1, 3, size, size, generator=generator) * 2 - 1
    photo = AlignedPhoto(pixels, orbit(0.1, 0.0, rig=rig), "a.jpg", Crop((50.0, 50.0), 90.0))
    return Subject(
        ListedPhoto(Path("a.jpg"), 3), 1, photo, expected_face(size, 0.1, 0.0, rig), 0.1, 0.0, True
    )


def test_a_face_is_described_from_three_sides_with_detail_and_without(
    pipeline: Pipeline, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    described: list[NDArray[np.uint8]] = []

    def vector(image: NDArray[np.uint8], face: Face) -> NDArray[np.float64]:
        described.append(image)
        return np.array([float(len(described))])

    monkeypatch.setattr(identity, "describe_face", vector)
    monkeypatch.setattr(identity, "find_faces", lambda picture: ())
    record = measure_face(pipeline, subject, pipeline.invert(subject.photo))
    # The photo is described first; then each side without detail and with it.
    assert (record.input, record.input_detail) == (1.0, 2.0)
    assert record.side_views == (3.0, 5.0)
    assert record.side_views_detail == (4.0, 6.0)
    assert record.unfound == ("+0 plain", "+0 detail", "+25 plain", "+25 detail", "-25 plain", "-25 detail")
    photo = ((subject.photo.pixels[0].permute(1, 2, 0) + 1) * 127.5).round().numpy()
    assert np.array_equal(described[0], photo.astype(np.uint8))
    # With its detail the head is the photo again, from the photo's side, as far as it is opaque.
    plain, detailed = (np.abs(described[k].astype(float) - photo).mean() for k in (1, 2))
    assert detailed < plain
    assert "identity 1.00 (turned 4.00), with detail 2.00 (turned 5.00)" in caption(subject, record)


def test_caption_without_figures_tells_the_camera(subject: Subject) -> None:
    assert caption(subject, None) == "row 3, yaw +6, pitch +0, crop of 90 pixels"
