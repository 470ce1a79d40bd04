"""Which chroma subsampling is better for a picture at a budget, without making a file of either.

Quantised with a dead zone, the picture, or bands of it, says how large and wrong files of both are at a step or two;
between these the error at the budget is read off. To 4:2:0's comes what halving chroma loses by itself.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from accelir.cells.color_weights import rgb_weights
from accelir.cells.grid import BLOCK, CELL
from accelir.core import jpeg
from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.job import JpegJob, analyse

T = TypeVar("T", bound="np.generic[Any]")

_MOST_PIXELS = 1 << 18
_BAND = 64
"""A picture of twice as many pixels or more is looked at in bands of this many rows, about _MOST_PIXELS in all. Half of
smaller ones doesn't do: 26 blurred ones of 0.26 megapixels lost 0.21 dB at 1.1 bpp, six of them by the wrong choice."""

_TRIAL_EFFORT = 0
"""The trials rank subsamplings, for which the dead zone's files serve as well as the trellis's."""

_STEP_AT_1_BPP = 12.0
_SIZE_SLOPE, _ERROR_SLOPE = -0.85, -1.3
"""Of the logarithms of the size over the step and of the squared error over the size, about, on photographs."""

_LEAST_FULL, _MOST_FULL = 1.1, 2.5
"""Bounds of 4:4:4's error over that of quantisation in 4:2:0; beyond them it isn't looked at. For 37 training pictures
in `fidelity` at seven sizes from 0.4 to 4 bpp the other choice was never the right one there.
"""

_USUAL_SIDE = 16
"""Of pictures narrower than an MCU of 4:2:0, which take blocks for nothing there, 4:4:4 is always looked at."""

_FINEST, _COARSEST = 0.5, 500.0
"""Base steps between which is looked."""

_NEAR = 0.1
_MOST_STEPS = 6
"""How near in log size one of two steps must be, and how many are tried."""


def rank_subsamplings(
    pixels: NDArray[np.uint8], job: JpegJob, max_bytes: int, whole: Callable[[str], jpeg.Coefficients]
) -> list[str]:
    """ "4:2:0" and "4:4:4", first the one that the profile wants at this budget, by their decoded RGB.

    pixels: RGB; whole: gives the picture's coefficients at a subsampling.
    """
    starts = _starts(*pixels.shape[:2])
    bands = _cut(pixels, starts, 1)
    trial = dataclasses.replace(
        job,
        effort=get_effort(_TRIAL_EFFORT),
        progressive="never",
        mode_map=_cut(job.mode_map, starts, CELL),
        block_weights=None if job.block_weights is None else _cut(job.block_weights, starts, BLOCK),
        segments=b"",
    )
    room = max(max_bytes * bands.size / pixels.size, 1.0)

    def error(subsampling: str, first_step: float) -> tuple[float, float]:
        coefficients = whole(subsampling) if starts is None else analyse(bands, subsampling, job.settings)
        weights = np.multiply(3 * rgb_weights(subsampling), _real_shares(bands.shape, subsampling))
        return _error(coefficients, trial, weights, math.log(room), first_step)

    quantised, step = error("4:2:0", _STEP_AT_1_BPP * (room * 8 * 3 / bands.size) ** (1 / _SIZE_SLOPE))
    halved = quantised + jpeg.chroma_loss(bands, job.settings.chroma_smoothing)
    wanted = halved / 10 ** (job.settings.full_chroma_margin / 10)
    if min(pixels.shape[:2]) < _USUAL_SIDE or _LEAST_FULL * quantised < wanted < _MOST_FULL * quantised:
        wants_full = error("4:4:4", step)[0] < wanted
    else:
        wants_full = wanted >= _MOST_FULL * quantised
    return ["4:4:4", "4:2:0"] if wants_full else ["4:2:0", "4:4:4"]


def _starts(height: int, width: int) -> list[int] | None:
    """First rows of evenly spaced bands of a large picture, whole cells; None for one that is taken whole."""
    bands = max(_MOST_PIXELS // (_BAND * width), 1)
    if height * width < 2 * _MOST_PIXELS or height < 2 * bands * _BAND:
        return None
    return [(2 * i + 1) * (height - _BAND) // (2 * bands) // CELL * CELL for i in range(bands)]


def _cut(values: NDArray[T], starts: list[int] | None, side: int) -> NDArray[T]:
    """The bands of a picture, or of a value for each square of so many pixels, one below the other."""
    if starts is None:
        return values
    return np.concatenate([values[y // side :][: _BAND // side] for y in starts])


def _real_shares(shape: tuple[int, ...], subsampling: str) -> NDArray[np.float32]:
    """What part of the blocks' area is the picture's, (3, 1): blocks that reach beyond the edge have errors there."""
    height, width, _ = shape
    blocks = [8, 16, 16] if subsampling == "4:2:0" else [8, 8, 8]
    shares = [height * width / (-(-height // b) * -(-width // b) * b * b) for b in blocks]
    return np.array(shares, np.float32)[:, None]


def _error(
    coefficients: jpeg.Coefficients, job: JpegJob, weights: NDArray[np.float32], size: float, step: float
) -> tuple[float, float]:
    """Squared RGB error that quantisation makes in a file of a size, a logarithm, and about its base step.

    weights: of squared errors of coefficients, (3, 64); step: tried first.
    """
    settings = job.for_core(coefficients.subsampling)
    known: list[tuple[float, float]] = []
    for _ in range(_MOST_STEPS):
        found = jpeg.estimate(coefficients, settings, step, weights)
        known.append((math.log(found.bytes), math.log(max(found.error, 1.0))))
        step = min(max(step * math.exp((size - known[-1][0]) / _SIZE_SLOPE), _FINEST), _COARSEST)
        if len(known) > 1 and abs(known[-1][0] - size) < _NEAR:
            break
    (x0, y0), (x1, y1) = sorted(known, key=lambda point: abs(point[0] - size))[:2]
    slope = (y1 - y0) / (x1 - x0) if abs(x1 - x0) > _NEAR / 4 else _ERROR_SLOPE
    return math.exp(y0 + slope * (size - x0)), step
