"""F2SRGAN's generator (Nguyen et al., "F2SRGAN: A Lightweight Approach Boosting Perceptual Quality in Single Image
Super-Resolution via a Revised Fast Fourier Convolution", IEEE Access 11, 2023).

Vu et al. make it light ("Investigation into Perceptual-Aware Optimization for Single-Image Super-Resolution in Embedded
Systems", Electronics 12(11), 2023).

Its Fourier unit multiplies the half spectrum of a picture by one complex matrix over channels, R + iJ, the same at all
frequencies. R is then a plain 1x1 convolution of the picture. i times a half spectrum is that of the rows' Hilbert
transform (columns go there and back), of which J is a 1x1 convolution. Of rows of a fixed length that transform is a
product with a fixed matrix: exact, and no FFT is asked of ONNX runtime.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, Upsample, conv1, he, zero_last

RESIDUAL = 0.1
"""Share of a block's output that is added to its input."""


def hilbert(length: int) -> Tensor:
    """float32 length x length, H: `rows @ H` is irfft(1j * rfft(rows))."""
    spectrum = 1j * torch.fft.rfft(torch.eye(length, dtype=torch.float64))
    return torch.fft.irfft(spectrum, n=length).float()


def separable(inputs: int, outputs: int, kernel: int = 3, mode: Literal["zeros", "reflect"] = "zeros") -> nn.Sequential:
    """A convolution of each channel by itself, and a 1x1 one. Without a bias in the first where `kernel` is 1."""
    padding, bias = kernel // 2, kernel > 1
    depthwise = nn.Conv2d(inputs, inputs, kernel, padding=padding, groups=inputs, bias=bias, padding_mode=mode)
    return nn.Sequential(he(depthwise), conv1(inputs, outputs))


class FourierUnit(nn.Module):
    """irfft2(W rfft2(x)) of every `patch` x `patch` square, W complex over channels: see the top of this file.

    Shapes: float N x C x H x W, W a multiple of `patch` -> the same.
    """

    hilbert: Tensor

    def __init__(self, channels: int, patch: int) -> None:
        super().__init__()
        self.patch = patch
        self.real, self.imaginary = (nn.Conv2d(channels, channels, 1, bias=False) for _ in range(2))
        for conv in (self.real, self.imaginary):
            nn.init.normal_(conv.weight, std=0.02)
        self.register_buffer("hilbert", hilbert(patch), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        n, channels, height, width = x.shape
        rows = x.reshape(n, channels, height, width // self.patch, self.patch)
        turned = (rows @ self.hilbert).reshape(n, channels, height, width)
        return self.real(x) + self.imaginary(turned)


class SpectralTransform(nn.Module):
    """Half the channels, their Fourier unit, that of a quarter of them cut into quadrants, and all channels again."""

    def __init__(self, channels: int, patch: int) -> None:
        super().__init__()
        self.side = patch // 2
        inner = channels // 2
        self.quarter = inner // 4
        self.reduce = nn.Sequential(separable(channels, inner, 1), nn.ReLU())
        self.whole, self.local = FourierUnit(inner, patch), FourierUnit(inner, patch // 2)
        self.expand = separable(inner, channels, 1)

    def _quadrants(self, x: Tensor) -> Tensor:
        """The quadrants of every patch, side by side as channels: N x 4C x H/2 x W/2."""
        n, channels, height, width = x.shape
        side = self.side
        split = x.reshape(n, channels, height // (2 * side), 2, side, width // (2 * side), 2, side)
        return split.permute(0, 6, 3, 1, 2, 4, 5, 7).reshape(n, 4 * channels, height // 2, width // 2)

    def _repeated(self, x: Tensor) -> Tensor:
        """Every square of half a patch's side, 2 x 2 times."""
        n, channels, height, width = x.shape
        side = self.side
        split = x.reshape(n, channels, height // side, 1, side, width // side, 1, side)
        return torch.cat([torch.cat([split] * 2, dim=3)] * 2, dim=6).reshape(n, channels, 2 * height, 2 * width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduce(x)
        local = self._repeated(self.local(self._quadrants(x[:, : self.quarter])))
        return self.expand(x + self.whole(x) + local)


class FourierConv(nn.Module):
    """Half the channels see their neighbourhood, half whole patches; each hears of the other (Chi et al., 2020)."""

    def __init__(self, channels: int, patch: int) -> None:
        super().__init__()
        self.middle = half = channels // 2
        self.local, self.up, self.down = (separable(half, half, mode="reflect") for _ in range(3))
        self.spectral = SpectralTransform(half, patch)

    def forward(self, x: Tensor) -> Tensor:
        local, spectral = x[:, : self.middle], x[:, self.middle :]
        return torch.cat([self.local(local) + self.down(spectral), self.up(local) + self.spectral(spectral)], dim=1)


class FourierBlock(nn.Module):
    """A Fourier or separable convolution, PReLU, a separable one; a tenth of it is added to the input."""

    def __init__(self, channels: int, patch: int | None) -> None:
        super().__init__()
        first = separable(channels, channels) if patch is None else FourierConv(channels, patch)
        self.body = nn.Sequential(first, nn.PReLU(channels), separable(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        return x + RESIDUAL * self.body(x)


class F2SRGAN(Restorer):
    """`blocks` residual blocks of separable convolutions, Fourier convolutions in every other; enlargement at the end.

    `blocks=8, fourier=False` is the light one of Vu et al., separable convolutions alone; their published code runs two
    of its eight blocks three times and four never, here all run once. Fourier units see patches of `patch` x `patch`
    pixels, not whole pictures: results don't depend on a picture's size, and it can be tiled. The output is a
    correction of a bicubic base. With 64 channels and x4 it has 202,209 weights, the light one 113,121; the authors'
    published code has 202,233 and 113,145, of which 24 are fixed and take the mean colour away. The papers were not at
    hand.

    Shapes: float N x 3 x H x W in 0..1 (RGB), H and W multiples of `patch` -> float N x 3 x sH x sW, not clipped.
    `channels`: a multiple of 16. `patch`: even, 4 or more.
    """

    def __init__(
        self, scale: int = 4, channels: int = 64, blocks: int = 16, fourier: bool = True, patch: int = 16
    ) -> None:
        super().__init__()
        if channels % 16:
            raise ValueError(f"channels must be a multiple of 16, got {channels}")
        if patch < 4 or patch % 2:
            raise ValueError(f"patch must be even, 4 or more, got {patch}")
        self.scale = scale
        self.multiple_of = patch if fourier else 1
        self.base = Upsample(scale)
        self.head = separable(3, channels)
        self.body = nn.Sequential(
            *(FourierBlock(channels, patch if fourier and i % 2 == 0 else None) for i in range(blocks))
        )
        up: list[nn.Module] = []
        for factor in {2: (2,), 3: (3,), 4: (2, 2)}[scale]:
            up += [separable(channels, channels * factor**2), nn.PixelShuffle(factor), nn.PReLU(channels)]
        self.up = nn.Sequential(*up)
        self.tail = separable(channels, 3)
        zero_last(self.tail[1])

    def forward(self, x: Tensor) -> Tensor:
        features = self.head(x - 0.5)
        return self.base(x) + self.tail(self.up(self.body(features) + features))
