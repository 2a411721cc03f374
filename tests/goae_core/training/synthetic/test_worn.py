"""What a person wears or paints on, and what stands before it in a photograph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goae_core.training.synthetic.head_pack import HeadPack
from goae_core.training.synthetic.headwear import KINDS, headwear_mesh, headwear_shell, sample_headwear
from goae_core.training.synthetic.occluders import OCCLUDERS, sample_occluder
from goae_core.training.synthetic.patterns import CLOTH_PATTERNS, OVERLAYS, cloth, overlay
from goae_core.training.synthetic.person import Person, Spectacles, sample_person
from goae_core.training.synthetic.scene import Material, build_scene
from goae_core.training.synthetic.spectacles import lens_mesh, lens_texture, spectacles_mesh
from goae_core.training.synthetic.texturing import skin_texture, wrinkle_depths

FRAME = Spectacles(
    width=0.42,
    height=0.3,
    roundness=3.0,
    thickness=0.003,
    color=(0.02, 0.02, 0.02),
    rim="full",
    drop=0.0,
    sweep=0.0,
    tint=0.0,
    fade=0.0,
    tint_color=(0.02, 0.02, 0.02),
    reflection=0.0,
)
LEFT, RIGHT = np.array([0.083, 0.07, 0.115]), np.array([-0.083, 0.07, 0.115])


def _head() -> np.typing.NDArray[np.float64]:
    rng = np.random.default_rng(0)
    outward = rng.normal(0, 1, (6000, 3))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    return np.array([0.0, 0.08, -0.07]) + outward * [0.2, 0.28, 0.25]


@pytest.mark.parametrize("kind", KINDS)
def test_headwear_lies_outside_the_head_and_faces_outwards(kind: str) -> None:
    worn = replace(sample_headwear(np.random.default_rng(1)), kind=kind, slack=0.3, depth=0.5)
    head = _head()
    shell = headwear_shell(worn, head)
    points, quads, corners = headwear_mesh(worn, shell)
    assert corners.shape == (len(quads), 4, 2)
    scaled = (points - [0.0, 0.08, -0.07]) / [0.2, 0.28, 0.25]
    assert np.quantile(np.linalg.norm(scaled, axis=1), 0.02) > 0.99
    a, b, c = (points[quads[:, k]] for k in (0, 1, 2))
    normal = np.cross(b - a, c - a)
    proper = np.linalg.norm(normal, axis=1) > 1e-8
    facing = ((normal * (a - shell.center)).sum(axis=1) > 0)[proper]
    assert facing.mean() > 0.8


def test_hair_is_pressed_under_a_hat_and_left_alone_below_it() -> None:
    worn = replace(sample_headwear(np.random.default_rng(1)), kind="beanie", slack=0.0, depth=0.5)
    shell = headwear_shell(worn, _head())
    high, low = np.array([[0.0, 0.60, -0.1]]), np.array([[0.3, -0.4, 0.0]])
    pressed = shell.press(np.concatenate([high, low]))
    assert pressed[0, 1] < 0.40
    assert pressed[1] == pytest.approx(low[0])


def test_hats_are_clothes(pack: HeadPack) -> None:
    person = replace(sample_person(np.random.default_rng(2), pack), headwear=None)
    hatted = replace(person, headwear=sample_headwear(np.random.default_rng(1)))
    count = [
        int((build_scene(p, pack, texture_size=64).material == Material.CLOTHES).sum())
        for p in (person, hatted)
    ]
    assert count[1] > count[0] + 500


def test_rims_are_whole_half_or_missing() -> None:
    full, half, none = (
        len(spectacles_mesh(replace(FRAME, rim=rim), LEFT, RIGHT, 0.2, 0.2)[0])
        for rim in ("full", "half", "none")
    )
    assert full > half > none > 0


def test_lenses_fill_the_rims_and_face_the_camera() -> None:
    points, quads, corners = lens_mesh(FRAME, LEFT, RIGHT, 0.2)
    a, b, c = (points[quads[:, k]] for k in (0, 1, 2))
    assert np.all(np.cross(b - a, c - a)[:, 2] > 0)
    rims, _ = spectacles_mesh(FRAME, LEFT, RIGHT, 0.2, 0.2)
    # the rim is a tube of radius 0.003 about the lens's outline
    assert points[:, 1].max() == pytest.approx(rims[:, 1].max() - 0.003, abs=0.002)
    assert corners.min() >= 0
    assert corners.max() <= 1


def test_tint_covers_and_reflections_brighten() -> None:
    _, clear = lens_texture(FRAME)
    _, dark = lens_texture(replace(FRAME, tint=0.9))
    assert clear.max() == 0
    # 0.9 of 255
    assert dark.min() == dark.max() == 229
    albedo, mirrored = lens_texture(replace(FRAME, reflection=0.5))
    assert mirrored.max() > mirrored.min() + 60
    assert albedo[mirrored > 0].min() > 0.4


@pytest.mark.parametrize("kind", CLOTH_PATTERNS)
def test_cloth_lies_between_its_colours(kind: str) -> None:
    first, second = np.array([0.1, 0.2, 0.3]), np.array([0.5, 0.4, 0.6])
    woven = cloth(kind, 64, 8.0, first, second)
    assert woven.shape == (64, 64, 3)
    assert np.all(woven >= first - 1e-6)
    assert np.all(woven <= second + 1e-6)
    assert (woven.std(axis=(0, 1)).max() > 0.01) == (kind != "plain")


def test_overlays_come_in_many_kinds_and_are_drawn_by_their_seed() -> None:
    kinds = set()
    for seed in range(40):
        kind, log = overlay(np.random.default_rng(seed), (48, 40), 0.4)
        assert log.shape == (48, 40, 3)
        assert np.all(np.isfinite(log))
        kinds.add(kind)
    assert kinds == set(OVERLAYS)
    again = overlay(np.random.default_rng(3), (48, 40), 0.4)[1]
    assert np.array_equal(again, overlay(np.random.default_rng(3), (48, 40), 0.4)[1])


def test_occluders_are_premultiplied_layers_that_hide_some_of_the_picture() -> None:
    seen = set()
    for seed in range(30):
        kind, layer = sample_occluder(np.random.default_rng(seed), 64, (0.5, 0.7))
        assert layer.shape == (64, 64, 4)
        assert layer.dtype == np.uint8
        assert np.all(layer[..., :3].max(axis=-1) <= layer[..., 3].astype(int) + 1)
        assert 0.002 < (layer[..., 3] > 128).mean() < 0.8
        seen.add(kind)
    assert seen == set(OCCLUDERS)


def _skin(person: Person, pack: HeadPack) -> np.typing.NDArray[np.float32]:
    return skin_texture(person, pack, 128).albedo


def test_make_up_covers_lids_and_cheeks(pack: HeadPack) -> None:
    person = sample_person(np.random.default_rng(3), pack)
    bare = replace(person, makeup=replace(person.makeup, lips=0.0, lids=0.0, blush=0.0), skin_tone=-1.0)
    made_up = replace(bare, makeup=replace(bare.makeup, lids=1.0, lid_color=np.array([0.01, 0.01, 0.3])))
    change = np.abs(_skin(made_up, pack) - _skin(bare, pack)).mean(axis=-1)
    # the lids lie at about row 0.48 and 0.55, column 0.83 of the texture
    assert change[61, 106] > 0.05
    assert change[66, 90] == 0


def test_wrinkles_deepen_with_age_and_smiles(pack: HeadPack) -> None:
    person = replace(sample_person(np.random.default_rng(3), pack), wrinkles=0.0, smile=0.0, brow=0.0)
    young, old = (wrinkle_depths(replace(person, age=age)) for age in (20.0, 80.0))
    assert young == pytest.approx(np.zeros(3))
    assert np.all(old > 0.6)
    assert wrinkle_depths(replace(person, age=20.0, smile=1.0))[1] == pytest.approx(0.25)
