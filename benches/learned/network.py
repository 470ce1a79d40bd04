"""The autoencoder, and the two models that say how likely its integers are."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTHS = 64, 192
"""Channels at a quarter and at an eighth of the picture's side."""
LATENTS = 192
"""Channels at a sixteenth."""
SIDE = 16
"""Channels of the side information, at a thirty-second."""
MULTIPLE = 32
"""The network takes pictures whose sides are multiples of this."""
PARTS = 16
"""Means are multiples of 1 / PARTS and logarithms of scales of 2 / PARTS: noise of the arithmetic seldom shows."""
LOWEST, HIGHEST = -2.0, 4.5
"""Logarithms of scales stay within these."""


class HardShrinkage(torch.autograd.Function):
    """x where |x| is above the threshold, else 0.

    The step has no derivative; backwards it is a sigmoid, so that thresholds learn and no value stays lost.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, threshold: Tensor, sharpness: float) -> Tensor:
        ctx.save_for_backward(x, threshold)
        ctx.sharpness = sharpness
        return x * (x.abs() > threshold)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        x, threshold = ctx.saved_tensors
        gate = torch.sigmoid(ctx.sharpness * (x.abs() - threshold))
        slope = ctx.sharpness * gate * (1 - gate) * x
        return grad * (gate + slope * x.sign()), -(grad * slope).sum((0, 2, 3))[:, None, None], None


class Shrink(nn.Module):
    """Hard shrinkage with a learned threshold a channel.

    sharpness: of the sigmoid in the derivative.
    """

    def __init__(self, channels: int, start: float, sharpness: float) -> None:
        super().__init__()
        self.sharpness = sharpness
        self.threshold = nn.Parameter(torch.full((channels, 1, 1), start))

    def forward(self, x: Tensor) -> Tensor:
        return HardShrinkage.apply(x, self.threshold.abs().to(x.dtype), self.sharpness)


def between(channels: int) -> Shrink:
    """The activation between two layers."""
    return Shrink(channels, 0.005, 200.0)


def down(inner: int, outer: int, by: int = 2) -> nn.Conv2d:
    return nn.Conv2d(inner, outer, 2 * by + 1, by, by)


def up(inner: int, outer: int, by: int = 2) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inner, outer, 2 * by + 1, by, by, by - 1)


class Autoencoder(nn.Module):
    """Pictures (n, 3, h, w) of 0 to 1 to integers and back."""

    def __init__(self) -> None:
        super().__init__()
        a, b = WIDTHS
        self.analysis = nn.Sequential(down(3, a, 4), between(a), down(a, b), between(b), down(b, LATENTS))
        self.synthesis = nn.Sequential(up(LATENTS, b), between(b), up(b, a), between(a), up(a, 3, 4))
        self.shrink = Shrink(LATENTS, 0.62, 6.0)
        self.gain = nn.Parameter(torch.full((LATENTS, 1, 1), 2.0))
        self.usual = nn.Parameter(torch.zeros(LATENTS, 1, 1))
        self.side_analysis = nn.Sequential(nn.Conv2d(LATENTS, 48, 3, 1, 1), nn.ReLU(), down(48, SIDE))
        self.side_synthesis = nn.Sequential(up(SIDE, 48), nn.ReLU(), nn.Conv2d(48, 2 * LATENTS, 3, 1, 1))
        self.side_mean = nn.Parameter(torch.zeros(SIDE, 1, 1))
        self.side_scale = nn.Parameter(torch.full((SIDE, 1, 1), math.log(2.0)))

    def latents(self, picture: Tensor) -> Tensor:
        """Real numbers that only need to be rounded, many of them zero."""
        return self.shrink(self.analysis(picture - 0.5).float() * self.gain.exp())

    def side(self, latents: Tensor) -> Tensor:
        """Of how large latents are, over what is usual in their channels."""
        return self.side_analysis((latents.abs() / self.usual.exp()).log1p()).float() * 4

    def model(self, side: Tensor) -> tuple[Tensor, Tensor]:
        """Means and logarithms of scales of the latents' Laplace distributions, by the rounded side information."""
        mean, scale = self.side_synthesis(side / 4).float().chunk(2, 1)
        return steps(mean, PARTS), steps(Bounded.apply(self.usual + scale, LOWEST, HIGHEST), PARTS / 2)

    def side_model(self) -> tuple[Tensor, Tensor]:
        return steps(self.side_mean, PARTS), steps(Bounded.apply(self.side_scale, LOWEST, HIGHEST), PARTS / 2)

    def picture(self, latents: Tensor) -> Tensor:
        return self.synthesis(latents / self.gain.exp()).float() + 0.5

    def bits(self, latents: Tensor) -> Tensor:
        """Of latents and their side information, with noise in the place of rounding."""
        side = self.side(latents)
        return laplace_bits(noisy(latents), *self.model(rounded(side))) + laplace_bits(noisy(side), *self.side_model())

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """What becomes of pictures, (n, 3, h, w), and the bits of all of them."""
        latents = self.latents(picture)
        return self.picture(rounded(latents)), self.bits(latents)


def rounded(x: Tensor) -> Tensor:
    """Derivative 1."""
    return x + (x.round() - x).detach()


def steps(x: Tensor, parts: float) -> Tensor:
    """Multiples of 1 / parts, derivative 1."""
    return rounded(x * parts) / parts


def noisy(x: Tensor) -> Tensor:
    return x + torch.rand_like(x) - 0.5


class Bounded(torch.autograd.Function):
    """x within bounds. What is outside can come back, and isn't driven further out: that would drag its neighbours."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.bounds = low, high
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (x,), (low, high) = ctx.saved_tensors, ctx.bounds
        outwards = ((x < low) & (grad > 0)) | ((x > high) & (grad < 0))
        return grad.masked_fill(outwards, 0), None, None


def laplace_bits(x: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
    """Bits of intervals of width 1 around x, all together; a tail is taken by its logarithm, which can't vanish."""
    scale, off = log_scale.exp(), (x - mean).abs()
    inside, outside = off.clamp_max(0.5), off.clamp_min(0.5)
    around = (1 - 0.5 * (torch.exp((inside - 0.5) / scale) + torch.exp((-inside - 0.5) / scale))).log()
    tail = (0.5 - outside) / scale + (-0.5 * torch.expm1(-1 / scale)).log()
    return -torch.where(off < 0.5, around, tail).sum() / math.log(2)


def padded(picture: Tensor) -> Tensor:
    """Its last row and column repeated up to a multiple of MULTIPLE."""
    height, width = picture.shape[-2:]
    return F.pad(picture, (0, -width % MULTIPLE, 0, -height % MULTIPLE), mode="replicate")


def load(path: Any) -> Autoencoder:
    """The network of a checkpoint, ready to code."""
    state = torch.load(path, weights_only=True)
    network = Autoencoder()
    network.load_state_dict(state["network"])
    return network.eval()
