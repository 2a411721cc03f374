from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goae_core.mesh import vertex_normals
from goae_core.meshing.unknown import colors_spread, drawn_over, unknown_share
from goae_core.presets import CameraConfig
from tests.goae_core.meshing.shapes import ball, marched_egg


def test_face_is_known_and_the_back_of_the_head_is_not() -> None:
    head = marched_egg(48)
    shape, color = unknown_share(head, CameraConfig(), 1.0)
    front, back = head.vertices[:, 2] > 0.1, head.vertices[:, 2] < -0.19
    assert shape[front].max() == 0.0
    assert shape[back].min() == 1.0
    assert np.array_equal(shape, color)
    # the same to the left as to the right
    left, right = head.vertices[:, 0] < 0, head.vertices[:, 0] > 0
    assert shape[left].mean() == pytest.approx(shape[right].mean(), abs=0.01)


def test_colour_on_the_cut_is_unknown_and_its_shape_is_kept() -> None:
    head = marched_egg(48)
    floor = float(head.vertices[:, 1].min())
    shape, color = unknown_share(head, CameraConfig(), 1.0, floor)
    lowest = np.argmin(head.vertices[:, 1])
    assert color[lowest] == 1.0
    assert shape[lowest] == 0.0


@pytest.mark.parametrize("directly", [True, False])
def test_relief_goes_where_nothing_is_known_and_the_rest_stays(
    directly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not directly:
        monkeypatch.setattr("goae_core.meshing.unknown._MOST_FREE", 4000)
        monkeypatch.setattr("goae_core.meshing.unknown._PROXY_TRIANGLES", 8000)
    clean = ball(5)
    x, y, z = clean.vertices.T
    unknown = (np.clip(-z / 0.2, 0.3, 0.8) - 0.3) / 0.5
    relief = 0.01 * np.sin(150.0 * x) * np.sin(150.0 * y) * (z < 0)
    vertices = clean.vertices * (1.0 + relief / 0.2)[:, None].astype(np.float32)
    marked = replace(clean, vertices=vertices, normals=vertex_normals(vertices, clean.faces))

    skin = drawn_over(marked, unknown.astype(np.float32))

    def roughness(vertices: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
        return float(np.std(np.linalg.norm(vertices[unknown == 1.0], axis=1)))

    assert roughness(skin.vertices) < 0.25 * roughness(vertices)
    assert np.linalg.norm(skin.vertices[unknown == 1.0], axis=1).mean() == pytest.approx(0.2, abs=0.01)
    assert np.array_equal(skin.vertices[unknown == 0.0], vertices[unknown == 0.0])


@pytest.mark.parametrize("directly", [True, False])
def test_unknown_takes_the_colours_around_it(directly: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not directly:
        monkeypatch.setattr("goae_core.meshing.unknown._MOST_FREE", 1000)
        monkeypatch.setattr("goae_core.meshing.unknown._PROXY_TRIANGLES", 2000)
    plain = ball(4)
    unknown = (plain.vertices[:, 2] < -0.05).astype(np.float32)
    colors = np.where(unknown[:, None] > 0, [0, 255, 0], [200, 100, 50]).astype(np.uint8)
    spread = colors_spread(replace(plain, colors=colors), unknown)
    assert np.abs(spread.colors.astype(int) - [200, 100, 50]).max() <= 1


def test_what_is_all_known_is_untouched() -> None:
    plain = ball(2)
    nothing = np.zeros(len(plain.vertices), dtype=np.float32)
    assert drawn_over(plain, nothing) is plain
    assert colors_spread(plain, nothing) is plain
