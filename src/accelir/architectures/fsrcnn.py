"""FSRCNN (Dong et al., "Accelerating the Super-Resolution Convolutional Neural Network", ECCV 2016)."""

from __future__ import annotations

from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, Upsample, conv1, conv3, he, zero_last


class FSRCNN(Restorer):
    """Feature extraction 5x5, shrinking 1x1, `mapping` 3x3 layers, expanding 1x1, enlargement.

    Unlike the paper's it works on RGB and corrects a bicubic base, and its 9x9 transposed convolution is
    written as the convolution and pixel shuffle that it equals (3x3 taps per phase).
    Shapes: float N x 3 x H x W in 0..1 (RGB) -> float N x 3 x sH x sW, not clipped.
    """

    multiple_of = 1

    def __init__(self, scale: int = 4, channels: int = 56, narrow: int = 12, mapping: int = 4) -> None:
        super().__init__()
        self.scale = scale
        self.base = Upsample(scale)
        layers: list[nn.Module] = [he(nn.Conv2d(3, channels, 5, padding=2)), nn.PReLU(channels)]
        layers += [conv1(channels, narrow), nn.PReLU(narrow)]
        for _ in range(mapping):
            layers += [conv3(narrow, narrow), nn.PReLU(narrow)]
        layers += [conv1(narrow, channels), nn.PReLU(channels)]
        self.body = nn.Sequential(*layers)
        self.tail = zero_last(conv3(channels, 3 * scale * scale))
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + self.shuffle(self.tail(self.body(x - 0.5)))
