from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from goae_core.camera import orbit
from goae_core.checkpoint import NetworkName
from goae_core.crop import Crop
from goae_core.editing import Edit, Portrait
from goae_core.errors import CheckpointError, DirectionError, GoaeError, PhotoError, StoppedError
from goae_core.inversion import Inversion, head_over_black
from goae_core.photo import AlignedPhoto
from goae_core.pipeline import (
    PASSES,
    Frame,
    Pipeline,
    Quality,
    RenderRequest,
    build,
    choose_device,
    compare,
    draft_config,
    load_strictly,
)
from goae_core.presets import preset
from goae_core.triplane import TriPlane
from tests.goae_core.tiny_model import tiny_checkpoint

RIG = preset("tiny").camera
RADIUS = 0.2


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return build(tiny_checkpoint(), "cpu")


@pytest.fixture(scope="module")
def photo() -> AlignedPhoto:
    random = torch.Generator().manual_seed(2)
    pixels = 2.0 * torch.rand(1, 3, 64, 64, generator=random) - 1.0
    matte = torch.zeros(1, 1, 64, 64)
    matte[:, :, 10:60, 16:48] = 1.0
    return AlignedPhoto(pixels, orbit(0.2, 0.1, rig=RIG), "noise", Crop((32.0, 32.0), 64.0), matte)


@pytest.fixture(scope="module")
def inversion(pipeline: Pipeline, photo: AlignedPhoto) -> Inversion:
    return pipeline.invert(photo)


@pytest.fixture
def ball(monkeypatch: pytest.MonkeyPatch) -> tuple[Pipeline, Portrait]:
    """A model in which every head is a red ball around the origin, whatever its planes hold."""
    model = build(tiny_checkpoint(), "cpu")

    def query(planes: TriPlane, points: Tensor) -> tuple[Tensor, Tensor]:
        density = 2000.0 * (RADIUS - points.norm(dim=-1, keepdim=True))
        colors = torch.zeros(*points.shape[:2], 8)
        colors[..., 0] = 1.0
        return density, colors

    monkeypatch.setattr(model.generator, "query", query)
    planes = TriPlane(torch.zeros(1, 3, 8, 32, 32), 1.0, "orthogonal")
    seen = torch.ones(1, 3, 32, 32)
    seen[:, 1, :16] = 0.0  # plane 1 spans x and z: nothing with z < 0 was seen
    return model, Portrait(torch.zeros(1, 8, 32), planes, seen)


def look(model: tuple[Pipeline, Portrait], yaw: float, name: str) -> Frame:
    request = RenderRequest(model[1], orbit(yaw, 0.0, rig=RIG), passes=(name,), background=(1, 2, 3))
    return model[0].render(request)


def centre(picture: NDArray[np.uint8]) -> list[int]:
    # The camera looks at z = 0.2 along the axis through the ball's middle.
    middle = picture.shape[0] // 2
    return [
        int(v) for v in picture[middle - 1 : middle + 1, middle - 1 : middle + 1].mean(axis=(0, 1)).round()
    ]


def test_invert_reports_its_stages(pipeline: Pipeline, photo: AlignedPhoto) -> None:
    stages: list[str] = []
    inversion = pipeline.invert(photo, on_stage=stages.append)
    assert stages == ["matte", "encode", "afa", "fuse"]
    assert set(inversion.seconds) == {*stages, "total"}
    assert inversion.seconds["total"] == pytest.approx(sum(inversion.seconds[s] for s in stages))


def test_invert_sees_only_the_head(pipeline: Pipeline, photo: AlignedPhoto, inversion: Inversion) -> None:
    assert photo.matte is not None
    blackened = replace(photo, pixels=head_over_black(photo.pixels, photo.matte))
    assert torch.equal(pipeline.invert(blackened).planes.features, inversion.planes.features)
    brighter = replace(photo, pixels=(photo.pixels + 0.3).clamp(max=1.0))
    assert not torch.equal(pipeline.invert(brighter).w_plus, inversion.w_plus)


def test_inversion_mixes_by_what_was_seen(inversion: Inversion) -> None:
    assert inversion.w_planes is not None
    assert inversion.rendering is not None
    unseen = inversion.visibility[:, :, None].expand_as(inversion.planes.features) == 0.0
    assert bool(unseen.any())
    assert torch.equal(inversion.planes.features[unseen], inversion.w_planes.features[unseen])


def test_photo_of_another_size_is_refused(pipeline: Pipeline, photo: AlignedPhoto) -> None:
    with pytest.raises(PhotoError, match=r"must have shape \(1, 3, 64, 64\).*got \(1, 3, 32, 32\)"):
        pipeline.invert(replace(photo, pixels=photo.pixels[..., ::2, ::2]))


def test_incomplete_models_say_what_they_lack(photo: AlignedPhoto) -> None:
    complete = tiny_checkpoint()
    weights: dict[NetworkName, Mapping[str, Tensor]] = dict(complete.weights)
    del weights["afa"]
    with pytest.raises(CheckpointError, match="'tiny' has no AFA network and cannot invert"):
        build(replace(complete, weights=weights), "cpu").invert(photo)
    with pytest.raises(CheckpointError, match="has no matting network"):
        build(complete, "cpu").invert(replace(photo, matte=None))
    with pytest.raises(CheckpointError, match="has no generator"):
        build(replace(complete, weights={}), "cpu")


def test_zero_strength_is_exactly_the_unedited_head(pipeline: Pipeline, inversion: Inversion) -> None:
    portrait = pipeline.portrait(inversion, [Edit("age", 0.0)])
    assert portrait.planes is inversion.planes
    edited = pipeline.portrait(inversion, [Edit("age", 0.5)])
    assert not torch.equal(edited.planes.features, inversion.planes.features)
    with pytest.raises(DirectionError, match="it has: age, smile"):
        pipeline.portrait(inversion, [Edit("hat", 1.0)])


def test_the_same_request_gives_the_same_picture(pipeline: Pipeline, inversion: Inversion) -> None:
    request = RenderRequest(pipeline.portrait(inversion), orbit(0.3, -0.2, rig=RIG), photo=inversion.photo)
    first, second = (pipeline.render(replace(request, passes=PASSES)) for _ in range(2))
    assert first.request.camera is request.camera
    for name in ("color", "alpha", "depth", "normal", "visibility", "residual"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    alone = pipeline.render(request)
    assert np.array_equal(alone.color, first.color)
    assert (alone.depth, alone.normal, alone.visibility, alone.residual) == (None, None, None, None)


@pytest.mark.parametrize(("size", "side"), [(None, 64), (40, 40), (100, 100)])
@pytest.mark.parametrize("quality", ["draft", "full"])
def test_every_pass_has_the_size_asked_for(
    pipeline: Pipeline, inversion: Inversion, size: int | None, side: int, quality: Quality
) -> None:
    request = RenderRequest(
        pipeline.portrait(inversion), inversion.photo.camera, size, passes=PASSES, photo=inversion.photo
    )
    frame = pipeline.render(replace(request, quality=quality))
    for picture in (frame.color, frame.normal, frame.visibility, frame.residual):
        assert picture is not None
        assert picture.shape == (side, side, 3)
        assert picture.dtype == np.uint8
    assert frame.alpha.shape == (side, side)
    assert frame.depth is not None
    assert frame.depth.shape == (side, side)
    assert frame.depth.dtype == np.float32


def test_depth_of_a_ball(ball: tuple[Pipeline, Portrait]) -> None:
    depth = look(ball, 0.0, "depth").depth
    assert depth is not None
    # Six samples and six more on a metre: a step is a fifth, then about a fifth of that.
    assert float(depth[32, 32]) == pytest.approx(2.7 - RADIUS, abs=0.08)
    assert math.isinf(float(depth[0, 0]))
    # The ball's outline: sin(angle) = 0.2 / 2.7, focal length 4.2647 sides.
    radius = 4.2647 * math.tan(math.asin(RADIUS / 2.7)) * 64
    assert math.sqrt(np.isfinite(depth).sum() / math.pi) == pytest.approx(radius, rel=0.08)


@pytest.mark.parametrize("yaw", [0.0, 0.6, -1.2])
def test_normals_of_a_ball_point_outwards_in_the_world(ball: tuple[Pipeline, Portrait], yaw: float) -> None:
    normal = look(ball, yaw, "normal").normal
    assert normal is not None
    # Away from the pivot the middle of the picture is not the ball's; near enough for one part in ten.
    toward = torch.nn.functional.normalize(ball[0].generator.preset.camera.radius * _position(yaw), dim=0)
    expected = (0.5 * toward + 0.5) * 255.0
    rows, columns = _ball_middle(yaw)
    assert normal[rows, columns].astype(float) == pytest.approx(expected.numpy(), abs=26.0)
    assert normal[0, 0].tolist() == [1, 2, 3]


def _position(yaw: float) -> Tensor:
    return torch.tensor([math.sin(yaw), 0.0, math.cos(yaw)])


def _ball_middle(yaw: float) -> tuple[int, int]:
    """Where the origin is seen, 64 pixels a side."""
    camera = orbit(yaw, 0.0, rig=RIG)
    x, y, z = camera.cam_to_world[0, :3, :3].T @ -camera.cam_to_world[0, :3, 3]
    return int(64 * (0.5 + RIG.focal * y / z)), int(64 * (0.5 + RIG.focal * x / z))


def test_visibility_is_teal_where_the_photo_saw_the_ball_and_orange_behind(
    ball: tuple[Pipeline, Portrait],
) -> None:
    front = look(ball, 0.0, "visibility").visibility
    back = look(ball, math.pi, "visibility").visibility
    assert front is not None
    assert back is not None
    red, _, blue = centre(front)
    assert blue > 2 * red
    red, _, blue = centre(back)
    assert red > 2 * blue


def test_residual_is_grey_where_photo_and_render_agree(pipeline: Pipeline, inversion: Inversion) -> None:
    portrait = pipeline.portrait(inversion)
    camera = inversion.photo.camera
    image = pipeline.generator.render(portrait.planes, portrait.w_plus, camera).image.clamp(-1.0, 1.0)
    twin = replace(inversion.photo, pixels=image, matte=None)
    request = RenderRequest(portrait, orbit(1.0, 0.0, rig=RIG), passes=("residual",), photo=twin)
    same = pipeline.render(request).residual
    assert same is not None
    assert set(np.unique(same)) == {128}
    lighter = replace(twin, pixels=image + 0.5)
    more = pipeline.render(replace(request, photo=lighter)).residual
    assert more is not None
    assert set(np.unique(more)) <= {159, 160}  # 127.5 + 0.5 / 4 * 255
    with pytest.raises(PhotoError, match="compares with the photo and none was given"):
        pipeline.render(replace(request, photo=None))


def test_background_shows_where_alpha_is_low(pipeline: Pipeline, inversion: Inversion) -> None:
    request = RenderRequest(pipeline.portrait(inversion), inversion.photo.camera, background=None)
    black = pipeline.render(request)
    white = pipeline.render(replace(request, background=(255, 255, 255)))
    gained = white.color.astype(int) - black.color
    missing = 255 - black.alpha.astype(int)
    expected = np.minimum(missing[..., None], 255 - black.color.astype(int))
    assert np.abs(gained - expected).max() <= 2


def test_unknown_pass_is_named(pipeline: Pipeline, inversion: Inversion) -> None:
    request = RenderRequest(pipeline.portrait(inversion), inversion.photo.camera, passes=("warmth",))
    with pytest.raises(GoaeError, match="no pass named 'warmth'; choose from color, depth"):
        pipeline.render(request)


def test_a_draft_marches_fewer_rays_and_samples() -> None:
    full = preset("studio256").render
    draft = draft_config(full)
    assert (draft.resolution, draft.coarse_samples, draft.fine_samples) == (32, 6, 6)
    assert draft.ray_start == full.ray_start


@pytest.mark.parametrize("work", ["invert", "render"])
def test_work_stops_when_asked_and_leaves_nothing_behind(
    pipeline: Pipeline, inversion: Inversion, work: str
) -> None:
    asked = 0

    def after_three() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    run: dict[str, Callable[[], object]] = {
        "invert": lambda: pipeline.invert(inversion.photo, should_stop=after_three),
        "render": lambda: pipeline.render(
            RenderRequest(pipeline.portrait(inversion), inversion.photo.camera), after_three
        ),
    }
    with pytest.raises(StoppedError):
        run[work]()
    assert asked == 4
    pipeline.render(RenderRequest(pipeline.portrait(inversion), inversion.photo.camera))
    assert asked == 4


def test_surface_of_a_ball(ball: tuple[Pipeline, Portrait]) -> None:
    mesh = ball[0].surface(ball[1], resolution=32)
    distance = np.linalg.norm(mesh.vertices, axis=1)
    assert float(np.abs(distance - RADIUS).max()) < 0.01
    assert mesh.colors[:, 0].min() == 255
    assert mesh.colors[:, 1].max() == 0


def test_figures_are_those_of_the_unedited_head(pipeline: Pipeline, inversion: Inversion) -> None:
    camera, matte = inversion.photo.camera, inversion.photo.matte
    image = pipeline.generator.render(inversion.planes, inversion.w_plus, camera).image
    assert matte is not None
    difference = (inversion.photo.pixels - image.clamp(-1.0, 1.0)).square()[:, :, 10:60, 16:48]
    figures = pipeline.figures(inversion)
    assert figures["mse"] == pytest.approx(float(difference.mean()), rel=1e-4)
    assert set(figures) == {"mse", "psnr", "ssim", "detail_mse", "detail_psnr", "detail_ssim"}


def test_without_detail_the_picture_is_the_models_own_to_the_last_bit(
    pipeline: Pipeline, inversion: Inversion
) -> None:
    camera = orbit(0.3, -0.1, rig=RIG)
    portrait = pipeline.portrait(inversion)
    own = pipeline.render(RenderRequest(replace(portrait, inversion=None), camera))
    none = pipeline.render(RenderRequest(portrait, camera, detail=0.0))
    all_of_it = pipeline.render(RenderRequest(portrait, camera))
    assert np.array_equal(none.color, own.color)
    assert np.array_equal(none.alpha, own.alpha)
    assert not np.array_equal(all_of_it.color, own.color)
    assert np.array_equal(all_of_it.color, pipeline.render(RenderRequest(portrait, camera, detail=1.0)).color)


def test_at_the_input_view_the_detailed_head_is_the_photo(pipeline: Pipeline, inversion: Inversion) -> None:
    photo = inversion.photo
    assert photo.matte is not None
    frame = pipeline.render(RenderRequest(pipeline.portrait(inversion), photo.camera, background=None))
    expected = (127.5 * (head_over_black(photo.pixels, photo.matte) + 1.0))[0].permute(1, 2, 0).numpy()
    assert float(np.abs(frame.color - expected).max()) < 1.5
    assert np.array_equal(frame.alpha, (255 * photo.matte[0, 0]).numpy().astype(np.uint8))
    figures = pipeline.figures(inversion)
    assert figures["detail_psnr"] > 45.0 > figures["psnr"]


def test_detail_of_one_head_is_not_shown_on_another(pipeline: Pipeline, inversion: Inversion) -> None:
    camera = inversion.photo.camera
    request = RenderRequest(pipeline.portrait(inversion), camera)
    first = pipeline.render(request).color
    negative = replace(inversion, photo=replace(inversion.photo, pixels=-inversion.photo.pixels))
    other = pipeline.render(RenderRequest(pipeline.portrait(negative), camera)).color
    assert not np.array_equal(other, first)
    assert np.array_equal(pipeline.render(request).color, first)


def test_an_edited_head_is_not_the_photo(pipeline: Pipeline, inversion: Inversion) -> None:
    camera = inversion.photo.camera
    portrait = pipeline.portrait(inversion, [Edit("age", 3.0)])
    own, detailed = (pipeline.render(RenderRequest(portrait, camera, detail=share)) for share in (0.0, 1.0))
    unedited = pipeline.render(RenderRequest(pipeline.portrait(inversion), camera, detail=1.0))
    assert not np.array_equal(detailed.color, own.color)
    assert not np.array_equal(detailed.color, unedited.color)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_of_detail_lies_between_none_and_all(
    pipeline: Pipeline, inversion: Inversion, share: float
) -> None:
    request = RenderRequest(pipeline.portrait(inversion), inversion.photo.camera, detail=share)
    with pytest.raises(GoaeError, match="strength of 0 to 1, got"):
        pipeline.render(request)


def test_a_mesh_takes_the_photos_colours(ball: tuple[Pipeline, Portrait], inversion: Inversion) -> None:
    model, portrait = ball
    ones = torch.ones(1, 1, 64, 64)
    blue = torch.tensor([-1.0, -1.0, 1.0]).reshape(1, 3, 1, 1) * ones
    photo = replace(inversion.photo, pixels=blue, matte=ones, camera=orbit(0.0, 0.0, rig=RIG))
    made = replace(inversion, photo=photo, planes=portrait.planes, w_plus=portrait.w_plus)
    mesh = model.surface(replace(portrait, inversion=made), resolution=32)
    front, back = mesh.vertices[:, 2] > 0.8 * RADIUS, mesh.vertices[:, 2] < -0.2 * RADIUS
    # Six samples and six more find the ball to a few hundredths: some of its points pass for hidden ones.
    assert mesh.colors[front].mean(axis=0) == pytest.approx([0, 0, 255], abs=50)
    assert mesh.colors[back].mean(axis=0) == pytest.approx([255, 0, 0], abs=1)
    plain = model.surface(replace(portrait, inversion=made), resolution=32, detail=0.0)
    assert plain.colors[:, 0].min() == 255


def test_comparison_by_hand() -> None:
    photo = torch.zeros(1, 3, 16, 16)
    matte = torch.zeros(1, 1, 16, 16)
    matte[..., :4] = 1.0
    picture = torch.full_like(photo, 7.0)
    picture[..., :4] = 0.5
    figures = compare(photo, picture, matte)
    assert figures["mse"] == pytest.approx(0.25)
    assert figures["psnr"] == pytest.approx(10.0 * math.log10(16.0))
    noise = torch.randn(1, 3, 16, 16).clamp(-1.0, 1.0)
    assert compare(noise, noise, matte)["ssim"] == pytest.approx(1.0, abs=1e-5)
    # Two even pictures differ in their means only, 0.6 and 0.8 in [0, 1]: (2 * 0.6 * 0.8 + c) / (1 + c) with
    # c = 0.0001.
    even = compare(torch.full_like(photo, 0.2), torch.full_like(photo, 0.6), matte)
    assert even["ssim"] == pytest.approx(0.9601 / 1.0001, abs=1e-4)


def test_loading_lists_every_fault_in_one_sentence() -> None:
    network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    weights = {
        "0.weight": torch.zeros(3, 5),
        "0.bias": torch.zeros(3),
        "1.weight": torch.zeros(1, 3),
        "2.bias": torch.zeros(1),
    }
    with pytest.raises(CheckpointError) as caught:
        load_strictly(network, weights, "encoder of the model 'x'")
    assert str(caught.value) == (
        "the encoder of the model 'x' does not fit its preset (missing: 1.bias; unexpected: 2.bias; "
        "of another shape: 0.weight (3, 5) instead of (3, 2)); import it again"
    )


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")
    with pytest.raises(GoaeError, match="this machine has no cuda device"):
        choose_device("cuda")
    with pytest.raises(GoaeError, match="no device named 'gpu'; choose auto, cuda, mps or cpu"):
        choose_device("gpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == torch.device("cuda")
