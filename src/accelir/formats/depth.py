"""More than 8 bits a value become 8: integers of 16 bits, and Pillow's modes I;16, I and F."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_ROWS = 256
"""Rows that are scaled at a time, so that little memory goes into numbers of more bits."""


def is_deep(image: Image.Image) -> bool:
    """Whether a Pillow image has more than 8 bits a value."""
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def shallow(image: Image.Image) -> NDArray[np.uint8]:
    """A deep gray image in 8 bits, uint8 HxW.

    White is 65,535 in the modes I;16; in I the first of 255 and 65,535 that no value exceeds, in F that of 1, 255 and
    65,535. Raises ValueError for negative values, greater ones, and what is no number.
    """
    values = np.asarray(image)
    return scaled(values, 65535 if image.mode.startswith("I;16") else _white(values, image.mode))


def scaled(values: NDArray[Any], white: int = 65535) -> NDArray[np.uint8]:
    """Values 0 to `white` as 0 to 255, rounded. values: any shape, integers or floats."""
    out = np.empty(values.shape, np.uint8)
    factor = np.float32(255 / white)
    for row in range(0, len(values), _ROWS):
        band = values[row : row + _ROWS].astype(np.float32)
        np.rint(band * factor, out=band)
        out[row : row + _ROWS] = band
    return out


def _white(values: NDArray[Any], mode: str) -> int:
    """Which of the usual whites is meant."""
    whites = (1, 255, 65535) if mode == "F" else (255, 65535)
    least, most = (values.min(), values.max()) if values.size else (0, 0)
    for white in whites:
        if least >= 0 and most <= white:
            return white
    listed = ", ".join(f"{white:,}" for white in whites[:-1])
    raise ValueError(
        f"an image of mode {mode} has values from 0 to {listed} or {whites[-1]:,} (white), not from {least} to {most}; "
        "scale them to 0..255, as an array of dtype uint8"
    )
