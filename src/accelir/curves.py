"""What a block of each group costs and how good it becomes: the tables that the allocator reads. NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.modes import ModeArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curves:
    """Measured through the encoder; g groups of blocks, q QPs, s base steps, m modes.

    A block is 32x32; one that the border cuts counts with its share. Errors are those of the restored picture.
    """

    utility_edges: Floats
    """The utility at which one group ends and the next begins, rising, (g - 1,)."""
    qps: NDArray[np.int32]
    """Rising, (q,)."""
    bits: Floats
    """Of a block in a uniform file, rising with the QP, (g, q)."""
    mse: Floats
    """Mean squared RGB error of a block in a uniform file, falling with the QP, (g, q)."""
    base_steps: Floats
    """Rising, (s,)."""
    modes: ModeArray
    """The menu, (m,)."""
    mode_bits: Floats
    """Of a block on the grid of a base step under a mode, (s, g, m)."""
    mode_mse: Floats
    """(s, g, m)."""
    on_hull: NDArray[np.bool_]
    """Whether the mode is on the group's lower convex hull of squared error over bits, (s, g, m)."""
    mode_of_qp: NDArray[np.int32]
    """The mode on the hull that comes nearest to a group's QP in size, (s, g, q)."""

    @property
    def groups(self) -> int:
        """Their number."""
        return len(self.bits)

    def at_step(self, step: float) -> tuple[Floats, Floats]:
        """Bits and squared errors of every group under every mode, (g, m) each, at any base step.

        Their logarithms are interpolated between the base steps measured, along that of the step; beyond them the
        nearest counts.
        """
        at = np.clip(np.log(step), *np.log(self.base_steps[[0, -1]]))
        right = int(np.clip(np.searchsorted(np.log(self.base_steps), at), 1, len(self.base_steps) - 1))
        low, high = np.log(self.base_steps[right - 1 : right + 1])
        share = (at - low) / (high - low)
        between = [
            (1 - share) * np.log(t[right - 1]) + share * np.log(t[right]) for t in (self.mode_bits, self.mode_mse)
        ]
        return np.exp(between[0]), np.exp(between[1])


def lower_hull(bits: Floats, mse: Floats) -> NDArray[np.intp]:
    """Indices of the points on the lower convex hull of error over size, by rising size, from the smallest point to
    the best: the only ones worth buying. bits, mse: (n,). Of equal points the first counts.
    """
    hull: list[int] = []
    for i in np.lexsort((np.arange(len(bits)), mse, bits)):
        if hull and mse[i] >= mse[hull[-1]]:
            continue
        while len(hull) > 1 and _slope(bits, mse, hull[-2], hull[-1]) >= _slope(bits, mse, hull[-1], i):
            hull.pop()
        if hull and bits[i] == bits[hull[-1]]:
            hull.pop()
        hull.append(int(i))
    return np.array(hull)


def _slope(bits: Floats, mse: Floats, a: int, b: int) -> float:
    with np.errstate(divide="ignore"):
        return float(np.divide(mse[b] - mse[a], bits[b] - bits[a]))
