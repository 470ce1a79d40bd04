"""Luma of pictures, in which several metrics compare."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of R, G and B in luma, of ITU-R BT.601 as in JFIF."""


def luma_of(picture: NDArray[Any]) -> NDArray[np.float64]:
    """Luma of an HxWx3 RGB or HxW gray picture, unrounded, HxW."""
    return picture @ LUMA if picture.ndim == 3 else picture.astype(np.float64)
