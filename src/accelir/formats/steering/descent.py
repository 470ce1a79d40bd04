"""Targets by gradients through the receiver's network: what the coefficients should be, for it to meet the original.

Descent on the coefficients c. A round decodes what quantisation may make of them, asks the network's gradient
(restoration/gradient.py), and takes a step down the sum of
    the restored picture's squared error, a part of which is that of a guard, a network of another kind,
    CHANGE times the squared change of the decoded picture: both so that networks that nobody asked don't lose what this
    one gains,
    RATE x step^2 x log2(1 + (c / step)^2), what a coefficient may cost in bits,
all per pixel and over the three colours. What quantisation makes: uniform noise where a level survives, nothing
where it rounds to zero, and between the two a smooth fade, which is held constant in the derivative. Hard rounding in
its place loses: errors pull levels out of zero one by one.

The noise also tells how fast the gradient changes with a coefficient, its curvature: what of the gradient goes with
noise that is known (Hutchinson 1990, "A stochastic estimator of the trace of the influence matrix"). It is about 1
where a network passes errors on as they are, 0.1 where it removes noise, 20 where it sharpens. With it an answer is led
back to what there is without the noise, rounds between two answers know what has changed since, and steps are as short
as the curvature asks for. Units of all are such that a coefficient's own squared error in RGB has a curvature of 1
(cells/color_weights.py).

The targets are then quantised as any picture's coefficients are. WebP's transforms are smaller and of residuals; its
targets are found as if it were a JPEG (formats/webp/steering.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.cells.color_weights import ZIGZAG, rgb_weights
from accelir.formats.steering.reference import Reference
from accelir.formats.steering.rounds import Descent
from accelir.formats.steering.samples import JpegSamples, Plane

CHANGE = 0.7
RATE = 0.15
NOISE = 0.8
"""Width of the noise in steps. 1 would be that of rounding."""

SURVIVAL, FADE = 0.6, 0.1
"""Levels below the one become zero, give or take the other."""

FIRST_STEP, LAST_STEP = 0.9, 0.09
"""Parts of a slope that the first and last steps take, over the square root of the rounds."""
FEW = (0.3, 0.1)
"""The first step of few rounds is no larger than the one plus the other for each round: five training pictures at half
size, 0.45 bpp, gain 0.5 dB in one round of 0.4 and nothing of 0.9, in two of 0.5 0.61 dB, of 0.9 0.46."""

REMEMBERED = 0.5
"""Part of the curvature that earlier answers told, in what the next ones tell."""

LEAST_CURVE = 1.0
"""Steps are no longer than for this curvature."""

_BY_SUM = np.array([0, 1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5])[np.add.outer(np.arange(8), np.arange(8))]
BANDS = tuple(np.equal(_BY_SUM, band) for band in range(6))
"""Frequencies that have one curvature, by the sum of those down and across: fewer would be told too noisily."""

LARGEST = 1024
"""Of a coefficient of 8-bit samples, which are -128 to 127 before the DCT."""


def steered_coefficients(
    own: Sequence[Plane],
    steps: Sequence[Plane],
    samples: JpegSamples,
    reference: Reference,
    descent: Descent,
    change: float = CHANGE,
) -> list[Plane]:
    """Coefficients that a picture's own are moved to, (rows, cols, 8, 8) a component.

    own: of Y or of Y, Cb, Cr, in units of 8-bit samples of an orthonormal transform. steps: of quantisation, (8, 8) a
    component, as finely as the file will have them. change: in the place of CHANGE; the descent takes a part of it, a
    reference in doubt a multiple.
    """
    receivers = _Receivers(reference, samples)
    price = change * descent.change * reference.doubt
    found, pace = [c.copy() for c in own], [np.zeros_like(c) for c in own]
    answer: _Answer | None = None
    for turn in range(descent.rounds):
        fades = [_survival(c, step) for c, step in zip(found, steps, strict=True)]
        likely = [c * fade for c, fade in zip(found, fades, strict=True)]
        if answer is None or descent.asks(turn):
            answer = receivers.asked(likely, _noise(fades, steps, turn), answer)
        size = _step_size(turn, descent.rounds) / (1 - descent.momentum ** (turn + 1))
        for i, slope in enumerate(receivers.slopes(likely, answer)):
            slope *= fades[i]
            slope += price * (found[i] - own[i]) + _rate_slope(found[i], steps[i])
            pace[i] *= descent.momentum
            pace[i] += (1 - descent.momentum) * slope
            found[i] -= np.float32(size) * pace[i] / np.maximum(answer.curves[i], LEAST_CURVE)
            np.clip(found[i], -LARGEST, LARGEST, out=found[i])
    return found


@dataclass(frozen=True, eq=False)
class _Answer:
    """What the networks said of coefficients."""

    asked: list[Plane]
    """Those coefficients."""
    gradient: Plane
    """Derivative by the decoded RGB, HxWx3."""
    curves: list[Plane]
    """Curvature by frequency, (8, 8) a component."""


@dataclass(frozen=True, eq=False)
class _Receivers:
    """The networks, seen from coefficients."""

    reference: Reference
    samples: JpegSamples

    def asked(self, likely: list[Plane], noise: list[Plane], before: _Answer | None) -> _Answer:
        """Their answer for coefficients with noise. before: the answer before."""
        noisy = [c + n for c, n in zip(likely, noise, strict=True)]
        gradient = self.reference.gradient(self.samples.decode(noisy))
        curves = [_curves(n, slope) for n, slope in zip(noise, self._by_coefficients(gradient), strict=True)]
        if before is not None:
            kept = np.float32(REMEMBERED)
            curves = [kept * old + (1 - kept) * new for old, new in zip(before.curves, curves, strict=True)]
        return _Answer(noisy, gradient, curves)

    def slopes(self, coefficients: list[Plane], answer: _Answer) -> list[Plane]:
        """Half the derivative of the restored picture's squared error at coefficients near those that were asked."""
        slopes = self._by_coefficients(_inward(answer.gradient, self.samples.decode(coefficients)))
        for slope, curve, here, there in zip(slopes, answer.curves, coefficients, answer.asked, strict=True):
            slope += curve * (here - there)
        return slopes

    def _by_coefficients(self, gradient: Plane) -> list[Plane]:
        slopes = self.samples.transpose(gradient)
        kind = self.samples.subsampling
        for slope, row in zip(slopes, rgb_weights("4:4:4" if kind == "gray" else kind), strict=False):
            slope /= 6 * _natural(row)  # 2 x 3 colours
        return slopes


def _curves(noise: Plane, slope: Plane) -> Plane:
    """Curvature from what of a slope goes with the noise, (8, 8); never below 0."""
    found = np.zeros((8, 8), np.float32)
    for band in BANDS:
        part = noise[..., band]
        found[band] = max(0.0, float(np.vdot(part, slope[..., band])) / (float(np.vdot(part, part)) + 1e-6))
    return found


def _inward(gradient: Plane, decoded: Plane) -> Plane:
    """A gradient without what would move values farther out of 0 to 255, where nobody sees it."""
    outward = (decoded < 0) & (gradient > 0) | (decoded > 255) & (gradient < 0)
    return np.where(outward, np.float32(0), gradient)


def _survival(coefficients: Plane, step: Plane) -> Plane:
    """How much of each coefficient survives quantisation, 0 to 1."""
    beyond = (np.abs(coefficients) / step - np.float32(SURVIVAL)) / np.float32(FADE)
    return np.reciprocal(1 + np.exp(-beyond), dtype=np.float32)


def _noise(fades: list[Plane], steps: Sequence[Plane], turn: int) -> list[Plane]:
    """What quantisation may add. It depends on nothing but turn, component and place."""
    noise = []
    for i, (fade, step) in enumerate(zip(fades, steps, strict=True)):
        part = np.random.default_rng((turn, i)).random(fade.shape, dtype=np.float32)
        part -= np.float32(0.5)
        noise.append(np.float32(NOISE) * part * step * fade)
    return noise


def _rate_slope(coefficients: Plane, step: Plane) -> Plane:
    """Derivative of what bits cost, over twice the weight."""
    level = coefficients / step
    return np.float32(RATE / math.log(2)) * step * level / (1 + level * level)


def _step_size(turn: int, rounds: int) -> float:
    """Falls along half a cosine."""
    first, share = min(FIRST_STEP, FEW[0] + FEW[1] * rounds), (1 + math.cos(math.pi * turn / rounds)) / 2
    return (LAST_STEP + (first - LAST_STEP) * share) / math.sqrt(rounds)


def _natural(row: NDArray[np.float32]) -> Plane:
    """64 numbers in zigzag order as 8x8."""
    out = np.empty(64, np.float32)
    out[ZIGZAG] = row
    return out.reshape(8, 8)
