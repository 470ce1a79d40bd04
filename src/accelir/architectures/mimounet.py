"""MIMO-UNet (Cho et al., "Rethinking Coarse-to-Fine Approach in Single Image Deblurring", ICCV 2021)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, conv1, conv3, repeat, zero_last
from accelir.architectures.edsr import ResidualBlock


def half(x: Tensor) -> Tensor:
    """Every other pixel."""
    return x[:, :, ::2, ::2]


class ShallowFeatures(nn.Module):
    """SCM: features of the shrunk input picture, for a coarser level of the encoder."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        quarter, rest = channels // 4, channels // 2
        self.body = nn.Sequential(
            conv3(3, quarter),
            nn.ReLU(),
            conv1(quarter, rest),
            nn.ReLU(),
            conv3(rest, rest),
            nn.ReLU(),
            conv1(rest, channels - 3),
            nn.ReLU(),
        )
        self.join = conv1(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.join(torch.cat([x, self.body(x)], dim=1))


class Attend(nn.Module):
    """FAM: the encoder's features, corrected by their product with the shrunk picture's."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.merge = conv3(channels, channels)

    def forward(self, features: Tensor, shallow: Tensor) -> Tensor:
        return features + self.merge(features * shallow)


class Fuse(nn.Module):
    """AFF: the features of all levels, brought to one size, for a skip connection."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv1(inputs, channels), nn.ReLU(), conv3(channels, channels))

    def forward(self, *levels: Tensor) -> Tensor:
        return self.body(torch.cat(levels, dim=1))


class MIMOUNet(Restorer):
    """Three levels of `channels`, 2 and 4 times that, `blocks` residual blocks each way.

    Gives the finest of the paper's three outputs, and is trained on that one alone.
    Shapes: float N x 3 x H x W in 0..1 (RGB), H and W multiples of 4 -> the same, not clipped. `channels`: even,
    as a coarser level's shallow features begin with half as many.
    """

    multiple_of = 4
    scale = 1

    def __init__(self, channels: int = 32, blocks: int = 8) -> None:
        super().__init__()
        if channels % 2:
            raise ValueError(f"channels must be even, got {channels}")
        c1, c2, c3 = channels, 2 * channels, 4 * channels

        def row(c: int) -> nn.Sequential:
            return nn.Sequential(*(ResidualBlock(c) for _ in range(blocks)))

        self.head = nn.Sequential(conv3(3, c1), nn.ReLU())
        self.encode1, self.encode2, self.encode3 = row(c1), row(c2), row(c3)
        self.down1 = nn.Sequential(nn.Conv2d(c1, c2, 3, stride=2, padding=1), nn.ReLU())
        self.down2 = nn.Sequential(nn.Conv2d(c2, c3, 3, stride=2, padding=1), nn.ReLU())
        self.shallow2, self.shallow3 = ShallowFeatures(c2), ShallowFeatures(c3)
        self.attend2, self.attend3 = Attend(c2), Attend(c3)
        self.fuse1, self.fuse2 = Fuse(c1 + c2 + c3, c1), Fuse(c1 + c2 + c3, c2)
        self.up3 = nn.Sequential(nn.ConvTranspose2d(c3, c2, 4, stride=2, padding=1), nn.ReLU())
        self.up2 = nn.Sequential(nn.ConvTranspose2d(c2, c1, 4, stride=2, padding=1), nn.ReLU())
        self.decode3, self.decode2, self.decode1 = row(c3), row(c2), row(c1)
        self.join2 = nn.Sequential(conv1(2 * c2, c2), nn.ReLU())
        self.join1 = nn.Sequential(conv1(2 * c1, c1), nn.ReLU())
        self.tail = zero_last(conv3(c1, 3))

    def forward(self, x: Tensor) -> Tensor:
        x1 = x - 0.5
        x2 = half(x1)
        z1 = self.encode1(self.head(x1))
        z2 = self.encode2(self.attend2(self.down1(z1), self.shallow2(x2)))
        z3 = self.encode3(self.attend3(self.down2(z2), self.shallow3(half(x2))))
        skip1 = self.fuse1(z1, repeat(z2, 2), repeat(z3, 4))
        skip2 = self.fuse2(half(z1), z2, repeat(z3, 2))
        z = self.up3(self.decode3(z3))
        z = self.up2(self.decode2(self.join2(torch.cat([z, skip2], dim=1))))
        return x + self.tail(self.decode1(self.join1(torch.cat([z, skip1], dim=1))))
