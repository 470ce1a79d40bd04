"""Metadata as bytes, whatever type it came in."""

from __future__ import annotations

from PIL import Image

EXIF_PREFIX = b"Exif\0\0"
XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"

_TEXTS = ("xmp", "comment")
"""What may come as str, and is written as UTF-8."""


def as_bytes(value: object, name: str) -> bytes:
    """None as nothing; bytes; a PIL.Image.Exif, or XMP as str, serialised. Raises TypeError, naming the keyword."""
    if value is None:
        return b""
    if isinstance(value, Image.Exif):
        return value.tobytes()
    if name in _TEXTS and isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    wanted = "bytes or str" if name in _TEXTS else "bytes"
    raise TypeError(f"{name} must be {wanted}, not {type(value).__name__}")
