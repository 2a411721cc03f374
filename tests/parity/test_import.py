"""A snapshot in upstream's format, imported, meets the pictures recorded from upstream."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from goae_core.camera import Camera
from goae_core.generator import Generator
from goae_core.models import ModelStore
from tests.goae_core.upstream.snapshots import Form, snapshot
from tests.parity.conftest import Tag, assert_near, preset_of, recorded


@pytest.mark.parametrize(
    ("tag", "form"),
    [("small2x", Form(others=True)), ("small4x", Form(protocol=2, ordered=True, old_numpy=True))],
)
def test_an_imported_generator_meets_the_recordings(
    tmp_path: Path, front: Camera, tag: Tag, form: Form
) -> None:
    model, described = recorded(tag), preset_of(tag)
    path = tmp_path / "snapshot.pkl"
    path.write_bytes(snapshot(model.generator.state_dict(), described, form))
    store = ModelStore(tmp_path / "embedded", tmp_path / "imported")
    store.import_([path], name=tag)

    read = store.load(tag)
    # AFA as wide as the narrow feature map; a snapshot knows nothing of it
    afa = replace(described.afa, token_dim=described.backbone.width(32))
    assert read.preset == replace(described, name=read.preset.name, afa=afa)
    generator = Generator(read.preset).eval()
    generator.load_state_dict(dict(read.weights["generator"]), strict=True)
    planes = generator.planes(model.w_plus, generator.feature_map(model.w_plus))
    rendering = generator.render(planes, model.w_plus, front)
    expected = model.golden("render_front")
    assert_near(rendering.raw, expected["raw"], 5e-5)
    assert_near(rendering.depth, expected["depth"], 5e-5)
    assert_near(rendering.image, expected["image"], 5e-5)
