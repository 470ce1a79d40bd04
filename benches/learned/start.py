"""Weights to begin with: principal components of blocks, layer by layer, so that training starts at a transform codec.

Every layer's block is what it newly covers: 4 x 4 pixels, then 2 x 2 places of the layer before. Taps beyond it, where
blocks overlap, start at zero and learn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benches.common import Pixels
from benches.learned.network import Autoencoder

CORNER = 256
"""Of the corners of pictures that components are taken of, pixels."""
STEP_OF_WEIGHT = 6 / math.log(2)
"""The squared step of a uniform quantiser that is best for bits + weight * squared error, times the weight."""

LEAST = 0.1
"""Of a channel's mean magnitude: zeros alone don't make a distribution."""


@torch.no_grad()
def begin(network: Autoencoder, pictures: Sequence[Pixels], weight: float) -> None:
    """Set weights, the latents' gain to what is best for the weight of the error, and
    what is usual in their channels. pictures: CORNER or more a side."""
    corners = np.stack([picture[:CORNER, :CORNER] for picture in pictures])
    values = torch.from_numpy(corners).permute(0, 3, 1, 2).float() / 255 - 0.5
    downs = [layer for layer in network.analysis if isinstance(layer, nn.Conv2d)]
    ups = [layer for layer in network.synthesis if isinstance(layer, nn.ConvTranspose2d)]
    for lower, upper in zip(downs, reversed(ups), strict=True):
        values = set_components(values, lower, upper)
    network.gain.fill_(math.log(255 / math.sqrt(STEP_OF_WEIGHT / weight)))
    magnitudes = network.shrink(values * network.gain.exp()).abs().mean((0, 2, 3))
    network.usual.copy_(magnitudes.clamp_min(LEAST).log()[:, None, None])


def set_components(values: Tensor, lower: nn.Conv2d, upper: nn.ConvTranspose2d) -> Tensor:
    """Of one layer and its inverse; gives what the layer then makes of values, (n, channels, h, w).

    Channels that no component is left for start at random, and the inverse makes nothing of them.
    """
    by = lower.stride[0]
    blocks = F.pixel_unshuffle(values, by)
    kept = min(lower.out_channels, blocks.shape[1])
    flat = blocks.transpose(0, 1).flatten(1)
    _, vectors = torch.linalg.eigh(flat @ flat.T)
    components = vectors.T.flip(0)[:kept]
    place = slice(0, kept), slice(0, values.shape[1]), slice(by, 2 * by), slice(by, 2 * by)
    for layer in (lower, upper):
        layer.bias.zero_()
    lower.weight[:kept].zero_()
    lower.weight[:, values.shape[1] :].zero_()
    upper.weight.zero_()
    for layer in (lower, upper):
        layer.weight[place] = components.unflatten(1, (values.shape[1], by, by))
    return torch.einsum("kc,nchw->nkhw", components, blocks)
