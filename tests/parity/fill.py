"""Deterministic weights for comparison with recorded numbers.

Every entry is mean + scale * n with n standard normal, seeded by the CRC of the entry's dotted name, so the
same name gives the same numbers in every model. Constants that a network computes itself are left out.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Kind = Literal["generator", "encoder", "afa"]
Manifest = Mapping[str, Mapping[str, Any]]

_CONSTANT = re.compile(
    r"(^|\.)(resample_filter|relative_coords_table|relative_position_index|attn_mask"
    r"|num_batches_tracked|dataset_label_std)$"
)


def is_constant(name: str, dtype: str = "float32") -> bool:
    """Whether an entry holds a value that the network computes itself."""
    return bool(_CONSTANT.search(name)) or not dtype.replace("torch.", "").startswith("float")


def normal(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard normal numbers that depend on the name only."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return np.asarray(rng.standard_normal(shape)).astype(np.float32)


def tensor(name: str, *shape: int) -> Tensor:
    """`normal` as a tensor."""
    return torch.from_numpy(normal(name, shape))


def fill(manifest: Manifest, kind: Kind) -> dict[str, Tensor]:
    """Weights for every entry of a manifest that is not constant."""
    return {
        name: torch.from_numpy(_entry(name, tuple(entry["shape"]), kind))
        for name, entry in manifest.items()
        if not is_constant(name, entry["dtype"])
    }


def _entry(name: str, shape: tuple[int, ...], kind: Kind) -> NDArray[np.float32]:
    n = normal(name, shape)
    mean, scale = _generator_rule(name) if kind == "generator" else _encoder_rule(name, shape, kind)
    if name.endswith("running_var"):
        n = np.abs(n)
    value = np.asarray(np.float32(mean) + np.float32(scale) * n, dtype=np.float32).reshape(shape)
    if kind == "generator" and name.endswith("decoder.net.2.weight"):
        # The density row: no mean, ten times as lively.
        value[0] = np.float32(10.0) * (value[0] - value[0].mean(dtype=np.float64).astype(np.float32))
    if kind == "generator" and name.endswith("decoder.net.2.bias"):
        value[0] += np.float32(6.0)
    return value


def _generator_rule(name: str) -> tuple[float, float]:
    """Mean and scale; equalised layers store weights near unit variance."""
    if name.endswith("torgb.weight"):
        if name.startswith("superresolution."):
            return 0.0, 0.1
        block = re.search(r"\.b(\d+)\.", name)
        assert block is not None
        return 0.0, {128: 0.5, 256: 0.25}.get(int(block[1]), 1.0)
    rules = (
        (r"mapping\.fc\d+\.weight$", (0.0, 100.0)),
        (r"mapping\.fc\d+\.bias$", (0.0, 10.0)),
        (r"(^|\.)(w_avg|noise_strength)$", (0.0, 0.1)),
        (r"(^|\.)(noise_const|const)$", (0.0, 1.0)),
        (r"affine\.bias$", (1.0, 0.1)),
        (r"decoder\.net\.2\.bias$", (0.0, 0.5)),
        (r"(^|\.)bias$", (0.0, 0.1)),
    )
    return next((rule for pattern, rule in rules if re.search(pattern, name)), (0.0, 1.0))


def _encoder_rule(name: str, shape: tuple[int, ...], kind: Kind) -> tuple[float, float]:
    rules = (
        (r"(^|\.)logit_scale$", (math.log(10.0), 0.1)),
        (r"(^|\.)running_mean$", (0.0, 0.05)),
        (r"(^|\.)running_var$", (1.0, 0.2)),
        (r"(^|\.)(q_bias|v_bias|in_proj_bias|bias)$", (0.0, 0.05)),
    )
    for pattern, rule in rules:
        if re.search(pattern, name):
            return rule
    if kind == "afa" and re.match(r"output_layer\.\d\.weight$", name):
        return 0.0, 1.0
    if len(shape) == 1:
        if kind == "afa" and (re.search(r"res_layer\.2\.weight$", name) or name == "input_layer.2.weight"):
            return 0.25, 0.05  # slopes of PReLU
        return (0.5, 0.1) if re.search(r"blocks\.\d+\.norm[12]\.weight$", name) else (1.0, 0.1)
    return 0.0, 1.0 / math.sqrt(float(np.prod(shape[1:])))
