"""The compiled JPEG core (csrc/, bound in csrc/bindings.cc).

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
    def from_pixels(pixels: NDArray[np.uint8], subsampling: str = "4:2:0") -> Coefficients:
        """pixels: HxWx3 RGB or HxW gray, any strides. subsampling: "4:4:4", "4:2:2" or "4:2:0" (ignored for gray)."""

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
    """A picture as VP8 codes it, in Y, U and V of whole macroblocks."""

    @staticmethod
    def from_pixels(pixels: NDArray[np.uint8], sharp: bool = True) -> Vp8Picture:
        """As vp8_planes."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def macroblocks(self) -> tuple[int, int]: ...  # rows, columns

class Vp8Encoding:
    """A finished key frame and what its making found out."""

    data: bytes  # the frame, without a container; empty where the budget could not be met
    quantizers: list[int]  # 0..127, of each segment
    filter_levels: list[int]  # 0..63, of each segment
    luma_steps: list[float]  # of AC, of each segment, in units of JPEG's base step
    strength: float  # what multiplies the Lagrangian
    passes: int
    smallest: int  # bytes of the smallest frame, where data is empty; else 0

    def reconstruction(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]] | None:
        """Y, U and V as a decoder will have them; None unless they were kept."""

def vp8_encode(
    picture: Vp8Picture,
    *,
    rdo: float,  # 0..1e6, Lagrangian
    luma_weights: Sequence[float],  # (16,) zigzag: what a squared error costs
    chroma_weights: Sequence[float],
    deltas: Sequence[int],  # (5,) -15..15: added to the index of Y DC, Y2 DC, Y2 AC, UV DC, UV AC
    filter: float,  # 0..100, of the loop filter's level
    quantizer: int | None = None,  # 0..127, a fixed base index, or
    max_bytes: int | None = None,  # the frame's budget
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
    octaves: NDArray[np.float32] | None = None,  # (rows, columns) 0..16: doublings of the step above the finest
    weights: NDArray[np.float32] | None = None,  # (rows, columns) 0..1e6: what a macroblock's errors cost
    keep_reconstruction: bool = False,
) -> Vp8Encoding: ...
def vp8_planes(
    pixels: NDArray[np.uint8], sharp: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Y, U, V (BT.601, limited range) of HxWx3 RGB or HxW gray, edges replicated to whole 16x16 macroblocks.

    sharp: the planes whose decoding (with doubling of chroma by 9/3/3/1) is nearest to the RGB picture.
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

class Vp8Picture:
    """A picture as a VP8 frame has it: YUV 4:2:0, whole macroblocks."""

    @staticmethod
    def from_pixels(pixels: NDArray[np.uint8], sharp: bool = True) -> Vp8Picture: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def macroblocks(self) -> tuple[int, int]:
        """Rows and columns."""

class Vp8Encoding:
    """A VP8 frame."""

    @property
    def data(self) -> bytes:
        """Empty where the budget was too small."""

    @property
    def quantizers(self) -> list[int]:
        """Of the segments, 0..127."""

    @property
    def filter_levels(self) -> list[int]:
        """Of the segments, 0..63."""

    @property
    def luma_steps(self) -> list[float]:
        """Of the segments."""

    @property
    def strength(self) -> float:
        """Of the Lagrangian over the one asked for."""

    @property
    def passes(self) -> int: ...
    @property
    def smallest(self) -> int:
        """Bytes of the smallest frame, where the budget was too small."""

def vp8_encode(
    picture: Vp8Picture, *, quantizer: int | None = None, max_bytes: int | None = None, **settings: Any
) -> Vp8Encoding:
    """A key frame at a base quantiser index or to a size; accelir.webp.Job names the settings."""
