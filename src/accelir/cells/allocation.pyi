"""Which option (a QP, or a mode) each cell gets, so that the predicted total size stays within a budget."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["METHODS", "Allocation", "allocate"]

METHODS: Final = ("reward", "lagrangian", "uniform", "variance")

@dataclass(frozen=True, eq=False)
class Allocation:
    options: NDArray[np.int32]
    predicted_bytes: float
    predicted_quality: float

def allocate(
    size: ArrayLike,
    quality: ArrayLike,
    groups: ArrayLike,
    budget: float,
    *,
    method: str = "reward",  # one of METHODS
    lookahead: float = 0.15,
    variance: ArrayLike | None = None,
    strength: float = 1.0,
) -> Allocation: ...
