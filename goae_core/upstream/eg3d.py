"""EG3D snapshots (`.pkl`): the averaged generator's weights, and the preset that its settings describe.

A snapshot is one pickle of {training_set_kwargs, G, D, G_ema, augment_pipe}. Only `G_ema` is looked at, and
the others need not be there. Its networks come as records that would like to run the source code they carry;
here they are read as what they are, a class name and a dictionary.

Source: own-words specification of EG3D snapshots, sections 1 (settings and their defaults), 8 (upscalers), 15
(form) and 16 (names).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from torch import Tensor

from goae_core.errors import CheckpointError
from goae_core.presets import (
    PRESETS,
    BackboneConfig,
    Preset,
    RenderConfig,
    SuperResolutionConfig,
    SuperResolutionKind,
)
from goae_core.upstream.foreign_file import read_bytes
from goae_core.upstream.legacy_storage import TensorRecord, storage_record, tensor_record
from goae_core.upstream.numpy_scalar import DtypeRecord, decode_latin1, decode_scalar
from goae_core.upstream.restricted_unpickler import Inert, InertDict, Table, read_pickle

MAX_BYTES: Final = 4 * 2**30
"""The published snapshots have about 0.4 GB."""
_MAX_NAMES: Final = 20_000
_MAX_DEPTH: Final = 40

# Attributes of the networks that no weight of ours corresponds to.
_UNUSED: Final = frozenset({"dataset_label_std"})

# Which upscaler a class name means, longest first; the size it reads and the size it gives.
_UPSCALERS: Final = {
    "8XDC": (128, 512),
    "8X": (128, 512),
    "4X": (128, 256),
    "2X": (64, 128),
    "Deepfp32": (128, 256),
}


@dataclass(frozen=True, slots=True, eq=False)
class UpstreamGenerator:
    """A generator as a snapshot holds it.

    Attributes:
        preset: Its sizes and settings.
        weights: By dotted name; parameters and buffers, CPU, contiguous.
    """

    preset: Preset
    weights: dict[str, Tensor]


class PersistentRecord:
    """A network of the snapshot: the name of its class and its dictionary; its source code is dropped."""

    __slots__ = ("class_name", "state")

    def __init__(self, meta: object) -> None:
        if not isinstance(meta, dict) or meta.get("type") != "class":
            raise ValueError("a network is not recorded as a class")
        class_name, state = meta.get("class_name"), meta.get("state")
        if not isinstance(class_name, str) or not isinstance(state, dict):
            raise ValueError("a network is recorded without its name or state")
        self.class_name = class_name
        self.state: dict[str, Any] = state

    def __setstate__(self, state: object) -> None:
        raise TypeError("a network's state comes with its record")


def read_eg3d(path: Path) -> UpstreamGenerator:
    """Read the averaged generator out of a snapshot; nothing of the file is run.

    Args:
        path: The `.pkl` file as published.

    Raises:
        CheckpointError: If the file is missing, truncated, hostile, no EG3D snapshot, or has settings that
            this program does not know how to reproduce.
    """
    what = f"'{path.name}'"
    snapshot = read_pickle(read_bytes(path, MAX_BYTES), _TABLE, what)
    generator = snapshot.get("G_ema") if isinstance(snapshot, dict) else None
    if not isinstance(generator, PersistentRecord):
        raise CheckpointError(
            f"{what} is a pickle, but no EG3D snapshot: it holds no averaged generator 'G_ema'; "
            "give the .pkl file as its publisher distributes it"
        )
    records = named_tensors(generator, what)
    weights = {
        name: record.read(f"'{name}' in {what}") for name, record in records.items() if name not in _UNUSED
    }
    return UpstreamGenerator(describe(generator, weights, what), weights)


def named_tensors(module: PersistentRecord | Inert, what: str) -> dict[str, TensorRecord]:
    """Walk a network to the dotted names of its parameters and persistent buffers, in the file's order.

    Raises:
        CheckpointError: If the networks are nested or shared beyond any real one.
    """
    found: dict[str, TensorRecord] = {}

    def walk(node: object, prefix: str, depth: int) -> None:
        if depth > _MAX_DEPTH or len(found) > _MAX_NAMES:
            raise CheckpointError(
                f"{what} nests its networks beyond any published model; it was not imported"
            )
        state = _state(node)
        hidden = _entries(state, "_non_persistent_buffers_set")
        for kind in ("_parameters", "_buffers"):
            for name, value in _entries(state, kind).items():
                if value is None or name in hidden:
                    continue
                if not isinstance(value, TensorRecord):
                    raise CheckpointError(
                        f"{what} is damaged: '{prefix}{name}' is no tensor; get the file again"
                    )
                found[f"{prefix}{name}"] = value
        for name, child in _entries(state, "_modules").items():
            if child is not None:
                walk(child, f"{prefix}{name}.", depth + 1)

    walk(module, "", 0)
    return found


def describe(generator: PersistentRecord, weights: Mapping[str, Tensor], what: str) -> Preset:
    """Make the preset of a generator: sizes from the weights, settings from the record.

    Unknown settings are passed over; missing ones have the defaults of the specification's section 1.
    Encoder, AFA, fusion and editing are those of the published models, since a snapshot does not know them.

    Raises:
        CheckpointError: If weights that tell a size are missing, or a setting cannot be reproduced.
    """
    arguments = _mapping(generator.state.get("_init_kwargs"))
    # The attribute, not the argument: it may have been changed after construction.
    rendering = _mapping(generator.state.get("rendering_kwargs")) or _mapping(
        arguments.get("rendering_kwargs")
    )
    reader = _Settings(rendering, what)
    if reader.text("clamp_mode", "softplus") != "softplus":
        raise CheckpointError(
            f"{what} turns densities into opacity by clamp_mode '{rendering['clamp_mode']}'; "
            "only 'softplus' is supported, which all published models use"
        )
    pivot = reader.vector("avg_camera_pivot", (0.0, 0.0, 0.2))
    base = PRESETS["afhqcats512" if pivot == PRESETS["afhqcats512"].camera.pivot else "ffhq512"]
    backbone = _backbone(base.backbone, _Settings(arguments, what), reader, weights)
    described = replace(
        base,
        backbone=backbone,
        radiance=replace(
            base.radiance,
            hidden=_size(weights, "decoder.net.0.weight", 0, what),
            color_channels=_size(weights, "decoder.net.2.weight", 0, what) - 1,
            lr_multiplier=reader.number("decoder_lr_mul", 1.0),
        ),
        render=_render(base.render, reader, generator.state.get("neural_rendering_resolution", 64)),
        super_resolution=_super_resolution(generator, _Settings(arguments, what), reader, weights),
        encoder=replace(base.encoder, token_dim=backbone.w_dim),
        afa=replace(base.afa, token_dim=backbone.width(backbone.split_resolution)),
        camera=replace(
            base.camera, radius=reader.number("avg_camera_radius", base.camera.radius), pivot=pivot
        ),
    )
    if described == base:
        return base
    sr = described.super_resolution
    return replace(described, name=f"eg3d-{sr.kind.lower()}-{sr.output_resolution}")


def _backbone(
    base: BackboneConfig, arguments: _Settings, rendering: _Settings, weights: Mapping[str, Tensor]
) -> BackboneConfig:
    what = arguments.what
    blocks = {
        int(match[1])
        for name in weights
        if (match := re.match(r"backbone\.synthesis\.b(\d+)\.conv1\.weight$", name))
    }
    layers = {
        int(match[1]) for name in weights if (match := re.match(r"backbone\.mapping\.fc(\d+)\.weight$", name))
    }
    top = max(blocks, default=0)
    label_dim = _size(weights, "backbone.mapping.embed.weight", 1, what)
    embedded = _size(weights, "backbone.mapping.embed.weight", 0, what)
    described = replace(
        base,
        z_dim=_size(weights, "backbone.mapping.fc0.weight", 1, what) - embedded,
        w_dim=_size(weights, "backbone.mapping.w_avg", 0, what),
        label_dim=label_dim,
        mapping_layers=len(layers),
        mapping_lr_multiplier=_Settings(arguments.mapping("mapping_kwargs"), what).number(
            "lr_multiplier", base.mapping_lr_multiplier
        ),
        channel_base=arguments.whole("channel_base", base.channel_base),
        channel_max=arguments.whole("channel_max", base.channel_max),
        plane_resolution=top,
        plane_channels=_size(weights, f"backbone.synthesis.b{top}.torgb.weight", 0, what) // 3,
        camera_scale=rendering.number("c_scale", 0.0),
        camera_zero=rendering.flag("c_gen_conditioning_zero", False),
        conv_clamp=arguments.optional("conv_clamp"),
    )
    if blocks != set(described.resolutions) or layers != set(range(len(layers))):
        raise CheckpointError(
            f"{what} has backbone blocks {sorted(blocks)} and mapping layers {sorted(layers)}; "
            "expected blocks 4, 8, 16, … and layers 0, 1, …: it is no EG3D tri-plane generator"
        )
    if label_dim != 25:
        raise CheckpointError(
            f"{what} is conditioned on {label_dim} numbers; expected EG3D's camera label of 25, "
            "so this generator cannot be used here"
        )
    return described


def _render(base: RenderConfig, reader: _Settings, resolution: object) -> RenderConfig:
    start, end = reader.distance("ray_start", base.ray_start), reader.distance("ray_end", base.ray_end)
    if (start is None) != (end is None):
        raise CheckpointError(f"{reader.what} lets the box decide where rays start or end, but not both")
    return replace(
        base,
        resolution=_whole("neural_rendering_resolution", resolution, reader.what),
        coarse_samples=reader.whole("depth_resolution", base.coarse_samples),
        fine_samples=reader.whole("depth_resolution_importance", base.fine_samples),
        ray_start=start,
        ray_end=end,
        box_side=reader.number("box_warp", base.box_side),
        white_background=reader.flag("white_back", False),
        disparity_sampling=reader.flag("disparity_space_sampling", False),
    )


def _super_resolution(
    generator: PersistentRecord, arguments: _Settings, rendering: _Settings, weights: Mapping[str, Tensor]
) -> SuperResolutionConfig:
    what = arguments.what
    upscaler = _entries(generator.state, "_modules").get("superresolution")
    class_name = upscaler.class_name if isinstance(upscaler, PersistentRecord) else "none"
    kind = next((kind for kind in _UPSCALERS if class_name.endswith(kind)), None)
    if kind is None:
        raise CheckpointError(
            f"{what} has the upscaler '{class_name[:80]}', which is not supported; known are those whose "
            "names end in " + ", ".join(_UPSCALERS)
        )
    reads, gives = _UPSCALERS[kind]
    legacy = kind == "Deepfp32"  # as 4X, but never antialiased
    return SuperResolutionConfig(
        kind="4X" if legacy else cast(SuperResolutionKind, kind),
        input_resolution=reads,
        output_resolution=gives,
        widths=(
            _size(weights, "superresolution.block0.conv1.weight", 0, what),
            _size(weights, "superresolution.block1.conv1.weight", 0, what),
        ),
        antialias=rendering.flag("sr_antialias", True) and not legacy,
        # Upstream clamps wherever half precision was possible, also when it runs in single precision.
        conv_clamp=256.0 if arguments.whole("sr_num_fp16_res", 4) > 0 else None,
    )


@dataclass(frozen=True, slots=True)
class _Settings:
    """A foreign dictionary of settings, asked for one value at a time.

    Every question names a default for a missing key and refuses a value of the wrong kind.
    """

    values: Mapping[str, Any]
    what: str

    def number(self, key: str, default: float) -> float:
        return self._checked(key, self.values.get(key, default), _number)

    def whole(self, key: str, default: int) -> int:
        return _whole(key, self.values.get(key, default), self.what)

    def optional(self, key: str) -> float | None:
        value = self.values.get(key)
        return None if value is None else self._checked(key, value, _number)

    def distance(self, key: str, default: float | None) -> float | None:
        """A number, or None where the file says "auto"."""
        value = self.values.get(key, default)
        return None if value == "auto" else self._checked(key, value, _number)

    def flag(self, key: str, default: bool) -> bool:
        value = self.values.get(key, default)
        if value not in (True, False):
            raise _refused(key, value, "True or False", self.what)
        return bool(value)

    def text(self, key: str, default: str) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise _refused(key, value, "a word", self.what)
        return value

    def vector(self, key: str, default: tuple[float, float, float]) -> tuple[float, float, float]:
        value = self.values.get(key, default)
        if not isinstance(value, (list, tuple)) or len(value) != 3:
            raise _refused(key, value, "three numbers", self.what)
        x, y, z = (self._checked(key, v, _number) for v in value)
        return x, y, z

    def mapping(self, key: str) -> Mapping[str, Any]:
        return _mapping(self.values.get(key))

    def _checked(self, key: str, value: object, check: Callable[[object], float | None]) -> float:
        number = check(value)
        if number is None:
            raise _refused(key, value, "a number", self.what)
        return number


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _whole(key: str, value: object, what: str) -> int:
    number = _number(value)
    if number is None or number != int(number) or not 0 <= number <= 2**20:
        raise _refused(key, value, "a whole number", what)
    return int(number)


def _refused(key: str, value: object, expected: str, what: str) -> CheckpointError:
    shown = repr(value)[:80] if isinstance(value, (bool, int, float, str)) else type(value).__name__
    return CheckpointError(f"{what} sets '{key}' to {shown}; expected {expected}, so the file cannot be used")


def _state(node: object) -> Mapping[str, Any]:
    return _mapping(node.state) if isinstance(node, (PersistentRecord, Inert)) else {}


def _entries(state: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A dictionary (or, for hidden names, a set) of a module's state; empty where there is none."""
    value = state.get(key)
    if isinstance(value, (set, list)):
        return {name: None for name in value if isinstance(name, str)}
    return {str(k): v for k, v in _mapping(value).items()}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _size(weights: Mapping[str, Tensor], name: str, axis: int, what: str) -> int:
    tensor = weights.get(name)
    if tensor is None or tensor.dim() <= axis:
        raise CheckpointError(
            f"{what} is no EG3D generator: its weight '{name}' is missing or has no axis {axis}"
        )
    return tensor.shape[axis]


def _parameter(tensor: object, *rest: object) -> TensorRecord:
    """Record a call of `torch._utils._rebuild_parameter`: a parameter is its tensor."""
    if not isinstance(tensor, TensorRecord):
        raise ValueError("a parameter is no tensor")
    return tensor


def _plain_dict(pairs: object = ()) -> InertDict:
    """Record a call of OrderedDict or dict; old Python writes the items as pairs."""
    if not isinstance(pairs, (list, tuple, dict)):
        raise ValueError("a dictionary is not made of pairs")
    return InertDict(pairs)


def _plain_set(items: object = ()) -> set[Any]:
    """Record a call of set."""
    if not isinstance(items, (list, tuple, set)):
        raise ValueError("a set is not made of a list")
    return set(items)


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "torch_utils.persistence._reconstruct_persistent_obj": PersistentRecord,
    "torch._utils._rebuild_tensor_v2": tensor_record,
    "torch._utils._rebuild_parameter": _parameter,
    "torch.storage._load_from_bytes": storage_record,
    "collections.OrderedDict": _plain_dict,
    "builtins.dict": _plain_dict,
    "builtins.set": _plain_set,
    # How protocol 2 spells the same.
    "__builtin__.dict": _plain_dict,
    "__builtin__.set": _plain_set,
    "_codecs.encode": decode_latin1,
    "numpy.dtype": DtypeRecord,
    "numpy.core.multiarray.scalar": decode_scalar,
    "numpy._core.multiarray.scalar": decode_scalar,
}

_TABLE: Final = Table(
    functions=_FUNCTIONS,
    classes=frozenset(
        {
            "training.volumetric_rendering.renderer.ImportanceRenderer",
            "training.volumetric_rendering.ray_marcher.MipRayMarcher2",
            "training.volumetric_rendering.ray_sampler.RaySampler",
            "training.triplane.OSGDecoder",
            "torch.nn.modules.container.Sequential",
            "torch.nn.modules.activation.Softplus",
        }
    ),
    dicts=frozenset({"dnnlib.util.EasyDict"}),
)
