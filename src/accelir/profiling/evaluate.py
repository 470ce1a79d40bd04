"""Stage 5, judging: what the groups are worth, on pictures that nothing was fitted to.

Cells get modes by what a table says of them, and what they then really cost and gain is looked up in their own
measurements, at equal bits with the whole picture under one QP. What real files add, the code lengths and neighbours
that modes share, is not in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accelir.cells.curves import Curves, Floats, ModeTable
from accelir.cells.qp import step_of_qp
from accelir.profiling.measure import Measurement

STEPS = 25
"""Base steps tried, between the lowest and the highest that were measured."""
PRICES = np.geomspace(1e-3, 1e2, 81)
"""Lambdas that are tried: mean squared error of a cell per bit."""


def confusion(truth: NDArray[np.int64], guess: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """Cells by their group (row) and QP-NET's (column)."""
    return np.bincount(truth * groups + guess, minlength=groups * groups).reshape(groups, groups)


def accuracy(matrix: NDArray[np.int64], within: int = 0) -> float:
    """The share of cells that QP-NET puts at most `within` groups away from their own."""
    rows, columns = np.indices(matrix.shape)
    return float(matrix[np.abs(rows - columns) <= within].sum() / matrix.sum())


def certain(groups: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """All of each cell in one group, (n, count)."""
    return np.eye(count)[groups]


def gains(
    cells: Measurement, curves: Curves, shares: NDArray[np.float64] | None, rates: tuple[float, ...]
) -> NDArray[np.float64]:
    """dB of PSNR gained by one picture over its uniform file at each rate in bits per pixel, (r,); NaN out of reach.

    shares: of each group in each cell, (n, g), adding up to 1: `certain(groups)`, or what QP-NET thinks likely. None
    for an oracle that knows what every mode does to every cell.
    """
    area = cells.values / cells.values.max()
    error, mode_error = (np.maximum(sse / cells.values.max(), 1e-6) for sse in (cells.sse, cells.mode_sse))
    bits_table = ModeTable(curves.qps, cells.bits, curves.base_qps, cells.mode_bits)
    error_table = ModeTable(curves.qps, error, curves.base_qps, mode_error)
    cost, bits, errors = [], [], []
    for qp in np.linspace(float(curves.base_qps[0]), float(curves.base_qps[-1]), STEPS):
        own = bits_table.at(qp), error_table.at(qp)
        believed: tuple[NDArray[np.float64], ...] = own
        if shares is not None:
            believed = tuple(shares @ table * area[:, None] for table in curves.at_step(step_of_qp(qp)))
        chosen = (believed[1][..., None] + PRICES * believed[0][..., None]).argmin(axis=1)  # (n, prices)
        believed_bits, believed_error, own_bits, own_error = (
            np.take_along_axis(table, chosen, axis=1).sum(axis=0) for table in (*believed, *own)
        )
        cost.append(believed_error + PRICES * believed_bits)
        bits.append(own_bits)
        errors.append(own_error)
    best = np.argmin(cost, axis=0), np.arange(len(PRICES))
    budgets = np.array(rates) * 32 * 32 * area.sum()
    uniform = _log_error(cells.bits.sum(axis=0), error.sum(axis=0), budgets)
    return 10 / np.log(10) * (uniform - _log_error(np.array(bits)[best], np.array(errors)[best], budgets))


def _log_error(bits: Floats, error: Floats, budgets: Floats) -> Floats:
    """The logarithm of the error at these sizes; NaN below the smallest. Above the largest, bits are left unspent."""
    order = np.argsort(bits)
    return np.interp(np.log(budgets), np.log(bits[order]), np.log(error[order]), left=np.nan)
