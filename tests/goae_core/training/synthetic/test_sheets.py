from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from goae_core.training.synthetic.background import sample_background
from goae_core.training.synthetic.contact_sheet import SWEEPS, main, sweep_sheet
from goae_core.training.synthetic.head_pack import HeadPack


def test_a_background_is_drawn_by_its_seed_and_has_no_hard_edges() -> None:
    one, two = (sample_background(np.random.default_rng(seed), 64) for seed in (1, 1))
    assert np.array_equal(one, two)
    assert one.shape == (64, 64, 3)
    assert np.abs(np.diff(one.astype(int), axis=1)).max() < 80


def test_a_sweep_changes_the_attribute_from_left_to_right(pack: HeadPack) -> None:
    sheet = sweep_sheet(pack, "skin_tone", seed=1, rows=1)
    assert sheet.shape == (256, 256 * len(SWEEPS["skin_tone"]), 3)
    face = sheet.reshape(256, -1, 256, 3)[110:150, :, 100:156].mean(axis=(0, 2, 3))
    assert np.all(np.diff(face) > 0)


def test_the_command_writes_the_sheets_it_is_asked_for(pack_dir: Path, tmp_path: Path) -> None:
    main([str(pack_dir), str(tmp_path), "--sheet", "brow", "--seed", "2", "--rows", "1"])
    assert [path.name for path in tmp_path.iterdir()] == ["brow.png"]
    with Image.open(tmp_path / "brow.png") as sheet:
        assert sheet.size == (6 * 256, 256)
