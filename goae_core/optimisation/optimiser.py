"""The stages of an optimisation, one after the other, and what of them is kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from goae_core.camera import Camera
from goae_core.camera_refinement import refine_camera
from goae_core.errors import CheckpointError, GoaeError, StoppedError
from goae_core.fusion import fuse
from goae_core.generator import FeatureMap
from goae_core.inversion import (
    Inversion,
    align_features,
    modulated_planes,
    reconstruct,
    refined_planes,
    resized,
    see,
)
from goae_core.networks.afa import Modulation
from goae_core.optimisation.anchors import Anchors
from goae_core.optimisation.descent import Descent
from goae_core.optimisation.outcome import Fit, OptimisationProgress, Optimised
from goae_core.optimisation.request import OptimisationRequest, Precision, ShouldStop, check
from goae_core.optimisation.sides import Sides
from goae_core.optimisation.style import Style, StyleStatistics
from goae_core.optimisation.target import Target
from goae_core.pipeline import Pipeline
from goae_core.rendering.renderer import Rendering

_CAMERA_SHARE = 0.05
_STYLE_SHARE = 0.6
"""Of the time, until the camera and the style are left alone."""
_WARM_UP = 3
_RESERVE = 1.5
"""For the comparison at the end, in times that one comparison takes."""
_STYLE_RATE = 0.03
"""Root mean square of a step, deviations."""
_DETAIL_RATE = 0.01
_SHARES = (1.0, 0.7, 0.4)
"""Of the way a stage went, tried one after the other until one is better than nothing."""
_CAMERA_RAYS = 40
_SLIVER = 0.003
"""By which the overlap of silhouettes may fall: a row of pixels."""
_CHARGE = 1.0
"""Of what the photo's view gains, a side may lose this much of what is expected there: what the photo did not
see is charged as if every change were wrong, and with a better style it is not."""


def optimise(
    pipeline: Pipeline,
    inversion: Inversion,
    request: OptimisationRequest = OptimisationRequest(),  # noqa: B008  a frozen value
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
    check(request)
    work = _Work(pipeline, inversion, request, should_stop or (lambda: False))
    yield from work.run()


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """A head and what speaks for it."""

    head: Inversion
    fit: Fit
    error: float
    """At the photo's view, as far as the photo is believed."""
    sides: tuple[float, ...]

    def beats(self, other: _Judged, before: Fit) -> bool:
        """Whether it meets the photo better, and neither silhouette nor sides pay for it."""
        gained = other.error - self.error
        lost = max(own - theirs for own, theirs in zip(self.sides, other.sides, strict=True))
        return gained > 0.0 and lost <= _CHARGE * gained and _gains(self.fit, before)


class _Work:
    """One optimisation under way."""

    def __init__(
        self, pipeline: Pipeline, inversion: Inversion, request: OptimisationRequest, should_stop: ShouldStop
    ) -> None:
        if pipeline.afa is None:
            raise CheckpointError(f"the model '{pipeline.model}' has no AFA network; import its file too")
        self.pipeline = pipeline
        self.afa = pipeline.afa
        self.generator = pipeline.generator
        self.request = request
        self.should_stop = should_stop
        self.start = inversion
        self.device = pipeline.device
        self.began = time.perf_counter()
        self.own = _detached(inversion.to(self.device))
        self.target = Target.of(self.own)
        self.autocast = _precision(request.precision, self.device)
        self.random = torch.Generator().manual_seed(request.seed)
        self.taken = [0, 0]
        self.reserve = 0.0

    def run(self) -> Iterator[OptimisationProgress]:
        """All stages."""
        if self.target.empty:
            raise GoaeError("the photo's matte holds no head to optimise for; invert another photo or crop")
        before = self.target.fit(self._look(self.own))
        camera = self._camera()
        base = self.aligned(self.own.w_plus, camera)
        rendering = self._look(base)
        if camera is not self.own.photo.camera and not _gains(self.target.fit(rendering), before):
            # AFA makes up for a wrong camera, but not as well as the right one does without.
            camera = self.own.photo.camera
            base = self.aligned(self.own.w_plus, camera)
            rendering = self._look(base)
        self.ask()
        began = time.perf_counter()
        self.target = self.target.doubting(rendering)
        sides = Sides.of(self.generator, base, rendering)
        self.ask()
        best = self._judged(base, sides)
        self.reserve = _RESERVE * (time.perf_counter() - began)
        yield OptimisationProgress(_CAMERA_SHARE, "camera", best.fit.mse, 1)

        style = Style(StyleStatistics.of(self.generator), self.own.w_plus, self.request.priors.rows)
        moved = 0.0
        for step, (fraction, mse) in enumerate(self._steps(0, self._style_steps(style, base)), start=1):
            yield OptimisationProgress(fraction, "style", mse, step)
        for share in _SHARES if self.taken[0] else ():
            self.ask()
            with torch.no_grad():
                w_plus = style.w_plus(share)
            judged = self._judged(self.aligned(w_plus, camera), sides)
            if judged.beats(best, before):
                best, moved = judged, share * style.moved()
                break

        change = _Change(best.head)
        for step, (fraction, mse) in enumerate(
            self._steps(1, self._detail_steps(best.head, change)), start=1
        ):
            yield OptimisationProgress(fraction, "detail", mse, step)
        for share in _SHARES if self.taken[1] else ():
            self.ask()
            judged = self._judged(self.finished(best.head, change.modulation(share)), sides)
            if judged.beats(best, before):
                best = judged
                break
        self.ask()
        fresh = best.head is not base or camera is not self.own.photo.camera
        outcome = self._outcome(before, best, moved, fresh=fresh)
        yield OptimisationProgress(1.0, "check", outcome.after.mse, 1, outcome)

    def ask(self) -> None:
        """Leave if the caller wants to."""
        if self.should_stop():
            raise StoppedError("the optimisation was stopped; the head is as it was before")

    def _outcome(self, before: Fit, best: _Judged, moved: float, *, fresh: bool) -> Optimised:
        """The better of before and after."""
        improved = fresh and _gains(best.fit, before)
        seconds = time.perf_counter() - self.began
        return Optimised(
            inversion=self._timed(best.head, seconds) if improved else self.start,
            improved=improved,
            before=before,
            after=best.fit if improved else before,
            seconds=seconds,
            steps=(self.taken[0], self.taken[1]),
            moved=moved if improved else 0.0,
            turned=_degrees(self.own.photo.camera, best.head.photo.camera) if improved else 0.0,
        )

    def _timed(self, head: Inversion, seconds: float) -> Inversion:
        return replace(head, seconds={**self.start.seconds, "optimise": seconds})

    def _steps(self, stage: int, step: Callable[[float], float]) -> Iterator[tuple[float, float]]:
        """Take steps until the stage's share is spent.

        The number of steps is fixed after the first three, so that what a step does never depends on the
        clock; only the number does.
        """
        share = (_CAMERA_SHARE, _STYLE_SHARE, 1.0)
        planned = None if self.request.steps is None else self.request.steps[stage]
        began = time.perf_counter()
        end = self.began + self.request.seconds * share[stage + 1] - self.reserve
        done = 0
        while planned is None or done < planned:
            now = time.perf_counter()
            if self.request.steps is None:
                if now >= end:
                    return
                if done == _WARM_UP:
                    each = (now - began) / done
                    planned = done + max(0, int((end - now) / each))
            mse = step(done / planned if planned else 0.0)
            done += 1
            self.taken[stage] = done
            within = done / planned if planned else 0.0
            yield share[stage] + (share[stage + 1] - share[stage]) * min(1.0, within), mse

    def _camera(self) -> Camera:
        """The photo's camera, corrected if it is clearly wrong."""
        camera = self.own.photo.camera
        spent = self.request.steps is None and self.request.seconds < time.perf_counter() - self.began
        if not self.request.camera or spent:
            return camera
        preset, photo = self.pipeline.preset, self.own.photo
        w_plus = self.own.w_plus
        config = replace(preset.render, resolution=min(_CAMERA_RAYS, preset.render.resolution))
        with torch.no_grad():
            planes = self.generator.planes(w_plus, self.generator.feature_map(w_plus))

            def render(camera: Camera) -> tuple[Tensor, Tensor]:
                self.ask()
                seen = self.generator.render(planes, w_plus, camera, config=config, super_resolve=False)
                return seen.raw, seen.opacity

            # The photo as it is: the comparison lays it over black itself.
            found = refine_camera(render, photo.pixels, self.target.matte, camera, rig=preset.camera)
        return found.camera

    def _style_steps(self, style: Style, base: Inversion) -> Callable[[float], float]:
        priors = self.request.priors
        descent = Descent(style.variables(), _STYLE_RATE)
        coarse = max(self.pipeline.preset.render.resolution // 2, 8)
        camera = base.photo.camera
        assert base.w_planes is not None  # made in `aligned`
        anchors = Anchors.around(self.generator, base.w_planes, base.w_plus, base.visibility, self.random)

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
                    planes, w_plus, camera, resolution=coarse, super_resolve=False
                )
                self.ask()
            with torch.enable_grad():
                loss, mse = self.target.loss(rendering, priors.silhouette)
                loss = loss + priors.style * style.energy() + priors.rare * style.rarity()
                if priors.shape > 0.0:
                    occupancy, _ = anchors.change(self.generator, planes, self.random)
                    loss = loss + priors.shape * occupancy
            descent.step(loss, progress)
            style.hold(self.request.bound)
            return mse

        return step

    def _detail_steps(self, styled: Inversion, change: _Change) -> Callable[[float], float]:
        priors = self.request.priors
        w_plus, x, skip = styled.w_plus, styled.features.x, styled.features.skip
        assert styled.w_planes is not None  # made in `aligned`
        w_planes, seen, camera = styled.w_planes, styled.visibility, styled.photo.camera
        descent = Descent(change.variables(), _DETAIL_RATE)
        anchors = Anchors.around(self.generator, styled.planes, w_plus, seen, self.random)

        def step(progress: float) -> float:
            with torch.enable_grad(), self.autocast():
                now = change.modulation()
                refined = modulated_planes(self.generator, w_plus, now.apply(x), skip, now)
                planes = fuse(w_planes, refined, seen)
                self.ask()
                rendering = self.generator.render(planes, w_plus, camera)
                self.ask()
            with torch.enable_grad():
                loss, mse = self.target.loss(rendering, priors.silhouette)
                loss = loss + priors.energy * change.energy()
                occupancy, color = anchors.change(self.generator, planes, self.random)
                loss = loss + priors.density * occupancy + priors.unseen * color
            descent.step(loss, progress)
            return mse

        return step

    @torch.no_grad()
    def aligned(self, w_plus: Tensor, camera: Camera) -> Inversion:
        """The head of a style and camera, with AFA anew."""
        plain = reconstruct(self.generator, w_plus, camera)
        self.ask()
        photo = resized(self.target.head, self.pipeline.preset.afa.image_size)
        modulation = align_features(self.afa, photo, plain)
        self.ask()
        refined = refined_planes(self.generator, plain, modulation)
        sight = see(self.generator, refined, w_plus, camera)
        return Inversion(
            photo=replace(self.own.photo, camera=camera),
            w_plus=w_plus,
            features=plain.features,
            modulation=modulation,
            planes=fuse(plain.planes, refined, sight.visibility),
            visibility=sight.visibility,
            seconds=self.start.seconds,
            w_planes=plain.planes,
            rendering=sight.rendering,
        )

    @torch.no_grad()
    def finished(self, styled: Inversion, modulation: Modulation) -> Inversion:
        """The head of an aligned style with another modulation."""
        assert styled.w_planes is not None  # made in `aligned`
        x, skip = modulation.apply(styled.features.x), styled.features.skip
        refined = modulated_planes(self.generator, styled.w_plus, x, skip, modulation)
        planes = fuse(styled.w_planes, refined, styled.visibility)
        return replace(styled, modulation=modulation, planes=planes)

    def _judged(self, head: Inversion, sides: Sides) -> _Judged:
        self.ask()
        rendering = self._look(head)
        fit, error = self.target.fit(rendering), self.target.closeness(rendering)
        return _Judged(head, fit, error, sides.errors(self.generator, head))

    @torch.no_grad()
    def _look(self, head: Inversion) -> Rendering:
        """A head from its photo's camera, in full precision."""
        return self.generator.render(head.planes, head.w_plus, head.photo.camera)


class _Change:
    """What is added to AFA's modulation, its shift in deviations of each feature channel."""

    def __init__(self, head: Inversion) -> None:
        self.found = head.modulation
        self.deviation = head.features.x.std(dim=(2, 3), keepdim=True).clamp_min(1e-4)
        self.scale = torch.zeros_like(self.found.scale).requires_grad_()
        self.shift = torch.zeros_like(self.found.shift).requires_grad_()

    def variables(self) -> list[Tensor]:
        return [self.scale, self.shift]

    def energy(self) -> Tensor:
        return self.scale.square().mean() + self.shift.square().mean()

    def modulation(self, share: float = 1.0) -> Modulation:
        """With some share of the change."""
        scale = self.found.scale + share * self.scale
        return Modulation(
            scale, self.found.shift + share * self.deviation * self.shift, self.found.planes_shift
        )


def _gains(fit: Fit, before: Fit) -> bool:
    """Whether colours came nearer to the photo, and the silhouette did not leave it."""
    return fit.mse < before.mse and fit.iou >= before.iou - _SLIVER


def _degrees(camera: Camera, other: Camera) -> float:
    """Between the axes of two cameras."""
    one, two = (each.cam_to_world[0, :3, 2].double().cpu() for each in (camera, other))
    # By the sine: the cosine of small angles is one.
    return math.degrees(math.atan2(float(torch.linalg.cross(one, two).norm()), float(one @ two)))


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
