"""Structural similarity of luma: SSIM (Wang, Bovik, Sheikh and Simoncelli 2004) and MS-SSIM (Wang, Simoncelli and Bovik
2003).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.metrics.luma import luma_of
from accelir.metrics.metric import CELL, Metric, check_shapes, sum_by_cell

Plane = NDArray[np.float64]

RADIUS = 5
"""Of the Gaussian window of 11x11, sigma 1.5."""
WINDOW = np.exp(-0.5 * (np.arange(RADIUS + 1) / 1.5) ** 2)
WINDOW /= 2 * WINDOW.sum() - WINDOW[0]
STRIP = 64
"""Rows that are worked on at a time, which stay in the processor's cache."""
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
"""What keeps ratios of means, and of variances, steady where they are small."""
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales of MS-SSIM, the finest first."""


@dataclass(frozen=True)
class Ssim(Metric):
    """Mean of SSIM over luma, -1 to 1, where the whole window of 11x11 is inside; nan for smaller pictures."""

    def score(self, picture: NDArray[Any], reference: NDArray[Any]) -> float:
        """1 for equal pictures."""
        check_shapes(picture, reference)
        structure, means = _maps(luma_of(picture), luma_of(reference))
        return float((structure * means).mean()) if structure.size else math.nan

    def distance(self, score: float) -> float:
        """What is missing to 1."""
        return 1 - score

    def error_by_cell(
        self, picture: NDArray[Any], reference: NDArray[Any], scale: int = 1, side: int = CELL
    ) -> NDArray[np.float64]:
        """What SSIM misses to 1, summed over the cell's windows, each of which is where its middle is."""
        check_shapes(picture, reference)
        structure, means = _maps(luma_of(picture), luma_of(reference))
        return sum_by_cell(_whole(1 - structure * means, picture.shape), scale, side)


@dataclass(frozen=True)
class MultiScaleSsim(Metric):
    """Product of SSIM's contrast and structure at up to five scales, and of its luminance at the coarsest, 0 to 1.

    Scales that are smaller than the window of 11x11 are left out, and the weights of the others add up to 1; so have
    all five pictures of 161 pixels a side and more. nan for pictures smaller than the window.
    """

    def score(self, picture: NDArray[Any], reference: NDArray[Any]) -> float:
        """1 for equal pictures."""
        check_shapes(picture, reference)
        scales = _scales(luma_of(picture), luma_of(reference))
        return math.prod(max(values.mean(), 0.0) ** weight for values, weight in scales) if scales else math.nan

    def distance(self, score: float) -> float:
        """What is missing to 1."""
        return 1 - score

    def error_by_cell(
        self, picture: NDArray[Any], reference: NDArray[Any], scale: int = 1, side: int = CELL
    ) -> NDArray[np.float64]:
        """The negative logarithm of the score, each scale's shared by what windows in a cell miss to 1."""
        check_shapes(picture, reference)
        height, width = picture.shape[:2]
        total = sum_by_cell(np.zeros((height, width)), scale, side)
        for level, (values, weight) in enumerate(_scales(luma_of(picture), luma_of(reference))):
            missing = _whole(1 - values, (-(-height // 2**level), -(-width // 2**level)))
            enlarged = missing.repeat(2**level, axis=0).repeat(2**level, axis=1)[:height, :width]
            cells = sum_by_cell(enlarged, scale, side)
            if (missed := cells.sum()) > 0:
                total += weight * -math.log(max(values.mean(), 1e-12)) * cells / missed
        return total


def _scales(a: Plane, b: Plane) -> list[tuple[Plane, float]]:
    """Maps of each scale, and the weight of their mean."""
    found: list[tuple[Plane, float]] = []
    for weight in SCALE_WEIGHTS:
        structure, means = _maps(a, b)
        if not structure.size:
            break
        found.append((structure, weight))
        last = structure * means
        a, b = _halved(a), _halved(b)
    if found:
        found[-1] = last, found[-1][1]
    total = sum(weight for _, weight in found)
    return [(values, weight / total) for values, weight in found]


def _maps(a: Plane, b: Plane) -> tuple[Plane, Plane]:
    """Contrast and structure, and luminance, for each window inside of two planes; empty where none is."""
    if min(a.shape) <= 2 * RADIUS:
        return np.empty((0, 0)), np.empty((0, 0))
    tops = range(0, len(a) - 2 * RADIUS, STRIP)
    strips = [_strip_maps(a[top : top + STRIP + 2 * RADIUS], b[top : top + STRIP + 2 * RADIUS]) for top in tops]
    structures, means = zip(*strips, strict=True)
    return np.concatenate(structures), np.concatenate(means)


def _strip_maps(a: Plane, b: Plane) -> tuple[Plane, Plane]:
    mean_a, mean_b = _blurred(a), _blurred(b)
    both = mean_a * mean_b
    squares = mean_a * mean_a + mean_b * mean_b
    structure = (2 * (_blurred(a * b) - both) + C2) / (_blurred(a * a + b * b) - squares + C2)
    return structure, (2 * both + C1) / (squares + C1)


def _blurred(plane: Plane) -> Plane:
    """By the window, where it is inside: (H - 10, W - 10)."""
    rows, columns = (side - 2 * RADIUS for side in plane.shape)
    down = WINDOW[0] * plane[RADIUS : RADIUS + rows]
    for t in range(1, RADIUS + 1):
        down += WINDOW[t] * (plane[RADIUS - t : RADIUS - t + rows] + plane[RADIUS + t : RADIUS + t + rows])
    out = WINDOW[0] * down[:, RADIUS : RADIUS + columns]
    for t in range(1, RADIUS + 1):
        out += WINDOW[t] * (down[:, RADIUS - t : RADIUS - t + columns] + down[:, RADIUS + t : RADIUS + t + columns])
    return out


def _halved(plane: Plane) -> Plane:
    """Means of 2x2, the edge repeated where a side is odd."""
    height, width = plane.shape
    even = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    return (even[::2, ::2] + even[::2, 1::2] + even[1::2, ::2] + even[1::2, 1::2]) / 4


def _whole(values: Plane, shape: tuple[int, ...]) -> Plane:
    """What windows have, each in its middle, in a plane of a shape."""
    whole = np.zeros(shape[:2])
    if values.size:
        whole[RADIUS:-RADIUS, RADIUS:-RADIUS] = np.maximum(values, 0)
    return whole


SSIM = Ssim("ssim", "")
MS_SSIM = MultiScaleSsim("ms-ssim", "")
