"""ICC, EXIF and XMP as JPEG application segments."""

from __future__ import annotations

from PIL import Image

_MAX_PAYLOAD = 65533
"""A segment's length field counts itself and is 16 bits wide (ITU-T T.81, B.1.1.4)."""

EXIF_PREFIX = b"Exif\0\0"
XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
_ICC = b"ICC_PROFILE\0"


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
    if name == "xmp" and isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise TypeError(f"{name} must be bytes, not {type(value).__name__}")


def jpeg_segments(icc_profile: object = None, exif: object = None, xmp: object = None) -> bytes:
    """APP1 (EXIF, XMP) and APP2 (ICC) segments, in that order.

    icc_profile: bytes. exif: bytes with or without their "Exif" prefix, or a PIL.Image.Exif. xmp: bytes or str. None
    and empty bytes write nothing. Raises TypeError for other types, ValueError for what doesn't fit into segments.
    """
    icc, tiff, packet = as_bytes(icc_profile, "icc_profile"), as_bytes(exif, "exif"), as_bytes(xmp, "xmp")
    out = b""
    if tiff:
        out += _segment(0xE1, EXIF_PREFIX + tiff.removeprefix(EXIF_PREFIX), "EXIF")
    if packet:
        out += _segment(0xE1, XMP_PREFIX + packet.removeprefix(XMP_PREFIX), "XMP")
    return out + _icc_segments(icc)
