"""Plans by groups: QP-NET says to which utility group a cell belongs, the profile's curves what a cell of the group
costs and how good it becomes, and the allocator spends the budget (AccelIR: Ye, Yeo, Park, Han, CVPR 2023).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from accelir.cells import allocation
from accelir.cells.curves import Curves
from accelir.cells.qp import step_of_qp
from accelir.errors import BudgetError
from accelir.formats.jpeg.cell_plan import CellPlan

OVERHEAD = 400
"""Bytes of headers and Huffman tables in a typical file, which the curves don't count."""

_FINER = (0, 2, 4, 6, 8)
"""QPs by which the base step is tried finer than a uniform file's: most modes can only make cells coarser."""

_ENOUGH_CELLS = 128
"""On so many, evenly spread, the base step is chosen."""


def plan_modes(
    curves: Curves,
    shares: NDArray[np.float64],
    budget: int,
    method: str,
    uniform_bytes: Callable[[float], float] | None = None,
    foretold: float = 1.0,
) -> CellPlan | None:
    """Modes on the groups' curves and the base step, chosen together; None where the budget is below all curves.

    shares: probability of each group in each cell, (rows, cols, g), which weighs the groups' curves. budget:
    bytes; method: "reward" or "lagrangian", see cells.allocation. uniform_bytes: size of the picture's uniform file at
    a base step, by which all sizes of the curves are corrected; None: they are right. foretold: what sizes so
    corrected are over real ones, on the average.
    """
    likely = shares.reshape(-1, shares.shape[2])
    own = likely @ curves.bits
    scale = (1.0 if uniform_bytes is None else _size_scale(curves.qps, own, budget, uniform_bytes)) / foretold
    room = max(budget / scale - OVERHEAD, 0)
    uniform = float(np.interp(room, own.sum(axis=0) / 8, curves.qps))
    some = likely[:: -(-len(likely) // _ENOUGH_CELLS)]
    tried = [
        (_allocate(curves, some, uniform + finer, room * len(some) / len(likely), method), finer) for finer in _FINER
    ]
    known = [(found.predicted_quality, finer) for found, finer in tried if found is not None]
    if not known:
        return None
    qp = _within(curves, uniform + max(known)[1])
    found = _allocate(curves, likely, qp, room, method)
    if found is None:
        return None
    options = found.options.reshape(shares.shape[:2]).astype(np.int32)
    spent = (likely @ curves.at_step(step_of_qp(qp))[0])[np.arange(len(likely)), options.ravel()]
    drops = qp - _qps_of_size(own, curves.qps, spent).reshape(options.shape)
    predicted = round(scale * (found.predicted_bytes + OVERHEAD))
    return CellPlan(curves.modes, options, drops, predicted, step_of_qp(qp))


def _size_scale(
    qps: NDArray[np.int32], own: NDArray[np.float64], budget: int, uniform_bytes: Callable[[float], float]
) -> float:
    """Bytes of the picture's uniform file over what the curves say, about the budget. own: (n, q)."""
    sizes = np.log(own.sum(axis=0) / 8 + OVERHEAD)
    qp = float(np.interp(np.log(budget), sizes, qps))
    return uniform_bytes(step_of_qp(qp)) / float(np.exp(np.interp(qp, qps, sizes)))


def _allocate(
    curves: Curves, likely: NDArray[np.float64], qp: float, room: float, method: str
) -> allocation.Allocation | None:
    """likely: (cells, g); None where the cells don't fit at the base step of this QP."""
    bits, error = (likely @ table for table in curves.at_step(step_of_qp(_within(curves, qp))))
    try:
        return allocation.allocate(bits / 8, -error, np.arange(len(likely))[:, None], room, method=method)
    except BudgetError:
        return None


def _within(curves: Curves, qp: float) -> float:
    return float(np.clip(qp, *curves.base_qps[[0, -1]]))


def plan_qps(
    curves: Curves,
    groups: NDArray[np.int32],
    budget: int,
    method: str,
    variance: NDArray[np.float64] | None = None,
) -> CellPlan | None:
    """QPs as the paper has them, each realised by the mode on the group's hull that comes nearest in size.

    method: "reward", "uniform" or "variance"; variance: (rows, cols), the cells' luma variance, for the last.
    """
    room = max(budget - OVERHEAD, 0)
    try:
        spent = allocation.allocate(curves.bits / 8, -curves.error, groups, room, method=method, variance=variance)
    except BudgetError:
        return None
    qps = curves.qps[spent.options]
    base = int(np.abs(curves.base_qps - qps.max()).argmin())
    return CellPlan(
        curves.modes,
        curves.mode_of_qp[base][groups, spent.options].astype(np.int32),
        (qps.max() - qps).astype(np.float64),
        round(spent.predicted_bytes) + OVERHEAD,
        step_of_qp(float(qps.max())),
    )


def _qps_of_size(own: NDArray[np.float64], qps: NDArray[np.int32], spent: NDArray[np.float64]) -> NDArray[np.float64]:
    """The QP at which a uniform file spends as many bits on each cell, (n,). own: (n, q), rising; spent: (n,)."""
    x, table, row = np.log(spent), np.log(own), np.arange(len(spent))
    right = np.clip((table < x[:, None]).sum(axis=1), 1, len(qps) - 1)
    low, high = table[row, right - 1], table[row, right]
    share = np.clip((x - low) / np.maximum(high - low, 1e-12), 0, 1)
    return np.asarray(qps[right - 1] + share * (qps[right] - qps[right - 1]))
