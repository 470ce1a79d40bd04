"""CARN (Ahn et al., "Fast, Accurate, and Lightweight Super-Resolution with Cascading Residual Network", ECCV 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, Upsample, conv1, conv3, shuffle_up, zero_last


class EfficientBlock(nn.Module):
    """Two grouped 3x3 convolutions and a 1x1 one, added to their input, ReLU."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv3(channels, channels, groups),
            nn.ReLU(),
            conv3(channels, channels, groups),
            nn.ReLU(),
            conv1(channels, channels),
        )
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(x + self.body(x))


class Cascade(nn.Module):
    """Three blocks; after each, a 1x1 convolution joins everything so far."""

    def __init__(self, blocks: list[nn.Module], channels: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.joins = nn.ModuleList(
            nn.Sequential(conv1(channels * (i + 2), channels), nn.ReLU()) for i in range(len(blocks))
        )

    def forward(self, x: Tensor) -> Tensor:
        gathered = x
        for block, join in zip(self.blocks, self.joins, strict=True):
            gathered = torch.cat([gathered, block(x)], dim=1)
            x = join(gathered)
        return x


class CARN(Restorer):
    """A cascade of three cascades of three blocks; `groups=4` is the paper's mobile CARN-M, `groups=1` near its CARN.

    Unlike the paper's, the output is a correction of a bicubic base, and the three blocks of a cascade do not share
    their weights, as CARN-M's do to save memory, not work. `channels` is a multiple of `groups`.
    Shapes: float N x 3 x H x W in 0..1 (RGB) -> float N x 3 x sH x sW, not clipped.
    """

    multiple_of = 1

    def __init__(self, scale: int = 4, channels: int = 64, groups: int = 4) -> None:
        super().__init__()
        if channels % groups:
            raise ValueError(f"channels must be a multiple of groups, got {channels} and {groups}")
        self.scale = scale
        self.base = Upsample(scale)
        self.head = conv3(3, channels)
        inner = [Cascade([EfficientBlock(channels, groups) for _ in range(3)], channels) for _ in range(3)]
        self.body = Cascade(list(inner), channels)
        self.up = shuffle_up(channels, scale, groups, act=True)
        self.tail = zero_last(conv3(channels, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + self.tail(self.up(self.body(self.head(x - 0.5))))
