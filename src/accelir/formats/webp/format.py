"""WebP as a format."""

from __future__ import annotations

from accelir.formats.format import Format
from accelir.formats.later import later

_ROOM = "accelir.formats.webp"


def is_webp(data: bytes) -> bool:
    """Whether the data starts as a WebP file does."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


WEBP = Format(
    name="webp",
    label="WebP",
    pillow="WEBP",
    suffix=".webp",
    longest_side=16383,  # VP8 has 14 bits for each side (RFC 6386, section 9.1)
    has_transparency=True,
    has_gray=False,
    options=("exact", "alpha_quality", "reference", "networks"),
    sniff=is_webp,
    parse=later(f"{_ROOM}.parse", "parse"),
    decode=later(f"{_ROOM}.decode", "decode_webp"),
    decode_alpha=later(f"{_ROOM}.decode", "decode_alpha"),
    name_of=later(f"{_ROOM}.metadata", "name_of"),
    has_stale_name=later(f"{_ROOM}.metadata", "has_stale_name"),
    check=later(f"{_ROOM}.prepare", "check_webp"),
    prepare=later(f"{_ROOM}.prepare", "PreparedWebp"),
    has_cells=later(f"{_ROOM}.inspect", "has_cells"),
    cell_bits=later(f"{_ROOM}.inspect", "cell_bits"),
    maps=later(f"{_ROOM}.inspect", "maps"),
    luma_step=later(f"{_ROOM}.inspect", "luma_step"),
    inspect=later(f"{_ROOM}.inspect", "inspect_webp"),
    steered=later(f"{_ROOM}.steering", "steered"),
)
