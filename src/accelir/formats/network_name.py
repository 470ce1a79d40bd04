"""The name of the receivers' network in a file: how it is written, and how a reader tells that the file is still ours.

    name     = [ "@" width "x" height ] network check
    network  = one letter of CODES, "=" and a name of 1 to 200 printable ASCII characters, or "-": none
    check    = 4 characters of base64: CRC-32 of identity and name without check, its low 24 bits, big-endian

What precedes the network is the size, in pixels, that the receiver's picture shall have, where that isn't the decoded
picture's times the network's scale. `identity` are bytes that a format takes from the picture's coding. Programs that
change a picture and keep the comments of its file leave a name whose check no longer fits; readers ignore it.
"""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass, field

LARGEST_SHARE = 0.015
"""A name that isn't needed is left out where it would take a larger share of the file than this."""

CODES = {"a": "sr-x4", "b": "sr-x2", "c": "denoise-25", "d": "deblur-1.5", "e": "dejpeg"}
"""Letters for the networks of our own profiles. A letter keeps its meaning for ever."""

CHECK_SIZE = 4
"""Bytes of the check, at the name's end."""

_LETTERS = {name: letter for letter, name in CODES.items()}
_NAME = rb"(?:@([1-9]\d{0,4})x([1-9]\d{0,4}))?(?:([a-z-])|=([\x20-\x7e]{1,200}))"


@dataclass(frozen=True)
class NetworkName:
    """What a name says."""

    network: str | None
    """Network that receivers run, as accelir.restore takes it; None: none."""
    size: tuple[int, int] | None = None
    """Width and height in pixels, 1 to 99,999, that receivers give the picture; None: what the network makes of it."""
    is_needed: bool = field(default=False, compare=False)
    """Whether a file has it however small it is, as receivers can't do without. Not written."""

    def write(self, identity: bytes) -> bytes:
        """The name in a file of this identity."""
        body = (_size_text(self.size) + _network_text(self.network)).encode("ascii")
        return body + _check(body, identity)


def read_name(name: bytes, identity: bytes) -> NetworkName | None:
    """What a name says in a file of this identity; None for what is no name, or another file's."""
    body, check = name[:-CHECK_SIZE], name[-CHECK_SIZE:]
    found = re.fullmatch(_NAME, body)
    if found is None or check != _check(body, identity):
        return None
    width, height, letter, spelt = found.groups()
    size = (int(width), int(height)) if width else None
    if spelt is not None:
        return NetworkName(spelt.decode("ascii"), size)
    network = CODES.get(letter.decode("ascii"))
    return None if network is None and letter != b"-" else NetworkName(network, size)


def has_form(name: bytes) -> bool:
    """Whether this is a name, of whatever file."""
    return len(name) > CHECK_SIZE and re.fullmatch(_NAME, name[:-CHECK_SIZE]) is not None


def may_name(cost: int, max_bytes: int) -> bool:
    """Whether a file of at most `max_bytes` shall spend `cost` bytes on a name that isn't needed."""
    return cost <= LARGEST_SHARE * max_bytes


def identity_of(width: int, height: int, coding: bytes = b"") -> bytes:
    """Identity of a picture of so many pixels; coding: what else a format identifies its own by."""
    return width.to_bytes(4, "big") + height.to_bytes(4, "big") + coding


def _size_text(size: tuple[int, int] | None) -> str:
    return "" if size is None else f"@{size[0]}x{size[1]}"


def _network_text(network: str | None) -> str:
    return "-" if network is None else _LETTERS.get(network, f"={network}")


def _check(body: bytes, identity: bytes) -> bytes:
    return base64.b64encode((zlib.crc32(identity + body) & 0xFFFFFF).to_bytes(3, "big"))
