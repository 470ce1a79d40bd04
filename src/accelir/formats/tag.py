"""The tag that tells a receiver which restoration a file was made for.

In a JPEG a comment segment "accelir sr-x4", in a WebP an own chunk with the network's name.
"""

from __future__ import annotations

from collections.abc import Iterable

from accelir.formats.jpeg import parse as jpeg_markers
from accelir.formats.metadata import comment_segment
from accelir.formats.webp import metadata as webp_container
from accelir.formats.webp import parse as webp_chunks

_PREFIX = b"accelir "

# The tag is left out where it would take a larger share of the file than this.
_LARGEST_SHARE = 0.002


def tag_segment(network: str | None, max_bytes: int) -> bytes:
    """A JPEG COM segment naming the network, or nothing: without a network, or when the file is too small for it."""
    if network is None:
        return b""
    segment = comment_segment(_PREFIX + network.encode("ascii"))
    return segment if len(segment) <= _LARGEST_SHARE * max_bytes else b""


def tag_content(network: str | None, max_bytes: int) -> bytes:
    """What a WebP's tag chunk holds, or nothing, as for JPEG."""
    content = (network or "").encode("ascii")
    return content if 8 + len(content) + len(content) % 2 <= _LARGEST_SHARE * max_bytes else b""


def read_tag(data: bytes) -> str | None:
    """The network that a JPEG's or WebP's tag names, or None. Raises ValueError for a damaged file."""
    if jpeg_markers.is_jpeg(data):
        return tagged_network(jpeg_markers.parse(data).comments)
    if webp_chunks.is_webp(data):
        return webp_container.read_tag(data).decode("ascii", "replace") or None
    return None


def tagged_network(comments: Iterable[bytes]) -> str | None:
    """The network that one of a file's comments names, or None."""
    for comment in comments:
        if comment.startswith(_PREFIX):
            return comment.removeprefix(_PREFIX).decode("ascii", "replace")
    return None
