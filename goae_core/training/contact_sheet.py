"""Pictures side by side, for looking at what a stage does."""

from __future__ import annotations

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor


def to_bytes(picture: Tensor, size: int | None = None) -> NDArray[np.uint8]:
    """A picture (3, H, W) in [-1, 1] as (H, W, 3) bytes, resized to `size` pixels a side if given."""
    if size is not None and picture.shape[-1] != size:
        picture = F.interpolate(picture[None], size=(size, size), mode="bilinear", antialias=True)[0]
    values = (picture.detach().float().cpu().permute(1, 2, 0) * 127.5 + 127.5).round().clamp(0, 255)
    return values.numpy().astype(np.uint8)


def grid(rows: list[list[NDArray[np.uint8]]]) -> NDArray[np.uint8]:
    """Join rows of equally large pictures into one."""
    return np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)
