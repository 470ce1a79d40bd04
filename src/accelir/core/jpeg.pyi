"""The compiled JPEG core (csrc/common, csrc/jpeg, bound in csrc/python/jpeg.cc).

What takes long releases the GIL. Arrays of 8x8 blocks are in natural (row-major) frequency order; vectors of 64
frequencies are in zigzag order (ITU-T T.81, figure A.6). A cell is 32x32 pixels of the picture. Values out of their
ranges and wrong shapes raise ValueError, wrong types and unknown keywords TypeError.
"""

import numpy as np
from numpy.typing import NDArray

CELL: int
"""Side of the cells that a mode map addresses, in pixels of the picture: 32."""

MODE: np.dtype[np.void]
"""[("lambda", f4), ("deadzone", f4), ("multiple", i4), ("cut", i4)]: see accelir.cells.modes."""

class Coefficients:
    """The DCT coefficients of a picture, one array a component, unquantised, to 1/31 of JPEG's units."""

    @staticmethod
    def from_pixels(
        pixels: NDArray[np.uint8], subsampling: str = "4:2:0", chroma_smoothing: float = 0.0, threads: int = 1
    ) -> Coefficients:
        """pixels: HxWx3 RGB or HxW gray, any strides. subsampling: "4:4:4", "4:2:2" or "4:2:0" (ignored for gray).
        chroma_smoothing: of halved chroma, 0 (the least-squares inverse of the decoders' doubling) to 1. threads: at
        most so many work on it, 1 to 1024; the result doesn't depend on them.
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

class Settings:
    """All that a file depends on but the picture and its size: an immutable value, checked when it is made."""

    def __init__(
        self,
        *,
        relative_steps: NDArray[np.float32],  # (2, 64): luma's and chroma's over the base step, above 0, at most 16
        weights: NDArray[np.float32],  # (n_modes, 3, 64), 0 to 1e6: what a squared error costs
        modes: NDArray[np.void],  # (n_modes,) of MODE
        mode_map: NDArray[np.int32],  # (ceil(H/32), ceil(W/32)) indices into modes
        block_weights: NDArray[np.float32] | None = None,  # (ceil(H/8), ceil(W/8)), above 0, at most 1e6: see below
        progressive: str = "auto",  # "never", "always", or "auto": the smaller
        dc_trellis: bool = True,
        scan_breadth: int = 1,  # 0..2
        loops: int = 2,  # quantisations of a sample, by which code lengths settle; 1 or more
        passes: int = 8,  # quantisations of the whole picture that the size search may make; 1 or more
        tolerance: float = 0.002,  # how far below the budget the search may stop, a share of it; 0 to below 1
        restart_interval: int = 0,  # MCUs, 0 (none) to 65535
        threads: int = 1,  # at most, 1 to 1024; the file doesn't depend on them
        segments: bytes = b"",  # complete APPn/COM segments, written after SOI
    ) -> None:
        """block_weights: what a squared error costs in each block of 8x8 pixels, over `weights`; halved chroma takes
        the mean of those that it covers. A block's Lagrangian, and what its dead zone has beyond rounding, are divided
        by it. None: 1 everywhere.
        """

    @property
    def relative_steps(self) -> NDArray[np.float32]: ...
    @property
    def weights(self) -> NDArray[np.float32]: ...
    @property
    def modes(self) -> NDArray[np.void]: ...
    @property
    def mode_map(self) -> NDArray[np.int32]: ...
    @property
    def block_weights(self) -> NDArray[np.float32] | None: ...
    @property
    def progressive(self) -> str: ...
    @property
    def dc_trellis(self) -> bool: ...
    @property
    def scan_breadth(self) -> int: ...
    @property
    def loops(self) -> int: ...
    @property
    def passes(self) -> int: ...
    @property
    def tolerance(self) -> float: ...
    @property
    def restart_interval(self) -> int: ...
    @property
    def threads(self) -> int: ...
    @property
    def segments(self) -> bytes: ...

class Levels:
    """The quantised coefficients of a picture."""

    @staticmethod
    def from_arrays(levels: list[NDArray[np.int16]], width: int, height: int, subsampling: str = "4:2:0") -> Levels:
        """levels: (rows, cols, 8, 8) a component, DC -1024 to 1023, AC -1023 to 1023."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def subsampling(self) -> str: ...
    def arrays(self) -> list[NDArray[np.int16]]:
        """What from_arrays takes."""

    def cell_bits(self) -> NDArray[np.float32]:
        """Bits that each cell takes in a sequential file with optimal Huffman tables, (ceil(H/32), ceil(W/32))."""

    def cell_errors(
        self,
        coefficients: Coefficients,
        tables: NDArray[np.uint8],  # (1 or 2, 64) zigzag: for all components, or luma and chroma; 1 to 255
        weights: NDArray[np.float32],  # (3, 64), 0 to 1e6: of squared errors, by component and frequency
    ) -> NDArray[np.float64]:
        """Sums of weight x (coefficient - step x level)^2 over each cell's blocks, (ceil(H/32), ceil(W/32)).

        Blocks that only pad the file's last column and row are left out. Raises ValueError for coefficients of another
        size or subsampling.
        """

class Encoding:
    """A finished file and what its making found out."""

    @property
    def data(self) -> bytes:
        """The file; empty where the budget could not be met."""

    @property
    def step(self) -> float:
        """The base step."""

    @property
    def tables(self) -> NDArray[np.uint8]:
        """(1 or 2, 64) zigzag."""

    @property
    def subsampling(self) -> str: ...
    @property
    def progressive(self) -> bool: ...
    @property
    def passes(self) -> int:
        """Quantisations of the whole picture that it took."""

    @property
    def smallest(self) -> int:
        """Bytes of the smallest file, where the budget came near it; else 0."""

    @property
    def levels(self) -> Levels | None:
        """Those of the file in `data`; None where they were not kept, or there is no file."""

def encode(
    coefficients: Coefficients,
    settings: Settings,
    *,
    step: float | None = None,
    max_bytes: int | None = None,
    keep_levels: bool = False,
) -> Encoding:
    """A file at a base step, above 0 and at most 1e6, or the largest found within max_bytes; give one of the two.

    Raises ValueError where mode_map or block_weights are not of the picture's size.
    """

class Estimate:
    """What a file would be at a step."""

    @property
    def bytes(self) -> float:
        """Of the whole file."""

    @property
    def error(self) -> float:
        """Weighted squared error of the whole picture: the sum of what Levels.cell_errors gives."""

def estimate(
    coefficients: Coefficients,
    settings: Settings,
    step: float,
    error_weights: NDArray[np.float32],
    pixels: int = 1 << 18,
) -> Estimate:
    """From a sample of about so many pixels, cells spread evenly over the picture; of less than twice as many all are.

    step: the base step, above 0 and at most 1e6. error_weights: (3, 64), 0 to 1e6, by component and frequency.
    """

def chroma_loss(pixels: NDArray[np.uint8], chroma_smoothing: float = 0.0) -> float:
    """Squared error that 4:2:0 alone makes, summed over the values of an RGB picture, (H, W, 3): chroma is halved as
    Coefficients.from_pixels does, and doubled as decoders do. Raises ValueError as it does, and for gray.
    """

def write(
    levels: Levels,
    tables: NDArray[np.uint8],  # (1 or 2, 64) zigzag, 1 to 255
    *,
    progressive: bool = False,
    restart_interval: int = 0,  # MCUs, 0 (none) to 65535
    segments: bytes = b"",
) -> bytes:
    """A file of given levels."""

class Read:
    """What is in a file."""

    @property
    def levels(self) -> Levels: ...
    @property
    def tables(self) -> list[NDArray[np.uint16]]:
        """A component's (64,) in zigzag order; zeros where the file has none."""

    @property
    def progressive(self) -> bool: ...

def read(data: bytes, max_pixels: int = 1 << 30) -> Read:
    """Entropy-decode a DCT-coded JPEG of 8 bits: sequential or progressive, by Huffman or arithmetic codes.

    Gray, and three components at 4:4:4, 4:2:2 or 4:2:0. Raises ValueError for anything damaged, for other kinds, for
    pictures of more than max_pixels, and for arithmetic-coded data that take more work than a file of its size may.
    """

def check_scans(data: bytes, max_pixels: int = 1 << 30) -> int:
    """Raises ValueError where `read` would, but takes 1 to 4 components of any sampling and keeps no levels.

    Returns how many bytes of padding, zeros, stand behind the scans' data.
    """
