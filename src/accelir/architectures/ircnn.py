"""IRCNN (Zhang et al., "Learning Deep CNN Denoiser Prior for Image Restoration", CVPR 2017): dilated convolutions."""

from __future__ import annotations

from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, conv3, zero_last

DILATIONS = (1, 2, 3, 4, 3, 2, 1)


class IRCNN(Restorer):
    """Seven 3x3 convolutions of `channels` with dilations 1, 2, 3, 4, 3, 2, 1, whose output is added to the input.

    Without the paper's batch norm, which is folded away at inference.
    Shapes: float N x 3 x H x W in 0..1 (RGB) -> the same, not clipped.
    """

    multiple_of = 1
    scale = 1

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        sizes = [3, *[channels] * (len(DILATIONS) - 1), 3]
        convs = [conv3(a, b, dilation=d) for a, b, d in zip(sizes, sizes[1:], DILATIONS, strict=False)]
        zero_last(convs[-1])
        layers = [layer for conv in convs for layer in (conv, nn.ReLU())]
        self.stack = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return x + self.stack(x - 0.5)
