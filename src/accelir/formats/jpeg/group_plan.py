"""Plans by groups: QP-NET says to which utility group a block belongs, the profile's curves what a block of the group
costs and how good it becomes, and the allocator spends the budget (AccelIR: Ye, Yeo, Park, Han, CVPR 2023).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accelir.cells.allocation import Allocation, allocate
from accelir.cells.curves import Curves
from accelir.cells.qp import step_of_qp
from accelir.errors import BudgetError
from accelir.formats.jpeg.cell_plan import BlockPlan

OVERHEAD = 400
"""Bytes of headers and Huffman tables in a typical file, which the curves don't count."""

_FINER = (0, 2, 4, 6, 8)
"""QPs by which the base step is tried finer than a uniform file's: most modes can only make blocks coarser."""


_ENOUGH_BLOCKS = 128
"""On so many, evenly spread, the base step is chosen."""


def plan_modes(curves: Curves, shares: NDArray[np.float64], budget: int, method: str) -> BlockPlan | None:
    """Modes on the groups' curves and the base step, chosen together; None where the budget is below all curves.

    shares: how likely each block is to belong to each group, (rows, cols, g), which weighs the groups' curves. budget:
    bytes; method: "reward" or "lagrangian", see allocate().
    """
    room = max(budget - OVERHEAD, 0)
    likely = shares.reshape(-1, shares.shape[2])
    own = likely @ curves.bits
    uniform = float(np.interp(room, own.sum(axis=0) / 8, curves.qps))
    some = likely[:: -(-len(likely) // _ENOUGH_BLOCKS)]
    tried = [
        (_allocate(curves, some, uniform + finer, room * len(some) / len(likely), method), finer) for finer in _FINER
    ]
    known = [(found.predicted_quality, finer) for found, finer in tried if found is not None]
    if not known:
        return None
    qp = _within(curves, uniform + max(known)[1])
    allocation = _allocate(curves, likely, qp, room, method)
    if allocation is None:
        return None
    options = allocation.options.reshape(shares.shape[:2]).astype(np.int32)
    spent = (likely @ curves.at_step(step_of_qp(qp))[0])[np.arange(len(likely)), options.ravel()]
    drops = qp - _qps_of_size(own, curves.qps, spent).reshape(options.shape)
    return BlockPlan(curves.modes, options, drops, round(allocation.predicted_bytes) + OVERHEAD, step_of_qp(qp))


def _allocate(curves: Curves, likely: NDArray[np.float64], qp: float, room: float, method: str) -> Allocation | None:
    """likely: (blocks, g); None where the blocks don't fit at the base step of this QP."""
    bits, mse = (likely @ table for table in curves.at_step(step_of_qp(_within(curves, qp))))
    try:
        return allocate(bits / 8, -mse, np.arange(len(likely))[:, None], room, method=method)
    except BudgetError:
        return None


def _within(curves: Curves, qp: float) -> float:
    return float(np.clip(qp, *curves.base_qps[[0, -1]]))


def plan_qps(
    curves: Curves,
    clusters: NDArray[np.int32],
    budget: int,
    method: str,
    variance: NDArray[np.float64] | None = None,
) -> BlockPlan | None:
    """QPs as the paper has them, each realised by the mode on the group's hull that comes nearest in size.

    method: "reward", "uniform" or "variance"; variance: (rows, cols), the blocks' luma variance, for the last.
    """
    room = max(budget - OVERHEAD, 0)
    try:
        allocation = allocate(curves.bits / 8, -curves.mse, clusters, room, method=method, variance=variance)
    except BudgetError:
        return None
    qps = curves.qps[allocation.options]
    base = int(np.abs(curves.base_qps - qps.max()).argmin())
    return BlockPlan(
        curves.modes,
        curves.mode_of_qp[base][clusters, allocation.options].astype(np.int32),
        (qps.max() - qps).astype(np.float64),
        round(allocation.predicted_bytes) + OVERHEAD,
        step_of_qp(float(qps.max())),
    )


def block_variance(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The variance of each 32x32 block's luma (the green channel stands for it), (ceil(H/32), ceil(W/32))."""
    luma = (pixels if pixels.ndim == 2 else pixels[..., 1]).astype(np.float64)
    padded = np.pad(luma, [(0, -side % 32) for side in luma.shape], mode="edge")
    rows, cols = (side // 32 for side in padded.shape)
    return padded.reshape(rows, 32, cols, 32).var(axis=(1, 3))


def _qps_of_size(own: NDArray[np.float64], qps: NDArray[np.int32], spent: NDArray[np.float64]) -> NDArray[np.float64]:
    """The QP at which a uniform file spends as many bits on each block, (n,). own: (n, q), rising; spent: (n,)."""
    x, table, row = np.log(spent), np.log(own), np.arange(len(spent))
    right = np.clip((table < x[:, None]).sum(axis=1), 1, len(qps) - 1)
    low, high = table[row, right - 1], table[row, right]
    share = np.clip((x - low) / np.maximum(high - low, 1e-12), 0, 1)
    return np.asarray(qps[right - 1] + share * (qps[right] - qps[right - 1]))
