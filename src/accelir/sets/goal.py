"""What a set is for: the objective, the total, bounds and weights by picture."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.formats.budget import budget_of
from accelir.metrics import METRICS, PSNR_RGB, Metric
from accelir.metrics.psnr import decibels
from accelir.profile.model import Profile
from accelir.sets.trial import Survey, Trial

LEAST_LOG = math.log(1e-6)
"""Of errors and distances: what is lossless has no logarithm."""


@dataclass(frozen=True)
class Objective:
    """What is to be least over a set."""

    name: str
    metric: Metric | None = None
    """Whose mean score is to be best; None: squared errors count."""
    worst: bool = False
    """Whether the worst picture counts in place of the mean."""

    @property
    def needs_files(self) -> bool:
        """Whether only files that were made and decoded tell the loss."""
        return self.metric not in (None, PSNR_RGB)

    @property
    def is_absolute(self) -> bool:
        """Whether errors count as they are; for their mean the slopes suffice, which a constant part doesn't change."""
        return self.worst or self.metric is PSNR_RGB

    def log(self, trial: Trial) -> float:
        """Logarithm of what is interpolated between trials."""
        known = trial.distance if self.needs_files else trial.error
        assert known is not None
        return max(math.log(known), LEAST_LOG) if known > 0 else LEAST_LOG

    def losses(self, logs: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is added up over pictures: squared errors, points below the best score, or dB."""
        in_decibels = self.metric is not None and self.metric.unit == "dB"
        return 10 / math.log(10) * logs if in_decibels else np.exp(logs)


MSE = Objective("mse")


def objective_of(name: str, profile: Profile) -> Objective:
    """By its name; "auto" is the mean squared error, or for a profile for eyes the mean of its metric.

    Raises TypeError and ValueError.
    """
    if not isinstance(name, str):
        raise TypeError(f"objective must be a name as 'mse', not {type(name).__name__}")
    if name == "auto":
        name = "mse" if METRICS[profile.metric].unit == "dB" else profile.metric
    if name in ("mse", "worst"):
        return Objective(name, worst=name == "worst")
    if name not in METRICS:
        raise ValueError(f"objective must be 'auto', 'mse', 'worst' or one of {', '.join(METRICS)}, not {name!r}")
    return Objective(name, METRICS[name])


@dataclass(frozen=True)
class Goal:
    """What a set should be."""

    objective: Objective
    total_bytes: int | None = None
    bpp: float | None = None
    """Exactly one of the two: bytes of all files, or their bits over the pixels of all pictures."""
    min_bpp: float = 0.0
    max_bpp: float = math.inf
    """Bits per pixel that each picture has at least and at most."""
    weights: Sequence[float] | None = None
    """What the pictures' losses count, above 0; None: all alike."""
    min_psnr: float | None = None
    """PSNR, dB, of the mean squared error over the set, at least; None: whatever it is."""

    def __post_init__(self) -> None:
        budget_of(self.bpp, self.total_bytes, (1, 1))
        for name, value in (("min_bpp", self.min_bpp), ("max_bpp", self.max_bpp)):
            if isinstance(value, bool) or not isinstance(value, numbers.Real):
                raise TypeError(f"{name} must be a number, not {type(value).__name__}")
        if not 0 <= self.min_bpp <= self.max_bpp or self.max_bpp == 0:
            raise ValueError(f"min_bpp is 0 or more and max_bpp above it, not {self.min_bpp} and {self.max_bpp}")
        if self.weights is not None and not all(0 < weight < math.inf for weight in self.weights):
            raise ValueError("weights are finite numbers above 0")
        if self.min_psnr is not None and self.objective.worst:
            raise ValueError("min_psnr bounds the mean, and the objective is 'worst'; give one of both")

    def total(self, pixels: int) -> int:
        """Bytes for pictures of so many pixels in all."""
        return budget_of(self.bpp, self.total_bytes, (pixels, 1))

    def bounds(self, survey: Survey) -> tuple[float, float]:
        """Least and most bytes that a picture may have."""
        return self.min_bpp * survey.pixels / 8, self.max_bpp * survey.pixels / 8

    def weights_of(self, count: int) -> NDArray[np.float64]:
        """(count,), 1 on the mean. Raises ValueError for weights of another number of pictures."""
        if self.weights is None:
            return np.ones(count)
        if len(self.weights) != count:
            raise ValueError(f"weights are one for each picture: {count}, not {len(self.weights)}")
        weights = np.asarray(self.weights, np.float64)
        return np.asarray(weights / weights.mean())

    @property
    def max_error(self) -> float | None:
        """Mean squared error of the set, at most."""
        return None if self.min_psnr is None else 255**2 * 10 ** (-self.min_psnr / 10)


def set_psnr(errors: Sequence[float]) -> float:
    """PSNR, dB, of the mean of squared errors."""
    return float(decibels(np.mean(errors)))
