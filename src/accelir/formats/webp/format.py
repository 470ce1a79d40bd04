"""WebP as a format."""

from __future__ import annotations

from accelir.formats.format import Format
from accelir.formats.webp.decode import decode_alpha, decode_webp
from accelir.formats.webp.inspect import cell_bits, has_cells, inspect_webp, luma_step, maps
from accelir.formats.webp.metadata import MAX_SIDE, has_stale_name, name_of
from accelir.formats.webp.parse import is_webp, parse
from accelir.formats.webp.prepare import PreparedWebp, check_webp
from accelir.formats.webp.steering import steered

WEBP = Format(
    name="webp",
    label="WebP",
    pillow="WEBP",
    suffix=".webp",
    longest_side=MAX_SIDE,
    has_transparency=True,
    has_gray=False,
    options=("exact", "alpha_quality", "reference", "networks"),
    sniff=is_webp,
    parse=parse,
    decode=decode_webp,
    decode_alpha=decode_alpha,
    name_of=name_of,
    has_stale_name=has_stale_name,
    check=check_webp,
    prepare=PreparedWebp,
    has_cells=has_cells,
    cell_bits=cell_bits,
    maps=maps,
    luma_step=luma_step,
    inspect=inspect_webp,
    steered=steered,
)
