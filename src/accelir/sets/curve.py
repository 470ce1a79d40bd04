"""A picture's loss over its size: through a few trials, as a convex falling polygon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

POINTS = 64
"""Sizes at which a curve is known, evenly spaced in their logarithms: a twentieth apart for a range of 1 to 25."""
FLATTEST, STEEPEST = -0.2, -3.0
"""Of the log of a squared error over log size beyond the trials: photographs have -0.9 to -1.8."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Loss over size; between the points it is linear."""

    sizes: Values
    """Bytes, rising, (n,)."""
    losses: Values
    """Falling, convex, (n,)."""

    @property
    def least(self) -> float:
        return float(self.sizes[0])

    @property
    def most(self) -> float:
        return float(self.sizes[-1])

    def loss(self, size: float) -> float:
        """At a size; beyond the ends that of the end."""
        return float(np.interp(size, self.sizes, self.losses))

    def size(self, loss: float) -> float:
        """The least size with at most this loss; the largest where none has."""
        return float(np.interp(-loss, -self.losses, self.sizes))

    @property
    def slopes(self) -> Values:
        """Loss that a byte takes away in each piece, falling, above 0, (n - 1,)."""
        return -np.diff(self.losses) / np.diff(self.sizes)


def grid(least: float, most: float) -> Values:
    """Sizes from the least to the most; one where both are alike."""
    return np.geomspace(least, most, POINTS) if most > least else np.array([float(least)])


def interpolated(sizes: Sequence[float], logs: Sequence[float], at: Values) -> Values:
    """Logs of errors at sizes, by a monotone cubic through trials over log size, straight beyond their ends.

    sizes, logs: of trials, in any order; where a larger file is not better, it is passed over.
    """
    x, y = _falling(np.log(np.asarray(sizes, np.float64)), np.asarray(logs, np.float64))
    if len(x) < 2:
        return np.asarray(y[0] - (np.log(at) - x[0]))
    slopes = _monotone_slopes(x, y)
    t = np.log(at)
    k = np.clip(np.searchsorted(x, t) - 1, 0, len(x) - 2)
    width = x[k + 1] - x[k]
    u = np.clip((t - x[k]) / width, 0, 1)
    inside = (
        y[k] * (1 + 2 * u) * (1 - u) ** 2
        + y[k + 1] * u**2 * (3 - 2 * u)
        + width * u * (1 - u) * (slopes[k] * (1 - u) - slopes[k + 1] * u)
    )
    below = np.clip(slopes[0], STEEPEST, FLATTEST) * np.minimum(t - x[0], 0)
    above = np.clip(slopes[-1], STEEPEST, FLATTEST) * np.maximum(t - x[-1], 0)
    return np.asarray(inside + below + above)


def _falling(x: Values, y: Values) -> tuple[Values, Values]:
    order = np.lexsort((y, x))
    kept: list[int] = []
    for i in order:
        if not kept or (x[i] > x[kept[-1]] and y[i] < y[kept[-1]]):
            kept.append(int(i))
    return x[kept], y[kept]


def _monotone_slopes(x: Values, y: Values) -> Values:
    """Slopes at the points of a cubic that overshoots nowhere (Fritsch and Carlson 1980; harmonic means inside)."""
    width, secant = np.diff(x), np.diff(y) / np.diff(x)
    slopes = np.empty_like(x)
    slopes[0], slopes[-1] = secant[0], secant[-1]
    first, second = 2 * width[1:] + width[:-1], width[1:] + 2 * width[:-1]
    slopes[1:-1] = (first + second) / (first / secant[:-1] + second / secant[1:])
    return slopes


def convex(sizes: Values, losses: Values) -> Curve:
    """The lower convex hull of points, as far as it falls. sizes: rising."""
    hull: list[int] = []
    for i in range(len(sizes)):
        while len(hull) > 1 and _is_above(sizes, losses, hull[-2], hull[-1], i):
            hull.pop()
        hull.append(i)
    end = int(np.argmin(losses[hull])) + 1
    return Curve(sizes[hull[:end]], losses[hull[:end]])


def _is_above(x: Values, y: Values, a: int, b: int, c: int) -> bool:
    """Whether b is on or above the line from a to c."""
    return bool((y[b] - y[a]) * (x[c] - x[a]) >= (y[c] - y[a]) * (x[b] - x[a]))
