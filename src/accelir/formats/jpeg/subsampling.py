"""Which chroma subsampling is better for a picture at a budget."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from accelir.cells.grid import CELL
from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.job import JpegJob, analyse
from accelir.formats.pillow import decode_with_pillow

_TRIAL_PIXELS = 1 << 18
_TRIAL_BAND = 64
"""Subsamplings are tried on bands of this many rows, about _TRIAL_PIXELS in all."""

_TRIAL_EFFORT = 0
"""The trials rank subsamplings, for which the dead zone's files serve as well as the trellis's."""


def rank_subsamplings(pixels: NDArray[np.uint8], job: JpegJob, max_bytes: int) -> list[str]:
    """ "4:2:0" and "4:4:4", first the one that the profile wants at this budget, by their decoded RGB. pixels: RGB."""
    bands, mode_map = _bands(pixels, job.mode_map)
    trial = dataclasses.replace(
        job, effort=get_effort(_TRIAL_EFFORT), progressive="never", mode_map=mode_map, segments=b""
    )
    budget = max(int(max_bytes * bands.size / pixels.size), 1)
    halved, full = (_error(bands, trial, s, budget) for s in ("4:2:0", "4:4:4"))
    wants_full = full * 10 ** (job.settings.full_chroma_margin / 10) < halved
    return ["4:4:4", "4:2:0"] if wants_full else ["4:2:0", "4:4:4"]


def _bands(pixels: NDArray[np.uint8], mode_map: NDArray[np.int32]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Evenly spaced bands of a large picture and of its mode map, one below the other."""
    height, width = pixels.shape[:2]
    every = height * width // _TRIAL_PIXELS
    if every < 2 or height < 2 * _TRIAL_BAND:
        return pixels, mode_map
    starts = range(0, height - _TRIAL_BAND + 1, _TRIAL_BAND * every)
    cells = _TRIAL_BAND // CELL
    return (
        np.concatenate([pixels[y : y + _TRIAL_BAND] for y in starts]),
        np.concatenate([mode_map[y // CELL :][:cells] for y in starts]),
    )


def _error(pixels: NDArray[np.uint8], job: JpegJob, subsampling: str, max_bytes: int) -> float:
    """Mean squared RGB error at the budget; infinite when it cannot be met."""
    encoding = job.run(analyse(pixels, subsampling, job.settings), max_bytes=max_bytes)
    if not encoding.data:
        return float("inf")
    difference = decode_with_pillow(encoding.data, "JPEG").astype(np.float32) - pixels
    return float(np.mean(difference * difference))
