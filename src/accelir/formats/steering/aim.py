"""What is sought: coefficients near a picture's own, from which the receivers' networks make what they should.

Steering goes down the sum of
    the restored picture's squared error, a part of which is that of a guard, a network of another kind,
    CHANGE times the squared change of the decoded picture, times what squared errors typically count after the
    networks: both so that networks that nobody asked don't lose what this one gains,
and of what bits cost, all per pixel and over the three colours: first with noise in the place of quantisation
(descent.py), then from files (closing.py). Units are such that a coefficient's own squared error in RGB has a curvature
of 1 (cells/color_weights.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.cells.color_weights import ZIGZAG, rgb_weights
from accelir.formats.steering.reference import Reference
from accelir.formats.steering.rounds import Descent
from accelir.formats.steering.samples import JpegSamples, Plane

CHANGE = 0.8

LARGEST = 1024
"""Of a coefficient of 8-bit samples, which are -128 to 127 before the DCT."""

SURVIVAL, FADE = 0.6, 0.1
"""Levels below the one become zero, give or take the other."""


@dataclass(frozen=True, eq=False)
class Aim:
    """A picture, its receivers, and how long to steer for them. Components are of Y, or of Y, Cb and Cr."""

    own: Sequence[Plane]
    """The picture's coefficients, (rows, cols, 8, 8) a component, in units of 8-bit samples of an orthonormal
    transform."""
    steps: Sequence[Plane]
    """Of quantisation, (8, 8) a component, as finely as the file will have them."""
    samples: JpegSamples
    reference: Reference
    descent: Descent
    change: float = CHANGE
    """What a squared change of the decoded picture costs. The descent takes a part of it, a reference in doubt a
    multiple."""

    def price(self, typical: np.float32) -> np.float32:
        """What a squared change costs in this descent. typical: the networks' curvature."""
        counted = max(float(typical), self.reference.least_curvature)
        return np.float32(self.change * self.descent.change * self.reference.doubt * counted)

    def slopes(self, coefficients: Sequence[Plane]) -> list[Plane]:
        """Half the derivative of the restored picture's squared error by the coefficients.

        Without what would move decoded values farther out of 0 to 255, where nobody sees it.
        """
        slopes = self.samples.transpose(self._gradient(coefficients))
        kind = self.samples.subsampling
        for slope, row in zip(slopes, rgb_weights("4:4:4" if kind == "gray" else kind), strict=False):
            slope /= 6 * _natural(row)  # 2 x 3 colours
        return slopes

    def _gradient(self, coefficients: Sequence[Plane]) -> Plane:
        """By the decoded RGB, HxWx3."""
        decoded = self.samples.decode(coefficients)
        gradient = self.reference.gradient(decoded)
        for colour in range(3):
            value, slope = decoded[..., colour], gradient[..., colour]
            slope[((value < 0) & (slope > 0)) | ((value > 255) & (slope < 0))] = 0
        return gradient


def survival(coefficients: Plane, step: Plane) -> Plane:
    """How much of each coefficient survives quantisation, 0 to 1."""
    found = np.abs(coefficients)
    found /= step * np.float32(-FADE)
    found += np.float32(SURVIVAL / FADE)
    np.exp(found, out=found)
    found += 1
    return np.reciprocal(found, out=found)


def _natural(row: NDArray[np.float32]) -> Plane:
    """64 numbers in zigzag order as 8x8."""
    out = np.empty(64, np.float32)
    out[ZIGZAG] = row
    return out.reshape(8, 8)
