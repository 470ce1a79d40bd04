"""The compiled core, JPEG and VP8 (csrc/, bound in csrc/bindings.cc).

from_pixels, encode, encode_levels and read_levels release the GIL while they compute. Arrays of 8x8 blocks are in
natural (row-major) frequency order; vectors of 64 frequencies are in zigzag order (ITU-T T.81, figure A.6).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

CELL: int
"""Side of the cells that a mode map addresses, in pixels of the picture: 32."""

class Coefficients:
    """The DCT coefficients of a picture, one array a component, unquantised, to 1/31 of JPEG's units."""

    @staticmethod
    def from_pixels(
        pixels: NDArray[np.uint8], subsampling: str = "4:2:0", chroma_smoothing: float = 0.0
    ) -> Coefficients:
        """pixels: HxWx3 RGB or HxW gray, any strides. subsampling: "4:4:4", "4:2:2" or "4:2:0" (ignored for gray).
        chroma_smoothing: of halved chroma, 0 (the least-squares inverse of the decoders' doubling) to 1.
        """

    @staticmethod
    def from_arrays(
        components: list[NDArray[np.float32]], width: int, height: int, subsampling: str = "4:2:0"
    ) -> Coefficients:
        """Target coefficients from outside, (rows, cols, 8, 8) a component, in JPEG's units (DC 8 x mean - 1024)."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def subsampling(self) -> str: ...
    def arrays(self) -> list[NDArray[np.float32]]:
        """What from_arrays takes."""

class Encoding:
    """A finished file and what its making found out."""

    data: bytes
    step: float
    tables: NDArray[np.uint8]  # (1 or 2, 64) zigzag
    subsampling: str
    progressive: bool
    passes: int
    smallest: int  # bytes of the smallest file, where the budget could not be met and data is empty; else 0

MODE: np.dtype[np.void]
"""[("rdo", f4), ("deadzone", f4), ("multiple", i4), ("cut", i4)]: see accelir.modes."""

def encode(
    coefficients: Coefficients,
    *,
    shape: NDArray[np.float32],  # (2, 64): luma and chroma steps relative to the base step
    weights: NDArray[np.float32],  # (n_modes, 3, 64): what a squared error costs, per mode, component, frequency
    modes: NDArray[np.void],  # (n_modes,) of MODE
    mode_map: NDArray[np.int32],  # (ceil(H/32), ceil(W/32)) indices into modes
    step: float | None = None,  # a fixed base step, or
    max_bytes: int | None = None,  # the whole file's budget
    progressive: str = "auto",  # "never", "always", or "auto": the smaller
    dc_trellis: bool = True,
    scan_breadth: int = 1,  # 0..2
    loops: int = 2,  # quantisations of a sample, by which code lengths settle
    passes: int = 8,  # quantisations of the whole picture that the size search may make
    tolerance: float = 0.002,  # how far below the budget the search may stop, a share of it
    restart_interval: int = 0,  # MCUs
    segments: bytes = b"",  # complete APPn/COM segments, written after SOI
) -> Encoding: ...
def encode_levels(
    levels: list[NDArray[np.int16]],  # (rows, cols, 8, 8) a component
    tables: NDArray[np.uint8],  # (1..3, 64) zigzag
    width: int,
    height: int,
    subsampling: str = "4:2:0",
    progressive: bool = False,
    restart_interval: int = 0,  # MCUs
    segments: bytes = b"",
) -> bytes: ...
def read_levels(data: bytes, max_pixels: int = 1 << 30) -> dict[str, Any]:
    """Entropy-decode a Huffman JPEG of 8 bits (baseline, extended, progressive).

    -> {"width", "height", "subsampling", "progressive", "tables": one (64,) uint16 in zigzag order a component,
    "levels": one (rows, cols, 8, 8) int16 a component}.
    Raises ValueError on anything damaged.
    """

def check_scans(data: bytes, max_pixels: int = 1 << 30) -> None:
    """Raises ValueError where read_levels would, in half of its memory."""

def block_bits(
    levels: list[NDArray[np.int16]], width: int, height: int, subsampling: str = "4:2:0"
) -> NDArray[np.float32]:
    """Bits that each 32x32 cell takes in a sequential file with optimal Huffman tables, (ceil(H/32), ceil(W/32))."""

class Vp8Picture:
    """A picture as the planes that a VP8 frame codes (vp8_planes)."""

    @staticmethod
    def from_pixels(pixels: NDArray[np.uint8], sharp: bool = True, chroma_smoothing: float = 0.0) -> Vp8Picture:
        """pixels: HxWx3 RGB or HxW gray, any strides, sides of 1 to 16383. chroma_smoothing: 0 to 1, where sharp."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def macroblocks(self) -> tuple[int, int]:
        """Rows and columns of 16x16 pixels."""

class Vp8Encoding:
    """A finished VP8 frame and what its making found out."""

    data: bytes  # what a "VP8 " chunk holds; empty where not even the smallest frame fits
    quantizers: list[int]  # indices by segment, rising
    luma_steps: list[float]  # the steps of luma AC by segment, in samples of an orthonormal transform
    filter_levels: list[int]  # by segment
    strength: float  # of the Lagrangian over rdo
    passes: int  # over the whole picture
    smallest: int  # bytes of the smallest frame, where the budget came near it; else 0

    def reconstruction(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]] | None:
        """Y, U, V as decoders have them, if kept; chroma sides are rounded up."""

def vp8_encode(
    picture: Vp8Picture,
    *,
    quantizer: int | None = None,  # the base index, 0..127, or
    max_bytes: int | None = None,  # the frame's budget
    rdo: float,  # Lagrangian, in squared luma steps per bit
    luma_weights: Sequence[float],  # 16, zigzag: what a squared error costs
    chroma_weights: Sequence[float],
    deltas: Sequence[int],  # of the index for luma DC, Y2 DC, Y2 AC, chroma DC, chroma AC; -15..15
    filter: float,  # the loop filter's level over the best or usual one
    sharpness: int = 0,  # 0..7
    simple_filter: bool = False,
    measure_filter: bool = True,
    subblock_modes: int = 10,  # 0..10
    subblock_trellises: int = 2,  # 0..10
    block_trellises: int = 1,  # 0..4
    loops: int = 2,
    passes: int = 8,
    tolerance: float = 0.003,
    token_partitions: int = 1,  # 1, 2, 4, 8
    max_first_partition: int = 524287,
    octaves: NDArray[np.float32] | None = None,  # (macroblock rows, columns): doublings of the step, 0..16
    weights: NDArray[np.float32] | None = None,  # the same shape: of squared errors
    keep_reconstruction: bool = False,
) -> Vp8Encoding:
    """Raises ValueError for settings out of range, and for a quantizer at which no frame fits VP8's fields."""

def vp8_read(data: bytes) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Of each macroblock of a key frame, (rows, columns): the bits that it takes, and its quantiser index, 0 to 127.

    data: what a "VP8 " chunk holds. Raises ValueError for anything else and for damage that it meets.
    """

def vp8_planes(
    pixels: NDArray[np.uint8], sharp: bool = True, chroma_smoothing: float = 0.0
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Y, U, V (BT.601, limited range) of HxWx3 RGB or HxW gray, edges replicated to whole 16x16 macroblocks.

    sharp: the planes whose decoding (with doubling of chroma by 9/3/3/1) is nearest to the RGB picture.
    chroma_smoothing: 0 to 1, where sharp.
    """

def vp8_loop_filter(
    y: NDArray[np.uint8],
    u: NDArray[np.uint8],
    v: NDArray[np.uint8],
    levels: NDArray[np.uint8],  # (macroblock rows, columns), 0..63
    inner_edges: NDArray[np.bool_],  # the same shape
    simple: bool = False,
    sharpness: int = 0,  # 0..7
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """The planes of a key frame after the loop filter (RFC 6386, section 15)."""

def vp8_segments(weights: NDArray[np.float64], most: int = 4) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """At most so many quantisers for a (128,) histogram of wanted ones, and the segment of each index, (128,)."""
