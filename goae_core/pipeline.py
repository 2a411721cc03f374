"""Networks on one device: photos in, heads, pictures and meshes out.

    pipeline = build(read_checkpoint(folder), choose_device("auto"))
    inversion = pipeline.invert(photo)                     once per photo, seconds
    portrait = pipeline.portrait(inversion, edits)         once per slider position
    frame = pipeline.render(RenderRequest(portrait, camera))   once per view

Every method runs on the calling thread, one call at a time; whoever owns the device calls them all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from goae_core.camera import Camera
from goae_core.checkpoint import Checkpoint
from goae_core.detail import PhotoDetail, carried, painted, photo_detail, with_edit
from goae_core.editing import Edit, EditDirection, Portrait, apply_edits
from goae_core.errors import CheckpointError, GoaeError, PhotoError, StoppedError
from goae_core.fusion import fuse
from goae_core.generator import Generator
from goae_core.inversion import (
    Inversion,
    align_features,
    encode,
    head_over_black,
    reconstruct,
    refined_planes,
    resized,
    see,
)
from goae_core.matte_refinement import refine_matte
from goae_core.mesh import Mesh
from goae_core.networks.afa import Afa, build_afa
from goae_core.networks.encoder import Encoder
from goae_core.networks.matting import MattingNetwork
from goae_core.photo import AlignedPhoto
from goae_core.presets import Preset, RenderConfig
from goae_core.rendering.passes import depth_map, normal_map, resampled, seen_map
from goae_core.rendering.renderer import Rendering
from goae_core.similarity import structural_similarity
from goae_core.surface import default_level, default_margin, extract_surface
from goae_core.symmetry import with_symmetry

Quality = Literal[
    "draft",  # a quarter of the rays, half the samples, no super-resolution: for a moving camera
    "full",
]
PASSES = ("color", "depth", "normal", "visibility", "residual")
GREY = (128, 128, 128)

ShouldStop = Callable[[], bool]
_Network = TypeVar("_Network", bound=nn.Module)

_SEEN_TINT = (0.10, 0.65, 0.70)
_UNSEEN_TINT = (0.95, 0.45, 0.10)


@dataclass(frozen=True, slots=True, eq=False)
class RenderRequest:
    """One picture to make.

    Attributes:
        portrait: The head.
        camera: From where, B = 1.
        size: Side in pixels; None: the model's own. Other sizes are resampled from it.
        quality: See `Quality`.
        passes: Which of `PASSES` to make; colour is always made.
        background: Red, green, blue 0 to 255 behind the head; None: black. Models without alpha paint theirs.
        photo: What "residual" compares with.
        detail: How much of the photo's detail is laid over a full picture, 0 to 1; None: as the preset says.
            Nothing is for a portrait without inversion, and 0 is exactly the model's own picture.
    """

    portrait: Portrait
    camera: Camera
    size: int | None = None
    quality: Quality = "full"
    passes: tuple[str, ...] = ("color",)
    background: tuple[int, int, int] | None = GREY
    photo: AlignedPhoto | None = None
    detail: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A finished picture, H = W = size; numpy only, so that it can cross threads.

    Attributes:
        color: (H, W, 3) uint8 over the background.
        alpha: (H, W) uint8, 255 on the head.
        depth: (H, W) float32, world units along the ray; infinite where there is no head. Like the following,
            None unless asked for.
        normal: (H, W, 3) uint8, world normals as (n + 1) / 2; background elsewhere.
        visibility: (H, W, 3) uint8, the head in grey, teal where the photo saw it and orange where not.
        residual: (H, W, 3) uint8, grey plus half of photo minus render at the photo's own camera.
        seconds: Wall time.
        request: What was asked for.
    """

    color: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    depth: NDArray[np.float32] | None
    normal: NDArray[np.uint8] | None
    visibility: NDArray[np.uint8] | None
    residual: NDArray[np.uint8] | None
    seconds: float
    request: RenderRequest


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """An unedited head as the photo's camera sees it."""

    rendering: Rendering
    detail: PhotoDetail


class Pipeline:
    """A model ready to use.

    Args:
        checkpoint: What it is made of; loading is strict.
        device: Where it runs.

    Raises:
        CheckpointError: If weights are missing, unexpected or of another shape, or there is no generator.
    """

    def __init__(self, checkpoint: Checkpoint, device: torch.device | str) -> None:
        preset = checkpoint.preset
        self.preset: Preset = preset
        self.device = torch.device(device)
        self.model = checkpoint.origin.name
        self.directions: tuple[EditDirection, ...] = checkpoint.directions
        self._last_source: tuple[Inversion, _Source] | None = None
        self._last_detail: tuple[Portrait, PhotoDetail] | None = None
        weights = checkpoint.weights
        if "generator" not in weights:
            raise CheckpointError(f"the model '{self.model}' has no generator; import one first")
        self.generator = self._loaded(Generator(preset), "generator", weights["generator"])
        self.encoder: Encoder | None = None
        if "encoder" in weights:
            fresh = Encoder(preset.encoder, preset.backbone.num_ws)
            self.encoder = self._loaded(fresh, "encoder", weights["encoder"])
        self.afa: Afa | None = None
        if "afa" in weights:
            self.afa = self._loaded(build_afa(preset), "afa", weights["afa"])
        self.matting: MattingNetwork | None = None
        if preset.matting is not None and "matting" in weights:
            self.matting = self._loaded(MattingNetwork(preset.matting), "matting", weights["matting"])

    @torch.inference_mode()
    def invert(
        self,
        photo: AlignedPhoto,
        *,
        should_stop: ShouldStop | None = None,
        on_stage: Callable[[str], None] | None = None,
    ) -> Inversion:
        """Turn a photo into a head.

        Args:
            photo: In the model's frame; its matte is found if it has none and the model mattes.
            should_stop: Asked between the networks' layers.
            on_stage: Hears "matte", "encode", "afa" and "fuse" as each begins.

        Returns:
            The head, with seconds by stage and in total.

        Raises:
            CheckpointError: If the model has no encoder, AFA or matting network.
            PhotoError: If the photo does not have the model's size.
            StoppedError: If `should_stop` said so.
        """
        encoder, afa = self._inverters()
        side = self.preset.image_size
        if tuple(photo.pixels.shape) != (1, 3, side, side):
            raise PhotoError(
                f"the aligned photo must have shape (1, 3, {side}, {side}) for this model, "
                f"got {tuple(photo.pixels.shape)}; align it with this model's preset"
            )
        clock = _StageClock(on_stage)
        with self._stoppable(should_stop):
            photo = _photo_to(photo, self.device)
            with clock.stage("matte"):
                if self.preset.matting is not None and photo.matte is None:
                    photo = replace(photo, matte=self.matte(photo.pixels))
                head = head_over_black(photo.pixels, photo.matte)
            with clock.stage("encode"):
                w_plus = encode(self.generator, encoder, head)
            with clock.stage("afa"):
                plain = reconstruct(self.generator, w_plus, photo.camera)
                modulation = align_features(afa, resized(head, self.preset.afa.image_size), plain)
                refined = refined_planes(self.generator, plain, modulation)
            with clock.stage("fuse"):
                sight = see(self.generator, refined, w_plus, photo.camera)
                planes = fuse(plain.planes, refined, sight.visibility)
        return Inversion(
            photo=photo,
            w_plus=w_plus,
            features=plain.features,
            modulation=modulation,
            planes=planes,
            visibility=sight.visibility,
            seconds=clock.seconds(),
            w_planes=plain.planes,
            rendering=sight.rendering,
        )

    @torch.inference_mode()
    def portrait(self, inversion: Inversion, edits: Sequence[Edit] = ()) -> Portrait:
        """Apply edits to a head; none, or only zero strengths, give exactly the unedited head.

        Raises:
            DirectionError: If an edit names a direction that the model does not have.
        """
        portrait = apply_edits(self.generator, inversion.to(self.device), self.directions, edits)
        return replace(portrait, inversion=inversion)

    @torch.inference_mode()
    def render(self, request: RenderRequest, should_stop: ShouldStop | None = None) -> Frame:
        """Make one picture.

        The same request gives the same picture, bit for bit, on the same machine, device and thread count.

        Args:
            request: What to make.
            should_stop: Asked between chunks of rays and between layers.

        Raises:
            PhotoError: If the residual is asked for without a photo.
            StoppedError: If `should_stop` said so.
        """
        start = time.perf_counter()
        unknown = [name for name in request.passes if name not in PASSES]
        if unknown:
            raise GoaeError(f"there is no pass named '{unknown[0]}'; choose from {', '.join(PASSES)}")
        size = self.preset.image_size if request.size is None else request.size
        with self._stoppable(should_stop):
            rendering = self._look(request.portrait, request.camera, request.quality)
            if request.quality == "full":
                rendering = self._detailed(rendering, request.portrait, request.camera, request.detail)
            image, alpha = self._shown(rendering, size)
            background = _rgb(request.background, image)
            color = self._over(image, alpha, background)
            planes = request.portrait.planes.to(self.device)
            depth = normal = seen = residual = None
            if "depth" in request.passes:
                depth = depth_map(rendering, size)[0, 0].cpu().numpy()
            if "normal" in request.passes:
                field = partial(self.generator.query, planes)
                normals, within = normal_map(field, planes, rendering, size)
                share = alpha * within
                normal = _bytes(share * 0.5 * (normals + 1.0) + (1.0 - share) * background)
            if "visibility" in request.passes:
                known, within = seen_map(request.portrait.visibility.to(self.device), planes, rendering, size)
                share = alpha * within
                tint = known * _rgb01(_SEEN_TINT, image) + (1.0 - known) * _rgb01(_UNSEEN_TINT, image)
                grey = image.mean(dim=1, keepdim=True) / alpha.clamp(min=0.1)
                seen = _bytes(share * (0.4 + 0.6 * grey) * tint + (1.0 - share) * background)
            if "residual" in request.passes:
                residual = self._residual(request, size)
        return Frame(
            color=_bytes(color),
            alpha=_bytes(alpha)[..., 0],
            depth=depth,
            normal=normal,
            visibility=seen,
            residual=residual,
            seconds=time.perf_counter() - start,
            request=request,
        )

    @torch.inference_mode()
    def look(
        self, portrait: Portrait, camera: Camera, *, details: Sequence[float] = (0.0,)
    ) -> tuple[Rendering, ...]:
        """One view of a head at several strengths of the photo's detail; its rays are marched once.

        Args:
            portrait: The head.
            camera: From where, B = 1.
            details: Strengths, 0 to 1; nothing is laid over a portrait without inversion.

        Returns:
            A full rendering for each of them.
        """
        plain = self._look(portrait, camera, "full")
        return tuple(self._detailed(plain, portrait, camera, strength) for strength in details)

    @torch.inference_mode()
    def picture(
        self,
        rendering: Rendering,
        *,
        size: int | None = None,
        background: tuple[int, int, int] | None = GREY,
    ) -> NDArray[np.uint8]:
        """A rendering as people see it, (size, size, 3), of the model's own size if None."""
        image, alpha = self._shown(rendering, self.preset.image_size if size is None else size)
        return _bytes(self._over(image, alpha, _rgb(background, image)))

    def surface(
        self,
        portrait: Portrait,
        *,
        resolution: int = 256,
        detail: float | None = None,
        level: float | None = None,
        floor: float | None = None,
        should_stop: ShouldStop | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> Mesh:
        """Extract the head's coloured surface, see `surface.extract_surface`.

        Args:
            portrait: The head.
            resolution: Lattice points per side.
            detail: How much of the photo's colours its vertices take where the photo saw them, as of
                `RenderRequest.detail`.
            level: Raw density of the surface; None: the model's usual one.
            floor: World y below which nothing is kept.
            should_stop: Asked between chunks.
            on_progress: Receives the share done.

        Returns:
            The mesh.

        Raises:
            ExportError: If the resolution is out of range or there is no surface.
            StoppedError: If `should_stop` said so.
        """
        planes = portrait.planes.to(self.device)
        strength = self._strength(portrait, detail)
        with self._stoppable(should_stop):
            photo = self.photo_detail(portrait, strength)

        def density(points: Tensor) -> Tensor:
            return self.generator.query(planes, points[None])[0][0]

        def color(points: Tensor) -> Tensor:
            colors = self.generator.query(planes, points[None])[1][0, :, :3].clamp(0.0, 1.0)
            return colors if photo is None else painted(photo, points, colors, strength)

        return extract_surface(
            density,
            color,
            box_side=planes.box_side,
            resolution=resolution,
            level=default_level(self.preset.render) if level is None else level,
            floor=floor,
            margin=default_margin(self.preset.render),
            device=self.device,
            should_stop=should_stop,
            on_progress=on_progress,
        )

    @torch.inference_mode()
    def photo_detail(self, portrait: Portrait, strength: float | None = None) -> PhotoDetail | None:
        """What the photo has beyond a portrait; None where the strength is 0 or there is no photo.

        Args:
            portrait: The head.
            strength: As of `RenderRequest.detail`.
        """
        if self._strength(portrait, strength) == 0.0 or portrait.inversion is None:
            return None
        return self._detail(portrait, portrait.inversion)

    @torch.inference_mode()
    def matte(self, pixels: Tensor) -> Tensor:
        """Find the head.

        Args:
            pixels: (1, 3, R, R) in [-1, 1].

        Returns:
            (1, 1, R, R), 1 on the head. All ones for a model that sees the whole picture.

        Raises:
            CheckpointError: If the model mattes but has no matting network.
        """
        pixels = pixels.to(self.device)
        if self.preset.matting is None:
            return torch.ones_like(pixels[:, :1])
        if self.matting is None:
            raise CheckpointError(f"the model '{self.model}' has no matting network; import a complete model")
        found: Tensor = self.matting(resized(pixels, self.preset.matting.image_size))
        size = pixels.shape[-1]
        found = F.interpolate(found, (size, size), mode="bilinear", align_corners=False).clamp(0.0, 1.0)
        picture = ((pixels[0].clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy()
        refined = refine_matte(picture, found[0, 0].float().cpu().numpy())
        return torch.from_numpy(refined)[None, None].to(self.device)

    @torch.inference_mode()
    def figures(self, inversion: Inversion) -> dict[str, float]:
        """Compare photo and unedited head at the input view, over the photo's matte.

        Returns:
            mse: Mean square difference of values in [-1, 1]; psnr: in decibels; ssim: structural similarity
            of the grey pictures, Gaussian window of sigma 1.5 (Wang et al. 2004). All of the model's own
            picture; the same with the photo's detail in full is detail_mse, detail_psnr and detail_ssim.
        """
        photo = _photo_to(inversion.photo, self.device)
        matte = torch.ones_like(photo.pixels[:, :1]) if photo.matte is None else photo.matte
        truth = head_over_black(photo.pixels, photo.matte)
        portrait = self.portrait(inversion)
        rendering = self._look(portrait, photo.camera, "full")
        with_detail = self._detailed(rendering, portrait, photo.camera, 1.0)
        detailed = compare(truth, with_detail.image, matte)
        return compare(truth, rendering.image, matte) | {
            f"detail_{name}": value for name, value in detailed.items()
        }

    def _inverters(self) -> tuple[Encoder, Afa]:
        if self.encoder is None or self.afa is None:
            lacking = "encoder" if self.encoder is None else "AFA network"
            raise CheckpointError(
                f"the model '{self.model}' has no {lacking} and cannot invert photos; import its file too"
            )
        return self.encoder, self.afa

    def _loaded(self, network: _Network, name: str, weights: Mapping[str, Tensor]) -> _Network:
        load_strictly(network, weights, f"{name} of the model '{self.model}'")
        return network.to(self.device).eval().requires_grad_(False)

    def _look(self, portrait: Portrait, camera: Camera, quality: Quality) -> Rendering:
        planes, w_plus, camera = (
            portrait.planes.to(self.device),
            portrait.w_plus.to(self.device),
            camera.to(self.device),
        )
        if quality == "full":
            return self.generator.render(planes, w_plus, camera)
        config = draft_config(self.preset.render)
        return self.generator.render(planes, w_plus, camera, config=config, super_resolve=False)

    def _detailed(
        self, rendering: Rendering, portrait: Portrait, camera: Camera, strength: float | None
    ) -> Rendering:
        """A full picture with the photo's detail."""
        strength = self._strength(portrait, strength)
        if strength == 0.0 or portrait.inversion is None:
            return rendering
        detail = self._detail(portrait, portrait.inversion)
        return carried(detail, rendering, camera.to(self.device), strength)

    def _strength(self, portrait: Portrait, asked: float | None) -> float:
        strength = self.preset.detail.strength if asked is None else asked
        if not 0.0 <= strength <= 1.0:
            raise GoaeError(f"the photo's detail has a strength of 0 to 1, got {strength:g}")
        return 0.0 if portrait.inversion is None else strength

    def _detail(self, portrait: Portrait, inversion: Inversion) -> PhotoDetail:
        """What the photo has beyond a portrait: a rendering from the photo's camera, two if it is edited.

        The last ones are kept: views of one head, and edits of it, ask again and again.
        """
        if self._last_detail is not None and self._last_detail[0] is portrait:
            return self._last_detail[1]
        if self._last_source is None or self._last_source[0] is not inversion:
            photo = _photo_to(inversion.photo, self.device)
            unedited = Portrait(inversion.w_plus, inversion.planes, inversion.visibility)
            before = self._look(unedited, photo.camera, "full")
            detail = photo_detail(photo, before, has_alpha=self._has_alpha)
            detail = with_symmetry(detail, before, self.preset.detail.symmetry)
            self._last_source = inversion, _Source(before, detail)
        source = self._last_source[1]
        detail = source.detail
        if portrait.planes is not inversion.planes:
            after = self._look(portrait, inversion.photo.camera, "full")
            detail = with_edit(detail, source.rendering, after)
        self._last_detail = portrait, detail
        return detail

    @property
    def _has_alpha(self) -> bool:
        return self.preset.super_resolution.image_channels == 4

    def _shown(self, rendering: Rendering, size: int) -> tuple[Tensor, Tensor]:
        """Picture (1, 3, H, H) and alpha (1, 1, H, H), both in [0, 1]."""
        image = 0.5 * (resampled(rendering.image, size) + 1.0)
        return image.clamp(0.0, 1.0), resampled(rendering.alpha, size).clamp(0.0, 1.0)

    def _over(self, image: Tensor, alpha: Tensor, background: Tensor) -> Tensor:
        if not self._has_alpha:
            return image
        return (image + (1.0 - alpha) * background).clamp(0.0, 1.0)

    def _residual(self, request: RenderRequest, size: int) -> NDArray[np.uint8]:
        if request.photo is None:
            raise PhotoError("the residual compares with the photo and none was given; open one first")
        photo = _photo_to(request.photo, self.device)
        rendering = self._look(request.portrait, photo.camera, request.quality)
        difference = head_over_black(photo.pixels, photo.matte) - rendering.image.clamp(-1.0, 1.0)
        return _bytes(0.5 + 0.25 * resampled(difference, size))

    @contextmanager
    def _stoppable(self, should_stop: ShouldStop | None) -> Iterator[None]:
        """Ask `should_stop` before each layer and each chunk of points, and leave if it says so."""
        if should_stop is None:
            yield
            return
        stop: ShouldStop = should_stop

        def ask(module: nn.Module, inputs: object) -> None:
            if stop():
                raise StoppedError("stopped")

        networks = (self.generator, self.encoder, self.afa, self.matting)
        layers = [layer for network in networks if network is not None for layer in network.modules()]
        handles = [layer.register_forward_pre_hook(ask) for layer in layers]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def build(checkpoint: Checkpoint, device: torch.device | str) -> Pipeline:
    """Put a checkpoint's networks on a device.

    Raises:
        CheckpointError: If weights are missing, unexpected or of another shape.
    """
    return Pipeline(checkpoint, device)


def choose_device(name: str) -> torch.device:
    """Find a device by name.

    Args:
        name: "auto" (CUDA, then MPS, then CPU), "cuda", "mps" or "cpu".

    Raises:
        GoaeError: If this machine does not have it, or there is no such name.
    """
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in present.items() if there))
    if name not in present:
        raise GoaeError(f"there is no device named '{name}'; choose auto, cuda, mps or cpu")
    if not present[name]:
        raise GoaeError(f"this machine has no {name} device that torch can use; choose auto or cpu")
    return torch.device(name)


def load_strictly(network: nn.Module, weights: Mapping[str, Tensor], what: str) -> None:
    """Fill a network with exactly its weights.

    Args:
        network: Filled in place.
        weights: By dotted name.
        what: Names them in the message.

    Raises:
        CheckpointError: In one sentence, with every name that is missing, unexpected or of another shape.
    """
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    missing = sorted(expected.keys() - weights.keys())
    unexpected = sorted(weights.keys() - expected.keys())
    misshapen = [
        f"{name} {tuple(weights[name].shape)} instead of {shape}"
        for name, shape in expected.items()
        if name in weights and tuple(weights[name].shape) != shape
    ]
    faults = [
        f"{count}: {', '.join(names)}"
        for count, names in (
            ("missing", missing),
            ("unexpected", unexpected),
            ("of another shape", misshapen),
        )
        if names
    ]
    if faults:
        raise CheckpointError(f"the {what} does not fit its preset ({'; '.join(faults)}); import it again")
    network.load_state_dict(dict(weights))


def draft_config(config: RenderConfig) -> RenderConfig:
    """How a preset is marched while the camera moves: half the rays a side, half the samples along each."""
    return replace(
        config,
        resolution=max(config.resolution // 2, 8),
        coarse_samples=max(config.coarse_samples // 2, 4),
        fine_samples=config.fine_samples // 2,
    )


def compare(photo: Tensor, picture: Tensor, matte: Tensor) -> dict[str, float]:
    """How close a picture is to a photo over the head.

    Args:
        photo: (1, 3, R, R) in [-1, 1], R above 10.
        picture: The same.
        matte: (1, 1, R, R) in [0, 1], the weight of each pixel.

    Returns:
        mse over values in [-1, 1]; psnr in decibels; ssim, at most 1.
    """
    picture = picture.clamp(-1.0, 1.0)
    weight = matte / matte.sum().clamp(min=1e-6)
    mse = float(((photo - picture).square().mean(dim=1, keepdim=True) * weight).sum())
    psnr = 10.0 * float(np.log10(4.0 / max(mse, 1e-12)))
    grey = (photo.mean(dim=1, keepdim=True), picture.mean(dim=1, keepdim=True))
    return {"mse": mse, "psnr": psnr, "ssim": float(structural_similarity(*grey, matte))}


class _StageClock:
    """Wall time by stage."""

    def __init__(self, on_stage: Callable[[str], None] | None) -> None:
        self._on_stage = on_stage or (lambda name: None)
        self._seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._on_stage(name)
        start = time.perf_counter()
        yield
        self._seconds[name] = time.perf_counter() - start

    def seconds(self) -> dict[str, float]:
        return {**self._seconds, "total": sum(self._seconds.values())}


def _photo_to(photo: AlignedPhoto, device: torch.device) -> AlignedPhoto:
    matte = None if photo.matte is None else photo.matte.to(device)
    return replace(photo, pixels=photo.pixels.to(device), camera=photo.camera.to(device), matte=matte)


def _rgb(color: tuple[int, int, int] | None, like: Tensor) -> Tensor:
    red, green, blue = (0, 0, 0) if color is None else color
    return _rgb01((red / 255.0, green / 255.0, blue / 255.0), like)


def _rgb01(color: tuple[float, float, float], like: Tensor) -> Tensor:
    return torch.tensor(color, dtype=like.dtype, device=like.device).reshape(1, 3, 1, 1)


def _bytes(picture: Tensor) -> NDArray[np.uint8]:
    """(1, C, H, W) in [0, 1] -> (H, W, C) uint8."""
    scaled = (picture[0].permute(1, 2, 0) * 255.0).round().clamp(0.0, 255.0)
    result: NDArray[np.uint8] = scaled.to(torch.uint8).cpu().numpy()
    return result
