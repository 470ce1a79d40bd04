"""Taking files apart: the text of `accelir inspect` and its JSON."""

from __future__ import annotations

from accelir.formats.registry import format_of
from accelir.formats.report import Report


def inspect(data: bytes, name: str = "file") -> Report:
    """Take a JPEG or WebP file apart.

    data: the whole file; name: what the report calls it. Returns the format's own report, a JpegReport or a WebpReport.
    Raises ValueError, saying what is wrong where, for a file of another kind or a broken one; damage inside a scan's
    data is told in the report.
    """
    return format_of(data).inspect(data, name)
