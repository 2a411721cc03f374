from __future__ import annotations

import math

import pytest
import torch

from goae_core.networks.swin import (
    ConvolutionStem,
    DropPath,
    PatchMerging,
    SwinBlock,
    SwinPyramid,
    WindowAttention,
)


def pyramid() -> SwinPyramid:
    return SwinPyramid(
        image_size=32,
        patch_size=2,
        embed_dim=8,
        depths=(2, 2, 1, 1),
        heads=(1, 2, 2, 4),
        windows=(4, 4, 4, 2),
        pretrained_windows=(4, 4, 4, 2),
        drop_path=0.0,
    )


def test_offsets_are_logarithmic_and_in_pretrained_windows() -> None:
    table = WindowAttention(dim=4, window=2, heads=1, pretrained_window=3).relative_coords_table
    # An offset of 1 in a pretrained window of 3 counts as 4: log2(1 + 4) / 3.
    step = math.log2(5.0) / 3.0
    assert table.shape == (1, 3, 3, 2)
    torch.testing.assert_close(table[0, 0, 2], torch.tensor([-step, step]))
    torch.testing.assert_close(table[0, 1, 1], torch.zeros(2))


def test_index_counts_rows_before_columns() -> None:
    index = WindowAttention(dim=4, window=2, heads=1, pretrained_window=2).relative_position_index
    # Positions (0,0) (0,1) (1,0) (1,1); index = (row offset + 1) * 3 + column offset + 1.
    assert index.tolist() == [[4, 3, 1, 0], [5, 4, 2, 1], [7, 6, 4, 3], [8, 7, 5, 4]]


def test_shifted_windows_keep_opposite_edges_apart() -> None:
    mask = SwinBlock(4, 4, 1, 2, 1, 2, 0.0).attn_mask
    assert mask is not None
    assert mask.shape == (4, 4, 4)
    assert not mask[0].any()
    left, right = [0, -100, 0, -100], [-100, 0, -100, 0]
    assert mask[1].tolist() == [left, right, left, right]
    # The last window holds the four corners of the picture: nobody sees another.
    assert mask[3].tolist() == [[0.0 if i == j else -100.0 for j in range(4)] for i in range(4)]


def test_shifted_block_sees_across_windows_but_not_around_the_edge() -> None:
    block = SwinBlock(4, 4, 1, 2, 1, 2, 0.0).double()
    tokens = torch.randn(1, 16, 4, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(block(tokens)[0, 5].sum(), tokens)  # token (1, 1)
    reached = gradient[0].abs().sum(dim=1) > 1e-20
    assert reached.nonzero().flatten().tolist() == [5, 6, 9, 10]
    (gradient,) = torch.autograd.grad(block(tokens)[0, 0].sum(), tokens)  # the corner, rolled beside others
    assert (gradient[0].abs().sum(dim=1) > 1e-20).nonzero().flatten().tolist() == [0]


def test_merging_takes_a_cell_column_by_column() -> None:
    merge = PatchMerging(dim=1, grid=2)
    merge.norm = torch.nn.Identity()  # type: ignore[assignment]
    with torch.no_grad():
        merge.reduction.weight.copy_(torch.tensor([[1.0, 10.0, 100.0, 1000.0], [0.0, 0.0, 0.0, 1.0]]))
    cell = torch.tensor([[[1.0], [2.0], [3.0], [4.0]]])  # rows (1 2), (3 4)
    assert merge(cell).tolist() == [[[1.0 + 30.0 + 200.0 + 4000.0, 4.0]]]


@pytest.mark.parametrize("batch", [1, 2])
def test_pyramid_halves_and_doubles(batch: int) -> None:
    result = pyramid()(torch.randn(batch, 3, 32, 32))
    shapes = [tuple(tokens.shape) for tokens in result.inputs]
    assert shapes == [(batch, 256, 8), (batch, 64, 16), (batch, 16, 32), (batch, 4, 64)]
    assert result.output.shape == (batch, 4, 64)


def test_convolutions_make_the_tokens_that_patches_would() -> None:
    stem = ConvolutionStem(dim=32, patch_size=8)
    assert [layer.out_channels for layer in stem.layers] == [16, 16, 32]
    photo = torch.randn(2, 3, 32, 32)
    tokens = stem(photo)
    assert tokens.shape == (2, 16, 32)
    # the first pixel is seen by the first token of the first row alone: 7 pixels to either side at the most
    changed = photo.clone()
    changed[:, :, 0, 0] += 1.0
    assert ((stem(changed) - tokens).abs().sum(dim=2) > 1e-6)[0].nonzero().flatten().tolist() == [0]


@pytest.mark.parametrize("masked", [False, True])
def test_trainable_attention_in_half_precision_is_the_fused_one(masked: bool) -> None:
    torch.manual_seed(0)
    attention = WindowAttention(dim=16, window=4, heads=2, pretrained_window=4)
    with torch.no_grad():
        attention.logit_scale.copy_(torch.tensor([2.0, 3.0])[:, None, None])  # heads that would show a mix-up
    windows = torch.randn(8, 16, 16)
    mask = torch.where(torch.rand(4, 16, 16) < 0.3, -100.0, 0.0) if masked else None
    with torch.no_grad():
        fused = attention(windows, mask)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        trainable = attention(windows, mask)
    assert trainable.requires_grad
    assert float((trainable.detach().float() - fused).norm()) < 0.03 * float(fused.norm())
    trainable.float().square().sum().backward()
    assert all(parameter.grad is not None for parameter in attention.parameters())


def test_samples_of_a_batch_do_not_mix() -> None:
    network = pyramid().eval()
    photos = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        both, alone = network(photos), network(photos[1:])
    torch.testing.assert_close(both.output[1:], alone.output, rtol=1e-4, atol=1e-5)


def test_drop_path_drops_whole_samples_and_keeps_the_mean() -> None:
    branch = torch.ones(400, 3)
    drop = DropPath(0.25)
    kept = drop(branch)
    assert {round(value, 4) for value in kept.flatten().tolist()} == {0.0, round(4.0 / 3.0, 4)}
    assert bool((kept == kept[:, :1]).all())
    assert 0.85 < float(kept.mean()) < 1.15
    assert drop.eval()(branch) is branch
