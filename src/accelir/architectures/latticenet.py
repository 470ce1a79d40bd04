"""LatticeNet (Luo et al., "LatticeNet: Towards Lightweight Image Super-Resolution with Lattice Block", ECCV 2020)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, Upsample, conv1, conv3, zero_last


class ChannelFactors(nn.Module):
    """One factor per channel, 0 to 1, from the mean and the deviation of that channel over the whole picture."""

    def __init__(self, channels: int, squeeze: int = 16) -> None:
        super().__init__()
        inner = max(1, channels // squeeze)
        self.from_mean, self.from_deviation = (
            nn.Sequential(conv1(channels, inner), nn.ReLU(), conv1(inner, channels), nn.Sigmoid()) for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean((2, 3), keepdim=True)
        deviation = ((x - mean).square().mean((2, 3), keepdim=True) + 1e-6).sqrt()
        return 0.5 * (self.from_mean(mean) + self.from_deviation(deviation))


class LatticeBlock(nn.Module):
    """Two butterflies, each crossing a signal with a filtered one by learnt factors; a 1x1 convolution joins."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.filters = nn.ModuleList(self._filter(channels) for _ in range(2))
        self.factors = nn.ModuleList(ChannelFactors(channels) for _ in range(4))
        self.join = conv1(2 * channels, channels)

    @staticmethod
    def _filter(channels: int) -> nn.Sequential:
        return nn.Sequential(
            conv3(channels, channels),
            nn.LeakyReLU(0.05),
            conv3(channels, channels),
            nn.LeakyReLU(0.05),
        )

    def forward(self, x: Tensor) -> Tensor:
        upper, lower = x, x
        for i, filter in enumerate(self.filters):
            filtered = filter(lower)
            upper, lower = (
                upper + self.factors[2 * i](filtered) * filtered,
                filtered + self.factors[2 * i + 1](upper) * upper,
            )
        return self.join(torch.cat([upper, lower], dim=1))


class LatticeNet(Restorer):
    """`blocks` lattice blocks in a row, their outputs fused from the last to the first.

    The factors look at the whole picture, so this network cannot be tiled (its halo is None). Unlike the paper's, it
    corrects a bicubic base.
    Shapes: float N x 3 x H x W in 0..1 (RGB) -> float N x 3 x sH x sW, not clipped.
    """

    multiple_of = 1

    def __init__(self, scale: int = 4, channels: int = 64, blocks: int = 4) -> None:
        super().__init__()
        self.scale = scale
        self.base = Upsample(scale)
        self.head = nn.Sequential(conv3(3, channels), conv3(channels, channels))
        self.blocks = nn.ModuleList(LatticeBlock(channels) for _ in range(blocks))
        self.fusions = nn.ModuleList(nn.Sequential(conv1(2 * channels, channels), nn.ReLU()) for _ in range(blocks - 1))
        self.last = conv3(channels, channels)
        self.tail = zero_last(conv3(channels, 3 * scale * scale))
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, x: Tensor) -> Tensor:
        features = self.head(x - 0.5)
        outputs = [features]
        for block in self.blocks:
            outputs.append(block(outputs[-1]))
        fused = outputs.pop()
        for fusion, output in zip(self.fusions, reversed(outputs), strict=False):
            fused = fusion(torch.cat([fused, output], dim=1))
        return self.base(x) + self.shuffle(self.tail(self.last(fused) + features))
