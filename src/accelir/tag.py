"""The tag that tells a receiver which restoration a file was made for: a comment segment "accelir sr-x4"."""

from __future__ import annotations

from collections.abc import Iterable

from . import jpeg_markers
from .metadata import comment_segment

_PREFIX = b"accelir "

# The tag is left out where it would take a larger share of the file than this.
_LARGEST_SHARE = 0.002


def tag_segment(network: str | None, max_bytes: int) -> bytes:
    """A JPEG COM segment naming the network, or nothing: without a network, or when the file is too small for it."""
    if network is None:
        return b""
    segment = comment_segment(_PREFIX + network.encode("ascii"))
    return segment if len(segment) <= _LARGEST_SHARE * max_bytes else b""


def read_tag(data: bytes) -> str | None:
    """The network that a JPEG's tag names, or None. Raises ValueError for a damaged JPEG."""
    return tagged_network(jpeg_markers.parse(data).comments) if jpeg_markers.is_jpeg(data) else None


def tagged_network(comments: Iterable[bytes]) -> str | None:
    """The network that one of a file's comments names, or None."""
    for comment in comments:
        if comment.startswith(_PREFIX):
            return comment.removeprefix(_PREFIX).decode("ascii", "replace")
    return None
