"""The generator meets the numbers recorded from the authors' code.

Tolerances are ten times what an independent implementation reached.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from goae_core.camera import Camera
from goae_core.generator import Generator
from goae_core.networks.stylegan2 import SynthesisBlock
from goae_core.rendering.compositing import expected_depth, interval_weights, sample_weights
from goae_core.rendering.depths import box_limits, importance_depths, stratified_depths
from goae_core.rendering.rays import sample_rays
from tests.parity.conftest import TAGS, Recorded, Tag, assert_near, golden, manifest, preset_of, recorded

MAPPING, BLOCKS, PLANES, DENSITY, COLOR = 1e-5, 4e-5, 6e-5, 2e-4, 5e-6
FEATURES, DEPTH, WEIGHTS, PICTURE = 5e-5, 5e-5, 3e-5, 5e-5


def statistics(x: Tensor) -> Tensor:
    """Mean, deviation, least and greatest of each channel, (C, 4)."""
    flat = x[0].flatten(1)
    return torch.stack([flat.mean(1), flat.std(1, unbiased=False), flat.amin(1), flat.amax(1)], dim=1)


@pytest.mark.parametrize("tag", TAGS)
def test_weights_have_the_published_names_shapes_and_kinds(tag: Tag) -> None:
    generator = Generator(preset_of(tag))
    parameters = dict(generator.named_parameters())
    ours = {
        name: (tuple(value.shape), "parameter" if name in parameters else "buffer")
        for name, value in generator.state_dict().items()
    }
    theirs = {
        name: (tuple(entry["shape"]), entry["kind"]) for name, entry in manifest(f"generator_{tag}").items()
    }
    assert ours == theirs


@pytest.mark.parametrize("view", ["front", "yaw"])
def test_mapping(model: Recorded, requests: dict[str, Tensor], view: str) -> None:
    expected = model.golden("mapping")
    label = requests[f"c_{view}"].expand(2, -1)
    w_plus = model.generator.map(requests["z"], label)
    assert_near(w_plus, expected[f"ws_{view}"][:, None].expand(-1, 14, -1), MAPPING)
    truncated = model.generator.map(requests["z"], label, truncation=0.7)
    assert_near(truncated[:, 0], expected[f"ws_psi07_{view}"], MAPPING)
    cut = model.generator.map(requests["z"], label, truncation=0.7, cutoff=8)
    assert_near(cut[:, [0, 7, 8, 13]], expected[f"ws_psi07_cut8_{view}"], MAPPING)


def test_every_block_of_the_backbone(model: Recorded) -> None:
    expected = model.golden("backbone")
    synthesis = model.generator.backbone.synthesis
    x: Tensor | None = None
    skip: Tensor | None = None
    row = 0
    for resolution in model.generator.preset.backbone.resolutions:
        block = synthesis.get_submodule(f"b{resolution}")
        assert isinstance(block, SynthesisBlock)
        x, skip = block(x, skip, model.w_plus[:, row : row + block.num_styles], noise="const")
        row += block.num_convs
        step = max(1, resolution // 32)
        assert x is not None
        assert skip is not None
        assert_near(x[:, ::8, ::step, ::step], expected[f"x{resolution}"], BLOCKS)
        assert_near(skip[:, ::4, ::step, ::step], expected[f"img{resolution}"], PLANES)


def test_planes(model: Recorded) -> None:
    expected = model.golden("backbone")
    image = model.planes.features.flatten(1, 2)
    assert_near(image[:, :, ::8, ::8], expected["planes"], PLANES)
    assert_near(image[:, ::32, 96:160, 96:160], expected["planes_crop"], PLANES)
    assert_near(statistics(image), expected["planes_stats"], PLANES)


def test_planes_without_noise(model: Recorded) -> None:
    feature_map = model.generator.feature_map(model.w_plus, noise="none")
    planes = model.generator.planes(model.w_plus, feature_map, noise="none")
    expected = model.golden("backbone")["planes_nonoise"]
    assert_near(planes.features.flatten(1, 2)[:, ::8, ::8, ::8], expected, PLANES)


def test_density_and_colour_at_points(model: Recorded, requests: dict[str, Tensor]) -> None:
    expected = model.golden("points")
    density, colors = model.generator.query(model.planes, requests["xyz"])
    assert_near(density[0, :, 0], expected["sigma"], DENSITY)
    assert_near(colors[0, :, ::4], expected["rgb"], COLOR)
    assert_near(model.planes.sample(requests["xyz"])[0, :, ::64], expected["plane_features"], PLANES)


def test_both_passes_along_single_rays(model: Recorded, front: Camera) -> None:
    expected = model.golden("rays_front")
    config = model.generator.preset.render
    assert config.ray_start is not None
    assert config.ray_end is not None
    rays = sample_rays(front, config.resolution).select(expected["ray_index"])
    jitter = torch.full((1, rays.count, config.coarse_samples), 0.5)
    near, far = torch.tensor(config.ray_start), torch.tensor(config.ray_end)
    depths = stratified_depths(near, far, jitter)
    assert_near(depths[0, 0], expected["depths_coarse"], 1e-6)
    points = rays.origins[:, :, None] + depths[..., None] * rays.directions[:, :, None]
    density, colors = model.generator.query(model.planes, points.flatten(1, 2))
    density, colors = density.reshape(depths.shape), colors.reshape(*depths.shape, -1)
    assert_near(density[0], expected["sigma_coarse"], DENSITY)
    assert_near(colors[0, ..., 0], expected["rgb_coarse0"], COLOR)
    weights = interval_weights(density, depths)
    assert_near(weights[0], expected["weights_coarse"], WEIGHTS)
    color = (sample_weights(weights).unsqueeze(-2) @ colors).squeeze(-2)
    assert_near(color[0] * 2 - 1, expected["coarse_rgb"], FEATURES)
    limits = (float(depths.min()), float(depths.max()))
    assert_near(expected_depth(weights, depths, limits)[0], expected["coarse_depth"], DEPTH)
    u = torch.linspace(0, 1, config.fine_samples).expand(1, rays.count, -1)
    assert_near(importance_depths(depths, weights, u)[0], expected["depths_fine"], DEPTH)


@pytest.mark.parametrize("view", ["front", "yaw"])
def test_rendering(model: Recorded, requests: dict[str, Tensor], view: str) -> None:
    expected = model.golden(f"render_{view}")
    camera = Camera.from_label(requests[f"c_{view}"])
    rendering = model.generator.render(model.planes, model.w_plus, camera)
    is_small = model.tag != "ffhq"
    step = 4 if is_small else 8
    assert_near(rendering.origins[:, 0], expected["ray_origin"], 1e-6)
    assert_near(rendering.directions[:, :: 4 if is_small else 16], expected["ray_dirs"], 1e-6)
    assert_near(rendering.features[:, :, ::step, ::step], expected["feature"], FEATURES)
    assert_near(statistics(rendering.features), expected["feature_stats"], FEATURES)
    assert_near(rendering.depth, expected["depth"], DEPTH)
    assert_near(rendering.opacity, expected["weights"], WEIGHTS)
    assert_near(rendering.raw, expected["raw"], FEATURES)
    assert_near(statistics(rendering.image), expected["image_stats"], PICTURE)
    if is_small:
        assert_near(rendering.image, expected["image"], PICTURE)
    else:
        assert_near(rendering.image[:, :, ::4, ::4], expected["image"], PICTURE)
        assert_near(rendering.image[:, :, 224:288, 224:288], expected["image_crop"], PICTURE)


def test_fewer_rays_are_enlarged_before_the_upscaler(front: Camera) -> None:
    model = recorded("ffhq")
    expected = model.golden("nrr64_front")
    rendering = model.generator.render(model.planes, model.w_plus, front, resolution=64)
    assert_near(rendering.raw, expected["raw"], FEATURES)
    assert_near(rendering.depth, expected["depth"], DEPTH)
    assert_near(rendering.image[:, :, ::4, ::4], expected["image"], PICTURE)
    assert_near(statistics(rendering.image), expected["image_stats"], PICTURE)


def test_four_times_upscaler_without_enlarging(front: Camera) -> None:
    model = recorded("small4x")
    expected = model.golden("nrr128")
    rendering = model.generator.render(model.planes, model.w_plus, front, resolution=128)
    assert_near(rendering.image[:, :, ::2, ::2], expected["image"], PICTURE)
    assert_near(rendering.depth, expected["depth"], DEPTH)
    # The authors' upscaler adds its first image to the raw one in place; ours stays clean.
    rows = model.w_plus[:, -1:].expand(-1, 3, -1)
    block = model.generator.superresolution.block0
    _, contaminated = block(rendering.features, rendering.raw, rows, noise="none")
    assert_near(contaminated, expected["raw_returned"], PICTURE)


def test_cats(requests: dict[str, Tensor]) -> None:
    model = recorded("ffhq")  # the cats' weights have the same names and so the same numbers
    expected = golden("afhq_render_front")
    w_plus = model.generator.map(requests["z"][:1], expected["c"], truncation=0.7, cutoff=14)
    assert_near(w_plus[:, 0], expected["ws"], MAPPING)
    planes = model.generator.planes(w_plus, model.generator.feature_map(w_plus))
    rendering = model.generator.render(planes, w_plus, Camera.from_label(expected["c"]))
    assert_near(rendering.raw, expected["raw"], FEATURES)
    assert_near(rendering.depth, expected["depth"], DEPTH)
    assert_near(rendering.image[:, :, ::8, ::8], expected["image"], PICTURE)
    assert_near(statistics(rendering.image), expected["image_stats"], PICTURE)


def test_limits_from_the_box(turned: Camera) -> None:
    model = recorded("small2x")
    expected = model.golden("auto")
    rays = sample_rays(turned, 16)
    near, far = box_limits(rays, 1.0)
    assert_near(near, expected["start"], 1e-5)
    assert_near(far, expected["end"], 1e-5)
    config = replace(model.generator.preset.render, ray_start=None, ray_end=None)
    values = model.generator.render_rays(model.planes, rays, config=config)
    assert_near(values.features, expected["feature"], FEATURES)
    assert_near(values.depth, expected["depth"], DEPTH)
    assert_near(values.opacity, expected["weights"], WEIGHTS)


def sheared_lattice(count: int) -> Tensor:
    """The authors' lattice of count^3 points in the unit cube, (count^3, 3).

    They divide the flat index without flooring it: y creeps up by almost a step as z runs, and x as y runs.
    """
    index = torch.arange(count**3)
    by_row = index.float() / count
    steps = torch.stack([by_row / count % count, by_row % count, (index % count).float()], dim=1)
    return steps * (1.0 / (count - 1)) - 0.5


def test_lattice_of_the_shape_extraction() -> None:
    expected = golden("small2x_shape")
    assert math.isclose(float(expected["voxel_size"]), 1 / 15)
    assert_near(sheared_lattice(16), expected["samples16"], 1e-6)


def test_density_on_the_lattice() -> None:
    model = recorded("small2x")
    expected = model.golden("shape")
    density, _ = model.generator.query(model.planes, sheared_lattice(64)[None])
    volume = density.reshape(64, 64, 64)
    assert_near(volume[::2, ::2, ::2], expected["sigma64"], DENSITY)
    assert_near(volume[20], expected["sigma64_slice_x20"], DENSITY)
