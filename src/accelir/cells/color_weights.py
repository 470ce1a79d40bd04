"""What a squared error of a DCT coefficient costs in RGB after decoding, luma counting 1.

Two things make chroma's coefficients count differently: the matrix from YCbCr to RGB (JFIF 1.02), and the triangle
filter with which decoders double subsampled chroma, which passes low frequencies four-fold in energy and damps high
ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Squared columns of the YCbCr -> RGB matrix over that of Y (3).
_CB = (0.344136**2 + 1.772**2) / 3
_CR = (1.402**2 + 0.714136**2) / 3

ZIGZAG: NDArray[np.intp] = np.array(
    sorted(range(64), key=lambda i: (i // 8 + i % 8, (i // 8) if (i // 8 + i % 8) % 2 else (i % 8)))
)
"""Row-major index of each place in zigzag order (ITU-T T.81, figure A.6), (64,)."""

VP8_RGB_WEIGHTS: NDArray[np.float64] = np.array([3 * 1.164**2, 0.392**2 + 2.017**2, 1.596**2 + 0.813**2]) * [
    1,
    1.25**2,
    1.25**2,
]
"""Squared error of the decoded RGB picture, summed over its values, for one of a Y, U or V sample of a VP8 frame, (3,).

Squared columns of the matrix of BT.601 with limited range (RFC 6386, section 9.2), and for chroma the energy that
doubling with 1/4, 3/4, 3/4, 1/4 gives to white noise, 5/4 each way.
"""

SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")


def _doubling_gain() -> NDArray[np.float64]:
    """Energy of each 8-point DCT basis vector after doubling with the weights 1/4, 3/4, 3/4, 1/4, (8,).

    The filter's Gram matrix is tridiagonal with 5/4 on and 3/8 beside the diagonal.
    """
    n = np.arange(8)
    basis = np.sqrt(np.where(n == 0, 1, 2) / 8)[:, None] * np.cos((2 * n + 1) * n[:, None] * np.pi / 16)
    gain: NDArray[np.float64] = 1.25 + 2 * 0.375 * (basis[:, 1:] * basis[:, :-1]).sum(axis=1)
    return gain


def rgb_weights(subsampling: str) -> NDArray[np.float32]:
    """Weights of Y, Cb and Cr coefficients, (3, 64) in zigzag order, for "4:4:4", "4:2:2" or "4:2:0"."""
    gain, flat = _doubling_gain(), np.ones(8)
    across = flat if subsampling == "4:4:4" else gain
    down = gain if subsampling == "4:2:0" else flat
    upsampled = np.outer(down, across).ravel()[ZIGZAG]
    return np.stack([np.ones(64), _CB * upsampled, _CR * upsampled]).astype(np.float32)
