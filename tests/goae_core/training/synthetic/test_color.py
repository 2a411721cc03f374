from __future__ import annotations

import numpy as np
import pytest

from goae_core.training.synthetic.color import LUMINANCE, hair_color, skin_color, to_linear, to_srgb


def test_middle_grey_and_the_way_back() -> None:
    assert to_linear(np.array([0.5])) == pytest.approx([0.21404], abs=1e-5)
    values = np.linspace(0, 1, 65)
    assert to_srgb(to_linear(values)) == pytest.approx(values, abs=1e-4)


@pytest.mark.parametrize("tone", [-3.5, -2.0, -0.7])
def test_skin_has_the_luminance_it_is_asked_for_and_is_warm(tone: float) -> None:
    color = skin_color(tone)
    assert float(color @ LUMINANCE) == pytest.approx(np.exp(tone))
    assert color[0] > color[1] > color[2]


def test_hair_runs_from_grey_to_red_at_one_luminance() -> None:
    grey, red = hair_color(-2.0, 0.0), hair_color(-2.0, 1.0)
    assert grey == pytest.approx(np.full(3, np.exp(-2.0)))
    assert float(red @ LUMINANCE) == pytest.approx(np.exp(-2.0))
    assert red[0] / red[1] == pytest.approx(np.exp(1.1))
