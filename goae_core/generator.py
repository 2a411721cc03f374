"""w+ -> feature map -> planes -> image: the three verbs, in that order.

    w_plus = generator.map(z, label)
    feature_map = generator.feature_map(w_plus)          what AFA refines
    planes = generator.planes(w_plus, feature_map)       the head, independent of the camera
    rendering = generator.render(planes, w_plus, camera)

Source: Chan et al. 2022 (EG3D, arXiv 2112.07945); the split of synthesis is that of Yuan et al. 2023 (GOAE).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from goae_core.camera import Camera
from goae_core.networks.radiance import RadianceDecoder
from goae_core.networks.stylegan2 import Backbone, Noise
from goae_core.networks.superresolution import SuperResolution
from goae_core.presets import Preset, RenderConfig
from goae_core.rendering.rays import Rays, sample_rays
from goae_core.rendering.renderer import RayValues, Rendering, render_rays
from goae_core.triplane import TriPlane


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMap:
    """What the first half of synthesis hands to the second."""

    x: Tensor
    """Features at the split (B, width(F), F, F)."""
    skip: Tensor
    """Skip image at the split (B, 3C, F, F)."""


class Generator(nn.Module):
    """Tri-plane generator.

    Args:
        preset: All sizes.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.preset = preset
        self.backbone = Backbone(preset.backbone)
        self.superresolution = SuperResolution(
            preset.super_resolution, preset.radiance.color_channels, preset.backbone.w_dim
        )
        self.decoder = RadianceDecoder(preset.radiance, preset.backbone.plane_channels)

    @property
    def w_avg(self) -> Tensor:
        """Running mean of w, (w_dim,)."""
        return self.backbone.mapping.w_avg

    def map(self, z: Tensor, label: Tensor, *, truncation: float = 1.0, cutoff: int | None = None) -> Tensor:
        """Map latents and camera labels to w+.

        Args:
            z: Standard normal (B, z_dim).
            label: (B, 25), see `Camera.label`.
            truncation: psi: 1 leaves w as it is, 0 gives the mean head.
            cutoff: Only rows below this one are truncated; None: all.

        Returns:
            (B, num_ws, w_dim).
        """
        w_plus: Tensor = self.backbone.mapping(z, label, truncation=truncation, cutoff=cutoff)
        return w_plus

    def feature_map(self, w_plus: Tensor, *, noise: Noise = "const") -> FeatureMap:
        """First half of synthesis.

        Args:
            w_plus: (B, num_ws, w_dim).
            noise: Whether the layers add their stored noise.

        Returns:
            Features and skip image at `preset.backbone.split_resolution`.
        """
        return FeatureMap(*self.backbone.synthesis.feature_map(w_plus, noise=noise))

    def planes(self, w_plus: Tensor, feature_map: FeatureMap, *, noise: Noise = "const") -> TriPlane:
        """Second half of synthesis.

        Args:
            w_plus: (B, num_ws, w_dim); only the rows above the split are read.
            feature_map: Of the first half, refined or not.
            noise: Whether the layers add their stored noise.

        Returns:
            Planes (B, 3, C, S, S).
        """
        image = self.backbone.synthesis.planes(w_plus, feature_map.x, feature_map.skip, noise=noise)
        render = self.preset.render
        features = image.reshape(image.shape[0], 3, -1, *image.shape[2:])
        return TriPlane(features, render.box_side, render.plane_axes)

    def query(self, planes: TriPlane, points: Tensor) -> tuple[Tensor, Tensor]:
        """Density and colour at points.

        Args:
            planes: B tri-planes.
            points: World positions (B, N, 3).

        Returns:
            Raw density (B, N, 1), before softplus, and colour features (B, N, K) in [-0.001, 1.001].
        """
        density, colors = self.decoder(planes.mean_at(points))
        return density, colors

    def render_rays(
        self,
        planes: TriPlane,
        rays: Rays,
        *,
        config: RenderConfig | None = None,
        generator: torch.Generator | None = None,
    ) -> RayValues:
        """March any rays, for instance a part of the pixels; differentiable in planes and decoder.

        Args:
            planes: B tri-planes.
            rays: (B, M, 3).
            config: How to march; None takes the preset's.
            generator: Randomness of the samples; None for the repeatable middle.

        Returns:
            Features, depth and opacity per ray.
        """
        config = self.preset.render if config is None else config
        ready = planes.interleaved()
        return render_rays(lambda points: self.query(ready, points), rays, config, generator=generator)

    def render(
        self,
        planes: TriPlane,
        w_plus: Tensor,
        camera: Camera,
        *,
        resolution: int | None = None,
        config: RenderConfig | None = None,
        generator: torch.Generator | None = None,
        super_resolve: bool = True,
    ) -> Rendering:
        """Look at planes through cameras.

        Args:
            planes: B tri-planes.
            w_plus: (B, num_ws, w_dim); its last row steers the super-resolution.
            camera: B cameras.
            resolution: Rays per side r; None takes the configuration's.
            config: How to march; None takes the preset's.
            generator: Randomness of the samples; None for the repeatable middle.
            super_resolve: Whether the picture is upscaled by the network; otherwise bilinearly.

        Returns:
            The picture at `preset.image_size` and the neural rendering behind it.

        Raises:
            ValueError: If planes, w+ and cameras are not equally many.
        """
        if not planes.batch == w_plus.shape[0] == camera.batch:
            raise ValueError(
                f"planes, w_plus and camera must be equally many, got {planes.batch}, {w_plus.shape[0]} and "
                f"{camera.batch}; repeat the planes for several views"
            )
        config = self.preset.render if config is None else config
        side = config.resolution if resolution is None else resolution
        rays = sample_rays(camera, side)
        values = self.render_rays(planes, rays, config=replace(config, resolution=side), generator=generator)
        features, depth, opacity = (
            each.reshape(camera.batch, side, side, -1).permute(0, 3, 1, 2)
            for each in (values.features, values.depth, values.opacity)
        )
        raw = features[:, :3]
        image, alpha = self._finish(raw, features, opacity, w_plus, super_resolve=super_resolve)
        return Rendering(image, alpha, raw, features, depth, opacity, rays.origins, rays.directions)

    def _finish(
        self, raw: Tensor, features: Tensor, opacity: Tensor, w_plus: Tensor, *, super_resolve: bool
    ) -> tuple[Tensor, Tensor]:
        """Image and alpha at the final resolution."""
        with_alpha = self.preset.super_resolution.image_channels == 4
        if not super_resolve:
            return self._enlarge(raw), self._enlarge(opacity)
        image = torch.cat([raw, 2.0 * opacity - 1.0], dim=1) if with_alpha else raw
        image = self.superresolution(image, features, w_plus)
        if not with_alpha:
            return image, self._enlarge(opacity)
        alpha = 0.5 * (image[:, 3:] + 1.0)
        # Clamped in value only: a pixel that overshoots must still be able to learn its way back.
        return image[:, :3], alpha.clamp(0.0, 1.0).detach() + (alpha - alpha.detach())

    def _enlarge(self, x: Tensor) -> Tensor:
        size = self.preset.image_size
        shrinks = x.shape[-1] > size
        return F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False, antialias=shrinks)
