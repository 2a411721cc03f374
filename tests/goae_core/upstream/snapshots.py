"""Writes EG3D snapshots in the form upstream's code writes them, through Python's and torch's own pickling.

The classes here only have the names and the shape of upstream's: what they hold and how they are reduced
follows sections 15 and 16 of the specification.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
import sys
import types
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from goae_core.presets import BackboneConfig, Preset, RadianceConfig, SuperResolutionConfig, preset

SOURCE = "import os\nos.system('touch /tmp/this-source-was-run')\n"  # upstream's reader would exec() it


def small_preset(kind: str = "2X") -> Preset:
    """An EG3D model of the smallest sizes, as the reader should describe it."""
    base = preset("ffhq512")
    backbone = BackboneConfig(
        z_dim=12,
        w_dim=16,
        mapping_layers=2,
        mapping_lr_multiplier=0.01,
        channel_base=256,
        channel_max=16,
        plane_resolution=64,
        plane_channels=4,
        split_resolution=32,
    )
    upscaler = {
        "2X": SuperResolutionConfig("2X", 64, 128, (8, 6)),
        "4X": SuperResolutionConfig("4X", 128, 256, (8, 6)),
        "8X": SuperResolutionConfig("8X", 128, 512, (8, 6)),
        "8XDC": SuperResolutionConfig("8XDC", 128, 512, (8, 6)),
    }[kind]
    return replace(
        base,
        name=f"eg3d-{kind.lower()}-{upscaler.output_resolution}",
        backbone=backbone,
        radiance=RadianceConfig(hidden=8, color_channels=6),
        render=replace(base.render, resolution=8, coarse_samples=5, fine_samples=4),
        super_resolution=upscaler,
        encoder=replace(base.encoder, token_dim=16),
        afa=replace(base.afa, token_dim=8),
    )


@dataclass(frozen=True)
class Form:
    """The ways in which snapshots of different ages and machines differ."""

    protocol: int = 4
    ordered: bool = False  # old torch keeps a module's parts in OrderedDicts
    old_numpy: bool = False  # numpy.core instead of numpy._core
    cuda_axes: bool = True  # the renderer's axes still lie on the GPU
    others: bool = False  # G and D beside G_ema


@contextmanager
def upstream_modules() -> Iterator[dict[str, types.ModuleType]]:
    """Put modules with upstream's names where pickle finds them, while snapshots are written."""
    names = [
        "torch_utils",
        "torch_utils.persistence",
        "dnnlib",
        "dnnlib.util",
        "training",
        "training.triplane",
        "training.volumetric_rendering",
        "training.volumetric_rendering.renderer",
        "training.volumetric_rendering.ray_marcher",
        "training.volumetric_rendering.ray_sampler",
    ]
    made = {name: types.ModuleType(name) for name in names}
    before = {name: sys.modules.get(name) for name in names}
    for module, names_inside in _CLASSES.items():
        for name in names_inside:
            setattr(made[module], name, type(name, (_ByReference,), {"__module__": module}))

    def _reconstruct_persistent_obj(meta: object) -> None:
        raise AssertionError("upstream's own reader was called")

    for function in (_reconstruct_persistent_obj,):
        function.__module__ = "torch_utils.persistence"
        function.__qualname__ = function.__name__
        setattr(made["torch_utils.persistence"], function.__name__, function)
    easy = type("EasyDict", (dict,), {"__module__": "dnnlib.util"})
    setattr(made["dnnlib.util"], "EasyDict", easy)  # noqa: B010 - a module has no such attribute
    sys.modules.update(made)
    try:
        yield made
    finally:
        for name, previous in before.items():
            if previous is None:
                del sys.modules[name]
            else:
                sys.modules[name] = previous


_CLASSES = {
    "training.triplane": ["OSGDecoder"],
    "training.volumetric_rendering.renderer": ["ImportanceRenderer"],
    "training.volumetric_rendering.ray_marcher": ["MipRayMarcher2"],
    "training.volumetric_rendering.ray_sampler": ["RaySampler"],
}


class _ByReference:
    """An ordinary class, pickled by its name and its dictionary."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


class _Persistent:
    """A class that carries its source, pickled as a call with one dictionary."""

    def __init__(self, class_name: str, state: dict[str, Any]) -> None:
        self.meta = {
            "type": "class",
            "version": 6,
            "module_src": SOURCE,
            "class_name": class_name,
            "state": state,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        reconstruct = sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj
        return reconstruct, (self.meta,)


def snapshot(
    weights: Mapping[str, Tensor],
    made_of: Preset,
    form: Form = Form(),
    *,
    rendering: Mapping[str, Any] | None = None,
    arguments: Mapping[str, Any] | None = None,
    without: tuple[str, ...] = (),
    upscaler: str | None = None,
) -> bytes:
    """Write a snapshot.

    Args:
        weights: Of the generator, by dotted name.
        made_of: Its preset, which the settings are made from.
        form: The age of the file.
        rendering: Settings to put in place of, or beside, those of the preset.
        arguments: Constructor arguments likewise.
        without: Keys to leave out of both.
        upscaler: Class name of the upscaler, if it shall be another one.
    """
    backbone, render = made_of.backbone, made_of.render
    options: dict[str, Any] = {
        "depth_resolution": render.coarse_samples,
        "depth_resolution_importance": render.fine_samples,
        "ray_start": render.ray_start,
        "ray_end": render.ray_end,
        "box_warp": 1,
        "avg_camera_radius": 2.7,
        "avg_camera_pivot": list(made_of.camera.pivot),
        "c_gen_conditioning_zero": False,
        "c_scale": 1.0,
        "superresolution_noise_mode": "none",
        "sr_antialias": True,
        "decoder_lr_mul": 1,
        "clamp_mode": "softplus",
        "disparity_space_sampling": False,
        "density_reg": 0.25,
        "reg_type": "l1",
        "gpc_reg_prob": 0.8,
    } | dict(rendering or {})
    with upstream_modules(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch about its own storages
        easy = sys.modules["dnnlib.util"].EasyDict
        keywords: dict[str, Any] = {
            "z_dim": backbone.z_dim,
            "w_dim": backbone.w_dim,
            "c_dim": 25,
            "img_resolution": made_of.image_size,
            "img_channels": 3,
            "mapping_kwargs": easy(num_layers=backbone.mapping_layers),
            "channel_base": backbone.channel_base,
            "channel_max": backbone.channel_max,
            "fused_modconv_default": "inference_only",
            "num_fp16_res": 0,
            "sr_num_fp16_res": 4,
            "conv_clamp": None,
            "sr_kwargs": easy(channel_base=backbone.channel_base),
            "rendering_kwargs": {"ray_start": 99.0},  # overtaken by the attribute
            "a_key_of_tomorrow": [1, 2, 3],
        } | dict(arguments or {})
        for key in without:
            options.pop(key, None)
            keywords.pop(key, None)
        state = _tree(weights, made_of.super_resolution.kind, form, upscaler)
        state |= {
            "_init_args": (),
            "_init_kwargs": easy(keywords),
            "rendering_kwargs": options,
            "neural_rendering_resolution": render.resolution,
            "_last_planes": None,
        }
        state["_buffers"]["dataset_label_std"] = torch.ones(25)
        generator = _Persistent("TriPlaneGenerator", state)
        content = {"training_set_kwargs": easy(path="cats.zip"), "G_ema": generator, "augment_pipe": None}
        if form.others:
            content |= {"G": generator, "D": _Persistent("DualDiscriminator", _state(form))}
        data = pickle.dumps(content, protocol=form.protocol)
    return _aged(data) if form.old_numpy else data


def legacy_storage(numbers: np.ndarray[Any, Any], location: str = "cpu") -> bytes:
    """Write a storage by hand, as torch's legacy form has it."""
    kind = {"<f4": "FloatStorage", "<f2": "HalfStorage", "<i8": "LongStorage"}[numbers.dtype.str]

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    reference = (
        b"\x80\x02(" + text("storage") + b"ctorch\n" + kind.encode() + b"\n" + text("140") + text(location)
    )
    reference += b"J" + struct.pack("<i", numbers.size) + b"NtQ."
    machine = {
        "protocol_version": 1001,
        "little_endian": True,
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    return b"".join(
        [
            *(pickle.dumps(value, protocol=2) for value in (0x1950A86A20F9469CFC6C, 1001, machine)),
            reference,
            pickle.dumps(["140"], protocol=2),
            struct.pack("<q", numbers.size),
            numbers.tobytes(),
        ]
    )


class _Stored:
    """A storage of given bytes, reduced as torch reduces one."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __reduce__(self) -> tuple[Any, ...]:
        return torch.storage._load_from_bytes, (self.data,)


class CudaTensor:
    """A tensor whose numbers still lie on the GPU of the machine that wrote it."""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def __reduce__(self) -> tuple[Any, ...]:
        data = legacy_storage(self.values.numpy().ravel(), "cuda:0")
        arguments: tuple[Any, ...] = (
            _Stored(data),
            0,
            tuple(self.values.shape),
            self.values.stride(),
            False,
            OrderedDict(),
        )
        return torch._utils._rebuild_tensor_v2, arguments


def _tree(
    weights: Mapping[str, Tensor], kind: str, form: Form, upscaler: str | None, prefix: str = ""
) -> dict[str, Any]:
    """The state of the module whose dotted name is `prefix`, with all modules in it."""
    state = _state(form)
    inside = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
    for name, value in inside.items():
        if "." not in name:
            buffer = name in {"resample_filter", "noise_const", "w_avg"}
            where = state["_buffers"] if buffer else state["_parameters"]
            where[name] = value.clone() if buffer else nn.Parameter(value.clone())
    for name in dict.fromkeys(name.partition(".")[0] for name in inside if "." in name):
        child = _tree(weights, kind, form, upscaler, f"{prefix}{name}.")
        state["_modules"][name] = _module(f"{prefix}{name}", child, kind, form, upscaler)
    if not prefix:
        renderer = _state(form) | {"plane_axes": CudaTensor(torch.eye(3)) if form.cuda_axes else torch.eye(3)}
        renderer["_modules"]["ray_marcher"] = _reference("ray_marcher", "MipRayMarcher2", _state(form))
        state["_modules"]["renderer"] = _reference("renderer", "ImportanceRenderer", renderer)
        state["_modules"]["ray_sampler"] = _reference("ray_sampler", "RaySampler", _state(form))
    state["weight_gain"] = np.float64(0.0625)
    return state


def _module(name: str, state: dict[str, Any], kind: str, form: Form, upscaler: str | None) -> object:
    if name == "decoder":
        return _reference("triplane", "OSGDecoder", state, package="training")
    if name == "decoder.net":
        parts = state["_modules"]
        parts = {"0": parts["0"], "1": _softplus(form), "2": parts["2"]}
        sequential = nn.Sequential()
        sequential.__dict__.update(state | {"_modules": OrderedDict(parts) if form.ordered else parts})
        return sequential
    if name == "superresolution":
        return _Persistent(upscaler or f"SuperresolutionHybrid{kind}", state)
    return _Persistent("Layer", state)


def _softplus(form: Form) -> nn.Module:
    softplus = nn.Softplus()
    if form.ordered:
        softplus.__dict__["_parameters"] = OrderedDict()
    return softplus


def _reference(
    module: str, name: str, state: dict[str, Any], package: str = "training.volumetric_rendering"
) -> object:
    made: object = getattr(sys.modules[f"{package}.{module}"], name)(state)
    return made


def _state(form: Form) -> dict[str, Any]:
    kind: Any = OrderedDict if form.ordered else dict
    names = ("_parameters", "_buffers", "_backward_hooks", "_forward_hooks", "_state_dict_hooks", "_modules")
    state: dict[str, Any] = {"training": False, **{name: kind() for name in names}}
    return state if form.ordered else state | {"_non_persistent_buffers_set": set()}


def _aged(data: bytes) -> bytes:
    """Rewrite numpy's new module name to the old one; frames are left out, because their lengths change."""
    new, old = "numpy._core.multiarray", "numpy.core.multiarray"
    positions = [(op.name, argument, position) for op, argument, position in pickletools.genops(data)]
    ends = [position for _, _, position in positions[1:]] + [len(data)]
    out = io.BytesIO()
    renamed = 0
    for (name, argument, start), end in zip(positions, ends, strict=True):
        if name == "SHORT_BINUNICODE" and argument == new:
            out.write(b"\x8c" + bytes([len(old)]) + old.encode())
            renamed += 1
        elif name == "GLOBAL" and str(argument).startswith(new + " "):
            out.write(b"c" + old.encode() + b"\n" + str(argument).partition(" ")[2].encode() + b"\n")
            renamed += 1
        elif name != "FRAME":
            out.write(data[start:end])
    if not renamed:
        raise AssertionError("no numpy scalar in this snapshot")
    return out.getvalue()
