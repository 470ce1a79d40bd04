"""Masking: where in a picture eyes see an error, told from the pixels alone.

An error hides in what is busy, and is seen in what is dark: gamma-coded levels lie closer together for eyes in bright
than in dark parts. Both act on the cost of a squared error by cell (the adaptive quantisation of video encoders, acting
through the Lagrangian, for a JPEG file has one table a component).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.grid import BLOCK, CELL

NOISE = 4.0
"""Added to the variance of blocks, squared 8-bit levels: about what no eye sees, and what rounding leaves."""
FLAT = 60.0
"""Variance of a block that is half flat, squared 8-bit levels."""
MOST = 8.0
"""Largest weight, and the inverse of the smallest, over the geometric mean."""


@dataclass(frozen=True)
class Masking:
    """How the cost of an error falls with what is around it."""

    brightness: float
    """Halvings of the cost for 64 levels more of a cell's mean luma, 0 to 4."""
    activity: float
    """Halvings of the cost for each doubling of the variance in a cell's 8x8 blocks (their geometric mean), 0 to 4."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not 0 <= value <= 4:
                raise ValueError(f"masking's {name} must be 0 to 4, not {value!r}")

    def weights(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Costs of a squared error by block, float32 (ceil(H/8), ceil(W/8)), their geometric mean about 1.

        pixels: uint8 HxWx3 or HxW. Green stands for luma. The blocks of a cell are alike.
        """
        mean, variance = _moments(pixels if pixels.ndim == 2 else pixels[..., 1])
        halvings = self.brightness * mean / 64 + self.activity * np.log2(variance + np.float32(NOISE))
        return balanced(-_mean_of_cell(np.asarray(halvings, np.float32)))


def flat_weights(pixels: NDArray[np.uint8], weight: float) -> NDArray[np.float32]:
    """Costs of a squared error by block, float32 (ceil(H/8), ceil(W/8)): `weight` in flat blocks, 1 in busy ones.

    pixels: uint8 HxWx3 or HxW. Green stands for luma. Half-way between both is a block whose variance is FLAT.
    """
    _, variance = _moments(pixels if pixels.ndim == 2 else pixels[..., 1])
    return np.asarray(1 + np.float32(weight - 1) / (1 + np.square(variance / np.float32(FLAT))), np.float32)


def balanced(octaves: NDArray[Any]) -> NDArray[np.float32]:
    """Weights of so many doublings, divided by their geometric mean, within 1/MOST to MOST."""
    return np.exp2(octaves - octaves.mean()).clip(1 / MOST, MOST).astype(np.float32)


def _mean_of_cell(blocks: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of a value for each 8x8 block the mean over its cell of 32x32, of the same shape."""
    side = CELL // BLOCK
    padded = np.pad(blocks, [(0, -length % side) for length in blocks.shape], mode="edge")
    rows, columns = (length // side for length in padded.shape)
    cells = padded.reshape(rows, side, columns, side).mean(axis=(1, 3), dtype=np.float64)
    return cells.repeat(side, axis=0).repeat(side, axis=1)[: blocks.shape[0], : blocks.shape[1]]


def _moments(luma: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and variance of each 8x8 block, (ceil(H/8), ceil(W/8)); the border is repeated to whole blocks."""
    padded = np.pad(luma, [(0, -side % BLOCK) for side in luma.shape], mode="edge")
    rows, columns = (side // BLOCK for side in padded.shape)
    blocks = padded.reshape(rows, BLOCK, columns, BLOCK)
    mean = blocks.mean(axis=(1, 3), dtype=np.float32)
    squares = np.square(blocks, dtype=np.float32).mean(axis=(1, 3))
    return mean, np.maximum(squares - mean * mean, 0)
