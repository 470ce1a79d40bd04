"""The scale of efforts, which each format fills in its own way."""

from __future__ import annotations

import numpy as np


def check_effort(effort: int) -> int:
    """An effort as an int, 0 to 9. Raises TypeError and ValueError for anything else."""
    if isinstance(effort, bool) or not isinstance(effort, int | np.integer):
        raise TypeError(f"effort must be an int from 0 to 9, not {type(effort).__name__}")
    if not 0 <= effort <= 9:
        raise ValueError(f"effort must be from 0 (fast) to 9 (slowest), not {effort}")
    return int(effort)
