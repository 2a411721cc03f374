"""A head in one file: reopened it shows and edits the same, and no broken or hostile file gets in."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image
from torch import Tensor

from goae_core.animation import Animation, View
from goae_core.camera import orbit
from goae_core.checkpoint import read_checkpoint, write_checkpoint
from goae_core.crop import Crop
from goae_core.editing import Edit
from goae_core.errors import ProjectError
from goae_core.models import ModelStore
from goae_core.networks.afa import Afa
from goae_core.networks.encoder import Encoder
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import Pipeline, RenderRequest
from goae_core.project import Project, read_project, write_project
from goae_core.showing import Backdrop, Showing
from tests.goae_core.tiny_model import tiny, tiny_checkpoint

META, TENSORS, CROP = "meta.json", "tensors.safetensors", "crop.png"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    folder = tmp_path_factory.mktemp("models")
    write_checkpoint(tiny_checkpoint(), folder / "embedded" / "tiny", half=False)
    return ModelStore(folder / "embedded", folder / "imported")


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(tiny_checkpoint(), "cpu")


@pytest.fixture(scope="module")
def made(pipeline: Pipeline) -> Project:
    side = tiny().image_size
    values = torch.randint(0, 256, (1, 3, side, side), generator=torch.Generator().manual_seed(5))
    rows = torch.linspace(-1, 1, side)
    matte = (rows[:, None] ** 2 + rows[None] ** 2 < 0.8).float()[None, None]
    photo = AlignedPhoto(
        pixels=values / 127.5 - 1.0,
        camera=orbit(0.2, -0.1),
        source="/home/somebody/private/me.jpg",
        crop=Crop((120.5, 80.25), 300.0, 0.1),
        matte=matte,
    )
    inversion = pipeline.invert(photo)
    return Project(inversion, (Edit("smile", 1.5), Edit("age", 0.0)), "tiny", orbit(-0.5, 0.3))


@pytest.fixture
def path(made: Project, store: ModelStore, tmp_path: Path) -> Path:
    write_project(made, tmp_path / "me.goae", store=store)
    return tmp_path / "me.goae"


def test_everything_that_was_written_is_read(made: Project, path: Path, store: ModelStore) -> None:
    read = read_project(path, store=store)
    written, inversion = made.inversion, read.inversion
    assert (read.model, read.edits) == ("tiny", made.edits)
    assert torch.equal(read.camera.label(), made.camera.label())
    assert torch.equal(inversion.photo.camera.label(), written.photo.camera.label())
    assert inversion.photo.crop == written.photo.crop
    assert inversion.photo.source == "me.jpg"  # not whose folder it lay in
    assert torch.equal(inversion.photo.pixels, written.photo.pixels)  # 8-bit values come back exactly
    assert torch.equal(inversion.w_plus, written.w_plus)
    assert (inversion.planes.box_side, inversion.planes.axes) == (1.0, "orthogonal")
    assert inversion.seconds == written.seconds
    assert (inversion.w_planes, inversion.rendering) == (None, None)
    pairs = [
        (inversion.features.x, written.features.x),
        (inversion.features.skip, written.features.skip),
        (inversion.modulation.scale, written.modulation.scale),
        (inversion.modulation.shift, written.modulation.shift),
        (inversion.modulation.planes_shift, written.modulation.planes_shift),
        (inversion.planes.features, written.planes.features),
        (inversion.visibility, written.visibility),
        (inversion.photo.matte, written.photo.matte),
    ]
    for got, expected in pairs:
        assert got is not None
        assert expected is not None
        assert got.dtype == torch.float32
        assert torch.equal(got, expected.half().float())


def test_the_share_of_detail_is_kept(made: Project, path: Path, store: ModelStore, tmp_path: Path) -> None:
    assert read_project(path, store=store).detail is None
    write_project(replace(made, detail=0.25), tmp_path / "less.goae", store=store)
    assert read_project(tmp_path / "less.goae", store=store).detail == 0.25
    write_project(replace(made, detail=1.5), tmp_path / "more.goae", store=store)
    with pytest.raises(ProjectError, match=r"asks for 1\.5 of the photo's detail; expected 0 to 1"):
        read_project(tmp_path / "more.goae", store=store)


def test_pass_background_and_locks_are_kept(
    made: Project, path: Path, store: ModelStore, tmp_path: Path
) -> None:
    assert read_project(path, store=store).showing == Showing()
    showing = Showing("depth", Backdrop("color", (10, 200, 30)), ("age", "smile"))
    write_project(replace(made, showing=showing), tmp_path / "held.goae", store=store)
    assert read_project(tmp_path / "held.goae", store=store).showing == showing
    odd = replace(showing, backdrop=Backdrop("color", (10, 256, 30)))
    write_project(replace(made, showing=odd), tmp_path / "odd.goae", store=store)
    with pytest.raises(ProjectError, match=r"asks for the background \[10, 256, 30\]; expected red"):
        read_project(tmp_path / "odd.goae", store=store)


def test_keyframes_are_kept_and_a_project_from_before_there_were_any_opens(
    made: Project, path: Path, store: ModelStore, tmp_path: Path
) -> None:
    moving = Animation(2.5, 30, loops=False).with_view(0.5, View(0.3, -0.1, zoom=1.5))
    moving = moving.with_strength("smile", 1.0, 1.25).eased({("smile", 1.0)}, "ease_out")
    write_project(replace(made, animation=moving), tmp_path / "moving.goae", store=store)
    assert read_project(tmp_path / "moving.goae", store=store).animation == moving

    def without_animation(members: dict[str, bytes]) -> None:
        meta = json.loads(members[META])
        del meta["animation"]
        members[META] = json.dumps({**meta, "format": 1}).encode()

    assert read_project(_rebuilt(path, without_animation), store=store).animation.empty


def test_a_reopened_head_shows_and_edits_the_same_without_encoder_and_afa(
    made: Project, path: Path, store: ModelStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    for network in (Encoder, Afa):
        monkeypatch.setattr(network, "__call__", lambda *a, **k: pytest.fail("a network ran again"))
    read = read_project(path, store=store)
    for edits in ((), (Edit("smile", 2.0),)):
        seen = [
            pipeline.render(RenderRequest(pipeline.portrait(project.inversion, edits), orbit(0.4, 0.1))).color
            for project in (made, read)
        ]
        difference = np.abs(seen[0].astype(int) - seen[1].astype(int))
        assert difference.max() <= 3
        assert difference.mean() < 0.2
    assert pipeline.figures(read.inversion)["mse"] == pytest.approx(
        pipeline.figures(made.inversion)["mse"], rel=0.01
    )


def test_the_archive_holds_three_members_in_half_precision(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        assert [info.filename for info in archive.infolist()] == [META, TENSORS, CROP]
        assert archive.testzip() is None
        tensors = safetensors.torch.load(archive.read(TENSORS))
        meta = json.loads(archive.read(META))
        picture = Image.open(io.BytesIO(archive.read(CROP)))
    assert {n for n, t in tensors.items() if t.dtype != torch.float16} == {"w_plus"}
    assert (meta["format"], meta["model"], meta["source"]) == (2, "tiny", "me.jpg")
    assert len(meta["fingerprint"]) == 64
    assert len(meta["photo_camera"]) == 25
    assert meta["edits"] == [{"name": "smile", "strength": 1.5}, {"name": "age", "strength": 0.0}]
    assert (picture.size, picture.mode) == ((64, 64), "RGB")


def test_the_same_head_gives_the_same_file(
    made: Project, path: Path, store: ModelStore, tmp_path: Path
) -> None:
    write_project(made, tmp_path / "again.goae", store=store)
    assert (tmp_path / "again.goae").read_bytes() == path.read_bytes()


def test_numbers_beyond_half_precision_are_kept(made: Project, store: ModelStore, tmp_path: Path) -> None:
    planes = replace(made.inversion.planes, features=made.inversion.planes.features.clone())
    planes.features[0, 0, 0, 0, 0] = 1e5
    project = replace(made, inversion=replace(made.inversion, planes=planes))
    write_project(project, tmp_path / "x.goae", store=store)
    assert torch.equal(
        read_project(tmp_path / "x.goae", store=store).inversion.planes.features, planes.features
    )


def test_a_head_that_is_not_finite_is_not_written_and_the_old_file_stays(
    made: Project, path: Path, store: ModelStore
) -> None:
    before = path.read_bytes()
    broken = made.inversion.w_plus.clone()
    broken[0, 0, 0] = float("nan")
    with pytest.raises(ProjectError, match="holds numbers that are not finite in w_plus"):
        write_project(replace(made, inversion=replace(made.inversion, w_plus=broken)), path, store=store)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["me.goae"]


def test_a_failed_write_leaves_the_old_file_and_no_other(
    made: Project, path: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ProjectError, match=r"cannot write .*me\.goae': No space left on device"):
        write_project(made, path, store=store)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["me.goae"]


def test_a_head_without_matte_or_known_model_is_read_too(made: Project, tmp_path: Path) -> None:
    empty = ModelStore(tmp_path / "a", tmp_path / "b")
    photo = replace(made.inversion.photo, matte=None)
    modulation = replace(made.inversion.modulation, planes_shift=None)
    bare = replace(made, inversion=replace(made.inversion, photo=photo, modulation=modulation))
    write_project(bare, tmp_path / "x.goae", store=empty)
    read = read_project(tmp_path / "x.goae", store=empty)
    assert read.inversion.photo.matte is None
    assert read.inversion.modulation.planes_shift is None


def test_a_head_of_other_weights_under_the_same_name_is_outdated(
    path: Path, store: ModelStore, tmp_path: Path
) -> None:
    assert not read_project(path, store=store).outdated
    other = read_checkpoint(store.folder("tiny"))
    name, tensor = next(iter(other.weights["generator"].items()))
    weights = {**other.weights, "generator": {**other.weights["generator"], name: tensor + 1}}
    write_checkpoint(replace(other, weights=weights), tmp_path / "new" / "tiny")
    retrained = ModelStore(tmp_path / "new", tmp_path / "none")
    project = read_project(path, store=retrained)
    assert project.outdated
    # written with the new fingerprint, the old head would pass for one of the new weights
    with pytest.raises(ProjectError, match="the model 'tiny' has changed since this head was computed"):
        write_project(project, tmp_path / "x.goae", store=retrained)
    assert not (tmp_path / "x.goae").exists()


def _rebuilt(path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The same archive with its members changed."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _with_meta(path: Path, **changes: object) -> Path:
    def change(members: dict[str, bytes]) -> None:
        members[META] = json.dumps({**json.loads(members[META]), **changes}).encode()

    return _rebuilt(path, change)


def _with_tensors(path: Path, change: Callable[[dict[str, Tensor]], object]) -> Path:
    def rewrite(members: dict[str, bytes]) -> None:
        tensors = safetensors.torch.load(members[TENSORS])
        change(tensors)
        members[TENSORS] = safetensors.torch.save(tensors)

    return _rebuilt(path, rewrite)


def test_the_rebuilding_of_these_tests_does_not_itself_break_a_file(path: Path, store: ModelStore) -> None:
    read_project(_rebuilt(path, lambda members: None), store=store)
    read_project(_with_meta(path), store=store)
    read_project(_with_tensors(path, lambda tensors: None), store=store)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 3}, "has the format version 3; this program reads 1 to 2"),
        ({"format": True}, "has the format version True; this program reads 1 to 2"),
        ({"animation": {"seconds": 0}}, "an animation lasts up to 600 seconds, got 0"),
        ({"animation": {"camera": [{"seconds": 0, "view": {"yaw": "left"}}]}}, "yaw is 'left'"),
        ({"surplus": 1}, r"unknown keys \(surplus\)"),
        ({"crop": {"center": [1, 2]}}, r"meta.json.crop .*lacks keys \(side\)"),
        ({"crop": {"center": [1, 2], "side": 0, "roll": 0}}, "a crop or a head without size"),
        ({"box_side": -1}, "a crop or a head without size"),
        ({"camera": [0.0] * 24}, "a camera that is none"),
        ({"camera": [float("nan")] * 25}, r"camera\[0\] is nan"),
        ({"axes": "xyz"}, "expected one of 'eg3d', 'orthogonal'"),
        ({"edits": [{"name": "age", "strength": "much"}]}, "strength is 'much'"),
        ({"preset": {}}, "lacks keys"),
    ],
)
def test_a_meta_of_another_form_is_refused(
    path: Path, store: ModelStore, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ProjectError, match=sentence) as caught:
        read_project(_with_meta(path, **changes), store=store)
    assert "\n" not in str(caught.value)


def _set(name: str, value: Tensor) -> Callable[[dict[str, Tensor]], object]:
    return lambda tensors: tensors.update({name: value})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.pop("planes"), "planes is missing"),
        (_set("spy", torch.zeros(1)), "spy is unexpected"),
        (_set("features.x", torch.zeros(1, 9, 16, 16)), r"features\.\w+ has the shape|modulation\.\w+ has"),
        (_set("matte", torch.zeros(1, 1, 32, 32)), r"matte has the shape .*expected \[1, 1, 64, 64\]"),
        (_set("visibility", torch.zeros(1, 2, 32, 32)), r"visibility has the shape \[1, 2, 32, 32\]"),
        (_set("w_plus", torch.full((1, 8, 32), torch.inf)), "not finite in w_plus"),
        (_set("w_plus", torch.zeros(1, 8, 32, dtype=torch.int64)), "damaged"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_tensors_that_do_not_fit_are_refused(
    path: Path,
    store: ModelStore,
    tmp_path: Path,
    change: Callable[[dict[str, Tensor]], object],
    sentence: str,
    known: bool,
) -> None:
    if not known:  # the preset is then gone, and the tensors can only be compared with each other
        _with_meta(path, preset=None, fingerprint="")
    with pytest.raises(ProjectError, match=sentence):
        read_project(_with_tensors(path, change), store=store if known else ModelStore(tmp_path, tmp_path))


def test_only_the_preset_knows_the_width_of_a_style(path: Path, store: ModelStore) -> None:
    narrow = _with_tensors(path, _set("w_plus", torch.zeros(1, 8, 31)))
    with pytest.raises(ProjectError, match=r"w_plus has the shape \[1, 8, 31\], expected \[1, 8, 32\]"):
        read_project(narrow, store=store)


def _png(width: int, height: int, mode: str = "RGB", kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (_png(64, 32), "a photo of 64 x 32 pixels"),
        (_png(32, 32), r"32 x 32 pixels \(RGB\); expected 64"),
        (_png(64, 64, "L"), r"\(L\); expected 64"),
        (_png(64, 64, kind="BMP"), "damaged"),
        (_png(64, 64)[:60], "damaged"),
        (b"", "damaged"),
    ],
)
def test_a_picture_of_another_form_is_refused(
    path: Path, store: ModelStore, picture: bytes, sentence: str
) -> None:
    with pytest.raises(ProjectError, match=sentence):
        read_project(_rebuilt(path, lambda members: members.update({CROP: picture})), store=store)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop(CROP),
        lambda m: m.update({"../../evil": b"x"}),
        lambda m: m.update({"/etc/evil": b"x"}),
        lambda m: m.update({"meta.json/x": b"x"}),
        lambda m: m.clear(),
    ],
)
def test_other_members_are_refused(
    path: Path, store: ModelStore, change: Callable[[dict[str, bytes]], object]
) -> None:
    with pytest.raises(ProjectError, match="is no project: a project holds"):
        read_project(_rebuilt(path, change), store=store)
    assert [p.name for p in path.parent.iterdir()] == ["me.goae"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(path: Path, store: ModelStore) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(META, "{}")
    with pytest.raises(ProjectError, match="is no project"):
        read_project(path, store=store)


def test_bombs_are_refused_before_they_unfold(path: Path, store: ModelStore) -> None:
    def rebuilt_with(name: str, data: bytes) -> Path:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, data if member == name else content)
        return path

    spare = path.with_suffix(".spare")
    shutil.copy(path, spare)
    with pytest.raises(ProjectError, match=r"holds a meta.json of another size"):
        read_project(rebuilt_with(META, b" " * 2_000_000), store=store)
    shutil.copy(spare, path)
    huge = json.dumps({"planes": {"dtype": "F16", "shape": [1, 3, 4096, 4096, 4096], "data_offsets": [0, 9]}})
    bomb = len(huge).to_bytes(8, "little") + huge.encode() + b"\0" * 5_000_000
    with pytest.raises(ProjectError, match="does not fit its model"):
        read_project(rebuilt_with(TENSORS, bomb), store=store)
    shutil.copy(spare, path)
    with pytest.raises(ProjectError, match="damaged"):
        read_project(rebuilt_with(TENSORS, (2**40).to_bytes(8, "little") + b"{}"), store=store)


def test_truncation_anywhere_ends_in_a_sentence(path: Path, store: ModelStore) -> None:
    data = path.read_bytes()
    for share in (0.0, 0.001, 0.1, 0.5, 0.9, 0.999):
        path.write_bytes(data[: int(share * len(data))])
        with pytest.raises(ProjectError, match="is truncated or damaged, or no project at all"):
            read_project(path, store=store)


def test_a_flipped_bit_in_any_member_is_noticed(path: Path, store: ModelStore) -> None:
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        middles = [i.header_offset + 60 + i.compress_size // 2 for i in archive.infolist()]
    for place in middles:
        flipped = bytearray(data)
        flipped[place] ^= 0x10
        path.write_bytes(flipped)
        with pytest.raises(ProjectError, match="is truncated or damaged"):
            read_project(path, store=store)


def test_missing_files_and_files_of_other_kinds_are_named(tmp_path: Path, store: ModelStore) -> None:
    with pytest.raises(ProjectError, match=r"absent\.goae' cannot be opened: No such file"):
        read_project(tmp_path / "absent.goae", store=store)
    with pytest.raises(ProjectError, match="cannot be opened"):
        read_project(tmp_path, store=store)
    (tmp_path / "x.goae").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(ProjectError, match="no project at all"):
        read_project(tmp_path / "x.goae", store=store)


def test_an_encrypted_member_is_refused(path: Path, store: ModelStore) -> None:
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(ProjectError, match=r"packs meta\.json in a way that no project does"):
        read_project(path, store=store)
