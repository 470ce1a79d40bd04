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


@dataclass(frozen=True)
class WebpEffort:
    """The settings of one effort for WebP."""

    subblock_modes: int
    """Modes that 4x4 subblocks choose from, 0 to 10."""
    subblock_trellises: int
    """The best of them that are quantised by the trellis before the choice; 0: rounding alone."""
    block_trellises: int
    """The same for modes of whole luma and of chroma, 0 to 4."""
    measure_filter: bool
    """Whether the loop filter's level is chosen by measuring, else by the quantiser."""
    loops: int
    """Passes over a sample before the first over the whole picture, each with the probabilities of the one before."""
    passes: int
    """Passes over the whole picture that the size search may make."""
    tolerance: float
    """How far below the budget the size search may stop, as a share of the budget."""


_WEBP_EFFORTS = (
    #          subblock_modes, subblock_trellises, block_trellises, measure_filter, loops, passes, tolerance
    WebpEffort(4, 0, 0, False, 1, 12, 0.003),
    WebpEffort(10, 0, 0, False, 1, 12, 0.003),
    WebpEffort(10, 1, 1, False, 1, 12, 0.003),
    WebpEffort(10, 1, 1, True, 1, 12, 0.003),
    WebpEffort(10, 2, 1, True, 1, 12, 0.003),
    WebpEffort(10, 2, 1, True, 1, 12, 0.003),
    WebpEffort(10, 3, 2, True, 2, 16, 0.002),
    WebpEffort(10, 4, 4, True, 2, 16, 0.0015),
    WebpEffort(10, 6, 4, True, 3, 24, 0.001),
    WebpEffort(10, 10, 4, True, 4, 40, 0.0005),
)


def get_effort(effort: int) -> Effort:
    """The settings of an effort, 0 (fastest) to 9. Raises TypeError and ValueError for anything else."""
    return _EFFORTS[_checked(effort)]


def get_webp_effort(effort: int) -> WebpEffort:
    """The same for WebP."""
    return _WEBP_EFFORTS[_checked(effort)]


def _checked(effort: int) -> int:
    if isinstance(effort, bool) or not isinstance(effort, int | np.integer):
        raise TypeError(f"effort must be an int from 0 to 9, not {type(effort).__name__}")
    if not 0 <= effort <= 9:
        raise ValueError(f"effort must be from 0 (fast) to 9 (slowest), not {effort}")
    return int(effort)
