"""Targets by gradients through the receiver's network: what the coefficients should be, for it to meet the original.

Gradient descent on the coefficients c. A round decodes what quantisation may make of them, asks the network's gradient
(restoration/gradient.py), and takes a step down the sum of
    the restored picture's squared error, a part of which is that of a guard, a network of another kind,
    CHANGE times the squared change of the decoded picture: both so that networks that nobody asked don't lose what this
    one gains,
    RATE x step^2 x log2(1 + (c / step)^2), what a coefficient may cost in bits,
all per pixel and over the three colours. What quantisation makes: uniform noise where a level survives, nothing
where it rounds to zero, and between the two a smooth fade, which is held constant in the derivative. Hard rounding in
its place loses: errors pull levels out of zero one by one. The answer is then led back to what there is without the
noise, by CURVE: most of what the noise itself makes falls out. Steps are over what a squared error of each coefficient
costs in RGB (cells/color_weights.py).

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
from accelir.formats.reference import Descent, Reference
from accelir.formats.samples import JpegSamples, Plane

CHANGE = 0.85
RATE = 0.2
NOISE = 0.8
"""Width of the noise in steps. 1 would be that of rounding."""

SURVIVAL, FADE = 0.6, 0.1
"""Levels below the one become zero, give or take the other."""

FIRST_STEP, LAST_STEP = 0.9, 0.09
"""Parts of a gradient over its weight that the first and last steps take, over the square root of the rounds."""
FEW = (0.3, 0.1)
"""The first step of few rounds is no larger than the one plus the other for each round: five training pictures at half
size, 0.45 bpp, gain 0.5 dB in one round of 0.4 and nothing of 0.9, in two of 0.5 0.61 dB, of 0.9 0.46."""

MOMENTUM = 0.9
CURVE = 1.5
"""Second derivative of the restored picture's squared error by the decoded picture, which is taken as the same for all
of it. From answers to two noises it is 1 to 2 for coefficients that matter. Four pictures held out gain 0.364 dB with
it at 1.2 bpp, 0.351 with 1 and 0.353 with 2; with the noise left in, 0.345.
"""

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
    costs = rgb_weights("4:4:4" if samples.subsampling == "gray" else samples.subsampling)
    weights = [_natural(row) for row in costs[: len(own)]]
    found, pace = [c.copy() for c in own], [np.zeros_like(c) for c in own]
    price = change * descent.change * reference.doubt
    answer: _Answer | None = None
    for turn in range(descent.rounds):
        fades = [_survival(c, step) for c, step in zip(found, steps, strict=True)]
        if answer is None or descent.asks(turn):
            decoded = samples.decode(_noisy(found, fades, steps, turn))
            answer = _Answer(decoded, reference.gradient(decoded))
        slopes = samples.transpose(answer.bounded(samples.decode([c * f for c, f in zip(found, fades, strict=True)])))
        size = _step_size(turn, descent.rounds) / (1 - MOMENTUM ** (turn + 1))
        for i, slope in enumerate(slopes):
            slope *= fades[i] / (6 * weights[i])  # 2 x 3 colours
            slope += price * (found[i] - own[i]) + _rate_slope(found[i], steps[i])
            pace[i] *= MOMENTUM
            pace[i] += (1 - MOMENTUM) * slope
            found[i] -= np.float32(size) * pace[i]
            np.clip(found[i], -LARGEST, LARGEST, out=found[i])
    return found


def _survival(coefficients: Plane, step: Plane) -> Plane:
    """How much of each coefficient survives quantisation, 0 to 1."""
    beyond = (np.abs(coefficients) / step - np.float32(SURVIVAL)) / np.float32(FADE)
    return np.reciprocal(1 + np.exp(-beyond), dtype=np.float32)


def _noisy(coefficients: list[Plane], fades: list[Plane], steps: Sequence[Plane], turn: int) -> list[Plane]:
    """What a file may have in the place of coefficients. The noise depends on nothing but turn, component and place."""
    noisy = []
    for i, (c, fade, step) in enumerate(zip(coefficients, fades, steps, strict=True)):
        noise = np.random.default_rng((turn, i)).random(c.shape, dtype=np.float32)
        noise -= np.float32(0.5)
        noise *= np.float32(NOISE) * step
        noisy.append((c + noise) * fade)
    return noisy


@dataclass(frozen=True, eq=False)
class _Answer:
    """What the networks said of a decoded picture: the gradient by its RGB."""

    decoded: Plane
    gradient: Plane

    def bounded(self, decoded: Plane) -> Plane:
        """The gradient at another decoded picture, without what would move values farther out of 0 to 255, where nobody
        sees it.
        """
        gradient = self.gradient + np.float32(CURVE) * (decoded - self.decoded)
        gradient[(decoded < 0) & (gradient > 0) | (decoded > 255) & (gradient < 0)] = 0
        return gradient


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
