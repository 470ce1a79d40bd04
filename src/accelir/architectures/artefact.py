"""A small remover of coding artefacts, and with other training of noise or blur: picture in, picture of the same size
out.

Its shape is FFDNet's (Zhang et al., TIP 2018), a plain stack of 3x3 layers on pixel-unshuffled input, which at a given
number of multiplications allows four times the weights of a stack at full resolution; its layers are ARSR's.
"""

from __future__ import annotations

from torch import Tensor, nn

from accelir.architectures.blocks import CollapsibleConv, Restorer, zero_last


class ArtefactNet(Restorer):
    """Pixel unshuffle by 2, `layers` 3x3 layers of `channels`, pixel shuffle, added to the input.

    Shapes: float N x 3 x H x W in 0..1 (RGB), H and W even -> float N x 3 x H x W, not clipped.
    """

    multiple_of = 2
    scale = 1

    def __init__(self, channels: int = 32, layers: int = 5, expansion: int = 128) -> None:
        super().__init__()
        self.unshuffle = nn.PixelUnshuffle(2)
        stack: list[nn.Module] = [CollapsibleConv(12, channels, 3, expansion), nn.ReLU()]
        for _ in range(layers):
            stack += [CollapsibleConv(channels, channels, 3, expansion, residual=True), nn.ReLU()]
        stack.append(zero_last(CollapsibleConv(channels, 12, 3, expansion)))
        self.stack = nn.Sequential(*stack)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.shuffle(self.stack(self.unshuffle(x - 0.5)))
