"""What each effort buys, at equal bytes: `python benches/efforts.py PICTURES [--format webp] [--count 8]`."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from common import Pixels, largest_within, load, means, pillow_jpeg, pillow_webp, prepare, print_head, print_row, spread

from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.metrics import PSNR_RGB

RATES = {"jpeg": (0.5, 1.2, 2.5), "webp": (0.3, 0.8, 2.0)}
DB_OF_LOG_SIZE = 5.8
"""Of a photograph near these rates: small differences in size are made up for by it."""
SUBSAMPLING = "4:2:0"
Made = tuple[bytes, int]
"""A file, and the passes over the picture that it took."""


def ours(picture: Pixels, max_bytes: int, format: str, effort: int) -> Made:
    made = prepare(picture, "fidelity", format, effort, subsampling=SUBSAMPLING).within(max_bytes)
    return made.data, made.stats["passes"]


def pillow(picture: Pixels, max_bytes: int, format: str) -> Made:
    """The best quality that fits, found by halving."""
    tried: list[int] = []

    def make(quality: int) -> bytes:
        tried.append(quality)
        return pillow_jpeg(picture, quality) if format == "jpeg" else pillow_webp(picture, quality, method=4)

    data = largest_within(make, max_bytes)
    assert data is not None, "no file of Pillow's is so small"
    return data, len(tried)


def measure(make: Callable[[Pixels, int], Made], pictures: list[Pixels], bpp: float, repeat: int) -> list[float]:
    """Mean PSNR (dB) at exactly the size, passes, CPU time (ms per megapixel), the least of so many."""
    rows = []
    for picture in pictures:
        budget = bytes_at(bpp, picture.shape)
        taken = math.inf
        for _ in range(repeat):
            start = time.process_time()
            data, passes = make(picture, budget)
            taken = min(taken, time.process_time() - start)
        missing = math.log(budget / len(data))
        score = PSNR_RGB.score(decode_pixels(data), picture) + DB_OF_LOG_SIZE * missing
        rows.append((score, passes, taken * 1e9 / (picture.shape[0] * picture.shape[1])))
    return [float(value) for value in means(rows)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--format", choices=RATES, default="jpeg")
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--efforts", type=int, nargs="+", default=list(range(10)))
    parser.add_argument("--repeat", type=int, default=2, help="times that each file is made; the fastest counts")
    parser.add_argument("--enlarge", type=int, default=1, help="pictures are set so often beside and below themselves")
    a = parser.parse_args()
    pictures = [np.tile(p, (a.enlarge, a.enlarge, 1)) for p in spread(list(load(a.folder).values()), a.count)]
    encoders = {f"effort {effort}": partial(ours, format=a.format, effort=effort) for effort in a.efforts}
    print_head("encoder", *(f"{bpp} bpp: dB, passes, ms/MP" for bpp in RATES[a.format]))
    for name, make in {**encoders, "Pillow": partial(pillow, format=a.format)}.items():
        found = (measure(make, pictures, bpp, a.repeat) for bpp in RATES[a.format])
        print_row(name, *(f"{score:.3f}, {passes:.1f}, {taken:.0f}" for score, passes, taken in found))


if __name__ == "__main__":
    main()
