"""Stage 2, grouping: cells by how much restored quality a bit buys them (AccelIR, section 4.1)."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import KBinsDiscretizer

from accelir.metrics.psnr import decibels
from accelir.profiling.measure import Measurement

GROUPS = 10
QUALITIES = ("psnr", "mse")
_LEAST_MSE = 1e-2
"""Least mean squared error that a cell counts with, so that its PSNR stays finite."""
_LEAST_BITS = 8.0
"""Least size in bits between the lowest and the highest QP: cells of one colour cost next to nothing."""


def quality(mse: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """More is better: PSNR in dB, or the negative squared error.

    Raises ValueError for another kind.
    """
    if kind not in QUALITIES:
        raise ValueError(f"quality is {kind!r}; cells are ordered by {' or '.join(QUALITIES)}")
    return -mse if kind == "mse" else decibels(np.maximum(mse, _LEAST_MSE))


def utilities(cells: Measurement, kind: str) -> NDArray[np.float64]:
    """Quality gained per bit, from the lowest QP to the highest, (n,). Cells cut by the border by their share."""
    values = cells.values / cells.values.max()
    gain = np.diff(quality(cells.sse[:, [0, -1]] / cells.values[:, None], kind), axis=1)[:, 0]
    cost = np.diff(cells.bits[:, [0, -1]], axis=1)[:, 0] / values
    return gain / np.maximum(cost, _LEAST_BITS)


def group_edges(utility: NDArray[np.float64], groups: int = GROUPS) -> NDArray[np.float64]:
    """The utilities at which one group ends and the next begins, (groups - 1,), for groups of equal number.

    Raises ValueError where so many cells are alike that there are fewer groups.
    """
    bins = KBinsDiscretizer(
        groups, encode="ordinal", strategy="quantile", quantile_method="averaged_inverted_cdf", subsample=None
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the groups that it drops are missed below
        edges = bins.fit(utility[:, None]).bin_edges_[0][1:-1]
    if len(edges) != groups - 1:
        raise ValueError(f"{len(utility)} cells fall into {len(edges) + 1} groups, not {groups}; take more pictures")
    return edges


def groups_of(utility: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Each cell's group, 0 (a bit buys least) to len(edges), (n,)."""
    return np.searchsorted(edges, utility, side="right")


def ranks_of(utility: NDArray[np.float64], among: NDArray[np.float64], groups: int = GROUPS) -> NDArray[np.float64]:
    """Where utilities stand among others, in units of groups: -0.5 before all, groups - 0.5 behind, the middle of the
    lowest group at 0."""
    order = np.sort(among)
    below, upto = np.searchsorted(order, utility, "left"), np.searchsorted(order, utility, "right")
    return (below + upto) / 2 / len(order) * groups - 0.5
