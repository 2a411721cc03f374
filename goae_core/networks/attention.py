"""The cross attention that the encoder and AFA share.

Source: Yuan et al. 2023 (GOAE), sections 3.1 and 3.2.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class CrossAttention(nn.Module):
    """Queries look at keys that are also the values, then pass a two-layer network.

        t = LN(query + MHA(query, tokens, tokens));   result = t + linear2(relu(linear1(t)))

    Only the sum after attention is normalised, without learned gain: neither the query before
    nor the result after.

    Args:
        dim: Width D of queries and tokens.
        heads: Attention heads.
        hidden: Width between the two linear layers.
        dropout: Rate in attention and on both branches, training only.
    """

    def __init__(self, dim: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.multihead_attn = nn.MultiheadAttention(dim, heads, dropout=dropout, batch_first=True)
        self.linear1 = nn.Linear(dim, hidden)
        self.linear2 = nn.Linear(hidden, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, query: Tensor, tokens: Tensor) -> Tensor:
        """Attend.

        Args:
            query: (B, Q, D).
            tokens: (B, K, D), keys and values.

        Returns:
            (B, Q, D).
        """
        attended, _ = self.multihead_attn(query, tokens, tokens, need_weights=False)
        t = query + self.dropout(attended)
        t = F.layer_norm(t, t.shape[-1:])
        result: Tensor = t + self.dropout(self.linear2(self.dropout(F.relu(self.linear1(t)))))
        return result
