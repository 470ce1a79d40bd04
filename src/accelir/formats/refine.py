"""The loop on a metric: a file is made, judged block by block, and made again with what was learnt.

A metric's error by block over the block's squared error tells what a squared error costs there. The costs change with
the file that they are read from, so only a part of them is believed, and a file is kept only where its score is better.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from accelir.cells.grid import BLOCK
from accelir.cells.masking import balanced
from accelir.formats.request import Made, Request
from accelir.metrics import METRICS, PSNR_RGB

Pixels = NDArray[np.uint8]
Make = Callable[[NDArray[np.float32] | None], Made]

TRUST = 0.5
"""Exponent of the costs read from a file; on training pictures 0.3 and 0.75 gained less."""
FLOOR = 0.05
"""Added to each block's error, as a share of their mean: a block that is perfect in one file needn't be in the next."""
ROUNDING = 0.3
"""Squared error of a pixel, summed over channels, that is left in any file: about what rounding to 8 bits makes."""


def block_weights(
    request: Request, costs: NDArray[np.float32] | None, weights: NDArray[np.float32] | None
) -> NDArray[np.float32] | None:
    """What a squared error costs in each block, (ceil(H/8), ceil(W/8)); None: the same everywhere.

    costs: what takes the place of the profile's masking. weights: over either.
    """
    masking = request.settings.profile.masking
    if costs is None and masking is not None:
        costs = masking.weights(request.pixels)
    if costs is None or weights is None:
        return weights if costs is None else costs
    return costs * weights


def refined(request: Request, make: Make, decode: Callable[[bytes], Pixels], rounds: int) -> Made:
    """The best of rounds + 1 files by the profile's metric. Raises what `make` raises.

    make: a file with these costs by block; None: with the profile's masking. Only one file is made for "psnr", whose
    errors the encoder minimises anyway, and for pictures with transparency, whose hidden parts no metric should judge.
    """
    best = make(None)
    metric = METRICS[request.settings.profile.metric]
    if not rounds or metric is PSNR_RGB or request.alpha is not None:
        return best
    shown, octaves = decode(best.data), None
    pixels = request.pixels
    if shown.ndim > pixels.ndim:  # WebP has no gray files
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    judge = metric.against(pixels)
    score = judge.score(shown)
    for _ in range(rounds):
        squares = PSNR_RGB.error_by_cell(shown, pixels, side=BLOCK)
        found = TRUST * np.log2(_costs(judge.error_by_cell(shown, side=BLOCK), squares))
        octaves = found if octaves is None else (octaves + found) / 2
        made = make(balanced(octaves))
        shown = decode(made.data)
        if (reached := judge.score(shown)) > score:
            best, score = made, reached
    return best


def _costs(errors: NDArray[np.float64], squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of a squared error in each block. errors: by the metric."""
    floor = FLOOR * errors.mean() + 1e-12  # of a lossless file no error is above 0
    return (errors + floor) / (squares + ROUNDING * BLOCK * BLOCK)
