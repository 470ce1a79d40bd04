"""What the speed benches can't see from inside one process: two threads, over a batch and in one picture, and memory.

python benches/scaling.py PICTURE

The batch in wall time; one picture, of 9.4 MP, in CPU time of the thread that waits for the other, which programs
beside hardly change; memory of fresh processes that encode 100 MP. Large pictures are repetitions of the one given.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import Pixels, numbers_of, open_rgb, peak_bytes, print_head, print_row, repeated

import accelir

BPP = 1.2
MEMORY_SIDE = 10_000
SIDE = 3072


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


def print_one_picture(picture: Pixels) -> None:
    """What the first of two threads does, and what of that it does alone: what it does more than the other, at most."""
    large = repeated(picture, SIDE, SIDE)
    for format in ("jpeg", "webp"):
        own, alone = {1: math.inf, 2: math.inf}, math.inf
        for _ in range(5):
            for threads in own:
                encoder = accelir.Encoder(profile="fidelity", format=format, subsampling="4:2:0", threads=threads)
                first, both = time.thread_time(), time.process_time()
                encoder.encode(large, bpp=BPP)
                first, both = time.thread_time() - first, time.process_time() - both
                own[threads] = min(own[threads], first)
                alone = min(alone, 2 * first - both) if threads == 2 else alone
        free = own[1] / (alone + (own[1] - alone) / 2)
        print(f"two threads in a {format}: the first has {own[1] / own[2]:.2f}x less to do, {free:.2f}x on free cores")


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
    print_one_picture(picture)
    print_memory(a.picture)


if __name__ == "__main__":
    main()
