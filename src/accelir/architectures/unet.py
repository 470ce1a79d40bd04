"""U-Net as Palloni's master's thesis (Florence, 2022) trains it for compressed video, beside SRUNet.

The shape is that of Ronneberger et al. ("U-Net", MICCAI 2015): four levels, each half as large as the one above.
"""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, Upsample, conv1, conv3, zero_last


def row(inputs: int, outputs: int, layers: int) -> nn.Sequential:
    """`layers` 3x3 convolutions, each with a ReLU."""
    sizes = [inputs, *[outputs] * layers]
    return nn.Sequential(*(layer for a, b in itertools.pairwise(sizes) for layer in (conv3(a, b), nn.ReLU())))


class UShape(Restorer):
    """Down by maxima, up bilinearly beside what came down; a 1x1 convolution, pixel shuffle, a bilinear base.

    widths: channels of each level, the finest first. down, up: layers of each level on the way down, and of all but the
    coarsest on the way up.
    Shapes: float N x 3 x H x W in 0..1 (RGB), H and W multiples of 8 -> float N x 3 x sH x sW, not clipped.
    """

    multiple_of = 8

    def __init__(self, scale: int, widths: tuple[int, ...], down: tuple[int, ...], up: tuple[int, ...]) -> None:
        super().__init__()
        self.scale = scale
        self.down = nn.ModuleList(row(a, b, n) for a, b, n in zip((3, *widths[:-1]), widths, down, strict=True))
        self.up = nn.ModuleList(row(a + b, a, n) for (a, b), n in zip(itertools.pairwise(widths), up, strict=True))
        self.tail = zero_last(conv1(widths[0], 3 * scale * scale))
        self.shuffle = nn.PixelShuffle(scale)
        self.base = Upsample(scale, "bilinear")

    def forward(self, x: Tensor) -> Tensor:
        levels = [self.down[0](x - 0.5)]
        for level in self.down[1:]:
            levels.append(level(F.max_pool2d(levels[-1], 2)))
        features = levels.pop()
        for level, skip in zip(reversed(self.up), reversed(levels), strict=True):
            larger = F.interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)
            features = level(torch.cat([larger, skip], dim=1))
        return self.base(x) + self.shuffle(self.tail(features))


class UNet(UShape):
    """Two layers a level, of `channels`, 2, 4 and 8 times that.

    With 64 channels and x4 it has 7,785,968 weights, as many as the code published with the thesis, which prints no
    number itself.
    """

    def __init__(self, scale: int = 4, channels: int = 64) -> None:
        super().__init__(scale, (channels, 2 * channels, 4 * channels, 8 * channels), (2, 2, 2, 2), (2, 2, 2))
