"""The unseen side: faces are nearly alike on both sides, and what the photo saw of one tells of the other.

    flipped photo + flipped camera = a photo of the other side

It is read like the photo itself (`goae_core.detail`), and counts where it is surer than the photo. How far to
believe it is asked of the photo: near the middle of the face it sees both of many pairs of points. With r
what it shows of a point in the middle band and r' what it shows of the point's mirror image,

    agreement = (sum r r' + a prior) / (sum r^2 + the prior's weight)

is the share of r that best foretells r', first over the head, then around every place with that as the prior:
near 0.8 for faces, near 0 for one with a pattern painted across it, and for the badge on a cap. The coarse
band tells little of symmetry there, for light differs between the sides; its share is fixed.

The shares are those that foretold best how held-out heads look from -30 degrees, seen from +30. Tried and
left out, because they gained less, nothing on top of this, or cost the seen part: mirroring AFA's work on the
planes, a Gaussian over tri-planes of the generator's heads that infers unseen texels from seen ones, refined
planes throughout.

Sources: ours; weighing symmetry by what was seen is the soft symmetry of Hassner et al. 2015 (effective face
frontalization, arXiv 1411.7964).
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from goae_core.detail import BAND_WIDTHS, PhotoDetail, blurred, parted, read
from goae_core.rendering.renderer import Rendering

FINE_SHARE = 0.3
"""Of the agreement: fine detail rarely lies at the very same place on both sides."""
COARSE_SHARE = 0.65
PRIOR = 0.6
"""Agreement where the photo tells nothing of it."""
_PRIOR_WEIGHT = 2e-6
"""Mean of r^2 over the picture that the prior outweighs; faces have a hundred times more."""
_LOCAL_WEIGHT = 2e-4
"""The same of the head's agreement, around a place."""


def with_symmetry(detail: PhotoDetail, rendering: Rendering, belief: float) -> PhotoDetail:
    """Let a photo's detail reach the side that the photo did not see.

    Args:
        detail: Of the unedited head.
        rendering: The unedited head from the photo's camera.
        belief: Factor on all shares, 0 to 1; 0 returns the very same detail.

    Returns:
        The detail with its symmetry.
    """
    if belief == 0.0:
        return detail
    middle = agreement(detail, rendering)
    shares = [FINE_SHARE * middle, middle, torch.full_like(middle, COARSE_SHARE)]
    return replace(detail, symmetry=belief * torch.cat(shares, dim=1))


def agreement(detail: PhotoDetail, rendering: Rendering) -> Tensor:
    """How well places of the head foretell what the photo shows of their mirror images.

    Args:
        detail: Of the head, B = 1.
        rendering: The head from the photo's camera.

    Returns:
        (1, 1, R, R) in [0, 1].
    """
    there = read(detail.mirrored(), rendering, detail.camera)
    weight = there.weights[1] * rendering.alpha
    if detail.matte is not None:
        weight = weight * detail.matte
    own = detail.bands[:, 3:6] + parted(detail.base)[1]
    mirrored = there.bands[1] + parted(there.base)[1]
    both = (weight * own * mirrored).mean(dim=1, keepdim=True)
    alone = (weight * own**2).mean(dim=1, keepdim=True)
    head = (both.mean() + PRIOR * _PRIOR_WEIGHT) / (alone.mean() + _PRIOR_WEIGHT)
    head = head.clamp(0.0, 1.0)
    around = blurred(torch.cat([both, alone], dim=1), BAND_WIDTHS[1])
    return ((around[:, :1] + head * _LOCAL_WEIGHT) / (around[:, 1:] + _LOCAL_WEIGHT)).clamp(0.0, 1.0)
