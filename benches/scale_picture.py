"""The picture of docs/scale.md, docs/scale.png, and its figures, docs/results/scale-picture.csv.

The example photograph at three rates, in equal bytes: by Pillow, by `fidelity` at full size, as it is and cleaned by
dejpeg, and by `scale="auto"`, which codes it at half or a quarter of its sides where that is better, and steers it.
Crops are shown pixel by pixel; scores are those of the whole pictures.

python -m benches.scale_picture
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import accelir
from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from benches.common import Pixels, open_rgb, pillow_jpeg, quality_within
from benches.panels import PHOTO, ROOT, Panel, Section, crop, keep_page, seen_as, size_of

OUT = ROOT / "docs" / "scale.png"
RATES = (0.15, 0.3, 1.0)
"""Bits per pixel: where half of the sides pay most, where they still do, and where full size is best."""
CLEANER = "dejpeg"


def main() -> None:
    photo = open_rgb(PHOTO)
    sections = [section_of(photo, bpp) for bpp in RATES]
    about, command = __doc__.split("\n\n")[1], "python -m benches.scale_picture"
    keep_page(sections, OUT, "scale-picture", "The picture of smaller pictures at low rates", about, command)


def section_of(photo: Pixels, bpp: float) -> Section:
    budget = bytes_at(bpp, photo.shape)
    heading = f"{size_of(photo)} pixels in at most {budget:,} bytes, {bpp} bits per pixel"
    return Section(heading, list(panels(photo, budget)))


def panels(photo: Pixels, budget: int) -> Iterator[Panel]:
    quality = quality_within(partial(pillow_jpeg, photo), budget)
    if quality is None:
        yield Panel("Original; Pillow has no file so small", crop(photo))
    else:
        pillow = pillow_jpeg(photo, quality)
        yield seen_as(photo, photo, f"Pillow, quality {quality}", pillow, decode_pixels(pillow))
    full = accelir.encode(photo, max_bytes=budget, profile="fidelity")
    yield seen_as(photo, photo, "accelir, fidelity", full, decode_pixels(full))
    cleaned = accelir.restore(decode_pixels(full), CLEANER)
    yield seen_as(photo, photo, f"accelir, fidelity, cleaned by {CLEANER}", full, cleaned)
    scaled = accelir.Encoder(profile="fidelity").encode(photo, max_bytes=budget, scale="auto")
    scale = scaled.stats["scale"]
    size = "full size" if scale == 1 else f"1/{scale} of the sides"
    yield seen_as(photo, photo, f"accelir, scale auto: {size}", scaled.data, accelir.decode(scaled.data))


if __name__ == "__main__":
    main()
