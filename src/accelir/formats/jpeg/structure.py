"""What there is in a JPEG file: the things that ITU-T T.81, annex B, describes, as `parse.parse` finds them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

PARTS = ("headers", "tables", "scans", "metadata", "stray", "trailing")

# The kinds of frame that are DCT-coded, with Huffman codes and arithmetic ones.
HUFFMAN_PROCESSES = ("baseline", "extended sequential", "progressive")
ARITHMETIC_PROCESSES = ("extended sequential, arithmetic", "progressive, arithmetic")

_SUBSAMPLINGS = {
    (1, 1): "4:4:4",
    (2, 1): "4:2:2",
    (2, 2): "4:2:0",
    (1, 2): "4:4:0",
    (4, 1): "4:1:1",
    (4, 2): "4:1:0",
}


@dataclass(frozen=True)
class Segment:
    """A marker with what belongs to it; for SOS the header alone, without the entropy-coded data."""

    name: str
    offset: int
    size: int  # bytes, with the marker and any fill bytes before it
    kind: str = ""  # for APPn, what it carries: "JFIF", "EXIF", "ICC", "XMP", "Adobe", ...; "" where unknown


@dataclass(frozen=True)
class QuantisationTable:
    """One table of a DQT segment (T.81, B.2.4.1)."""

    slot: int
    precision: int  # bits of a step: 8 or 16
    steps: tuple[int, ...]  # 64, zigzag


@dataclass(frozen=True)
class HuffmanTable:
    """One table of a DHT segment (T.81, B.2.4.2)."""

    kind: str  # "DC" or "AC"
    slot: int
    counts: tuple[int, ...]  # how many codes have 1, 2, ... 16 bits
    symbols: tuple[int, ...]


@dataclass(frozen=True)
class Component:
    """One component of the frame (T.81, B.2.2)."""

    id: int
    horizontal: int  # sampling factors, 1..4
    vertical: int
    table: int  # slot of its quantisation table


@dataclass(frozen=True)
class Frame:
    """The SOF segment (T.81, B.2.2)."""

    process: str  # "baseline", "progressive", ...
    precision: int  # bits of a sample
    width: int
    height: int
    components: tuple[Component, ...]

    @property
    def subsampling(self) -> str:
        """ "4:2:0" and the like, "gray" for one component, else the sampling factors ("2x2 1x1 1x2")."""
        if len(self.components) == 1:
            return "gray"
        if len(self.components) == 3:
            luma, blue, red = ((c.horizontal, c.vertical) for c in self.components)
            if blue == red and luma[0] % blue[0] == 0 and luma[1] % blue[1] == 0:
                ratio = (luma[0] // blue[0], luma[1] // blue[1])
                if ratio in _SUBSAMPLINGS:
                    return _SUBSAMPLINGS[ratio]
        return " ".join(f"{c.horizontal}x{c.vertical}" for c in self.components)

    def blocks(self, ids: Collection[int]) -> int:
        """How many 8x8 blocks the components with these ids have together (T.81, A.2.4), whole MCUs not counted."""
        widest = max(c.horizontal for c in self.components)
        tallest = max(c.vertical for c in self.components)
        return sum(
            -(-self.width * c.horizontal // (8 * widest)) * -(-self.height * c.vertical // (8 * tallest))
            for c in self.components
            if c.id in ids
        )

    @property
    def core_checks(self) -> bool:
        """Whether the compiled core finds damage in this kind: DCT-coded, 8 bits, at most 4 components."""
        known = (*HUFFMAN_PROCESSES, *ARITHMETIC_PROCESSES)
        return self.precision == 8 and self.process in known and len(self.components) <= 4

    @property
    def core_reads(self) -> bool:
        """Whether the compiled core reads the levels of this kind: what it checks, of a usual sampling."""
        factors = tuple((c.horizontal, c.vertical) for c in self.components)
        usual = len(factors) == 1 or (factors[1:] == ((1, 1), (1, 1)) and factors[0] in ((1, 1), (2, 1), (2, 2)))
        return usual and self.core_checks


@dataclass(frozen=True)
class Scan:
    """The SOS segment (T.81, B.2.3) and the data behind it."""

    components: tuple[int, ...]  # ids
    ss: int  # first and last coefficient, zigzag
    se: int
    ah: int  # successive approximation: the bit position before and after
    al: int
    data_offset: int
    data_size: int  # bytes of entropy-coded data, restart markers with it
    restarts: int


@dataclass(frozen=True)
class JpegStructure:
    """What `parse` finds."""

    size: int
    segments: tuple[Segment, ...]
    quantisation_tables: tuple[QuantisationTable, ...]
    huffman_tables: tuple[HuffmanTable, ...]
    frame: Frame
    scans: tuple[Scan, ...]
    restart_interval: int  # MCUs; 0 for none. The last one that the file sets
    adobe_transform: int | None  # 0 RGB or CMYK, 1 YCbCr, 2 YCCK; None without an Adobe segment
    comments: tuple[bytes, ...]
    stray: tuple[tuple[int, int], ...]  # offset and size of bytes between segments that belong to none
    trailing_size: int

    def bytes_by_part(self) -> dict[str, int]:
        """The bytes of each of PARTS; they add up to the file's size.

        metadata: every APPn and COM; tables: DQT, DHT, DAC; scans: entropy-coded data; stray: bytes between
        segments that belong to none; trailing: what follows EOI.
        """
        parts = dict.fromkeys(PARTS, 0)
        for segment in self.segments:
            parts[_part_of(segment.name)] += segment.size
        parts["scans"] = sum(scan.data_size for scan in self.scans)
        parts["stray"] = sum(size for _, size in self.stray)
        parts["trailing"] = self.trailing_size
        return parts

    def without_stray(self, data: bytes) -> bytes:
        """The file that this is the structure of, without its stray bytes: what every decoder takes."""
        if not self.stray:
            return data
        starts = [0, *(offset + size for offset, size in self.stray)]
        ends = [*(offset for offset, _ in self.stray), len(data)]
        return b"".join(data[start:end] for start, end in zip(starts, ends, strict=True))


def _part_of(name: str) -> str:
    if name in ("DQT", "DHT", "DAC"):
        return "tables"
    return "metadata" if name == "COM" or name.startswith("APP") else "headers"
