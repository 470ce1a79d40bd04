"""What the speed benches can't see from inside one process: two threads over a batch, and peak memory.

python benches/scaling.py PICTURE

The first in wall time, the second of fresh processes that encode 100 MP, made of repetitions of the picture.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import Pixels, numbers_of, open_rgb, peak_bytes, print_head, print_row, repeated

import accelir

BPP = 1.2
MEMORY_SIDE = 10_000


def print_scaling(picture: Pixels) -> None:
    encoder = accelir.Encoder(profile="fidelity")
    batch = [picture] * 6

    def wall(threads: int) -> float:
        start = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda p: encoder.encode(p, bpp=BPP), batch))
        return time.perf_counter() - start

    one, two = min(wall(1) for _ in range(3)), min(wall(2) for _ in range(3))
    print(f"two threads over a batch: {one / two:.2f}x ({os.cpu_count()} cores)")


def print_memory(path: Path) -> None:
    print_head("picture", "peak", "bytes per pixel above 50 MB")
    for subsampling in ("4:2:0", "4:4:4", "auto"):
        (peak,) = numbers_of(__file__, "--child", subsampling, str(path))
        print_row(f"100 MP, {subsampling}", f"{peak / 1e6:.0f} MB", f"{(peak - 50e6) / MEMORY_SIDE**2:.1f}")


def print_peak(subsampling: str, picture: Pixels) -> None:
    large = repeated(picture, MEMORY_SIDE, MEMORY_SIDE)
    accelir.Encoder(profile="fidelity", subsampling=subsampling).encode(large, bpp=BPP)
    print(peak_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    a = parser.parse_args()
    picture = open_rgb(a.picture)
    if a.child:
        return print_peak(a.child, picture)
    print_scaling(picture)
    print_memory(a.picture)


if __name__ == "__main__":
    main()
