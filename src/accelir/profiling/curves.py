"""Stage 3, curves: what the cells of a group cost and how good they become, on average."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import isotonic_regression

from accelir.cells.curves import Curves, Floats, lower_hull
from accelir.profiling.measure import Measurement, MeasurementPlan

_LEAST = 1e-6
"""Sizes and errors are kept above 0, as they are interpolated by their logarithms."""


def fit_curves(cells: Measurement, groups: NDArray[np.int64], edges: Floats, plan: MeasurementPlan) -> Curves:
    """The mean curves of each group. Curves over the QP are made monotone by isotonic regression: more QP, more bits,
    less error. Raises ValueError for a group without cells.
    """
    count = len(edges) + 1
    if missing := sorted(set(range(count)) - set(groups.tolist())):
        raise ValueError(f"groups {missing} have no cells; take more pictures")
    bits, error, mode_bits, mode_error = (
        np.stack([_mean(cells, name, groups == g) for g in range(count)])
        for name in ("bits", "sse", "mode_bits", "mode_sse")
    )
    bits = np.stack([isotonic_regression(row) for row in bits])
    error = np.stack([isotonic_regression(row, increasing=False) for row in error])
    mode_bits, mode_error = np.moveaxis(mode_bits, 1, 0), np.moveaxis(mode_error, 1, 0)
    on_hull, mode_of_qp = _hulls(bits, mode_bits, mode_error)
    return Curves(
        utility_edges=edges,
        qps=np.array(plan.qps, np.int32),
        bits=bits,
        error=error,
        base_qps=np.array(plan.base_qps, np.int32),
        modes=plan.menu,
        mode_bits=mode_bits,
        mode_error=mode_error,
        on_hull=on_hull,
        mode_of_qp=mode_of_qp,
    )


def _mean(cells: Measurement, name: str, chosen: NDArray[np.bool_]) -> Floats:
    """Bits of a whole cell, or squared error of a value, over a group's cells by their area."""
    area = cells.values[chosen].sum()
    if name.endswith("bits"):
        area /= cells.values.max()
    return np.maximum(getattr(cells, name)[chosen].sum(axis=0) / area, _LEAST)


def _hulls(bits: Floats, mode_bits: Floats, mode_error: Floats) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    on_hull = np.zeros(mode_bits.shape, bool)
    mode_of_qp = np.zeros((*mode_bits.shape[:2], bits.shape[1]), np.int32)
    for step, group in np.ndindex(*mode_bits.shape[:2]):
        hull = lower_hull(mode_bits[step, group], mode_error[step, group])
        on_hull[step, group, hull] = True
        distances = np.abs(np.log(bits[group][:, None] / mode_bits[step, group, hull]))
        mode_of_qp[step, group] = hull[distances.argmin(axis=1)]
    return on_hull, mode_of_qp
