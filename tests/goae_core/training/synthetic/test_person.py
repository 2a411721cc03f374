from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goae_core.training.synthetic.features import LABEL_NAMES, features, identity, labels
from goae_core.training.synthetic.head_pack import HeadPack
from goae_core.training.synthetic.lighting import sample_light
from goae_core.training.synthetic.morphing import EYE_FRONT, EYE_HEIGHT, landmarks, morph
from goae_core.training.synthetic.person import Person, sample_person
from goae_core.training.synthetic.scene import Material, build_scene
from goae_core.training.synthetic.texturing import skin_shares


def _draw(seed: int, pack: HeadPack, painted_share: float = 0.0) -> Person:
    return sample_person(np.random.default_rng(seed), pack, painted_share=painted_share)


def test_a_seed_draws_the_same_person_again(pack: HeadPack) -> None:
    for seed in range(6):
        assert repr(_draw(seed, pack)) == repr(_draw(seed, pack))
    assert repr(_draw(4, pack)) != repr(_draw(5, pack))


def test_paint_changes_nothing_else_about_a_person(pack: HeadPack) -> None:
    plain, painted = _draw(5, pack), _draw(5, pack, painted_share=1.0)
    assert plain.paint is None
    assert painted.paint is not None
    assert identity(plain, pack) == pytest.approx(identity(painted, pack))
    assert labels(plain) == pytest.approx(labels(painted))


def test_attributes_are_drawn_independently(pack: HeadPack) -> None:
    values = np.array([labels(_draw(seed, pack)) for seed in range(600)])
    # beards grow on men, and mostly women paint their lips
    kept = [name for name in LABEL_NAMES if name not in ("beard", "moustache", "lipstick")]
    columns = values[:, [LABEL_NAMES.index(name) for name in kept]]
    correlation = np.corrcoef(columns.T) - np.eye(len(kept))
    # 600 independent draws correlate by 0.04 on average; 0.2 is five times that
    assert np.abs(correlation).max() < 0.2


def test_beards_grow_on_men(pack: HeadPack) -> None:
    values = np.array([labels(_draw(seed, pack)) for seed in range(200)])
    gender = values[:, LABEL_NAMES.index("gender")]
    for name in ("beard", "moustache"):
        density = values[:, LABEL_NAMES.index(name)]
        assert np.all(density[gender <= 0.5] == 0)
        assert np.any(density[gender > 0.5] > 0)


def test_identity_is_standardised_and_leaves_the_labels_out(pack: HeadPack) -> None:
    people = [_draw(seed, pack) for seed in range(200)]
    vectors = np.array([identity(person, pack) for person in people])
    spread = vectors.std(axis=0)
    assert 0.5 < spread.mean() < 1.2
    assert spread.max() < 2.0
    older = replace(people[0], age=77.0, skin_tone=-3.0, smile=people[0].smile, weight=0.9)
    assert identity(older, pack) == pytest.approx(vectors[0])


def test_labels_stand_where_their_names_say(pack: HeadPack) -> None:
    bald = replace(_draw(1, pack), hair_style="", hairdo=None)
    person = replace(bald, age=33.0, smile=0.25, spectacles=None, moustache=0.3, headwear=None)
    values = dict(zip(LABEL_NAMES, labels(person), strict=True))
    assert values["age"] == 33.0
    assert values["smile"] == 0.25
    assert values["glasses"] == 0.0
    assert values["hair_amount"] == 0.0
    assert values["hair_curl"] == 0.0
    assert values["moustache"] == pytest.approx(0.3)
    assert values["lipstick"] == pytest.approx(person.makeup.lips)
    assert values["headwear"] == 0.0


def test_features_need_no_rendering(pack: HeadPack) -> None:
    rng = np.random.default_rng(0)
    described = features(sample_person(rng, pack), sample_light(rng), pack)
    assert described.labels.shape == (17,)
    assert described.light_labels.shape == (5,)
    assert described.light_sh.shape == (27,)
    assert described.identity.shape == identity(_draw(8, pack), pack).shape


def test_age_keeps_hair_and_moves_skins(pack: HeadPack) -> None:
    plain = replace(_draw(2, pack), hairdo=None, stray_skins=np.zeros(22))
    young = replace(plain, age=20.0, gender=1.0, skin_tone=-1.0, hair_style="short04")
    old = replace(young, age=80.0)
    assert skin_shares(young, pack) == {"young_lightskinned_male": 1.0}
    assert skin_shares(old, pack) == {"old_lightskinned_male": 1.0}
    assert Material.HAIR in build_scene(old, pack, texture_size=64).material


def test_dark_tones_use_dark_skins(pack: HeadPack) -> None:
    plain = replace(_draw(2, pack), stray_skins=np.zeros(22))
    person = replace(plain, age=20.0, gender=0.0, skin_tone=float(np.log(0.04)))
    assert skin_shares(person, pack) == {"young_darkskinned_female": 1.0}


def test_other_skins_can_be_mixed_in(pack: HeadPack) -> None:
    stray = np.zeros(22)
    stray[0] = 0.2
    person = replace(_draw(2, pack), stray_skins=stray)
    shares = skin_shares(person, pack)
    assert shares[pack.skin_names[0]] >= 0.2
    assert sum(shares.values()) == pytest.approx(1.0)


def test_heads_stand_where_the_cameras_look_and_smiles_do_not_move_them(pack: HeadPack) -> None:
    still = replace(_draw(3, pack), smile=0.0)
    smiling = replace(still, smile=1.0)
    before, after = landmarks(morph(still, pack), pack), landmarks(morph(smiling, pack), pack)
    assert before[:2].mean(axis=0) == pytest.approx([0, EYE_HEIGHT, EYE_FRONT], abs=1e-6)
    assert before[0, 0] < 0 < before[1, 0]
    assert before[3, 0] < before[4, 0]
    assert before[2, 2] > before[0, 2]
    assert after[:2] == pytest.approx(before[:2])
    assert np.all(after[3:, 1] > before[3:, 1])


def test_spectacles_sit_before_the_eyes(pack: HeadPack) -> None:
    person = next(p for p in (_draw(seed, pack) for seed in range(100)) if p.spectacles is not None)
    scene = build_scene(person, pack, texture_size=64)
    rims = scene.mesh.positions[scene.vertex_material == Material.GLASSES]
    assert rims[:, 2].max() > scene.landmarks[0, 2]
    assert np.abs(rims[:, 0].mean()) < 0.01
    assert (
        Material.GLASSES not in build_scene(replace(person, spectacles=None), pack, texture_size=64).material
    )
