"""ICC, EXIF, XMP, resolution, comment and the network's name as JPEG segments.

The name is a comment segment "accelir sr-x4".
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from accelir.formats.jpeg.parse import parse
from accelir.formats.metadata import EXIF_PREFIX, XMP_PREFIX, as_bytes
from accelir.formats.network_name import may_name
from accelir.formats.request import Metadata

_MAX_PAYLOAD = 65533
"""A segment's length field counts itself and is 16 bits wide (ITU-T T.81, B.1.1.4)."""

_ICC = b"ICC_PROFILE\0"
_JFIF = b"JFIF\0"

_NAME_PREFIX = b"accelir "


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


def name_segment(network: str | None, max_bytes: int) -> bytes:
    """A COM segment naming the network, or nothing: without a network, or when the file is too small for it."""
    if network is None:
        return b""
    segment = comment_segment(_NAME_PREFIX + network.encode("ascii"))
    return segment if may_name(len(segment), max_bytes) else b""


def all_segments(metadata: Metadata, network: str | None, max_bytes: int) -> bytes:
    """Everything that stands between SOI and the tables. Raises as `jpeg_segments` does."""
    m = metadata
    # The name stands first: a reader of names takes the first comment that is one, Pillow the last comment of all.
    comments = name_segment(network, max_bytes) + comment_segment(m.comment)
    return jpeg_segments(m.icc_profile, m.exif, m.xmp, m.dpi) + comments


def network_of(data: bytes) -> str | None:
    """The network that a file names, or None. Raises ValueError for a damaged file."""
    return named_network(parse(data).comments)


def named_network(comments: Iterable[bytes]) -> str | None:
    """The network that one of a file's comments names, or None."""
    for comment in comments:
        if comment.startswith(_NAME_PREFIX):
            return comment.removeprefix(_NAME_PREFIX).decode("ascii", "replace")
    return None
