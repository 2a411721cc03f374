from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from goae_core.camera import orbit
from goae_core.crop import Crop
from goae_core.editing import Edit, EditDirection, apply_edits, edited_w_plus, kept_share
from goae_core.errors import DirectionError
from goae_core.fusion import fuse
from goae_core.generator import FeatureMap, Generator
from goae_core.inversion import Inversion, modulated_planes, see
from goae_core.networks.afa import Modulation
from goae_core.photo import AlignedPhoto
from goae_core.presets import EditingConfig, preset
from goae_core.triplane import TriPlane

TINY = preset("tiny")
RELEASE = replace(TINY, editing=EditingConfig(decoding="unedited", correction="release"))
ROWS, WIDTH = TINY.backbone.num_ws, TINY.backbone.w_dim


def direction(name: str, value: float, correction: tuple[str, float] | None = None) -> EditDirection:
    return EditDirection(name, "face", torch.full((ROWS, WIDTH), value), "deviations", 3.0, correction)


DIRECTIONS = (direction("age", 1.0, ("glasses", -0.8)), direction("glasses", 10.0), direction("smile", 100.0))


@pytest.fixture(scope="module")
def generator() -> Generator:
    torch.manual_seed(0)
    return Generator(TINY).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def release(generator: Generator) -> Generator:
    twin = Generator(RELEASE).eval().requires_grad_(False)
    twin.load_state_dict(generator.state_dict())
    return twin


def inversion(generator: Generator, modulation: Modulation | None = None) -> Inversion:
    """A head with planes of its own, so that they can be told from recomputed ones."""
    torch.manual_seed(5)
    w_plus = torch.randn(1, ROWS, WIDTH)
    features = generator.feature_map(w_plus)
    if modulation is None:
        modulation = Modulation(torch.ones_like(features.x), torch.zeros_like(features.x))
    planes = TriPlane(torch.randn(1, 3, 8, 32, 32), 1.0, "orthogonal")
    photo = AlignedPhoto(torch.zeros(1, 3, 64, 64), orbit(0.1, 0.0, rig=TINY.camera), "none", Crop((1, 1), 2))
    return Inversion(photo, w_plus, features, modulation, planes, torch.rand(1, 3, 32, 32), {})


def drawn_modulation() -> Modulation:
    x = torch.Size((1, TINY.backbone.width(16), 16, 16))
    return Modulation(1.0 + 0.3 * torch.randn(x), 0.3 * torch.randn(x), 0.3 * torch.randn(1, 3, 8, 32, 32))


@pytest.mark.parametrize("edits", [[], [Edit("age", 0.0)], [Edit("age", 0.0), Edit("smile", 0.0)]])
@pytest.mark.parametrize("behaviour", ["ours", "release"])
def test_zero_is_exactly_the_unedited_head(
    generator: Generator, release: Generator, behaviour: str, edits: list[Edit]
) -> None:
    head = inversion(generator)
    portrait = apply_edits(generator if behaviour == "ours" else release, head, DIRECTIONS, edits)
    assert portrait.w_plus is head.w_plus
    assert portrait.planes is head.planes
    assert portrait.visibility is head.visibility


def test_several_edits_add_up(generator: Generator) -> None:
    moved = edited_w_plus(
        generator, torch.zeros(1, ROWS, WIDTH), DIRECTIONS, [Edit("age", 2.0), Edit("smile", -0.5)]
    )
    assert torch.equal(moved, torch.full((1, ROWS, WIDTH), 2.0 - 50.0))


def test_the_release_takes_glasses_off_with_every_edit(release: Generator) -> None:
    start = torch.zeros(1, ROWS, WIDTH)
    both = edited_w_plus(release, start, DIRECTIONS, [Edit("age", 2.0), Edit("smile", 0.1)])
    torch.testing.assert_close(both, torch.full_like(start, 2.0 - 8.0 + 10.0))
    nothing = edited_w_plus(release, start, DIRECTIONS, [Edit("age", 0.0)])
    torch.testing.assert_close(nothing, torch.full_like(start, -8.0))


def test_unknown_attribute_is_named_with_those_there_are(generator: Generator) -> None:
    with pytest.raises(DirectionError, match="no attribute named 'beard'; it has: age, glasses, smile"):
        apply_edits(generator, inversion(generator), DIRECTIONS, [Edit("beard", 0.0)])
    with pytest.raises(DirectionError, match="it has: none"):
        apply_edits(generator, inversion(generator), (), [Edit("age", 1.0)])


def test_with_nothing_from_afa_an_edit_is_the_head_of_the_edited_style(generator: Generator) -> None:
    head = inversion(generator)
    portrait = apply_edits(generator, head, (direction("age", 0.01),), [Edit("age", 3.0)])
    expected = generator.planes(portrait.w_plus, generator.feature_map(portrait.w_plus))
    torch.testing.assert_close(portrait.w_plus, head.w_plus + 0.03)
    torch.testing.assert_close(portrait.planes.features, expected.features, rtol=1e-4, atol=1e-5)


def test_afa_is_kept_and_the_change_carried_along(generator: Generator) -> None:
    modulation = drawn_modulation()
    assert modulation.planes_shift is not None
    head = inversion(generator, modulation)
    portrait = apply_edits(generator, head, (direction("age", 0.01),), [Edit("age", 2.0)])
    edited = generator.feature_map(portrait.w_plus)
    x = modulation.scale * head.features.x + modulation.shift + edited.x - head.features.x
    refined = generator.planes(portrait.w_plus, FeatureMap(x, edited.skip)).features + modulation.planes_shift
    plain = generator.planes(portrait.w_plus, edited).features
    seen = head.visibility[:, :, None]
    expected = seen * refined + (1.0 - seen) * plain
    torch.testing.assert_close(portrait.planes.features, expected, rtol=1e-4, atol=1e-5)
    assert portrait.visibility is head.visibility


def test_the_release_decodes_with_the_style_before_and_looks_anew(release: Generator) -> None:
    modulation = drawn_modulation()
    head = inversion(release, modulation)
    portrait = apply_edits(release, head, (direction("age", 0.01),), [Edit("age", 2.0)])
    edited = release.feature_map(portrait.w_plus)
    x = modulation.apply(head.features.x) + edited.x - head.features.x
    refined = modulated_planes(release, head.w_plus, x, edited.skip, modulation)
    seen = see(release, refined, head.w_plus, head.photo.camera).visibility
    plain = release.planes(portrait.w_plus, edited)
    assert torch.equal(portrait.visibility, seen)
    assert torch.equal(portrait.planes.features, fuse(plain, refined, seen).features)


def test_a_small_edit_is_a_small_change(generator: Generator) -> None:
    head = inversion(generator)
    steps = [
        apply_edits(generator, head, (direction("age", 1.0),), [Edit("age", s)]).planes.features
        for s in (1e-4, 2e-4)
    ]
    assert float((steps[0] - steps[1]).abs().max()) < 1e-2


GRIN = EditDirection("grin", "expression", 0.5 * torch.ones(ROWS, WIDTH), "deviations", 3.0)


def kept_of(generator: Generator, head: Inversion, w_edited: torch.Tensor, strength: float) -> torch.Tensor:
    before = generator.planes(head.w_plus, head.features)
    return kept_share(before, generator.planes(w_edited, generator.feature_map(w_edited)), strength)


def test_afa_gives_way_where_an_expression_acts(generator: Generator) -> None:
    head = inversion(generator, drawn_modulation())
    w_edited = edited_w_plus(generator, head.w_plus, [GRIN], [Edit("grin", 1.0)])
    kept = kept_of(generator, head, w_edited, 1.0)
    assert kept.shape == head.visibility.shape
    # a texel at the 0.9 quantile of the change keeps 1 - (1 - e^-2) / 2 = 0.568; nine in ten keep more
    assert float((kept > 1 - (1 - math.exp(-2)) / 2).float().mean()) == pytest.approx(0.9, abs=0.01)
    features = generator.feature_map(w_edited)
    w_planes = generator.planes(w_edited, features)
    x = head.modulation.apply(head.features.x) + features.x - head.features.x
    refined = modulated_planes(generator, w_edited, x, features.skip, head.modulation)
    expected = fuse(w_planes, refined, head.visibility * kept)
    portrait = apply_edits(generator, head, [GRIN], [Edit("grin", 1.0)])
    torch.testing.assert_close(portrait.planes.features, expected.features)
    # what the photo saw is still what it saw
    assert portrait.visibility is head.visibility


def test_afa_gives_way_by_degrees_and_to_expressions_alone(generator: Generator) -> None:
    head = inversion(generator, drawn_modulation())
    w_edited = edited_w_plus(generator, head.w_plus, [GRIN], [Edit("grin", 0.001)])
    assert float(kept_of(generator, head, w_edited, 0.001).min()) > 0.997
    assert float(kept_of(generator, head, head.w_plus, 1.0).min()) > 0.98  # nothing changed, little is lost
    # together with another edit it is the expression's change that counts
    both = apply_edits(generator, head, [GRIN, *DIRECTIONS], [Edit("grin", 1.0), Edit("age", 0.01)])
    alone = apply_edits(generator, head, DIRECTIONS, [Edit("age", 0.01)])
    twin = EditDirection("grin", "look", GRIN.offset, "deviations", 3.0)
    look = apply_edits(generator, head, [twin], [Edit("grin", 1.0)])
    grin = apply_edits(generator, head, [GRIN], [Edit("grin", 1.0)])
    assert not torch.equal(look.planes.features, grin.planes.features)
    assert not torch.equal(both.planes.features, alone.planes.features)
