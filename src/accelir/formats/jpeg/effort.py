"""What the efforts 0 to 9 buy in a JPEG, from a dead zone in one kind of scan to everything that was found to help."""

from __future__ import annotations

from dataclasses import dataclass

from accelir.formats.effort import check_effort


@dataclass(frozen=True)
class JpegEffort:
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
    rounds: int
    """Files more that the loop on the profile's metric may make."""
    tolerance: float
    """How far below the budget the size search may stop, as a share of the budget."""


_EFFORTS = (
    #          rdo, progressive, dc_trellis, scan_breadth, loops, passes, views, rounds, tolerance
    JpegEffort(False, False, False, 0, 1, 16, 0, 0, 0.004),
    JpegEffort(False, True, False, 0, 1, 16, 0, 0, 0.004),
    JpegEffort(False, True, False, 1, 1, 16, 0, 0, 0.003),
    JpegEffort(True, True, False, 0, 2, 8, 0, 0, 0.003),
    JpegEffort(True, True, True, 1, 2, 8, 0, 0, 0.003),
    JpegEffort(True, True, True, 1, 3, 12, 1, 0, 0.003),
    JpegEffort(True, True, True, 2, 3, 16, 2, 0, 0.002),
    JpegEffort(True, True, True, 2, 4, 16, 4, 1, 0.0015),
    JpegEffort(True, True, True, 2, 4, 24, 8, 2, 0.001),
    JpegEffort(True, True, True, 2, 5, 40, 8, 3, 0.0005),
)


def get_effort(effort: int) -> JpegEffort:
    """The settings of an effort, 0 (fastest) to 9. Raises TypeError and ValueError for anything else."""
    return _EFFORTS[check_effort(effort)]
