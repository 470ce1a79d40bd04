"""How long to steer, by effort."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Descent:
    """How long to steer."""

    rounds: int
    asked: int
    """Rounds that ask the networks, all or at most half: then the first two, and every second one as long as this
    lasts. The others carry on from the last answer, as if a change of the decoded picture were the restored one's."""
    change: float = 1.0
    """What a squared change of the decoded picture costs, over what the format sets. The longer a descent, the less of
    its changes serves the asked network alone: so more of them are free."""
    momentum: float = 0.0
    """Part of the pace that a round keeps, 0 to 1. Much of it serves the asked networks at the cost of others
    (docs/tried.md)."""

    def asks(self, turn: int) -> bool:
        """Whether a round asks, by its number from 0 on."""
        return self.asked == self.rounds or turn == 0 or (turn % 2 == 1 and turn < 2 * self.asked - 2)


DESCENTS = (
    *[Descent(0, 0)] * 3,
    Descent(4, 2),
    Descent(8, 4),
    Descent(12, 6),
    Descent(24, 12, 0.65),
    Descent(36, 18, 0.55),
    Descent(56, 28, 0.5),
    Descent(80, 40, 0.45),
)
"""By effort. Asking takes nearly all of the time."""
