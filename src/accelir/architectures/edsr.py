"""EDSR (Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPRW 2017)."""

from __future__ import annotations

from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, Upsample, conv3, shuffle_up, zero_last


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a ReLU between, added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv3(channels, channels), nn.ReLU(), zero_last(conv3(channels, channels)))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class EDSR(Restorer):
    """`blocks` residual blocks of `channels` without batch norm; enlargement at the end.

    Unlike the paper's, the output is a correction of a bicubic base, which trains in fewer steps.
    Shapes: float N x 3 x H x W in 0..1 (RGB) -> float N x 3 x sH x sW, not clipped.
    """

    multiple_of = 1

    def __init__(self, scale: int = 4, channels: int = 64, blocks: int = 8) -> None:
        super().__init__()
        self.scale = scale
        self.base = Upsample(scale)
        self.head = conv3(3, channels)
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(blocks)), conv3(channels, channels))
        self.up = shuffle_up(channels, scale)
        self.tail = zero_last(conv3(channels, 3))

    def forward(self, x: Tensor) -> Tensor:
        features = self.head(x - 0.5)
        return self.base(x) + self.tail(self.up(features + self.body(features)))
