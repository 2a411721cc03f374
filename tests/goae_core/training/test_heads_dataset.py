"""Reading rendered persons."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from goae_core.errors import TrainingError
from goae_core.training.head_batches import draw_group, photograph, pooled_depth, rays_through
from goae_core.training.heads_dataset import HeadsDataset, LatentScale


def test_reads_every_person_and_averages_down(balls: Path) -> None:
    whole, half = HeadsDataset(balls, 64), HeadsDataset(balls, 32)
    assert len(whole.persons) == 40
    block = whole.persons[0].matte[0, 30:32, 30:32].astype(float)
    assert half.persons[0].matte.shape == (4, 32, 32)
    assert half.persons[0].matte[0, 15, 15] == int(block.mean() + 0.5)
    assert half.persons[0].foreground.shape == (2, 4, 32, 32, 3)


def test_new_files_are_picked_up(balls: Path) -> None:
    last = balls / "persons" / "000039.npz"
    kept = last.read_bytes()
    last.unlink()
    dataset = HeadsDataset(balls, 64)
    assert len(dataset.persons) == 39
    last.write_bytes(kept)
    assert dataset.refresh() == 40
    assert dataset.refresh() == 40


def test_labels_in_deviations_have_unit_spread(balls: Path) -> None:
    dataset = HeadsDataset(balls, 64)
    scale = dataset.latent_scale()
    rows = np.stack([scale.standardise(p, light) for p in dataset.persons for light in range(2)])
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-5)


def test_latent_holds_labels_identity_light_and_a_one(balls: Path, tmp_path: Path) -> None:
    dataset = HeadsDataset(balls, 64)
    scale = dataset.latent_scale()
    person = dataset.persons[0]
    z = scale.latent(person, 1, 64)
    assert z.shape == (64,)
    np.testing.assert_allclose(z[4:9], person.identity, rtol=1e-6)
    assert z[4 + 5 + 27] == 1
    assert (z[4 + 5 + 27 + 1 :] == 0).all()
    scale.write(tmp_path / "latent.json")
    np.testing.assert_array_equal(LatentScale.read(tmp_path / "latent.json").latent(person, 1, 64), z)
    # a run from before labels were weighed goes on without a weight
    older = json.loads((tmp_path / "latent.json").read_text())
    del older["label_weight"]
    (tmp_path / "latent.json").write_text(json.dumps(older))
    unweighed = LatentScale.read(tmp_path / "latent.json").latent(person, 1, 64)
    np.testing.assert_allclose(unweighed[:4] * 3, z[:4], rtol=1e-6)
    np.testing.assert_array_equal(unweighed[4:], z[4:])
    with pytest.raises(TrainingError, match="takes 37 numbers, the preset's z has 36"):
        scale.latent(person, 0, 36)


def test_labels_weigh_three_times_their_deviations_up_to_four_of_them(balls: Path) -> None:
    person = replace(
        HeadsDataset(balls, 64).persons[0],
        labels=np.array([5.0, 0.5, -30.0], np.float32),
        light_labels=np.array([[0.0], [7.0]], np.float32),
        identity=np.array([0.5, 6.0, -6.0, 0.0, 1.0], np.float32),
    )
    names = ("age", "smile", "glasses", "light_x")
    mean, deviation = np.array([1, 1, 0, 5], np.float32), np.array([2, 0.25, 3, 1], np.float32)
    z = LatentScale(names, mean, deviation).latent(person, 1, 40)
    # (5 - 1) / 2 = 2, (0.5 - 1) / 0.25 = -2, -30 / 3 = -10 held at -4, (7 - 5) / 1 = 2; each times 3
    np.testing.assert_allclose(z[:4], [6, -6, -12, 6], rtol=1e-6)
    # identity counts as it is, held within 4
    np.testing.assert_allclose(z[4:9], [0.5, 4, -4, 0, 1], rtol=1e-6)


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="goae train data"):
        HeadsDataset(tmp_path, 64)


def test_a_damaged_person_is_named(balls: Path) -> None:
    victim = balls / "persons" / "000007.npz"
    victim.write_bytes(victim.read_bytes()[:1000])
    with pytest.raises(TrainingError, match=r"000007\.npz is damaged"):
        HeadsDataset(balls, 64)


def test_group_shapes_and_ranges(balls: Path) -> None:
    dataset = HeadsDataset(balls, 64)
    rng = np.random.default_rng(0)
    group = draw_group(dataset.persons, dataset.latent_scale(), 64, 3, 2, rng, torch.device("cpu"))
    assert group.picture.shape == (3, 2, 4, 64, 64)
    assert float(group.picture.min()) == -1
    assert float(group.picture[:, :, 3].max()) == 1
    assert group.depth.shape == group.weight.shape == (3, 2, 1, 64, 64)


def test_rays_through_pixel_centres_meet_the_rendered_depth(balls: Path) -> None:
    dataset = HeadsDataset(balls, 64)
    person = dataset.persons[0]
    uv = torch.tensor([[[(32 + 0.5) / 64, (32 + 0.5) / 64]]])
    rays = rays_through(torch.from_numpy(person.camera[:1]), uv)
    point = rays.origins + float(person.depth[0, 32, 32]) * rays.directions
    radius = 0.16 + 0.02 * float(person.labels[0])
    assert float(point.norm()) == pytest.approx(radius, abs=2e-3)  # half precision depth


def test_pooled_depth_ignores_the_background() -> None:
    depth = torch.tensor([[[[2.0, 3.0], [4.0, 0.0]]]])
    assert float(pooled_depth(depth, 2)) == pytest.approx(3.0)
    sparse = torch.tensor([[[[2.0, 0.0], [0.0, 0.0]]]])
    assert float(pooled_depth(sparse, 2)) == 0


def test_what_is_before_a_head_leaves_a_hole_in_its_photograph(balls: Path) -> None:
    persons = HeadsDataset(balls, 32).persons
    layer = np.zeros((1, 32, 32, 4), np.uint8)
    layer[0, :, :16, 3] = 255
    hiding_persons = [replace(person, occluder=layer) for person in persons]
    scale = HeadsDataset(balls, 32).latent_scale()
    group = draw_group(hiding_persons, scale, 64, 40, 1, np.random.default_rng(0), torch.device("cpu"))
    hidden = group.hidden[:, 0, 16, 0] == 1
    assert 0 < hidden.sum() < 20  # a fifth of them, by the draw
    photo = photograph(group, np.random.default_rng(1), faithful=1.0)
    assert (photo[hidden][..., :16] == -1).all()
    torch.testing.assert_close(photo[hidden][..., 16:], group.picture[hidden, 0, :3, :, 16:])
    torch.testing.assert_close(photo[~hidden], group.picture[~hidden, 0, :3])


def test_persons_without_a_layer_are_never_hidden(balls: Path) -> None:
    dataset = HeadsDataset(balls, 32)
    group = draw_group(
        dataset.persons, dataset.latent_scale(), 64, 20, 1, np.random.default_rng(0), torch.device("cpu")
    )
    assert float(group.hidden.max()) == 0.0
