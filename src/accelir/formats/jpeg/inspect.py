"""What a JPEG is made of: tables, scans, metadata, bits per cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.cells.color_weights import ZIGZAG
from accelir.core import jpeg
from accelir.formats.jpeg.metadata import name_in
from accelir.formats.jpeg.parse import parse
from accelir.formats.jpeg.structure import HuffmanTable, QuantisationTable, Scan, Segment
from accelir.formats.report import CellMap, Report, line, listed, measure_cells
from accelir.restoration.worth import mean_step

# Row by row, the zigzag index of each of the 64 frequencies (T.81, figure A.6).
_ZIGZAG_INDEX = np.empty(64, dtype=np.int64)
_ZIGZAG_INDEX[ZIGZAG] = range(64)


@dataclass(frozen=True)
class JpegReport(Report):
    """What `inspect` finds in a JPEG."""

    process: str
    """Coding process: "baseline", "progressive", ..."""
    precision: int
    """Bits of a sample."""
    subsampling: str
    """Chroma subsampling: "4:2:0" and the like, "gray", or the sampling factors."""
    quantisation_tables: tuple[QuantisationTable, ...]
    """Tables of all DQT segments, in the order of the file."""
    huffman_tables: tuple[HuffmanTable, ...]
    """Tables of all DHT segments, in the order of the file."""
    scans: tuple[Scan, ...]
    """Scans, in the order of the file."""
    restart_interval: int
    """MCUs between restart markers; 0 for none."""
    metadata: tuple[Segment, ...]
    """APPn and COM segments, in the order of the file."""

    def details(self) -> Iterator[str]:
        """Lines on coding, segments, tables and scans."""
        yield line("coding", f"{self.process}, {self.precision} bits, {self.subsampling}")
        for segment in self.metadata:
            kind = segment.kind or ("comment" if segment.name == "COM" else "unknown")
            yield line(segment.name, f"{kind}, {segment.size:,} bytes at {segment.offset:,}")
        for table in self.quantisation_tables:
            yield from _table_lines(table)
        for code in self.huffman_tables:
            yield line(f"{code.kind} table {code.slot}", f"{len(code.symbols)} codes by length: {listed(code.counts)}")
        if self.restart_interval:
            yield line("restarts", f"every {self.restart_interval:,} MCUs")
        for number, scan in enumerate(self.scans, 1):
            yield line(f"scan {number}", _scan_text(scan))
        yield line("QP map", "not recorded in the file")


def inspect_jpeg(data: bytes, name: str) -> JpegReport:
    """Take a JPEG apart. Raises ValueError for a broken one."""
    jpeg = parse(data)
    named = name_in(jpeg)
    pixels = jpeg.frame.width * jpeg.frame.height
    bits, damage = measure_cells(data, pixels, cell_bits) if jpeg.frame.core_reads else (None, "")
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
        network=None if named is None else named.network,
        original=None if named is None else named.size,
        cell_bits=bits,
        damage=damage,
    )


def has_cells(data: bytes) -> bool:
    """Whether the core reads a file of this kind: Huffman-coded, 8 bits, a usual sampling. Raises ValueError."""
    return parse(data).frame.core_reads


def cell_bits(data: bytes) -> NDArray[np.float32]:
    """Bits of each cell in a sequential file with optimal Huffman tables, (ceil(H/32), ceil(W/32)).

    In a progressive file a cell's own bits can't be told apart. Raises ValueError for damage and kinds not read.
    """
    return jpeg.read(data).levels.cell_bits()


def maps(data: bytes) -> Iterator[CellMap]:
    """Where a file's bits are; nothing for kinds that the core doesn't read."""
    if has_cells(data):
        yield CellMap("bits of each cell", cell_bits(data), "bits per 32x32 pixels")


def luma_step(data: bytes) -> float | None:
    """Geometric mean of the first component's steps; of the finer table where a file has two for it. None for kinds
    without steps. Raises ValueError for damage.
    """
    found = parse(data)
    slot = found.frame.components[0].table
    return min((mean_step(table.steps) for table in found.quantisation_tables if table.slot == slot), default=None)


def _table_lines(table: QuantisationTable) -> Iterator[str]:
    label = f"steps {table.slot}"
    if len(set(table.steps)) == 1:
        yield line(label, f"{table.steps[0]} everywhere")
        return
    rows = np.array(table.steps)[_ZIGZAG_INDEX].reshape(8, 8)
    for row in rows:
        yield line(label, " ".join(f"{step:>4}" for step in row))
        label = ""


def _scan_text(scan: Scan) -> str:
    components = ",".join(map(str, scan.components))
    restarts = f", {scan.restarts:,} restart markers" if scan.restarts else ""
    return (
        f"components {components}, coefficients {scan.ss}-{scan.se}, bits {scan.ah}>{scan.al}, "
        f"{scan.data_size:,} bytes{restarts}"
    )
