from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from goae_core.pipeline import build
from goae_core.training.heads_dataset import HeadsDataset
from goae_core.training.unseen_gain import (
    JUDGED,
    PARTS,
    WAYS,
    UnseenFigures,
    measure,
    photographed_from,
    table,
)
from tests.goae_core.tiny_model import tiny_checkpoint


def test_another_view_becomes_the_first(balls: Path) -> None:
    person = HeadsDataset(balls, 64).persons[0]
    turned, places = photographed_from(person, 1)
    assert places == [1, 0, 2, 3]
    assert np.array_equal(turned.camera, person.camera[[1, 0, 2, 3]])
    assert np.array_equal(turned.depth[0], person.depth[1])
    assert np.array_equal(turned.foreground[:, 1], person.foreground[:, 0])


def test_parts_are_judged_apart_in_every_way(balls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = build(tiny_checkpoint(), "cpu")  # has no matting network
    monkeypatch.setattr(pipeline, "matte", lambda pixels: torch.ones_like(pixels[:, :1]))
    persons = HeadsDataset(balls, 64).persons[:2]
    figures = [row for rows in measure(pipeline, persons) for row in rows]
    assert [(row.person, row.view) for row in figures] == [(k, view) for k in (0, 1) for view in JUDGED]
    for row in figures:
        assert set(row.psnr) == set(PARTS)
        for psnr in row.psnr.values():
            assert set(psnr) == set(WAYS)
            assert np.isfinite(list(psnr.values())).all()
    # Of a ball a crescent is hidden: (1 - cos 46 degrees) / 2 of its disc, and half as far (1 - cos 23) / 2.
    assert figures[0].share == pytest.approx(0.153, abs=0.03)
    assert figures[1].share == pytest.approx(0.040, abs=0.02)
    off = [row for rows in measure(pipeline, persons[:1], belief=0.0) for row in rows]
    assert off[0].psnr["head"]["symmetry"] == off[0].psnr["head"]["detail"]


def test_table_has_means_by_part() -> None:
    def row(person: int, gain: float) -> UnseenFigures:
        psnr = {"model": 18.0, "detail": 20.0, "symmetry": 20.0 + gain}
        return UnseenFigures(person, "yaw-30", 0.25, {"unseen": psnr, "head": psnr})

    lines = table([row(0, 1.0), row(1, -0.5)])
    assert lines[0].split() == ["view", "part", "persons", "share", *WAYS, "gain", "worst", "better"]
    assert lines[1].split() == [
        "yaw-30",
        "unseen",
        "2",
        "25%",
        "18.00",
        "20.00",
        "20.25",
        "+0.25",
        "-0.50",
        "50%",
    ]
    assert lines[2].split()[:4] == ["yaw-30", "head", "2", "100%"]
    assert len(lines) == 4
