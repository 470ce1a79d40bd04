"""The best shares by integer programming, for sets that are not too large: what Lagrangians are measured against."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from accelir.sets.choices import Choices

MOST_PICTURES = 300
"""Of a set that is solved exactly; 100 take about a second."""
GAP = 1e-4
"""Of the objective, relative, at which the solver may stop."""
SECONDS = 20
"""That it may take."""


def has_solver() -> bool:
    """Whether SciPy is installed."""
    return importlib.util.find_spec("scipy") is not None


def solve(
    choices: Sequence[Choices], total: float, max_error: float | None = None, gap: float = GAP
) -> NDArray[np.float64] | None:
    """The sizes, of those that the choices name, with the least sum of losses within a total, (n,).

    max_error: mean of the errors, at most. None where there are none, or none was found in time. This is the
    multiple-choice knapsack that Kirmemis (2023, chapter 4) shares rates by, solved by HiGHS. Raises ImportError
    without SciPy.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    sizes = np.concatenate([each.sizes for each in choices])
    errors = np.concatenate([each.errors for each in choices])
    owner = np.repeat(np.arange(len(choices)), [len(each.sizes) for each in choices])
    one_each = csr_array((np.ones(len(owner)), (owner, np.arange(len(owner)))))
    constraints = [LinearConstraint(one_each, 1, 1), LinearConstraint(sizes[None] / total, 0, 1)]
    if max_error is not None:
        constraints.append(LinearConstraint(errors[None] / (max_error * len(choices)), 0, 1))
    found = milp(
        np.concatenate([each.losses for each in choices]),
        constraints=constraints,
        integrality=np.ones(len(owner)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": gap, "time_limit": SECONDS},
    )
    if found.x is None:
        return None
    chosen = np.flatnonzero(found.x > 0.5)
    return np.asarray(sizes[chosen])
