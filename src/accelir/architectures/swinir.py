"""SwinIR, lightweight (Liang et al., "SwinIR: Image Restoration Using Swin Transformer", ICCVW 2021)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, Upsample, conv3, zero_last

WINDOW = 8


def windows(x: Tensor) -> Tensor:
    """N x H x W x C -> (N H/8 W/8) x 64 x C."""
    n, height, width, channels = x.shape
    x = x.reshape(n, height // WINDOW, WINDOW, width // WINDOW, WINDOW, channels)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, WINDOW * WINDOW, channels)


def unwindows(x: Tensor, height: int, width: int) -> Tensor:
    """(N H/8 W/8) x 64 x C -> N x H x W x C."""
    channels = x.shape[-1]
    x = x.reshape(-1, height // WINDOW, width // WINDOW, WINDOW, WINDOW, channels)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, height, width, channels)


def shift_mask(height: int, width: int, shift: int, like: Tensor) -> Tensor:
    """(H/8 W/8) x 1 x 64 x 64: -100 between pixels that only the cyclic shift brought into one window, else 0."""

    def region(length: int) -> Tensor:
        place = torch.arange(length, device=like.device)
        return (place >= length - WINDOW).to(like.dtype) + (place >= length - shift).to(like.dtype)

    regions = windows((3.0 * region(height)[:, None] + region(width)[None, :])[None, :, :, None])[..., 0]
    return -100.0 * (regions[:, None, :, None] != regions[:, None, None, :]).to(like.dtype)


class WindowAttention(nn.Module):
    """Self-attention inside windows of 8x8, with a learnt bias for every offset between two pixels."""

    offset: Tensor

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.bias = nn.Parameter(torch.zeros(heads, (2 * WINDOW - 1) ** 2))
        nn.init.trunc_normal_(self.bias, std=0.02)
        y, x = torch.arange(WINDOW * WINDOW) // WINDOW, torch.arange(WINDOW * WINDOW) % WINDOW
        dy, dx = (place[:, None] - place[None, :] + WINDOW - 1 for place in (y, x))
        self.register_buffer("offset", (dy * (2 * WINDOW - 1) + dx).flatten(), persistent=False)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        count, pixels, channels = x.shape
        depth = channels // self.heads
        q, k, v = self.qkv(x).reshape(count, pixels, 3, self.heads, depth).permute(2, 0, 3, 1, 4).unbind(0)
        scores = (q * depth**-0.5) @ k.transpose(-2, -1) + self.bias[:, self.offset].view(self.heads, pixels, pixels)
        if mask is not None:
            per_picture = mask.shape[0]
            scores = scores.reshape(-1, per_picture, self.heads, pixels, pixels) + mask
            scores = scores.reshape(count, self.heads, pixels, pixels)
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(count, pixels, channels))


class SwinLayer(nn.Module):
    """Attention in windows, shifted by half of one in every other layer, and a two-layer perceptron."""

    def __init__(self, channels: int, heads: int, shift: int) -> None:
        super().__init__()
        self.shift = shift
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.attention = WindowAttention(channels, heads)
        self.mlp = nn.Sequential(nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        _, height, width, _ = x.shape
        y, mask = self.norm1(x), None
        if self.shift:
            y = y.roll((-self.shift, -self.shift), (1, 2))
            mask = shift_mask(height, width, self.shift, y)
        y = unwindows(self.attention(windows(y), mask), height, width)
        if self.shift:
            y = y.roll((self.shift, self.shift), (1, 2))
        x = x + y
        return x + self.mlp(self.norm2(x))


class SwinGroup(nn.Module):
    """Some layers and a 3x3 convolution, added to their input."""

    def __init__(self, channels: int, heads: int, layers: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(SwinLayer(channels, heads, WINDOW // 2 * (i % 2)) for i in range(layers)))
        self.conv = conv3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(self.layers(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))


class SwinIR(Restorer):
    """`groups` groups of `layers` transformer layers of `channels` (a multiple of `heads`); direct pixel shuffle.

    Unlike the paper's, the output is a correction of a bicubic base.
    Shapes: float N x 3 x H x W in 0..1 (RGB), H and W multiples of 8 -> float N x 3 x sH x sW, not clipped.
    """

    multiple_of = WINDOW

    def __init__(self, scale: int = 4, channels: int = 60, groups: int = 4, layers: int = 6, heads: int = 6) -> None:
        super().__init__()
        if channels % heads:
            raise ValueError(f"channels must be a multiple of heads, got {channels} and {heads}")
        self.scale = scale
        self.base = Upsample(scale)
        self.head = conv3(3, channels)
        self.groups = nn.Sequential(*(SwinGroup(channels, heads, layers) for _ in range(groups)))
        self.norm = nn.LayerNorm(channels)
        self.last = conv3(channels, channels)
        self.tail = zero_last(conv3(channels, 3 * scale * scale))
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, x: Tensor) -> Tensor:
        features = self.head(x - 0.5)
        deep = self.norm(self.groups(features).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.base(x) + self.shuffle(self.tail(self.last(deep) + features))
