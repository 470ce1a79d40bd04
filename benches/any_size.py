"""Factors that no network has: scores of the smallest network that reaches a size and Lanczos, beside filters alone.

    python benches/any_size.py PICTURES --count 8

Pictures are cut to a multiple that every factor divides, downscaled by Pillow's bicubic filter, and coded by the
profile for the network at --bpp (0: not coded). All are enlarged to the picture's size again: by Pillow's filters, by
the network, and by a network larger than need be.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import accelir
from accelir.metrics import PSNR_RGB, PSNR_Y, SSIMULACRA2
from accelir.restoration.pictures import list_pictures, load
from accelir.restoration.sizes import network_for, resized

Pixels = NDArray[np.uint8]
METRICS = (PSNR_RGB, PSNR_Y, SSIMULACRA2)
MULTIPLE = 24
LARGEST = "sr-x4"


def by_filter(filter: Image.Resampling) -> Callable[[Pixels, tuple[int, int]], Pixels]:
    return lambda small, size: np.asarray(Image.fromarray(small).resize(size, filter))


WAYS: dict[str, Callable[[Pixels, tuple[int, int]], Pixels]] = {
    "bicubic": by_filter(Image.Resampling.BICUBIC),
    "Lanczos": by_filter(Image.Resampling.LANCZOS),
    "smallest network, Lanczos": lambda small, size: accelir.restore(small, LARGEST, size=size),
    "x4, Lanczos": lambda small, size: resized(accelir.restore(small, LARGEST), size),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures")
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--factors", nargs="+", type=Fraction, default=[Fraction(3, 2), Fraction(8, 3)])
    parser.add_argument("--bpp", nargs="+", type=float, default=[0.0, 1.2])
    options = parser.parse_args()
    found = list_pictures(options.pictures)
    paths = found[:: max(len(found) // options.count, 1)][: options.count]
    for factor in options.factors:
        for bpp in options.bpp:
            scores = np.array([_scores(load(path), factor, bpp) for path in paths]).mean(axis=0)
            print(f"{factor} at {f'{bpp:g} bpp' if bpp else 'no coding'}, {len(paths)} pictures")
            for way, row in zip(WAYS, scores, strict=True):
                print(f"  {way:<26}" + "  ".join(f"{m.name} {s:.2f}" for m, s in zip(METRICS, row, strict=True)))


def _scores(picture: Pixels, factor: Fraction, bpp: float) -> list[list[float]]:
    height, width = (side - side % MULTIPLE for side in picture.shape[:2])
    truth = picture[:height, :width]
    small = by_filter(Image.Resampling.BICUBIC)(truth, (int(width / factor), int(height / factor)))
    if bpp:
        network = network_for(LARGEST, small.shape, (width, height))
        profile = "sr-x2" if "sr-x2" in str(network) else "sr-x4"
        small = accelir.decode(accelir.encode(small, bpp=bpp, profile=profile), network=None)
    return [[m.score(way(small, (width, height)), truth) for m in METRICS] for way in WAYS.values()]


if __name__ == "__main__":
    main()
