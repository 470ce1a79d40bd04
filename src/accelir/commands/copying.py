"""Files that are copied, and not coded again: without the metadata that shall not be kept, and all else as it was."""

from __future__ import annotations

from collections.abc import Callable, Set

from accelir.commands.exif import without_gps
from accelir.commands.metadata import is_network_name, without_place
from accelir.formats.format import Format
from accelir.formats.jpeg.parse import parse as parse_jpeg
from accelir.formats.jpeg.structure import HUFFMAN_PROCESSES, JpegStructure, Segment
from accelir.formats.metadata import EXIF_PREFIX, XMP_PREFIX
from accelir.formats.webp.metadata import NAME
from accelir.formats.webp.parse import parse as parse_webp

Copy = tuple[bytes, bool]
"""A file, and whether it has lost what is no metadata: a gain map, further pictures."""


def copied(data: bytes, format: Format, kinds: Set[str]) -> Copy | None:
    """A file of a format with the metadata of these kinds alone; None where it must be coded again.

    That is so for damaged files, for what ordinary decoders don't open (CMYK, arithmetic coding, 12 bits), and where
    the place stands in extended XMP and shall go. A file of which nothing must go comes back as it is. With the first
    part that goes, so does what nobody here knows to be harmless: private segments, and what follows the picture.
    """
    editor = _EDITORS.get(format.name)
    try:
        if editor is None:
            return None
        format.decode(data)
        return editor(data, kinds)
    except ValueError:
        return None


# JPEG

_KIND_OF = {"JFIF": "density", "EXIF": "exif", "XMP": "xmp", "XMP extension": "xmp", "ICC": "icc", "Photoshop": "iptc"}


def _jpeg(data: bytes, kinds: Set[str]) -> Copy | None:
    structure = parse_jpeg(data)
    if not _is_ordinary(structure) or ("gps" not in kinds and _divides_metadata(structure)):
        return None
    old = {segment: data[segment.offset : segment.offset + segment.size] for segment in structure.segments}
    new = {segment: _edited(segment, bytes_, kinds) for segment, bytes_ in old.items()}
    if new == old and kinds:
        return data, False
    parts, at, lost = [], 0, structure.trailing_size > 0
    for segment in structure.segments:
        parts += [data[at : segment.offset], b"" if _is_private(segment) else new[segment]]
        lost |= segment.kind == "MPF"
        at = segment.offset + segment.size
    return b"".join(parts) + data[at : len(data) - structure.trailing_size], lost


def _is_ordinary(structure: JpegStructure) -> bool:
    frame = structure.frame
    return frame.process in HUFFMAN_PROCESSES and frame.precision == 8 and len(frame.components) in (1, 3)


def _divides_metadata(structure: JpegStructure) -> bool:
    """Whether EXIF or XMP stands in several segments, of which none can be read alone."""
    kinds = [segment.kind for segment in structure.segments]
    return "XMP extension" in kinds or kinds.count("EXIF") > 1


def _is_private(segment: Segment) -> bool:
    return segment.name.startswith("APP") and segment.kind not in (*_KIND_OF, "JFXX", "Adobe")


def _edited(segment: Segment, old: bytes, kinds: Set[str]) -> bytes:
    """What becomes of a segment."""
    wanted = "comment" if segment.name == "COM" else _KIND_OF.get(segment.kind)
    payload = old.lstrip(b"\xff")[3:]
    if wanted is None or (wanted == "comment" and is_network_name(payload)):
        return old
    if wanted not in kinds:
        return _segment(0xE0, payload[:7] + b"\0\0\1\0\1" + payload[12:]) if segment.kind == "JFIF" else b""
    if "gps" in kinds:
        return old
    if segment.kind == "EXIF":
        bare = without_gps(payload.removeprefix(EXIF_PREFIX))
        return _replaced(old, payload, EXIF_PREFIX + bare if bare else b"")
    if segment.kind == "XMP":
        bare = without_place(payload.removeprefix(XMP_PREFIX))
        return _replaced(old, payload, XMP_PREFIX + bare if bare else b"")
    return old


def _replaced(old: bytes, payload: bytes, new: bytes) -> bytes:
    """An APP1 segment with another content; as it was where that is the same, and none where there is none."""
    return old if new == payload else _segment(0xE1, new) if new else b""


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


# WebP

_FLAGS = {"ICCP": 0x20, "EXIF": 0x08, "XMP ": 0x04}
"""Of VP8X (RFC 9649, section 2.7)."""

_CHUNK_KINDS = {"ICCP": "icc", "EXIF": "exif", "XMP ": "xmp"}
_PICTURE = ("VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", NAME)


def _webp(data: bytes, kinds: Set[str]) -> Copy:
    structure = parse_webp(data)
    old = {chunk: data[chunk.offset : chunk.offset + chunk.size] for chunk in structure.chunks}
    new = {chunk: _edited_chunk(chunk.name, bytes_, kinds) for chunk, bytes_ in old.items()}
    if new == old and kinds:
        return data, False
    kept = {chunk: bytes_ for chunk, bytes_ in new.items() if bytes_ and chunk.name in (*_PICTURE, *_CHUNK_KINDS)}
    names = {chunk.name for chunk in kept}
    gone = sum(flag for name, flag in _FLAGS.items() if name not in names)
    body = b"WEBP" + b"".join(
        bytes_[:8] + bytes([bytes_[8] & ~gone]) + bytes_[9:] if chunk.name == "VP8X" else bytes_
        for chunk, bytes_ in kept.items()
    )
    return b"RIFF" + len(body).to_bytes(4, "little") + body, False


def _edited_chunk(name: str, old: bytes, kinds: Set[str]) -> bytes:
    if name not in _CHUNK_KINDS:
        return old
    if _CHUNK_KINDS[name] not in kinds:
        return b""
    content = old[8 : 8 + int.from_bytes(old[4:8], "little")]
    if "gps" in kinds or name == "ICCP":
        return old
    bare = without_gps(content.removeprefix(EXIF_PREFIX)) if name == "EXIF" else without_place(content)
    if content.removeprefix(EXIF_PREFIX) == bare:
        return old
    return old[:4] + len(bare).to_bytes(4, "little") + bare + bytes(len(bare) % 2) if bare else b""


_EDITORS: dict[str, Callable[[bytes, Set[str]], Copy | None]] = {"jpeg": _jpeg, "webp": _webp}
