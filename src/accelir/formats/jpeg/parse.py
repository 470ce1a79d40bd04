"""The structure of a JPEG file: its segments, tables, frame and scans (ITU-T T.81, annex B), without decoding it.

    SOI  [APPn COM DQT DHT DRI]*  SOF  ([APPn COM DQT DHT DRI]*  SOS  entropy-coded data)+  EOI  [anything]

A marker is FF and a byte that is neither 00 nor FF; all but SOI, EOI, RSTn and TEM are followed by two bytes of length,
which count themselves. In entropy-coded data FF is followed by 00 or by an RSTn marker. Some cameras leave bytes
between segments that belong to none; they are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NoReturn

from accelir.formats.jpeg.structure import (
    ARITHMETIC_PROCESSES,
    HUFFMAN_PROCESSES,
    Component,
    Frame,
    HuffmanTable,
    JpegStructure,
    QuantisationTable,
    Scan,
    Segment,
)

SOI, EOI, SOS, DQT, DHT, DNL, DRI, COM, DAC = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDC, 0xDD, 0xFE, 0xCC
APP0, APP15 = 0xE0, 0xEF

# Segments and tables; far above what any real file has, and keeps the memory for a hostile one small.
MAX_ITEMS = 100_000

# A scan of a few bytes can be one of gigapixels: every scan costs a decoder time. libjpeg's own script has ten.
MAX_SCANS = 1000

# Blocks that all scans together may visit: so many whatever the file's size, and so many more for each of its bytes. A
# block of an empty scan costs a decoder some 60 ns and no byte. An ordinary progressive file visits at most 50 blocks a
# byte, where the picture has one colour; 50 megapixels in ten scans visit 6.3 million.
FREE_BLOCKS = 12_000_000
BLOCKS_PER_BYTE = 64

_NAMES = {SOI: "SOI", EOI: "EOI", SOS: "SOS", DQT: "DQT", DHT: "DHT", DNL: "DNL", DRI: "DRI", COM: "COM", DAC: "DAC"}

_PROCESSES = {
    0xC0: "baseline",
    0xC1: "extended sequential",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC9: "extended sequential, arithmetic",
    0xCA: "progressive, arithmetic",
    0xCB: "lossless, arithmetic",
}

_APP_KINDS = (
    (0xE0, b"JFIF\0", "JFIF"),
    (0xE0, b"JFXX\0", "JFXX"),
    (0xE1, b"Exif\0", "EXIF"),
    (0xE1, b"http://ns.adobe.com/xap/1.0/\0", "XMP"),
    (0xE1, b"http://ns.adobe.com/xmp/extension/\0", "XMP extension"),
    (0xE2, b"ICC_PROFILE\0", "ICC"),
    (0xE2, b"MPF\0", "MPF"),
    (0xED, b"Photoshop 3.0\0", "Photoshop"),
    (0xEE, b"Adobe", "Adobe"),
)

_MARKER = re.compile(rb"\xff+[^\x00\x01\xff\xd0-\xd7]")
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def parse(data: bytes) -> JpegStructure:
    """Read the structure of a whole JPEG file.

    Time grows with the length of the data, memory with the number of segments and tables, which is limited. Raises
    ValueError, with the offset and what was found there, when the data is cut short or breaks T.81, annex B.
    """
    return _Parser(bytes(data)).run()


def _fail(offset: int, message: str) -> NoReturn:
    raise ValueError(f"damaged JPEG, at byte {offset:,}: {message}")


@dataclass
class _Body:
    """The bytes of one segment behind its length, read from front to back."""

    data: bytes
    position: int
    end: int
    name: str

    @property
    def left(self) -> int:
        return self.end - self.position

    def take(self, count: int) -> bytes:
        if self.left < count:
            _fail(self.position, f"{self.name} lacks {count - self.left} of the next {count} bytes")
        self.position += count
        return self.data[self.position - count : self.position]

    def byte(self) -> int:
        return self.take(1)[0]

    def word(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def nibbles(self) -> tuple[int, int]:
        return divmod(self.byte(), 16)

    def fail(self, message: str) -> NoReturn:
        _fail(self.position, f"{self.name} {message}")

    def check(self, fits: bool, message: str) -> None:
        if not fits:
            self.fail(message)


@dataclass
class _Parser:
    data: bytes
    position: int = 0
    marker_end: int = 0
    segments: list[Segment] = field(default_factory=list)
    quantisation_tables: list[QuantisationTable] = field(default_factory=list)
    huffman_tables: list[HuffmanTable] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    comments: list[bytes] = field(default_factory=list)
    stray: list[tuple[int, int]] = field(default_factory=list)
    frame: Frame | None = None
    restart_interval: int = 0
    adobe_transform: int | None = None

    def run(self) -> JpegStructure:
        if self.data[:2] != b"\xff\xd8":
            _fail(0, f"starts with {self.data[:2].hex(' ').upper() or 'nothing'}, not with SOI (FF D8)")
        self._add(SOI, 0, 2)
        while self._segment() != EOI:
            tables = len(self.quantisation_tables) + len(self.huffman_tables)
            if len(self.segments) + tables + len(self.stray) > MAX_ITEMS:
                _fail(self.position, f"more than {MAX_ITEMS:,} segments and tables")
            if len(self.scans) > MAX_SCANS:
                _fail(self.position, f"more than {MAX_SCANS:,} scans")
        return self._finish(self._finished_frame())

    def _finished_frame(self) -> Frame:
        if self.frame is None:
            _fail(self.segments[-1].offset, "EOI before any frame: there is no picture in this file")
        if self.frame.height == 0:
            _fail(self.segments[-1].offset, "EOI, and neither SOF nor DNL has given the height")
        refining = self.frame.process.startswith("progressive")
        coded = {i for scan in self.scans if scan.ss == 0 or not refining for i in scan.components}
        for component in self.frame.components:
            if component.id not in coded:
                _fail(self.segments[-1].offset, f"EOI before any scan of component {component.id}")
        self._check_work(self.frame)
        return self.frame

    def _check_work(self, frame: Frame) -> None:
        """A scan that is nearly empty costs a decoder the time of the whole picture."""
        # A lossless frame codes samples by themselves, which take as long as eighths of blocks.
        share = 8 if "lossless" in frame.process else 1
        visits = share * sum(frame.blocks(scan.components) for scan in self.scans)
        most = FREE_BLOCKS + BLOCKS_PER_BYTE * len(self.data)
        if visits > most:
            raise ValueError(
                f"a JPEG whose {len(self.scans):,} scans visit {visits:,} blocks in {len(self.data):,} bytes; of a "
                f"file of that size at most {most:,} are decoded"
            )

    def _finish(self, frame: Frame) -> JpegStructure:
        return JpegStructure(
            size=len(self.data),
            segments=tuple(self.segments),
            quantisation_tables=tuple(self.quantisation_tables),
            huffman_tables=tuple(self.huffman_tables),
            frame=frame,
            scans=tuple(self.scans),
            restart_interval=self.restart_interval,
            adobe_transform=self.adobe_transform,
            comments=tuple(self.comments),
            stray=tuple(self.stray),
            trailing_size=len(self.data) - self.position,
        )

    def _add(self, marker: int, start: int, end: int, kind: str = "") -> None:
        self.segments.append(Segment(_name(marker), start, end - start, kind))
        self.position = end

    def _segment(self) -> int:
        marker = self._marker()
        start = self.position
        self.position = self.marker_end
        if marker == EOI:
            self._add(EOI, start, self.position)
            return marker
        read = self._reader(marker)
        if read is None:
            _fail(start, f"the marker FF {marker:02X} has no place here")
        body = self._body(marker)
        self._add(marker, start, body.end, _app_kind(marker, self.data, body.position))
        read(body)
        body.check(body.left == 0, f"has {body.left} bytes too many")
        return marker

    def _marker(self) -> int:
        """Goes to the next marker, fill bytes before it counted in, and passes over stray bytes before those."""
        found = _MARKER.search(self.data, self.position)
        if found is None:
            _fail(len(self.data), "the file is cut short: no EOI marker")
        if found.start() > self.position:
            self._add_stray(found.start())
        self.marker_end = found.end()
        return self.data[found.end() - 1]

    def _add_stray(self, end: int) -> None:
        """Nothing may be lost with stray bytes: neither a segment whose marker is damaged, nor tables between scans."""
        start = self.position
        length = int.from_bytes(self.data[start + 2 : start + 4], "big")
        if start + 2 + length == end:
            _fail(start, f"{self.data[start : start + 2].hex(' ').upper()} where a marker (FF) should start")
        if self.scans and any(self.data[start:end]):
            _fail(start, f"{end - start:,} bytes between scans that belong to no segment")
        self.stray.append((start, end - start))
        self.position = end

    def _body(self, marker: int) -> _Body:
        name, start = _name(marker), self.position
        length = int.from_bytes(self.data[start : start + 2], "big")
        if start + max(length, 2) > len(self.data):
            _fail(len(self.data), f"the file is cut short inside {name}")
        if length < 2:
            _fail(start, f"{name} says that it is {length} bytes long; its length alone takes 2")
        return _Body(self.data, start + 2, start + length, name)

    def _reader(self, marker: int) -> Callable[[_Body], None] | None:
        if marker in _PROCESSES:
            return lambda body: self._read_frame(body, _PROCESSES[marker])
        if APP0 <= marker <= APP15:
            return self._read_app
        return {
            DQT: self._read_quantisation,
            DHT: self._read_huffman,
            DAC: _skip,
            DRI: self._read_restart_interval,
            DNL: self._read_lines,
            COM: self._read_comment,
            SOS: self._read_scan,
        }.get(marker)

    def _read_app(self, body: _Body) -> None:
        if self.segments[-1].kind == "Adobe" and body.left >= 12:
            self.adobe_transform = body.data[body.position + 11]
        _skip(body)

    def _read_comment(self, body: _Body) -> None:
        self.comments.append(body.take(body.left))

    def _read_restart_interval(self, body: _Body) -> None:
        self.restart_interval = body.word()

    def _read_quantisation(self, body: _Body) -> None:
        while body.left:
            wide, slot = body.nibbles()
            body.check(wide <= 1, f"has a table of precision {wide}; 0 (8 bits) and 1 (16 bits) exist")
            body.check(slot <= 3, f"fills slot {slot}; slots 0 to 3 exist")
            raw = body.take(64 * (wide + 1))
            steps = tuple(int.from_bytes(raw[i : i + wide + 1], "big") for i in range(0, len(raw), wide + 1))
            body.check(min(steps) > 0, f"has a step of 0 in slot {slot}")
            self.quantisation_tables.append(QuantisationTable(slot, 8 * (wide + 1), steps))

    def _read_huffman(self, body: _Body) -> None:
        while body.left:
            ac, slot = body.nibbles()
            body.check(ac <= 1, f"has a table of class {ac}; 0 (DC) and 1 (AC) exist")
            body.check(slot <= 3, f"fills slot {slot}; slots 0 to 3 exist")
            counts = tuple(body.take(16))
            room = sum(count << (16 - length) for length, count in enumerate(counts, 1))
            body.check(room <= 1 << 16, f"has more codes in slot {slot} than their lengths allow")
            body.check(sum(counts) <= 256, f"has {sum(counts)} codes in slot {slot}; 256 is the most")
            self.huffman_tables.append(HuffmanTable("AC" if ac else "DC", slot, counts, tuple(body.take(sum(counts)))))

    def _read_frame(self, body: _Body, process: str) -> None:
        body.check(self.frame is None, "is a second frame header; hierarchical files are not read")
        precision, height, width, count = body.byte(), body.word(), body.word(), body.byte()
        body.check(_precision_fits(process, precision), f"gives samples of {precision} bits to a {process} frame")
        body.check(width > 0, "gives a width of 0")
        body.check(count > 0, "gives no component")
        components = tuple(Component(body.byte(), *body.nibbles(), body.byte()) for _ in range(count))
        for c in components:
            body.check(
                1 <= c.horizontal <= 4 and 1 <= c.vertical <= 4,
                f"gives sampling factors {c.horizontal}x{c.vertical}; 1 to 4 exist",
            )
            body.check(c.table <= 3, f"names quantisation table {c.table}; slots 0 to 3 exist")
        body.check(len({c.id for c in components}) == count, "gives two components the same id")
        self.frame = Frame(process, precision, width, height, components)

    def _read_lines(self, body: _Body) -> None:
        lines = body.word()
        if self.frame is None or len(self.scans) != 1:
            body.fail("does not follow the first scan")
        body.check(lines > 0, "gives a height of 0")
        body.check(self.frame.height in (0, lines), f"gives {lines} lines, the frame header {self.frame.height}")
        self.frame = replace(self.frame, height=lines)

    def _read_scan(self, body: _Body) -> None:
        if self.frame is None:
            body.fail("comes before any frame header")
        count = body.byte()
        body.check(1 <= count <= 4, f"names {count} components; 1 to 4 can be in a scan")
        components = []
        for _ in range(count):
            components.append(body.byte())
            dc, ac = body.nibbles()
            body.check(dc <= 3 and ac <= 3, f"names Huffman tables {dc} and {ac}; slots 0 to 3 exist")
        sampling = {c.id: c.horizontal * c.vertical for c in self.frame.components}
        body.check(
            len(set(components)) == count and sampling.keys() >= set(components),
            f"names components {components}, the frame header {list(sampling)}",
        )
        body.check(count == 1 or sum(sampling[i] for i in components) <= 10, "has more than 10 blocks in an MCU")
        ss, se = body.byte(), body.byte()
        ah, al = body.nibbles()
        if self.frame.process.startswith("progressive"):
            body.check(
                ss <= se <= 63 and (se == 0 if ss == 0 else count == 1),
                f"has coefficients {ss} to {se} of {count} components in one scan",
            )
            body.check(al <= 13 and ah in (0, al + 1), f"refines from bit {ah} to bit {al}")
        start, end = body.end, self._entropy_end(body.end)
        self._check_room(components, ss, start, end)
        restarts = sum(self.data.count(bytes((0xFF, 0xD0 + i)), start, end) for i in range(8))
        self.scans.append(Scan(tuple(components), ss, se, ah, al, start, end - start, restarts))
        self.position = end

    def _check_room(self, components: list[int], ss: int, start: int, end: int) -> None:
        """A DC code takes a bit at least: no header of a few bytes gets away with gigapixels."""
        if self.frame is not None and self.frame.process in HUFFMAN_PROCESSES and ss == 0:
            blocks = self.frame.blocks(components)
            if blocks > 8 * (end - start):
                _fail(end, f"the scan ends after {end - start:,} bytes, too few for its {blocks:,} blocks")

    def _entropy_end(self, start: int) -> int:
        found = _MARKER_IN_SCAN.search(self.data, start)
        if found is None:
            _fail(len(self.data), "the file is cut short inside a scan's data")
        end = found.start()
        while end > start and self.data[end - 1] == 0xFF:
            end -= 1
        arithmetic = self.frame is not None and self.frame.process in ARITHMETIC_PROCESSES
        if end == start and not arithmetic:
            _fail(start, "the scan has no data")
        return end


def _name(marker: int) -> str:
    if marker in _PROCESSES:
        return f"SOF{marker - 0xC0}"
    return _NAMES.get(marker) or f"APP{marker - APP0}"


def _app_kind(marker: int, data: bytes, start: int) -> str:
    for code, signature, kind in _APP_KINDS:
        if marker == code and data.startswith(signature, start):
            return kind
    return ""


def _precision_fits(process: str, precision: int) -> bool:
    if "lossless" in process:
        return 2 <= precision <= 16
    return precision == 8 or (precision == 12 and process != "baseline")


def _skip(body: _Body) -> None:
    body.take(body.left)
