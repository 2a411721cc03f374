"""The whole chain meets the numbers recorded from the authors' code: photo to head, head to edited head.

Depth where a ray meets next to nothing is made of rounding: with 1 - exp(-x) in single precision an interval
of thickness 1e-7 weighs 0, 6e-8 or 1.2e-7. The release marks the "surface" of those rays too, so its mask
needs its rounding, which `ffhq512` asks for. Where an opacity of a thousandth or more is met, exact opacities
agree as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from goae_core.camera import Camera
from goae_core.crop import Crop
from goae_core.editing import Edit, EditDirection, Portrait, apply_edits, edited_w_plus
from goae_core.fusion import fuse, visibility
from goae_core.generator import Generator
from goae_core.inversion import (
    Inversion,
    Reconstruction,
    Sight,
    align_features,
    encode,
    reconstruct,
    refined_planes,
    see,
)
from goae_core.networks.afa import Modulation
from goae_core.photo import AlignedPhoto
from goae_core.triplane import TriPlane
from tests.parity.conftest import assert_near, recorded
from tests.parity.inverters import afa, as_input, encoder, photo_golden

pytestmark = pytest.mark.timeout(300)  # large networks, on machines that may be busy

STYLE, PICTURE, PLANES = 2e-5, 1e-4, 2e-4
DEPTH_MEAN = 1e-5
MASK_SHARE = 0.005


@pytest.fixture(scope="module", autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Every step of one inversion."""

    photo: AlignedPhoto
    plain: Reconstruction
    modulation: Modulation
    refined: TriPlane
    sight: Sight
    mixed: TriPlane


@pytest.fixture(scope="module")
def generator() -> Generator:
    return recorded("ffhq").generator


@pytest.fixture(scope="module")
def inputs(shared_dir: Path) -> dict[str, Tensor]:
    return photo_golden(shared_dir, "inputs")


@pytest.fixture(scope="module")
def forward(shared_dir: Path) -> dict[str, Tensor]:
    return photo_golden(shared_dir, "net_forward_1")


@pytest.fixture(scope="module")
def edited(shared_dir: Path) -> dict[str, Tensor]:
    return photo_golden(shared_dir, "net_edit_1")


@pytest.fixture(scope="module")
def chain(generator: Generator, inputs: dict[str, Tensor]) -> Chain:
    camera = Camera.from_label(inputs["img1_c"][None])
    photo = AlignedPhoto(as_input(inputs["img1_512"]), camera, "picture 1", Crop((256.0, 256.0), 512.0))
    w_plus = encode(generator, encoder(), as_input(inputs["img1_256"]))
    plain = reconstruct(generator, w_plus, camera)
    modulation = align_features(afa(), photo.pixels, plain)
    refined = refined_planes(generator, plain, modulation)
    sight = see(generator, refined, w_plus, camera)
    return Chain(photo, plain, modulation, refined, sight, fuse(plain.planes, refined, sight.visibility))


def assert_depth_near(actual: Tensor, expected: Tensor, most: float) -> None:
    difference = (actual - expected).abs()
    assert float(difference.mean()) < DEPTH_MEAN
    assert float(difference.max()) < most


def assert_picture_near(actual: Tensor, expected: dict[str, Tensor], name: str) -> None:
    assert_near(actual[:, :, ::4, ::4], expected[name], PICTURE)
    assert_near(actual[:, :, 224:288, 224:288], expected[f"{name}_crop"], PICTURE)


def plane_sample(planes: TriPlane) -> Tensor:
    return planes.features[:, :, ::4, ::8, ::8]


def test_style(chain: Chain, forward: dict[str, Tensor]) -> None:
    assert_near(chain.plain.w_plus, forward["rec_ws"], STYLE)


def test_head_from_style_alone(chain: Chain, forward: dict[str, Tensor]) -> None:
    assert_picture_near(chain.plain.rendering.image, forward, "image_w")
    assert_near(chain.plain.rendering.raw[:, :, ::2, ::2], forward["raw_w"], PICTURE)
    assert_depth_near(chain.plain.rendering.depth, forward["depth_w"], 5e-3)
    assert_near(chain.plain.features.skip[:, ::4, ::2, ::2], forward["triplane32"], PLANES)
    assert_near(chain.plain.features.x[:, ::16, ::2, ::2], forward["triplane_x"], PLANES)
    assert_near(plane_sample(chain.plain.planes), forward["triplane_w"], PLANES)


def test_modulation(chain: Chain, forward: dict[str, Tensor]) -> None:
    assert_near(chain.modulation.scale[:, ::16, ::2, ::2], forward["gamma"], PLANES)
    assert_near(chain.modulation.shift[:, ::16, ::2, ::2], forward["beta"], PLANES)
    refined = chain.modulation.apply(chain.plain.features.x)
    assert_near(refined[:, ::16, ::2, ::2], forward["adain"], PLANES)


def test_refined_head(chain: Chain, forward: dict[str, Tensor]) -> None:
    assert_near(plane_sample(chain.refined), forward["triplane_refined"], PLANES)
    assert_picture_near(chain.sight.rendering.image, forward, "image_refined")
    assert_near(chain.sight.rendering.raw[:, :, ::2, ::2], forward["raw_refined"], PICTURE)
    # One ray of an opacity near zero rounds the other way on this machine.
    assert_depth_near(chain.sight.rendering.depth, forward["depth_refined"], 1e-2)


def test_mask_of_the_recorded_depth(chain: Chain, generator: Generator, forward: dict[str, Tensor]) -> None:
    rendering = chain.sight.rendering
    rays = rendering.directions.mT.reshape(1, 3, 128, 128)
    points = rendering.origins.mT.reshape(1, 3, 128, 128) + forward["depth_refined"] * rays
    seen = visibility(points, rendering.opacity, chain.refined, generator.preset.fusion)
    assert_near(seen, forward["mask"], 1e-6)


def test_mask_and_mixed_planes(chain: Chain, forward: dict[str, Tensor]) -> None:
    flipped = (chain.sight.visibility - forward["mask"]).abs() > 1e-3
    assert float(flipped.float().mean()) < MASK_SHARE
    agree = ~flipped[:, :, None, ::8, ::8]
    assert_near(plane_sample(chain.mixed) * agree, forward["mix_triplane"] * agree, PLANES)


def test_novel_view(chain: Chain, generator: Generator, forward: dict[str, Tensor]) -> None:
    mixed = fuse(chain.plain.planes, chain.refined, forward["mask"])
    rendering = generator.render(mixed, chain.plain.w_plus, Camera.from_label(forward["c_yaw12_5"]))
    assert_picture_near(rendering.image, forward, "image_yaw12_5")


@pytest.fixture(scope="module")
def directions(inputs: dict[str, Tensor]) -> tuple[EditDirection, ...]:
    return (
        EditDirection("age", "imported", inputs["age"][0], "raw", 2.0, correction=("glass", -0.8)),
        EditDirection("glass", "imported", inputs["glass"][0], "raw", 2.0),
    )


@pytest.fixture(scope="module")
def portrait(chain: Chain, generator: Generator, directions: tuple[EditDirection, ...]) -> Portrait:
    inversion = Inversion(
        photo=chain.photo,
        w_plus=chain.plain.w_plus,
        features=chain.plain.features,
        modulation=chain.modulation,
        planes=chain.mixed,
        visibility=chain.sight.visibility,
        seconds={},
    )
    return apply_edits(generator, inversion, directions, [Edit("age", 1.0)])


def test_edited_style_has_the_released_correction(portrait: Portrait, edited: dict[str, Tensor]) -> None:
    assert_near(portrait.w_plus, edited["edit_ws"], STYLE)


def test_released_correction_comes_even_at_strength_zero(
    chain: Chain, generator: Generator, directions: tuple[EditDirection, ...]
) -> None:
    moved = edited_w_plus(generator, chain.plain.w_plus, directions, [Edit("age", 0.0)])
    assert_near(moved - chain.plain.w_plus, -0.8 * directions[1].offset[None], 1e-6)


def test_edited_head(
    chain: Chain, portrait: Portrait, generator: Generator, edited: dict[str, Tensor]
) -> None:
    assert_near(plane_sample(portrait.planes), edited["mix_triplane_edit"], PLANES)
    rendering = generator.render(portrait.planes, portrait.w_plus, chain.photo.camera)
    assert_picture_near(rendering.image, edited, "image_edit")
    assert_near(rendering.raw[:, :, ::2, ::2], edited["raw_edit"], PICTURE)
    assert_depth_near(rendering.depth, edited["depth_edit"], 5e-3)


def test_edited_head_from_style_alone(
    chain: Chain, portrait: Portrait, generator: Generator, edited: dict[str, Tensor]
) -> None:
    plain = reconstruct(generator, portrait.w_plus, chain.photo.camera)
    assert_picture_near(plain.rendering.image, edited, "image_edit_w")


def test_exact_opacities_differ_from_the_recorded_ones_only_where_rays_meet_nothing(
    chain: Chain, generator: Generator, forward: dict[str, Tensor]
) -> None:
    exact = replace(generator.preset.render, opacities="exact")
    rendering = generator.render(
        chain.refined, chain.plain.w_plus, chain.photo.camera, config=exact, super_resolve=False
    )
    met = rendering.opacity > 1e-3
    assert float(met.float().mean()) > 0.3
    assert float((rendering.depth - forward["depth_refined"])[met].abs().max()) < 5e-3
