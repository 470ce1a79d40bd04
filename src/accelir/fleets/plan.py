"""How a fleet shares one total: a Lagrangian from the curves alone, in memory that doesn't depend on their number.

A picture at a slope has all pieces of its curve that are as steep or steeper. So the bytes of all pieces, counted by
slope as in a histogram, say what any slope takes, and the one that takes the total is looked up. Histograms of shards
add up. Slopes go in steps of two percent; what a step is too coarse for is made up by one factor for all.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.errors import BudgetError
from accelir.sets.choices import choices_of
from accelir.sets.curve import Curve
from accelir.sets.goal import Goal
from accelir.sets.trial import Survey

BINS = 1 << 12
LOWEST, HIGHEST = -50.0, 30.0
"""Of the log of a slope, squared levels per byte: wider than any picture of 1 to 2^32 pixels needs."""


def curve_of(survey: Survey, goal: Goal) -> Curve:
    """A picture's curve, within the goal's bounds."""
    low, high = goal.bounds(survey)
    sizes = [trial.size for trial in survey.trials]
    least = max(min(sizes), low)
    return choices_of([survey], goal.objective, 1.0, least, max(min(4 * max(sizes), high), least)).curve()


def _bins(curve: Curve) -> NDArray[np.intp]:
    """Of each piece; steeper ones have higher numbers."""
    logs = np.log(np.maximum(curve.slopes, math.exp(LOWEST)))
    return np.clip(((logs - LOWEST) * (BINS / (HIGHEST - LOWEST))).astype(np.intp), 0, BINS - 1)


@dataclass(frozen=True)
class Plan:
    """What each picture of a fleet gets."""

    bin: int
    """Pieces of curves from this bin on are taken."""
    factor: float
    """Sizes are larger by this factor, 1 or more."""
    total: int
    """Bytes of all files, at most."""
    pixels: int
    pictures: int

    def size(self, curve: Curve) -> float:
        """Bytes of a picture."""
        taken = np.diff(curve.sizes)[_bins(curve) >= self.bin].sum()
        return float(min((curve.least + taken) * self.factor, max(curve.most, curve.least)))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Histogram:
    """Bytes of curves' pieces by slope."""

    by_bin: NDArray[np.float64] = field(default_factory=lambda: np.zeros(BINS))
    least: float = 0.0
    """Bytes of the smallest files."""
    pixels: int = 0
    pictures: int = 0

    def add(self, survey: Survey, goal: Goal) -> None:
        curve = curve_of(survey, goal)
        np.add.at(self.by_bin, _bins(curve), np.diff(curve.sizes))
        self.least += curve.least
        self.pixels += survey.pixels
        self.pictures += 1

    def merge(self, other: Histogram) -> None:
        """Add the pictures of another one."""
        self.by_bin += other.by_bin
        self.least += other.least
        self.pixels += other.pixels
        self.pictures += other.pictures

    def plan(self, goal: Goal) -> Plan:
        """Raises BudgetError for a total below the smallest files, as far as they were estimated."""
        total = goal.total(self.pixels)
        if self.least > total:
            least = math.ceil(self.least)
            raise BudgetError(
                f"a total of {total:,} bytes can't be met: the smallest files of these {self.pictures:,} pictures are "
                f"estimated to have {least:,} bytes in all; ask for that much, or for fewer pictures",
                least,
            )
        from_bin = self.least + np.cumsum(self.by_bin[::-1])[::-1]  # bytes when pieces from each bin on are taken
        bin = int(np.searchsorted(-from_bin, -total))
        taken = from_bin[bin] if bin < BINS else self.least
        return Plan(bin, max(total / taken, 1.0), total, self.pixels, self.pictures)
