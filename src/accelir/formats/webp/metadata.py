"""The RIFF container around a VP8 frame: color profile, transparency, metadata and the network's name.

RFC 9649, sections 2.3 to 2.7.
"""

from __future__ import annotations

import dataclasses
import io
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.formats.metadata import EXIF_PREFIX, XMP_PREFIX, as_bytes
from accelir.formats.network_name import NetworkName, has_form, identity_of, may_name, read_name
from accelir.formats.request import Request
from accelir.formats.webp.format import WEBP
from accelir.formats.webp.parse import content as chunk_content
from accelir.formats.webp.parse import parse

NAME = "ACIR"
"""Our own chunk with the network's name (formats.network_name), the file's last. RFC 9649 has such unknown chunks in
the extended format only; libwebp's decoder, demuxer (browsers, Pillow), mux and webpinfo take it in a simple file as
well, 18 bytes cheaper."""

_ICC, _ALPHA, _EXIF, _XMP = 0x20, 0x10, 0x08, 0x04  # flags of VP8X


@dataclass(frozen=True)
class Container:
    """Everything of a file but its VP8 frame; `container` makes one."""

    width: int
    height: int
    before: bytes
    """Whole chunks between the RIFF header and the frame's chunk."""
    after: bytes
    """Whole chunks between the frame's and the name's."""
    name: NetworkName | None = None
    """What the file names; None: nothing."""

    @property
    def overhead(self) -> int:
        """Bytes that a file has beside its frame, for a frame of even size; an odd one is padded by one more."""
        return 12 + len(self.before) + 8 + len(self.after) + self.name_size

    @property
    def name_size(self) -> int:
        """Bytes that the name's chunk takes."""
        return len(self._name_chunk(b""))

    def without_name(self) -> Container:
        """The same for a file that names nothing, where it can do so."""
        return self if self.name is not None and self.name.is_needed else dataclasses.replace(self, name=None)

    def write(self, vp8: bytes) -> bytes:
        """The whole file. Raises ValueError unless the frame is a key frame of the container's size."""
        self._check(vp8)
        body = b"WEBP" + self.before + _chunk("VP8 ", vp8) + self.after + self._name_chunk(vp8)
        return _chunk("RIFF", body)

    def _name_chunk(self, vp8: bytes) -> bytes:
        return b"" if self.name is None else _chunk(NAME, self.name.write(_identity(self.width, self.height, vp8)))

    def _check(self, vp8: bytes) -> None:
        if len(vp8) < 10 or vp8[0] & 1 or vp8[3:6] != b"\x9d\x01\x2a":
            raise ValueError(f"not a VP8 key frame: {len(vp8):,} bytes that start with {vp8[:10].hex(' ')!r}")
        size = tuple(int.from_bytes(vp8[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        if size != (self.width, self.height):
            raise ValueError(f"a frame of {size[0]} x {size[1]} in a container for {self.width} x {self.height}")


def container(
    width: int,
    height: int,
    *,
    icc_profile: object = None,
    exif: object = None,
    xmp: object = None,
    alpha: NDArray[np.uint8] | None = None,
    alpha_quality: int = 100,
    name: NetworkName | None = None,
) -> Container:
    """What goes around a frame of width x height pixels.

    icc_profile: bytes. exif: bytes with or without JPEG's "Exif" prefix, or a PIL.Image.Exif. xmp: bytes or str. alpha:
    uint8, HxW, 255 opaque; left out when all of it is 255. alpha_quality: 0 to 100, exact at 100. name: what the
    NAME chunk says. None and empty ones write nothing; a file without any of the first four has the simple format,
    others the extended one.
    Raises TypeError and ValueError for what is none of these.
    """
    for side in (width, height):
        if not 1 <= side <= WEBP.longest_side:
            raise ValueError(f"a WebP picture is 1 to {WEBP.longest_side} pixels wide and high, not {width} x {height}")
    parts = {
        "ICCP": as_bytes(icc_profile, "icc_profile"),
        "ALPH": b"" if alpha is None else _coded_alpha(alpha, width, height, alpha_quality),
        "EXIF": as_bytes(exif, "exif").removeprefix(EXIF_PREFIX),
        "XMP ": as_bytes(xmp, "xmp").removeprefix(XMP_PREFIX),
    }
    chunks = {name: _chunk(name, content) if content else b"" for name, content in parts.items()}
    flags = {"ICCP": _ICC, "ALPH": _ALPHA, "EXIF": _EXIF, "XMP ": _XMP}
    features = sum(flag for name, flag in flags.items() if chunks[name])
    size = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    extended = _chunk("VP8X", bytes([features, 0, 0, 0]) + size) if features else b""
    before = extended + chunks["ICCP"] + chunks["ALPH"]
    return Container(width, height, before, chunks["EXIF"] + chunks["XMP "], name)


def container_for(request: Request, max_bytes: int) -> Container:
    """What goes around a request's frame in a file of at most so many bytes. Raises as `container` does."""
    m, (height, width) = request.metadata, request.pixels.shape[:2]
    named = container(
        width,
        height,
        icc_profile=m.icc_profile,
        exif=m.exif,
        xmp=m.xmp,
        alpha=request.alpha,
        alpha_quality=request.alpha_quality,
        name=request.name,
    )
    return named if may_name(named.name_size, max_bytes) else named.without_name()


def name_of(data: bytes) -> NetworkName | None:
    """What a file says of its receivers, or None: another picture's name is ignored. Raises ValueError for damage."""
    webp = parse(data)
    identity = _identity(webp.width, webp.height, chunk_content(data, "VP8 "))
    return read_name(chunk_content(data, NAME), identity)


def has_stale_name(data: bytes) -> bool:
    """Whether a file has a name that was written into another file. Raises ValueError for a damaged file."""
    return name_of(data) is None and has_form(chunk_content(data, NAME))


def _identity(width: int, height: int, vp8: bytes) -> bytes:
    """Of a frame, all of it: who codes it anew and keeps an unknown chunk has another file."""
    return identity_of(width, height, zlib.crc32(vp8).to_bytes(4, "big"))


def _chunk(name: str, content: bytes) -> bytes:
    if len(content) > 0xFFFFFFF6:
        raise ValueError(f"{len(content):,} bytes are more than a RIFF chunk holds")
    return name.encode("ascii") + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def _coded_alpha(alpha: NDArray[np.uint8], width: int, height: int, quality: int) -> bytes:
    """The content of an ALPH chunk by libwebp, or nothing for an opaque picture. quality: 0 to 100, exact at 100."""
    if not isinstance(alpha, np.ndarray) or alpha.dtype != np.uint8 or alpha.shape != (height, width):
        found = f"{alpha.dtype} {alpha.shape}" if isinstance(alpha, np.ndarray) else type(alpha).__name__
        raise ValueError(f"alpha must be a uint8 array of shape ({height}, {width}), not {found}")
    if (alpha == 255).all():
        return b""
    black = np.zeros((height, width, 4), np.uint8)
    black[..., 3] = alpha
    buffer = io.BytesIO()
    # Method 6 makes the plane 3 % smaller at best and takes 30 times as long.
    Image.fromarray(black).save(buffer, "WEBP", quality=0, alpha_quality=quality, method=4, exact=True)
    return chunk_content(buffer.getvalue(), "ALPH")
