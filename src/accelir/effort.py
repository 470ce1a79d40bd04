"""What the efforts 0 to 9 buy, from a dead zone in one kind of scan to everything that was found to help."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """The settings of one effort."""

    rdo: bool
    """Whether modes run their trellis; otherwise their dead zone quantises."""
    progressive: bool
    """Whether progressive files are tried."""
    scan_breadth: int
    """Ways of cutting the spectrum into scans that are tried, 0 to 2."""
    loops: int
    """Quantisations of a sample before the first of the whole picture, each with the code lengths of the one before."""
    passes: int
    """Quantisations of the whole picture that the size search may make."""
    tolerance: float
    """How far below the budget the size search may stop, as a share of the budget."""
    try_subsamplings: bool
    """Whether subsampling="auto" tries on the picture what is best; otherwise it goes by the budget alone."""


_EFFORTS = (
    Effort(rdo=False, progressive=False, scan_breadth=0, loops=1, passes=16, tolerance=0.004, try_subsamplings=False),
    Effort(rdo=False, progressive=True, scan_breadth=0, loops=1, passes=16, tolerance=0.004, try_subsamplings=False),
    Effort(rdo=False, progressive=True, scan_breadth=1, loops=1, passes=16, tolerance=0.003, try_subsamplings=True),
    Effort(rdo=True, progressive=True, scan_breadth=0, loops=2, passes=8, tolerance=0.003, try_subsamplings=True),
    Effort(rdo=True, progressive=True, scan_breadth=1, loops=2, passes=8, tolerance=0.003, try_subsamplings=True),
    Effort(rdo=True, progressive=True, scan_breadth=1, loops=3, passes=12, tolerance=0.003, try_subsamplings=True),
    Effort(rdo=True, progressive=True, scan_breadth=2, loops=3, passes=16, tolerance=0.002, try_subsamplings=True),
    Effort(rdo=True, progressive=True, scan_breadth=2, loops=4, passes=16, tolerance=0.0015, try_subsamplings=True),
    Effort(rdo=True, progressive=True, scan_breadth=2, loops=4, passes=24, tolerance=0.001, try_subsamplings=True),
    Effort(rdo=True, progressive=True, scan_breadth=2, loops=5, passes=40, tolerance=0.0005, try_subsamplings=True),
)


def get_effort(effort: int) -> Effort:
    """The settings of an effort, 0 (fastest) to 9. Raises TypeError and ValueError for anything else."""
    if isinstance(effort, bool) or not isinstance(effort, int):
        raise TypeError(f"effort must be an int from 0 to 9, not {type(effort).__name__}")
    if not 0 <= effort <= 9:
        raise ValueError(f"effort must be from 0 (fast) to 9 (slowest), not {effort}")
    return _EFFORTS[effort]
