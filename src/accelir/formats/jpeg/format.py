"""JPEG as a format."""

from __future__ import annotations

from accelir.formats.format import Format
from accelir.formats.jpeg.decode import decode_jpeg
from accelir.formats.jpeg.inspect import cell_bits, has_cells, inspect_jpeg, luma_step, maps
from accelir.formats.jpeg.metadata import has_stale_name, name_of
from accelir.formats.jpeg.parse import is_jpeg, parse
from accelir.formats.jpeg.prepare import PreparedJpeg, check_jpeg
from accelir.formats.jpeg.steering import steered

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
    parse=parse,
    decode=decode_jpeg,
    name_of=name_of,
    has_stale_name=has_stale_name,
    check=check_jpeg,
    prepare=PreparedJpeg,
    has_cells=has_cells,
    cell_bits=cell_bits,
    maps=maps,
    luma_step=luma_step,
    inspect=inspect_jpeg,
    steered=steered,
)
