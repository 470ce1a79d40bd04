"""What the efforts 0 to 9 buy, from a dead zone in one kind of scan to everything that was found to help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Effort:
    """The settings of one effort."""

    rdo: bool
    """Whether modes run their trellis; otherwise their dead zone quantises."""
    progressive: bool
    """Whether progressive files are tried."""
    dc_trellis: bool
    """Whether DC levels are optimised too, where modes run their trellis."""
    scan_breadth: int
    """Ways of cutting the spectrum into scans that are tried, 0 to 2."""
    loops: int
    """Quantisations of a sample before the first of the whole picture, each with the code lengths of the one before."""
    passes: int
    """Quantisations of the whole picture that the size search may make."""
    views: int
    """Orientations in which the closed loop restores the original; 0 leaves the loop out."""
    tolerance: float
    """How far below the budget the size search may stop, as a share of the budget."""


_EFFORTS = (
    #      rdo, progressive, dc_trellis, scan_breadth, loops, passes, views, tolerance
    Effort(False, False, False, 0, 1, 16, 0, 0.004),
    Effort(False, True, False, 0, 1, 16, 0, 0.004),
    Effort(False, True, False, 1, 1, 16, 0, 0.003),
    Effort(True, True, False, 0, 2, 8, 0, 0.003),
    Effort(True, True, True, 1, 2, 8, 0, 0.003),
    Effort(True, True, True, 1, 3, 12, 1, 0.003),
    Effort(True, True, True, 2, 3, 16, 2, 0.002),
    Effort(True, True, True, 2, 4, 16, 4, 0.0015),
    Effort(True, True, True, 2, 4, 24, 8, 0.001),
    Effort(True, True, True, 2, 5, 40, 8, 0.0005),
)


def get_effort(effort: int) -> Effort:
    """The settings of an effort, 0 (fastest) to 9. Raises TypeError and ValueError for anything else."""
    if isinstance(effort, bool) or not isinstance(effort, int | np.integer):
        raise TypeError(f"effort must be an int from 0 to 9, not {type(effort).__name__}")
    if not 0 <= effort <= 9:
        raise ValueError(f"effort must be from 0 (fast) to 9 (slowest), not {effort}")
    return _EFFORTS[effort]
