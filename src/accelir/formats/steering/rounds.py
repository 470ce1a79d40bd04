"""How long to steer, by effort."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True)
class Descent:
    """Rounds with noise in the place of quantisation (descent.py), then rounds from files (closing.py)."""

    rounds: int
    """Those with noise. The first two ask the networks, and every second one of the first half. The others carry on
    from the last answer, by its curvature."""
    closed: int
    """Rounds from files. All of them ask."""
    change: float = 1.0
    """What a squared change of the decoded picture costs, over what the format sets. The longer a descent, the less of
    its changes serves the asked network alone: so more of them are free."""

    @property
    def all_rounds(self) -> int:
        """Rounds of both kinds."""
        return self.rounds + self.closed

    def asks(self, turn: int) -> bool:
        """Whether a round with noise asks, by its number from 0 on."""
        return turn == 0 or (turn % 2 == 1 and 2 * turn < self.rounds)


DESCENTS = (
    *[Descent(0, 0)] * 3,
    Descent(2, 1),
    Descent(8, 1),
    Descent(8, 4),
    Descent(12, 8, 0.9),
    Descent(20, 12, 0.8),
    Descent(32, 19, 0.75),
    Descent(40, 29, 0.7),
)
"""By effort, for networks that enlarge by 4. Asking takes nearly all of the time."""


def descent_for(effort: int, scale: int) -> Descent:
    """How long to steer for networks of a scale. Where they enlarge less, a megapixel of the original takes longer, and
    there are three quarters of the rounds from files, rounded up.
    """
    found = DESCENTS[effort]
    return found if scale == 4 else dataclasses.replace(found, closed=-(-3 * found.closed // 4))
