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
        t = query + self.dropout(self._attend(query, tokens))
        t = F.layer_norm(t, t.shape[-1:])
        result: Tensor = t + self.dropout(self.linear2(self.dropout(F.relu(self.linear1(t)))))
        return result

    def _attend(self, query: Tensor, tokens: Tensor) -> Tensor:
        # the module turns tokens around to (K, B, D), and its projection then copies the weight for
        # each of the K rows: half the time of an inversion. Its parameters are what checkpoints hold.
        attention = self.multihead_attn
        dim, heads = attention.embed_dim, attention.num_heads
        weight, bias = attention.in_proj_weight, attention.in_proj_bias
        q = F.linear(query, weight[:dim], bias[:dim])
        k, v = F.linear(tokens.contiguous(), weight[dim:], bias[dim:]).chunk(2, dim=-1)
        q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))
        dropout = attention.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout)
        attended: Tensor = attention.out_proj(mixed.transpose(1, 2).flatten(2))
        return attended
