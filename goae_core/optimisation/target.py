"""What the rendering should look like, and how far it is from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.inversion import Inversion, head_over_black
from goae_core.optimisation.outcome import Fit
from goae_core.pipeline import compare
from goae_core.rendering.renderer import Rendering

_SCALES = 2
_RAW = 0.5
_NEIGHBOURHOOD = 16
"""Pixels a side of a 256 pixel picture over which an error must be large to be doubted."""
_DOUBTED = 0.45
"""Root mean square error, of values in [-1, 1], at which the photo is believed by a quarter."""
_USUAL = 3.0
"""The same in medians over the head, where the whole head is further off."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A photo's head."""

    head: Tensor
    """(1, 3, R, R) in [-1, 1], over black where there is a matte."""
    matte: Tensor
    """(1, 1, R, R) in [0, 1]."""
    matted: bool
    """Whether the model's pictures end at a silhouette."""
    trust: Tensor
    """(1, 1, R, R) in [0, 1], how much the photo is believed at each pixel."""

    @classmethod
    def of(cls, inversion: Inversion) -> Target:
        """The photo of a head."""
        photo = inversion.photo
        matte = torch.ones_like(photo.pixels[:, :1]) if photo.matte is None else photo.matte
        head = head_over_black(photo.pixels, photo.matte)
        return cls(head, matte, photo.matte is not None, torch.ones_like(matte))

    @property
    def empty(self) -> bool:
        """Whether the matte holds no head."""
        return not bool((self.matte > 0.5).any())

    def fit(self, rendering: Rendering) -> Fit:
        """How a picture meets the photo."""
        figures = compare(self.head, rendering.image, self.matte)
        solid, found = self.matte > 0.5, rendering.alpha > 0.5
        iou = float((solid & found).sum() / (solid | found).sum().clamp_min(1))
        return Fit(figures["mse"], figures["psnr"], figures["ssim"], iou)

    def closeness(self, rendering: Rendering) -> float:
        """Mean square difference over the head as far as the photo is believed, values in [-1, 1]."""
        error = (rendering.image.clamp(-1.0, 1.0) - self.head).square().mean(dim=1, keepdim=True)
        believed = self.matte * self.trust
        return float((error * believed).sum() / believed.sum())

    @torch.no_grad()
    def doubting(self, rendering: Rendering) -> Target:
        """The same photo, believed less where a head that AFA has fitted to it still has nothing like it.

        Where colour and silhouette are far off all over a neighbourhood, the photo shows a hand, a microphone
        or background that the matte kept, and not this head:

            trust = 1 / (1 + error^2 / usual^2)^2

        Source: the weights of Geman and McClure (1987), of neighbourhoods.

        Args:
            rendering: The head before, from the photo's camera.
        """
        error = (rendering.image.float() - self.head).square().mean(dim=1, keepdim=True) * self.matte
        if self.matted:
            error = error + (rendering.alpha.float() - self.matte).square()
        side = self.head.shape[-1]
        reach = max(1, _NEIGHBOURHOOD * side // 256)
        local = F.avg_pool2d(error, reach, ceil_mode=True)
        solid = F.avg_pool2d(self.matte, reach, ceil_mode=True) > 0.5
        usual = float(local[solid].median()) if bool(solid.any()) else 0.0
        trust = (1.0 + local / max(_DOUBTED**2, _USUAL**2 * usual)).reciprocal().square()
        return replace(self, trust=F.interpolate(trust, (side, side), mode="bilinear", align_corners=False))

    def loss(self, rendering: Rendering, silhouette: float) -> tuple[Tensor, float]:
        """Mean square differences over the head at several scales and of the silhouette; and the mse."""
        image = rendering.image.float()
        believed = self.matte * self.trust
        error = (image - self.head).square().mean(dim=1, keepdim=True)
        total = (error * believed).sum() / believed.sum()
        with torch.no_grad():
            clamped = (image.clamp(-1.0, 1.0) - self.head).square().mean(dim=1, keepdim=True)
            mse = float((clamped * self.matte).sum() / self.matte.sum())
        residual, weight = (image - self.head) * believed, believed
        for _ in range(_SCALES):
            # Means over larger and larger cells: what lies a little off still pulls the right way.
            residual, weight = F.avg_pool2d(residual, 4), F.avg_pool2d(weight, 4)
            total = total + (residual.square().mean(dim=1) / weight.clamp_min(1e-3)).sum() / weight.sum()
        raw = rendering.raw.float()
        small, share, sure = (
            F.interpolate(each, raw.shape[-2:], mode="area") for each in (self.head, self.matte, self.trust)
        )
        coarse = (raw - small).square().mean(dim=1, keepdim=True)
        total = total + _RAW * (coarse * share * sure).sum() / (share * sure).sum()
        if self.matted:
            outline = ((rendering.alpha.float() - self.matte).square() * self.trust).mean()
            coarse_outline = ((rendering.opacity.float() - share).square() * sure).mean()
            total = total + silhouette * (outline + coarse_outline)
        return total, mse
