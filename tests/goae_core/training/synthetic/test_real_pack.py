"""What only the pack of the shipped model can show; skipped where it is absent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goae_core.training.synthetic.features import identity
from goae_core.training.synthetic.head_pack import HeadPack
from goae_core.training.synthetic.lighting import sample_light
from goae_core.training.synthetic.morphing import EYE_FRONT, EYE_HEIGHT, PROPORTIONS, landmarks, morph
from goae_core.training.synthetic.person import HAIR_AMOUNT, sample_person
from goae_core.training.synthetic.rendering import render_person
from goae_core.training.synthetic.viewpoint import look_from


def test_its_parts_are_those_the_code_counts_on(real_pack: HeadPack) -> None:
    assert set(real_pack.names("hair")) <= set(HAIR_AMOUNT)
    assert set(PROPORTIONS) <= set(real_pack.targets)
    assert len(real_pack.skin_names) == 22
    left, right = (real_pack.vertices[k] for k in real_pack.mouth_corners)
    assert left == pytest.approx(right * [-1, 1, 1], abs=1e-3)
    assert identity(sample_person(np.random.default_rng(0), real_pack), real_pack).shape == (338,)


def test_mean_heads_have_the_landmarks_of_aligned_photographs(real_pack: HeadPack) -> None:
    people = [sample_person(np.random.default_rng([5, k]), real_pack) for k in range(40)]
    mean = np.mean([landmarks(morph(person, real_pack), real_pack) for person in people], axis=0)
    assert mean[:2].mean(axis=0) == pytest.approx([0, EYE_HEIGHT, EYE_FRONT], abs=0.003)
    place, _ = look_from(0.0, 0.0).project(mean)
    # read off six photographs with published cameras, in picture sides
    assert place[1, 0] - place[0, 0] == pytest.approx(0.27, abs=0.015)
    assert place[3:, 1].mean() - place[:2, 1].mean() == pytest.approx(0.285, abs=0.02)


def test_a_smile_moves_the_mouth_and_not_the_brow(real_pack: HeadPack) -> None:
    person = replace(sample_person(np.random.default_rng([5, 3]), real_pack), smile=0.0, mouth_open=0.0)
    lights = [sample_light(np.random.default_rng(1))]
    still, smiling = (
        render_person(replace(person, smile=s), real_pack, lights, [look_from(0, 0)], resolution=128)
        for s in (0.0, 1.0)
    )
    change = np.abs(still.foreground[0, 0].astype(int) - smiling.foreground[0, 0].astype(int)).mean(axis=-1)
    place, _ = look_from(0, 0).project(still.landmarks)
    mouth_row = int(128 * place[3:, 1].mean())
    assert change[mouth_row - 10 : mouth_row + 10, 40:88].mean() > 4 * change[4:24, 40:88].mean()
