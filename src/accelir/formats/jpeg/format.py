"""JPEG as a format."""

from __future__ import annotations

from accelir.formats.format import Format
from accelir.formats.later import later

_ROOM = "accelir.formats.jpeg"


def is_jpeg(data: bytes) -> bool:
    """Whether the data starts as a JPEG file does, with SOI."""
    return data[:2] == b"\xff\xd8"


JPEG = Format(
    name="jpeg",
    label="JPEG",
    pillow="JPEG",
    suffix=".jpg",
    longest_side=65500,  # the format has 65,535; libjpeg, and what builds on it, opens no more than this
    has_transparency=False,
    has_gray=True,
    options=("subsampling", "progressive", "jfif", "dpi", "comment", "iptc", "reference", "networks"),
    sniff=is_jpeg,
    parse=later(f"{_ROOM}.parse", "parse"),
    decode=later(f"{_ROOM}.decode", "decode_jpeg"),
    name_of=later(f"{_ROOM}.metadata", "name_of"),
    has_stale_name=later(f"{_ROOM}.metadata", "has_stale_name"),
    check=later(f"{_ROOM}.prepare", "check_jpeg"),
    prepare=later(f"{_ROOM}.prepare", "PreparedJpeg"),
    has_cells=later(f"{_ROOM}.inspect", "has_cells"),
    cell_bits=later(f"{_ROOM}.inspect", "cell_bits"),
    maps=later(f"{_ROOM}.inspect", "maps"),
    luma_step=later(f"{_ROOM}.inspect", "luma_step"),
    inspect=later(f"{_ROOM}.inspect", "inspect_jpeg"),
    steered=later(f"{_ROOM}.steering", "steered"),
)
