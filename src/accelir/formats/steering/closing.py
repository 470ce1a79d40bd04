"""Targets from files: what quantisation did to the last ones tells the next ones.

Noise (descent.py) says what quantisation does on average. A file says what it did: each round makes one, asks the
networks' gradient at its very coefficients r, and takes the error as quadratic around them, by the curvature h that the
noise told. The least of it, r - slope / h, is where a coefficient should be, given the errors that all others have in
this file: they may lend or return what a neighbour was rounded up or down by. As all move at once, and the next file
rounds otherwise, targets go a part of the way only, less from round to round, and hardly where nothing survives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from accelir.formats.steering.aim import LARGEST, Aim, survival
from accelir.formats.steering.descent import Targets, descended
from accelir.formats.steering.samples import Plane

FIRST_PART, LAST_PART = 0.5, 0.2
"""Parts of the way that targets go in the first and the last round."""

File = TypeVar("File")


def steered_file(aim: Aim, make: Callable[[Sequence[Plane]], File], kept: Callable[[File], Sequence[Plane]]) -> File:
    """The file of the last targets.

    make: a file from coefficients to quantise, as Aim.own. kept: from a file the coefficients that it has, likewise.
    """
    targets = descended(aim)
    made = make(targets.coefficients)
    for turn in range(aim.descent.closed):
        _approach(targets, aim, kept(made), _part(turn, aim.descent.closed))
        made = make(targets.coefficients)
    return made


def _approach(targets: Targets, aim: Aim, real: Sequence[Plane], part: float) -> None:
    """Move targets a part of the way to where the error is least, given what a file made of them."""
    for i, way in enumerate(aim.slopes(real)):
        price = aim.price(targets.curvature.typical(i))
        way += price * (real[i] - aim.own[i])
        way /= -(targets.curvature.least(i) + price)
        way += real[i]
        way -= targets.coefficients[i]
        way *= survival(targets.coefficients[i], aim.steps[i])
        way *= np.float32(part)
        way += targets.coefficients[i]
        np.clip(way, -LARGEST, LARGEST, out=targets.coefficients[i])


def _part(turn: int, rounds: int) -> float:
    return FIRST_PART + (LAST_PART - FIRST_PART) * turn / max(rounds - 1, 1)
