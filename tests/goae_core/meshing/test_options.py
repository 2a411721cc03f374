from __future__ import annotations

import pytest

from goae_core.errors import ExportError
from goae_core.meshing.options import TEXTURED_TRIANGLES, MeshOptions


def test_defaults_ask_for_a_plain_mesh() -> None:
    assert MeshOptions().most_triangles is None
    assert MeshOptions(texture=2048).most_triangles == TEXTURED_TRIANGLES
    assert MeshOptions(texture=2048, triangles=900).most_triangles == 900


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"resolution": 2}, "must be 8 to 768 points a side, got 2"),
        ({"texture": 1000}, "has 1024, 2048, 4096 texels a side, or 0 for none, got 1000"),
        ({"smoothing": 51}, "in 0 to 50 passes, got 51"),
        ({"triangles": 10}, "at least 500 triangles, got 10"),
    ],
)
def test_senseless_wishes_are_one_sentence(wrong: dict[str, int], said: str) -> None:
    with pytest.raises(ExportError, match=said):
        MeshOptions(**wrong)  # type: ignore[arg-type]  # a table of ints
