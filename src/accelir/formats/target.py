"""The smallest file that reaches a quality: budgets are tried on a picture that was analysed once.

A trial makes the best file of a budget, decodes it as receivers do, and scores it against the picture that was given.
A score's distance from the best falls about as a power of the size, so that a bracketed secant over both logarithms
needs five or six trials. Whatever network receivers run, the target holds for the decoded picture: that is what can be
looked at anywhere, and what a network gains depends on the network.
"""

from __future__ import annotations

import contextlib
import math
import numbers
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accelir.errors import BudgetError, TargetError
from accelir.formats.budget import bytes_at
from accelir.formats.format import Format, Prepared
from accelir.formats.request import Made, Request
from accelir.metrics import METRICS, Judge, Metric

BANDS = {"high": ("ssimulacra2", 90.0), "good": ("ssimulacra2", 70.0), "low": ("ssimulacra2", 50.0)}
"""Targets by name: none sees a difference side by side; one hardly does; one does, and doesn't mind."""

FIRST_BPP = 1.0
"""Of the first trial."""
FIRST_BYTES = 600
"""What it has besides: headers weigh more in small files."""
MOST_STRIDE = math.log(4)
"""Of log size, from one trial to the next."""
CLOSE = 0.005
"""The search ends where budgets smaller by this share of the file miss the target."""
APART = 0.02
"""Of log size: nearer trials say more of the search for a size than of the slope."""
USUAL_SLOPE = 1.0
"""Of log distance over log size, fallen. Of PSNR's 1.3, of SSIMULACRA 2's 0.9 to 1.2."""
NEXT_TO_NOTHING = 1e-12
"""A distance that has a logarithm."""
MOST_TRIALS = 16


@dataclass(frozen=True)
class Target:
    """A quality to reach."""

    metric: Metric
    value: float
    """Score of the decoded file, at least; at most for a metric of which less is better."""

    def __str__(self) -> str:
        return f"{self.metric.name} {self.value:g}"

    def reached_by(self, score: float) -> bool:
        return score >= self.value if self.metric.more_is_better else score <= self.value

    def margin(self, score: float) -> float:
        """How much nearer than the target a score is to the best, as the log of a ratio; below 0: farther."""
        return math.log(self._distance(self.value) / self._distance(score))

    def _distance(self, score: float) -> float:
        return max(self.metric.distance(score), NEXT_TO_NOTHING)


def target_of(target: object) -> Target:
    """A target from (name of a metric, value) or the name of a band. Raises TypeError and ValueError."""
    if isinstance(target, str):
        if target not in BANDS:
            bands = ", ".join(map(repr, BANDS))
            raise ValueError(f"target must be one of {bands} or (metric, value), not {target!r}")
        target = BANDS[target]
    if not isinstance(target, tuple | list) or len(target) != 2 or not isinstance(target[0], str):
        raise TypeError(f"target must be (metric, value) as ('ssimulacra2', 80.0), not {target!r}")
    name, value = target
    if name not in METRICS:
        raise ValueError(f"target can be in {', '.join(METRICS)}, not in {name!r}")
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"a target's value must be a number, not {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"a target's value must be finite, not {value}")
    if METRICS[name].distance(float(value)) <= 0:
        raise ValueError(f"a target in {name} must be short of what equal pictures have, not {value}")
    return Target(METRICS[name], float(value))


def reach(prepared: Prepared, request: Request, format: Format, target: Target, max_bytes: int | None) -> Made:
    """The smallest file that reaches a target; with max_bytes, where that is too small, the best within it.

    Its stats have "target", (name, value), "reached", the score, and "trials", the number of files made.
    Raises TargetError where no file of the picture reaches the target, ValueError for a picture of which the metric
    says nothing, and as `Prepared.within` does.
    """
    decoded, shape = _Decoded(request, format, target.metric), request.pixels.shape
    most = bytes_at(math.inf, shape) if max_bytes is None else max_bytes
    first = _Search(prepared, decoded, target, most)
    first.run(min(bytes_at(FIRST_BPP, shape) + FIRST_BYTES, most))
    if first.reaching is None and max_bytes is None:
        raise _target_error(target, first.trials[-1], shape, format.label)  # the finest, which is there again next time
    searches = [first]
    for other in first.alternatives():
        best = _best(searches)
        again = _Search(other, decoded, target, int((1 - CLOSE) * best.size) if target.reached_by(best.score) else most)
        with contextlib.suppress(BudgetError):
            again.run(again.most)
        searches.append(again)
    best = _best(searches)
    trials = sum(len(search.trials) for search in searches)
    told = {"target": (target.metric.name, target.value), "reached": best.score, "trials": trials}
    return replace(best.made, stats=best.made.stats | told)


class _Decoded:
    """Scores files against the picture that was given."""

    def __init__(self, request: Request, format: Format, metric: Metric) -> None:
        pixels = request.pixels
        if pixels.ndim == 2 and not format.has_gray:
            pixels = np.repeat(pixels[..., None], 3, axis=2)
        self._pixels, self._format, self._metric = pixels, format, metric
        self._hidden = None if request.alpha is None or request.exact else request.alpha == 0
        self._judge: Judge = metric.against(pixels)

    def score(self, data: bytes) -> float:
        """Pixels that nobody sees count as right."""
        decoded: NDArray[np.uint8] = self._format.decode(data)
        if self._hidden is not None:
            decoded = np.where(self._hidden[..., None], self._pixels, decoded)
        score = self._judge.score(decoded)
        if math.isnan(score):
            raise ValueError(f"{self._metric.name} says nothing of this picture; give a target in another metric")
        return score


@dataclass(frozen=True, eq=False)
class _Trial:
    """A file of a budget."""

    made: Made
    score: float
    margin: float
    """Of the score over the target."""

    @property
    def size(self) -> int:
        return len(self.made.data)

    @property
    def log_size(self) -> float:
        return math.log(self.size)


class _Search:
    """Narrows the budgets between one that misses the target and the smallest file that reaches it."""

    def __init__(self, prepared: Prepared, decoded: _Decoded, target: Target, most: int) -> None:
        self._prepared, self._decoded, self._target, self.most = prepared, decoded, target, most
        self._missing = 0  # no file of at most so many bytes reaches the target
        self._alike = 0  # trials in a row on the same side of the target
        self.reaching: _Trial | None = None
        self.trials: list[_Trial] = []

    def run(self, budget: int) -> None:
        """From a first budget on."""
        while not self._finished():
            self._try(budget)
            budget = self._next()

    def alternatives(self) -> Collection[Prepared]:
        """Other choices than those of the files on both sides of the target."""
        missing = [trial for trial in self.trials if trial.margin < 0]
        sides = [self.reaching, max(missing, key=lambda trial: trial.size, default=None)]
        found: dict[str, Prepared] = {}
        for side in sides:
            found |= {} if side is None else self._prepared.alternatives(side.made)
        return found.values()

    def _finished(self) -> bool:
        if self.reaching is None:
            return self._missing >= self.most
        closed = self._missing >= (1 - CLOSE) * self.reaching.size - 1
        return closed or len(self.trials) >= MOST_TRIALS

    def _try(self, budget: int) -> None:
        try:
            made = self._prepared.within(budget)
        except BudgetError as error:
            if error.smallest > self.most:
                raise
            self._missing, budget = error.smallest - 1, error.smallest
            made = self._prepared.within(budget)
        score = self._decoded.score(made.data)
        trial = _Trial(made, score, self._target.margin(score))
        reached = self._target.reached_by(score)
        self._alike = self._alike + 1 if self.trials and (self.trials[-1].margin >= 0) == reached else 1
        self.trials.append(trial)
        if not reached:
            finest = trial.size < budget / 2  # what is left over says that there is nothing finer
            self._missing = self.most if finest else max(self._missing, budget)
        elif self.reaching is None or trial.size < self.reaching.size:
            self.reaching = trial

    def _next(self) -> int:
        """Where the target is expected, near enough to a side that is known for the search to end there."""
        beside = CLOSE * 2 ** max(self._alike - 2, 0)
        low = math.log(self._missing) + beside if self._missing else -math.inf
        high = self.reaching.log_size - beside if self.reaching else math.inf
        if math.isfinite(high - low) and (low > high or self._alike > 2):
            aim = (low + high) / 2
        else:
            aim = min(max(self._expected(), low), high)
        return min(max(round(math.exp(aim)), self._missing + 1), self.most)

    def _expected(self) -> float:
        """Log size of a file just above the target."""
        near = min(self.trials, key=lambda trial: abs(trial.margin))
        stride = CLOSE / 2 - near.margin / self._slope(near)
        return near.log_size + min(max(stride, -MOST_STRIDE), MOST_STRIDE)

    def _slope(self, near: _Trial) -> float:
        """Of the margin over log size: between both sides of the target, else by two trials that are far enough apart
        to tell, else as is usual.
        """
        differing = [trial for trial in self.trials if trial.size != near.size]
        others = [trial for trial in differing if (trial.margin < 0) != (near.margin < 0)]
        others = others or [trial for trial in differing if abs(trial.log_size - near.log_size) > APART]
        if not others:
            return USUAL_SLOPE
        other = min(others, key=lambda trial: abs(trial.margin))
        slope = (other.margin - near.margin) / (other.log_size - near.log_size)
        return min(max(slope, USUAL_SLOPE / 4), USUAL_SLOPE * 64)


def _best(searches: Sequence[_Search]) -> _Trial:
    """The smallest file that reaches the target, else the nearest to it."""
    reaching = [search.reaching for search in searches if search.reaching is not None]
    if reaching:
        return min(reaching, key=lambda trial: trial.size)
    return max((trial for search in searches for trial in search.trials), key=lambda trial: trial.margin)


def _target_error(target: Target, finest: _Trial, shape: tuple[int, ...], label: str) -> TargetError:
    return TargetError(
        f"a target of {target} can't be reached: the finest {label} of this {shape[1]} x {shape[0]} picture has "
        f"{target.metric.name} {_rounded_down(finest.score)} at {finest.size:,} bytes; ask for that or less, or take "
        "another format or subsampling",
        finest.score,
    )


def _rounded_down(score: float) -> float:
    """To four places, so that it can be reached."""
    return math.floor(score * 1e4) / 1e4
