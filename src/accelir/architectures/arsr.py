"""ARSR: a small super-resolution network whose every layer is trained wide and collapsed to 16 channels.

Paper: Ma et al. (Amazon), ARSR. The layers are those of SESR (Bhardwaj et al., MLSys 2022).
"""

from __future__ import annotations

from torch import Tensor, nn

from accelir.architectures.blocks import CollapsibleConv, Restorer, Upsample, zero_last

LUMA = (0.299, 0.587, 0.114)


class ARSR(Restorer):
    """Three feature layers (7x7, 5x5, 3x3), `layers` 3x3 layers, two residuals, depth to space.

    `color="y"` is the paper's: the network sees and corrects luma only and chroma is enlarged bilinearly.
    `color="rgb"` sees and corrects all three channels over a bicubic base, for 28 % more multiplications: JPEG keeps
    chroma at half size, so a corrected chroma is worth more after a codec than on clean pictures.
    `groups` splits the 3x3 layers of the body into so many groups of channels; which layers of the paper's grouped
    networks are split is not known here, nor their parameter counts.

    Shapes: float N x 3 x H x W in 0..1 (RGB) -> float N x 3 x sH x sW, not clipped.
    """

    multiple_of = 1

    def __init__(
        self,
        scale: int = 4,
        layers: int = 11,
        channels: int = 16,
        expansion: int = 256,
        color: str = "rgb",
        groups: int = 1,
    ) -> None:
        super().__init__()
        if color not in ("y", "rgb"):
            raise ValueError(f"color is 'y' or 'rgb', got {color!r}")
        self.scale = scale
        self.color = color
        planes = 1 if color == "y" else 3
        self.head = nn.Sequential(
            CollapsibleConv(planes, channels, 7, expansion),
            nn.ReLU(),
            CollapsibleConv(channels, channels, 5, expansion, residual=True),
            nn.ReLU(),
            CollapsibleConv(channels, channels, 3, expansion, residual=True),
            nn.ReLU(),
        )
        body: list[nn.Module] = []
        for _ in range(layers):
            body += [CollapsibleConv(channels, channels, 3, expansion, residual=True, groups=groups), nn.ReLU()]
        self.body = nn.Sequential(*body)
        self.tail = zero_last(CollapsibleConv(channels, planes * scale * scale, 3, expansion))
        self.shuffle = nn.PixelShuffle(scale)
        self.base = Upsample(scale, "bilinear" if color == "y" else "bicubic")

    def forward(self, x: Tensor) -> Tensor:
        seen = x if self.color == "rgb" else sum(w * x[:, i : i + 1] for i, w in enumerate(LUMA))
        features = self.head(seen - 0.5)
        features = self.body(features) + features
        # A luma correction is the same addition to R, G and B: chroma stays what the base made it.
        return self.base(x) + self.shuffle(self.tail(features))
