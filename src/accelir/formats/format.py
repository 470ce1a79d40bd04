"""A format as a value: all that differs between formats, looked up by the encoder, commands, plugin and comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from accelir.formats.network_name import NetworkName
    from accelir.formats.report import CellMap, Report
    from accelir.formats.request import EncoderSettings, Estimate, Made, Request


class Prepared(Protocol):
    """A picture that was analysed once, ready to be spent on."""

    def within(self, max_bytes: int) -> Made:
        """The best file of at most so many bytes.

        Raises BudgetError where not even the smallest fits, TypeError and ValueError for wrong metadata.
        """

    def alternatives(self, made: Made) -> Mapping[str, Prepared]:
        """The same picture under the choices, by name, that were open and not taken for a file.

        `within` chooses by squared error in RGB; who measures otherwise may want to choose again.
        """

    def estimate(self, lambda_: float) -> Estimate:
        """Size and error at a Lagrangian, found on a part of the picture: for curves.

        lambda_: squared 8-bit levels per bit, above 0, as cells.qp.step_of_lambda takes it.
        """

    def replaced(
        self,
        *,
        targets: Any = None,
        weights: NDArray[np.float32] | None = None,
        goal: NDArray[np.float32] | None = None,
    ) -> Prepared:
        """The same picture with something else to aim at; what is None stays.

        targets: what is quantised in the place of the picture's own analysis (core.jpeg.Coefficients,
        core.vp8.Picture). weights: cost of a squared error in each block over the profile's, above 0,
        (ceil(H/8), ceil(W/8)). goal: what the restored picture should be near, for allocators that restore,
        0 to 255, sHxsWx3 or sHxsW. Raises ValueError for shapes that aren't the picture's.
        """


@dataclass(frozen=True)
class Format:
    """One file format."""

    name: str
    """Word for `format=`: "jpeg"."""
    label: str
    """Name as people write it: "JPEG"."""
    pillow: str
    """Pillow's name of the format: "JPEG"."""
    suffix: str
    """End of file names, with its dot: ".jpg"."""
    longest_side: int
    """Largest width and height in pixels."""
    has_transparency: bool
    """Whether a file can have an alpha channel."""
    options: tuple[str, ...]
    """Encoder settings and metadata that not every format takes: "subsampling", "dpi"."""
    sniff: Callable[[bytes], bool]
    """Tells from a file's first bytes whether it is of this format."""
    parse: Callable[[bytes], Any]
    """Structure of a whole file, with width, height and bytes_by_part(). Raises ValueError for damage."""
    decode: Callable[[bytes], NDArray[np.uint8]]
    """Pixels of a file, uint8 HxWx3 or HxW. Raises ValueError for damage."""
    name_of: Callable[[bytes], NetworkName | None]
    """What a file says of its receivers, or None. Raises ValueError for damage."""
    check: Callable[[EncoderSettings], None]
    """Raises ValueError for settings that the format doesn't take."""
    prepare: Callable[[Request], Prepared]
    """Analyses a picture."""
    has_cells: Callable[[bytes], bool]
    """Whether a file is of a kind that `cell_bits` takes. Raises ValueError for damage."""
    cell_bits: Callable[[bytes], NDArray[np.float32]]
    """Bits that each cell of a file takes, (ceil(H/32), ceil(W/32)). Raises ValueError for damage and other kinds."""
    maps: Callable[[bytes], Iterator[CellMap]]
    """Maps of what a file spends where, for drawing."""
    inspect: Callable[[bytes, str], Report]
    """Report on a file, which is called by the name given. Raises ValueError for damage."""
    decode_alpha: Callable[[bytes], NDArray[np.uint8] | None] = lambda data: None
    """Transparency of a file, uint8 HxW, 255 opaque; None for a file without. Raises ValueError for damage."""
    luma_step: Callable[[bytes], float | None] = lambda data: None
    """Geometric mean of a file's luma steps, in 8-bit levels of an orthonormal transform; None where none is known, as
    of a lossless file. Raises ValueError for damage."""
    has_gray: bool = True
    """Whether a gray picture's file is gray, and not RGB with three values alike."""
    steered: Callable[[Any, Made, Any, Any, int], Made] | None = None
    """From what `prepare` gave, its file of a size, a reference and a descent (formats.steering), and that size in
    bytes: the file with targets steered towards the reference. None: the format can't."""
    has_stale_name: Callable[[bytes], bool] = lambda data: False
    """Whether a file has a network's name that was written into another file. Raises ValueError for damage."""
