"""One total, many curves: the sizes that lose least in all, or of which the worst loses least.

For the sum: where every curve is convex, the best shares have one slope in common, the Lagrangian (Everett 1963; Shoham
and Gersho 1988). Pieces of curves in the order of their slopes, until the total is spent, are just that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accelir.errors import TargetError
from accelir.sets.choices import Choices
from accelir.sets.curve import Curve
from accelir.sets.exact import MOST_PICTURES, has_solver, solve
from accelir.sets.goal import Goal, set_psnr

Sizes = NDArray[np.float64]
"""Bytes by picture, (n,)."""

_HALVINGS = 60
"""Of an interval of losses: to the precision of its numbers."""
_DEAREST = 1e12
"""Price of a squared error beside which losses count nothing."""


def least_sum(curves: Sequence[Curve], total: float) -> Sizes:
    """Sizes with the least sum of losses within a total, which is no less than the sum of the least sizes."""
    sizes = np.array([curve.least for curve in curves])
    owner = np.repeat(np.arange(len(curves)), [len(curve.sizes) - 1 for curve in curves])
    widths = np.concatenate([np.diff(curve.sizes) for curve in curves])
    order = np.argsort(-np.concatenate([curve.slopes for curve in curves]), kind="stable")
    before = np.cumsum(widths[order]) - widths[order]
    taken = np.clip(total - sizes.sum() - before, 0, widths[order])
    np.add.at(sizes, owner[order], taken)
    return sizes


def least_worst(curves: Sequence[Curve], total: float) -> Sizes:
    """Sizes within a total of which the largest loss is least."""
    low = min(float(curve.losses[-1]) for curve in curves)
    high = max(float(curve.losses[0]) for curve in curves)
    for _ in range(_HALVINGS):
        level = (low + high) / 2
        if sum(curve.size(level) for curve in curves) > total:
            low = level
        else:
            high = level
    return np.array([curve.size(high) for curve in curves])


def bounded(choices: Sequence[Choices], total: float, max_error: float) -> Sizes:
    """Sizes with the least sum of losses within a total, the mean of errors being at most so much: a second Lagrangian.

    Raises TargetError where no sizes within the total have so little error.
    """

    def at(price: float) -> tuple[Sizes, float]:
        sizes = least_sum([each.curve(price) for each in choices], total)
        return sizes, float(np.mean([each.error(size) for each, size in zip(choices, sizes, strict=True)]))

    sizes, error = at(0.0)
    if error <= max_error:
        return sizes
    low, high = -12.0, float(np.log(_DEAREST))
    sizes, error = at(np.exp(high))
    if error > max_error:
        raise _too_much(error, max_error)
    for _ in range(_HALVINGS // 2):
        middle = (low + high) / 2
        found, error = at(np.exp(middle))
        if error > max_error:
            low = middle
        else:
            high, sizes = middle, found
    return sizes


def shares(goal: Goal, choices: Sequence[Choices], total: float) -> Sizes:
    """Sizes for a goal, within the total. Raises TargetError as `bounded` does."""
    most = sum(float(each.sizes[-1]) for each in choices)
    if goal.max_error is not None:
        exact = solve(choices, total, goal.max_error) if len(choices) <= MOST_PICTURES and has_solver() else None
        return bounded(choices, total, goal.max_error) if exact is None else exact
    if most <= total:
        return np.array([each.sizes[-1] for each in choices])
    share = least_worst if goal.objective.worst else least_sum
    return share([each.curve() for each in choices], total)


def _too_much(error: float, max_error: float) -> TargetError:
    best, asked = set_psnr([error]), set_psnr([max_error])
    return TargetError(
        f"a set of at least {asked:.2f} dB can't be had within this total: the best is expected to have {best:.2f} dB; "
        "ask for less, or give more bytes",
        best,
    )
