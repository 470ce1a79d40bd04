"""The grid of cells: squares of 32x32 pixels, the last row and column of which the border may cut."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.core import jpeg

CELL: int = jpeg.CELL
"""Side of a cell in pixels of the coded picture: 32."""

BLOCK = 8
"""Side of a block in pixels, for what is told more finely than by cell."""


def grid_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of cells of a picture of a shape, (H, W, ...): ceil(H/32), ceil(W/32)."""
    return -(-shape[0] // CELL), -(-shape[1] // CELL)


def blocks_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of blocks of 8x8 pixels: ceil(H/8), ceil(W/8)."""
    return -(-shape[0] // BLOCK), -(-shape[1] // BLOCK)


def cell_variance(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Variance of each cell's luma (the green channel stands for it) in squared 8-bit levels, (ceil(H/32), ceil(W/32)).

    pixels: uint8 HxWx3 or HxW; the border is repeated to whole cells.
    """
    luma = (pixels if pixels.ndim == 2 else pixels[..., 1]).astype(np.float64)
    padded = np.pad(luma, [(0, -side % CELL) for side in luma.shape], mode="edge")
    rows, columns = grid_of(padded.shape)
    return padded.reshape(rows, CELL, columns, CELL).var(axis=(1, 3))


def halves_of(cells: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A value for each cell as one for each macroblock of 16x16 pixels in it, float32 (ceil(H/16), ceil(W/16))."""
    rows, columns = -(-shape[0] // 16), -(-shape[1] // 16)
    return np.ascontiguousarray(cells.repeat(2, axis=0).repeat(2, axis=1)[:rows, :columns], dtype=np.float32)


def sum_halves(macroblocks: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sum of a value for each macroblock of 16x16 pixels over each cell, (ceil(rows/2), ceil(columns/2))."""
    padded = np.pad(macroblocks, [(0, side % 2) for side in macroblocks.shape])
    rows, columns = padded.shape
    return padded.reshape(rows // 2, 2, columns // 2, 2).sum(axis=(1, 3))


def means_of_blocks(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of a value for each block of 8x8 pixels over each macroblock, (ceil(rows/2), ceil(columns/2))."""
    padded = np.pad(blocks, [(0, side % 2) for side in blocks.shape], mode="edge")
    rows, columns = padded.shape
    return padded.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))


def checked_weights(weights: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Costs of squared errors by block, float32 (ceil(H/8), ceil(W/8)). Raises ValueError for another shape."""
    array = np.ascontiguousarray(weights, dtype=np.float32)
    if array.shape != (wanted := blocks_of(shape)):
        raise ValueError(f"weights have one number a block of 8x8 pixels, so the shape {wanted}, not {array.shape}")
    return array
