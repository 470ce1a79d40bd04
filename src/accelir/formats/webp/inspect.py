"""What a WebP is made of: chunks, quantisers, bits per cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.cells.grid import sum_halves
from accelir.core import vp8
from accelir.formats.report import CellMap, Report, line, listed, measure_cells
from accelir.formats.webp.metadata import name_of
from accelir.formats.webp.parse import content, parse
from accelir.formats.webp.structure import Chunk
from accelir.restoration.worth import mean_step
from accelir.storage.text import printable

_LOSSY = "VP8 "
"""The chunk of a lossy picture."""


@dataclass(frozen=True)
class WebpReport(Report):
    """What `inspect` finds in a WebP."""

    chunks: tuple[Chunk, ...]
    """RIFF chunks, in the order of the file."""
    quantizers: tuple[int, ...]
    """Quantiser indices, 0 to 127, that macroblocks of a lossy file have, rising; one a segment."""

    def details(self) -> Iterator[str]:
        """Lines on chunks and quantisers."""
        for chunk in self.chunks:
            yield line(printable(chunk.name), f"{chunk.size:,} bytes at {chunk.offset:,}")
        if self.quantizers:
            yield line("quantisers", f"{listed(self.quantizers)} (of 0 to 127, by segment)")


def inspect_webp(data: bytes, name: str) -> WebpReport:
    """Take a WebP apart. Raises ValueError for a broken one."""
    webp = parse(data)
    frame, named = content(data, _LOSSY, webp), name_of(data)
    quantizers: list[int] = []

    def bits_of_cells(frame: bytes) -> NDArray[np.float32]:
        bits, indices = vp8.read(frame)
        quantizers.extend(np.unique(indices).tolist())
        return sum_halves(bits)

    bits, damage = measure_cells(frame, webp.width * webp.height, bits_of_cells) if frame else (None, "")
    return WebpReport(
        name=name,
        format="webp",
        size=webp.size,
        width=webp.width,
        height=webp.height,
        parts=webp.bytes_by_part(),
        network=None if named is None else named.network,
        original=None if named is None else named.size,
        cell_bits=bits,
        damage=damage,
        chunks=webp.chunks,
        quantizers=tuple(quantizers),
    )


def has_cells(data: bytes) -> bool:
    """Whether a file is lossy. Raises ValueError for damage."""
    return bool(content(data, _LOSSY))


def cell_bits(data: bytes) -> NDArray[np.float32]:
    """Bits of each cell in the file, (ceil(H/32), ceil(W/32)). Raises ValueError for damage and for lossless files."""
    return sum_halves(macroblocks(data)[0])


def macroblocks(data: bytes) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Bits and quantiser index, 0 to 127, of each 16x16 macroblock of a lossy WebP, (ceil(H/16), ceil(W/16)).

    Raises ValueError for other and damaged files.
    """
    return vp8.read(content(data, _LOSSY))


def luma_step(data: bytes) -> float | None:
    """Geometric mean of the macroblocks' luma AC steps; None for a lossless file. Raises ValueError for damage."""
    if not has_cells(data):
        return None
    return mean_step([vp8.luma_step(index) for index in macroblocks(data)[1].ravel().tolist()])


def maps(data: bytes) -> Iterator[CellMap]:
    """Where a lossy file's bits are, and with which quantiser; nothing for other files."""
    if has_cells(data):
        yield CellMap("bits of each cell", cell_bits(data), "bits per 32x32 pixels")
        indices = macroblocks(data)[1]
        yield CellMap("quantiser of each macroblock", indices, "index, from 0 (fine) to 127 (coarse)", side=16)
