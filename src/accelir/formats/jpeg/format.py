"""JPEG as a format."""

from __future__ import annotations

from accelir.formats.format import Format
from accelir.formats.jpeg.decode import decode_jpeg
from accelir.formats.jpeg.inspect import cell_bits, has_cells, inspect_jpeg, maps
from accelir.formats.jpeg.metadata import network_of
from accelir.formats.jpeg.parse import is_jpeg, parse
from accelir.formats.jpeg.prepare import PreparedJpeg, check_jpeg

JPEG = Format(
    name="jpeg",
    label="JPEG",
    pillow="JPEG",
    suffix=".jpg",
    longest_side=65535,
    has_transparency=False,
    options=("subsampling", "progressive", "dpi", "comment"),
    sniff=is_jpeg,
    parse=parse,
    decode=decode_jpeg,
    network_of=network_of,
    check=check_jpeg,
    prepare=PreparedJpeg,
    has_cells=has_cells,
    cell_bits=cell_bits,
    maps=maps,
    inspect=inspect_jpeg,
)
