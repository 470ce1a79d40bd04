"""The structure of a WebP file: its RIFF chunks and the size of its picture, without decoding it (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterator

from accelir.formats.webp.format import is_webp
from accelir.formats.webp.structure import Chunk, WebpStructure
from accelir.storage.text import printable

MAX_CHUNKS = 100_000
"""Chunks of a file; a chunk of an animation is a frame."""


def parse(data: bytes) -> WebpStructure:
    """Read the structure of a whole WebP file.

    Raises ValueError, with the offset and what was found there, when the data is cut short or breaks RFC 9649.
    """
    data = bytes(data)
    if not is_webp(data):
        raise ValueError("damaged WebP, at byte 0: no RIFF/WEBP header")
    end = 8 + _number(data[4:8])
    if end > len(data):
        raise ValueError(f"damaged WebP, at byte {len(data):,}: the file is cut short, {end:,} bytes are announced")
    chunks = tuple(_chunks(data, end))
    width, height = _dimensions(data, chunks)
    if not (width and height):
        raise ValueError(f"damaged WebP, at byte 12: a picture of {width} x {height} pixels")
    return WebpStructure(len(data), width, height, chunks, len(data) - end)


def content(data: bytes, name: str, structure: WebpStructure | None = None) -> bytes:
    """Content of the first chunk of that name; nothing where there is none.

    structure: the file's, where it is known. Raises ValueError as `parse` does.
    """
    for chunk in (structure or parse(data)).chunks:
        if chunk.name == name:
            length = _number(data[chunk.offset + 4 : chunk.offset + 8])
            return data[chunk.offset + 8 : chunk.offset + 8 + length]
    return b""


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _chunks(data: bytes, end: int) -> Iterator[Chunk]:
    offset, count = 12, 0
    while offset < end:
        if (count := count + 1) > MAX_CHUNKS:
            raise ValueError(f"damaged WebP, at byte {offset:,}: more than {MAX_CHUNKS:,} chunks")
        length = _number(data[offset + 4 : offset + 8])
        size = 8 + length + length % 2
        if offset + size > end:
            left = end - offset
            raise ValueError(f"damaged WebP, at byte {offset:,}: a chunk of {size:,} bytes where {left:,} are left")
        yield Chunk(data[offset : offset + 4].decode("latin-1"), offset, size)
        offset += size


def _dimensions(data: bytes, chunks: tuple[Chunk, ...]) -> tuple[int, int]:
    """Width and height: from VP8X (RFC 9649, 2.7.1), the VP8 frame header (RFC 6386, 9.1) or VP8L's (RFC 9649, 3.4)."""
    for chunk in chunks:
        body = data[chunk.offset + 8 : min(chunk.offset + chunk.size, chunk.offset + 18)]
        if chunk.name == "VP8X" and len(body) >= 10:
            return 1 + _number(body[4:7]), 1 + _number(body[7:10])
        if chunk.name == "VP8 " and body[3:6] == b"\x9d\x01\x2a" and len(body) >= 10:
            return _number(body[6:8]) & 0x3FFF, _number(body[8:10]) & 0x3FFF
        if chunk.name == "VP8L" and body[:1] == b"\x2f" and len(body) >= 5:
            bits = _number(body[1:5])
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    names = printable(", ".join(chunk.name for chunk in chunks[:20]))
    raise ValueError(f"damaged WebP, at byte 12: no picture in the chunks, {len(chunks):,} in number: {names}")
