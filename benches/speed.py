"""Speed against Pillow's optimized JPEG in the same run, scaling over two threads, and peak memory.

python benches/speed.py PICTURE... [--memory]

The pictures (of one size) are stacked to one large photograph. Times are the least of several runs of the calling
thread's CPU time, so that other work on the machine counts little. --memory instead encodes 100 MP in fresh processes
and prints their peak resident size.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import accelir
from accelir.core import jpeg as core
from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.job import make_job
from accelir.profile.installed import load_profile

BPP = 1.2
MEMORY_SIDE = 10_000


def least(function: Callable[[], object], runs: int = 7) -> float:
    times = []
    for _ in range(runs):
        start = time.thread_time()
        function()
        times.append(time.thread_time() - start)
    return min(times)


def pillow_quality(image: Image.Image) -> int:
    """The highest quality whose file is not above BPP."""

    def size(quality: int) -> int:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True)
        return len(out.getvalue())

    return max(q for q in range(5, 96) if size(q) * 8 <= BPP * image.width * image.height)


def print_ratios(picture: NDArray[np.uint8]) -> None:
    image = Image.fromarray(picture)
    megapixels = picture.shape[0] * picture.shape[1] / 1e6
    quality = pillow_quality(image)
    pillow = least(lambda: image.save(io.BytesIO(), "JPEG", quality=quality, optimize=True))
    print(f"{megapixels:.1f} MP at {BPP} bpp; Pillow optimize=True, quality {quality}: {megapixels / pillow:.0f} MP/s")
    print("| effort | fixed step, 4:2:0 | size target, 4:2:0 | size target, auto |\n|---|---|---|---|")
    for effort in (0, 3, 5, 7, 9):
        profile = load_profile("fidelity")
        job = make_job(profile, get_effort(effort), picture.shape)
        halved = accelir.Encoder(profile="fidelity", effort=effort, subsampling="4:2:0")
        chosen = accelir.Encoder(profile="fidelity", effort=effort)
        step = halved.encode(picture, bpp=BPP).stats["step"]
        ratios = [
            pillow
            / least(lambda job=job, step=step: job.run(core.Coefficients.from_pixels(picture, "4:2:0"), step=step)),
            pillow / least(lambda halved=halved: halved.encode(picture, bpp=BPP), 3),
            pillow / least(lambda chosen=chosen: chosen.encode(picture, bpp=BPP), 3),
        ]
        print(f"| {effort} | " + " | ".join(f"{r:.2f}x" for r in ratios) + " |")


def print_scaling(picture: NDArray[np.uint8]) -> None:
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
    print("| picture | peak | bytes per pixel above 50 MB |\n|---|---|---|")
    for options in ("4:2:0", "4:4:4", "auto"):
        peak = int(
            subprocess.run(
                [sys.executable, __file__, "--child", options, *paths], capture_output=True, text=True, check=True
            ).stdout
        )
        print(f"| 100 MP, {options} | {peak / 1e6:.0f} MB | {(peak - 50e6) / MEMORY_SIDE**2:.1f} |")


def child(subsampling: str, picture: NDArray[np.uint8]) -> None:
    tiles = -(-MEMORY_SIDE // picture.shape[0]), -(-MEMORY_SIDE // picture.shape[1])
    large = np.empty((MEMORY_SIDE, MEMORY_SIDE, 3), np.uint8)
    for y in range(tiles[0]):
        for x in range(tiles[1]):
            part = large[y * picture.shape[0] :, x * picture.shape[1] :][: picture.shape[0], : picture.shape[1]]
            part[:] = picture[: part.shape[0], : part.shape[1]]
    accelir.Encoder(profile="fidelity", subsampling=subsampling).encode(large, bpp=BPP)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.child:
        return child(a.child, np.asarray(Image.open(a.pictures[0]).convert("RGB")))
    picture = np.concatenate([np.asarray(Image.open(p).convert("RGB")) for p in a.pictures])
    if a.memory:
        print_memory([str(p) for p in a.pictures])
    else:
        print_ratios(picture)
        print_scaling(picture)


if __name__ == "__main__":
    main()
