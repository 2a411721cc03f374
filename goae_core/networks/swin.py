"""Swin Transformer V2 as a feature pyramid: cosine window attention, log-spaced offsets, norms last.

Source: Liu et al. 2022, "Swin Transformer V2", sections 3.2 and 3.3 (arXiv 2111.09883); the place of the
four taps follows Yuan et al. 2023 (GOAE), section 3.1.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from goae_core.presets import EncoderStem

_MAX_LOGIT_SCALE = math.log(100.0)
_OFFSET_MLP_WIDTH = 512


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """What a `SwinPyramid` sees at its four resolutions, finest first. Tokens run row by row.

    Attributes:
        inputs: The input of each stage before its blocks, not normalised; stage s: (B, G_s * G_s, D * 2**s).
        output: Output of the last stage after the closing layer norm, (B, G_3 * G_3, 8 * D).
    """

    inputs: tuple[Tensor, Tensor, Tensor, Tensor]
    output: Tensor


class DropPath(nn.Module):
    """Leave a residual branch out for whole samples while training (stochastic depth).

    Args:
        rate: Probability that a sample loses the branch; survivors are scaled by 1 / (1 - rate).
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, branch: Tensor) -> Tensor:
        """Return `branch` (B, ...), in training with some samples set to zero."""
        if not self.training or self.rate == 0.0:
            return branch
        kept = torch.rand(branch.shape[0], *[1] * (branch.ndim - 1), device=branch.device) >= self.rate
        return branch * kept.to(branch.dtype) / (1.0 - self.rate)


class WindowAttention(nn.Module):
    """Self attention inside W x W windows with cosine similarity.

        logits = cos(q, k) * exp(min(logit_scale, ln 100)) + 16 * sigmoid(mlp(offset))

    Offsets between two positions enter log-spaced and in units of the window that a pretrained
    model used, so that weights carry over between window sizes.

    Args:
        dim: Channels, a multiple of `heads`.
        window: Positions per side, W.
        heads: Attention heads.
        pretrained_window: Side of the window that counts as offset 8 in the logarithm's input.
    """

    relative_coords_table: Tensor
    relative_position_index: Tensor

    def __init__(self, dim: int, window: int, heads: int, pretrained_window: int) -> None:
        super().__init__()
        self.heads = heads
        self.window = window
        self.logit_scale = nn.Parameter(torch.full((heads, 1, 1), math.log(10.0)))
        self.cpb_mlp = nn.Sequential(
            nn.Linear(2, _OFFSET_MLP_WIDTH), nn.ReLU(), nn.Linear(_OFFSET_MLP_WIDTH, heads, bias=False)
        )
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        # Keys have no bias: with cosine similarity and a softmax over keys it would add little but noise.
        self.q_bias = nn.Parameter(torch.zeros(dim))
        self.v_bias = nn.Parameter(torch.zeros(dim))
        self.proj = nn.Linear(dim, dim)
        self.register_buffer("relative_coords_table", _offset_table(window, pretrained_window))
        self.register_buffer("relative_position_index", _offset_index(window))

    def position_bias(self) -> Tensor:
        """Return the bias of every pair of positions in a window, (heads, W*W, W*W)."""
        table = self.cpb_mlp(self.relative_coords_table).reshape(-1, self.heads)
        pairs = table[self.relative_position_index.reshape(-1)]
        n = self.window * self.window
        return 16.0 * torch.sigmoid(pairs.reshape(n, n, self.heads).permute(2, 0, 1))

    def forward(self, windows: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend within each window.

        Args:
            windows: (B * M, W*W, dim), the M windows of a sample one after another.
            mask: (M, W*W, W*W), added to the logits; None: nothing is masked.

        Returns:
            (B * M, W*W, dim).
        """
        count, n, dim = windows.shape
        bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        qkv = F.linear(windows, self.qkv.weight, bias)
        q, k, v = qkv.reshape(count, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)  # each (B*M, heads, n, d)
        scale = self.logit_scale.clamp(max=_MAX_LOGIT_SCALE).exp()
        logits = self.position_bias()
        if mask is not None:
            m = mask.shape[0]
            logits = (logits + mask[:, None]).reshape(1, m * self.heads, n, n)
            q, k, v = (t.reshape(count // m, m * self.heads, n, -1) for t in (q, k, v))
        if torch.is_grad_enabled() and v.dtype == torch.bfloat16:
            attended = _trainable_attention(q, k, v, scale, logits)
        else:
            scale = scale if mask is None else scale.repeat(mask.shape[0], 1, 1)
            q = (F.normalize(q, dim=-1) * scale).to(v.dtype)
            k = F.normalize(k, dim=-1).to(v.dtype)
            attended = F.scaled_dot_product_attention(q, k, v, attn_mask=logits.to(v.dtype), scale=1.0)
        attended = attended.reshape(count, self.heads, n, -1).transpose(1, 2).reshape(count, n, dim)
        projected: Tensor = self.proj(attended)
        return projected


def _trainable_attention(q: Tensor, k: Tensor, v: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Cosine attention of half-precision queries and keys, with a bias that learns.

    The fused attention has no gradient for its mask on CPUs and falls back to a path that guards against rows
    without any key; and normalising in single precision copies everything twice. Both cost more than the
    products themselves. Here the lengths scale the products instead of the factors.

    Args:
        q: (B, M * heads, n, d), as are k and v.
        k: Keys.
        v: Values.
        scale: (heads, 1, 1).
        bias: (heads, n, n) or (1, M * heads, n, n).

    Returns:
        (B, M * heads, n, d).
    """
    scale = scale.to(q.dtype).repeat(q.shape[1] // len(scale), 1, 1)
    q_length = (q * q).sum(dim=-1, keepdim=True).clamp_min(1e-6).rsqrt()  # (B, heads, n, 1)
    k_length = (k * k).sum(dim=-1, keepdim=True).clamp_min(1e-6).rsqrt()
    logits = (q * (q_length * scale)) @ (k * k_length).transpose(-2, -1) + bias.to(q.dtype)
    with torch.autocast(q.device.type, enabled=False):  # which would copy them to single precision and back
        weights = logits.softmax(dim=-1)
    return weights @ v


class Mlp(nn.Module):
    """Two linear layers with an exact GELU between, `dim` -> `hidden` -> `dim`."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., dim) to (..., dim)."""
        y: Tensor = self.fc2(F.gelu(self.fc1(x)))
        return y


class SwinBlock(nn.Module):
    """Window attention and an MLP, each normalised after it and added to its input.

    Args:
        dim: Channels.
        grid: Tokens per side, G; a multiple of `window`.
        heads: Attention heads.
        window: Side of the windows.
        shift: By how many tokens the windows are moved to the lower right; 0: not.
        pretrained_window: See `WindowAttention`.
        drop_path: See `DropPath`.
    """

    attn_mask: Tensor | None

    def __init__(
        self,
        dim: int,
        grid: int,
        heads: int,
        window: int,
        shift: int,
        pretrained_window: int,
        drop_path: float,
    ) -> None:
        super().__init__()
        self.grid = grid
        self.window = window
        self.shift = shift
        self.norm1 = nn.LayerNorm(dim)
        self.attn = WindowAttention(dim, window, heads, pretrained_window)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, 4 * dim)
        self.drop_path = DropPath(drop_path)
        self.register_buffer("attn_mask", _shift_mask(grid, window, shift) if shift else None)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (B, G*G, dim) to the same shape."""
        tokens = tokens + self.drop_path(self.norm1(self._attend(tokens)))
        mixed: Tensor = tokens + self.drop_path(self.norm2(self.mlp(tokens)))
        return mixed

    def _attend(self, tokens: Tensor) -> Tensor:
        b, n, dim = tokens.shape
        g, w, per_side = self.grid, self.window, self.grid // self.window
        image = tokens.reshape(b, g, g, dim)
        if self.shift:
            image = torch.roll(image, (-self.shift, -self.shift), dims=(1, 2))
        windows = image.reshape(b, per_side, w, per_side, w, dim).transpose(2, 3).reshape(-1, w * w, dim)
        windows = self.attn(windows, self.attn_mask)
        image = windows.reshape(b, per_side, per_side, w, w, dim).transpose(2, 3).reshape(b, g, g, dim)
        if self.shift:
            image = torch.roll(image, (self.shift, self.shift), dims=(1, 2))
        return image.reshape(b, n, dim)


class PatchMerging(nn.Module):
    """Join each 2 x 2 cell of tokens into one of twice the width.

    Args:
        dim: Channels in; out are 2 * dim.
        grid: Tokens per side of the input, even.
    """

    def __init__(self, dim: int, grid: int) -> None:
        super().__init__()
        self.grid = grid
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)
        self.norm = nn.LayerNorm(2 * dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (B, G*G, dim) to (B, G*G/4, 2*dim)."""
        b, _, dim = tokens.shape
        half = self.grid // 2
        cells = tokens.reshape(b, half, 2, half, 2, dim)
        # Down before right: the released weights expect the cell's pixels column by column.
        joined = cells.permute(0, 1, 3, 4, 2, 5).reshape(b, half * half, 4 * dim)
        merged: Tensor = self.norm(self.reduction(joined))
        return merged


class SwinStage(nn.Module):
    """Blocks at one resolution, then (but for the last stage) a merge to the next."""

    def __init__(
        self,
        dim: int,
        grid: int,
        heads: int,
        window: int,
        pretrained_window: int,
        drop_paths: list[float],
        merge: bool,
    ) -> None:
        super().__init__()
        # One window over the whole grid has nothing to shift.
        shift = window // 2 if grid > window else 0
        self.blocks = nn.ModuleList(
            SwinBlock(dim, grid, heads, window, shift * (k % 2), pretrained_window, rate)
            for k, rate in enumerate(drop_paths)
        )
        self.downsample = PatchMerging(dim, grid) if merge else None

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (B, G*G, dim) to the next stage's input."""
        for block in self.blocks:
            tokens = block(tokens)
        return tokens if self.downsample is None else self.downsample(tokens)


class PatchEmbedding(nn.Module):
    """Cut the picture into square patches and normalise one token for each."""

    def __init__(self, dim: int, patch_size: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch_size, stride=patch_size)
        self.norm = nn.LayerNorm(dim)

    def forward(self, photo: Tensor) -> Tensor:
        """Map (B, 3, R, R) to (B, (R / patch)**2, dim), row by row."""
        tokens: Tensor = self.norm(self.proj(photo).flatten(2).transpose(1, 2))
        return tokens


class ConvolutionStem(nn.Module):
    """Halve the picture with 3 x 3 convolutions until one pixel is one token, then normalise the tokens.

    Xiao et al. 2021, "Early Convolutions Help Transformers See Better" (arXiv 2106.14881): the transformer
    trains faster and with less care, and edges need not be learnt once for each place in a patch.

    Args:
        dim: Width of a token.
        patch_size: Pixels per side of a token, a power of two, at least 2.
    """

    def __init__(self, dim: int, patch_size: int) -> None:
        super().__init__()
        halvings = patch_size.bit_length() - 1
        widths = [3, *(max(dim >> (halvings - 1 - k), 16) for k in range(halvings - 1)), dim]
        self.layers = nn.ModuleList(
            nn.Conv2d(into, out, 3, stride=2, padding=1) for into, out in itertools.pairwise(widths)
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, photo: Tensor) -> Tensor:
        """Map (B, 3, R, R) to (B, (R / patch)**2, dim), row by row."""
        x = photo
        for index, layer in enumerate(self.layers):
            x = layer(x if index == 0 else F.gelu(x))
        tokens: Tensor = self.norm(x.flatten(2).transpose(1, 2))
        return tokens


class SwinPyramid(nn.Module):
    """Four Swin V2 stages, each at half the resolution and twice the width of the one before.

    Args:
        image_size: Side of the picture, R.
        patch_size: Side of a first-stage token in pixels.
        embed_dim: Width D of the first stage.
        depths: Blocks per stage.
        heads: Attention heads per stage.
        windows: Window sides per stage; each divides the stage's grid.
        pretrained_windows: See `WindowAttention`.
        drop_path: Rate of the last block; it grows linearly from zero at the first.
        stem: `patch` or `convolution`, what makes tokens of pixels.
    """

    def __init__(
        self,
        image_size: int,
        patch_size: int,
        embed_dim: int,
        depths: tuple[int, int, int, int],
        heads: tuple[int, int, int, int],
        windows: tuple[int, int, int, int],
        pretrained_windows: tuple[int, int, int, int],
        drop_path: float,
        stem: EncoderStem = "patch",
    ) -> None:
        super().__init__()
        grid = image_size // patch_size
        self.grids = tuple(grid >> s for s in range(4))
        rates = torch.linspace(0.0, drop_path, sum(depths)).tolist()
        embedding = PatchEmbedding if stem == "patch" else ConvolutionStem
        self.patch_embed = embedding(embed_dim, patch_size)
        self.layers = nn.ModuleList()
        for s in range(4):
            first = sum(depths[:s])
            self.layers.append(
                SwinStage(
                    dim=embed_dim << s,
                    grid=self.grids[s],
                    heads=heads[s],
                    window=windows[s],
                    pretrained_window=pretrained_windows[s],
                    drop_paths=rates[first : first + depths[s]],
                    merge=s < 3,
                )
            )
        self.norm = nn.LayerNorm(embed_dim << 3)
        self.apply(_initialise)

    def forward(self, photo: Tensor) -> Pyramid:
        """Encode photos (B, 3, R, R) in [-1, 1]."""
        tokens = self.patch_embed(photo)
        inputs = []
        for stage in self.layers:
            inputs.append(tokens)
            tokens = stage(tokens)
        return Pyramid((inputs[0], inputs[1], inputs[2], inputs[3]), self.norm(tokens))


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, SwinBlock):
        # Each branch starts small, so that a fresh block is nearly the identity (section 3.2 starts at zero).
        nn.init.constant_(module.norm1.weight, 0.1)
        nn.init.constant_(module.norm2.weight, 0.1)


def _offset_table(window: int, pretrained_window: int) -> Tensor:
    """Log-spaced offsets (1, 2W-1, 2W-1, 2), row first, of every pair of positions."""
    offset = torch.arange(1 - window, window, dtype=torch.float32) * 8.0 / (pretrained_window - 1)
    spaced = offset.sign() * torch.log2(offset.abs() + 1.0) / 3.0
    return torch.stack(torch.meshgrid(spaced, spaced, indexing="ij"), dim=-1)[None]


def _offset_index(window: int) -> Tensor:
    """Where in the flattened table the offset from position j to i stands, (W*W, W*W) int64."""
    rows, columns = (t.reshape(-1) for t in torch.meshgrid(*[torch.arange(window)] * 2, indexing="ij"))
    down = rows[:, None] - rows[None] + window - 1
    right = columns[:, None] - columns[None] + window - 1
    return down * (2 * window - 1) + right


def _shift_mask(grid: int, window: int, shift: int) -> Tensor:
    """Keep tokens apart that only the cyclic roll made neighbours: (windows, W*W, W*W), 0 or -100."""
    position = torch.arange(grid)
    band = (position >= grid - window).long() + (position >= grid - shift).long()
    region = 3 * band[:, None] + band[None]
    per_side = grid // window
    region = region.reshape(per_side, window, per_side, window).transpose(1, 2).reshape(-1, window * window)
    apart = region[:, :, None] != region[:, None]
    return torch.where(apart, -100.0, 0.0)
