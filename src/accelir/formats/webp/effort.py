"""What the efforts 0 to 9 buy in a WebP, from fewer modes without a trellis to trellises of all modes."""

from __future__ import annotations

from dataclasses import dataclass

from accelir.formats.effort import check_effort


@dataclass(frozen=True)
class WebpEffort:
    """The settings of one effort."""

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
    rounds: int
    """Files more that the loop on the profile's metric may make."""
    passes: int
    """Passes over the whole picture that the size search may make."""
    tolerance: float
    """How far below the budget the size search may stop, as a share of the budget."""


_EFFORTS = (
    #          subblock_modes, subblock_trellises, block_trellises, measure_filter, loops, rounds, passes, tolerance
    WebpEffort(4, 0, 0, False, 1, 0, 12, 0.003),
    WebpEffort(10, 0, 0, False, 1, 0, 12, 0.003),
    WebpEffort(10, 1, 1, False, 1, 0, 12, 0.003),
    WebpEffort(10, 1, 1, True, 1, 0, 12, 0.003),
    WebpEffort(10, 2, 1, True, 1, 0, 12, 0.003),
    WebpEffort(10, 2, 1, True, 1, 0, 12, 0.003),
    WebpEffort(10, 3, 2, True, 2, 0, 16, 0.002),
    WebpEffort(10, 4, 4, True, 2, 1, 16, 0.0015),
    WebpEffort(10, 6, 4, True, 3, 2, 24, 0.001),
    WebpEffort(10, 10, 4, True, 4, 3, 40, 0.0005),
)


def get_effort(effort: int) -> WebpEffort:
    """The settings of an effort, 0 (fastest) to 9. Raises TypeError and ValueError for anything else."""
    return _EFFORTS[check_effort(effort)]
