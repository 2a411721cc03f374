"""What an attribute network reads off the heads of a generator: the measure of every edit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from goae_core.camera import Camera, orbit
from goae_core.errors import StoppedError
from goae_core.generator import Generator
from goae_core.inversion import head_over_black, resized
from goae_core.networks.attributes import AttributeNetwork
from goae_core.networks.matting import MattingNetwork
from goae_core.presets import CameraConfig
from goae_core.training.view_losses import reduced_precision
from goae_core.triplane import TriPlane

YAWS = (0.0, 0.3, -0.3)
"""Radians from which heads are looked at, one after the other."""


class HeadReader:
    """Renders heads and reads their attributes.

    Args:
        generator: Whose heads are read; frozen.
        network: Reads them.
        device: Where all of it lives.
        matting: Finds the head on pictures of generators that paint a background; None where the generator
            gives opacity, whose pictures are heads over black already.
        batch: Heads rendered at a time.
        should_stop: Asked between batches.
    """

    def __init__(
        self,
        generator: Generator,
        network: AttributeNetwork,
        device: torch.device,
        *,
        matting: MattingNetwork | None = None,
        batch: int = 8,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.generator = generator
        self.network = network.eval().requires_grad_(False)
        self.device = device
        self.matting = matting
        self.batch = batch
        self.should_stop = should_stop

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the readings."""
        return self.network.config.labels

    @property
    def readable(self) -> tuple[str, ...]:
        """Those of them that pictures tell."""
        return self.network.readable

    def look(self, w_plus: Tensor, camera: Camera) -> Tensor:
        """Pictures of heads over black.

        Args:
            w_plus: (B, N, W).
            camera: B cameras.

        Returns:
            (B, 3, R, R) in [-1, 1], R the generator's picture size; differentiable in w_plus.
        """
        with reduced_precision(self.device):
            planes = self.generator.planes(w_plus, self.generator.feature_map(w_plus))
        planes = TriPlane(planes.features.float(), planes.box_side, planes.axes)
        with reduced_precision(self.device):
            picture = self.generator.render(planes, w_plus, camera).image
        picture = picture.float().clamp(-1.0, 1.0)
        if self.matting is None:
            return picture
        side = self.matting.config.image_size
        with reduced_precision(self.device):
            matte = self.matting(resized(picture, side)).float()
        return head_over_black(picture, resized(matte, picture.shape[-1]).clamp(0.0, 1.0))

    def read_pictures(self, pictures: Tensor) -> Tensor:
        """Readings (B, K) of heads over black (B, 3, R, R), R at least the network's size."""
        small = resized(pictures, self.network.config.image_size).clamp(-1.0, 1.0)
        with reduced_precision(self.device):
            readings: Tensor = self.network(small.contiguous(memory_format=torch.channels_last))
        return readings.float()

    @torch.no_grad()
    def read(self, w_plus: Tensor, camera: Camera) -> Tensor:
        """Readings (B, K) of any number of heads (B, N, W), each through its own camera.

        Raises:
            StoppedError: If `should_stop` said so between batches.
        """
        rows = []
        for start in range(0, len(w_plus), self.batch):
            if self.should_stop():
                raise StoppedError("stopped while heads were read")
            part = w_plus[start : start + self.batch].to(self.device)
            end = start + len(part)
            view = Camera(camera.cam_to_world[start:end], camera.intrinsics[start:end]).to(self.device)
            rows.append(self.read_pictures(self.look(part, view)).cpu())
        return torch.cat(rows)

    def slopes(self, w_plus: Tensor, camera: Camera) -> Tensor:
        """Derivatives (K, N, W) of the readings of one head (1, N, W); zero for what is not told."""
        w_plus = w_plus.detach().to(self.device).requires_grad_()
        readings = self.read_pictures(self.look(w_plus, camera.to(self.device)))
        result = torch.zeros(len(self.labels), *w_plus.shape[1:])
        for name in self.readable:
            if self.should_stop():
                raise StoppedError("stopped while heads were read")
            k = self.labels.index(name)
            result[k] = torch.autograd.grad(readings[0, k], w_plus, retain_graph=True)[0][0].cpu()
        return result


def reading_cameras(count: int, rig: CameraConfig, yaws: Sequence[float] = YAWS) -> Camera:
    """Cameras at head height that take the yaws in turn."""
    cameras = [orbit(yaws[k % len(yaws)], 0.0, rig=rig) for k in range(count)]
    return Camera(
        torch.cat([each.cam_to_world for each in cameras]), torch.cat([each.intrinsics for each in cameras])
    )
