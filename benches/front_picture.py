"""README's picture, docs/front.png, and its figures, docs/results/front.csv: `python -m benches.front_picture`.

The example photograph at a low rate, and its quarter-size copy that the receiver enlarges: by Pillow and by ours, and
by mozjpeg and jpegli where `jpeglib` and `pyjpegli` are installed. No file is larger than Pillow's. Crops are shown
pixel by pixel; scores are those of the whole pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from PIL import Image, ImageDraw

import accelir
from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.formats.shrink import enlarged
from benches.common import Pixels, largest_within, open_rgb, pillow_jpeg, quality_within
from benches.encoders import installed_encoders
from benches.panels import HEIGHT, LEFT, PHOTO, ROOT, TOP, WIDTH, Panel, Section, crop, keep_page, seen_as, size_of

OUT = ROOT / "docs" / "front.png"
LOW_BPP, SMALL_BPP = 0.3, 1.8
SHRUNK = 4
NETWORK = "sr-x4"
CLEANER = "dejpeg"


def main() -> None:
    photo = open_rgb(PHOTO)
    sections = [section_of_low_rates(photo), section_of_enlarging(photo)]
    about, command = __doc__.split("\n\n")[1], "python -m benches.front_picture"
    keep_page(sections, OUT, "front", "The picture in README", about, command)


def section_of_low_rates(photo: Pixels) -> Section:
    budget = len(pillows(photo, LOW_BPP))
    peers = list(peer_files(photo, budget))
    pillow = peers[0][1]
    eyes = accelir.encode(photo, max_bytes=budget, profile="perceptual")
    scaled = accelir.encode(photo, max_bytes=budget, profile="perceptual", scale="auto")
    seen = [
        *((name, data, decode_pixels(data)) for name, data in peers),
        (f"Pillow, cleaned by {CLEANER}", pillow, accelir.restore(decode_pixels(pillow), CLEANER)),
        ("accelir, perceptual", eyes, accelir.decode(eyes, network=None)),
        ("accelir, perceptual, scale auto", scaled, accelir.decode(scaled)),
    ]
    files = [seen_as(photo, photo, *each) for each in seen]
    place = Panel("The whole photograph", map_of_crop(photo))
    return Section(
        f"A photograph of {size_of(photo)} pixels in at most {budget:,} bytes: what the receiver sees",
        [Panel("Original", crop(photo)), *files[: len(peers)], place, *files[len(peers) :]],
    )


def section_of_enlarging(photo: Pixels) -> Section:
    size = photo.shape[1] // SHRUNK, photo.shape[0] // SHRUNK
    small = np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BICUBIC))
    budget = len(pillows(small, SMALL_BPP))
    peers = list(peer_files(small, budget))
    pillow = peers[0][1]
    blind = accelir.encode(small, max_bytes=budget)
    steered = accelir.encode(small, max_bytes=budget, reference=photo)
    seen = [
        *((name, data, accelir.restore(decode_pixels(data), NETWORK)) for name, data in peers),
        ("Pillow, bicubic, no network", pillow, enlarged(decode_pixels(pillow), SHRUNK)),
        ("accelir, sr-x4", blind, accelir.decode(blind)),
        ("accelir, sr-x4, reference given", steered, accelir.decode(steered)),
    ]
    files = [seen_as(photo, small, *each) for each in seen]
    sent = Panel("The copy, before encoding", small)
    return Section(
        f"A copy of {size_of(small)} pixels in at most {budget:,} bytes: what the receiver's network makes of it",
        [Panel("Original", crop(photo)), *files[: len(peers)], sent, *files[len(peers) :]],
    )


def map_of_crop(photo: Pixels) -> Pixels:
    """The photograph made small, with the crop's outline."""
    factor = min(WIDTH / photo.shape[1], HEIGHT / photo.shape[0])
    size = round(photo.shape[1] * factor), round(photo.shape[0] * factor)
    image = Image.fromarray(photo).resize(size, Image.Resampling.LANCZOS)
    corners = [round(factor * side) for side in (LEFT, TOP, LEFT + WIDTH, TOP + HEIGHT)]
    ImageDraw.Draw(image).rectangle(corners, outline="white", width=2)
    return np.asarray(image)


def pillows(picture: Pixels, bpp: float) -> bytes:
    data = largest_within(partial(pillow_jpeg, picture), bytes_at(bpp, picture.shape))
    assert data is not None, "Pillow has no file so small"
    return data


def peer_files(picture: Pixels, budget: int) -> Iterator[tuple[str, bytes]]:
    """What they are called, with their qualities, and the largest within the budget of those that have one."""
    for name, encode in installed_encoders().items():
        quality = quality_within(partial(encode, picture), budget)
        if quality is not None:
            yield f"{name}, quality {quality}", encode(picture, quality)


if __name__ == "__main__":
    main()
