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

from accelir.cells.grid import CELL, grid_of

BLOCK = 8
NOISE = 4.0
"""Added to the variance of blocks, squared 8-bit levels: about what no eye sees, and what rounding leaves."""
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
        """Costs of a squared error by cell, float32 (ceil(H/32), ceil(W/32)), their geometric mean about 1.

        pixels: uint8 HxWx3 or HxW. Green stands for luma.
        """
        luma = pixels if pixels.ndim == 2 else pixels[..., 1]
        mean, variance = _moments(luma)
        halvings = self.brightness * by_cell(mean, luma.shape) / 64
        halvings += self.activity * by_cell(np.log2(variance + np.float32(NOISE)), luma.shape)
        return balanced(-halvings)


def balanced(octaves: NDArray[Any]) -> NDArray[np.float32]:
    """Weights of so many doublings, divided by their geometric mean, within 1/MOST to MOST."""
    return np.exp2(octaves - octaves.mean()).clip(1 / MOST, MOST).astype(np.float32)


def by_cell(blocks: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The mean over each cell of a value for each 8x8 block, (ceil(H/32), ceil(W/32))."""
    side = CELL // BLOCK
    rows, columns = grid_of(shape)
    padding = [(0, rows * side - blocks.shape[0]), (0, columns * side - blocks.shape[1])]
    padded = np.pad(blocks, padding, mode="edge")
    return np.asarray(padded.reshape(rows, side, columns, side).mean(axis=(1, 3), dtype=np.float64))


def _moments(luma: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and variance of each 8x8 block, (ceil(H/8), ceil(W/8)); the border is repeated to whole blocks."""
    padded = np.pad(luma, [(0, -side % BLOCK) for side in luma.shape], mode="edge")
    rows, columns = (side // BLOCK for side in padded.shape)
    blocks = padded.reshape(rows, BLOCK, columns, BLOCK)
    mean = blocks.mean(axis=(1, 3), dtype=np.float32)
    squares = np.square(blocks, dtype=np.float32).mean(axis=(1, 3))
    return mean, np.maximum(squares - mean * mean, 0)
