from __future__ import annotations

import torch

from goae_core.networks.attention import CrossAttention


def silenced() -> CrossAttention:
    attention = CrossAttention(dim=4, heads=2, hidden=3, dropout=0.1).eval()
    with torch.no_grad():
        for layer in (attention.multihead_attn.out_proj, attention.linear2):
            layer.weight.zero_()
            layer.bias.zero_()
    return attention


def test_only_the_sum_after_attention_is_normalised() -> None:
    query = torch.tensor([[[1.0, 3.0, 1.0, 3.0]]])
    # Mean 2, variance 1.
    torch.testing.assert_close(
        silenced()(query, torch.randn(1, 5, 4)), torch.tensor([[[-1.0, 1.0, -1.0, 1.0]]]), rtol=0, atol=1e-5
    )


def test_attention_is_added_to_the_query_before_the_norm() -> None:
    attention = silenced()
    with torch.no_grad():
        attention.multihead_attn.out_proj.bias.copy_(torch.tensor([4.0, 0.0, 0.0, 0.0]))
    result = attention(torch.tensor([[[1.0, 3.0, 5.0, 3.0]]]), torch.randn(1, 5, 4))
    # 5, 3, 5, 3: mean 4, variance 1.
    torch.testing.assert_close(result, torch.tensor([[[1.0, -1.0, 1.0, -1.0]]]), rtol=0, atol=1e-5)


def test_order_of_tokens_does_not_matter_and_batches_do_not_mix() -> None:
    attention = CrossAttention(dim=8, heads=2, hidden=16, dropout=0.1).eval()
    query, tokens = torch.randn(2, 3, 8), torch.randn(2, 5, 8)
    result = attention(query, tokens)
    assert result.shape == (2, 3, 8)
    torch.testing.assert_close(attention(query, tokens.flip(1)), result, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(attention(query[1:], tokens[1:]), result[1:], rtol=1e-4, atol=1e-5)
