"""Seconds spent on one head: camera and w+ first, then AFA's features, until the rendering meets the photo.

    camera, w+   = argmin  |render(planes(w+)) - photo|^2 + silhouette + (w+ - encoder's in deviations)^2
    AFA again, on the smaller residual
    scale, shift = argmin  |render(fused planes) - photo|^2 + silhouette + energy of the change
                           + density and unseen colour at points around the head, kept
    whichever of start, style alone and both is best, and worse in no silhouette

Nothing that the photo cannot tell is free: w+ moves along the deviations that the mapping network itself
produces, its rows together rather than apart, and no further than a bound; features pass the generator's own
upper blocks. Texels of the planes are never variables.

Source: ours; optimising w+ with the deviation of w as the unit follows Karras et al. 2020 (StyleGAN2, section
5), a second phase behind a pivot Roich et al. 2021 (PTI), though no weight of a network moves here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from goae_core.camera import Camera, orbit, orbit_angles
from goae_core.errors import CheckpointError, GoaeError, StoppedError
from goae_core.fusion import fuse
from goae_core.generator import FeatureMap, Generator
from goae_core.inversion import (
    Inversion,
    Reconstruction,
    align_features,
    head_over_black,
    modulated_planes,
    reconstruct,
    refined_planes,
    resized,
    see,
)
from goae_core.networks.afa import Modulation
from goae_core.pipeline import Pipeline, compare, draft_config
from goae_core.presets import CameraConfig
from goae_core.rendering.renderer import Rendering
from goae_core.triplane import TriPlane

Stage = Literal[
    "style",  # camera and w+
    "detail",  # AFA's scale and shift
    "check",  # before and after are compared
]
Precision = Literal[
    "auto",  # bfloat16 where the processor multiplies it faster, float32 elsewhere
    "float32",
    "bfloat16",
]
ShouldStop = Callable[[], bool]

MAX_SECONDS = 3600.0

_STYLE_SHARE = 0.5
"""Of the time, until the style is left alone."""
_WARM_UP = 3
_RESERVE = 2.5
"""For the comparison at the end, in times that one comparison takes."""
_MEANS_DECAY = 0.85
_SQUARES_DECAY = 0.95
_STYLE_RATE = 0.03
"""Root mean square of a step, deviations."""
_CAMERA_RATE = 0.1
"""Doubts a step."""
_DETAIL_RATE = 0.01
_SCALES = 2
_RAW = 0.5
_DOUBT = (0.07, 0.08, 0.03, 0.05, 0.02, 0.02)
"""How wrong a camera usually is: yaw, pitch and roll in radians, log focal length, place in image sides."""
_PROBE = 1e-3
_SIDES = tuple(
    (math.radians(yaw), math.radians(pitch))
    for yaw, pitch in ((0, 0), (35, 0), (-35, 0), (70, 0), (-70, 0), (0, 25))
)
_NEAR = 0.02
_STEP = 0.04
_WATCHED = 4096
_SAMPLES = 2048
_SAMPLING_SEED = 7


@dataclass(frozen=True, slots=True)
class Priors:
    """How strongly the head is held where the photo says little; each is a weight on a mean square."""

    style: float = 0.5
    """Of w+'s way from the encoder's, in deviations of w."""
    rows: float = 4.0
    """How much more a row's own way costs than one that all rows go together."""
    camera: float = 0.002
    """Of the camera's correction, in the doubts about it."""
    silhouette: float = 1.0
    """Of opacity minus matte."""
    energy: float = 0.5
    """Of AFA's change, in deviations of each feature channel."""
    density: float = 8.0
    """Of the change of occupancy at points around the surface and beside the head."""
    unseen: float = 8.0
    """Of the change of colour at surface points that the photo did not see."""


@dataclass(frozen=True, slots=True)
class OptimisationRequest:
    """What to spend, and how freely.

    Attributes:
        seconds: Wall time for everything, 0 to 3600; a step that has begun is finished.
        steps: Steps of each stage, style and detail; None: as many as the seconds allow. With steps given the
            result is the same at every run on the same machine, device and thread count, and seconds are not
            looked at.
        seed: Of the points at which geometry is watched.
        camera: Whether the camera may be corrected.
        priors: What holds the head.
        bound: Largest root mean square of w+'s way from the encoder's, in deviations of w.
        precision: See `Precision`.
    """

    seconds: float = 30.0
    steps: tuple[int, int] | None = None
    seed: int = 0
    camera: bool = True
    priors: Priors = Priors()
    bound: float = 1.0
    precision: Precision = "auto"


@dataclass(frozen=True, slots=True)
class Fit:
    """How a head meets its photo at the input view, over the matte."""

    mse: float
    """Values in [-1, 1]."""
    psnr: float
    """Decibels."""
    ssim: float
    iou: float
    """Of silhouette and matte, both above one half."""


@dataclass(frozen=True, slots=True, eq=False)
class Optimised:
    """The end of an optimisation.

    Attributes:
        inversion: The better head; the very one that went in if nothing was gained.
        improved: Whether it is another one.
        before: Fit of what went in.
        after: Fit of `inversion`.
        seconds: Wall time.
        steps: Taken in each stage; as a request's `steps` they give the same result again.
        moved: Root mean square of w+'s way, in deviations of w.
    """

    inversion: Inversion
    improved: bool
    before: Fit
    after: Fit
    seconds: float
    steps: tuple[int, int]
    moved: float


@dataclass(frozen=True, slots=True, eq=False)
class OptimisationProgress:
    """News after each step.

    Attributes:
        fraction: 0 to 1, of the time or steps.
        stage: What is being done.
        mse: At the input view over the matte, values in [-1, 1]; in stage "style" of a draft without AFA.
        step: Counted from 1 in each stage.
        outcome: The result; None in all but the last.
    """

    fraction: float
    stage: Stage
    mse: float
    step: int
    outcome: Optimised | None = None


def optimise(
    pipeline: Pipeline,
    inversion: Inversion,
    request: OptimisationRequest = OptimisationRequest(),
    should_stop: ShouldStop | None = None,
) -> Iterator[OptimisationProgress]:
    """Bring a head closer to its photo.

    Runs on the calling thread, which must own the device. Between two items nothing is computed.

    Args:
        pipeline: The model that made the inversion; its weights stay as they are.
        inversion: The head; it stays as it is.
        request: What to spend.
        should_stop: Asked before every part of a step, several times a second at the embedded model's size.

    Yields:
        Progress; the last one has the outcome.

    Raises:
        CheckpointError: If the model has no AFA.
        GoaeError: If the request asks for no or too much time, or the photo has no pixel of a head.
        StoppedError: If `should_stop` said so; the inversion that went in is what remains.
    """
    if not 0.0 < request.seconds <= MAX_SECONDS:
        raise GoaeError(
            f"optimising takes more than 0 and at most {MAX_SECONDS:g} seconds, got {request.seconds:g}; "
            "give 30 to 60"
        )
    work = _Work(pipeline, inversion, request, should_stop or (lambda: False))
    yield from work.run()


class _Work:
    """One optimisation under way."""

    def __init__(
        self, pipeline: Pipeline, inversion: Inversion, request: OptimisationRequest, should_stop: ShouldStop
    ) -> None:
        if pipeline.afa is None:
            raise CheckpointError(f"the model '{pipeline.model}' has no AFA network; import its file too")
        self.pipeline = pipeline
        self.generator = pipeline.generator
        self.request = request
        self.should_stop = should_stop
        self.start = inversion
        self.device = pipeline.device
        self.began = time.perf_counter()
        own = _detached(inversion.to(self.device))
        self.own = own
        self.target = _Target.of(own)
        self.autocast = _precision(request.precision, self.device)
        self.random = torch.Generator().manual_seed(request.seed)
        self.taken = [0, 0]
        self.reserve = 0.0

    def run(self) -> Iterator[OptimisationProgress]:
        """All stages."""
        began = time.perf_counter()
        before = self.fit(self.own)
        self.reserve = _RESERVE * (time.perf_counter() - began)
        if self.target.empty:
            raise GoaeError("the photo's matte holds no head to optimise for; invert another photo or crop")
        style = _Style(self.generator, self.own.w_plus, self.request.priors.rows)
        view = _View(self.own.photo.camera, self.pipeline.preset.camera, moves=self.request.camera)
        for step, (fraction, mse) in enumerate(self._steps(0, self._style_steps(style, view)), start=1):
            yield OptimisationProgress(fraction, "style", mse, step)
        self.ask()
        with torch.no_grad():
            w_plus, camera = style.w_plus(), view.camera()
        styled = self.aligned(w_plus, camera)
        modulation = [styled.modulation]
        for step, (fraction, mse) in enumerate(
            self._steps(1, self._detail_steps(styled, modulation)), start=1
        ):
            yield OptimisationProgress(fraction, "detail", mse, step)
        self.ask()
        detailed = self.finished(styled, modulation[0])
        best, after = self.own, before
        for candidate in (styled, detailed):
            self.ask()
            fit = self.fit(candidate)
            if fit.mse < after.mse and fit.iou >= before.iou:
                best, after = candidate, fit
        improved = best is not self.own
        seconds = time.perf_counter() - self.began
        if improved:
            best = replace(best, seconds={**self.start.seconds, "optimise": seconds})
        outcome = Optimised(
            inversion=best if improved else self.start,
            improved=improved,
            before=before,
            after=after,
            seconds=seconds,
            steps=(self.taken[0], self.taken[1]),
            moved=style.moved() if improved else 0.0,
        )
        yield OptimisationProgress(1.0, "check", after.mse, 1, outcome)

    def ask(self) -> None:
        """Leave if the caller wants to."""
        if self.should_stop():
            raise StoppedError("the optimisation was stopped; the head is as it was before")

    def _steps(self, stage: int, steps: Callable[[float], float]) -> Iterator[tuple[float, float]]:
        """Take steps until the stage's share is spent.

        The number of steps is fixed after the first three, so that what a step does never depends on the
        clock; only the number does.
        """
        share = (0.0, _STYLE_SHARE, 1.0)
        planned = None if self.request.steps is None else self.request.steps[stage]
        began = time.perf_counter()
        end = self.began + self.request.seconds * share[stage + 1] - (self.reserve if stage else 0.0)
        done = 0
        while planned is None or done < planned:
            now = time.perf_counter()
            if self.request.steps is None:
                if now >= end:
                    return
                if done == _WARM_UP:
                    each = (now - began) / done
                    planned = done + max(0, int((end - now) / each))
            progress = done / planned if planned else 0.0
            mse = steps(progress)
            done += 1
            self.taken[stage] = done
            within = done / planned if planned else 0.0
            yield share[stage] + (share[stage + 1] - share[stage]) * min(1.0, within), mse

    def _style_steps(self, style: _Style, view: _View) -> Callable[[float], float]:
        priors = self.request.priors
        groups = [(style.variables(), _STYLE_RATE)]
        if self.request.camera:
            groups.append((view.variables(), _CAMERA_RATE))
        descent = _Descent(groups)
        coarse = max(self.pipeline.preset.render.resolution // 2, 8)

        def step(progress: float) -> float:
            with torch.enable_grad(), self.autocast():
                w_plus = style.w_plus()
                self.ask()
                features = self.generator.feature_map(w_plus)
                self.ask()
                planes = self.generator.planes(w_plus, features)
                self.ask()
                # Half the rays and no upscaler: style decides nothing finer, and a step costs half.
                rendering = self.generator.render(
                    planes, w_plus, view.camera(), resolution=coarse, super_resolve=False
                )
                self.ask()
            with torch.enable_grad():
                loss, mse = self.target.loss(rendering, priors.silhouette)
                loss = loss + priors.style * style.energy() + priors.camera * view.energy()
            descent.step(loss, progress)
            style.hold(self.request.bound)
            view.hold()
            return mse

        return step

    def _detail_steps(self, styled: Inversion, modulation: list[Modulation]) -> Callable[[float], float]:
        priors = self.request.priors
        w_plus, x, skip = styled.w_plus, styled.features.x, styled.features.skip
        found = styled.modulation
        assert styled.w_planes is not None  # made in `aligned`
        w_planes, seen, camera = styled.w_planes, styled.visibility, styled.photo.camera
        deviation = x.std(dim=(2, 3), keepdim=True).clamp_min(1e-4)
        scale = torch.zeros_like(found.scale).requires_grad_()
        shift = torch.zeros_like(found.shift).requires_grad_()
        descent = _Descent([([scale, shift], _DETAIL_RATE)])
        anchors = _Anchors.around(self.generator, styled, self.pipeline.preset.camera, self.random)

        def changed() -> Modulation:
            return Modulation(found.scale + scale, found.shift + deviation * shift, found.planes_shift)

        def step(progress: float) -> float:
            with torch.enable_grad(), self.autocast():
                now = changed()
                refined = modulated_planes(self.generator, w_plus, now.apply(x), skip, now)
                planes = fuse(w_planes, refined, seen)
                self.ask()
                rendering = self.generator.render(planes, w_plus, camera)
                self.ask()
            with torch.enable_grad():
                loss, mse = self.target.loss(rendering, priors.silhouette)
                loss = loss + priors.energy * (scale.square().mean() + shift.square().mean())
                occupancy, color = anchors.change(self.generator, planes, self.random)
                loss = loss + priors.density * occupancy + priors.unseen * color
            descent.step(loss, progress)
            with torch.no_grad():
                modulation[0] = changed()
            return mse

        return step

    @torch.no_grad()
    def aligned(self, w_plus: Tensor, camera: Camera) -> Inversion:
        """The head of a style and camera, with AFA anew."""
        afa = self.pipeline.afa
        assert afa is not None  # looked at before
        plain = reconstruct(self.generator, w_plus, camera)
        self.ask()
        photo = resized(self.target.head, self.pipeline.preset.afa.image_size)
        modulation = align_features(afa, photo, plain)
        self.ask()
        return self._head(plain, modulation, camera)

    @torch.no_grad()
    def finished(self, styled: Inversion, modulation: Modulation) -> Inversion:
        """The head of an aligned style with another modulation."""
        assert styled.w_planes is not None  # made in `aligned`
        refined = modulated_planes(
            self.generator,
            styled.w_plus,
            modulation.apply(styled.features.x),
            styled.features.skip,
            modulation,
        )
        planes = fuse(styled.w_planes, refined, styled.visibility)
        return replace(styled, modulation=modulation, planes=planes)

    def _head(self, plain: Reconstruction, modulation: Modulation, camera: Camera) -> Inversion:
        refined = refined_planes(self.generator, plain, modulation)
        sight = see(self.generator, refined, plain.w_plus, camera)
        return Inversion(
            photo=replace(self.own.photo, camera=camera),
            w_plus=plain.w_plus,
            features=plain.features,
            modulation=modulation,
            planes=fuse(plain.planes, refined, sight.visibility),
            visibility=sight.visibility,
            seconds=self.start.seconds,
            w_planes=plain.planes,
            rendering=sight.rendering,
        )

    @torch.no_grad()
    def fit(self, inversion: Inversion) -> Fit:
        """How a head meets the photo, in full precision."""
        rendering = self.generator.render(inversion.planes, inversion.w_plus, inversion.photo.camera)
        figures = compare(self.target.head, rendering.image, self.target.matte)
        solid, found = self.target.matte > 0.5, rendering.alpha > 0.5
        iou = float((solid & found).sum() / (solid | found).sum().clamp_min(1))
        return Fit(figures["mse"], figures["psnr"], figures["ssim"], iou)


@dataclass(frozen=True, slots=True, eq=False)
class _Target:
    """What the rendering should look like."""

    head: Tensor
    """(1, 3, R, R) in [-1, 1], over black where there is a matte."""
    matte: Tensor
    """(1, 1, R, R) in [0, 1]."""
    matted: bool
    """Whether the model's pictures end at a silhouette."""

    @classmethod
    def of(cls, inversion: Inversion) -> _Target:
        photo = inversion.photo
        matte = torch.ones_like(photo.pixels[:, :1]) if photo.matte is None else photo.matte
        return cls(head_over_black(photo.pixels, photo.matte), matte, photo.matte is not None)

    @property
    def empty(self) -> bool:
        return not bool((self.matte > 0.5).any())

    def loss(self, rendering: Rendering, silhouette: float) -> tuple[Tensor, float]:
        """Mean square differences over the head at several scales and of the silhouette; and the mse."""
        image = rendering.image.float()
        error = (image - self.head).square().mean(dim=1, keepdim=True)
        total = (error * self.matte).sum() / self.matte.sum()
        with torch.no_grad():
            clamped = (image.clamp(-1.0, 1.0) - self.head).square().mean(dim=1, keepdim=True)
            mse = float((clamped * self.matte).sum() / self.matte.sum())
        residual, weight = (image - self.head) * self.matte, self.matte
        for _ in range(_SCALES):
            # Means over larger and larger cells: what lies a little off still pulls the right way.
            residual, weight = F.avg_pool2d(residual, 4), F.avg_pool2d(weight, 4)
            total = total + (residual.square().mean(dim=1) / weight.clamp_min(1e-3)).sum() / weight.sum()
        raw = rendering.raw.float()
        small = F.interpolate(self.head, raw.shape[-2:], mode="area")
        share = F.interpolate(self.matte, raw.shape[-2:], mode="area")
        coarse = (raw - small).square().mean(dim=1, keepdim=True)
        total = total + _RAW * (coarse * share).sum() / share.sum()
        if self.matted:
            outline = (rendering.alpha.float() - self.matte).square().mean()
            total = total + silhouette * (outline + (rendering.opacity.float() - share).square().mean())
        return total, mse


class _Descent:
    """Gradient descent with momentum whose steps have a known size: Adam with one second moment a group.

        step = rate * m / sqrt(v),   m, v the decaying means of the gradient and of its mean square

    Adam's own step is as long for a number that hardly matters as for one that does, and would scatter style
    and features into directions of which the photo says nothing. The rate is full for the first half of the
    steps and then falls to a tenth.
    """

    def __init__(self, groups: list[tuple[list[Tensor], float]]) -> None:
        self.groups = groups
        self.means = [[torch.zeros_like(each) for each in variables] for variables, _ in groups]
        self.squares = [0.0 for _ in groups]
        self.taken = 0

    def step(self, loss: Tensor, progress: float) -> None:
        """Go one step down; `progress` is the share of the steps that are done."""
        variables = [each for group, _ in self.groups for each in group]
        gradients = iter(torch.autograd.grad(loss, variables))
        self.taken += 1
        late = max(0.0, 2.0 * progress - 1.0)
        share = 0.1 + 0.45 * (1.0 + math.cos(math.pi * late))
        with torch.no_grad():
            for k, ((group, rate), means) in enumerate(zip(self.groups, self.means, strict=True)):
                own = [next(gradients) for _ in group]
                total = sum(float(each.square().sum()) for each in own)
                square = total / sum(each.numel() for each in group)
                self.squares[k] = _SQUARES_DECAY * self.squares[k] + (1.0 - _SQUARES_DECAY) * square
                size = math.sqrt(self.squares[k] / (1.0 - _SQUARES_DECAY**self.taken)) + 1e-20
                length = rate * share / (size * (1.0 - _MEANS_DECAY**self.taken))
                for each, mean, gradient in zip(group, means, own, strict=True):
                    mean.lerp_(gradient, 1.0 - _MEANS_DECAY)
                    each.sub_(length * mean)


class _Style:
    """w+ as the encoder's plus deviations of w: one step for all rows, and a shorter one for each.

        w+_r = start_r + (common + own_r / sqrt(rows)) C^(1/2),   C the covariance of w

    A mean square of the two as energy then costs a way of one row alone `rows` times as much.
    """

    def __init__(self, generator: Generator, start: Tensor, rows: float) -> None:
        self.start = start
        self.basis = _deviation(generator)
        self.share = 1.0 / math.sqrt(rows)
        self.common = torch.zeros(1, 1, start.shape[2], device=start.device).requires_grad_()
        self.own = torch.zeros_like(start).requires_grad_()

    def variables(self) -> list[Tensor]:
        return [self.common, self.own]

    def _way(self) -> Tensor:
        return self.common + self.share * self.own

    def w_plus(self) -> Tensor:
        return self.start + self._way() @ self.basis

    def energy(self) -> Tensor:
        return self.common.square().mean() + self.own.square().mean()

    def moved(self) -> float:
        return float(self._way().detach().square().mean().sqrt())

    @torch.no_grad()
    def hold(self, bound: float) -> None:
        """Draw back what went too far."""
        excess = self.moved() / bound
        if excess > 1.0:
            self.common.div_(excess)
            self.own.div_(excess)


class _View:
    """The photo's camera with a correction of yaw, pitch, roll, zoom and place, in units of its doubt."""

    def __init__(self, start: Camera, rig: CameraConfig, *, moves: bool) -> None:
        self.start = start
        self.rig = rig
        self.moves = moves
        self.angles = orbit_angles(start)
        self.correction = torch.zeros(6).requires_grad_()
        self.doubt = torch.tensor(_DOUBT)

    def variables(self) -> list[Tensor]:
        return [self.correction]

    def energy(self) -> Tensor:
        return self.correction.square().mean()

    @torch.no_grad()
    def hold(self) -> None:
        """No correction beyond three doubts."""
        self.correction.clamp_(-3.0, 3.0)

    def camera(self) -> Camera:
        """The camera, differentiable in the correction where gradients are recorded."""
        if not self.moves:
            return self.start
        value = self.correction * self.doubt
        pose = self._pose(value)
        focal = torch.exp(value[3]).to(self.start.intrinsics)
        intrinsics = self.start.intrinsics.clone()
        intrinsics[:, 0, 0] = self.start.intrinsics[:, 0, 0] * focal
        intrinsics[:, 1, 1] = self.start.intrinsics[:, 1, 1] * focal
        intrinsics[:, :2, 2] = self.start.intrinsics[:, :2, 2] + value[4:].to(intrinsics)
        return Camera(pose.to(self.start.cam_to_world), intrinsics)

    def _pose(self, value: Tensor) -> Tensor:
        """cam_to_world (1, 4, 4): exact, with the gradient of central differences."""
        here = [float(v) for v in value[:3].detach()]
        pose = self._turned(here)
        if not (torch.is_grad_enabled() and value.requires_grad):
            return pose
        for k in range(3):
            ahead, behind = list(here), list(here)
            ahead[k] += _PROBE
            behind[k] -= _PROBE
            slope = (self._turned(ahead) - self._turned(behind)) / (2.0 * _PROBE)
            pose = pose + slope * (value[k] - value[k].detach())
        return pose

    def _turned(self, correction: list[float]) -> Tensor:
        # Relative to the start: a camera off the rig's orbit keeps what is its own.
        angles, radius = self.angles, self.angles.radius
        yaw, pitch, roll = correction
        limit = math.radians(85.0)
        tilted = max(-limit, min(limit, angles.pitch + pitch))
        now = orbit(angles.yaw + yaw, tilted, angles.roll + roll, rig=self.rig, radius=radius)
        before = orbit(angles.yaw, angles.pitch, angles.roll, rig=self.rig, radius=radius)
        start = self.start.cam_to_world.detach().double().cpu()
        turned: Tensor = now.cam_to_world.double() @ torch.linalg.inv(before.cam_to_world.double()) @ start
        return turned.float()


@dataclass(frozen=True, slots=True, eq=False)
class _Anchors:
    """Points around a head, and what is there before its features change."""

    points: Tensor
    """(P, 3), world units."""
    occupancy: Tensor
    """(P, 1), opacity of one interval of `_STEP`."""
    color: Tensor
    """(P, K) colour features."""
    unseen: Tensor
    """(P, 1): occupancy where the photo saw nothing, else 0."""

    @classmethod
    @torch.no_grad()
    def around(
        cls, generator: Generator, head: Inversion, rig: CameraConfig, random: torch.Generator
    ) -> _Anchors:
        """Points on and near the surface seen from several sides, and anywhere in the box."""
        device = head.w_plus.device
        config = draft_config(generator.preset.render)
        groups = []
        for yaw, pitch in _SIDES:
            camera = orbit(yaw, pitch, rig=rig).to(device)
            rendering = generator.render(head.planes, head.w_plus, camera, config=config, super_resolve=False)
            solid = rendering.opacity.flatten() > 0.5
            points = rendering.surface()[0].flatten(1).mT[solid]
            away = _normal((len(points), 1), random).to(device) * _NEAR
            directions = rendering.directions[0][solid]
            groups += [points, points + away * directions]
        side = head.planes.box_side
        anywhere = torch.rand(sum(len(g) for g in groups) // 2 + 256, 3, generator=random) - 0.5
        groups.append(anywhere.to(device) * side)
        points = torch.cat(groups)
        density, color = generator.query(head.planes, points[None])
        occupancy = _occupancy(density[0])
        known = _seen_at(head, points)
        return cls(points, occupancy, color[0].float(), occupancy * (1.0 - known))

    def change(
        self, generator: Generator, planes: TriPlane, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Mean square change of occupancy and of unseen colour at some of the points."""
        some = torch.randint(len(self.points), (_WATCHED,), generator=random).to(self.points.device)
        density, color = generator.query(planes, self.points[some][None])
        occupancy = (_occupancy(density[0]) - self.occupancy[some]).square().mean()
        off = (color[0].float() - self.color[some]).square().mean(dim=1, keepdim=True)
        return occupancy, (off * self.unseen[some]).mean()


def _seen_at(head: Inversion, points: Tensor) -> Tensor:
    """How much the photo saw of points (P, 3): the least over the planes that know, (P, 1)."""
    seen = head.visibility
    places = head.planes.project(points[None])[:, : seen.shape[1]]
    shares = F.grid_sample(
        seen.flatten(0, 1)[:, None], places.flatten(0, 1)[:, None], padding_mode="border", align_corners=False
    )
    return shares.reshape(seen.shape[1], -1).amin(dim=0)[:, None]


def _occupancy(density: Tensor) -> Tensor:
    """Opacity of an interval of `_STEP` at raw density: the renderer's own."""
    return -torch.expm1(-F.softplus(density.float() - 1.0) * _STEP)


@torch.no_grad()
def _deviation(generator: Generator) -> Tensor:
    """Symmetric root of the covariance of w, (W, W): what one deviation in any direction is."""
    backbone = generator.preset.backbone
    device = generator.w_avg.device
    random = torch.Generator().manual_seed(_SAMPLING_SEED)
    z = _normal((_SAMPLES, backbone.z_dim), random).to(device)
    label = orbit(0.0, 0.0, rig=generator.preset.camera).label().to(device)
    w = generator.map(z, label.expand(_SAMPLES, -1))[:, 0].double()
    values, vectors = torch.linalg.eigh(torch.cov(w.T))
    root: Tensor = vectors * values.clamp_min(0.0).sqrt() @ vectors.T
    return root.float()


def _normal(shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=random)


def _precision(wanted: Precision, device: torch.device) -> Callable[[], AbstractContextManager[object]]:
    """What the forward passes run under."""
    low = wanted == "bfloat16" or (wanted == "auto" and _multiplies_bfloat16(device))
    if not low:
        return nullcontext
    return lambda: torch.autocast(device.type, dtype=torch.bfloat16)


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        able = torch.cpu.get_capabilities()
        return bool(able.get("amx_bf16") or able.get("avx512_bf16"))
    return False


def _detached(inversion: Inversion) -> Inversion:
    """Copies that gradients may pass: tensors of inference mode may not."""

    def own(tensor: Tensor) -> Tensor:
        return tensor.detach().clone()

    photo, features, modulation = inversion.photo, inversion.features, inversion.modulation
    camera = Camera(own(photo.camera.cam_to_world), own(photo.camera.intrinsics))
    matte = None if photo.matte is None else own(photo.matte)
    shifted = None if modulation.planes_shift is None else own(modulation.planes_shift)
    return Inversion(
        photo=replace(photo, pixels=own(photo.pixels), camera=camera, matte=matte),
        w_plus=own(inversion.w_plus),
        features=FeatureMap(own(features.x), own(features.skip)),
        modulation=Modulation(own(modulation.scale), own(modulation.shift), shifted),
        planes=replace(inversion.planes, features=own(inversion.planes.features)),
        visibility=own(inversion.visibility),
        seconds=inversion.seconds,
    )
