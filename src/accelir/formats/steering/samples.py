"""From a JPEG's coefficients to the RGB that decoders make of them, as a linear map, and its transpose.

Inverse DCT (ITU-T T.81, A.3.3), doubling of halved chroma by the triangle filter that libjpeg calls fancy upsampling
(each sample three parts of the nearer and one of the farther), and the matrix of JFIF 1.02. No rounding and no
clipping: both are the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_COSINES = np.cos((2 * np.arange(8) + 1) * np.arange(8)[:, None] * np.pi / 16)
_DCT = (np.sqrt(np.where(np.arange(8) == 0, 1, 2) / 8)[:, None] * _COSINES).astype(np.float32)
_DCT2 = np.kron(_DCT, _DCT)
"""Orthonormal 8x8 DCT of blocks as rows of 64, (64, 64): coefficients are samples @ _DCT2.T."""

RED_CR, GREEN_CB, GREEN_CR, BLUE_CB = (np.float32(x) for x in (1.402, -0.344136, -0.714136, 1.772))
"""What Cb - 128 and Cr - 128 add to Y in RGB (JFIF 1.02)."""

_HALVED = {"gray": (1, 1), "4:4:4": (1, 1), "4:2:2": (1, 2), "4:2:0": (2, 2)}
"""Factors by which chroma is smaller, down and across."""


@dataclass(frozen=True)
class JpegSamples:
    """The decoding of a picture's coefficients, (rows, cols, 8, 8) a component, in JPEG's units."""

    height: int
    width: int
    subsampling: str
    """"gray", "4:4:4", "4:2:2" or "4:2:0"."""

    def decode(self, coefficients: Sequence[Plane]) -> Plane:
        """RGB, HxWx3, about 0 to 255; of a gray picture three values alike."""
        planes = [self._enlarged(_samples(c), i > 0) for i, c in enumerate(coefficients)]
        planes[0] = planes[0] + np.float32(128)
        if len(planes) == 1:
            return np.repeat(planes[0][..., None], 3, axis=2)
        luma, blue, red = planes
        rgb = np.empty((self.height, self.width, 3), np.float32)
        np.add(luma, RED_CR * red, out=rgb[..., 0])
        np.add(luma, GREEN_CB * blue + GREEN_CR * red, out=rgb[..., 1])
        np.add(luma, BLUE_CB * blue, out=rgb[..., 2])
        return rgb

    def transpose(self, gradient: Plane) -> list[Plane]:
        """The transposed map: from the derivative by RGB, HxWx3, to that by the coefficients."""
        red, green, blue = (gradient[..., i] for i in range(3))
        luma = red + green
        luma += blue
        slopes = [_coefficients(luma)]
        if self.subsampling == "gray":
            return slopes
        del luma
        chroma = GREEN_CB * green
        chroma += BLUE_CB * blue
        slopes.append(_coefficients(self._reduced(chroma, chroma=True)))
        chroma = RED_CR * red
        chroma += GREEN_CR * green
        slopes.append(_coefficients(self._reduced(chroma, chroma=True)))
        return slopes

    def _factors(self, chroma: bool) -> tuple[int, int]:
        return _HALVED[self.subsampling] if chroma else (1, 1)

    def _enlarged(self, plane: Plane, chroma: bool) -> Plane:
        """A component's samples at full size, without what fills its last blocks."""
        down, across = self._factors(chroma)
        plane = plane[: -(-self.height // down), : -(-self.width // across)]
        if across == 2:
            plane = _doubled(plane.T).T
        if down == 2:
            plane = _doubled(plane)
        return plane[: self.height, : self.width]

    def _reduced(self, plane: Plane, chroma: bool) -> Plane:
        """The transpose of `_enlarged`."""
        down, across = self._factors(chroma)
        plane = _filled(plane, down, across)
        if down == 2:
            plane = _doubled_transpose(plane)
        if across == 2:
            plane = _doubled_transpose(plane.T).T
        return plane


def _samples(coefficients: Plane) -> Plane:
    """Inverse DCT, (rows, cols, 8, 8) -> (8 rows, 8 cols)."""
    rows, cols = coefficients.shape[:2]
    blocks = (coefficients.reshape(-1, 64) @ _DCT2).reshape(rows, cols, 8, 8)
    return blocks.transpose(0, 2, 1, 3).reshape(8 * rows, 8 * cols)


def _coefficients(plane: Plane) -> Plane:
    """DCT of a plane, zeros beyond its end, (H, W) -> (ceil(H/8), ceil(W/8), 8, 8)."""
    plane = _filled(plane, 8, 8)
    rows, cols = plane.shape[0] // 8, plane.shape[1] // 8
    blocks = plane.reshape(rows, 8, cols, 8).transpose(0, 2, 1, 3).reshape(-1, 64)
    return (blocks @ _DCT2.T).reshape(rows, cols, 8, 8)


def _filled(plane: Plane, down: int, across: int) -> Plane:
    """With zeros to multiples of two sizes."""
    height, width = -plane.shape[0] % down, -plane.shape[1] % across
    return np.pad(plane, ((0, height), (0, width))) if height or width else plane


def _doubled(plane: Plane) -> Plane:
    """Twice as many rows; the outermost repeat the edge."""
    near, far = np.float32(0.75), np.float32(0.25)
    rim = np.concatenate([plane[:1], plane, plane[-1:]])
    out = np.empty((2 * plane.shape[0], plane.shape[1]), np.float32)
    out[0::2] = near * plane + far * rim[:-2]
    out[1::2] = near * plane + far * rim[2:]
    return out


def _doubled_transpose(plane: Plane) -> Plane:
    near, far = np.float32(0.75), np.float32(0.25)
    even, odd = plane[0::2], plane[1::2]
    out = near * (even + odd)
    out[:-1] += far * even[1:]
    out[0] += far * even[0]
    out[1:] += far * odd[:-1]
    out[-1] += far * odd[-1]
    return out
