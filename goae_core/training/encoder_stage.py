"""The encoder, trained on rendered heads: labels first, then the w that made them, then their pictures.

    labels     the base style says what the picture shows: attributes, light, pose, identity
    latent     its last layer is solved so that it says w instead, and all of it follows
    pictures   style groups join one after the other; renders are compared with the truth

A transformer that has seen nothing learns little from w, most of which no photo shows. Labels are exact, of
one scale, and there before any generator is. They need no head of their own: the base style has as many
numbers as w, and w is nearly a linear function of what they say.

Style groups open one after the other: base, coarse, mid, fine (Yuan et al. 2023, GOAE, section 3.1 and the
progressive stages of section 4.1). Pictures are compared at the input view and at another, so that what the
photo does not show stays a head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from goae_core.camera import Camera, orbit
from goae_core.generator import Generator
from goae_core.inversion import encode, resized
from goae_core.networks.attention import CrossAttention
from goae_core.networks.encoder import BASE_STAGE, Encoder
from goae_core.presets import Preset
from goae_core.rendering.rays import Rays, sample_rays
from goae_core.training.contact_sheet import grid, to_bytes
from goae_core.training.head_batches import hiding, photograph, recolored
from goae_core.training.head_source import HeadSource
from goae_core.training.heads_dataset import HeadsDataset, LatentScale, RenderedPerson
from goae_core.training.latent_critic import LatentCritic
from goae_core.training.photo_degradation import degrade, draw_color_cast
from goae_core.training.picture_terms import PictureTerm, added_terms, restore_terms, terms_state
from goae_core.training.view_losses import reduced_precision, view_loss
from goae_core.triplane import TriPlane

LABEL_SHARE = 0.45
"""Share of the schedule during which labels are learnt."""
LATENT_SHARE = 0.85
"""Share after which pictures are compared; until then nothing is rendered."""
OPENING = (0.85, 0.88, 0.91)
"""Shares after which coarse, mid and fine styles join the base."""
PICTURES_A_HEAD = 16
"""How many more pictures a step holds while nothing is rendered."""
FAITHFUL = 0.3
"""Share of the photos that no camera spoils."""
COVERED = 0.4
"""Share of the photos of which something hides a part while nothing is rendered."""

LATENT_WEIGHT = 0.3
"""Of the style error beside the pictures."""
CANONICAL_SAMPLES = 64
"""Of the mapping's w, that the critic of latents sees a step."""

ANGLE_UNITS = (0.6, 0.15)
"""Radians of yaw and of pitch that count as one."""
LABEL_WEIGHT, LIGHT_WEIGHT, IDENTITY_WEIGHT = 1.0, 0.2, 0.02
"""Of one label or angle, one harmonic of the light, one identity number: no photo shows hundreds of these;
pressed for them, an encoder learns its persons by heart."""
NEGATED_IN_A_MIRROR = ("light_x",)
PAINTED_OVER = ("skin_tone", "hair_light", "hair_warmth", "beard")
"""Labels that a painted head does not show."""

FIT_PICTURES = 6
"""For every number that the solved layer reads."""
FIT_RIDGE = 1.0
"""Of the mean square of a feature; measured on other persons: its own it knows by heart."""
METRIC_HEADS = 192
METRIC_RANK = 64
METRIC_RAYS = 32
METRIC_YAWS = (0.0, 0.7)
PLAIN_SHARE = 0.3
"""Of the latent loss: every direction of w by its own deviation; the rest by what it changes in pictures."""


@dataclass(frozen=True, slots=True, eq=False)
class PhotoBatch:
    """N photos of N heads; all tensors on the device."""

    photo: Tensor
    """(N, 3, R, R) in [-1, 1], heads over black, R the encoder's."""
    said: Tensor
    """(N, T), what the picture shows: labels, yaw, pitch, light, identity, each of about unit variance."""
    weight: Tensor
    """(N, T), how much each counts in this picture."""
    latent: Tensor
    """(N, z_dim)"""
    camera: Tensor
    """(N, 25)"""


class LabelTargets:
    """What a picture shows as one vector: labels, yaw, pitch, light, identity, cut off at a length."""

    def __init__(self, persons: list[RenderedPerson], scale: LatentScale, length: int) -> None:
        """Measure means and deviations.

        Args:
            persons: The training set.
            scale: Of the labels.
            length: T at most.
        """
        self.scale = scale
        light = np.concatenate([person.light_sh for person in persons])
        identity = np.stack([person.identity for person in persons])
        labels = len(scale.label_names)
        self.mean = np.concatenate([np.zeros(labels + 2), light.mean(axis=0), identity.mean(axis=0)])[:length]
        spread = np.maximum(np.concatenate([light.std(axis=0), identity.std(axis=0)]), 0.05)
        self.deviation = np.concatenate([np.ones(labels), ANGLE_UNITS, spread])[:length]
        weights = (LABEL_WEIGHT, LIGHT_WEIGHT, IDENTITY_WEIGHT)
        counts = (labels + 2, light.shape[1], identity.shape[1])
        self.weight = np.repeat(weights, counts)[:length].astype(np.float32)
        self._painted = self.weight.copy()
        self._painted[[i for i, name in enumerate(scale.label_names) if name in PAINTED_OVER]] = 0.0
        self._mirrored = np.ones_like(self.weight)
        turned = [i for i, name in enumerate(scale.label_names) if name in NEGATED_IN_A_MIRROR]
        self._mirrored[[*turned, labels][: len(self.weight)]] = -1.0
        self._symmetric = labels + 2

    def of(
        self, person: RenderedPerson, light: int, view: int, *, mirrored: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Values and weights, (T,) each, of one picture or its mirror image."""
        x, y, z = person.camera[view].reshape(-1)[[3, 7, 11]].tolist()
        angles = (np.arctan2(x, z), np.arctan2(y, np.hypot(x, z)))
        values = np.concatenate(
            [
                np.clip(self.scale.standardise(person, light), -4.0, 4.0),
                angles,
                person.light_sh[light],
                person.identity,
            ]
        )[: len(self.weight)]
        values = ((values - self.mean) / self.deviation).astype(np.float32)
        weight = self._painted if person.painted else self.weight
        if mirrored:
            values = values * self._mirrored
            weight = weight.copy()
            weight[self._symmetric :] = 0.0  # which of the rest are odd, nobody says
        return values, weight


class EncoderStage:
    """Trains the encoder against a frozen generator."""

    name = "encoder"
    learning_rate = 1e-3
    default_steps = 20_000

    def __init__(
        self,
        encoder: Encoder,
        generator: Generator,
        preset: Preset,
        dataset: HeadsDataset,
        scale: LatentScale,
        device: torch.device,
        *,
        heads: int = 4,
        seed: int = 0,
        latent_critic: LatentCritic | None = None,
        terms: Sequence[PictureTerm] = (),
    ) -> None:
        """Bring parts together.

        Args:
            encoder: Trained in place.
            generator: Frozen.
            preset: Sizes of both.
            dataset: Rendered heads.
            scale: Of the labels, as the generator was trained with.
            device: Where to compute.
            heads: Heads a step when rendering; `PICTURES_A_HEAD` times as many before.
            seed: Of the random samples along rays.
            latent_critic: Keeps w in the canonical space while pictures are compared.
            terms: What else is asked of the pictures, for sharpness.
        """
        self.latent_critic = latent_critic
        self.terms = terms
        self.encoder = encoder
        self.generator = generator.requires_grad_(False)
        self.preset = preset
        self.dataset = dataset
        self.scale = scale
        self.source = HeadSource(preset, dataset, scale, device, painted=False)
        self.device = device
        self.heads = heads
        self.random = torch.Generator(device).manual_seed(seed)
        self.targets = LabelTargets(dataset.persons, scale, preset.backbone.w_dim)
        self._says_w = False
        self._metric: Tensor | None = None

    def trained(self) -> nn.Module:
        """The encoder."""
        return self.encoder

    def loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        """One batch of whichever phase `fraction` falls into."""
        if fraction < LABEL_SHARE:
            return self._label_loss(rng)
        if not self._says_w:
            self.say_w(rng)
        return self._latent_loss(rng) if fraction < LATENT_SHARE else self._picture_loss(rng, fraction)

    def sheet(self, averaged: nn.Module) -> NDArray[np.uint8]:
        """Rows: photo, reconstruction at its view, another view, its truth."""
        assert isinstance(averaged, Encoder)
        rng = np.random.default_rng(11)
        group = self.source.draw(6, 2, rng)
        photo = photograph(group, rng)
        w_plus = encode(self.generator, averaged, photo)
        planes = self.generator.planes(w_plus, self.generator.feature_map(w_plus))
        rows = []
        for head in range(len(photo)):
            row = [to_bytes(photo[head])]
            for view in range(2):
                one = TriPlane(planes.features[head : head + 1], planes.box_side, planes.axes)
                camera = Camera.from_label(group.camera[head : head + 1, view])
                row.append(to_bytes(self.generator.render(one, w_plus[head : head + 1], camera).image[0]))
            rows.append([*row, to_bytes(group.picture[head, 1, :3])])
        return grid(rows)

    def state(self) -> dict[str, Any]:
        """The random samples' state, what the base style says, what critics have learnt, and who is hard."""
        return {
            "random": self.random.get_state(),
            "says_w": self._says_w,
            "terms": terms_state(self._critics()),
            **self.source.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take the random samples up where they were."""
        self.random.set_state(state["random"])
        self.source.restore(state)
        restore_terms(self._critics(), state.get("terms", {}))
        self._says_w = bool(state.get("says_w", True))  # older checkpoints never said labels

    def photos(
        self,
        persons: list[RenderedPerson],
        count: int,
        rng: np.random.Generator,
        *,
        mirrored: float = 0.0,
        covered: float = 0.0,
    ) -> PhotoBatch:
        """Draw pictures of any person, light and view as a camera might take them.

        They are spoilt at the encoder's size: at the data's it would cost as much as learning from them.

        Args:
            persons: To choose from.
            count: N.
            rng: Decides everything.
            mirrored: Share of mirror images, of which latent and camera are wrong.
            covered: Share of pictures of which something hides a part.
        """
        size = self.encoder.config.image_size
        rows: list[tuple[NDArray[Any], ...]] = []
        for index in rng.integers(len(persons), size=count):
            person = persons[int(index)]
            light, view = int(rng.integers(person.lights)), int(rng.integers(person.views))
            turned = bool(rng.random() < mirrored)
            head = np.concatenate([person.foreground[light, view], person.matte[view][..., None]], axis=-1)
            head = (head * (1 - hiding(person, rng))[..., None]).astype(np.uint8)
            head = head[:, ::-1] if turned else head
            rows.append(
                (
                    np.ascontiguousarray(head),
                    *self.targets.of(person, light, view, mirrored=turned),
                    self.scale.latent(person, light, self.preset.backbone.z_dim),
                    person.camera[view].reshape(-1),
                )
            )
        columns = [torch.from_numpy(np.stack(column)).to(self.device) for column in zip(*rows, strict=True)]
        picture = columns[0].permute(0, 3, 1, 2).float() / 255
        if picture.shape[-1] != size:
            picture = F.adaptive_avg_pool2d(picture, size)
        clean, matte = picture[:, :3], picture[:, 3:]
        spoilt, _ = degrade(clean, matte, rng)
        kept = torch.from_numpy(rng.random((count, 1, 1, 1)) < FAITHFUL).to(self.device)
        photo = _covered(torch.where(kept, clean, spoilt), covered, rng)
        return PhotoBatch(photo * 2 - 1, *(column.float() for column in columns[1:]))

    def say_w(self, rng: np.random.Generator) -> None:
        """Solve the base style's last layer so that it says w, and start the style groups at nothing.

        What the layer reads is regressed on w with a ridge (Hoerl and Kennard 1970), in closed form.
        """
        *_, last = self.encoder.mapper_base_channel
        assert isinstance(last, nn.Linear)
        read: list[Tensor] = []
        hook = last.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0].detach().float()))
        features, styles = [], []
        was_training = self.encoder.training
        self.encoder.eval()
        with torch.no_grad(), reduced_precision(self.device):
            for _ in range(0, FIT_PICTURES * last.in_features, 64):
                batch = self.photos(self.dataset.clean(), 64, rng)
                self.encoder(batch.photo, BASE_STAGE)
                features.append(read.pop()[:, 0])
                styles.append(self._style(batch) - self.generator.w_avg)
        hook.remove()
        self.encoder.train(was_training)
        weight, bias = ridge(torch.cat(features), torch.cat(styles), FIT_RIDGE)
        with torch.no_grad():
            last.weight.copy_(weight)
            last.bias.copy_(bias)
        for group in (
            self.encoder.cross_att_coarse,
            self.encoder.cross_att_mid,
            self.encoder.cross_att_fine,
        ):
            silence(group)
        self._says_w = True

    def metric(self) -> Tensor:
        """How much pictures change with w: (W, W), of which the mean head's mean square error is 1.

        Coarse renders of training heads are regressed on the leading directions of their w; the product of
        the slopes measures a difference of w as the mean square difference of the pictures it makes.
        """
        if self._metric is None:
            self._metric = self._measured_metric()
        return self._metric

    @torch.no_grad()
    def _measured_metric(self) -> Tensor:
        rng = np.random.default_rng(0)
        z_dim, count = self.preset.backbone.z_dim, METRIC_HEADS
        persons = self.dataset.clean()
        latent = torch.from_numpy(
            np.stack([self.scale.latent(p, k, z_dim) for p in persons for k in range(p.lights)])
        ).to(self.device)
        front = orbit(0.0, 0.0).label().to(self.device).expand(len(latent), -1)
        w = self.generator.map(latent, front)[:, 0].float()
        mean = w.mean(dim=0)
        rank = min(METRIC_RANK, w.shape[1], len(w) - 1, count // 3)
        _, spread, directions = torch.linalg.svd(w - mean, full_matrices=False)
        directions = directions[:rank] / (spread[:rank, None] / len(w) ** 0.5)  # (rank, W): to unit variance
        chosen = torch.from_numpy(rng.choice(len(w), min(count, len(w)), replace=False)).to(self.device)
        pictures = torch.cat([self._glance(w[part]) for part in chosen.split(4)])
        coordinates = (w[chosen] - mean) @ directions.T
        slopes, _ = ridge(coordinates, pictures, 0.1)  # (pixels, rank)
        by_picture = directions.T @ (slopes.T @ slopes) @ directions
        plain = torch.diag(w.var(dim=0).clamp_min(1e-6).reciprocal())
        covariance = torch.cov(w.T)
        by_picture = by_picture / (by_picture * covariance).sum().clamp_min(1e-12)
        metric: Tensor = torch.lerp(by_picture, plain / (plain * covariance).sum(), PLAIN_SHARE)
        return metric

    def _glance(self, w: Tensor) -> Tensor:
        """Coarse colour and opacity (B, pixels) of heads w (B, W) from `METRIC_YAWS`."""
        w_plus = w[:, None].expand(-1, self.preset.backbone.num_ws, -1)
        with reduced_precision(self.device):
            planes = self.generator.planes(w_plus, self.generator.feature_map(w_plus))
        planes = TriPlane(planes.features.float(), planes.box_side, planes.axes)
        seen = []
        for yaw in METRIC_YAWS:
            one = sample_rays(orbit(yaw, 0.0).to(self.device), METRIC_RAYS)
            rays = Rays(one.origins.expand(len(w), -1, -1), one.directions.expand(len(w), -1, -1))
            marched = self.generator.render_rays(planes, rays)
            seen.append(torch.cat([marched.features[..., :3], marched.opacity], dim=-1).flatten(1))
        return torch.cat(seen, dim=1).float()

    def _style(self, batch: PhotoBatch) -> Tensor:
        with torch.no_grad():
            return self.generator.map(batch.latent, batch.camera)[:, 0].float()

    def _label_loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        batch = self.photos(
            self.dataset.persons, PICTURES_A_HEAD * self.heads, rng, mirrored=0.5, covered=COVERED
        )
        with reduced_precision(self.device):
            says = self.encoder(batch.photo, BASE_STAGE)[:, 0, : batch.said.shape[1]]
        error = (batch.weight * (says.float() - batch.said).square()).sum() / batch.weight.sum()
        return error, {"labels": float(error.detach())}

    def _latent_loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        batch = self.photos(self.dataset.clean(), PICTURES_A_HEAD * self.heads, rng, covered=COVERED)
        with reduced_precision(self.device):
            offset = self.encoder(batch.photo, BASE_STAGE)[:, 0]
        latent = self._style_error(offset.float() + self.generator.w_avg - self._style(batch))
        return latent, {"latent": float(latent.detach())}

    def _picture_loss(self, rng: np.random.Generator, fraction: float) -> tuple[Tensor, dict[str, float]]:
        group = self.source.draw(self.heads, 2, rng, hard=True)
        # a recoloured head is not the head its latent describes: only its pictures can be compared
        group = recolored(group, draw_color_cast(self.heads, rng, self.device))
        photo = resized(photograph(group, rng, faithful=FAITHFUL), self.encoder.config.image_size)
        with torch.no_grad():
            truth = self.generator.map(group.latent, group.camera[:, -1])
        with reduced_precision(self.device):
            offsets = self.encoder(photo, stage=sum(fraction > opening for opening in OPENING))
            w_plus = offsets.float() + self.generator.w_avg
            planes = self.generator.planes(w_plus, self.generator.feature_map(w_plus))
        latent = self._style_error(w_plus - truth)
        planes = TriPlane(planes.features.float(), planes.box_side, planes.axes)
        compared = view_loss(self.generator, self.preset, planes, w_plus, group, rng, self.random, self.terms)
        self.source.learn(group, compared.error)
        figures = {"latent": float(latent.detach()), **compared.figures}
        if self.latent_critic is not None:
            canonical, said = added_terms([self.latent_critic], latent, w_plus, self._canonical(rng))
            latent = latent + canonical
            figures = {**figures, **said}
        return compared.loss + LATENT_WEIGHT * latent, figures

    def _critics(self) -> list[PictureTerm]:
        return [*self.terms, *([] if self.latent_critic is None else [self.latent_critic])]

    @torch.no_grad()
    def _canonical(self, rng: np.random.Generator) -> Tensor:
        """What the mapping says (M, W) of heads drawn at random, at the canonical pose: samples of W_c."""
        persons = self.source.persons()
        drawn = (persons[int(index)] for index in rng.integers(len(persons), size=CANONICAL_SAMPLES))
        z_dim = self.preset.backbone.z_dim
        latents = [self.scale.latent(each, int(rng.integers(each.lights)), z_dim) for each in drawn]
        latent = torch.from_numpy(np.stack(latents)).to(self.device)
        front = orbit(0.0, 0.0).label().to(self.device).expand(len(latent), -1)
        return self.generator.map(latent, front)[:, 0].float()

    def _style_error(self, difference: Tensor) -> Tensor:
        """Share (1,) of w's variance, by the metric, that a difference (..., W) leaves unexplained."""
        return ((difference @ self.metric()) * difference).sum(dim=-1).mean()


def ridge(features: Tensor, targets: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """Linear map from features to targets with a penalty on its weights.

    Args:
        features: (N, F).
        targets: (N, T).
        strength: Of the penalty, in mean squares of a centred feature.

    Returns:
        Weight (T, F) and bias (T,), as `nn.Linear` has them.
    """
    features, targets = features.double(), targets.double()
    center, mean = features.mean(dim=0), targets.mean(dim=0)
    centered = features - center
    gram = centered.T @ centered / len(features)
    penalty = strength * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    weight = torch.linalg.solve(gram + penalty, centered.T @ (targets - mean) / len(features)).T
    return weight.float(), (mean - weight @ center).float()


def silence(attention: CrossAttention) -> None:
    """Let a cross attention say nothing at first, if its two layers are wide enough to take back their input.

        t + linear2(relu(linear1(t))) with linear1 = (1, -1), linear2 = (-1, 1):   t - relu(t) + relu(-t) = 0

    Its result is normalised before these layers: fresh groups would shout over a base that is right already.
    """
    dim, hidden = attention.linear1.in_features, attention.linear1.out_features
    if hidden < 2 * dim:
        return
    one = torch.eye(dim, device=attention.linear1.weight.device)
    with torch.no_grad():
        attention.linear1.weight[: 2 * dim] = torch.cat([one, -one])
        attention.linear1.bias.zero_()
        attention.linear2.weight.zero_()
        attention.linear2.weight[:, : 2 * dim] = torch.cat([-one, one], dim=1)
        attention.linear2.bias.zero_()


def _covered(pictures: Tensor, share: float, rng: np.random.Generator) -> Tensor:
    """Some of the pictures (B, 3, R, R) in [0, 1] with a rectangle of one colour, often black, over them."""
    side = pictures.shape[-1]
    pictures = pictures.clone()
    for index in np.flatnonzero(rng.random(len(pictures)) < share):
        height, width = rng.integers(side // 10, 3 * side // 8, size=2)
        top, left = rng.integers(side - height), rng.integers(side - width)
        color = rng.random(3) if rng.random() < 0.7 else np.zeros(3)
        patch = torch.from_numpy(color).to(pictures)[:, None, None]
        pictures[index, :, top : top + height, left : left + width] = patch
    return pictures
