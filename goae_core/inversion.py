"""From a photo to a head, in differentiable steps that training and the pipeline share.

    w_plus = encode(generator, encoder, photo)                   photo -> style
    plain = reconstruct(generator, w_plus, camera)               style -> w-only head and its picture
    modulation = align_features(afa, photo, plain)               what the picture lacks
    refined = refined_planes(generator, plain, modulation)       planes with it
    seen = see(generator, refined, w_plus, camera)               which texels the photo saw
    planes = fuse(plain.planes, refined, seen.visibility)        the head

Source: Yuan et al. 2023 (GOAE), section 3, arXiv 2303.12326.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.camera import Camera
from goae_core.fusion import visibility
from goae_core.generator import FeatureMap, Generator
from goae_core.networks.afa import Afa, Modulation, Surface
from goae_core.networks.encoder import FINE_STAGE, Encoder
from goae_core.presets import RenderConfig
from goae_core.rendering.renderer import Rendering
from goae_core.triplane import TriPlane

if TYPE_CHECKING:
    from goae_core.photo import AlignedPhoto


@dataclass(frozen=True, slots=True, eq=False)
class Reconstruction:
    """A head from style alone.

    Attributes:
        w_plus: (B, N, W).
        features: Feature map of stage 1.
        planes: w-only planes.
        rendering: Their picture from the input camera.
    """

    w_plus: Tensor
    features: FeatureMap
    planes: TriPlane
    rendering: Rendering


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the input camera sees of refined planes.

    Attributes:
        rendering: The picture.
        visibility: (B, 1 or 3, S, S), see `fusion.visibility`.
    """

    rendering: Rendering
    visibility: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Inversion:
    """A photo turned into a head, with all that edits need; B = 1.

    Attributes:
        photo: What it was made from, with its camera and matte.
        w_plus: (1, N, W), the mean style included.
        features: Feature map of stage 1 for `w_plus`, before AFA.
        modulation: What AFA found.
        planes: The fused head.
        visibility: (1, 1 or 3, S, S) in [0, 1], see `fusion.visibility`.
        seconds: Wall time of its making by stage: matte, encode, afa, fuse, total; kept in projects.
        w_planes: w-only planes; None after reopening.
        rendering: Picture of the refined planes (before the mix) from the input camera; None after reopening.
    """

    photo: AlignedPhoto
    w_plus: Tensor
    features: FeatureMap
    modulation: Modulation
    planes: TriPlane
    visibility: Tensor
    seconds: dict[str, float]
    w_planes: TriPlane | None = None
    rendering: Rendering | None = None

    def to(self, device: torch.device | str) -> Inversion:
        """The same head on a device, less `rendering` and `w_planes`, which edits do not need.

        Already there, it is returned as it is.
        """
        if self.w_plus.device == torch.device(device):
            return self
        return replace(
            self,
            photo=replace(
                self.photo,
                pixels=self.photo.pixels.to(device),
                camera=self.photo.camera.to(device),
                matte=None if self.photo.matte is None else self.photo.matte.to(device),
            ),
            w_plus=self.w_plus.to(device),
            features=FeatureMap(self.features.x.to(device), self.features.skip.to(device)),
            modulation=self.modulation.to(device),
            planes=self.planes.to(device),
            visibility=self.visibility.to(device),
            w_planes=None,
            rendering=None,
        )


def head_over_black(pixels: Tensor, matte: Tensor | None) -> Tensor:
    """Put the head in front of black: matte * (pixels + 1) - 1.

    Args:
        pixels: (B, 3, R, R) in [-1, 1].
        matte: (B, 1, R, R) in [0, 1]; None leaves the picture as it is.

    Returns:
        (B, 3, R, R) in [-1, 1].
    """
    return pixels if matte is None else matte * (pixels + 1.0) - 1.0


def resized(pixels: Tensor, size: int) -> Tensor:
    """Resample pictures with an antialiased bicubic filter; those of the right size are returned as they are.

    Args:
        pixels: (B, C, R, R) in [-1, 1].
        size: New side.

    Returns:
        (B, C, size, size) in [-1, 1].
    """
    if pixels.shape[-1] == size:
        return pixels
    sampled = F.interpolate(pixels, (size, size), mode="bicubic", align_corners=False, antialias=True)
    return sampled.clamp(-1.0, 1.0)


def encode(generator: Generator, encoder: Encoder, photo: Tensor, *, stage: int = FINE_STAGE) -> Tensor:
    """Find the style of photos.

    Args:
        generator: Gives the mean style.
        encoder: Gives the offsets from it.
        photo: (B, 3, R, R) in [-1, 1], over black if the preset mattes; any R, the encoder's own is best.
        stage: Up to which style group, see `Encoder`.

    Returns:
        w+ (B, N, W).
    """
    offsets: Tensor = encoder(resized(photo, encoder.config.image_size), stage)
    return generator.w_avg + offsets


def reconstruct(
    generator: Generator,
    w_plus: Tensor,
    camera: Camera,
    *,
    resolution: int | None = None,
    config: RenderConfig | None = None,
    randomness: torch.Generator | None = None,
) -> Reconstruction:
    """Build the w-only head and look at it.

    Args:
        generator: The generator.
        w_plus: (B, N, W).
        camera: B input cameras.
        resolution: Rays per side; None takes the preset's.
        config: How to march; None takes the preset's.
        randomness: Of the samples along rays; None for the repeatable middle.

    Returns:
        Features, planes and picture.
    """
    features = generator.feature_map(w_plus)
    planes = generator.planes(w_plus, features)
    rendering = generator.render(
        planes, w_plus, camera, resolution=resolution, config=config, generator=randomness
    )
    return Reconstruction(w_plus, features, planes, rendering)


def align_features(afa: Afa, photo: Tensor, plain: Reconstruction) -> Modulation:
    """Let AFA compare photo and w-only reconstruction.

    Args:
        afa: The network.
        photo: (B, 3, R, R) in [-1, 1] at AFA's size, over black if the preset mattes.
        plain: The reconstruction from the photo's camera.

    Returns:
        The modulation of the reconstruction's features.
    """
    rendering = plain.rendering
    surface = Surface(rendering.surface(), rendering.opacity)
    modulation: Modulation = afa(photo, rendering.image, plain.features.x, surface)
    return modulation


def modulated_planes(
    generator: Generator, w_plus: Tensor, x: Tensor, skip: Tensor, modulation: Modulation
) -> TriPlane:
    """Second half of synthesis from a feature map that is refined already, plus the shift of the planes.

    Args:
        generator: The generator.
        w_plus: (B, N, W) that decodes.
        x: Refined feature map X', (B, W, F, F).
        skip: Skip image at the split, (B, 3C, F, F).
        modulation: Only its `planes_shift` is read.

    Returns:
        Refined planes.
    """
    planes = generator.planes(w_plus, FeatureMap(x, skip))
    if modulation.planes_shift is None:
        return planes
    return replace(planes, features=planes.features + modulation.planes_shift)


def refined_planes(generator: Generator, plain: Reconstruction, modulation: Modulation) -> TriPlane:
    """Planes with what AFA found: scale * X + shift decoded, plus the shift of the planes."""
    refined = modulation.apply(plain.features.x)
    return modulated_planes(generator, plain.w_plus, refined, plain.features.skip, modulation)


def see(
    generator: Generator,
    planes: TriPlane,
    w_plus: Tensor,
    camera: Camera,
    *,
    config: RenderConfig | None = None,
) -> Sight:
    """Look at refined planes from the input camera and find the texels it sees.

    Args:
        generator: The generator; its preset says which planes are mixed.
        planes: Refined planes, B.
        w_plus: (B, N, W), steers the super-resolution.
        camera: B input cameras.
        config: How to march; None takes the preset's.

    Returns:
        Picture and visibility.
    """
    rendering = generator.render(planes, w_plus, camera, config=config)
    seen = visibility(rendering.surface(), rendering.opacity, planes, generator.preset.fusion)
    return Sight(rendering, seen)
