"""What a block of each group costs and how good it becomes: the tables that the allocator reads. NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.modes import ModeArray
from accelir.profile import exact_qp

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
        """Bits and squared errors of every group under every mode, (g, m) each, at any base step; beyond those
        measured the nearest counts.
        """
        return (
            interpolate(step, self.qps, self.bits, self.base_steps, np.moveaxis(self.mode_bits, 0, 1)),
            interpolate(step, self.qps, self.mse, self.base_steps, np.moveaxis(self.mode_mse, 0, 1)),
        )


def interpolate(step: float, qps: NDArray[np.int32], uniform: Floats, base_steps: Floats, modes: Floats) -> Floats:
    """A table of modes at a base step between those measured, (n, m).

    uniform: at each QP, (n, q); modes: at each base step, (n, s, m); all above 0. Modes change with the step much as
    uniform files do, so what is interpolated is the logarithm of their ratio: a few base steps suffice.
    """
    step = float(np.clip(step, *base_steps[[0, -1]]))
    right = int(np.clip(np.searchsorted(base_steps, step), 1, len(base_steps) - 1))
    low, high = base_steps[right - 1 : right + 1]
    share = np.log(step / low) / np.log(high / low)
    ratios = [np.log(modes[:, i] / _at_qp(s, qps, uniform)) for i, s in ((right - 1, low), (right, high))]
    return _at_qp(step, qps, uniform) * np.exp((1 - share) * ratios[0] + share * ratios[1])


def _at_qp(step: float, qps: NDArray[np.int32], uniform: Floats) -> Floats:
    """Of uniform files with this base step, (n, 1)."""
    qp = float(np.clip(exact_qp(step), qps[0], qps[-1]))
    right = int(np.clip(np.searchsorted(qps, qp), 1, len(qps) - 1))
    share = (qp - qps[right - 1]) / (qps[right] - qps[right - 1])
    low, high = np.log(uniform[:, right - 1]), np.log(uniform[:, right])
    return np.exp((1 - share) * low + share * high)[:, None]


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
        hull.append(int(i))
    return np.array(hull)


def _slope(bits: Floats, mse: Floats, a: int, b: int) -> float:
    return float((mse[b] - mse[a]) / (bits[b] - bits[a]))
