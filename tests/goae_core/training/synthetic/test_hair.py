from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goae_core.training.synthetic.hair_growth import (
    Ribbons,
    Roots,
    Surface,
    beard_density,
    grow_brows,
    grow_hair,
    grow_whiskers,
    ribbon_mesh,
    scalp_density,
)
from goae_core.training.synthetic.hair_texture import hair_atlas
from goae_core.training.synthetic.hairdo import (
    HAIRDO_DIM,
    Brows,
    Hairdo,
    Whiskers,
    describe_hairdo,
    sample_brows,
    sample_hairdo,
    sample_whiskers,
)
from goae_core.training.synthetic.head_pack import HeadPack
from goae_core.training.synthetic.person import sample_person
from goae_core.training.synthetic.scene import Material, build_scene

CENTER = np.array([0.0, 7.45, 0.45])
"""Of a ball of one decimetre that stands for the base mesh's skull."""
PLAIN = Hairdo(
    length_top=0.2,
    length_side=0.2,
    fringe=1.0,
    part=0.0,
    parted=0.8,
    sweep=0.0,
    lift=0.1,
    volume=0.3,
    curl=0.0,
    curl_size=0.1,
    frizz=0.0,
    face_open=0.15,
    hairline=0.0,
    temples=0.0,
    crown=0.0,
    density=1.0,
    root_dark=0.3,
    tip_light=0.3,
    variation=0.2,
    grey=0.0,
    tie="",
    tie_height=0.5,
)


def _to_world(place: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    return 0.316 * (place - [0.0, 7.284, 1.245]) + [0.0, 0.07, 0.115]


@pytest.fixture(scope="module")
def ball() -> tuple[Roots, np.typing.NDArray[np.float64], np.typing.NDArray[np.float64], Surface]:
    """Roots all over a ball, its vertices and normals in world units, and its surface."""
    rng = np.random.default_rng(0)
    outward = rng.normal(0, 1, (4000, 3))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    place = CENTER + outward * [0.72, 1.0, 0.95]
    count = 1500
    corners = np.repeat(np.arange(count)[:, None], 4, axis=1).astype(np.int32)
    roots = Roots(corners, np.full((count, 4), 0.25), place[:count], rng.random((count, 8)))
    return roots, _to_world(place), outward, Surface(_to_world(place), outward)


Ball = tuple[Roots, np.typing.NDArray[np.float64], np.typing.NDArray[np.float64], Surface]


def _grown(hairdo: Hairdo, ball: Ball) -> Ribbons:
    ribbons = grow_hair(hairdo, *ball)
    assert ribbons is not None
    return ribbons


def test_hair_starts_on_the_scalp_and_long_hair_hangs_lower(ball: Ball) -> None:
    short = _grown(replace(PLAIN, length_top=0.08, length_side=0.08), ball)
    long = _grown(replace(PLAIN, length_top=0.5, length_side=0.5), ball)
    assert long.nodes[..., 1].min() < short.nodes[..., 1].min() - 0.2
    for ribbons in (short, long):
        height, _ = ball[3].nearest(ribbons.nodes[:, 0])
        assert np.abs(height).max() < 0.02


def test_hair_stays_outside_the_head(ball: Ball) -> None:
    ribbons = _grown(replace(PLAIN, length_top=0.4, length_side=0.4), ball)
    height, _ = ball[3].nearest(ribbons.nodes[:, 2:].reshape(-1, 3))
    assert np.quantile(height, 0.02) > -0.003


def test_the_face_stays_free_where_no_fringe_hangs(ball: Ball) -> None:
    nodes = _grown(replace(PLAIN, length_top=0.5, length_side=0.5, face_open=0.16), ball).nodes.reshape(-1, 3)
    x, y, z = nodes.T
    before_the_eyes = (np.abs(x) < 0.11) & (y < 0.09) & (y > -0.2) & (z > 0.05)
    assert before_the_eyes.mean() < 0.005


def test_strands_have_the_length_asked_for(ball: Ball) -> None:
    nodes = _grown(replace(PLAIN, length_top=0.3, length_side=0.3), ball).nodes
    length = np.linalg.norm(np.diff(nodes, axis=1), axis=2).sum(axis=1)
    # collisions and the hair's own spread of 11 % bend and stretch the path
    assert np.median(length) == pytest.approx(0.3, rel=0.15)


def test_curls_wind(ball: Ball) -> None:
    straight = _grown(replace(PLAIN, frizz=0.0), ball).nodes
    curled = _grown(replace(PLAIN, frizz=0.0, curl=1.0, curl_size=0.06), ball).nodes

    def turning(nodes: np.typing.NDArray[np.float64]) -> float:
        step = np.diff(nodes, axis=1)
        step /= np.linalg.norm(step, axis=2, keepdims=True)
        return float(np.arccos(np.clip((step[:, 1:] * step[:, :-1]).sum(axis=2), -1, 1)).mean())

    assert turning(curled) > 2 * turning(straight)


def test_a_parting_sends_hair_to_both_sides(ball: Ball) -> None:
    nodes = _grown(replace(PLAIN, parted=1.0, part=0.5, length_top=0.4, length_side=0.4), ball).nodes
    top = nodes[:, 0, 1] > 0.25
    left_of_part = nodes[:, 0, 0] > 0.38 * 0.5 * 0.316 + 0.01
    right_of_part = nodes[:, 0, 0] < 0.38 * 0.5 * 0.316 - 0.01
    way = nodes[:, -1, 0] - nodes[:, 0, 0]
    assert np.mean(way[top & left_of_part] > 0) > 0.9
    assert np.mean(way[top & right_of_part] < 0) > 0.8


def test_ties_gather_hair_behind_the_head(ball: Ball) -> None:
    for tie in ("ponytail", "bun"):
        hairdo = replace(PLAIN, tie=tie, tie_height=0.3, length_top=0.4, length_side=0.32)
        tips = _grown(hairdo, ball).nodes[:, -1]
        assert np.mean(tips[:, 2] < -0.1) > 0.9


@pytest.mark.parametrize(
    ("place", "change", "expected"),
    [
        ((0.0, 8.4, 0.3), {}, 1.0),
        ((0.0, 8.4, 0.3), {"crown": 1.0}, 0.0),
        ((0.0, 7.5, 1.5), {}, 0.0),
        ((0.42, 8.0, 1.0), {"temples": 0.0}, 1.0),
        ((0.42, 8.0, 1.0), {"temples": 1.0}, 0.0),
        ((0.0, 6.9, -0.3), {"crown": 1.0}, 1.0),
        ((0.85, 7.3, 0.4), {}, 0.0),
    ],
)
def test_hairlines(place: tuple[float, float, float], change: dict[str, float], expected: float) -> None:
    hairdo = replace(PLAIN, **change)  # type: ignore[arg-type]
    assert scalp_density(np.array([place]), hairdo)[0] == pytest.approx(expected, abs=0.02)


def test_beards_leave_the_lips_free_and_moustaches_lie_above_them() -> None:
    full = Whiskers("full", 0.03, 0.02, 0.0, 0.0, 0.0)
    places = np.array(
        [[0.0, 6.6, 1.45], [0.0, 6.3, 1.40], [0.0, 6.75, 1.5], [0.3, 7.3, 1.2], [0.6, 6.5, 0.9]]
    )
    beard, moustache = beard_density(places, 6.6, full)
    lips, chin, above_lip, eye, jaw = range(5)
    assert beard[lips] == moustache[lips] == 0
    assert beard[chin] > 0.9
    assert moustache[above_lip] > 0.9
    assert beard[above_lip] < 0.1
    assert beard[eye] == moustache[eye] == 0
    assert beard[jaw] > 0.9
    goatee, _ = beard_density(places, 6.6, replace(full, shape="goatee"))
    assert goatee[jaw] == 0
    assert goatee[chin] > 0.9


def test_stubble_grows_no_strands_and_dense_beards_do(ball: Ball) -> None:
    roots, world, outward, surface = ball
    whiskers = Whiskers("full", 0.05, 0.02, 0.0, 0.0, 0.0)
    assert grow_whiskers(whiskers, 0.3, 0.0, roots, 7.2, world, outward, surface) is None
    grown = grow_whiskers(whiskers, 1.0, 1.0, roots, 7.2, world, outward, surface)
    assert grown is not None
    assert np.mean(grown.nodes[:, -1, 1] < grown.nodes[:, 0, 1]) > 0.9


def test_thick_brows_have_more_hairs(ball: Ball) -> None:
    rng = np.random.default_rng(1)
    place = np.stack([rng.uniform(-0.7, 0.7, 2000), rng.uniform(7.2, 7.6, 2000), np.full(2000, 1.3)], axis=1)
    corners = np.repeat(np.arange(2000)[:, None], 4, axis=1).astype(np.int32)
    roots = Roots(corners, np.full((2000, 4), 0.25), place, rng.random((2000, 8)))
    forward = np.tile([0.0, 0.0, 1.0], (2000, 1))
    counts = []
    for thickness in (0.5, 1.0, 2.0):
        grown = grow_brows(Brows(thickness, 0.5, 1.0, 1.0, 0.2, 0.0), roots, _to_world(place), forward)
        assert grown is not None
        counts.append(len(grown.nodes))
    assert counts[0] < counts[1] < counts[2]


def test_ribbons_become_triangles_that_take_light_from_their_middle(ball: Ball) -> None:
    ribbons = _grown(PLAIN, ball)
    count, rows, _ = ribbons.nodes.shape
    mesh = ribbon_mesh(ribbons)
    assert mesh.positions.shape == (2 * count * rows, 3)
    assert mesh.triangles.shape == (2 * count * (rows - 1), 3)
    middle = mesh.positions.reshape(count, rows, 2, 3).mean(axis=2)
    assert middle == pytest.approx(ribbons.nodes, abs=1e-5)
    assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(np.ones(2 * count * rows), abs=1e-3)
    assert mesh.light_from.max() == count * rows - 1
    assert np.all(mesh.shadow_normals[count * rows :] == 0)
    assert mesh.shadow_triangles.min() >= count * rows
    assert mesh.shadow_triangles.max() < len(mesh.shadow_positions)


def test_amount_grows_with_length_and_baldness_lowers_it() -> None:
    lengths = (0.005, 0.02, 0.08, 0.3, 0.7)
    amounts = [replace(PLAIN, length_top=length, length_side=length).amount for length in lengths]
    assert amounts == sorted(amounts)
    assert 0 < amounts[0] < 0.15
    assert 0.9 < amounts[-1] <= 1.0
    assert replace(PLAIN, crown=1.0).amount == pytest.approx(0.55 * PLAIN.amount)


def test_drawn_hairdos_are_described_in_about_unit_variance() -> None:
    rng = np.random.default_rng(3)
    vectors = np.array([describe_hairdo(sample_hairdo(rng)) for _ in range(300)])
    assert vectors.shape[1] == HAIRDO_DIM
    assert np.all(np.isfinite(vectors))
    assert vectors.std(axis=0).max() < 2.2
    assert np.all(describe_hairdo(None) == 0)
    for whiskers, brows in ((sample_whiskers(rng), sample_brows(rng)) for _ in range(20)):
        assert 0.008 <= whiskers.length <= 0.12
        assert 0.4 <= brows.thickness <= 2.2


def test_roots_are_darker_tips_lighter_and_grey_hair_greyer() -> None:
    brown = np.array([0.06, 0.035, 0.02])

    def colored(
        root: float, tip: float, grey: float
    ) -> tuple[np.typing.NDArray[np.float32], np.typing.NDArray[np.uint8]]:
        return hair_atlas(brown, root_dark=root, tip_light=tip, variation=0.1, grey=grey, curly=False)

    albedo, coverage = colored(0.8, 0.8, 0.0)
    assert albedo[-8:].mean() < albedo[albedo.shape[0] // 2].mean() < albedo[:8].mean()
    assert coverage[:2].mean() < 40 < coverage[-20:].mean()
    grey, _ = colored(0.8, 0.8, 0.9)
    assert grey.mean() > 2 * albedo.mean()
    assert grey[..., 0].mean() / grey[..., 2].mean() < albedo[..., 0].mean() / albedo[..., 2].mean()


def test_grown_hair_is_drawn_as_hair_and_brows_as_brows(pack: HeadPack) -> None:
    person = sample_person(np.random.default_rng(9), pack)
    bare = replace(person, hair_style="", hairdo=None, headwear=None, beard=0.0, moustache=0.0, brows=None)
    assert Material.HAIR not in build_scene(bare, pack, texture_size=64).material
    grown = build_scene(replace(bare, hairdo=PLAIN), pack, texture_size=64)
    assert Material.HAIR in grown.material
    assert len(grown.light_from) == len(grown.mesh.positions) - pack.subdivision.matrix.shape[0]
    assert len(grown.shadow_normals) == len(grown.shadow_mesh.positions) == len(grown.shadow_material)
    assert grown.light_from.max() < len(grown.shadow_normals) - grown.coarse_count
