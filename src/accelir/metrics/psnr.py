"""Peak signal-to-noise ratio, over the values of all channels or over luma; errors by cell are sums of squares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accelir.metrics.luma import LUMA, luma_of
from accelir.metrics.metric import CELL, Metric, check_shapes, sum_by_cell

BAND = 256
"""Rows that are compared at a time, for memory's sake."""


def psnr(a: NDArray[Any], b: NDArray[Any], *, ceiling: float = math.inf) -> float:
    """Peak signal-to-noise ratio over all values of two arrays of 0 to 255, in dB; `ceiling` at most.

    Equal arrays have the ceiling. A finite one keeps the mean over several pictures finite when one is lossless.
    Raises ValueError for arrays of two shapes.
    """
    return min(float(decibels(mean_squared_error(a, b))), ceiling)


def mean_squared_error(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Over all values of two arrays. Raises ValueError for arrays of two shapes."""
    check_shapes(a, b)
    bands = (slice(top, top + BAND) for top in range(0, len(a), BAND))
    return sum(float(np.square(a[band].astype(np.float64) - b[band]).sum()) for band in bands) / a.size


def decibels(mse: ArrayLike) -> NDArray[np.float64]:
    """PSNR in dB of mean squared errors of values of 0 to 255; infinite for an error of 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(255**2 / np.asarray(mse, np.float64)))


@dataclass(frozen=True)
class Psnr(Metric):
    """PSNR of pictures, in dB. Gray pictures have one value a pixel, their luma."""

    luma: bool = False
    """Whether the luma of RGB pictures is compared, unrounded, in place of R, G and B."""
    ceiling: float = math.inf
    """Most that a picture scores, in dB: what a lossless one has."""

    def score(self, a: NDArray[Any], b: NDArray[Any]) -> float:
        """PSNR in dB, `ceiling` at most."""
        check_shapes(a, b)
        if self.luma:
            a, b = luma_of(a), luma_of(b)
        return psnr(a, b, ceiling=self.ceiling)

    def distance(self, score: float) -> float:
        """Mean squared error over the squared peak."""
        return 10 ** (-score / 10)

    def error_by_cell(self, a: NDArray[Any], b: NDArray[Any], scale: int = 1, side: int = CELL) -> NDArray[np.float64]:
        """Squared errors, summed over a cell's pixels and channels. Squares are float32, exact for uint8 pictures in
        RGB.
        """
        check_shapes(a, b)
        error = np.subtract(a, b, dtype=np.float32)
        if self.luma and error.ndim == 3:
            error = error @ LUMA.astype(np.float32)
        squares = np.square(error)
        return sum_by_cell(squares.sum(axis=2) if squares.ndim == 3 else squares, scale, side)


PSNR_RGB = Psnr("psnr", "dB")
PSNR_Y = Psnr("psnr-y", "dB", luma=True)
