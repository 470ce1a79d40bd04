"""Bands of a picture that stand for all of it where a network is asked: `scale=` foretells by them.

Networks see bands one below the other. Near where two meet they restore what the picture hasn't, so these rows don't
count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE, BAND, FEWEST = 1 << 17, 64, 4
"""Pixels of the bands, about; rows of each; and how many there are at least."""
SEAM = 8
"""Rows at either side of a seam that don't count. With 0, sizes were foretold 0.6 dB off (the root mean square of 39
files of 13 training pictures), as smooth pictures lose most there; with 8 0.13, with 16 0.21."""


def bands_of(shape: tuple[int, ...]) -> list[int] | None:
    """First rows of evenly spaced bands of a picture of a shape, (H, W, ...), multiples of 4; None: take all of it."""
    height, width = shape[:2]
    count = max(round(SAMPLE / (BAND * width)), FEWEST)
    if count * BAND * 4 > height * 3:
        return None
    return [round(i * (height - BAND) / (count - 1)) // 4 * 4 for i in range(count)]


def joined(pixels: NDArray[Any], bands: Sequence[int], scale: int = 1) -> NDArray[Any]:
    """The bands of a picture one below the other. pixels: the picture, or what it was made at 1/scale of its sides."""
    return np.concatenate([pixels[top // scale : (top + BAND) // scale] for top in bands])


def without_seams(pixels: NDArray[Any], bands: int) -> NDArray[Any]:
    """So many bands one below the other without the rows where two meet."""
    counts = np.ones((bands, BAND), bool)
    counts[1:, :SEAM] = counts[:-1, BAND - SEAM :] = False
    return pixels[counts.ravel()]
