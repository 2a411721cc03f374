from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from goae_core.camera import orbit
from goae_core.pipeline import build
from goae_core.presets import CameraConfig
from goae_core.training.detail_gain import WAYS, DetailFigures, measure, on_card, table
from goae_core.training.heads_dataset import HeadsDataset
from tests.goae_core.test_detail import SIDE, detail_of, stripes, wall
from tests.goae_core.tiny_model import tiny_checkpoint


def test_card_faces_the_photo_at_the_heads_distance() -> None:
    detail = detail_of(stripes(), wall(0.2))
    distance = float(detail.depth.median())
    camera = orbit(0.5, 0.0, rig=CameraConfig(pivot=(0.0, 0.0, 0.0)))
    points = on_card(detail, camera, SIDE)
    assert points.shape == (1, SIDE * SIDE, 3)
    # The photo's camera stands at z = 2.7 and looks along -z.
    assert torch.allclose(points[..., 2], torch.full_like(points[..., 2], 2.7 - distance), atol=1e-4)


def test_views_are_sorted_by_distance_and_judged_in_every_way(
    balls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = build(tiny_checkpoint(), "cpu")  # has no matting network
    monkeypatch.setattr(pipeline, "matte", lambda pixels: torch.ones_like(pixels[:, :1]))
    persons = HeadsDataset(balls, 64).persons[:2]
    figures = [row for rows in measure(pipeline, persons) for row in rows]
    # Four views at yaw 0, +23, -23 and 69 degrees about the origin; seen from the pivot 0.2 in front of it, a
    # little more. The last is beyond all distances.
    assert [row.distance for row in figures] == ["input", "30", "30"] * 2
    assert [row.person for row in figures] == [0, 0, 0, 1, 1, 1]
    assert figures[1].degrees == pytest.approx(figures[2].degrees, abs=0.1)
    for row in figures:
        assert set(row.psnr) == set(WAYS)
        assert np.isfinite(list(row.psnr.values())).all()
    assert figures[0].psnr["detail"] > figures[0].psnr["plain"] + 10.0


def test_table_has_means_and_the_share_that_gained() -> None:
    rows = [
        DetailFigures(0, "15", 14.0, {"plain": 20.0, "detail": 21.0, "card": 19.0, "pasted": 18.0}),
        DetailFigures(1, "15", 16.0, {"plain": 22.0, "detail": 21.5, "card": 21.0, "pasted": 20.0}),
    ]
    lines = table(rows)
    assert lines[0].split() == ["degrees", "views", *WAYS, "gain", "worst", "better"]
    assert lines[1].split() == ["15", "2", "21.00", "21.25", "20.00", "19.00", "+0.25", "-0.50", "50%"]
    assert len(lines) == 3
