"""What a file is made of: bytes by part, tables, scans, bits per cell. The text of `accelir inspect` and its JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir import jpeg_markers, jpeg_structure, webp_chunks
from accelir.color_weights import ZIGZAG
from accelir.core import jpeg as core
from accelir.core import vp8
from accelir.tag import read_tag, tagged_network

# Row by row, the zigzag index of each of the 64 frequencies (T.81, figure A.6).
_ZIGZAG_INDEX = np.empty(64, dtype=np.int64)
_ZIGZAG_INDEX[ZIGZAG] = range(64)

_LOSSY = "VP8 "
"""The WebP chunk of a lossy picture."""

MAX_CELL_PIXELS = 1 << 27
"""Larger pictures are not taken apart down to their cells, which takes up to 12 bytes a pixel."""


@dataclass(frozen=True)
class CellBits:
    """Bits that the 32x32 cells of a picture take (`cell_bits`)."""

    minimum: float
    median: float
    maximum: float


@dataclass(frozen=True)
class Report:
    """What both formats have."""

    name: str
    format: str  # "jpeg" or "webp"
    size: int  # bytes
    width: int
    height: int
    parts: dict[str, int]  # bytes; they add up to `size`
    network: str | None  # that the encoder made the file for; None when it left no tag
    cell_bits: (
        CellBits | None
    )  # None for what the core does not read, for more than MAX_CELL_PIXELS, and where `damage`
    # says why
    damage: str  # what is wrong with the entropy-coded data; "" when nothing was found

    @property
    def bpp(self) -> float:
        """Bits per pixel, every byte of the file counted."""
        return 8 * self.size / (self.width * self.height)

    @property
    def title(self) -> str:
        """The file in a line."""
        return f"{self.name}: {self.format}, {self.width} x {self.height}, {self.size:,} bytes, {self.bpp:.4f} bpp"

    def as_dict(self) -> dict[str, Any]:
        """Everything in the report, as json.dumps takes it."""
        return {**asdict(self), "bpp": self.bpp}

    def lines(self) -> Iterator[str]:
        """The report as text, line by line."""
        yield self.title
        for part, size in self.parts.items():
            if size:
                yield _line(part, f"{size:>11,}  {100 * size / self.size:6.2f} %")
        if self.network:
            yield _line("made for", self.network)
        yield from self._details()
        if self.cell_bits:
            least, median, most = self.cell_bits.minimum, self.cell_bits.median, self.cell_bits.maximum
            yield _line("bits per cell", f"{least:,.0f} least, {median:,.0f} median, {most:,.0f} most (32x32 pixels)")
        if self.damage:
            yield _line("damage", self.damage)

    def _details(self) -> Iterator[str]:
        """What only one format has."""
        raise NotImplementedError


@dataclass(frozen=True)
class JpegReport(Report):
    """What `inspect` finds in a JPEG."""

    process: str
    precision: int  # bits of a sample
    subsampling: str
    quantisation_tables: tuple[jpeg_structure.QuantisationTable, ...]
    huffman_tables: tuple[jpeg_structure.HuffmanTable, ...]
    scans: tuple[jpeg_structure.Scan, ...]
    restart_interval: int  # MCUs, 0 for none
    metadata: tuple[jpeg_structure.Segment, ...]

    def _details(self) -> Iterator[str]:
        yield _line("coding", f"{self.process}, {self.precision} bits, {self.subsampling}")
        for segment in self.metadata:
            yield _line(segment.name, f"{segment.kind or 'unknown'}, {segment.size:,} bytes at {segment.offset:,}")
        for table in self.quantisation_tables:
            yield from _table_lines(table)
        for code in self.huffman_tables:
            yield _line(f"{code.kind} table {code.slot}", f"{len(code.symbols)} codes by length: {_list(code.counts)}")
        if self.restart_interval:
            yield _line("restarts", f"every {self.restart_interval:,} MCUs")
        for number, scan in enumerate(self.scans, 1):
            yield _line(f"scan {number}", _scan_text(scan))
        yield _line("QP map", "not recorded in the file")


@dataclass(frozen=True)
class WebpReport(Report):
    """What `inspect` finds in a WebP."""

    chunks: tuple[webp_chunks.Chunk, ...]
    quantizers: tuple[int, ...]  # indices, 0 to 127, that macroblocks of a lossy file have, rising; one a segment

    def _details(self) -> Iterator[str]:
        for chunk in self.chunks:
            yield _line(chunk.name, f"{chunk.size:,} bytes at {chunk.offset:,}")
        if self.quantizers:
            yield _line("quantisers", f"{_list(self.quantizers)} (of 0 to 127, by segment)")


def inspect(data: bytes, name: str = "file") -> JpegReport | WebpReport:
    """Take a JPEG or WebP file apart.

    data: the whole file; name: what the report calls it. Raises ValueError, saying what is wrong where, for a file of
    another kind or a broken one; damage inside a scan's data is told in the report.
    """
    if jpeg_markers.is_jpeg(data):
        return _inspect_jpeg(data, name)
    if webp_chunks.is_webp(data):
        return _inspect_webp(data, name)
    raise ValueError(f"neither JPEG nor WebP: the data starts with {data[:8].hex(' ').upper() or 'nothing'}")


def has_cells(data: bytes) -> bool:
    """Whether a file is of a kind that `cell_bits` takes. Raises ValueError for damaged ones."""
    if jpeg_markers.is_jpeg(data):
        return jpeg_markers.parse(data).frame.core_reads
    return bool(webp_chunks.content(data, _LOSSY))


def cell_bits(data: bytes) -> NDArray[np.float32]:
    """Bits that each 32x32 cell takes: of a lossy WebP in the file; of a JPEG in a sequential file with optimal
    Huffman tables, for in a progressive one a cell's bits can't be told apart.

    Returns (ceil(H/32), ceil(W/32)). Raises ValueError for kinds of files that the core does not read and damaged ones.
    """
    if not jpeg_markers.is_jpeg(data):
        return _cells_of(macroblocks(data)[0])
    return core.read(data).levels.cell_bits()


def macroblocks(data: bytes) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Bits and quantiser index, 0 to 127, of each 16x16 macroblock of a lossy WebP, (ceil(H/16), ceil(W/16)).

    Raises ValueError for other and damaged files.
    """
    return vp8.read(webp_chunks.content(data, _LOSSY))


def _cells_of(bits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sums of 2x2 macroblocks."""
    padded = np.pad(bits, [(0, side % 2) for side in bits.shape])
    rows, columns = padded.shape
    return padded.reshape(rows // 2, 2, columns // 2, 2).sum(axis=(1, 3))


def _inspect_webp(data: bytes, name: str) -> WebpReport:
    webp = webp_chunks.parse(data)
    bits, damage = _measure_cells(data, webp.width * webp.height)
    return WebpReport(
        name=name,
        format="webp",
        size=webp.size,
        width=webp.width,
        height=webp.height,
        parts=webp.bytes_by_part(),
        network=read_tag(data),
        cell_bits=bits,
        damage=damage,
        chunks=webp.chunks,
        quantizers=tuple(np.unique(macroblocks(data)[1]).tolist()) if bits else (),
    )


def _inspect_jpeg(data: bytes, name: str) -> JpegReport:
    jpeg = jpeg_markers.parse(data)
    bits, damage = _measure_cells(data, jpeg.frame.width * jpeg.frame.height)
    return JpegReport(
        name=name,
        format="jpeg",
        size=jpeg.size,
        width=jpeg.frame.width,
        height=jpeg.frame.height,
        parts=jpeg.bytes_by_part(),
        process=jpeg.frame.process,
        precision=jpeg.frame.precision,
        subsampling=jpeg.frame.subsampling,
        quantisation_tables=jpeg.quantisation_tables,
        huffman_tables=jpeg.huffman_tables,
        scans=jpeg.scans,
        restart_interval=jpeg.restart_interval,
        metadata=tuple(s for s in jpeg.segments if s.name == "COM" or s.name.startswith("APP")),
        network=tagged_network(jpeg.comments),
        cell_bits=bits,
        damage=damage,
    )


def _measure_cells(data: bytes, pixels: int) -> tuple[CellBits | None, str]:
    if not has_cells(data) or pixels > MAX_CELL_PIXELS:
        return None, ""
    try:
        bits = cell_bits(data)
    except ValueError as error:
        return None, str(error)
    return CellBits(float(bits.min()), float(np.median(bits)), float(bits.max())), ""


def _line(label: str, text: str) -> str:
    return f"  {label:<14}{text}"


def _list(numbers: tuple[int, ...]) -> str:
    return " ".join(map(str, numbers))


def _table_lines(table: jpeg_structure.QuantisationTable) -> Iterator[str]:
    label = f"steps {table.slot}"
    if len(set(table.steps)) == 1:
        yield _line(label, f"{table.steps[0]} everywhere")
        return
    rows = np.array(table.steps)[_ZIGZAG_INDEX].reshape(8, 8)
    for row in rows:
        yield _line(label, " ".join(f"{step:>4}" for step in row))
        label = ""


def _scan_text(scan: jpeg_structure.Scan) -> str:
    components = ",".join(map(str, scan.components))
    restarts = f", {scan.restarts:,} restart markers" if scan.restarts else ""
    return (
        f"components {components}, coefficients {scan.ss}-{scan.se}, bits {scan.ah}>{scan.al}, "
        f"{scan.data_size:,} bytes{restarts}"
    )
