"""PSNR of flat areas: sky, walls, blur, where eyes see blocks and bands first, and PSNR of the whole hardly does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.metrics.luma import luma_of
from accelir.metrics.metric import CELL, Metric, check_shapes, sum_by_cell
from accelir.metrics.psnr import decibels

SIDE = 16
"""Of a block in pixels."""


@dataclass(frozen=True)
class FlatPsnr(Metric):
    """PSNR of luma over the blocks of 16x16 that are flat in the reference; nan for a picture that has none.

    Blocks lie on a grid from the top left corner; what is cut off at the right and lower border doesn't count.
    """

    deviation: float = 4.0
    """A block is flat whose luma has a standard deviation below this, in 8-bit levels."""
    ceiling: float = math.inf
    """Most that a picture scores, in dB: what a lossless one has."""

    def score(self, picture: NDArray[Any], reference: NDArray[Any]) -> float:
        """PSNR in dB, `ceiling` at most."""
        errors, flat = self._errors(picture, reference)
        return min(float(decibels(errors[flat].mean())), self.ceiling) if flat.any() else math.nan

    def distance(self, score: float) -> float:
        """Mean squared error over the squared peak."""
        return float(10 ** (-score / 10))

    def error_by_cell(
        self, picture: NDArray[Any], reference: NDArray[Any], scale: int = 1, side: int = CELL
    ) -> NDArray[np.float64]:
        """Squared errors of luma, summed over the flat blocks of a cell."""
        errors, flat = self._errors(picture, reference)
        whole = np.zeros(picture.shape[:2])
        inside = np.where(flat[..., None, None], errors, 0).swapaxes(1, 2)
        rows, columns = (SIDE * blocks for blocks in flat.shape)
        whole[:rows, :columns] = inside.reshape(rows, columns)
        return sum_by_cell(whole, scale, side)

    def _errors(self, picture: NDArray[Any], reference: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Squared errors by block, (rows, columns, 16, 16), and which of the blocks are flat, (rows, columns)."""
        check_shapes(picture, reference)
        luma = luma_of(reference)
        flat = _blocks(luma).std(axis=(2, 3)) < self.deviation
        return _blocks((luma_of(picture) - luma) ** 2), flat


def _blocks(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole blocks of a plane, (rows, columns, 16, 16)."""
    rows, columns = (side // SIDE for side in plane.shape)
    return plane[: rows * SIDE, : columns * SIDE].reshape(rows, SIDE, columns, SIDE).swapaxes(1, 2)


PSNR_FLAT = FlatPsnr("psnr-flat", "dB")
