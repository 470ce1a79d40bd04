"""FFDNet (Zhang et al., "FFDNet: Toward a Fast and Flexible Solution for CNN based Image Denoising", TIP 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, conv3, zero_last


class FFDNet(Restorer):
    """`layers` 3x3 convolutions of `channels` on the input unshuffled by 2 beside a map of the noise level.

    The level is fixed when the network is made, `sigma` in 8-bit steps, so that a file takes one input like all others.
    Without batch norm, and added to the input, which the paper's is not.
    Shapes: float N x 3 x H x W in 0..1 (RGB), H and W even -> the same, not clipped.
    """

    multiple_of = 2
    scale = 1

    def __init__(self, channels: int = 96, layers: int = 12, sigma: float = 25.0) -> None:
        super().__init__()
        if layers < 3:
            raise ValueError(f"layers is 3 or more, got {layers}")
        self.sigma = sigma
        self.unshuffle, self.shuffle = nn.PixelUnshuffle(2), nn.PixelShuffle(2)
        stack: list[nn.Module] = [conv3(12 + 1, channels), nn.ReLU()]
        for _ in range(layers - 2):
            stack += [conv3(channels, channels), nn.ReLU()]
        self.stack = nn.Sequential(*stack, zero_last(conv3(channels, 12)))

    def forward(self, x: Tensor) -> Tensor:
        phases = self.unshuffle(x - 0.5)
        level = torch.full_like(phases[:, :1], self.sigma / 255.0)
        return x + self.shuffle(self.stack(torch.cat([phases, level], dim=1)))
