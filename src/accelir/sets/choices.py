"""The sizes that a picture may have, what each would lose, and which of several encoders is best there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.sets.curve import Curve, Values, convex, grid, interpolated
from accelir.sets.goal import LEAST_LOG, Objective
from accelir.sets.trial import Survey


@dataclass(frozen=True, eq=False)
class Choices:
    """One picture's."""

    sizes: Values
    """Bytes, rising, (n,)."""
    losses: Values
    """By the objective, times the picture's weight, (n,)."""
    errors: Values
    """Mean squared errors, times the picture's weight, (n,)."""
    candidates: NDArray[np.intp]
    """Which encoder is meant, (n,)."""

    def curve(self, price: float = 0.0) -> Curve:
        """The hull of losses, and errors at a price."""
        return convex(self.sizes, self.losses + price * self.errors)

    def error(self, size: float) -> float:
        return float(np.interp(size, self.sizes, self.errors))

    def candidate(self, size: float) -> int:
        """The encoder for a size."""
        return int(self.candidates[np.abs(self.sizes - size).argmin()])


def choices_of(surveys: Sequence[Survey], objective: Objective, weight: float, least: float, most: float) -> Choices:
    """From a survey for each encoder. least, most: bytes that the picture may have."""
    sizes = grid(least, max(most, least))
    by_loss = [_logs(survey, sizes, [objective.log(trial) for trial in survey.trials]) for survey in surveys]
    by_error = [_logs(survey, sizes, [_log_error(trial.error) for trial in survey.trials]) for survey in surveys]
    best = np.argmin(by_loss, axis=0)
    at = (best, np.arange(len(sizes)))
    losses, errors = objective.losses(np.array(by_loss)[at]), np.exp(np.array(by_error)[at])
    return Choices(sizes, weight * losses, weight * errors, best)


def _logs(survey: Survey, sizes: Values, logs: Sequence[float]) -> Values:
    return interpolated([trial.size for trial in survey.trials], logs, sizes)


def _log_error(error: float) -> float:
    return max(float(np.log(error)), LEAST_LOG) if error > 0 else LEAST_LOG
