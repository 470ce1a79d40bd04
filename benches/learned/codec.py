"""Files of the learned codec: four bytes of width and height, then the side information and the latents."""

from __future__ import annotations

import struct

import numpy as np
import torch
from torch import Tensor

from benches.common import Pixels
from benches.learned.coder import LIMIT, Integers, Reader, Reals, Writer
from benches.learned.network import MULTIPLE, SIDE, Autoencoder, padded

HEAD = struct.Struct("<HH")
"""Width and height, pixels, 1 to 65535."""


@torch.inference_mode()
def encode(network: Autoencoder, picture: Pixels) -> bytes:
    """picture: uint8, (h, w, 3)."""
    latents = network.latents(padded(tensor(picture)))
    side = whole(network.side(latents))
    latents = whole(latents)
    writer = Writer()
    writer.put(integers(side), *side_model(network, side.shape))
    writer.put(integers(latents), *laplace(*network.model(side)))
    return HEAD.pack(picture.shape[1], picture.shape[0]) + writer.bytes()


@torch.inference_mode()
def decode(network: Autoencoder, data: bytes) -> Pixels:
    """With the same network on the same kind of machine: distributions come from its arithmetic."""
    width, height = HEAD.unpack_from(data)
    reader = Reader(data[HEAD.size :])
    shape = (1, SIDE, -(-height // MULTIPLE), -(-width // MULTIPLE))
    side = reals(reader.take(*side_model(network, shape)))
    latents = reals(reader.take(*laplace(*network.model(side))))
    return pixels(network.picture(latents)[..., :height, :width])


@torch.inference_mode()
def seen_by_encoder(network: Autoencoder, picture: Pixels) -> Pixels:
    """What decoding should give, made without a file."""
    latents = whole(network.latents(padded(tensor(picture))))
    return pixels(network.picture(latents)[..., : picture.shape[0], : picture.shape[1]])


def side_model(network: Autoencoder, shape: tuple[int, ...]) -> tuple[Reals, Reals]:
    return laplace(*(part.expand(shape) for part in network.side_model()))


def laplace(means: Tensor, log_scales: Tensor) -> tuple[Reals, Reals]:
    """What the coder takes. Exponentials are NumPy's, of numbers that are multiples of an eighth."""
    return means.double().numpy(), np.exp(log_scales.double().numpy())


def whole(values: Tensor) -> Tensor:
    """Rounded to what the coder takes."""
    return values.round().clamp(-LIMIT, LIMIT)


def tensor(picture: Pixels) -> Tensor:
    """(1, 3, h, w), 0 to 1."""
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 255


def pixels(picture: Tensor) -> Pixels:
    return np.asarray((picture[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy())


def integers(values: Tensor) -> Integers:
    return np.asarray(values.int().numpy())


def reals(values: Integers) -> Tensor:
    return torch.from_numpy(values).float()
