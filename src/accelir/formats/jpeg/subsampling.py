"""Which chroma subsampling is better for a picture at a budget."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from accelir.cells.grid import CELL
from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.job import JpegJob, analyse
from accelir.formats.pillow import decode_with_pillow

T = TypeVar("T", bound="np.generic[Any]")

_TRIAL_PIXELS = 1 << 18
_TRIAL_BAND = 64
"""Subsamplings are tried on bands of this many rows, about _TRIAL_PIXELS in all."""

_TRIAL_EFFORT = 0
"""The trials rank subsamplings, for which the dead zone's files serve as well as the trellis's."""


def rank_subsamplings(pixels: NDArray[np.uint8], job: JpegJob, max_bytes: int) -> list[str]:
    """ "4:2:0" and "4:4:4", first the one that the profile wants at this budget, by their decoded RGB. pixels: RGB."""
    starts = _starts(*pixels.shape[:2])
    bands = _cut(pixels, starts, 1)
    trial = dataclasses.replace(
        job,
        effort=get_effort(_TRIAL_EFFORT),
        progressive="never",
        mode_map=_cut(job.mode_map, starts, CELL),
        cell_weights=None if job.cell_weights is None else _cut(job.cell_weights, starts, CELL),
        segments=b"",
    )
    budget = max(int(max_bytes * bands.size / pixels.size), 1)
    halved, full = (_error(bands, trial, s, budget) for s in ("4:2:0", "4:4:4"))
    wants_full = full * 10 ** (job.settings.full_chroma_margin / 10) < halved
    return ["4:4:4", "4:2:0"] if wants_full else ["4:2:0", "4:4:4"]


def _starts(height: int, width: int) -> range | None:
    """First rows of evenly spaced bands of a large picture; None for one that is tried whole."""
    every = height * width // _TRIAL_PIXELS
    if every < 2 or height < 2 * _TRIAL_BAND:
        return None
    return range(0, height - _TRIAL_BAND + 1, _TRIAL_BAND * every)


def _cut(values: NDArray[T], starts: range | None, side: int) -> NDArray[T]:
    """The bands of a picture, or of a value for each square of so many pixels, one below the other."""
    if starts is None:
        return values
    return np.concatenate([values[y // side :][: _TRIAL_BAND // side] for y in starts])


def _error(pixels: NDArray[np.uint8], job: JpegJob, subsampling: str, max_bytes: int) -> float:
    """Mean squared RGB error at the budget; infinite when it cannot be met."""
    encoding = job.run(analyse(pixels, subsampling, job.settings), max_bytes=max_bytes)
    if not encoding.data:
        return float("inf")
    difference = decode_with_pillow(encoding.data, "JPEG").astype(np.float32) - pixels
    return float(np.mean(difference * difference))
