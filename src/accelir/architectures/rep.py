"""A plain stack of re-parameterised 3x3 layers: what a processor runs fastest for its multiplications.

Each layer is trained wide and collapsed to one 3x3 convolution before it runs (SESR, Bhardwaj et al., MLSys 2022;
RepVGG, Ding et al., CVPR 2021, is the same idea for classification).
"""

from __future__ import annotations

from torch import Tensor, nn

from accelir.architectures.blocks import CollapsibleConv, Restorer, Upsample, zero_last


class RepNet(Restorer):
    """One 3x3 layer to `channels`, `layers` 3x3 layers, a residual around them, depth to space, a bicubic base.

    Shapes: float N x 3 x H x W in 0..1 (RGB) -> float N x 3 x sH x sW, not clipped.
    """

    multiple_of = 1

    def __init__(self, scale: int = 4, layers: int = 13, channels: int = 32, expansion: int = 128) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Sequential(CollapsibleConv(3, channels, 3, expansion), nn.ReLU())
        body: list[nn.Module] = []
        for _ in range(layers):
            body += [CollapsibleConv(channels, channels, 3, expansion, residual=True), nn.ReLU()]
        self.body = nn.Sequential(*body)
        self.tail = zero_last(CollapsibleConv(channels, 3 * scale * scale, 3, expansion))
        self.shuffle = nn.PixelShuffle(scale)
        self.base = Upsample(scale)

    def forward(self, x: Tensor) -> Tensor:
        features = self.head(x - 0.5)
        features = self.body(features) + features
        return self.base(x) + self.shuffle(self.tail(features))
