"""Single operations meet the numbers recorded from the authors' code, within 1e-5 of their size."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.camera import Camera, eg3d_look_at, fov_to_intrinsics
from goae_core.networks.equalized import EqualizedLinear, bias_act
from goae_core.networks.resampling import downsample, resample_filter, smooth, upfirdn, upsample
from goae_core.networks.stylegan2 import modulated_conv, normalize_second_moment
from goae_core.rendering.compositing import expected_depth, interval_weights, sample_weights
from goae_core.rendering.depths import importance_depths
from goae_core.rendering.rays import sample_rays
from tests.parity.conftest import golden
from tests.parity.fill import tensor


@pytest.fixture(scope="module")
def units() -> dict[str, Tensor]:
    return golden("units")


def assert_same(actual: Tensor, expected: Tensor) -> None:
    """Within 1e-5 of the largest magnitude."""
    scale = max(1.0, float(expected.abs().max()))
    torch.testing.assert_close(actual.float(), expected.float(), rtol=0.0, atol=1e-5 * scale)


def test_look_at_sampler(units: dict[str, Tensor]) -> None:
    for (yaw, pitch, x, y, z, radius), expected in zip(
        units["lookat_args"].tolist(), units["lookat"], strict=True
    ):
        pose = eg3d_look_at(math.pi / 2 + yaw, math.pi / 2 + pitch, (x, y, z), radius)
        assert_same(pose[0], expected)


def test_field_of_view(units: dict[str, Tensor]) -> None:
    assert_same(fov_to_intrinsics(18.837), units["fov18837"])


def test_resampling(units: dict[str, Tensor]) -> None:
    kernel = resample_filter()
    assert_same(kernel, units["filter"])
    x, x2 = tensor("u_x", 1, 3, 6, 5), tensor("u_x2", 1, 3, 8, 8)
    assert_same(upsample(x, kernel), units["upsample2d"])
    assert_same(upfirdn(x, kernel, up=2, padding=(2, 1, 2, 1), gain=4.0), units["upsample2d"])
    assert_same(downsample(x2, kernel), units["downsample2d"])
    assert_same(upfirdn(x2, kernel, padding=(2, 1, 2, 1)), units["filter2d"])


@pytest.mark.parametrize("scaled", ["weights", "features"])
def test_modulated_convolution(units: dict[str, Tensor], scaled: str) -> None:
    x, weight, styles = tensor("u_mc_x", 2, 3, 6, 6), tensor("u_mc_w", 4, 3, 3, 3), units["mc_styles"]
    # 108 numbers in the weight and in a sample: equal, so the weight is scaled. Fewer pixels: the features.
    crop = slice(0, 6) if scaled == "weights" else slice(0, 5)
    plain = modulated_conv(x[..., crop], weight, styles)
    doubled = modulated_conv(x[..., crop], weight, styles, kernel=resample_filter())
    # What was cut off reaches one column of the plain result, three of the doubled one.
    shown = None if scaled == "weights" else -1
    assert_same(plain[..., :shown], units["modconv"][..., : plain.shape[-1]][..., :shown])
    shown = None if scaled == "weights" else -3
    assert_same(doubled[..., :shown], units["modconv_up"][..., : doubled.shape[-1]][..., :shown])
    assert_same(units["modconv_up_unfused"], units["modconv_up"])


def test_pointwise_convolution_without_demodulation(units: dict[str, Tensor]) -> None:
    x, weight = tensor("u_mc_x", 2, 3, 6, 6), tensor("u_mc_w1", 5, 3, 1, 1)
    y = modulated_conv(x, weight, units["mc_styles"], demodulate=False)
    assert_same(y, units["modconv_nodemod_1x1"])


def test_bias_activation_clamp(units: dict[str, Tensor]) -> None:
    y = bias_act(3.0 * tensor("u_ba", 2, 4, 3, 3), tensor("u_bb", 4), "lrelu", gain=math.sqrt(2), clamp=2.0)
    assert_same(y, units["bias_lrelu_clamp"])


def test_second_moment(units: dict[str, Tensor]) -> None:
    assert_same(normalize_second_moment(tensor("u_n2", 2, 16)), units["norm2nd"])


def test_fully_connected_layer(units: dict[str, Tensor]) -> None:
    layer = EqualizedLinear(8, 6, activation="lrelu", lr_multiplier=0.01)
    layer.load_state_dict({"weight": 100.0 * tensor("u_fcw", 6, 8), "bias": 10.0 * tensor("u_fcb", 6)})
    assert_same(layer(tensor("u_fcx", 3, 8)), units["fc_lrelu"])


def test_marching(units: dict[str, Tensor]) -> None:
    depths, density = units["march_depth"][..., 0], units["march_density"][..., 0]
    weights = interval_weights(density, depths)
    assert_same(weights[..., None], units["march_w"])
    color = (sample_weights(weights).unsqueeze(-2) @ units["march_colors"]).squeeze(-2)
    assert_same(color * 2 - 1, units["march_rgb"])
    limits = (float(depths.min()), float(depths.max()))
    assert_same(expected_depth(weights, depths, limits), units["march_outdepth"])
    assert_same(weights[..., None], units["march_w_white"])
    assert_same(expected_depth(weights, depths, limits), units["march_outdepth_white"])
    white = color + 1 - weights.sum(dim=-1, keepdim=True)
    assert_same(white * 2 - 1, units["march_rgb_white"])


def test_importance_samples(units: dict[str, Tensor]) -> None:
    depths, weights = units["march_depth"][..., 0], units["march_w"][..., 0]
    even = importance_depths(depths, weights, torch.linspace(0, 1, 7).expand(1, 4, 7))
    assert_same(even[..., None], units["importance_det"])
    drawn = importance_depths(depths, weights, units["u"][None])
    assert_same(drawn[..., None], units["importance_u"])


def test_rays_with_skew(units: dict[str, Tensor]) -> None:
    pose = Camera.from_label(golden("requests")["c_yaw"]).cam_to_world
    rays = sample_rays(Camera(pose, units["rs_K"]), 5)
    assert_same(rays.origins, units["rs_origins"])
    assert_same(rays.directions, units["rs_dirs"])


@pytest.mark.parametrize(("name", "size"), [("aa_down", 12), ("aa_up", 32)])
def test_antialiased_resize(units: dict[str, Tensor], name: str, size: int) -> None:
    y = F.interpolate(
        tensor("u_aa", 1, 2, 20, 20),
        size=(size, size),
        mode="bilinear",
        align_corners=False,
        antialias=True,
    )
    assert_same(y, units[name])


def test_smoothing_completes_the_doubling_convolution() -> None:
    # A centred 3 x 3 impulse through the transposed convolution and the filter is plain doubling.
    x = tensor("u_x", 1, 3, 6, 5)
    impulse = torch.zeros(3, 1, 3, 3)
    impulse[:, :, 1, 1] = 1.0
    spread = F.conv_transpose2d(x, impulse, stride=2, groups=3)
    kernel = resample_filter()
    assert_same(smooth(spread, kernel), upsample(x, kernel))
