"""The encoder: one photo to an offset from the mean style for every row of w+.

Source: Yuan et al. 2023, "Make Encoder Great Again in 3D GAN Inversion through Geometry and Occlusion-Aware
Encoding" (GOAE), section 3.1, arXiv 2303.12326.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from goae_core.networks.attention import CrossAttention
from goae_core.networks.swin import SwinPyramid
from goae_core.presets import EncoderConfig

COARSE_ROWS = 3
MID_ROWS = 3
BASE_STAGE, COARSE_STAGE, MID_STAGE, FINE_STAGE = range(4)
_SLOPE = 0.01  # of the leaky ReLUs here; the generator's is 0.2


@dataclass(frozen=True, slots=True, eq=False)
class EncodedStyle:
    """Offsets from the mean style by style group; W is the width of a w row.

    Attributes:
        base: (B, 1, W), of every row.
        coarse: (B, 3, W), added in rows 1 to 3.
        mid: (B, 3, W), added in rows 4 to 6.
        fine: (B, N - 7, W), added in the rows from 7 on.
    """

    base: Tensor
    coarse: Tensor
    mid: Tensor
    fine: Tensor

    def offsets(self, stage: int = FINE_STAGE) -> Tensor:
        """Add up the groups that are open.

        Args:
            stage: 0 base only, 1 with coarse, 2 with mid, 3 with fine.

        Returns:
            (B, N, W); add the generator's `w_avg` to have w+.
        """
        groups = [group if stage > k else torch.zeros_like(group) for k, group in enumerate(self._groups())]
        return self.base + torch.cat([torch.zeros_like(self.base), *groups], dim=1)

    def _groups(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.coarse, self.mid, self.fine


class Encoder(nn.Module):
    """Swin pyramid with one head for the base style and one cross attention per style group.

    The base comes from the coarsest map. Each group's queries come from the map before it, plus
    its maximum over all positions; they attend to the pyramid's coarse, mid or fine map, to
    which the coarser keys were lifted and added.

    Ours = theirs: photo = I, offsets = w+ minus the mean w, base = w_0, groups = delta w.

    Args:
        config: All sizes; grids follow from image_size and patch_size.
        num_ws: Rows of w+, at least 8.
    """

    def __init__(self, config: EncoderConfig, num_ws: int) -> None:
        super().__init__()
        self.config = config
        self.num_ws = num_ws
        self.swin_model = SwinPyramid(
            image_size=config.image_size,
            patch_size=config.patch_size,
            embed_dim=config.embed_dim,
            depths=config.depths,
            heads=config.heads,
            windows=config.windows,
            pretrained_windows=config.pretrained_windows,
            drop_path=config.drop_path,
            stem=config.stem,
        )
        fine, mid, coarse, last = (grid * grid for grid in self.swin_model.grids)
        d, dim = config.embed_dim, config.token_dim
        fine_rows = num_ws - 1 - COARSE_ROWS - MID_ROWS
        self.mapper_base_spatial = _mlp(last, 1)
        self.mapper_base_channel = _mlp(8 * d, dim)
        self.mapper_query_spatial_coarse = _mlp(last, COARSE_ROWS)
        self.mapper_query_channel_coarse = _mlp(8 * d, dim)
        self.mapper_query_spatial_mid = _mlp(last, MID_ROWS)
        self.mapper_query_channel_mid = _mlp(8 * d, dim)
        self.mapper_query_spatial_fine = _mlp(last, fine_rows)
        self.mapper_query_channel_fine = _mlp(8 * d, dim)
        self.mapper_coarse_channel = _activated(4 * d, dim)
        self.mapper_mid_channel = _activated(2 * d, dim)
        self.mapper_fine_channel = _activated(d, 2 * d, dim)
        self.mapper_coarse_to_mid_spatial = _activated(coarse, mid // 2, mid)
        self.mapper_mid_to_fine_spatial = _activated(mid, fine // 2, fine)
        self.cross_att_coarse = self._cross_attention()
        self.cross_att_mid = self._cross_attention()
        self.cross_att_fine = self._cross_attention()

    def forward(self, photo: Tensor, stage: int = FINE_STAGE) -> Tensor:
        """Offsets from the mean style, up to a style group.

        Args:
            photo: (B, 3, R, R) in [-1, 1], R = config.image_size; over black if the preset mattes.
            stage: 0 base only, 1 with coarse, 2 with mid, 3 with fine: for progressive training.

        Returns:
            (B, num_ws, token_dim); add the generator's `w_avg` to have w+.
        """
        if stage == BASE_STAGE:  # the groups would only be computed to be left out
            base = self._base(self.swin_model(photo).output)
            return base.expand(-1, self.num_ws, -1)
        return self.styles(photo).offsets(stage)

    def styles(self, photo: Tensor) -> EncodedStyle:
        """Encode photos (B, 3, R, R) in [-1, 1] to offsets by style group."""
        pyramid = self.swin_model(photo)
        fine, mid, coarse, last = pyramid.inputs
        query_map = last.transpose(1, 2)  # (B, 8D, tokens)

        keys = self.mapper_coarse_channel(coarse)
        query = _queries(query_map, self.mapper_query_spatial_coarse, self.mapper_query_channel_coarse)
        coarse_rows = self.cross_att_coarse(query, keys)

        keys = self.mapper_mid_channel(mid) + _lift(keys, self.mapper_coarse_to_mid_spatial)
        query = _queries(query_map, self.mapper_query_spatial_mid, self.mapper_query_channel_mid)
        mid_rows = self.cross_att_mid(query, keys)

        keys = self.mapper_fine_channel(fine) + _lift(keys, self.mapper_mid_to_fine_spatial)
        query = _queries(query_map, self.mapper_query_spatial_fine, self.mapper_query_channel_fine)
        fine_rows = self.cross_att_fine(query, keys)

        return EncodedStyle(self._base(pyramid.output), coarse_rows, mid_rows, fine_rows)

    def _base(self, output: Tensor) -> Tensor:
        """Base style (B, 1, W) from the pyramid's output."""
        return _queries(output.transpose(1, 2), self.mapper_base_spatial, self.mapper_base_channel)

    def _cross_attention(self) -> CrossAttention:
        c = self.config
        return CrossAttention(c.token_dim, c.attention_heads, c.feedforward_dim, c.dropout)


def _mlp(width: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(_SLOPE), nn.Linear(width, out))


def _activated(*widths: int) -> nn.Sequential:
    """Linear layers, each followed by the activation, the last one too."""
    layers: list[nn.Module] = []
    for width, out in itertools.pairwise(widths):
        layers += [nn.Linear(width, out), nn.LeakyReLU(_SLOPE)]
    return nn.Sequential(*layers)


def _queries(channel_map: Tensor, spatial: nn.Module, channel: nn.Module) -> Tensor:
    """Queries (B, n, D) from a map (B, E, tokens): n mixtures of its positions plus its maximum."""
    strongest = channel_map.amax(dim=2)[:, None]  # (B, 1, E)
    queries: Tensor = channel(spatial(channel_map).transpose(1, 2) + strongest)
    return queries


def _lift(keys: Tensor, spatial: nn.Module) -> Tensor:
    """Carry keys (B, K, D) to a finer grid, (B, K', D)."""
    lifted: Tensor = spatial(keys.transpose(1, 2))
    return lifted.transpose(1, 2)
