from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from goae_core.training.synthetic.head_pack import HeadPack
from goae_core.training.synthetic.lighting import sample_light
from goae_core.training.synthetic.person import Person, sample_person
from goae_core.training.synthetic.rendering import PersonPictures, portrait, render_person
from goae_core.training.synthetic.viewpoint import look_from, viewpoint_from_label

R = 64
VIEWS = (look_from(0.0, 0.0), look_from(0.35, 0.1, 0.05), look_from(-1.2, -0.2))


@pytest.fixture(scope="module")
def person(pack: HeadPack) -> Person:
    drawn = sample_person(np.random.default_rng(6), pack)
    return replace(
        drawn, hair_style="long01", hairdo=None, headwear=None, spectacles=None, cloth=None, mouth_open=0.0
    )


@pytest.fixture(scope="module")
def record(person: Person, pack: HeadPack) -> PersonPictures:
    lights = [sample_light(np.random.default_rng(seed)) for seed in (1, 2)]
    return render_person(person, pack, lights, VIEWS, resolution=R)


def _points(
    record: PersonPictures, view: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """World points of a view's skin pixels, from depth along the unit ray, with their rows and columns."""
    camera = viewpoint_from_label(record.camera[view])
    rows, columns = np.nonzero(record.parts[view] == 0)
    ray = np.stack(
        [
            ((columns + 0.5) / R - 0.5) / camera.focal,
            ((rows + 0.5) / R - 0.5) / camera.focal,
            np.ones(len(rows)),
        ],
        axis=1,
    )
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    distance = record.depth[view, rows, columns].astype(np.float64)
    world = camera.cam_to_world[:3, 3] + distance[:, None] * (ray @ camera.cam_to_world[:3, :3].T)
    return world, rows, columns


def test_shapes_and_types_are_those_of_the_data_set(record: PersonPictures) -> None:
    assert record.foreground.shape == (2, 3, R, R, 3)
    assert record.matte.shape == record.depth.shape == record.parts.shape == (3, R, R)
    assert record.depth.dtype == np.float16
    assert record.camera.shape == (3, 25)
    assert record.landmarks.shape == (5, 3)
    assert record.light_sh.shape == (2, 27)
    assert record.light_labels.shape == (2, 5)
    assert record.occluder.shape == (1, R, R, 4)
    assert record.painted == 0


def test_the_foreground_is_premultiplied(record: PersonPictures) -> None:
    assert np.all(record.foreground[:, record.matte == 0] == 0)
    assert np.all(record.foreground.astype(int).max(axis=-1) <= record.matte.astype(int) + 1)
    soft = (record.matte > 20) & (record.matte < 235)
    assert soft.sum() > 30  # edges and hair


def test_depth_and_parts_exist_where_at_least_half_is_covered(record: PersonPictures) -> None:
    covered = record.matte >= 128
    assert np.array_equal(record.depth > 0, covered)
    assert np.array_equal(record.parts >= 0, covered)
    assert {0, 2} <= set(np.unique(record.parts))


def test_lights_change_colours_and_nothing_else(
    record: PersonPictures, person: Person, pack: HeadPack
) -> None:
    assert not np.array_equal(record.foreground[0], record.foreground[1])
    alone = render_person(person, pack, [sample_light(np.random.default_rng(2))], VIEWS, resolution=R)
    assert np.array_equal(alone.matte, record.matte)
    difference = np.abs(alone.foreground[0].astype(int) - record.foreground[1].astype(int))
    assert difference.max() <= 1


def test_depth_agrees_between_views(record: PersonPictures) -> None:
    world, _, _ = _points(record, 0)
    other = viewpoint_from_label(record.camera[1])
    place, _ = other.project(world)
    distance = np.linalg.norm(world - other.cam_to_world[:3, 3], axis=1)
    column, row = np.floor(place * R).astype(int).T
    inside = (column >= 0) & (column < R) & (row >= 0) & (row < R)
    there = record.depth[1, row[inside], column[inside]].astype(np.float64)
    error = np.abs(distance[inside] - there)[record.parts[1, row[inside], column[inside]] == 0]
    # a pixel is 0.009 wide at the head, float16 steps are 0.002
    assert np.median(error) < 0.006
    assert np.mean(error < 0.03) > 0.9


def test_landmarks_lie_where_the_picture_shows_the_face(record: PersonPictures) -> None:
    place, _ = viewpoint_from_label(record.camera[0]).project(record.landmarks)
    assert place[0, 0] < 0.5 < place[1, 0]
    assert place[3, 1] > place[0, 1]
    column, row = np.floor(place * R).astype(int).T
    assert np.all(record.matte[0, row, column] == 255)


def test_painted_persons_look_different_and_are_marked(person: Person, pack: HeadPack) -> None:
    lights = [sample_light(np.random.default_rng(1))]
    plain = render_person(person, pack, lights, VIEWS[:1], resolution=R)
    painted = render_person(replace(person, paint=(3, 0.6)), pack, lights, VIEWS[:1], resolution=R)
    assert (int(plain.painted), int(painted.painted)) == (0, 1)
    assert np.array_equal(plain.identity, painted.identity)
    difference = plain.foreground.astype(int) - painted.foreground.astype(int)
    assert np.abs(difference[:, plain.parts == 0]).mean() > 5


def test_attributes_change_what_they_name(person: Person, pack: HeadPack) -> None:
    lights = [sample_light(np.random.default_rng(1))]

    def mean_colour(changed: Person, part: int) -> NDArray[np.floating]:
        shown = render_person(changed, pack, lights, VIEWS[:1], resolution=R)
        mean: NDArray[np.floating] = shown.foreground[0][shown.parts == part].mean(axis=0)
        return mean

    dark, light = (mean_colour(replace(person, skin_tone=tone), 0) for tone in (-3.2, -0.8))
    assert np.all(light > dark + 20)
    black, blond = (mean_colour(replace(person, hair_light=value), 2) for value in (-5.0, -1.2))
    assert np.all(blond > black + 20)
    grey, red = (
        mean_colour(replace(person, hair_light=-2.0, hair_warmth=warmth), 2) for warmth in (0.0, 1.0)
    )
    assert red[0] - red[2] > grey[0] - grey[2] + 20
    shaven, bearded = (
        mean_colour(replace(person, skin_tone=-1.0, hair_light=-5, beard=b), 0) for b in (0.0, 1.0)
    )
    assert bearded.mean() < shaven.mean()


def test_a_portrait_shows_the_background_where_the_head_is_not(person: Person, pack: HeadPack) -> None:
    background = np.full((96, 96, 3), (10, 200, 30), dtype=np.uint8)
    picture = portrait(
        person,
        pack,
        sample_light(np.random.default_rng(1)),
        VIEWS[0],
        resolution=96,
        background=background,
        zoom=0.6,
    )
    assert picture.shape == (96, 96, 3)
    assert picture[2, 2].tolist() == [10, 200, 30]
    assert picture[48, 48].tolist() != [10, 200, 30]
