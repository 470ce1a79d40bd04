"""What is told of a file: the part that all formats share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.formats.pillow import most_pixels
from accelir.storage.text import printable

LONGEST_LINE = 1000
"""Characters of a line of a report."""

MAX_CELL_PIXELS = 1 << 27
"""Larger pictures are not taken apart down to their cells, which takes up to 12 bytes a pixel; nor are
pictures of more pixels than are decoded of so few bytes."""


@dataclass(frozen=True)
class CellBits:
    """Bits that the 32x32 cells of a picture take."""

    minimum: float
    median: float
    maximum: float


@dataclass(frozen=True)
class CellMap:
    """A number for each square of a file's picture."""

    title: str
    values: NDArray[Any]
    """One number a square, (rows, columns)."""
    unit: str
    """Unit of the numbers, in words."""
    side: int = 32
    """Side of a square in pixels."""


@dataclass(frozen=True)
class Report:
    """What `inspect` finds in a file of any format."""

    name: str
    """Name by which the file is called."""
    format: str
    """Name of the format: "jpeg"."""
    size: int
    """Bytes of the whole file."""
    width: int
    """Pixels across."""
    height: int
    """Pixels down."""
    parts: dict[str, int]
    """Bytes by part of the file; they add up to `size`."""
    network: str | None
    """Name of the network that the encoder made the file for; None where the file names none."""
    original: tuple[int, int] | None
    """Width and height in pixels that receivers give the picture; None where the file doesn't say."""
    cell_bits: CellBits | None
    """Bits of the cells; None for kinds that the core does not read, for more than MAX_CELL_PIXELS, and where `damage`
    says why."""
    damage: str
    """Words for what is wrong with the entropy-coded data; "" when nothing was found."""

    @property
    def bpp(self) -> float:
        """Bits per pixel, every byte of the file counted."""
        return 8 * self.size / (self.width * self.height)

    @property
    def title(self) -> str:
        """The file in a line."""
        size = f"{self.width} x {self.height}, {self.size:,} bytes, {self.bpp:.4f} bpp"
        return f"{printable(self.name)}: {self.format}, {size}"

    def as_dict(self) -> dict[str, Any]:
        """Everything in the report, as json.dumps takes it."""
        return {**asdict(self), "bpp": self.bpp}

    def lines(self) -> Iterator[str]:
        """The report as text, line by line; what comes from the file can neither add a line nor steer a terminal."""
        yield from (printable(text, LONGEST_LINE) for text in self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.title
        for part, size in self.parts.items():
            if size:
                yield line(part, f"{size:>11,}  {100 * size / self.size:6.2f} %")
        if self.network:
            yield line("made for", printable(self.network))
        if self.original:
            yield line("receivers show", f"{self.original[0]} x {self.original[1]} pixels")
        yield from self.details()
        if self.cell_bits:
            least, median, most = self.cell_bits.minimum, self.cell_bits.median, self.cell_bits.maximum
            yield line("bits per cell", f"{least:,.0f} least, {median:,.0f} median, {most:,.0f} most (32x32 pixels)")
        if self.damage:
            yield line("damage", printable(self.damage))

    def details(self) -> Iterator[str]:
        """Lines that only one format has."""
        raise NotImplementedError


def measure_cells(
    data: bytes, pixels: int, cell_bits: Callable[[bytes], NDArray[np.float32]]
) -> tuple[CellBits | None, str]:
    """A file's cells and, where they can't be read, what is wrong with it. pixels: of its picture."""
    if pixels > min(MAX_CELL_PIXELS, most_pixels(len(data))):
        return None, ""
    try:
        bits = cell_bits(data)
    except ValueError as error:
        return None, str(error)
    return CellBits(float(bits.min()), float(np.median(bits)), float(bits.max())), ""


def line(label: str, text: str) -> str:
    """A line of a report."""
    return f"  {label:<13} {text}"


def listed(numbers: Sequence[int]) -> str:
    """Numbers with spaces between them."""
    return " ".join(map(str, numbers))
