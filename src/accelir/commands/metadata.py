"""What an input tells beside its picture: found in any format, chosen by kind, and fitted to the format written."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from accelir.formats.format import Format
from accelir.formats.jpeg.metadata import looks_like_name
from accelir.formats.later import later
from accelir.formats.metadata import EXIF_PREFIX, XMP_PREFIX

orientation_of, without_gps, changed, exif_of_tiff = (
    later("accelir.commands.exif", name) for name in ("orientation_of", "without_gps", "changed", "exif_of_tiff")
)

KINDS = ("icc", "exif", "gps", "xmp", "iptc", "comment", "density")
"""What can be kept or stripped. gps is the place, which stands in EXIF and in XMP."""

_HELD_IN = {"icc": "icc_profile", "exif": "exif", "xmp": "xmp", "iptc": "iptc", "comment": "comment", "density": "dpi"}
"""Kinds, and the encoder's names for them."""

_NAMES = {
    "icc": "the ICC profile",
    "exif": "EXIF",
    "xmp": "XMP",
    "iptc": "IPTC",
    "comment": "the comment",
    "density": "the density",
}

_LARGEST = {"exif": 65527, "comment": 65533, "iptc": 65505, "icc": 255 * 65519}
"""Bytes that JPEG's segments hold of a kind; longer XMP is divided."""

_GPS_IN_XMP = rb"""\s[\w.-]+:GPS\w+\s*=\s*(?:"[^"]*"|'[^']*')|<([\w.-]+:GPS\w+)[^<>]*(?:(?<=/)>|(?<!/)>[^<]*</\1\s*>)"""
_RDF = rb"<rdf:RDF\b[^<>]*>"
_EXTENDED_ID = rb"""\s[\w.-]+:HasExtendedXMP\s*=\s*["']([0-9A-Fa-f]{32})["']"""
_EXTENSION_PREFIX = b"http://ns.adobe.com/xmp/extension/\0"

_RAW_PROFILE = r"\s*\w+\s+(\d+)\s+([0-9a-fA-F\s]*)"
_IPTC_RESOURCE = 0x0404


def parse_kinds(text: str) -> frozenset[str]:
    """Kinds from "exif,icc", "all" or "none". Raises ValueError for other words."""
    words = [word.strip().lower() for word in text.split(",")]
    unknown = [word for word in words if word not in (*KINDS, "all", "none")]
    if unknown or ("none" in words and len(words) > 1):
        raise ValueError(f"{text!r} is no list of all, none, {', '.join(KINDS)}")
    return frozenset(KINDS) if "all" in words else frozenset(words) - {"none"}


@dataclass(frozen=True)
class FileMetadata:
    """What a file tells beside its picture."""

    icc: bytes = b""
    exif: bytes = b""
    """A TIFF block, without JPEG's prefix."""
    xmp: bytes = b""
    iptc: bytes = b""
    """IPTC-IIM records."""
    comment: bytes = b""
    """Text, as a rule UTF-8."""
    density: tuple[float, float] | None = None
    """Pixels per inch, across and down."""

    @property
    def kinds(self) -> list[str]:
        """Kinds that there are; gps is not told apart."""
        return [kind for kind in _HELD_IN if getattr(self, kind)]

    @property
    def size(self) -> int:
        """Bytes of it all, about."""
        return sum(len(getattr(self, kind)) for kind in self.kinds if kind != "density")

    @property
    def orientation(self) -> int:
        """How the picture must be turned to stand upright, 1 to 8 as Exif counts."""
        return orientation_of(self.exif) if self.exif else 1

    def only(self, kinds: Collection[str]) -> FileMetadata:
        """The metadata of these kinds alone."""
        gone: dict[str, Any] = {kind: None if kind == "density" else b"" for kind in _HELD_IN if kind not in kinds}
        kept = replace(self, **gone)
        if "gps" in kinds:
            return kept
        exif = without_gps(kept.exif) if kept.exif else b""
        return replace(kept, exif=exif, xmp=without_place(kept.xmp))

    def fitted(self, format: Format) -> tuple[FileMetadata, list[str]]:
        """What a format holds of it, and the names of what it doesn't."""
        homeless = [kind for kind in self.kinds if _no_place(kind, getattr(self, kind), format)]
        return self.only({*KINDS} - {*homeless}), [_NAMES[kind] for kind in homeless]

    def after(self, size: tuple[int, int], *, turned: bool) -> FileMetadata:
        """For a picture that was turned upright or resized, and has so many pixels across and down now."""
        return replace(self, exif=changed(self.exif, size, upright=turned) if self.exif else b"")

    def options(self, format: Format) -> dict[str, Any]:
        """Keywords for the encoder. An empty ICC profile tells it not to take the picture's own."""
        found = {_HELD_IN[kind]: getattr(self, kind) for kind in self.kinds}
        return {"icc_profile": b"", **found}


def _no_place(kind: str, value: Any, format: Format) -> bool:
    if _HELD_IN[kind] in ("dpi", "comment", "iptc") and _HELD_IN[kind] not in format.options:
        return True
    return format.name == "jpeg" and kind in _LARGEST and len(value) > _LARGEST[kind]


def without_place(xmp: bytes) -> bytes:
    """XMP that tells no place; nothing at all where it does so in a way that is not read here (UTF-16)."""
    bare = re.sub(_GPS_IN_XMP, b"", xmp)
    return b"" if b"GPS" in bare.replace(b"\0", b"") else bare


# What a file holds


def metadata_of(image: Image.Image) -> FileMetadata:
    """What the file of a picture tells, which Pillow opened and has loaded."""
    info = image.info
    raw = {name: _raw_profile(info, *names) for name, names in _RAW_NAMES.items()}
    return FileMetadata(
        icc=_bytes(info.get("icc_profile")) or raw["icc"],
        exif=_exif(image) or raw["exif"].removeprefix(EXIF_PREFIX),
        xmp=_xmp(image) or raw["xmp"].removeprefix(XMP_PREFIX),
        iptc=_iptc(image) or _iptc_records(raw["iptc"]),
        comment=_comment(image),
        density=_density(info.get("dpi")),
    )


_RAW_NAMES = {"icc": ("icc", "icm"), "exif": ("exif", "APP1"), "xmp": ("xmp",), "iptc": ("iptc", "8bim")}
"""ImageMagick's names of profiles in PNG, one text chunk each."""


def _raw_profile(info: dict[Any, Any], *names: str) -> bytes:
    """ImageMagick's form: the profile's name, its size in bytes, and hexadecimal digits in lines."""
    for name in names:
        text = info.get(f"Raw profile type {name}")
        found = re.fullmatch(_RAW_PROFILE, text) if isinstance(text, str) else None
        digits = re.sub(r"\s", "", found[2]) if found else ""
        if found and len(digits) == 2 * int(found[1]):
            return bytes.fromhex(digits)
    return b""


def _exif(image: Image.Image) -> bytes:
    if image.format == "TIFF":
        return exif_of_tiff(image)
    return _bytes(image.info.get("exif")).removeprefix(EXIF_PREFIX)


def _xmp(image: Image.Image) -> bytes:
    found = _bytes(image.info.get("xmp")) or _bytes(image.info.get("XML:com.adobe.xmp"))
    extended = re.search(_EXTENDED_ID, found)
    return found if extended is None else joined(found, _extension(image, extended[1]))


def _extension(image: Image.Image, id: bytes) -> bytes:
    """The second packet of extended XMP: pieces with its id, its size and their places (XMP, part 3, 1.1.3.1)."""
    head = _EXTENSION_PREFIX + id
    pieces = [data[len(head) :] for name, data in getattr(image, "applist", ()) if name == "APP1" if head in data[:80]]
    ordered = sorted(pieces, key=lambda piece: piece[4:8])
    whole = b"".join(piece[8:] for piece in ordered)
    return whole if ordered and len(whole) == int.from_bytes(ordered[0][:4], "big") else b""


def joined(packet: bytes, extension: bytes) -> bytes:
    """One packet of the two, as the specification asks of readers; the first alone where the second can't be read."""
    end = packet.rfind(b"</rdf:RDF")
    begin = re.search(_RDF, extension)
    more = b"" if begin is None else extension[begin.end() : max(extension.rfind(b"</rdf:RDF"), 0)]
    return packet if end < 0 or not more else re.sub(_EXTENDED_ID, b"", packet[:end] + more + packet[end:])


def _iptc(image: Image.Image) -> bytes:
    """From JPEG's image resources, which Pillow has read, or a TIFF's tags."""
    resources = image.info.get("photoshop")
    if isinstance(resources, dict):
        return _bytes(resources.get(_IPTC_RESOURCE))
    tags = getattr(image, "tag_v2", {})
    return _iptc_records(_bytes(tags.get(0x83BB))) or _iptc_records(_bytes(tags.get(0x8649)))


def _iptc_records(data: bytes) -> bytes:
    """IPTC-IIM records, as they are or in image resources; nothing for anything else."""
    data = data.removeprefix(b"Photoshop 3.0\0")
    if data.startswith(b"\x1c"):
        return data
    return next((value for kind, value in _resources(data) if kind == _IPTC_RESOURCE), b"")


def _resources(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Image resources: "8BIM", number, name (padded to even), size, data (padded to even)."""
    at = 0
    while data[at : at + 4] == b"8BIM" and at + 7 <= len(data):
        kind = int.from_bytes(data[at + 4 : at + 6], "big")
        start = at + 6 + (data[at + 6] + 2) // 2 * 2
        size = int.from_bytes(data[start : start + 4], "big")
        yield kind, data[start + 4 : start + 4 + size]
        at = start + 4 + size + size % 2


def _comment(image: Image.Image) -> bytes:
    found = _bytes(image.info.get("comment", image.info.get("Comment")))
    return b"" if is_network_name(found) else found


def is_network_name(comment: bytes) -> bool:
    """Whether a comment is the encoder's own, which says how a file was made, and not what somebody wrote."""
    return looks_like_name(comment)


def _density(dpi: Any) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    sane = all(math.isfinite(value) and 1 <= round(value) <= 65535 for value in (across, down))
    return (across, down) if sane else None


def _bytes(value: Any) -> bytes:
    """Tags hold bytes, text or tuples of them, as writers liked."""
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else b""


# What one picture cannot hold


def further_parts(image: Image.Image) -> list[str]:
    """Names of what the file has and a file of one picture hasn't: a gain map, pages, frames."""
    found = []
    xmp = _bytes(image.info.get("xmp"))
    if b"hdrgm:" in xmp or b"HDRGainMap" in xmp or any(b"urn:iso:std:iso:ts:21496" in s for s in _app2(image)):
        found.append("the gain map")
    elif (count := getattr(image, "n_frames", 1)) > 1:
        kind = "pages" if image.format == "TIFF" else "pictures" if image.format == "MPO" else "frames"
        found.append(f"{count - 1} further {kind if count > 2 else kind[:-1]}")
    return found


def _app2(image: Image.Image) -> list[bytes]:
    return [data for name, data in getattr(image, "applist", ()) if name == "APP2"]
