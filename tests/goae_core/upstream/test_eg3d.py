"""Snapshots of every age: names, numbers, preset; and what is refused."""

from __future__ import annotations

import json
import pickletools
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from goae_core.camera import orbit
from goae_core.errors import CheckpointError
from goae_core.generator import Generator
from goae_core.presets import Preset, preset
from goae_core.upstream.eg3d import PersistentRecord, describe, named_tensors, read_eg3d
from goae_core.upstream.legacy_storage import TensorRecord
from tests.goae_core.upstream.snapshots import Form, small_preset, snapshot

PLAIN = Form()


@pytest.fixture(scope="module")
def generator() -> Generator:
    torch.manual_seed(1)
    made = Generator(small_preset())
    with torch.no_grad():
        for tensor in made.state_dict().values():
            if tensor.dim() < 2:  # zeros and ones as made: they would hide a mixed-up bias
                tensor.copy_(torch.randn_like(tensor))
    return made


@pytest.fixture
def written(tmp_path: Path, generator: Generator) -> Callable[..., Path]:
    def write(form: Form = PLAIN, **settings: Any) -> Path:  # noqa: ANN401
        path = tmp_path / "eg3d.pkl"
        path.write_bytes(snapshot(generator.state_dict(), small_preset(), form, **settings))
        return path

    return write


@pytest.mark.parametrize(
    "form",
    [
        Form(),
        Form(protocol=2),
        Form(protocol=3),
        Form(protocol=5),
        Form(ordered=True, old_numpy=True),
        Form(protocol=2, ordered=True, old_numpy=True),
        Form(cuda_axes=False),
        Form(others=True),
    ],
    ids=str,
)
def test_every_form_gives_the_same_names_numbers_and_preset(
    written: Callable[..., Path], generator: Generator, form: Form
) -> None:
    read = read_eg3d(written(form))
    expected = generator.state_dict()
    assert list(read.weights) != []
    assert read.weights.keys() == expected.keys()
    assert all(torch.equal(read.weights[name], expected[name]) for name in expected)
    assert read.preset == small_preset()


def test_nothing_that_the_snapshot_carries_is_run(
    written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    path = written()
    monkeypatch.setattr("builtins.exec", lambda *a: ran.append("exec"))
    monkeypatch.setattr("builtins.eval", lambda *a: ran.append("eval"))
    monkeypatch.setattr("os.system", lambda *a: ran.append("system"))
    monkeypatch.setattr("torch.storage._load_from_bytes", lambda *a: ran.append("load"))
    monkeypatch.setattr("torch._utils._rebuild_tensor_v2", lambda *a: ran.append("rebuild"))
    read_eg3d(path)
    assert ran == []


def test_the_imported_generator_renders_what_the_original_renders(
    written: Callable[..., Path], generator: Generator
) -> None:
    read = read_eg3d(written())
    other = Generator(read.preset).eval()
    other.load_state_dict(read.weights, strict=True)
    camera = orbit(0.3, 0.1)
    w_plus = generator.map(torch.randn(1, 12), camera.label())

    def picture(network: Generator) -> Tensor:
        with torch.inference_mode():
            planes = network.planes(w_plus, network.feature_map(w_plus))
            return network.render(planes, w_plus, camera).image

    assert torch.equal(picture(other), picture(generator.eval()))


@pytest.mark.parametrize("kind", ["4X", "8X", "8XDC"])
def test_the_upscaler_is_known_by_its_class_name(tmp_path: Path, kind: str) -> None:
    described = small_preset(kind)
    path = tmp_path / "x.pkl"
    path.write_bytes(snapshot(Generator(described).state_dict(), described))
    assert read_eg3d(path).preset == described


def test_the_legacy_upscaler_is_a_4x_that_never_antialiases(tmp_path: Path) -> None:
    described = small_preset("4X")
    path = tmp_path / "x.pkl"
    path.write_bytes(
        snapshot(Generator(described).state_dict(), described, upscaler="SuperresolutionHybridDeepfp32")
    )
    upscaler = read_eg3d(path).preset.super_resolution
    assert upscaler == replace(described.super_resolution, antialias=False)


def test_unknown_upscaler_is_refused(written: Callable[..., Path]) -> None:
    with pytest.raises(
        CheckpointError, match="has the upscaler 'SuperresolutionHybrid8XDC_Ws17', which is not"
    ):
        read_eg3d(written(upscaler="SuperresolutionHybrid8XDC_Ws17"))


def test_settings_come_from_the_attribute_not_from_the_arguments(written: Callable[..., Path]) -> None:
    settings = {
        "ray_start": 2.0,
        "ray_end": 3.5,
        "box_warp": 1.2,
        "depth_resolution": 7,
        "white_back": True,
        "disparity_space_sampling": True,
        "c_scale": 0.5,
        "c_gen_conditioning_zero": True,
        "decoder_lr_mul": 2,
        "avg_camera_radius": 1.7,
        "avg_camera_pivot": [0, 0, -0.06],
        "sr_antialias": False,
    }
    read = read_eg3d(written(rendering=settings, arguments={"sr_num_fp16_res": 0, "conv_clamp": 256}))
    render = read.preset.render
    assert (render.ray_start, render.ray_end, render.box_side, render.coarse_samples) == (2.0, 3.5, 1.2, 7)
    assert render.white_background
    assert render.disparity_sampling
    assert (read.preset.backbone.camera_scale, read.preset.backbone.camera_zero) == (0.5, True)
    assert read.preset.backbone.conv_clamp == 256
    assert read.preset.radiance.lr_multiplier == 2
    assert read.preset.camera.radius == 1.7
    assert read.preset.camera.pivot == (0.0, 0.0, -0.06)
    assert not read.preset.super_resolution.antialias
    assert read.preset.super_resolution.conv_clamp is None


def test_missing_settings_have_the_defaults_of_the_specification(written: Callable[..., Path]) -> None:
    read = read_eg3d(written(without=("c_scale", "decoder_lr_mul", "white_back", "sr_num_fp16_res")))
    assert read.preset.backbone.camera_scale == 0
    assert read.preset.radiance.lr_multiplier == 1
    assert not read.preset.render.white_background
    assert read.preset.super_resolution.conv_clamp == 256


def test_automatic_ray_limits_are_none(written: Callable[..., Path]) -> None:
    read = read_eg3d(written(rendering={"ray_start": "auto", "ray_end": "auto"}))
    assert (read.preset.render.ray_start, read.preset.render.ray_end) == (None, None)
    with pytest.raises(CheckpointError, match="but not both"):
        read_eg3d(written(rendering={"ray_start": "auto"}))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"clamp_mode": "relu"}, "clamp_mode 'relu'"),
        ({"box_warp": "wide"}, "sets 'box_warp' to 'wide'; expected a number"),
        ({"box_warp": float("nan")}, "sets 'box_warp' to nan"),
        ({"depth_resolution": 4.5}, "expected a whole number"),
        ({"avg_camera_pivot": [0, 1]}, "expected three numbers"),
        ({"white_back": "no"}, "expected True or False"),
        ({"c_scale": None}, "sets 'c_scale' to NoneType"),
    ],
)
def test_settings_of_the_wrong_kind_are_refused(
    written: Callable[..., Path], settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CheckpointError, match=sentence):
        read_eg3d(written(rendering=settings))


def test_truncation_anywhere_ends_in_a_sentence(tmp_path: Path, written: Callable[..., Path]) -> None:
    data = written().read_bytes()
    for share in (0.0, 0.0001, 0.01, 0.3, 0.5, 0.9, 0.999, 1 - 1 / len(data)):
        path = tmp_path / "cut.pkl"
        path.write_bytes(data[: int(share * len(data))])
        with pytest.raises(CheckpointError, match=r"'cut\.pkl' is (truncated|empty|damaged)"):
            read_eg3d(path)


def test_altered_files_end_in_a_sentence_or_are_read(tmp_path: Path, written: Callable[..., Path]) -> None:
    """Bytes of the pickle's program are altered, not of the numbers; a fixed seed, so a failure repeats."""
    data = written(Form(protocol=2)).read_bytes()
    places = [position or 0 for _, _, position in pickletools.genops(data)]
    draw = random.Random(4)
    path, refused = tmp_path / "altered.pkl", 0
    for _ in range(60):
        altered = bytearray(data)
        place = min(max(draw.choice(places) + draw.randrange(-2, 12), 0), len(data) - 1)
        altered[place] = draw.randrange(256)
        path.write_bytes(altered)
        try:
            read_eg3d(path)
        except CheckpointError as error:
            refused += 1
            assert "altered.pkl" in str(error)  # noqa: PT017 - some alterations are harmless
            assert "\n" not in str(error)  # noqa: PT017
    assert refused > 30


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 a zip",
        b"\x89PNG\r\n\x1a\n",
        b"<html>not found</html>",
        b"version https://git-lfs",
        b"\0" * 99,
    ],
)
def test_files_of_other_kinds_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.pkl"
    path.write_bytes(content)
    with pytest.raises(
        CheckpointError, match=r"'foreign.pkl' (is truncated or is no pickle|uses the pickle operation)"
    ):
        read_eg3d(path)


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.pkl", tmp_path):
        with pytest.raises(CheckpointError, match="there is no file"):
            read_eg3d(path)


def test_networks_nested_or_shared_beyond_reason_are_refused() -> None:
    def record(**state: object) -> PersistentRecord:
        return PersistentRecord({"type": "class", "class_name": "Layer", "state": state})

    endless = record(_modules={})
    endless.state["_modules"]["again"] = endless
    with pytest.raises(CheckpointError, match="nests its networks"):
        named_tensors(endless, "the file")
    doubled = record(_parameters={"w": TensorRecord(None, 0, (), ())})  # type: ignore[arg-type]  # never read
    for _ in range(30):
        doubled = record(_modules={"a": doubled, "b": doubled})
    with pytest.raises(CheckpointError, match="nests its networks"):
        named_tensors(doubled, "the file")
    with pytest.raises(CheckpointError, match="'w' is no tensor"):
        named_tensors(record(_parameters={"w": 3}), "the file")


@pytest.mark.parametrize("name", ["ffhq512", "afhqcats512"])
def test_official_sizes_and_settings_give_the_official_presets(shared_dir: Path, name: str) -> None:
    """Shapes alone decide, so the weights stay on the meta device."""
    tag = {"ffhq512": "ffhq", "afhqcats512": "afhq"}[name]
    manifest = json.loads(
        (shared_dir / "spec" / f"manifest_generator_{tag}.json").read_text(encoding="utf-8")
    )
    weights = {n: torch.empty(entry["shape"], device="meta") for n, entry in manifest.items()}
    upscaler = PersistentRecord({"type": "class", "class_name": "SuperresolutionHybrid8XDC", "state": {}})
    official: Preset = preset(name)
    rendering = {
        "depth_resolution": 48,
        "depth_resolution_importance": 48,
        "ray_start": 2.25,
        "ray_end": 3.3,
        "box_warp": 1,
        "avg_camera_radius": 2.7,
        "avg_camera_pivot": list(official.camera.pivot),
        "c_scale": 1.0,
        "sr_antialias": True,
        "white_back": False,
        "gpc_reg_prob": 0.8,
    }
    record = PersistentRecord(
        {
            "type": "class",
            "class_name": "TriPlaneGenerator",
            "state": {
                "_init_kwargs": {"channel_base": 32768, "channel_max": 512, "sr_num_fp16_res": 4},
                "rendering_kwargs": rendering,
                "neural_rendering_resolution": 128,
                "_modules": {"superresolution": upscaler},
            },
        }
    )
    assert describe(record, weights, "the file") == official
    assert sum(t.numel() for t in weights.values()) == 31_493_160
    assert {n: tuple(t.shape) for n, t in weights.items()} == _shapes(official)


def _shapes(described: Preset) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        return {name: tuple(t.shape) for name, t in Generator(described).state_dict().items()}
