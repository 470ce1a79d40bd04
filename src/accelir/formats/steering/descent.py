"""Targets by gradients through the receiver's network, while there is no file yet: noise stands for quantisation.

Descent on the coefficients c. A round asks what the network's gradient is (restoration/gradient.py) where quantisation
may leave them, and takes a step down what aim.py says, and
    RATE x step^2 x log2(1 + (c / step)^2), what a coefficient may cost in bits.
What quantisation leaves: uniform noise where a level survives, nothing where it rounds to zero, and between the two a
smooth fade, which is held constant in the derivative. Hard rounding in its place loses: errors pull levels out of zero
one by one.

The noise also tells how fast the gradient changes with a coefficient, its curvature: what of the gradient goes with
noise that is known (Hutchinson 1990, "A stochastic estimator of the trace of the influence matrix"). It is about 1
where a network passes errors on as they are, 0.1 where it removes noise, 20 where it sharpens. With it an answer is led
back to what there is without the noise, rounds between two answers know what has changed since, and steps are as short
as the curvature asks for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from accelir.formats.steering.aim import LARGEST, Aim, survival
from accelir.formats.steering.samples import Plane

RATE = 0.25
NOISE = 0.8
"""Width of the noise in steps. 1 would be that of rounding."""

FIRST_STEP, LAST_STEP = 0.9, 0.09
"""Parts of a slope that the first and last steps take, over the square root of the rounds."""
FEW = (0.3, 0.1)
"""The first step of few rounds is no larger than the one plus the other for each round: five training pictures at half
size, 0.45 bpp, gain 0.5 dB in one round of 0.4 and nothing of 0.9, in two of 0.5 0.61 dB, of 0.9 0.46."""

REMEMBERED = 0.5
"""Part of the curvature that earlier answers told, in what the next ones tell."""

LEAST_TYPICAL = 0.01
"""Of the typical curvature, for networks that make nothing of a picture."""
LEAST_CURVE = 0.5
"""No step is longer than for this curvature: what little of each coefficient a network that denoises passes on, it
passes on to all its neighbours. One of six pictures was never better steered without that (docs/tried.md)."""

_BY_SUM = np.array([0, 1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5])[np.add.outer(np.arange(8), np.arange(8))]
BANDS = tuple(np.equal(_BY_SUM, band) for band in range(6))
"""Frequencies that have one curvature, by the sum of those down and across: fewer would be told too noisily."""


@dataclass(frozen=True, eq=False)
class Curvature:
    """The receivers' curvature."""

    by_frequency: list[Plane]
    """(8, 8) a component."""

    def typical(self, component: int) -> np.float32:
        """Mean over the bands, at least LEAST_TYPICAL: what a change's price goes by."""
        by_band = [self.by_frequency[component][band].mean() for band in BANDS]
        return np.float32(max(np.mean(by_band), LEAST_TYPICAL))

    def least(self, component: int) -> Plane:
        """By frequency, no smaller than the typical one and LEAST_CURVE: quantisation moves all frequencies at once,
        and where one's own curvature is small, what others pass on to it isn't."""
        return np.maximum(self.by_frequency[component], max(self.typical(component), np.float32(LEAST_CURVE)))


@dataclass(frozen=True, eq=False)
class Targets:
    """What is to be quantised."""

    coefficients: list[Plane]
    """(rows, cols, 8, 8) a component, as Aim.own."""
    curvature: Curvature


def descended(aim: Aim) -> Targets:
    """Targets after the rounds with noise. There must be some."""
    descent = aim.descent
    found = [c.copy() for c in aim.own]
    answer: _Answer | None = None
    for turn in range(descent.rounds):
        if descent.asks(turn):
            known = None if answer is None else answer.curvature
            answer = None  # its slopes are free while networks are asked
            answer = _asked(aim, found, turn, known)
        assert answer is not None, "a descent asks in its first round"
        size = np.float32(_step_size(turn, descent.rounds))
        for i, (own, step) in enumerate(zip(aim.own, aim.steps, strict=True)):
            fade = survival(found[i], step)
            slope = found[i] * fade
            slope *= answer.curvature.by_frequency[i]
            slope += answer.slopes[i]
            slope *= fade
            price = aim.price(answer.curvature.typical(i))
            slope += price * (found[i] - own)
            slope += _rate_slope(found[i], step)
            slope *= size / np.maximum(answer.curvature.least(i), price)
            found[i] -= slope
            np.clip(found[i], -LARGEST, LARGEST, out=found[i])
    assert answer is not None
    return Targets(found, answer.curvature)


@dataclass(frozen=True, eq=False)
class _Answer:
    """What the networks said of coefficients: half the derivative at c is slopes + curvature x c, near those asked."""

    slopes: list[Plane]
    curvature: Curvature


def _asked(aim: Aim, coefficients: list[Plane], turn: int, known: Curvature | None) -> _Answer:
    """The networks' answer where quantisation may leave coefficients. known: the curvature by answers before."""
    places = [(c, step, (turn, i)) for i, (c, step) in enumerate(zip(coefficients, aim.steps, strict=True))]
    slopes = aim.slopes([_quantised(*place)[0] for place in places])
    found = []
    for i, place in enumerate(places):
        asked, noise = _quantised(*place)  # again: what it takes is free while networks are asked
        curve = _curve(noise, slopes[i])
        if known is not None:
            curve = np.float32(REMEMBERED) * known.by_frequency[i] + np.float32(1 - REMEMBERED) * curve
        found.append(curve)
        asked *= curve
        slopes[i] -= asked
    return _Answer(slopes, Curvature(found))


def _curve(noise: Plane, slope: Plane) -> Plane:
    """Curvature by frequency from what of a slope goes with the noise, (8, 8); never below 0."""
    found = np.zeros((8, 8), np.float32)
    for band in BANDS:
        part = noise[..., band]
        found[band] = max(0.0, float(np.vdot(part, slope[..., band])) / (float(np.vdot(part, part)) + 1e-6))
    return found


def _quantised(coefficients: Plane, step: Plane, seed: tuple[int, int]) -> tuple[Plane, Plane]:
    """What quantisation may make of coefficients, and the noise in it. That depends on nothing but seed and place."""
    fade = survival(coefficients, step)
    noise = np.random.default_rng(seed).random(fade.shape, dtype=np.float32)
    noise -= np.float32(0.5)
    noise *= np.float32(NOISE) * step
    noise *= fade
    fade *= coefficients
    fade += noise
    return fade, noise


def _rate_slope(coefficients: Plane, step: Plane) -> Plane:
    """Derivative of what bits cost, over twice the weight."""
    level = coefficients / step
    cost = np.square(level)
    cost += 1
    np.divide(level, cost, out=cost)
    cost *= np.float32(RATE / math.log(2)) * step
    return cost


def _step_size(turn: int, rounds: int) -> float:
    """Falls along half a cosine."""
    first, share = min(FIRST_STEP, FEW[0] + FEW[1] * rounds), (1 + math.cos(math.pi * turn / rounds)) / 2
    return (LAST_STEP + (first - LAST_STEP) * share) / math.sqrt(rounds)
