from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goae_core.training.synthetic.head_pack import HeadPack
from goae_core.training.synthetic.lighting import (
    DIRECTIONS,
    Light,
    compose_light,
    irradiance,
    sample_light,
    visibility,
)
from goae_core.training.synthetic.person import sample_person
from goae_core.training.synthetic.scene import build_scene
from goae_core.training.synthetic.sunlight import Sun, sun_maps


def _uniform(radiance: float) -> Light:
    return Light(
        np.full((len(DIRECTIONS), 3), radiance, np.float32),
        np.zeros((0, 3), np.float32),
        np.zeros((0, 3), np.float32),
    )


def test_directions_are_even() -> None:
    assert np.linalg.norm(DIRECTIONS, axis=1) == pytest.approx(np.ones(len(DIRECTIONS)), abs=1e-6)
    assert DIRECTIONS.mean(axis=0) == pytest.approx(np.zeros(3), abs=0.01)


def test_even_light_has_one_harmonic() -> None:
    harmonics = _uniform(0.5).harmonics.reshape(3, 9)
    # 4 pi * 0.5 * 1 / (2 sqrt(pi)) = sqrt(pi)
    assert harmonics[:, 0] == pytest.approx(np.full(3, np.sqrt(np.pi)), rel=1e-5)
    assert harmonics[:, 1:] == pytest.approx(np.zeros((3, 8)), abs=0.05)


def test_labels_say_where_the_lamp_stands_and_how_warm_it_is() -> None:
    def lit(yaw: float, pitch: float, strength: list[float]) -> Light:
        return compose_light(np.full(3, 0.01), np.zeros(3), [(yaw, pitch, 20.0, np.array(strength))], 1.0)

    x, y, contrast, warmth, hardness = lit(np.pi / 2, 0.0, [2.0, 1.0, 1.0]).labels
    assert hardness == 0
    assert x == pytest.approx(1.0, abs=0.02)
    assert y == pytest.approx(0.0, abs=0.06)
    # the mean direction of a lobe of concentration k is coth(k) - 1/k = 0.95 long
    assert contrast == pytest.approx(0.95, abs=0.05)
    assert warmth == pytest.approx(np.log(2.0), abs=0.05)
    assert lit(0.0, 1.2, [1.0, 1.0, 1.0]).labels[1] > 0.8


@pytest.mark.parametrize("scale", [0.1, 10.0])
def test_exposure_does_not_depend_on_the_strength_of_the_lamps(scale: float) -> None:
    lamps = [(0.3, 0.4, 6.0, np.array([1.0, 0.9, 0.8]))]
    brighter = [(0.3, 0.4, 6.0, scale * np.array([1.0, 0.9, 0.8]))]
    reference = compose_light(np.full(3, 0.3), np.ones(3), lamps, 1.0)
    scaled = compose_light(np.full(3, scale * 0.3), np.ones(3), brighter, 1.0)
    assert scaled.radiance == pytest.approx(reference.radiance, rel=1e-3)
    assert scaled.key_colors == pytest.approx(reference.key_colors, rel=1e-3)


def test_a_bare_head_in_even_light_receives_that_light(pack: HeadPack) -> None:
    person = replace(
        sample_person(np.random.default_rng(1), pack),
        hair_style="",
        clothes="",
        spectacles=None,
        brow_style="",
        lash_style="",
        hairdo=None,
        headwear=None,
        brows=None,
        beard=0.0,
        moustache=0.0,
    )
    scene = build_scene(person, pack, texture_size=64)
    light_at = irradiance(scene, pack, visibility(scene), [_uniform(0.5), _uniform(1.0)])
    skin = light_at[scene.vertex_material == 0]
    forehead = skin[scene.mesh.positions[scene.vertex_material == 0, 2] > 0.05]
    assert np.median(forehead[:, 0]) == pytest.approx(0.5, abs=0.05)
    assert np.median(forehead[:, 1]) == pytest.approx(1.0, abs=0.10)


def test_hair_shades_the_head_below_it(pack: HeadPack) -> None:
    drawn = replace(sample_person(np.random.default_rng(1), pack), hairdo=None, headwear=None)
    person = replace(drawn, clothes="", spectacles=None, hair_volume=1.0)
    bare, covered = (
        build_scene(replace(person, hair_style=style), pack, texture_size=64) for style in ("", "long01")
    )
    count = bare.coarse_count
    seen_bare = visibility(bare)[:count].astype(float).mean()
    seen_covered = visibility(covered)[:count].astype(float).mean()
    assert seen_covered < 0.95 * seen_bare


def test_a_seed_draws_the_same_light_again() -> None:
    one, two = (sample_light(np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(one.radiance, two.radiance)
    assert np.array_equal(one.key_directions, two.key_directions)


def test_a_sun_makes_light_hard_and_shadows_dark(pack: HeadPack) -> None:
    sun = Sun(np.array([0.8, 0.0, 0.6]), np.full(3, 1.0), "", 0.3, np.zeros(2))
    soft = compose_light(np.full(3, 0.3), np.ones(3), [(0.0, 0.4, 6.0, np.ones(3))], 1.0)
    hard = compose_light(np.full(3, 0.3), np.ones(3), [(0.0, 0.4, 6.0, np.ones(3))], 1.0, sun)
    assert soft.labels[4] == 0
    assert 0.05 < hard.labels[4] < 0.9
    assert hard.labels[0] > soft.labels[0]

    scene = build_scene(sample_person(np.random.default_rng(3), pack), pack, texture_size=64)
    maps = sun_maps(scene, [None, hard.sun])
    assert np.all(maps.colors[0] == 0)
    assert np.all(maps.gobo == 1)
    # the point of the head nearest to the sun is what the map holds there
    height = scene.mesh.positions @ sun.direction
    assert maps.nearest[1].max() == pytest.approx(height.max(), abs=0.03)


@pytest.mark.parametrize("gobo", ["window", "blinds", "leaves"])
def test_gobos_let_some_of_the_light_through(gobo: str, pack: HeadPack) -> None:
    sun = Sun(np.array([0.0, 0.0, 1.0]), np.ones(3), gobo, 0.3, np.zeros(2))
    scene = build_scene(sample_person(np.random.default_rng(3), pack), pack, texture_size=64)
    passed = sun_maps(scene, [sun]).gobo[0]
    assert 0.2 < passed.mean() < 0.85
    assert passed.min() == 0
    assert passed.max() == 1
