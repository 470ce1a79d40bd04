"""Speed against Pillow's optimized JPEG in the same run, scaling over two threads, and peak memory.

python benches/speed.py PICTURE... [--memory]

The pictures (of one width) are stacked to one large photograph. Times are the least of several runs of the calling
thread's CPU time, so that other work on the machine counts little. --memory instead encodes 100 MP in fresh processes
and prints their peak resident size.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from common import (
    Pixels,
    least_seconds,
    numbers_of,
    open_rgb,
    peak_bytes,
    pillow_jpeg,
    prepare,
    print_head,
    print_row,
    quality_within,
    repeated,
)
from PIL import Image

import accelir
from accelir.formats.budget import bytes_at

BPP = 1.2
MEMORY_SIDE = 10_000
RUNS = 7


def at_step(picture: Pixels, effort: int, step: float) -> bytes:
    prepared = prepare(picture, "fidelity", effort=effort)
    return prepared.job.run(prepared.coefficients("4:2:0"), step=step).data


def print_ratios(picture: Pixels) -> None:
    megapixels = picture.shape[0] * picture.shape[1] / 1e6
    image = Image.fromarray(picture)
    quality = quality_within(partial(pillow_jpeg, image), bytes_at(BPP, picture.shape))
    if quality is None:
        raise SystemExit(f"no file of Pillow's is within {BPP} bpp")
    pillow = least_seconds(lambda: pillow_jpeg(image, quality), RUNS)
    print(f"{megapixels:.1f} MP at {BPP} bpp; Pillow optimize=True, quality {quality}: {megapixels / pillow:.0f} MP/s")
    print_head("effort", "fixed step, 4:2:0", "size target, 4:2:0", "size target, auto")
    for effort in (0, 3, 5, 7, 9):
        halved = accelir.Encoder(profile="fidelity", effort=effort, subsampling="4:2:0")
        chosen = accelir.Encoder(profile="fidelity", effort=effort)
        step = halved.encode(picture, bpp=BPP).stats["step"]
        seconds = [
            least_seconds(partial(at_step, picture, effort, step), RUNS),
            least_seconds(partial(halved.encode, picture, bpp=BPP), 3),
            least_seconds(partial(chosen.encode, picture, bpp=BPP), 3),
        ]
        print_row(effort, *(f"{pillow / s:.2f}x" for s in seconds))


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


def print_memory(paths: list[str]) -> None:
    print_head("picture", "peak", "bytes per pixel above 50 MB")
    for subsampling in ("4:2:0", "4:4:4", "auto"):
        (peak,) = numbers_of(__file__, "--child", subsampling, *paths)
        print_row(f"100 MP, {subsampling}", f"{peak / 1e6:.0f} MB", f"{(peak - 50e6) / MEMORY_SIDE**2:.1f}")


def print_peak(subsampling: str, picture: Pixels) -> None:
    large = repeated(picture, MEMORY_SIDE, MEMORY_SIDE)
    accelir.Encoder(profile="fidelity", subsampling=subsampling).encode(large, bpp=BPP)
    print(peak_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child:
        print_peak(a.child, open_rgb(a.pictures[0]))
    elif a.memory:
        print_memory([str(path) for path in a.pictures])
    else:
        picture = np.concatenate([open_rgb(path) for path in a.pictures])
        print_ratios(picture)
        print_scaling(picture)


if __name__ == "__main__":
    main()
