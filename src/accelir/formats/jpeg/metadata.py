"""JFIF, EXIF, XMP, IPTC, ICC, comment and the network's name as JPEG segments, in this order.

The name is a comment segment "aR" + name; formats.network_name says what stands in it. Its check covers the steps of
the file's quantisation tables, which are known when the file is made: `seal` puts it in.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from accelir.formats.later import later
from accelir.formats.metadata import EXIF_PREFIX, XMP_PREFIX, as_bytes
from accelir.formats.network_name import NetworkName, has_form, identity_of, may_name, read_name
from accelir.formats.request import Metadata

if TYPE_CHECKING:
    from accelir.formats.jpeg.structure import JpegStructure, QuantisationTable

parse = later("accelir.formats.jpeg.parse", "parse")

_MAX_PAYLOAD = 65533
"""A segment's length field counts itself and is 16 bits wide (ITU-T T.81, B.1.1.4)."""

_ICC = b"ICC_PROFILE\0"
_JFIF = b"JFIF\0"

_XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_XMP_PORTION = 65400
"""Bytes of extended XMP in a segment (XMP Specification, part 3, 1.1.3.1)."""

_PACKET_WRAPPER = rb"\s*<\?xpacket[^>]*\?>\s*"
_STANDARD_XMP = """\
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="{guid}"/>\
</rdf:RDF></x:xmpmeta>"""

_IRB = b"Photoshop 3.0\0"
_IPTC = b"8BIM\x04\x04\0\0"
"""An image resource: IPTC-NAA record, without a name (Adobe Photoshop File Formats Specification)."""

_NAME_PREFIX = b"aR"


def _segment(marker: int, payload: bytes, what: str) -> bytes:
    if len(payload) > _MAX_PAYLOAD:
        raise ValueError(
            f"{what} of {len(payload):,} bytes is more than a JPEG segment holds, {_MAX_PAYLOAD:,}; "
            "shorten it or leave it out"
        )
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def _icc_segments(profile: bytes) -> bytes:
    """ICC.1:2022, annex B.4: numbered pieces in APP2."""
    size = _MAX_PAYLOAD - len(_ICC) - 2
    pieces = [profile[i : i + size] for i in range(0, len(profile), size)]
    if len(pieces) > 255:
        raise ValueError(f"an ICC profile of {len(profile):,} bytes is more than JPEG's 255 segments hold")
    return b"".join(
        _segment(0xE2, _ICC + bytes([i, len(pieces)]) + piece, "an ICC piece") for i, piece in enumerate(pieces, 1)
    )


def _density(dpi: object) -> bytes:
    """JFIF's unit and densities: pixels per inch, or where nothing is known square pixels alone (unit 0)."""
    if dpi is None:
        return b"\0\0\1\0\1"
    try:
        across, down = (float(density) for density in dpi)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise TypeError(f"dpi must be a pair of numbers, across and down, not {dpi!r}") from None
    if across == down == 0:
        return _density(None)
    if not all(math.isfinite(d) and 1 <= round(d) <= 65535 for d in (across, down)):
        raise ValueError(f"dpi must be from 1 to 65535 across and down, not {dpi!r}")
    return b"\1" + round(across).to_bytes(2, "big") + round(down).to_bytes(2, "big")


def _jfif_segment(dpi: object) -> bytes:
    """ITU-T T.871, 10.1: version 1.02, no thumbnail."""
    return _segment(0xE0, _JFIF + b"\1\2" + _density(dpi) + b"\0\0", "JFIF")


def _xmp_segments(packet: bytes) -> bytes:
    """One segment, or extended XMP where the packet is too long: a short packet that refers to the whole one.

    XMP Specification, part 3, 1.1.3.1. All properties go into the extended packet.
    """
    if len(XMP_PREFIX + packet) <= _MAX_PAYLOAD:
        return _segment(0xE1, XMP_PREFIX + packet, "XMP")
    whole = re.sub(_PACKET_WRAPPER, b"", packet)
    guid = hashlib.md5(whole, usedforsecurity=False).hexdigest().upper()
    head = _XMP_EXTENSION + guid.encode("ascii") + len(whole).to_bytes(4, "big")
    out = _segment(0xE1, XMP_PREFIX + _STANDARD_XMP.format(guid=guid).encode("ascii"), "XMP")
    for at in range(0, len(whole), _XMP_PORTION):
        out += _segment(0xE1, head + at.to_bytes(4, "big") + whole[at : at + _XMP_PORTION], "XMP")
    return out


def _iptc_segment(record: bytes) -> bytes:
    """An APP13 segment with one image resource, padded to an even size."""
    resource = _IPTC + len(record).to_bytes(4, "big") + record + bytes(len(record) % 2)
    return _segment(0xED, _IRB + resource, "IPTC")


def comment_segment(comment: object) -> bytes:
    """A COM segment: bytes, or str as UTF-8; None and empty ones write nothing. Raises as `jpeg_segments` does."""
    text = as_bytes(comment, "comment")
    return _segment(0xFE, text, "a comment") if text else b""


def jpeg_segments(icc_profile: object = None, exif: object = None, xmp: object = None, iptc: object = None) -> bytes:
    """APP1 (EXIF, XMP), APP2 (ICC) and APP13 (IPTC) segments, in that order.

    icc_profile: bytes. exif: bytes with or without their "Exif" prefix, or a PIL.Image.Exif. xmp: bytes or str. iptc:
    bytes, an IPTC-IIM block. None and empty ones write nothing. Raises TypeError for other types, ValueError for what
    doesn't fit into segments.
    """
    icc, tiff = as_bytes(icc_profile, "icc_profile"), as_bytes(exif, "exif")
    packet, record = as_bytes(xmp, "xmp").removeprefix(XMP_PREFIX), as_bytes(iptc, "iptc")
    out = _segment(0xE1, EXIF_PREFIX + tiff.removeprefix(EXIF_PREFIX), "EXIF") if tiff else b""
    out += _xmp_segments(packet) if packet else b""
    out += _icc_segments(icc)
    return out + (_iptc_segment(record) if record else b"")


@dataclass(frozen=True)
class Segments:
    """All that stands between SOI and the tables."""

    before: bytes
    """Segments in front of the name."""
    name: NetworkName | None
    """What the file names; None: nothing."""
    after: bytes
    """Segments behind it."""

    @property
    def data(self) -> bytes:
        """The segments, with a name that isn't sealed yet."""
        return self.before + self._name_segment(b"") + self.after

    @property
    def name_size(self) -> int:
        """Bytes that the name takes."""
        return len(self._name_segment(b""))

    def without_name(self) -> Segments:
        """The same for a file that names nothing, where it can do so."""
        return self if self.name is not None and self.name.is_needed else Segments(self.before, None, self.after)

    def seal(self, data: bytes, width: int, height: int, tables: NDArray[np.uint8]) -> bytes:
        """A file that has these segments, with its name's check. tables: steps, (1 or 2, 64), zigzag."""
        segment = self._name_segment(_identity(width, height, tables.tolist()))
        start = 2 + len(self.before)
        return data[:start] + segment + data[start + len(segment) :]

    def _name_segment(self, identity: bytes) -> bytes:
        return b"" if self.name is None else comment_segment(_NAME_PREFIX + self.name.write(identity))


def segments_for(metadata: Metadata, jfif: bool, name: NetworkName | None, max_bytes: int) -> Segments:
    """Everything between SOI and the tables, in a file of at most so many bytes. Raises as `jpeg_segments` does."""
    m = metadata
    if not jfif and m.dpi is not None:
        raise ValueError("dpi stands in the JFIF segment, which jfif=False leaves out; give one of the two")
    before = (_jfif_segment(m.dpi) if jfif else b"") + jpeg_segments(m.icc_profile, m.exif, m.xmp, m.iptc)
    # The name stands in front of a comment of the user's: Pillow shows the last of all.
    named = Segments(before, name, comment_segment(m.comment))
    return named if may_name(named.name_size, max_bytes) else named.without_name()


def name_of(data: bytes) -> NetworkName | None:
    """What a file says of its receivers, or None. Raises ValueError for a damaged file."""
    return name_in(parse(data))


def name_in(jpeg: JpegStructure) -> NetworkName | None:
    """The name in one of a file's comments, or None: names of other files are ignored."""
    identity = _identity(jpeg.frame.width, jpeg.frame.height, _last_steps(jpeg.quantisation_tables))
    for comment in jpeg.comments:
        if comment.startswith(_NAME_PREFIX):
            name = read_name(comment.removeprefix(_NAME_PREFIX), identity)
            if name is not None:
                return name
    return None


def has_stale_name(data: bytes) -> bool:
    """Whether a file has a name that was written into another file. Raises ValueError for a damaged file."""
    jpeg = parse(data)
    return name_in(jpeg) is None and any(looks_like_name(comment) for comment in jpeg.comments)


def looks_like_name(comment: bytes) -> bool:
    """Whether a comment has the form of a name, of whatever file."""
    return comment.startswith(_NAME_PREFIX) and has_form(comment.removeprefix(_NAME_PREFIX))


def _last_steps(tables: Iterable[QuantisationTable]) -> list[tuple[int, ...]]:
    """Steps that each slot has at the file's end, by slot."""
    last = {table.slot: table.steps for table in tables}
    return [last[slot] for slot in sorted(last)]


def _identity(width: int, height: int, tables: Iterable[Iterable[int]]) -> bytes:
    return identity_of(width, height, b"".join(step.to_bytes(2, "big") for table in tables for step in table))
