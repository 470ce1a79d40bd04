"""ICC, EXIF, XMP, resolution and comment as JPEG segments."""

from __future__ import annotations

import math

from PIL import Image

_MAX_PAYLOAD = 65533
"""A segment's length field counts itself and is 16 bits wide (ITU-T T.81, B.1.1.4)."""

EXIF_PREFIX = b"Exif\0\0"
XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
_ICC = b"ICC_PROFILE\0"
_JFIF = b"JFIF\0"

_TEXTS = ("xmp", "comment")
"""What may come as str, and is written as UTF-8."""


def _segment(marker: int, payload: bytes, what: str) -> bytes:
    if len(payload) > _MAX_PAYLOAD:
        raise ValueError(f"{what} of {len(payload):,} bytes is more than a JPEG segment holds, {_MAX_PAYLOAD:,}")
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


def _jfif_segment(dpi: object) -> bytes:
    """ITU-T T.871, 10.1: version 1.02, pixels per inch across and down, no thumbnail."""
    try:
        across, down = (float(density) for density in dpi)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise TypeError(f"dpi must be a pair of numbers, across and down, not {dpi!r}") from None
    if across == down == 0:
        return b""
    if not all(math.isfinite(d) and 1 <= round(d) <= 65535 for d in (across, down)):
        raise ValueError(f"dpi must be from 1 to 65535 across and down, not {dpi!r}")
    densities = round(across).to_bytes(2, "big") + round(down).to_bytes(2, "big")
    return _segment(0xE0, _JFIF + b"\1\2" + b"\1" + densities + b"\0\0", "JFIF")


def comment_segment(comment: object) -> bytes:
    """A COM segment: bytes, or str as UTF-8; None and empty ones write nothing. Raises as `jpeg_segments` does."""
    text = as_bytes(comment, "comment")
    return _segment(0xFE, text, "a comment") if text else b""


def jpeg_segments(icc_profile: object = None, exif: object = None, xmp: object = None, dpi: object = None) -> bytes:
    """APP0 (JFIF, when there is a resolution), APP1 (EXIF, XMP) and APP2 (ICC) segments, in that order.

    icc_profile: bytes. exif: bytes with or without their "Exif" prefix, or a PIL.Image.Exif. xmp: bytes or str. dpi:
    pixels per inch across and down, rounded. None, empty bytes and a dpi of (0, 0) write nothing. Raises TypeError for
    other types, ValueError for what doesn't fit into segments.
    """
    icc, tiff, packet = as_bytes(icc_profile, "icc_profile"), as_bytes(exif, "exif"), as_bytes(xmp, "xmp")
    out = b"" if dpi is None else _jfif_segment(dpi)
    if tiff:
        out += _segment(0xE1, EXIF_PREFIX + tiff.removeprefix(EXIF_PREFIX), "EXIF")
    if packet:
        out += _segment(0xE1, XMP_PREFIX + packet.removeprefix(XMP_PREFIX), "XMP")
    return out + _icc_segments(icc)
