"""What the efforts 0 to 9 buy in a WebP, from one way to code luma, chosen by its score, to trellises of all modes."""

from __future__ import annotations

from dataclasses import dataclass

from accelir.formats.effort import check_effort


@dataclass(frozen=True)
class WebpEffort:
    """The settings of one effort."""

    rank_by_tokens: bool
    """Whether modes are ranked by their tokens' bits, else by a rough estimate of these."""
    doubt: float
    """Luma is tried whole and in subblocks where its score is within this factor of favouring neither; 1: nowhere."""
    subblock_trellises: int
    """The best modes of 4x4 subblocks, by rounding, that the trellis quantises before the choice, 1 to 10."""
    block_trellises: int
    """The same for modes of whole luma and of chroma, 1 to 4."""
    measure_filter: bool
    """Whether the loop filter's level is chosen by measuring, else by the quantiser."""
    paced: bool
    """Whether the first frame is led to its size while it is coded, so that rows differ a little in quality."""
    rounds: int
    """Files more that the loop on the profile's metric may make."""
    passes: int
    """Passes over the whole picture that the size search may make."""
    tolerance: float
    """How far below the budget the size search may stop, as a share of the budget."""


BOTH_WAYS = 1e6
"""More than any doubt: nothing is left out."""

_EFFORTS = (
    # rank_by_tokens, doubt, subblock_trellises, block_trellises, measure_filter, paced, rounds, passes, tolerance
    WebpEffort(False, 1.4, 1, 1, False, True, 0, 12, 0.004),
    WebpEffort(True, 1.4, 1, 1, False, True, 0, 12, 0.003),
    WebpEffort(True, 1.4, 1, 1, True, False, 0, 12, 0.003),
    WebpEffort(True, 2.0, 1, 1, True, False, 0, 12, 0.003),
    WebpEffort(True, 3.0, 2, 1, True, False, 0, 12, 0.003),
    WebpEffort(True, 3.0, 3, 1, True, False, 0, 12, 0.003),
    WebpEffort(True, 8.0, 3, 2, True, False, 0, 16, 0.002),
    WebpEffort(True, BOTH_WAYS, 4, 4, True, False, 1, 16, 0.0015),
    WebpEffort(True, BOTH_WAYS, 6, 4, True, False, 2, 24, 0.001),
    WebpEffort(True, BOTH_WAYS, 10, 4, True, False, 3, 40, 0.0005),
)


def get_effort(effort: int) -> WebpEffort:
    """The settings of an effort, 0 (fastest) to 9. Raises TypeError and ValueError for anything else."""
    return _EFFORTS[check_effort(effort)]
