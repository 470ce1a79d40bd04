"""DnCNN (Zhang et al., "Beyond a Gaussian Denoiser: Residual Learning of Deep CNN for Image Denoising", TIP 2017)."""

from __future__ import annotations

from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, conv3, zero_last


class DnCNN(Restorer):
    """`layers` 3x3 convolutions of `channels` at full resolution, whose output is added to the input.

    Without the paper's batch norm: it is folded away at inference, and hinders with few crops a batch.
    Shapes: float N x 3 x H x W in 0..1 (RGB) -> the same, not clipped.
    """

    multiple_of = 1
    scale = 1

    def __init__(self, channels: int = 64, layers: int = 17) -> None:
        super().__init__()
        if layers < 3:
            raise ValueError(f"layers is 3 or more, got {layers}")
        stack: list[nn.Module] = [conv3(3, channels), nn.ReLU()]
        for _ in range(layers - 2):
            stack += [conv3(channels, channels), nn.ReLU()]
        self.stack = nn.Sequential(*stack, zero_last(conv3(channels, 3)))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.stack(x - 0.5)
