"""The compiled VP8 core (csrc/common, csrc/vp8, bound in csrc/python/vp8.cc).

What takes long releases the GIL. Planes are whole 16x16 macroblocks of Y and 8x8 of U and V unless it says otherwise.
Values out of their ranges and wrong shapes raise ValueError, wrong types and unknown keywords TypeError.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

class Picture:
    """A picture as the planes that a VP8 frame codes: Y, U, V of BT.601, limited range."""

    @staticmethod
    def from_pixels(
        pixels: NDArray[np.uint8], sharp: bool = True, chroma_smoothing: float = 0.0, luma_fit: float = 0.0
    ) -> Picture:
        """pixels: HxWx3 RGB or HxW gray, any strides, sides of 1 to 16383.

        sharp: the planes whose decoding (with doubling of chroma by 9/3/3/1) is nearest to the RGB picture; else chroma
        is the mean of 2x2 pixels. chroma_smoothing: 0 to 1, where sharp. luma_fit: 0 to 1, where sharp: what luma makes
        up for, 0 the error of R, G and B, 1 that of luma.
        """

    @staticmethod
    def from_planes(
        y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8], width: int, height: int
    ) -> Picture:
        """Target planes from outside, as `planes` gives them. width, height: of the picture, 1 to 16383."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def macroblocks(self) -> tuple[int, int]:
        """Rows and columns of 16x16 pixels."""

    def planes(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
        """Y, U, V, the picture's edges replicated to whole macroblocks."""

class Settings:
    """All that a frame depends on but the picture and its size: an immutable value, checked when it is made."""

    def __init__(
        self,
        *,
        lambda_: float,  # Lagrangian, in squared luma steps per bit, 0 to 1e6
        luma_weights: Sequence[float] | NDArray[np.float32],  # 16, zigzag, 0 to 1e6: what a squared error costs
        chroma_weights: Sequence[float] | NDArray[np.float32],
        deltas: Sequence[int],  # of the index for luma DC, Y2 DC, Y2 AC, chroma DC, chroma AC; -15..15
        filter: float,  # the loop filter's level over the best or usual one, 0 to 100
        sharpness: int = 0,  # of the loop filter, 0..7
        simple_filter: bool = False,
        measure_filter: bool = True,
        doubt: float = 1e6,  # luma is tried whole and in subblocks within this factor of equal scores; 1 to 1e6
        rank_by_tokens: bool = True,  # modes are ranked by their tokens' bits, else by an estimate of these
        subblock_modes: int = 10,  # 0..10
        subblock_trellises: int = 2,  # 0..10
        block_trellises: int = 1,  # 0..4
        loops: int = 2,  # passes over a sample, by which probabilities settle; 0 or more
        paced: bool = False,  # the first frame of the size search is led to the size row by row
        passes: int = 8,  # over the whole picture that the size search may make; 1 or more
        tolerance: float = 0.003,  # how far below the budget the search may stop, a share of it; 0 to below 1
        token_partitions: int = 1,  # 1, 2, 4, 8
        threads: int = 1,  # at most, 1 to 1024; the frame doesn't depend on them
        max_first_partition: int = 524287,  # bytes
        octaves: NDArray[np.float32] | None = None,  # (macroblock rows, columns): doublings of the step, 0..16
        weights: NDArray[np.float32] | None = None,  # the same shape: of squared errors, 0 to 1e6
    ) -> None: ...
    @property
    def lambda_(self) -> float: ...
    @property
    def luma_weights(self) -> NDArray[np.float32]: ...
    @property
    def chroma_weights(self) -> NDArray[np.float32]: ...
    @property
    def deltas(self) -> tuple[int, int, int, int, int]: ...
    @property
    def filter(self) -> float: ...
    @property
    def sharpness(self) -> int: ...
    @property
    def simple_filter(self) -> bool: ...
    @property
    def measure_filter(self) -> bool: ...
    @property
    def doubt(self) -> float: ...
    @property
    def rank_by_tokens(self) -> bool: ...
    @property
    def subblock_modes(self) -> int: ...
    @property
    def subblock_trellises(self) -> int: ...
    @property
    def block_trellises(self) -> int: ...
    @property
    def loops(self) -> int: ...
    @property
    def paced(self) -> bool: ...
    @property
    def passes(self) -> int: ...
    @property
    def tolerance(self) -> float: ...
    @property
    def token_partitions(self) -> int: ...
    @property
    def threads(self) -> int: ...
    @property
    def max_first_partition(self) -> int: ...
    @property
    def octaves(self) -> NDArray[np.float32] | None: ...
    @property
    def weights(self) -> NDArray[np.float32] | None: ...

class Encoding:
    """A finished VP8 frame and what its making found out."""

    @property
    def data(self) -> bytes:
        """What a "VP8 " chunk holds; empty where not even the smallest frame fits."""

    @property
    def quantizers(self) -> list[int]:
        """Indices by segment, rising."""

    @property
    def luma_steps(self) -> list[float]:
        """The steps of luma AC by segment, in samples of an orthonormal transform."""

    @property
    def filter_levels(self) -> list[int]:
        """By segment."""

    @property
    def strength(self) -> float:
        """Factor of lambda that the size search ended with."""

    @property
    def passes(self) -> int:
        """Over the whole picture."""

    @property
    def smallest(self) -> int:
        """Bytes of the smallest frame, where the budget came near it; else 0."""

    def reconstruction(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]] | None:
        """Y, U, V as decoders have them, if kept: of the picture's own size; chroma sides are rounded up."""

def encode(
    picture: Picture,
    settings: Settings,
    *,
    quantizer: int | None = None,
    max_bytes: int | None = None,
    keep_reconstruction: bool = False,
) -> Encoding:
    """A frame at a base index, 0 to 127, or the largest found within max_bytes; give one of the two.

    Raises ValueError where octaves or weights are not of the picture's macroblocks, and for a quantizer at which no
    frame fits VP8's fields.
    """

class Estimate:
    """What a frame would be at a quantiser."""

    @property
    def bytes(self) -> float:
        """Of the whole frame."""

    @property
    def errors(self) -> NDArray[np.float64]:
        """(3,): sums of squared errors of Y, U, V of the whole picture, before the loop filter."""

def estimate(picture: Picture, settings: Settings, quantizer: int) -> Estimate:
    """From bands of about 512 macroblocks in all; smaller pictures are taken whole.

    quantizer: the base index, 0 to 127. Raises ValueError where no frame fits VP8's fields.
    """

def read(data: bytes) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Of each macroblock of a key frame, (rows, columns): the bits that it takes, and its quantiser index, 0 to 127.

    data: what a "VP8 " chunk holds. Raises ValueError for anything else and for damage that it meets.
    """

def luma_step(index: int) -> float:
    """The luma AC step of a quantiser index, 0 to 127, in samples of an orthonormal transform."""

def nearest_quantizer(step: float) -> int:
    """The index, 0 to 127, whose luma AC step is nearest by ratio to one in samples of an orthonormal transform."""

def loop_filter(
    y: NDArray[np.uint8],
    u: NDArray[np.uint8],
    v: NDArray[np.uint8],
    levels: NDArray[np.uint8],  # (macroblock rows, columns), 0..63
    inner_edges: NDArray[np.bool_],  # the same shape
    simple: bool = False,
    sharpness: int = 0,  # 0..7
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """The planes of a key frame after the loop filter (RFC 6386, section 15)."""

def segments(weights: NDArray[np.float64], most: int = 4) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """At most so many quantisers, 1 to 4, for a (128,) histogram of wanted ones; (128,), the segment of each index."""
