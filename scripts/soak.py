"""Encodes and decodes pictures of mixed sizes, settings and formats in one process, and watches its memory.

    python scripts/soak.py [--count 10000] [--seed 0] [--spread MiB]

Prints resident memory at every twentieth of the way. Caches and the threads' heaps take some 500 files to fill; they
fill in the first half, after which memory may not rise by more than --spread MiB (16), or the exit code is 1.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

import accelir
from accelir.formats.registry import FORMATS

SIDES = (1, 7, 16, 33, 64, 100, 151, 200, 257)
PROFILES = tuple(accelir.profiles())
FAST_EFFORTS, SLOW_EFFORTS = (0, 7), (7, 10)
"""From, and up to but without: most files are made at the fast ones."""


def resident() -> float:
    """MiB of this process in memory now."""
    fields = Path("/proc/self/status").read_text().split("VmRSS:")[1].split()
    return int(fields[0]) / 1024


def one(rng: np.random.Generator, photo: np.ndarray) -> None:
    """A random cut, encoded with random settings and read back; every tenth with a budget that can't be met.

    One in fifty is made to a quality, one in fifty at the slowest efforts, and one in fifty with its original.
    """
    height, width = (int(side) for side in rng.choice(SIDES, 2))
    top, left = (int(rng.integers(full - side + 1)) for full, side in zip(photo.shape, (height, width), strict=False))
    pixels = photo[top : top + height, left : left + width]
    if rng.random() < 0.2:
        pixels = np.ascontiguousarray(pixels[..., 0])
    format, profile = str(rng.choice(list(FORMATS))), str(rng.choice(PROFILES))
    kind = rng.choice(["size", "quality", "slow", "steered"], p=[0.94, 0.02, 0.02, 0.02])
    effort = int(rng.integers(*(SLOW_EFFORTS if kind == "slow" else FAST_EFFORTS)))
    if kind == "steered":
        steered(rng, pixels)
        return
    encoder = accelir.Encoder(format=format, profile=profile, effort=effort, threads=int(rng.integers(1, 4)))
    if kind == "quality":
        try:
            data = encoder.encode(pixels, target=("psnr", float(rng.uniform(25, 36)))).data
        except accelir.TargetError as error:
            data = encoder.encode(pixels, target=("psnr", error.reached)).data
        assert accelir.decode(data, network=None).shape[:2] == pixels.shape[:2]
        return
    image: np.ndarray | Image.Image = pixels
    if format == "webp" and pixels.ndim == 3 and rng.random() < 0.2:
        image = Image.fromarray(np.dstack([pixels, pixels[..., 1]]))
    cells = -(-height // 32), -(-width // 32)
    qp_map = rng.integers(40, 96, cells) if rng.random() < 0.3 else None
    if rng.random() < 0.1:
        try:
            encoder.encode(image, max_bytes=20)
        except accelir.BudgetError:
            return
        raise AssertionError("a file of 20 bytes")
    try:
        data = encoder.encode(image, bpp=float(rng.uniform(0.5, 3)) + 8000 / pixels.size, qp_map=qp_map).data
    except accelir.BudgetError as error:
        data = encoder.encode(image, max_bytes=error.smallest, qp_map=qp_map).data
    assert accelir.decode(data, network=None).shape[:2] == pixels.shape[:2]


def steered(rng: np.random.Generator, pixels: np.ndarray) -> None:
    """A picture of half the cut's sides, encoded with the cut as its original."""
    height, width = (side // 2 * 2 for side in pixels.shape[:2])
    if min(height, width) == 0:
        return
    small = np.asarray(Image.fromarray(pixels[:height, :width]).resize((width // 2, height // 2), Image.Resampling.BOX))
    encoder = accelir.Encoder(profile="sr-x2", effort=int(rng.integers(3, 6)))
    try:
        data = encoder.encode(small, max_bytes=small.size // 3 + 400, reference=pixels[:height, :width]).data
    except accelir.BudgetError:
        return
    assert accelir.decode(data, network="sr-x2-light").shape[:2] == (height, width)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--spread", type=float, default=16)
    options = parser.parse_args()
    with Image.open(Path(__file__).parents[1] / "examples" / "photo.png") as image:
        photo = np.asarray(image.convert("RGB"))
    rng = np.random.default_rng(options.seed)
    readings, start = [], time.perf_counter()
    for done in range(1, options.count + 1):
        one(rng, photo)
        if done % max(options.count // 20, 1) == 0:
            gc.collect()
            readings.append(resident())
            print(f"{done:>7,} files  {readings[-1]:7.1f} MiB  {time.perf_counter() - start:6.0f} s", flush=True)
    settled = readings[len(readings) // 2 :]
    rise = max(settled) - settled[0]
    print(f"in the second half memory rose by at most {rise:.1f} MiB")
    return int(rise > options.spread)


if __name__ == "__main__":
    sys.exit(main())
