"""The formats that there are. A new one is a package beside jpeg/ and webp/, and its value in this table."""

from __future__ import annotations

from accelir.formats.format import Format
from accelir.formats.jpeg.format import JPEG
from accelir.formats.webp.format import WEBP

FORMATS: dict[str, Format] = {format.name: format for format in (JPEG, WEBP)}
"""Formats by name."""


def labels(word: str) -> str:
    """All formats for a sentence: "JPEG or WebP"."""
    return f" {word} ".join(format.label for format in FORMATS.values())


def labels_with(option: str) -> str:
    """The formats that take an option, for a sentence: "JPEG"."""
    return " and ".join(format.label for format in FORMATS.values() if option in format.options)


def get_format(name: str) -> Format:
    """A format by its name. Raises ValueError that tells which there are."""
    if name not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(map(repr, FORMATS))}, not {name!r}")
    return FORMATS[name]


def find_format(data: bytes) -> Format | None:
    """The format of a file, by its first bytes; None for another kind of file."""
    return next((format for format in FORMATS.values() if format.sniff(data)), None)


def format_of(data: bytes) -> Format:
    """The format of a file. Raises ValueError for another kind of file."""
    found = find_format(data)
    if found is None:
        start = data[:8].hex(" ").upper() or "nothing"
        raise ValueError(f"neither {labels('nor')}: the data ({len(data):,} bytes) starts with {start}")
    return found
