"""The scale of efforts, which each format fills in its own way, and how many threads there may be."""

from __future__ import annotations

import numpy as np


def check_effort(effort: int) -> int:
    """An effort as an int, 0 to 9. Raises TypeError and ValueError for anything else."""
    if isinstance(effort, bool) or not isinstance(effort, int | np.integer):
        raise TypeError(f"effort must be an int from 0 to 9, not {type(effort).__name__}")
    if not 0 <= effort <= 9:
        raise ValueError(f"effort must be from 0 (fast) to 9 (slowest), not {effort}")
    return int(effort)


MOST_THREADS = 1024


def check_threads(threads: int) -> int:
    """A number of threads as an int, 1 to 1024. Raises TypeError and ValueError for anything else."""
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer):
        raise TypeError(f"threads must be an int from 1 to {MOST_THREADS}, not {type(threads).__name__}")
    if not 1 <= threads <= MOST_THREADS:
        raise ValueError(f"threads must be from 1 to {MOST_THREADS}, not {threads}")
    return int(threads)
