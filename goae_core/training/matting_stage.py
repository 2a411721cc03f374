"""The matting network, trained on rendered heads before made-up backgrounds.

Rendered persons have exact mattes but few clothes, clean edges and no room behind them. So every picture is
put together anew: the head is moved, its clothes get another cloth, behind it comes a background with shapes,
stripes, noise or somebody else out of focus, and over all what cameras, phones and files do to a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from goae_core.networks.matting import MattingNetwork
from goae_core.opencv import cv2
from goae_core.presets import Preset
from goae_core.training.contact_sheet import grid, to_bytes
from goae_core.training.head_batches import HIDDEN
from goae_core.training.heads_dataset import HeadsDataset, RenderedPerson
from goae_core.training.view_losses import reduced_precision

COARSE_SHARE = 0.6
"""First share of the training, at half the size: four times as many pictures for learning what a head is."""
_CLOTHES = 3
_HAIR = 2


class MattingStage:
    """Trains the matting network."""

    name = "matting"
    learning_rate = 2e-3
    default_steps = 3_000

    def __init__(
        self,
        network: MattingNetwork,
        preset: Preset,
        dataset: HeadsDataset,
        device: torch.device,
        *,
        batch: int = 8,
    ) -> None:
        """Bring parts together.

        Args:
            network: Trained in place.
            preset: Whose frame it is for.
            dataset: Rendered heads.
            device: Where to compute.
            batch: Pictures a step.
        """
        # Channels last is the faster layout of small convolutions on CPUs.
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network
        self.size = network.config.image_size
        self._halves = self.size % 2 ** (len(network.config.widths) + 1) == 0
        self.preset = preset
        self.dataset = dataset
        self.device = device
        self.batch = batch

    def trained(self) -> nn.Module:
        """The network."""
        return self.network

    def loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        """One batch: pictures of half the size first, then of the full one."""
        size = self.size // 2 if fraction < COARSE_SHARE and self._halves else self.size
        picture, matte = draw_batch(self._persons(), self.batch, size, rng)
        with reduced_precision(self.device):
            logits = self.network.logits(picture.to(self.device, memory_format=torch.channels_last))
        return matting_loss(logits.float(), matte.to(self.device))

    def sheet(self, averaged: nn.Module) -> NDArray[np.uint8]:
        """Rows: picture, found matte, true matte, cut-out over green."""
        rng = np.random.default_rng(5)
        picture, matte = draw_batch(self._persons(), 6, self.size, rng)
        with torch.no_grad():
            found: Tensor = averaged(picture.to(self.device)).cpu()
        green = torch.tensor([-0.6, 0.4, -0.4])[None, :, None, None]
        cut = picture * found + green * (1 - found)
        columns = [picture, (found * 2 - 1).expand_as(picture), (matte * 2 - 1).expand_as(picture), cut]
        return grid([[to_bytes(column[k]) for column in columns] for k in range(len(picture))])

    def _persons(self) -> list[RenderedPerson]:
        """Those without painted faces, if there are any."""
        return self.dataset.clean() or self.dataset.persons

    def state(self) -> dict[str, Any]:
        """Nothing beside the weights."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to take up."""


def matting_loss(logits: Tensor, matte: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Cross entropy, absolute difference, and difference of the slopes.

    Args:
        logits: (B, 1, R, R).
        matte: (B, 1, R, R) in [0, 1].

    Returns:
        The loss, and figures: mean absolute difference and intersection over union at one half.
    """
    found = logits.sigmoid()
    entropy = F.binary_cross_entropy_with_logits(logits, matte)
    difference = (found - matte).abs().mean()
    slope_x = (found - matte).diff(dim=3).abs().mean()
    slope_y = (found - matte).diff(dim=2).abs().mean()
    with torch.no_grad():
        inside, truth = found > 0.5, matte > 0.5
        overlap = (inside & truth).sum() / (inside | truth).sum().clamp_min(1)
    figures = {"difference": float(difference.detach()), "overlap": float(overlap)}
    return entropy + difference + slope_x + slope_y, figures


def batches(dataset: HeadsDataset, seed: int, batch: int, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless batches of `draw_batch`, the same for the same seed."""
    rng = np.random.default_rng(seed)
    while True:
        yield draw_batch(dataset.persons, batch, size, rng)


def draw_batch(
    persons: list[RenderedPerson], count: int, size: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Portraits as photographs, and their mattes.

    Args:
        persons: To choose from.
        count: B.
        size: R, pixels per side.
        rng: Decides everything.

    Returns:
        Pictures (B, 3, R, R) in [-1, 1] and mattes (B, 1, R, R) in [0, 1].
    """
    random = torch.Generator().manual_seed(int(rng.integers(2**62)))
    cutout = _moved(_drawn(persons, count, size, rng), random)
    color, matte, clothes, hair, before = cutout.split([3, 1, 1, 1, 4], dim=1)
    color = _dyed(_dressed(color, clothes, random), hair, random)
    color = _graded(color, random)
    behind = background(count, size, random)
    behind = _with_passers_by(behind, color, matte, random)
    picture = color + (1 - matte) * behind
    seen = 1 - before[:, 3:]  # a hand before the face is no part of the head
    picture = picture * seen + _graded(before[:, :3], random)
    return _photographed(picture, random, rng) * 2 - 1, matte * seen


# --------------------------------------------------------------------------------------------------- the head


def _drawn(persons: list[RenderedPerson], count: int, size: int, rng: np.random.Generator) -> Tensor:
    """Random persons, lights and views, (B, 10, R, R) in [0, 1].

    Colour over black, matte, clothes, hair, and in four channels what is before them.
    """
    rows = []
    for _ in range(count):
        person = persons[int(rng.integers(len(persons)))]
        light, view = int(rng.integers(person.lights)), int(rng.integers(person.views))
        parts = person.parts[view]
        layers = [
            person.foreground[light, view],
            person.matte[view][..., None],
            (parts == _CLOTHES)[..., None] * np.uint8(255),
            (parts == _HAIR)[..., None] * np.uint8(255),
            _before(person, rng),
        ]
        cutout = np.concatenate(layers, axis=-1)
        rows.append(cutout[:, ::-1] if rng.random() < 0.5 else cutout)
    cutouts = torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).float() / 255
    if cutouts.shape[-1] != size:
        cutouts = F.interpolate(cutouts, size=(size, size), mode="bilinear", antialias=True)
    return cutouts


def _before(person: RenderedPerson, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A hand or the like (R, R, 4), premultiplied colour and coverage; nothing in most draws."""
    if person.occluder is None or rng.random() >= HIDDEN:
        return np.zeros((*person.matte.shape[1:], 4), np.uint8)
    layer: NDArray[np.uint8] = person.occluder[int(rng.integers(len(person.occluder)))]
    return layer


def _moved(cutout: Tensor, random: torch.Generator) -> Tensor:
    """Turned, scaled and shifted; what the frame cuts off continues beyond it."""
    count = len(cutout)
    scale = torch.exp(torch.randn(count, generator=random) * 0.10)
    angle = torch.randn(count, generator=random) * 0.12
    shift = torch.randn(2, count, generator=random) * 0.06
    # Shoulders may continue beyond the frame, hair must not: the picture's top edge stays outside.
    shift[1] = torch.maximum(shift[1], scale - 1 + angle.abs())
    cos, sin = scale * angle.cos(), scale * angle.sin()
    theta = torch.stack([torch.stack([cos, -sin, shift[0]], 1), torch.stack([sin, cos, shift[1]], 1)], dim=1)
    places = F.affine_grid(theta, list(cutout.shape), align_corners=False)
    return F.grid_sample(cutout, places, padding_mode="border", align_corners=False)


def _dressed(color: Tensor, clothes: Tensor, random: torch.Generator) -> Tensor:
    """Two thirds get another cloth: any colour or pattern under the old folds."""
    count = len(color)
    brightness = color.mean(dim=1, keepdim=True)
    level = (brightness * clothes).sum((2, 3), keepdim=True) / clothes.sum((2, 3), keepdim=True).clamp_min(1)
    size = color.shape[-1]
    cloth = F.interpolate(background(count, max(size // 2, 1), random), size=(size, size), mode="nearest")
    cloth = cloth * (brightness / level.clamp_min(0.05)).clamp(0, 2.5)
    kept = (torch.rand(count, 1, 1, 1, generator=random) < 0.33).float()
    share = clothes * (1 - kept)
    return color * (1 - share) + cloth.clamp(0, 1) * share


def _dyed(color: Tensor, hair: Tensor, random: torch.Generator) -> Tensor:
    """Hair of other brightness and tint."""
    count = len(color)
    gain = torch.exp(torch.randn(count, 1, 1, 1, generator=random) * 0.5)
    gain = gain * torch.exp(torch.randn(count, 3, 1, 1, generator=random) * 0.12)
    return (color * (1 - hair) + color * hair * gain).clamp(0, 1)


def _graded(color: Tensor, random: torch.Generator) -> Tensor:
    """Light on the head that differs from the light on the background."""
    count = len(color)
    gamma = torch.exp(torch.randn(count, 1, 1, 1, generator=random) * 0.2)
    gain = torch.exp(torch.randn(count, 1, 1, 1, generator=random) * 0.25)
    tint = torch.exp(torch.randn(count, 3, 1, 1, generator=random) * 0.08)
    # Premultiplied colour: a gamma on it darkens soft edges a little, as light wrapping around them brightens
    # them.
    return (color.clamp_min(0).pow(gamma) * gain * tint).clamp(0, 1)


# ------------------------------------------------------------------------------------------------ backgrounds


def background(count: int, size: int, random: torch.Generator) -> Tensor:
    """Rooms, walls, woods and studios, very roughly.

    A gradient, discs and tilted boxes over it, stripes or checks on some, cloudy noise of every grain, and a
    blur of any strength.

    Args:
        count: B.
        size: R, pixels per side.
        random: Decides everything.

    Returns:
        (B, 3, R, R) in [0, 1].
    """
    # Half the size is sharp enough behind a head, and four times cheaper.
    half = max(size // 2, 1)
    picture = _palette(count, random) + _gradient(count, half, random)
    for _ in range(7):
        picture = _with_shape(picture, random)
    picture = _with_pattern(picture, random)
    grain = _clouds(count, half, random)
    picture = picture * torch.exp(grain * torch.rand(count, 1, 1, 1, generator=random))
    picture = _blurred(picture.clamp(0, 1), random, share=0.6, widest=0.06)
    return F.interpolate(picture, size=(size, size), mode="bilinear", align_corners=False)


def _palette(count: int, random: torch.Generator) -> Tensor:
    """A colour each, grey or vivid, dark or bright, (B, 3, 1, 1)."""
    value = torch.rand(count, 1, 1, 1, generator=random)
    tint = torch.rand(count, 3, 1, 1, generator=random) - 0.5
    return (value + tint * torch.rand(count, 1, 1, 1, generator=random) ** 3).clamp(0, 1)


def _plane(size: int) -> Tensor:
    """Pixel centres in [-1, 1], x and y, (2, R, R)."""
    ticks = (torch.arange(size) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(ticks, ticks, indexing="ij")
    return torch.stack([x, y])


def _gradient(count: int, size: int, random: torch.Generator) -> Tensor:
    slope = torch.randn(count, 3, 2, generator=random) * 0.12
    slope = slope + torch.randn(count, 1, 2, generator=random) * 0.15
    return torch.einsum("bck,khw->bchw", slope, _plane(size))


def _with_shape(picture: Tensor, random: torch.Generator) -> Tensor:
    """One disc or tilted box more in each picture, opaque or not, sharp or soft."""
    count, size = len(picture), picture.shape[-1]
    center = torch.rand(count, 2, 1, 1, generator=random) * 2.4 - 1.2
    radii = torch.exp(torch.randn(count, 2, 1, 1, generator=random) * 0.7 - 1.0)
    angle = torch.rand(count, 1, 1, generator=random) * 3.2
    x, y = (_plane(size)[None] - center).unbind(dim=1)
    turned = (
        torch.stack([x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()], dim=1) / radii
    )
    box, disc = turned.abs().amax(dim=1), turned.square().sum(dim=1).sqrt()
    distance = torch.where(torch.rand(count, 1, 1, generator=random) < 0.6, box, disc)[:, None]
    sharpness = torch.exp(torch.rand(count, 1, 1, 1, generator=random) * 3 + 1)
    cover = ((1 - distance) * sharpness).sigmoid() * torch.rand(count, 1, 1, 1, generator=random) ** 0.5
    return picture * (1 - cover) + _palette(count, random) * cover


def _with_pattern(picture: Tensor, random: torch.Generator) -> Tensor:
    """Stripes or checks over a third of the pictures: books, shutters, bricks, shirts."""
    count, size = len(picture), picture.shape[-1]
    angle = torch.rand(count, 1, 1, generator=random) * 3.2
    x, y = _plane(size)
    along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    pitch = torch.exp(torch.rand(count, 1, 1, generator=random) * 2.5 + 1.5)
    wave = torch.sin(along * pitch)
    checks = torch.rand(count, 1, 1, generator=random) < 0.5
    wave = torch.where(checks, wave * torch.sin(across * pitch), wave)
    steep = torch.exp(torch.rand(count, 1, 1, generator=random) * 3)
    active = (torch.rand(count, 1, 1, generator=random) < 0.35).float()
    cover = ((wave * steep).sigmoid() * active * torch.rand(count, 1, 1, generator=random))[:, None]
    return picture * (1 - cover) + _palette(count, random) * cover


def _clouds(count: int, size: int, random: torch.Generator) -> Tensor:
    """Noise whose grains have all sizes, about unit variance, (B, 3, R, R), partly grey."""
    total = torch.zeros(count, 3, size, size)
    for cells in (2, 5, 11, 26, 64, size):
        weight = torch.rand(count, 1, 1, 1, generator=random) ** 3
        grey = torch.randn(count, 1, cells, cells, generator=random)
        noise = grey + 0.2 * torch.randn(count, 3, cells, cells, generator=random)
        total = total + weight * F.interpolate(noise, size=(size, size), mode="bilinear", align_corners=False)
    return total * 0.6


def _with_passers_by(behind: Tensor, color: Tensor, matte: Tensor, random: torch.Generator) -> Tensor:
    """A quarter of the backgrounds show another head of the batch, elsewhere and out of focus."""
    chosen = torch.nonzero(torch.rand(len(behind), generator=random) < 0.25)[:, 0]
    if len(chosen) == 0:
        return behind
    others = torch.cat([color, matte], dim=1)[(chosen + 1) % len(behind)]
    others = _blurred(_moved_far(others, random), random, share=0.9, widest=0.03)
    seen = behind.clone()
    seen[chosen] = behind[chosen] * (1 - others[:, 3:]) + others[:, :3]
    return seen


def _moved_far(cutout: Tensor, random: torch.Generator) -> Tensor:
    """Scaled and shifted to anywhere; nothing beyond the frame."""
    count = len(cutout)
    scale = torch.exp(torch.randn(count, generator=random) * 0.4 + 0.3)
    shift = torch.randn(2, count, generator=random) * 0.8
    zero = torch.zeros(count)
    theta = torch.stack(
        [torch.stack([scale, zero, shift[0]], 1), torch.stack([zero, scale, shift[1]], 1)], dim=1
    )
    places = F.affine_grid(theta, list(cutout.shape), align_corners=False)
    return F.grid_sample(cutout, places, padding_mode="border", align_corners=False)


# ------------------------------------------------------------------------------------------------- photograph


def _photographed(picture: Tensor, random: torch.Generator, rng: np.random.Generator) -> Tensor:
    """Exposure, contrast, colour cast, black and white, blur, few pixels, noise, JPEG; [0, 1] to [0, 1]."""
    count = len(picture)
    gain = torch.exp(torch.randn(count, 1, 1, 1, generator=random) * 0.2)
    tint = torch.exp(torch.randn(count, 3, 1, 1, generator=random) * 0.06)
    contrast = torch.exp(torch.randn(count, 1, 1, 1, generator=random) * 0.2)
    picture = ((picture * gain * tint - 0.5) * contrast + 0.5).clamp(0, 1)
    grey = picture.mean(dim=1, keepdim=True)
    saturation = torch.exp(torch.randn(count, 1, 1, 1, generator=random) * 0.3)
    saturation = saturation * (torch.rand(count, 1, 1, 1, generator=random) > 0.1)
    picture = (grey + (picture - grey) * saturation).clamp(0, 1)
    picture = _blurred(picture, random, share=0.4, widest=0.008)
    noise = (
        torch.randn(picture.shape, generator=random)
        * torch.rand(count, 1, 1, 1, generator=random) ** 2
        * 0.06
    )
    picture = (picture + noise).clamp(0, 1)
    return torch.stack([_compressed(one, rng) if rng.random() < 0.3 else one for one in picture])


def _blurred(picture: Tensor, random: torch.Generator, *, share: float, widest: float) -> Tensor:
    """Blur a share of the pictures by box averages of a random width up to `widest` sides, applied twice."""
    widths = torch.rand(len(picture), generator=random) ** 2 * widest * picture.shape[-1]
    active = torch.rand(len(picture), generator=random) < share
    rows = []
    for one, width, wanted in zip(picture, widths.tolist(), active.tolist(), strict=True):
        reach = 2 * round(width) + 1
        if wanted and reach > 1:
            pixels = np.ascontiguousarray(one.permute(1, 2, 0).numpy())
            pixels = cv2.blur(cv2.blur(pixels, (reach, reach)), (reach, reach))
            rows.append(torch.from_numpy(pixels).permute(2, 0, 1))
        else:
            rows.append(one)
    return torch.stack(rows)


def _compressed(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """One picture (3, R, R) after JPEG."""
    pixels = (picture.permute(1, 2, 0).numpy() * 255).astype(np.uint8)
    quality = int(rng.integers(25, 90))
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1].copy()
    return torch.from_numpy(decoded).permute(2, 0, 1).float() / 255
