"""The passes over a set: what its pictures cost, how they share the total, the files, and what is left over."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from accelir.errors import BudgetError
from accelir.sets.choices import Choices, choices_of
from accelir.sets.goal import LEAST_LOG, MSE, Goal
from accelir.sets.share import shares
from accelir.sets.trial import Survey, Trial

FACTORS = (0.3, 0.65, 1.4, 3.0)
"""Of the share that estimates say: sizes of the files that are tried where only files tell."""
TIGHT = 4.0
"""A total below so many times the smallest files that were estimated needs the smallest ones exactly."""
SATURATED = 0.8
"""A file below this share of its budget can't be larger; one above may be before a leap."""
ENOUGH = 0.995
"""Share of the total that is to be used."""
MOVED = 0.005
"""Shares that change by less are left as they are."""
NEAR = 0.3
"""Of log size: estimates nearer to a file than that say less than the file."""
MOST_ROUNDS = 6
SPENT_LATER = 8
"""One picture in so many gets what the others left over."""
REST = 2e-4
"""Share of the total that may be left over."""


@dataclass(frozen=True)
class Order:
    """A file to be made."""

    candidate: int
    """Which encoder makes it."""
    max_bytes: int


@dataclass(frozen=True)
class Reached:
    """A file that was made; above the order's bytes only where the smallest is."""

    size: int
    error: float | None = None
    """Mean squared error, where it is asked for."""


class Studio(Protocol):
    """Whoever has the pictures, and keeps the files. Pictures go by their numbers from 0 on."""

    def survey(self) -> list[tuple[Survey, ...]]:
        """What each picture costs by estimate, a survey for each encoder."""

    def attempt(self, budgets: Sequence[Sequence[int]]) -> list[tuple[Survey, ...]]:
        """What files of these sizes are like, made and judged, a survey for each encoder."""

    def smallest(self) -> list[int]:
        """Bytes of the smallest file of each picture."""

    def encode(self, orders: Mapping[int, Order], *, judged: bool) -> dict[int, Reached]:
        """Make files, in the place of earlier ones. judged: whether errors are asked for."""


@dataclass(frozen=True)
class Spent:
    """A set that is done."""

    orders: list[Order]
    """The last for each picture."""
    reached: list[Reached]
    choices: list[Choices]
    """What was known of each picture."""
    total: int
    """Bytes that there were."""


def spend(studio: Studio, goal: Goal, *, tries_files: bool) -> Spent:
    """All passes.

    tries_files: whether estimates don't suffice: with a network, several encoders, or a metric of its own. Raises
    BudgetError for a total below that of the smallest files, TargetError as share.bounded does.
    """
    surveys = studio.survey()
    if not surveys:
        return Spent([], [], [], 0)
    # Estimates know squared errors alone.
    plan = _Plan.of(studio, replace(goal, objective=MSE, min_psnr=None) if tries_files else goal, surveys)
    if tries_files:
        plan.surveys = studio.attempt([_around(size) for size in plan.sizes()])
        plan.goal = goal
    judged = goal.objective.is_absolute and not tries_files
    made = _Made(studio, judged)
    made.order(plan.orders(plan.sizes()))
    best = (plan.loss(made), dict(made.orders)) if judged else None
    for _ in range(MOST_ROUNDS):
        if not (plan.learns(made) or (judged and plan.corrects(made))):
            break
        made.order(plan.moved(made))
        if best is not None and made.size <= plan.total:
            best = min(best, (plan.loss(made), dict(made.orders)), key=lambda pair: pair[0])
    if best is not None:
        made.order({i: order for i, order in best[1].items() if order != made.orders[i]})
    made.order(plan.for_the_rest(made))
    numbers = range(len(surveys))
    return Spent([made.orders[i] for i in numbers], [made.reached[i] for i in numbers], plan.choices(), plan.total)


def _around(size: float) -> list[int]:
    return [max(int(factor * size), 1) for factor in FACTORS]


@dataclass
class _Made:
    """Files as they stand."""

    studio: Studio
    judged: bool
    orders: dict[int, Order] = field(default_factory=dict)
    reached: dict[int, Reached] = field(default_factory=dict)

    def order(self, orders: Mapping[int, Order]) -> None:
        self.orders |= orders
        self.reached |= self.studio.encode(orders, judged=self.judged) if orders else {}

    @property
    def size(self) -> int:
        return sum(reached.size for reached in self.reached.values())


@dataclass
class _Plan:
    """What is known of the pictures; it grows with what files teach."""

    studio: Studio
    goal: Goal
    surveys: list[tuple[Survey, ...]]
    total: int
    floors: list[float]
    """Bytes of the smallest files, as far as known, else of the smallest that were estimated."""
    ceilings: list[float]
    """Bytes of the largest files, infinite where unknown."""
    exact: bool = False
    """Whether all floors are known."""
    measured: dict[int, list[Trial]] = field(default_factory=dict)
    """Files that correct the estimates."""

    @classmethod
    def of(cls, studio: Studio, goal: Goal, surveys: list[tuple[Survey, ...]]) -> _Plan:
        first = [min(trial.size for survey in each for trial in survey.trials) for each in surveys]
        total = goal.total(sum(each[0].pixels for each in surveys))
        plan = cls(studio, goal, surveys, total, first, [math.inf] * len(surveys))
        if total < TIGHT * sum(max(least, goal.bounds(each[0])[0]) for least, each in zip(first, surveys, strict=True)):
            plan.ask_for_the_smallest()
        return plan

    def ask_for_the_smallest(self) -> None:
        """Raises BudgetError where they and the goal's least sizes are more than the total."""
        self.floors, self.exact = [float(size) for size in self.studio.smallest()], True
        least = math.ceil(sum(each.sizes[0] for each in self.choices()))
        if least > self.total:
            raise BudgetError(
                f"a total of {self.total:,} bytes can't be met: the smallest files of these {len(self.surveys)} "
                f"pictures have {least:,} bytes in all; ask for that much, or for fewer or smaller pictures",
                least,
            )

    def choices(self) -> list[Choices]:
        weights = self.goal.weights_of(len(self.surveys))
        return [self._choices(i, float(weight)) for i, weight in enumerate(weights)]

    def _choices(self, i: int, weight: float) -> Choices:
        surveys = self.surveys[i]
        low, high = self.goal.bounds(surveys[0])
        least = min(max(self.floors[i], low), self.ceilings[i])
        # Above the finest trial curves are continued: to lossless files, four times as large as what steps of 3 give.
        finest = 4 * max(trial.size for survey in surveys for trial in survey.trials)
        most = min(high, self.ceilings[i], max(finest, least))
        return choices_of(surveys, self.goal.objective, weight, least, max(most, self.floors[i]))

    def sizes(self) -> list[float]:
        choices = self.choices()
        if not self.exact and sum(each.sizes[0] for each in choices) > self.total:
            self.ask_for_the_smallest()
            choices = self.choices()
        return list(shares(self.goal, choices, self.total))

    def orders(self, sizes: Sequence[float]) -> dict[int, Order]:
        """At these sizes, by the encoder that is best there."""
        found = zip(self.choices(), sizes, strict=True)
        return {i: Order(each.candidate(size), max(int(size), 1)) for i, (each, size) in enumerate(found)}

    def loss(self, made: _Made) -> float:
        """What the files lose, by the errors that were measured; infinite for files above the total."""
        weights = self.goal.weights_of(len(self.surveys))
        errors = np.maximum([made.reached[i].error or 0.0 for i in range(len(self.surveys))], math.exp(LEAST_LOG))
        losses = weights * self.goal.objective.losses(np.log(errors))
        return (
            math.inf if made.size > self.total else float(losses.max() if self.goal.objective.worst else losses.sum())
        )

    def learns(self, made: _Made) -> bool:
        """What files say of the smallest and the largest; whether shares must change for it."""
        over, full = False, False
        for i, reached in made.reached.items():
            asked = made.orders[i].max_bytes
            if reached.size > asked:
                self.floors[i], over = float(reached.size), True
            elif reached.size < SATURATED * asked and math.isinf(self.ceilings[i]):
                self.ceilings[i], full = float(max(reached.size, self.floors[i])), True
        if over and made.size > self.total:
            self.ask_for_the_smallest()
            return True
        return full and made.size < ENOUGH * self.total

    def corrects(self, made: _Made) -> bool:
        """Move errors to where those of the files are; whether shares move for it."""
        for i, reached in made.reached.items():
            assert reached.error is not None
            now = self._choices(i, 1.0).error(reached.size)
            # Of its budget: where sizes leap, there may be no file between it and the one that was made.
            self.measured.setdefault(i, []).append(Trial(made.orders[i].max_bytes, reached.error))
            (survey,) = self.surveys[i]
            self.surveys[i] = (_corrected(survey, reached.error - now, self.measured[i]),)
        return bool(self.moved(made))

    def moved(self, made: _Made) -> dict[int, Order]:
        """New orders where shares are others than before; with the files that stay they keep within the total."""
        orders = self.orders(self.sizes())
        new = {i: order for i, order in orders.items() if _differs(order, made.orders[i])}
        room = self.total - sum(made.reached[i].size for i in orders if i not in new)
        asked = sum(order.max_bytes for order in new.values())
        if asked <= room:
            return new
        # What stays takes a little more than its new share.
        return {i: replace(order, max_bytes=max(int(order.max_bytes * room / asked), 1)) for i, order in new.items()}

    def for_the_rest(self, made: _Made) -> dict[int, Order]:
        """Larger orders for some pictures, of what all left over."""
        rest = self.total - made.size
        if rest < REST * self.total:
            return {}
        open_ones = [i for i in made.reached if math.isinf(self.ceilings[i]) and self._room(made, i) > 0]
        open_ones.sort(key=lambda i: self._gain(made, i), reverse=True)
        chosen = open_ones[: max(len(made.reached) // SPENT_LATER, 1)]
        held = sum(made.reached[i].size for i in chosen)
        return {i: self._grown(made, i, rest * made.reached[i].size / held) for i in chosen}

    def _room(self, made: _Made, i: int) -> float:
        return self.goal.bounds(self.surveys[i][0])[1] - made.reached[i].size

    def _gain(self, made: _Made, i: int) -> float:
        """What more bytes are worth: to the worst picture most."""
        curve, size = self._choices(i, float(self.goal.weights_of(len(self.surveys))[i])).curve(), made.reached[i].size
        if self.goal.objective.worst:
            return curve.loss(size)
        return curve.loss(size) - curve.loss(1.02 * size)

    def _grown(self, made: _Made, i: int, more: float) -> Order:
        return replace(made.orders[i], max_bytes=made.reached[i].size + int(min(more, self._room(made, i))))


def _corrected(survey: Survey, by: float, files: Sequence[Trial]) -> Survey:
    """Estimates moved by a constant, none to less than a third, and files in the place of those near them."""
    kept = [t for t in survey.trials if all(abs(math.log(t.size / file.size)) > NEAR for file in files)]
    moved = [replace(trial, error=max(trial.error + by, trial.error / 3)) for trial in kept]
    return replace(survey, trials=(*moved, *files))


def _differs(new: Order, old: Order) -> bool:
    moved = abs(new.max_bytes / old.max_bytes - 1) > MOVED
    return bool(np.any([moved, new.candidate != old.candidate]))
